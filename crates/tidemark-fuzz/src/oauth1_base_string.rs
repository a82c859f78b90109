//! What a signature of OAuth 1 is made over.

use crate::text;
use percent_encoding::percent_decode_str;
use tidemark_api::oauth::oauth1::base_string;

/// Method, address, and then names and values in turn, with a zero byte behind each.
pub(crate) fn run(data: &[u8]) {
    let Some(data) = text(data) else { return };
    let mut parts = data.split('\0');
    let (method, url) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let rest: Vec<&str> = parts.collect();
    let mut params: Vec<(&str, &str)> =
        rest.chunks(2).map(|pair| (pair[0], pair.get(1).copied().unwrap_or_default())).collect();
    let base = base_string(method, url, &params);
    let [signed_method, _, signed] = base.split('&').collect::<Vec<_>>()[..] else {
        panic!("{base} has other than three parts");
    };
    assert!(base.is_ascii());
    assert_eq!(decoded(signed_method), method);
    // Nothing is lost and nothing runs into another: the parameters can be read back.
    let mut read: Vec<(String, String)> = decoded(signed)
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    read.sort();
    params.reverse();
    assert_eq!(base, base_string(method, url, &params), "their order is no part of it");
    let mut given: Vec<(String, String)> = params
        .iter()
        .filter(|(name, _)| *name != "oauth_signature")
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    given.sort();
    assert_eq!(read, given);
}

fn decoded(escaped: &str) -> String {
    percent_decode_str(escaped).decode_utf8().expect("what was text is text").into_owned()
}
