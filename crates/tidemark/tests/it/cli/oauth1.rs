//! OAuth 1 across a restart: what was signed before cannot be sent again, and what was given stays good.

use super::Tidemark;
use super::serve::Serving;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::time::SystemTime;
use tidemark_api::oauth::oauth1::base_string;

const PATH: &str = "/1/oauth/request_token";
/// What clients call the server, whatever port it has.
const HOST: &str = "http://cloud.example";

/// The query of a request that is signed now.
fn signed(key: &str, secret: &str, nonce: &str) -> String {
    #[allow(clippy::disallowed_methods, reason = "the program under test reads the clock, too")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs().to_string();
    let mut pairs = vec![
        ("oauth_consumer_key", key.to_owned()),
        ("oauth_signature_method", "HMAC-SHA1".to_owned()),
        ("oauth_timestamp", now),
        ("oauth_nonce", nonce.to_owned()),
    ];
    let base = base_string("GET", &format!("{HOST}{PATH}"), &pairs);
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).unwrap();
    mac.update(base.as_bytes());
    pairs.push(("oauth_signature", BASE64.encode(&mac.finalize().into_bytes())));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The server goes by a public name here, since its port is another after each start.
#[test]
fn a_restart_forgets_no_nonce_and_no_token() {
    let tidemark = Tidemark::with_ann();
    let (key, secret) = tidemark.app();
    let start = || Serving::start_with(&tidemark, &["--public-url", HOST]);
    let before = start();
    let first = format!("{PATH}?{}", signed(&key, &secret, "first"));
    let answer = before.get(&first);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let token = answer.split("&oauth_token=").nth(1).unwrap().to_owned();
    assert!(before.get(&first).starts_with("HTTP/1.1 403 "));
    drop(before);

    let after = start();
    let replay = after.get(&first);
    assert!(replay.starts_with("HTTP/1.1 403 ") && replay.contains("nonce"), "{replay}");
    let another = after.get(&format!("{PATH}?{}", signed(&key, &secret, "second")));
    assert!(another.starts_with("HTTP/1.1 200 "), "{another}");
    let page = |token: &str| after.get(&format!("/1/oauth/authorize?oauth_token={token}"));
    assert!(page(&token).starts_with("HTTP/1.1 303 "), "the token from before is still known");
    assert!(page("made-up").starts_with("HTTP/1.1 400 "));
}
