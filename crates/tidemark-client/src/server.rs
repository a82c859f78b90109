//! Which server.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::RemotePath;

/// A server's address: `https://cloud.example.org`, or with a port, or a path where a proxy has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Without a slash at its end.
    base: String,
}

/// Why a text is no server's address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// It is none at all.
    #[error("'{0}' is no address: it should look like https://cloud.example.org")]
    Unreadable(String),
    /// It begins with something else than `http://` or `https://`.
    #[error("a server's address begins with http:// or https://")]
    Scheme,
    /// It has a name or a password, a query or a fragment.
    #[error("a server's address has no user name, password, query or fragment")]
    TooMuch,
}

/// What stands in a path as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same, of several names.
const KEPT_IN_PATHS: &AsciiSet = &KEPT.remove(b'/');

impl Server {
    /// Reads an address.
    ///
    /// # Errors
    /// [`ServerError`].
    pub fn new(address: &str) -> Result<Server, ServerError> {
        let address = address.trim();
        let url = Url::parse(address).map_err(|_| ServerError::Unreadable(crate::error::shown(address)))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ServerError::Scheme);
        }
        let extra = !url.username().is_empty() || url.password().is_some();
        if extra || url.query().is_some() || url.fragment().is_some() {
            return Err(ServerError::TooMuch);
        }
        Ok(Server { base: url.as_str().trim_end_matches('/').to_owned() })
    }

    /// The address, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// Whether nobody on the way can read along.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.base.starts_with("https://")
    }

    /// The address of an endpoint.
    pub(crate) fn endpoint(&self, name: &str) -> String {
        format!("{}/1/{name}", self.base)
    }

    /// The address of an endpoint, for an entry.
    pub(crate) fn entry(&self, name: &str, path: &RemotePath) -> String {
        let path = utf8_percent_encode(path.as_str(), KEPT_IN_PATHS);
        format!("{}/1/{name}/auto{path}", self.base)
    }

    /// The address of an endpoint, for something that has an id.
    pub(crate) fn item(&self, name: &str, id: &str) -> String {
        format!("{}/1/{name}/{}", self.base, utf8_percent_encode(id, KEPT))
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}
