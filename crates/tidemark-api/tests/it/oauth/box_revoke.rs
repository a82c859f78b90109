//! `/oauth2/revoke` and `/api/oauth2/revoke`: programs that give back what they got.

use super::{Pair, ask_as, assert_refused, exchange, lets_in, refresh, shown_code};
use crate::browser::{Reply, World};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CONTENT_TYPE};
use http::{Method, StatusCode};
use serde_json::json;
use tidemark_core::model::App;

const PATHS: [&str; 4] = ["/oauth2/revoke", "/oauth2/revoke/", "/api/oauth2/revoke", "/api/oauth2/revoke/"];

fn assert_done(reply: &Reply) {
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, "{}"));
    assert_eq!(reply.header(ACCESS_CONTROL_ALLOW_ORIGIN), "*");
}

async fn assert_ended(world: &World, app: &App, pair: &Pair) {
    assert!(!lets_in(world, &pair.access).await);
    let reply = refresh(world, app, &pair.refresh).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_grant");
}

/// Node sends the refresh token, classic Python the access token: both end both.
#[tokio::test]
async fn either_token_ends_both() {
    let world = World::with_ann().await;
    let app = world.app().await;
    for path in PATHS {
        for of_access in [true, false] {
            let first = Pair::first(&world, &app).await;
            let pair = Pair::of(&refresh(&world, &app, &first.refresh).await);
            let token = if of_access { &pair.access } else { &pair.refresh };
            let reply = ask_as(&world, &app, path, &[("token", token)]).await;
            assert_done(&reply);
            assert_ended(&world, &app, &pair).await;
            assert_ended(&world, &app, &first).await;
            assert_done(&ask_as(&world, &app, path, &[("token", token)]).await);
        }
    }
}

/// An object is understood as well as a form, whatever its type is called and whether a token is shown besides.
#[tokio::test]
async fn the_parameters_may_be_an_object() {
    let world = World::with_ann().await;
    let app = world.app().await;
    for kind in [Some("application/json"), Some("application/x-www-form-urlencoded"), None] {
        let pair = Pair::first(&world, &app).await;
        let body = json!({
            "client_id": app.key.0, "client_secret": app.secret, "token": pair.access, "more": [1, {}],
        });
        let bearer = format!("Bearer {}", pair.access);
        let mut headers = vec![(AUTHORIZATION.as_str(), bearer.as_str())];
        headers.extend(kind.map(|kind| (CONTENT_TYPE.as_str(), kind)));
        let reply = world.browser().send(Method::POST, "/oauth2/revoke", &headers, &body.to_string()).await;
        assert_done(&reply);
        assert_ended(&world, &app, &pair).await;
    }
}

/// A token that lasts is given back in the same way.
#[tokio::test]
async fn a_token_that_lasts_ends_too() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let code = shown_code(&world, &app).await;
    let reply = exchange(&world, &app, &code, &[]).await;
    let token = reply.json()["access_token"].as_str().unwrap().to_owned();
    assert_done(&ask_as(&world, &app, "/oauth2/revoke", &[("token", &token)]).await);
    assert!(!lets_in(&world, &token).await);
}

/// What is not the client's is as unknown to it as what never was.
#[tokio::test]
async fn others_tokens_are_unknown_ones() {
    let world = World::with_ann().await;
    let (app, other) = (world.app().await, world.app().await);
    let pair = Pair::first(&world, &app).await;
    for token in [&pair.access, &pair.refresh, "never was one", &"x".repeat(10_000)] {
        assert_done(&ask_as(&world, &other, "/oauth2/revoke", &[("token", token)]).await);
    }
    assert!(lets_in(&world, &pair.access).await);
    Pair::of(&refresh(&world, &app, &pair.refresh).await);
}

/// A client that is not what it says ends nothing, and neither does a request that says too little.
#[tokio::test]
async fn wrong_clients_and_faulty_requests_end_nothing() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let pair = Pair::first(&world, &app).await;
    let (key, token) = (("client_id", app.key.0.as_str()), ("token", pair.access.as_str()));
    let secret = ("client_secret", app.secret.as_str());
    for path in PATHS {
        for (params, error) in [
            (&[key, token, ("client_secret", "wrong")][..], "invalid_client"),
            (&[key, token], "invalid_client"),
            (&[token], "invalid_client"),
            (&[("client_id", "nosuchkey"), secret, token], "invalid_client"),
            (&[key, secret], "invalid_request"),
        ] {
            let reply = world.browser().post(path, params).await;
            assert_refused(&reply, StatusCode::BAD_REQUEST, error);
        }
        for body in ["{", "{\"token\":", "{}x", &"[".repeat(1_000), &format!("{{\"a\":{}", "[".repeat(1_000))]
        {
            let reply = world.browser().send(Method::POST, path, &[], body).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}: {}", reply.body);
        }
        let huge = "x".repeat(70_000);
        let reply = world.browser().post(path, &[key, secret, ("token", &huge)]).await;
        assert_refused(&reply, StatusCode::PAYLOAD_TOO_LARGE, "invalid_request");
        // Not even what is right counts in the address, where it would be logged.
        let query = crate::browser::query(&[key, secret, token]);
        let reply = world.browser().send(Method::POST, &format!("{path}?{query}"), &[], "").await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_client");
        let reply = world.browser().send(Method::GET, path, &[], "").await;
        assert_refused(&reply, StatusCode::METHOD_NOT_ALLOWED, "invalid_request");
        let preflight = world.browser().send(Method::OPTIONS, path, &[], "").await;
        assert_eq!(preflight.status, StatusCode::NO_CONTENT);
        // Too many wrong secrets from one place have to wait.
        world.clock.advance(std::time::Duration::from_secs(60));
    }
    Pair::of(&refresh(&world, &app, &pair.refresh).await);
}
