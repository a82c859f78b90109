//! How a program says which one it is at the token endpoint: in the parameters, or by HTTP Basic (RFC 6749 section
//! 2.3.1).

use super::bearer::credentials;
use crate::http::Params;
use data_encoding::BASE64;
use http::HeaderMap;
use std::borrow::Cow;

/// Who presents a code, and their secret if they have sent one.
pub(super) struct Client<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) secret: Option<Cow<'a, str>>,
    /// Whether HTTP Basic was used: a refusal then has a status and a header of its own.
    pub(super) basic: bool,
}

/// What a request says of its client.
pub(super) enum Said<'a> {
    Client(Client<'a>),
    /// Nothing.
    Nothing,
    /// What HTTP Basic says cannot be read, or differs from `client_id`.
    Nonsense,
}

impl<'a> Client<'a> {
    /// Reads it. HTTP Basic counts if both are there; the parameters may repeat it.
    pub(super) fn read(headers: &'a HeaderMap, params: &'a Params) -> Said<'a> {
        let Some(basic) = credentials(headers, "basic") else {
            return match params.get("client_id") {
                Some(key) => Said::Client(Client {
                    key: key.into(),
                    secret: params.get("client_secret").map(Cow::from),
                    basic: false,
                }),
                None => Said::Nothing,
            };
        };
        let Some((key, secret)) = decode(basic) else { return Said::Nonsense };
        if params.get("client_id").is_some_and(|other| other != key) {
            return Said::Nonsense;
        }
        let secret = Some(secret).filter(|secret| !secret.is_empty());
        Said::Client(Client { key: key.into(), secret: secret.map(Cow::from), basic: true })
    }
}

/// Key and secret. Ours consist of letters and digits, which form-encoding leaves as they are.
fn decode(basic: &str) -> Option<(String, String)> {
    let pair = String::from_utf8(BASE64.decode(basic.as_bytes()).ok()?).ok()?;
    let (key, secret) = pair.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}
