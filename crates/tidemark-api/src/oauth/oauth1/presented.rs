//! What a request presents: whose it says it is, and the signature, from header, query or form.

use super::header::{HeaderError, parse_header};
use super::signature;
use crate::http::{Origin, Params, host};
use crate::oauth::bearer::credentials;
use data_encoding::BASE64;
use http::HeaderMap;
use http::request::Parts;
use tidemark_core::people::oauth1::{Signed, SignedError, Stamp};

/// The longest nonce, in bytes.
const NONCE_MAX: usize = 256;
/// How many bytes an HMAC-SHA1 signature has.
const HMAC_SHA1_BYTES: usize = 20;

/// Why a request is not signed as it says, or proves nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsigned {
    /// See there.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Something that the method needs.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// It cannot be what it says.
    #[error("{0} is not valid")]
    Invalid(&'static str),
    /// None of ours.
    #[error("oauth_signature_method must be PLAINTEXT or HMAC-SHA1")]
    Method,
    /// The secrets stood in it, and the way was open to everybody.
    #[error("PLAINTEXT signatures are taken over TLS only")]
    InTheClear,
    /// It was looked at.
    #[error(transparent)]
    Refused(#[from] SignedError),
}

/// Where the parameters of the protocol stand.
struct Fields<'a> {
    /// From the header, if there is one. Then those of query and form, which an old SDK repeats there, do not count.
    header: Option<Vec<(String, String)>>,
    params: &'a Params,
}

impl<'a> Fields<'a> {
    fn read(headers: &HeaderMap, params: &'a Params) -> Result<Fields<'a>, HeaderError> {
        let header = credentials(headers, "oauth").map(parse_header).transpose()?;
        Ok(Fields { header: header.filter(|pairs| !pairs.is_empty()), params })
    }

    fn get(&self, name: &str) -> Option<&str> {
        let value = match &self.header {
            Some(pairs) => pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str()),
            None => self.params.get(name),
        };
        value.filter(|value| !value.is_empty())
    }

    fn required(&self, name: &'static str) -> Result<&str, Unsigned> {
        self.get(name).ok_or(Unsigned::Missing(name))
    }

    /// Everything that is signed, decoded.
    fn signed(&self) -> impl Iterator<Item = (&str, &str)> {
        let header = self.header.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()));
        let repeated = self.header.is_some();
        header.chain(self.params.pairs().filter(move |(name, _)| !repeated || !name.starts_with("oauth_")))
    }
}

/// A request that says who signed it. Whether that is so, [`tidemark_core::people::People`] finds out.
pub(crate) struct Presented {
    app: String,
    token: Option<String>,
    signature: Signature,
}

enum Signature {
    Plaintext(String),
    Hmac {
        signature: [u8; HMAC_SHA1_BYTES],
        /// What was signed begins with one of these, since nobody knows which name of ours the client used...
        beginnings: Vec<String>,
        /// ... and goes on with this.
        params: String,
        seconds: u64,
        nonce: String,
    },
}

impl Presented {
    /// Whether a request presents a signature at all. `params` are its query and form; a raw body never belongs to them.
    pub(crate) fn is_there(headers: &HeaderMap, params: &Params) -> bool {
        let any = || ["oauth_consumer_key", "oauth_token", "oauth_signature"].iter();
        Presented::is_in_header(headers) || any().any(|name| params.get(name).is_some())
    }

    /// The same of the header alone.
    pub(crate) fn is_in_header(headers: &HeaderMap) -> bool {
        credentials(headers, "oauth").is_some()
    }

    /// Reads it.
    pub(crate) fn read(parts: &Parts, params: &Params, origin: &Origin) -> Result<Presented, Unsigned> {
        let fields = Fields::read(&parts.headers, params)?;
        let app = fields.required("oauth_consumer_key")?.to_owned();
        let token = fields.get("oauth_token").map(str::to_owned);
        if fields.get("oauth_version").is_some_and(|version| version != "1.0") {
            return Err(Unsigned::Invalid("oauth_version"));
        }
        let method = fields.required("oauth_signature_method")?;
        let text = fields.required("oauth_signature")?;
        let signature = if method.eq_ignore_ascii_case("PLAINTEXT") {
            // Before it is looked at, so that nobody learns from us whether what they overheard is any good.
            if !origin.is_secure(parts) && !origin.peer(parts).to_canonical().is_loopback() {
                return Err(Unsigned::InTheClear);
            }
            Signature::Plaintext(text.to_owned())
        } else if method.eq_ignore_ascii_case("HMAC-SHA1") {
            let (seconds, nonce) = (fields.required("oauth_timestamp")?, fields.required("oauth_nonce")?);
            let digits = seconds.bytes().all(|b| b.is_ascii_digit());
            let seconds = seconds.parse().ok().filter(|_| digits);
            if nonce.len() > NONCE_MAX {
                return Err(Unsigned::Invalid("oauth_nonce"));
            }
            let bytes = BASE64.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
            Signature::Hmac {
                signature: bytes.ok_or(Unsigned::Refused(SignedError::Signature))?,
                beginnings: beginnings(parts, origin),
                params: signature::signed_params(fields.signed()),
                seconds: seconds.ok_or(Unsigned::Invalid("oauth_timestamp"))?,
                nonce: nonce.to_owned(),
            }
        } else {
            return Err(Unsigned::Method);
        };
        Ok(Presented { app, token, signature })
    }

    /// Whether the form is no part of what was signed, so that it need not be read before the caller is known.
    pub(crate) fn stands_alone(&self) -> bool {
        matches!(self.signature, Signature::Plaintext(_))
    }

    /// Whether these two secrets made the signature: for [`Presented::signed`].
    pub(crate) fn fits(&self, app_secret: &str, token_secret: &str) -> bool {
        match &self.signature {
            Signature::Plaintext(text) => signature::is_plaintext_of(text, app_secret, token_secret),
            Signature::Hmac { signature, beginnings, params, .. } => {
                signature::is_hmac_of(signature, beginnings, params, app_secret, token_secret)
            }
        }
    }

    /// The request for core. `check` is [`Presented::fits`].
    pub(crate) fn signed<'a>(&'a self, check: &'a (dyn Fn(&str, &str) -> bool + Send + Sync)) -> Signed<'a> {
        let stamp = match &self.signature {
            Signature::Plaintext(_) => None,
            Signature::Hmac { seconds, nonce, .. } => Some(Stamp { seconds: *seconds, nonce }),
        };
        Signed { app: &self.app, token: self.token.as_deref(), stamp, check }
    }
}

/// How the base string may begin: under each name that the client may know us by, with and without TLS. (A proxy may
/// have changed both on the way. The path is as it was sent.)
fn beginnings(parts: &Parts, origin: &Origin) -> Vec<String> {
    let public = origin.public.as_deref().and_then(|url| url.split_once("://")).map(|(_, rest)| rest);
    let named = host::authority(parts);
    let hosts = named.into_iter().chain(public.filter(|public| named != Some(*public)));
    let path = parts.uri.path();
    let urls = hosts.flat_map(|host| ["https", "http"].map(|scheme| format!("{scheme}://{host}{path}")));
    urls.map(|url| signature::beginning(parts.method.as_str(), &url)).collect()
}
