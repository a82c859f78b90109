//! Who is let in with which token, and what the others are told.

use crate::world::{Answer, World};
use axum::body::Body;
use expect_test::expect;
use http::{Request, header};
use std::time::Duration;
use tidemark_core::model::App;

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn call(world: &World, token: &str) -> Answer {
    let request = Request::get("/2.0/users/me").header(header::AUTHORIZATION, format!("Bearer {token}"));
    world.box_send(request.body(Body::empty()).expect("a good request")).await
}

async fn app(world: &World) -> App {
    world.people.apps().await.expect("readable").remove(0)
}

/// A token that has expired, one that never was, and one whose owner is shut out, are told apart; none of the answers has a
/// body. One client looks for `expired_token` in the header before it tries again.
#[tokio::test]
async fn what_is_wrong_with_a_token_stands_in_the_header() {
    let world = World::new().await;
    let app = app(&world).await;
    let (token, _) = world.people.issue_token_for(&world.account, &app, HOUR).await.expect("it is given");
    assert_eq!(call(&world, token.reveal()).await.status, 200);
    let told = |answer: &Answer| {
        assert_eq!((answer.status.as_u16(), answer.body.len()), (401, 0));
        answer.header("www-authenticate").expect("a challenge").to_owned()
    };
    world.clock.advance(HOUR);
    expect![[r#"Bearer realm="Service", error="invalid_token", error_description="The access token provided has expired (expired_token).""#]]
        .assert_eq(&told(&call(&world, token.reveal()).await));
    expect![[r#"Bearer realm="Service", error="invalid_token", error_description="The access token provided is invalid.""#]]
        .assert_eq(&told(&call(&world, "never was one").await));
    world.people.set_disabled(&world.account.email, true).await.expect("writable");
    expect![[r#"Bearer realm="Service", error="invalid_token", error_description="The account or the app of the access token provided is disabled.""#]]
        .assert_eq(&told(&call(&world, &world.token).await));
}

/// The other protocol takes such a token as well, and says in its own words that it has expired.
#[tokio::test]
async fn a_token_that_expires_is_good_for_the_other_protocol_too() {
    let world = World::new().await;
    let app = app(&world).await;
    let (token, _) = world.people.issue_token_for(&world.account, &app, HOUR).await.expect("it is given");
    let ask = async || {
        let request = Request::get("/1/account/info");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()));
        world.send(request.body(Body::empty()).expect("a good request")).await
    };
    assert_eq!(ask().await.status, 200);
    world.clock.advance(HOUR);
    expect![[r#"401 {"error":"The given OAuth 2 access token doesn't exist or has expired."}"#]]
        .assert_eq(&ask().await.shown());
}

/// What was meant for somebody else's files must not be done with one's own.
#[tokio::test]
async fn nobody_acts_as_another() {
    let world = World::new().await;
    let own = world.account.id.0.to_string();
    assert_eq!(world.box_get_with("/2.0/users/me", "As-User", &own).await.status, 200);
    for other in ["2", "", "me"] {
        let answer = world.box_get_with("/2.0/users/me", "as-user", other).await;
        answer.box_refuses(403, "access_denied_insufficient_permissions");
    }
}
