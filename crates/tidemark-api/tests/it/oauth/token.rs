//! `/1/oauth2/token`: how a code is presented, and what is answered.

use super::{allow, assert_refused, exchange, lets_in, post_query, shown_code};
use crate::browser::{REDIRECT, World};
use data_encoding::BASE64;
use expect_test::expect;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use http::{Method, StatusCode};
use std::time::Duration;

/// Body, query, both, HTTP Basic: whatever the SDKs do.
#[tokio::test]
async fn every_client_finds_its_way() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let basic = format!("Basic {}", BASE64.encode(format!("{}:{}", app.key, app.secret).as_bytes()));
    let (key, secret) = (app.key.0.as_str(), app.secret.as_str());
    for path in ["/1/oauth2/token", "/oauth2/token"] {
        let code = shown_code(&world, &app).await;
        let granted = [("grant_type", "authorization_code"), ("code", code.as_str())];
        let all = [granted[0], granted[1], ("client_id", key), ("client_secret", secret), ("locale", "en")];
        let in_query = post_query(&world, path, &all).await;
        assert_eq!(in_query.status, StatusCode::OK, "{}", in_query.body);

        let code = shown_code(&world, &app).await;
        let granted = [("grant_type", "authorization_code"), ("code", code.as_str())];
        let split = format!("{path}?locale=en_US&code=wrong&client_id={key}");
        let both = [granted[0], granted[1], ("client_secret", secret)];
        let in_both = world.browser().post(&split, &both).await;
        assert_eq!(in_both.status, StatusCode::OK, "the body counts: {}", in_both.body);

        for (scheme, client) in
            [(basic.as_str(), None), (&basic.replacen("Basic ", "basic   ", 1), Some(key))]
        {
            let code = shown_code(&world, &app).await;
            let mut params = vec![("grant_type", "authorization_code"), ("code", code.as_str())];
            params.extend(client.map(|client| ("client_id", client)));
            let header = [(AUTHORIZATION.as_str(), scheme)];
            let by_basic = world.browser().post_with(path, &params, &header).await;
            assert_eq!(by_basic.status, StatusCode::OK, "{}", by_basic.body);
        }
    }
}

/// The answer, to the letter: `uid` is a string here.
#[tokio::test]
async fn the_answer_is_as_documented() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let code = shown_code(&world, &app).await;
    let reply = exchange(&world, &app, &code, &[]).await;
    let token = reply.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(reply.body, format!(r#"{{"access_token":"{token}","token_type":"bearer","uid":"1"}}"#));
    assert_eq!(reply.header(CONTENT_TYPE), "application/json");
    assert_eq!(reply.header(CACHE_CONTROL), "no-store");
    assert_eq!(reply.header(ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    assert!(token.len() == 43 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    assert!(lets_in(&world, &token).await);
}

/// A code works once; the second time it takes back what it gave.
#[tokio::test]
async fn a_replayed_code_revokes_the_token() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let code = shown_code(&world, &app).await;
    let token = exchange(&world, &app, &code, &[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let replay = exchange(&world, &app, &code, &[]).await;
    assert_eq!(replay.status, StatusCode::BAD_REQUEST);
    expect![[r#"{"error":"invalid_grant","error_description":"code doesn't exist or has expired"}"#]]
        .assert_eq(&replay.body);
    assert!(!lets_in(&world, &token).await);
}

/// Ten minutes, and no longer.
#[tokio::test]
async fn a_code_expires() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let code = shown_code(&world, &app).await;
    world.clock.advance(Duration::from_secs(600));
    let late = exchange(&world, &app, &code, &[]).await;
    assert_refused(&late, StatusCode::BAD_REQUEST, "invalid_grant");
}

/// The redirect URI must be repeated if there was one, and is not looked at if there was none.
#[tokio::test]
async fn the_redirect_uri_is_compared() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let mut browser = world.signed_in().await;
    let params = [("response_type", "code"), ("redirect_uri", REDIRECT)];
    let code = allow(&mut browser, &app, &params).await.sent_back('?')["code"].clone();
    for wrong in [&[][..], &[("redirect_uri", "http://localhost:5000/cb?x=1")], &[("redirect_uri", "")]] {
        let reply = exchange(&world, &app, &code, wrong).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_grant");
    }
    assert_eq!(exchange(&world, &app, &code, &[("redirect_uri", REDIRECT)]).await.status, StatusCode::OK);
    let shown = shown_code(&world, &app).await;
    assert_eq!(exchange(&world, &app, &shown, &[("redirect_uri", REDIRECT)]).await.status, StatusCode::OK);
}

/// Wrong clients: 400 where the secret stood in the parameters, 401 where it stood in the header.
#[tokio::test]
async fn a_wrong_client_gets_nothing() {
    let world = World::with_ann().await;
    let (app, other) = (world.app().await, world.app().await);
    let code = shown_code(&world, &app).await;
    let reply = exchange(&world, &app, &code, &[("client_secret", "wrong")]).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_client");
    assert!(!reply.headers.contains_key(WWW_AUTHENTICATE));
    let reply = exchange(&world, &app, &code, &[("client_id", "nosuchkey")]).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_client");
    let reply = exchange(&world, &other, &code, &[]).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_grant");

    let basic = |text: &str| format!("Basic {}", BASE64.encode(text.as_bytes()));
    let params = [("grant_type", "authorization_code"), ("code", code.as_str())];
    let header = basic(&format!("{}:wrong", app.key));
    let reply = world.browser().post_with("/1/oauth2/token", &params, &[("authorization", &header)]).await;
    assert_refused(&reply, StatusCode::UNAUTHORIZED, "invalid_client");
    assert!(reply.header(WWW_AUTHENTICATE).starts_with("Basic "));
    for nonsense in
        ["Basic !!!", &basic("nocolon"), "Basic /w==", &basic(&format!("{}:{}", other.key, other.secret))]
    {
        let params = [params[0], params[1], ("client_id", app.key.0.as_str())];
        let reply =
            world.browser().post_with("/1/oauth2/token", &params, &[("authorization", nonsense)]).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_request");
    }
    assert_eq!(exchange(&world, &app, &code, &[]).await.status, StatusCode::OK, "refusals spoil nothing");
}

/// Missing and strange parameters are named.
#[tokio::test]
async fn faulty_requests_are_told_why() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let (key, secret) = (("client_id", app.key.0.as_str()), ("client_secret", app.secret.as_str()));
    let (kind, code) = (("grant_type", "authorization_code"), ("code", "x"));
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: [Case<'_>; 8] = [
        (&[], "invalid_request", "grant_type is missing"),
        (&[("grant_type", "password"), key, secret], "unsupported_grant_type", "authorization_code"),
        (&[("grant_type", "refresh_token"), key, secret], "unsupported_grant_type", "authorization_code"),
        (&[kind, code], "invalid_request", "no auth method found"),
        (&[kind, code, key], "invalid_request", "no auth method found"),
        (&[kind, key, secret], "invalid_request", "code is missing"),
        (&[kind, key, secret, ("code", "")], "invalid_request", "code is missing"),
        (&[kind, key, secret, code], "invalid_grant", "code doesn't exist or has expired"),
    ];
    for (params, error, told) in cases {
        for reply in [
            world.browser().post("/1/oauth2/token", params).await,
            post_query(&world, "/1/oauth2/token", params).await,
        ] {
            assert_refused(&reply, StatusCode::BAD_REQUEST, error);
            assert!(reply.body.contains(told), "{}", reply.body);
        }
    }
    let huge = "x".repeat(70_000);
    let reply = world.browser().post("/1/oauth2/token", &[("code", &huge)]).await;
    assert_refused(&reply, StatusCode::PAYLOAD_TOO_LARGE, "invalid_request");
    let binary = world.browser().send(Method::POST, "/1/oauth2/token?code=%ff", &[], "").await;
    assert_refused(&binary, StatusCode::BAD_REQUEST, "invalid_request");
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let reply = world.browser().send(method, "/1/oauth2/token", &[], "").await;
        assert_refused(&reply, StatusCode::METHOD_NOT_ALLOWED, "invalid_request");
        assert_eq!(reply.header(ALLOW), "POST, OPTIONS");
    }
    let preflight = world.browser().send(Method::OPTIONS, "/1/oauth2/token", &[], "").await;
    assert_eq!(
        (preflight.status, preflight.header(ACCESS_CONTROL_ALLOW_ORIGIN)),
        (StatusCode::NO_CONTENT, "*")
    );
}

/// A body that is no form is no form, whatever it looks like.
#[tokio::test]
async fn another_kind_of_body_is_not_read() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let code = shown_code(&world, &app).await;
    let form = format!(
        "grant_type=authorization_code&code={code}&client_id={}&client_secret={}",
        app.key, app.secret
    );
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
        let header = [(CONTENT_TYPE.as_str(), kind)];
        let reply = world.browser().send(Method::POST, "/1/oauth2/token", &header, &form).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_request");
    }
    let untyped = world.browser().send(Method::POST, "/1/oauth2/token", &[], &form).await;
    assert_eq!(untyped.status, StatusCode::OK, "{}", untyped.body);
}

/// Guessing a secret has to wait.
#[tokio::test]
async fn guessing_a_secret_has_to_wait() {
    let world = World::with_ann().await;
    let app = world.app().await;
    for _ in 0..5 {
        let reply = exchange(&world, &app, "x", &[("client_secret", "guess")]).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_client");
    }
    let wait = exchange(&world, &app, "x", &[]).await;
    assert_refused(&wait, StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable");
    assert_eq!(wait.header(RETRY_AFTER), "1");
    world.clock.advance(Duration::from_secs(1));
    let reply = exchange(&world, &app, "x", &[]).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_grant");
}

/// An app that was shut out exchanges nothing.
#[tokio::test]
async fn a_disabled_app_exchanges_nothing() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let code = shown_code(&world, &app).await;
    world.people.set_app_disabled(&app.key.0, true).await.unwrap();
    let reply = exchange(&world, &app, &code, &[]).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_client");
}
