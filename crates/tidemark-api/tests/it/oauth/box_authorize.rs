//! `/api/oauth2/authorize`: what Box's programs may ask, and how the answer travels.

use super::{box_decide, lets_in};
use crate::browser::{EMAIL, PASSWORD, REDIRECT, World, query};
use http::StatusCode;
use tidemark_core::model::Access;

const STATE: &str = "a b+c/d=e&f#g%20é|x==";

/// From signing in to the program's own address, with what the SDKs and rclone add.
#[tokio::test]
async fn a_person_signs_in_allows_and_is_sent_back() {
    let world = World::with_ann().await;
    let app = world.app_with(Access::AppFolder, &["http://127.0.0.1:53682/"]).await;
    for path in ["/api/oauth2/authorize", "/api/oauth2/authorize/"] {
        let mut browser = world.browser();
        let params = [
            ("client_id", app.key.0.as_str()),
            ("response_type", "code"),
            ("redirect_uri", "http://127.0.0.1:53682/"),
            ("state", STATE),
            ("scope", "root_readwrite manage_webhook"),
            ("box_login", "someone@example.org"),
        ];
        let to_sign_in = browser.get(&format!("{path}?{}", query(&params))).await;
        assert_eq!(to_sign_in.status, StatusCode::SEE_OTHER);
        let signed_in = browser.sign_in_at(to_sign_in.location(), EMAIL, PASSWORD).await;
        let consent = browser.get(signed_in.location()).await;
        for shown in ["a folder of its own", "127.0.0.1:53682", EMAIL, ">Allow</button>", ">Deny</button>"] {
            assert!(consent.body.contains(shown), "{shown}: {}", consent.body);
        }
        let reply = browser.submit(&consent, &[("decision", "allow")]).await;
        assert_eq!(reply.status, StatusCode::FOUND);
        assert!(reply.location().starts_with("http://127.0.0.1:53682/?"), "{}", reply.location());
        let back = reply.sent_back('?');
        assert_eq!(back["state"], STATE);
        assert!(back.contains_key("code") && back.len() == 2, "{back:?}");
        assert!(!lets_in(&world, &back["code"]).await);
    }
}

/// An app with one address need not say it; with none or several, nobody knows where to go.
#[tokio::test]
async fn the_address_may_be_left_out_if_there_is_one() {
    let world = World::with_ann().await;
    let mut browser = world.signed_in().await;
    let one = world.app_with(Access::Full, &[REDIRECT]).await;
    let reply = box_decide(&mut browser, &one, &[("response_type", "code")], "allow").await;
    assert_eq!(reply.status, StatusCode::FOUND);
    assert!(reply.location().starts_with("https://camera.example/cb?code="), "{}", reply.location());
    for uris in [&[][..], &[REDIRECT, "http://localhost:5000/cb"]] {
        let app = world.app_with(Access::Full, uris).await;
        let url = format!("/api/oauth2/authorize?client_id={}&response_type=code", app.key);
        let page = browser.get(&url).await;
        assert_eq!((page.status, page.location()), (StatusCode::BAD_REQUEST, ""), "{uris:?}");
        assert!(!page.body.contains("<form "));
    }
}

/// A denial is told with the state and without a code.
#[tokio::test]
async fn a_denial_is_told() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let mut browser = world.signed_in().await;
    let params = [("response_type", "code"), ("redirect_uri", REDIRECT), ("state", STATE)];
    for decision in ["deny", "", "ALLOW"] {
        let reply = box_decide(&mut browser, &app, &params, decision).await;
        assert_eq!(reply.status, StatusCode::FOUND);
        let back = reply.sent_back('?');
        assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", STATE));
        assert!(!back.contains_key("code"));
    }
    let ann = world.people.account(EMAIL).await.unwrap();
    assert!(world.people.grants(ann.id).await.unwrap().is_empty());
}

/// Only codes are given here: a token in an address would be one that lasts.
#[tokio::test]
async fn nothing_but_a_code_can_be_asked_for() {
    let world = World::with_ann().await;
    let app = world.app_with(Access::Full, &[REDIRECT]).await;
    let mut browser = world.signed_in().await;
    for (asked, error) in [
        (&[("response_type", "token"), ("redirect_uri", REDIRECT)][..], "unsupported_response_type"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("redirect_uri", REDIRECT)], "invalid_request"),
    ] {
        let params = [&[("client_id", app.key.0.as_str()), ("state", STATE)], asked].concat();
        let reply = browser.get(&format!("/api/oauth2/authorize?{}", query(&params))).await;
        assert_eq!(reply.status, StatusCode::FOUND);
        let back = reply.sent_back('?');
        assert_eq!((back["error"].as_str(), back["state"].as_str()), (error, STATE));
    }
}

/// An unknown app, or an address that is not the app's: nobody is sent anywhere.
#[tokio::test]
async fn nobody_is_sent_to_a_strange_address() {
    let world = World::with_ann().await;
    let (app, other) = (world.app_with(Access::Full, &[REDIRECT]).await, world.app().await);
    let mut browser = world.signed_in().await;
    world.people.set_app_disabled(&other.key.0, true).await.unwrap();
    for (key, uri) in [
        (app.key.0.as_str(), "https://evil.example/cb"),
        (&app.key.0, "https://camera.example/cb/"),
        (&app.key.0, "https://camera.example/cb?x"),
        ("nosuchkey", REDIRECT),
        (&other.key.0, REDIRECT),
    ] {
        let params = [("client_id", key), ("response_type", "code"), ("redirect_uri", uri)];
        let page = browser.get(&format!("/api/oauth2/authorize?{}", query(&params))).await;
        assert_eq!((page.status, page.location()), (StatusCode::BAD_REQUEST, ""), "{key} {uri}");
    }
}

/// What the page was asked with cannot be exchanged for an address of somebody else's when the form comes back, and a form
/// that no page of ours showed does nothing.
#[tokio::test]
async fn the_form_is_checked_as_the_page_was() {
    let world = World::with_ann().await;
    let app = world.app_with(Access::Full, &[REDIRECT]).await;
    let mut browser = world.signed_in().await;
    let url = format!("/api/oauth2/authorize?client_id={}&response_type=code", app.key);
    let page = browser.get(&url).await;
    let strange = [("decision", "allow"), ("redirect_uri", "https://evil.example/cb")];
    assert_eq!(browser.submit(&page, &strange).await.status, StatusCode::BAD_REQUEST);
    let forged = [("client_id", app.key.0.as_str()), ("response_type", "code"), ("decision", "allow")];
    let reply = browser.post("/api/oauth2/authorize", &forged).await;
    assert!(reply.status.is_client_error() && reply.location().is_empty(), "{}", reply.status);
}
