//! `/oauth2/token` and `/api/oauth2/token`: how Box's programs exchange a code, and what is answered.

use super::{
    Pair, S256, VERIFIER, ask_as, assert_refused, box_code, box_decide, exchange, lets_in, shown_code,
};
use crate::browser::{REDIRECT, World};
use data_encoding::BASE64;
use expect_test::expect;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{Method, StatusCode};
use std::time::Duration;

const PATHS: [&str; 4] = ["/oauth2/token", "/oauth2/token/", "/api/oauth2/token", "/api/oauth2/token/"];

/// The answer, to the letter: `expires_in` is a number, and nothing is restricted.
#[tokio::test]
async fn the_answer_is_as_documented() {
    let world = World::with_ann().await;
    let app = world.app().await;
    for path in PATHS {
        let code = box_code(&world, &app).await;
        let params = [("grant_type", "authorization_code"), ("code", code.as_str())];
        let reply = ask_as(&world, &app, path, &params).await;
        let Pair { access, refresh } = Pair::of(&reply);
        let whole = format!(
            r#"{{"access_token":"{access}","expires_in":3600,"token_type":"bearer","refresh_token":"{refresh}","restricted_to":[]}}"#
        );
        assert_eq!(reply.body, whole);
        assert_eq!(reply.header(CONTENT_TYPE), "application/json");
        assert_eq!(reply.header(CACHE_CONTROL), "no-store");
        assert_eq!(reply.header(ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        assert!(lets_in(&world, &access).await && !lets_in(&world, &refresh).await);
    }
}

/// rclone tries HTTP Basic without a client_id first, and says where the browser was sent.
#[tokio::test]
async fn the_client_may_stand_in_the_header() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let code = box_code(&world, &app).await;
    let params = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    let basic = |secret: &str| format!("Basic {}", BASE64.encode(format!("{}:{secret}", app.key).as_bytes()));
    for path in PATHS {
        let header = [(AUTHORIZATION.as_str(), &*basic("wrong"))];
        let reply = world.browser().post_with(path, &params, &header).await;
        assert_refused(&reply, StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let header = [(AUTHORIZATION.as_str(), &*basic(&app.secret))];
    Pair::of(&world.browser().post_with("/api/oauth2/token", &params, &header).await);
}

/// A wrong client uses nothing up: neither with a wrong secret, nor as another app, nor without any.
#[tokio::test]
async fn a_wrong_client_uses_no_code_up() {
    let world = World::with_ann().await;
    let (app, other) = (world.app().await, world.app().await);
    let code = box_code(&world, &app).await;
    let params = [("grant_type", "authorization_code"), ("code", code.as_str())];
    let client = |key, secret| [params[0], params[1], ("client_id", key), ("client_secret", secret)];
    for path in PATHS {
        let wrong = world.browser().post(path, &client(&app.key.0, "wrong")).await;
        assert_refused(&wrong, StatusCode::BAD_REQUEST, "invalid_client");
        let unknown = world.browser().post(path, &client("nosuchkey", &app.secret)).await;
        assert_refused(&unknown, StatusCode::BAD_REQUEST, "invalid_client");
        let others = ask_as(&world, &other, path, &params).await;
        assert_refused(&others, StatusCode::BAD_REQUEST, "invalid_grant");
        let nobody = world.browser().post(path, &params).await;
        assert_refused(&nobody, StatusCode::BAD_REQUEST, "invalid_request");
    }
    Pair::of(&ask_as(&world, &app, "/oauth2/token", &params).await);
}

/// Half a minute, and once: the second time everything that it led to ends.
#[tokio::test]
async fn a_code_expires_and_works_once() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let (code, late) = (box_code(&world, &app).await, box_code(&world, &app).await);
    world.clock.advance(Duration::from_secs(29));
    let params = [("grant_type", "authorization_code"), ("code", code.as_str())];
    let first = Pair::of(&ask_as(&world, &app, "/oauth2/token", &params).await);
    let next = Pair::of(&super::refresh(&world, &app, &first.refresh).await);
    let replay = ask_as(&world, &app, "/oauth2/token", &params).await;
    assert_eq!(replay.status, StatusCode::BAD_REQUEST);
    expect![[r#"{"error":"invalid_grant","error_description":"code doesn't exist or has expired"}"#]]
        .assert_eq(&replay.body);
    for pair in [first, next] {
        assert!(!lets_in(&world, &pair.access).await);
        let ended = super::refresh(&world, &app, &pair.refresh).await;
        assert_refused(&ended, StatusCode::BAD_REQUEST, "invalid_grant");
    }
    world.clock.advance(Duration::from_secs(1));
    let params = [("grant_type", "authorization_code"), ("code", late.as_str())];
    let late = ask_as(&world, &app, "/oauth2/token", &params).await;
    assert_refused(&late, StatusCode::BAD_REQUEST, "invalid_grant");
}

/// Where both services' programs come, a code gives what it was made for; elsewhere it must be made for the place.
#[tokio::test]
async fn a_code_gives_what_it_was_made_for() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let (lasting, renewed) = (shown_code(&world, &app).await, box_code(&world, &app).await);
    let with = |code| [("grant_type", "authorization_code"), ("code", code)];
    let reply = ask_as(&world, &app, "/api/oauth2/token", &with(&lasting)).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_grant");
    let reply = ask_as(&world, &app, "/1/oauth2/token", &with(&renewed)).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_grant");

    let reply = ask_as(&world, &app, "/oauth2/token", &with(&lasting)).await.json();
    assert!(reply["uid"].is_string() && reply["refresh_token"].is_null() && reply["expires_in"].is_null());
    Pair::of(&ask_as(&world, &app, "/oauth2/token", &with(&renewed)).await);
    let lasting = shown_code(&world, &app).await;
    assert_eq!(exchange(&world, &app, &lasting, &[]).await.status, StatusCode::OK);
}

/// A browser was sent somewhere: who says where must say the same, and who does not say it is known by the secret.
#[tokio::test]
async fn another_redirect_uri_is_refused() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let code = box_code(&world, &app).await;
    let params = [("grant_type", "authorization_code"), ("code", code.as_str())];
    let wrong = [&params[..], &[("redirect_uri", "http://localhost:5000/cb?x=1")]].concat();
    let reply = ask_as(&world, &app, "/oauth2/token", &wrong).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_grant");
    Pair::of(&ask_as(&world, &app, "/oauth2/token", &params).await);
}

/// A proof key is checked if one was announced, beside the secret, which is needed to renew what it gives.
#[tokio::test]
async fn a_proof_key_does_not_replace_the_secret() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let params = [
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("code_challenge", S256),
        ("code_challenge_method", "S256"),
    ];
    let mut browser = world.signed_in().await;
    let code = box_decide(&mut browser, &app, &params, "allow").await.sent_back('?')["code"].clone();
    let with = [("grant_type", "authorization_code"), ("code", code.as_str())];
    let public = [&with[..], &[("client_id", app.key.0.as_str()), ("code_verifier", VERIFIER)]].concat();
    let reply = world.browser().post("/oauth2/token", &public).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_client");
    let reply = ask_as(&world, &app, "/oauth2/token", &with).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_grant");
    let proven = [&with[..], &[("code_verifier", VERIFIER)]].concat();
    Pair::of(&ask_as(&world, &app, "/oauth2/token", &proven).await);
}

/// Grants that are not given here, and what is missing, are named.
#[tokio::test]
async fn faulty_requests_are_told_why() {
    let world = World::with_ann().await;
    let app = world.app().await;
    for path in PATHS {
        for kind in [
            "password",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "REFRESH_TOKEN",
        ] {
            let reply = ask_as(&world, &app, path, &[("grant_type", kind)]).await;
            assert_refused(&reply, StatusCode::BAD_REQUEST, "unsupported_grant_type");
        }
        for missing in [&[][..], &[("grant_type", "authorization_code")], &[("grant_type", "refresh_token")]]
        {
            let reply = ask_as(&world, &app, path, missing).await;
            assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_request");
        }
        let huge = "x".repeat(70_000);
        let reply = ask_as(&world, &app, path, &[("code", &huge)]).await;
        assert_refused(&reply, StatusCode::PAYLOAD_TOO_LARGE, "invalid_request");
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let reply = world.browser().send(method, path, &[], "").await;
            assert_refused(&reply, StatusCode::METHOD_NOT_ALLOWED, "invalid_request");
            assert_eq!(reply.header(ALLOW), "POST, OPTIONS");
        }
        let preflight = world.browser().send(Method::OPTIONS, path, &[], "").await;
        assert_eq!(
            (preflight.status, preflight.header(ACCESS_CONTROL_ALLOW_ORIGIN)),
            (StatusCode::NO_CONTENT, "*")
        );
    }
}
