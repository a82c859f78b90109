//! Programs that listen on the person's own machine for a code (RFC 8252 section 7.3).

use super::{S256, VERIFIER, allow, authorize_url};
use crate::browser::World;
use http::StatusCode;
use tidemark_core::model::Access;

const CHALLENGE: [(&str, &str); 2] = [("code_challenge", S256), ("code_challenge_method", "S256")];

/// Whichever port was free, the code comes there, and is exchanged by who can say where that was.
#[tokio::test]
async fn a_code_comes_to_whatever_port_the_program_listens_at() {
    let world = World::with_ann().await;
    let app = world.app_with(Access::Full, &["http://127.0.0.1/", "http://localhost/cb?x=1"]).await;
    for (asked, begins) in [
        ("http://127.0.0.1:49152/", "http://127.0.0.1:49152/?code="),
        ("http://127.0.0.1/", "http://127.0.0.1/?code="),
        ("http://localhost:50000/cb?x=1", "http://localhost:50000/cb?x=1&code="),
    ] {
        let mut browser = world.signed_in().await;
        let params = [("response_type", "code"), ("redirect_uri", asked), ("state", "s")];
        let page = browser.get(&authorize_url(&app, &params)).await;
        let host = begins.split('/').nth(2).unwrap();
        assert!(page.body.contains(host), "the person is shown where it goes");
        let reply = allow(&mut browser, &app, &[&params[..], &CHALLENGE].concat()).await;
        assert!(reply.location().starts_with(begins), "{}", reply.location());
        let back = reply.sent_back('?');
        assert_eq!(back["state"], "s");
        let exchange = async |redirect_uri: &str| {
            let form = [
                ("grant_type", "authorization_code"),
                ("code", back["code"].as_str()),
                ("client_id", app.key.0.as_str()),
                ("redirect_uri", redirect_uri),
                ("code_verifier", VERIFIER),
            ];
            world.browser().post("/1/oauth2/token", &form).await
        };
        let elsewhere = exchange("http://127.0.0.1:49153/").await;
        assert_eq!(elsewhere.json()["error"], "invalid_grant", "{asked}");
        assert_eq!(exchange(asked).await.status, StatusCode::OK, "{asked}");
    }
}

/// A token in the address is for whoever listens there; another path or host is another address.
#[tokio::test]
async fn a_token_comes_to_the_very_address_and_nothing_to_another() {
    let world = World::with_ann().await;
    let app = world.app_with(Access::Full, &["http://127.0.0.1/"]).await;
    let mut browser = world.signed_in().await;
    for (kind, uri) in [
        ("token", "http://127.0.0.1:49152/"),
        ("code", "http://localhost:49152/"),
        ("code", "http://127.0.0.1:49152/cb"),
        ("code", "http://127.0.0.1:49152@evil.example/"),
    ] {
        let reply =
            browser.get(&authorize_url(&app, &[("response_type", kind), ("redirect_uri", uri)])).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::BAD_REQUEST, ""), "{kind} to {uri}");
    }
    let params = [("response_type", "token"), ("redirect_uri", "http://127.0.0.1/")];
    let reply = allow(&mut browser, &app, &params).await;
    assert!(reply.location().starts_with("http://127.0.0.1/#access_token="), "{}", reply.location());
}
