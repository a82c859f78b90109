//! The code flow (RFC 6749 section 4.1) with PKCE (RFC 7636).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::AccessToken;
use crate::call::{Call, exchange, parse, read};
use crate::{Entropy, Error, Server, Transport};

/// The largest answer of the token endpoint.
const ANSWER_MAX: usize = 64 << 10;

/// One try of an app to be allowed by a person. It is good for one code.
pub struct Authorization {
    server: Server,
    app_key: String,
    redirect_uri: Option<String>,
    verifier: String,
    state: String,
}

/// What a person allowed.
#[derive(Debug)]
pub struct Authorized {
    /// What opens the person's files.
    pub token: AccessToken,
    /// The account's number on its server.
    pub uid: String,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    uid: String,
}

impl Authorization {
    /// Begins. The code comes back to `redirect_uri`, which must be one of the app's; without one, the person copies it.
    #[must_use]
    pub fn new(
        server: Server,
        app_key: &str,
        redirect_uri: Option<&str>,
        entropy: &dyn Entropy,
    ) -> Authorization {
        Authorization {
            server,
            app_key: app_key.to_owned(),
            redirect_uri: redirect_uri.map(str::to_owned),
            verifier: unguessable(entropy),
            state: unguessable(entropy),
        }
    }

    /// The address of the page on which the person allows the app.
    #[must_use]
    pub fn url(&self) -> String {
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(self.verifier.as_bytes()));
        let mut fields = form_urlencoded::Serializer::new(String::new());
        fields.extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.app_key),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        if let Some(redirect_uri) = &self.redirect_uri {
            fields.extend_pairs([("redirect_uri", redirect_uri), ("state", &self.state)]);
        }
        format!("{}?{}", self.server.endpoint("oauth2/authorize"), fields.finish())
    }

    /// Whether what came back with the code belongs to this try: otherwise somebody else sent it.
    #[must_use]
    pub fn is_ours(&self, state: &str) -> bool {
        // It is compared in one time, whatever it is.
        Sha256::digest(state.as_bytes()) == Sha256::digest(self.state.as_bytes())
    }

    /// Exchanges the code for a token.
    ///
    /// # Errors
    /// [`Error`]. It is not repeated: a code that comes twice ends the token that it gave.
    pub async fn finish(&self, code: &str, transport: &dyn Transport) -> Result<Authorized, Error> {
        let call = Call::change(self.server.endpoint("oauth2/token"))
            .anonymous()
            .with("grant_type", "authorization_code")
            .with("code", code.trim())
            .with("client_id", &*self.app_key)
            .with("code_verifier", &*self.verifier)
            .with_some("redirect_uri", self.redirect_uri.as_deref());
        let answer = exchange(transport, call.request(None, None)).await?.good().await?;
        let granted: Granted = parse(&read(answer.body, ANSWER_MAX).await?)?;
        let token = AccessToken::new(granted.access_token);
        let token = token.map_err(|error| Error::Malformed(error.to_string()))?;
        Ok(Authorized { token, uid: crate::error::shown(&granted.uid) })
    }
}

/// Asks whether a server that speaks this protocol is there, without a token.
///
/// # Errors
/// [`Error`]: why there is none, as far as that can be told. It is asked once.
pub async fn probe(server: &Server, transport: &dyn Transport) -> Result<(), Error> {
    let call = Call::get(server.endpoint("account/info")).anonymous();
    let answer = exchange(transport, call.request(None, None)).await?;
    if answer.status != StatusCode::UNAUTHORIZED {
        answer.good().await?;
        return Err(Error::Malformed("it tells everybody of an account".to_owned()));
    }
    // Whose account is a question that it does not answer to everybody. Others may say so, too, but in other words.
    let (_, body) = answer.refused().await;
    parse::<Said>(&body).map(drop)
}

#[derive(Deserialize)]
struct Said {
    #[serde(rename = "error")]
    _error: serde::de::IgnoredAny,
}

/// 256 bits as 43 characters.
fn unguessable(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("server", &self.server.as_str())
            .field("app_key", &self.app_key)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}
