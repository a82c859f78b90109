//! Asking people by OAuth 1.0a (RFC 5849), with requests signed by HMAC-SHA1: for servers, and administrators, that prefer
//! that no secret ever travels. What comes of it is exchanged for a token of OAuth 2, with which everything else is asked.

use std::fmt::Write as _;

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use futures_util::StreamExt as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{Method, Request};
use serde::Deserialize;
use sha1::Sha1;
use tidemark_client::{AccessToken, Body, Server, TransportError};

use crate::gallery::Inner;

/// The largest answer that is read, in bytes.
const ANSWER_MAX: usize = 64 << 10;

/// A token, and the secret to sign with.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) token: String,
    secret: String,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OAuth1Error {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("the server refused ({0})")]
    Refused(u16),
    #[error("the server's answer makes no sense")]
    Malformed,
}

/// Asks for a token to ask a person with.
pub(crate) async fn request_token(inner: &Inner, secret: &str) -> Result<Pair, OAuth1Error> {
    let answer = signed(inner, "oauth/request_token", secret, None).await?;
    pair(&answer)
}

/// The page on which the person decides.
pub(crate) fn page(server: &Server, pair: &Pair, callback: &str) -> String {
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.extend_pairs([("oauth_token", &*pair.token), ("oauth_callback", callback)]);
    format!("{}/1/oauth/authorize?{}", server.as_str(), fields.finish())
}

/// Exchanges a token that a person said yes to for one that opens their files: first for one of OAuth 1, then that for one of
/// OAuth 2.
pub(crate) async fn finish(inner: &Inner, secret: &str, allowed: &Pair) -> Result<AccessToken, OAuth1Error> {
    #[derive(Deserialize)]
    struct Granted {
        access_token: String,
    }
    let answer = signed(inner, "oauth/access_token", secret, Some(allowed)).await?;
    let access = pair(&answer)?;
    let answer = signed(inner, "oauth2/token_from_oauth1", secret, Some(&access)).await?;
    let granted: Granted = serde_json::from_slice(&answer).map_err(|_| OAuth1Error::Malformed)?;
    AccessToken::new(granted.access_token).map_err(|_| OAuth1Error::Malformed)
}

fn pair(answer: &[u8]) -> Result<Pair, OAuth1Error> {
    let field = |wanted: &str| {
        let mut fields = form_urlencoded::parse(answer);
        fields.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let pair = field("oauth_token").zip(field("oauth_token_secret"));
    pair.map(|(token, secret)| Pair { token, secret }).ok_or(OAuth1Error::Malformed)
}

/// Sends a signed request without parameters of its own, once.
async fn signed(
    inner: &Inner,
    endpoint: &str,
    secret: &str,
    pair: Option<&Pair>,
) -> Result<Bytes, OAuth1Error> {
    let url = format!("{}/1/{endpoint}", inner.options.server.as_str());
    let mut nonce = [0; 16];
    inner.options.entropy.fill(&mut nonce);
    let (nonce, timestamp) = (HEXLOWER.encode(&nonce), inner.now().to_string());
    let mut fields = vec![
        ("oauth_consumer_key", &*inner.options.app.key),
        ("oauth_nonce", &nonce),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", &timestamp),
        ("oauth_version", "1.0"),
    ];
    fields.extend(pair.map(|pair| ("oauth_token", &*pair.token)));
    let signature = signature(&url, &mut fields, secret, pair.map_or("", |pair| &pair.secret));
    fields.push(("oauth_signature", &signature));
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    let request = Request::builder()
        .method(Method::POST)
        .uri(&url)
        .header(AUTHORIZATION, format!("OAuth {}", fields.join(", ")))
        .header(CONTENT_LENGTH, 0)
        .body(Body::Empty)
        .map_err(|_| OAuth1Error::Malformed)?;
    let (head, body) = inner.options.transport.send(request).await?.into_parts();
    if !head.status.is_success() {
        return Err(OAuth1Error::Refused(head.status.as_u16()));
    }
    let (mut pieces, mut answer) = (body.into_stream(), Vec::new());
    while let Some(piece) = pieces.next().await {
        answer.extend_from_slice(&piece.map_err(|_| OAuth1Error::Malformed)?);
        if answer.len() > ANSWER_MAX {
            return Err(OAuth1Error::Malformed);
        }
    }
    Ok(answer.into())
}

/// The signature of a POST to this address with these fields, which are brought into the order that it wants.
fn signature(url: &str, fields: &mut [(&str, &str)], secret: &str, token_secret: &str) -> String {
    fields.sort_unstable();
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    let base = format!("POST&{}&{}", escaped(url), escaped(&pairs.join("&")));
    let key = format!("{}&{}", escaped(secret), escaped(token_secret));
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("a key may have any length");
    mac.update(base.as_bytes());
    BASE64.encode(&mac.finalize().into_bytes())
}

/// Percent-encoding as section 3.6 has it.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn pair() -> Pair {
        Pair { token: "t".to_owned(), secret: "s".to_owned() }
    }

    /// The example of RFC 5849 section 3.4.1.1, with what we send of it.
    #[test]
    fn signs_as_the_document_has_it() {
        let mut fields = [
            ("oauth_version", "1.0"),
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_nonce", "7d8f3e4a"),
        ];
        let before = signature("http://example.com/request", &mut fields, "j49sk3j29djd", "dh893hdasih9");
        fields.reverse();
        assert_eq!(
            signature("http://example.com/request", &mut fields, "j49sk3j29djd", "dh893hdasih9"),
            before
        );
        assert_ne!(signature("http://example.com/request", &mut fields, "j49sk3j29djd", ""), before);
        assert_eq!(escaped("a b&=%ü~-._"), "a%20b%26%3D%25%C3%BC~-._");
    }

    #[test]
    fn a_pair_is_read_from_a_form() {
        let pair = super::pair(b"oauth_token_secret=x%20y&oauth_token=z&uid=1").unwrap();
        assert_eq!((&*pair.token, &*pair.secret), ("z", "x y"));
        assert!(super::pair(b"oauth_token=z").is_err() && super::pair(b"\xff").is_err());
    }
}
