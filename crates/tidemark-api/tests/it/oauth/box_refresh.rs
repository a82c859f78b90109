//! `/oauth2/token` with a refresh token: the next pair, and what happens to the ones before.

use super::{Pair, ask_as, assert_refused, lets_in, refresh};
use crate::browser::{EMAIL, World};
use data_encoding::BASE64;
use expect_test::expect;
use futures_util::future::join_all;
use http::StatusCode;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use std::time::Duration;

/// A new pair each time, at both names of the endpoint, with the client in the form or in the header.
#[tokio::test]
async fn each_refresh_gives_a_new_pair() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let first = Pair::first(&world, &app).await;
    let second = Pair::of(&refresh(&world, &app, &first.refresh).await);
    assert!(lets_in(&world, &second.access).await);
    let basic = format!("Basic {}", BASE64.encode(format!("{}:{}", app.key, app.secret).as_bytes()));
    let params = [("grant_type", "refresh_token"), ("refresh_token", second.refresh.as_str())];
    let header = [(AUTHORIZATION.as_str(), basic.as_str())];
    let third = Pair::of(&world.browser().post_with("/api/oauth2/token", &params, &header).await);
    assert!(lets_in(&world, &third.access).await);
    world.clock.advance(Duration::from_secs(3_600));
    assert!(!lets_in(&world, &third.access).await);
    let fourth = Pair::of(&refresh(&world, &app, &third.refresh).await);
    assert!(lets_in(&world, &fourth.access).await);
}

/// Core API v1's own endpoint knows no such thing.
#[tokio::test]
async fn the_other_protocols_endpoint_renews_nothing() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let pair = Pair::first(&world, &app).await;
    let params = [("grant_type", "refresh_token"), ("refresh_token", pair.refresh.as_str())];
    let reply = ask_as(&world, &app, "/1/oauth2/token", &params).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "unsupported_grant_type");
}

/// An answer that was lost can be asked for again; once the new token was used, the old refresh token is stolen goods.
#[tokio::test]
async fn an_old_refresh_token_ends_everything() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let first = Pair::first(&world, &app).await;
    let lost = Pair::of(&refresh(&world, &app, &first.refresh).await);
    let second = Pair::of(&refresh(&world, &app, &first.refresh).await);
    assert!(!lets_in(&world, &lost.access).await);
    assert!(lets_in(&world, &second.access).await);

    let reused = refresh(&world, &app, &first.refresh).await;
    assert_eq!(reused.status, StatusCode::BAD_REQUEST);
    expect![[r#"{"error":"invalid_grant","error_description":"Invalid refresh token"}"#]]
        .assert_eq(&reused.body);
    assert!(!lets_in(&world, &second.access).await);
    let ended = refresh(&world, &app, &second.refresh).await;
    assert_refused(&ended, StatusCode::BAD_REQUEST, "invalid_grant");
}

/// Two threads of a program that refresh at once get an answer each, of which one counts.
#[tokio::test]
async fn two_at_once_leave_one_pair() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let first = Pair::first(&world, &app).await;
    let replies = join_all((0..2).map(|_| refresh(&world, &app, &first.refresh))).await;
    let pairs: Vec<Pair> = replies.iter().map(Pair::of).collect();
    let mut good = 0;
    for pair in &pairs {
        good += usize::from(lets_in(&world, &pair.access).await);
    }
    assert_eq!(good, 1);
}

/// Sixty days.
#[tokio::test]
async fn a_refresh_token_expires() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let pair = Pair::first(&world, &app).await;
    world.clock.advance(Duration::from_secs(60 * 24 * 60 * 60));
    let late = refresh(&world, &app, &pair.refresh).await;
    assert_eq!(late.status, StatusCode::BAD_REQUEST);
    expect![[r#"{"error":"invalid_grant","error_description":"Refresh token has expired"}"#]]
        .assert_eq(&late.body);
}

/// Another app's, a wrong or missing secret, a person or an app that is shut out: nothing is used up, and nothing ends.
#[tokio::test]
async fn nobody_else_refreshes() {
    let world = World::with_ann().await;
    let (app, other) = (world.app().await, world.app().await);
    let first = Pair::first(&world, &app).await;
    let pair = Pair::of(&refresh(&world, &app, &first.refresh).await);
    assert!(lets_in(&world, &pair.access).await);
    let others = refresh(&world, &other, &first.refresh).await;
    assert_refused(&others, StatusCode::BAD_REQUEST, "invalid_grant");
    let params = [("grant_type", "refresh_token"), ("refresh_token", pair.refresh.as_str())];
    let key = ("client_id", app.key.0.as_str());
    for secret in [&[][..], &[("client_secret", "wrong")], &[("client_secret", "")]] {
        let reply = world.browser().post("/oauth2/token", &[&params[..], &[key], secret].concat()).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_client");
    }
    world.people.set_disabled(EMAIL, true).await.unwrap();
    let reply = refresh(&world, &app, &pair.refresh).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_grant");
    world.people.set_disabled(EMAIL, false).await.unwrap();
    world.people.set_app_disabled(&app.key.0, true).await.unwrap();
    let reply = refresh(&world, &app, &pair.refresh).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_client");
    world.people.set_app_disabled(&app.key.0, false).await.unwrap();
    assert!(lets_in(&world, &pair.access).await);
    Pair::of(&refresh(&world, &app, &pair.refresh).await);
}

/// Whoever ends the app's permission ends what would renew it.
#[tokio::test]
async fn unlinking_an_app_ends_its_refresh_tokens() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let pair = Pair::first(&world, &app).await;
    let mut browser = world.signed_in().await;
    let page = browser.get(&format!("/linked-apps/revoke?app={}", app.key)).await;
    browser.submit(&page, &[]).await;
    assert!(!lets_in(&world, &pair.access).await);
    let reply = refresh(&world, &app, &pair.refresh).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_grant");
}

/// Guessing a secret has to wait, with a refresh token as with a code.
#[tokio::test]
async fn guessing_a_secret_has_to_wait() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let pair = Pair::first(&world, &app).await;
    let params = [
        ("grant_type", "refresh_token"),
        ("refresh_token", pair.refresh.as_str()),
        ("client_id", app.key.0.as_str()),
        ("client_secret", "guess"),
    ];
    for path in ["/oauth2/token", "/api/oauth2/token", "/oauth2/token", "/api/oauth2/token", "/oauth2/token"]
    {
        let reply = world.browser().post(path, &params).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "invalid_client");
    }
    let wait = refresh(&world, &app, &pair.refresh).await;
    assert_refused(&wait, StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable");
    assert_eq!(wait.header(RETRY_AFTER), "1");
    world.clock.advance(Duration::from_secs(1));
    Pair::of(&refresh(&world, &app, &pair.refresh).await);
}
