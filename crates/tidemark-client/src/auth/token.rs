//! The token.

use std::fmt;

use http::HeaderValue;

/// What opens a person's files to an app. It never shows itself by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Box<str>);

/// Why a text is no token: it is empty, too long, or has something else than visible ASCII in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no access token")]
pub struct TokenError;

/// The longest.
const LENGTH_MAX: usize = 4096;

impl AccessToken {
    /// Takes a token.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn new(text: impl Into<Box<str>>) -> Result<AccessToken, TokenError> {
        let text = text.into();
        let good = (1..=LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if good { Ok(AccessToken(text)) } else { Err(TokenError) }
    }

    /// The token, to be kept where nobody else can read it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn header(&self) -> HeaderValue {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0)).expect("it is visible ASCII");
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}
