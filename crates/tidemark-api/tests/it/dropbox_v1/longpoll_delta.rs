//! `/longpoll_delta`, with time that stands still until everybody waits.

use crate::world::{Answer, Choices, World};
use axum::body::Body;
use expect_test::expect;
use http::{Method, Request};
use std::time::Duration;
use tidemark_core::hub::Limits;
use tokio::time::Instant;

/// Without credentials.
async fn poll(world: &World, query: &str) -> Answer {
    let request = Request::builder().method(Method::GET).uri(format!("/1/longpoll_delta?{query}"));
    world.send(request.body(Body::empty()).unwrap()).await
}

async fn cursor(world: &World, form: &str) -> String {
    world.post("/1/delta/latest_cursor", form).await.field("cursor")
}

#[tokio::test(start_paused = true)]
async fn what_came_before_the_poll_is_told_at_once() {
    let world = World::new().await;
    let cursor = cursor(&world, "").await;
    world.file("/a", "a").await;
    let begun = Instant::now();
    let answer = poll(&world, &format!("cursor={cursor}&timeout=480")).await;
    assert_eq!(answer.json(), serde_json::json!({ "changes": true }));
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_comes_during_the_poll_wakes_it() {
    let world = World::new().await;
    let cursor = cursor(&world, "").await;
    let (begun, query) = (Instant::now(), format!("cursor={cursor}&timeout=90"));
    let (answer, ()) = tokio::join!(poll(&world, &query), async {
        tokio::time::sleep(Duration::from_secs(7)).await;
        assert_eq!(world.hub.waiting(), 1);
        world.file("/a", "a").await;
    });
    expect![[r#"
        200
        access-control-allow-origin: *
        cache-control: no-cache
        content-type: application/json

        {"changes": true}"#]]
    .assert_eq(&answer.shown_whole());
    assert_eq!(begun.elapsed(), Duration::from_secs(7));
    assert_eq!(world.hub.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn quiet_polls_wait_as_long_as_they_may() {
    let world = World::new().await;
    let cursor = cursor(&world, "").await;
    for (timeout, seconds) in
        [("", 30), ("timeout=", 30), ("timeout=30", 30), ("timeout=120", 120), ("timeout=480", 480)]
            .into_iter()
            .chain([("timeout=1", 30), ("timeout=0", 30), ("timeout=-5", 30), ("timeout=100000", 480)])
    {
        let begun = Instant::now();
        let answer = poll(&world, &format!("cursor={cursor}&{timeout}")).await;
        assert_eq!(answer.json(), serde_json::json!({ "changes": false }), "{timeout}");
        assert_eq!(begun.elapsed().as_secs(), seconds, "{timeout}");
    }
}

#[tokio::test(start_paused = true)]
async fn jitter_makes_a_quiet_poll_a_little_longer_and_the_minimum_can_be_chosen() {
    let mut choices = Choices::default();
    choices.settings.poll_timeout_min = Duration::from_secs(1);
    choices.settings.poll_jitter_max = Duration::from_secs(4);
    let world = World::with(choices).await;
    let cursor = cursor(&world, "").await;
    let mut waits = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let begun = Instant::now();
        poll(&world, &format!("cursor={cursor}&timeout=2")).await;
        waits.insert(begun.elapsed());
    }
    let bounds = Duration::from_secs(2)..=Duration::from_millis(6001);
    assert!(waits.iter().all(|wait| bounds.contains(wait)) && waits.len() > 10, "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_poll_under_a_prefix_sleeps_through_what_is_elsewhere() {
    let world = World::new().await;
    let cursor = cursor(&world, "path_prefix=/in").await;
    let (begun, query) = (Instant::now(), format!("cursor={cursor}&timeout=100"));
    let (answer, ()) = tokio::join!(poll(&world, &query), async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        world.file("/out", "x").await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        world.file("/in/side", "x").await;
    });
    assert_eq!((answer.json()["changes"].as_bool(), begun.elapsed().as_secs()), (Some(true), 20));
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_server_asks_for_patience() {
    let limits = Limits { waiters: 1, waiters_per_account: 1 };
    let world = World::with(Choices { limits, ..Choices::default() }).await;
    let cursor = cursor(&world, "").await;
    let query = format!("cursor={cursor}");
    let (first, second) = tokio::join!(poll(&world, &query), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        poll(&world, &query).await
    });
    assert_eq!(first.json(), serde_json::json!({ "changes": false }));
    let second = second.json();
    assert_eq!(second["changes"], false);
    assert!((60..=90).contains(&second["backoff"].as_u64().unwrap()), "{second}");
}

#[tokio::test]
async fn bad_polls_are_refused() {
    let world = World::new().await;
    let good = cursor(&world, "").await;
    let media = cursor(&world, "include_media_info=true").await;
    for query in [
        "".to_owned(),
        "cursor=".into(),
        "cursor=x".into(),
        format!("cursor=x{good}"),
        format!("cursor={}", &good[1..]),
        format!("cursor={media}"),
        format!("cursor={good}&timeout=soon"),
        format!("cursor={good}&timeout=30.5"),
        format!("cursor={good}&timeout=99999999999999999999999"),
    ] {
        poll(&world, &query).await.refuses(400);
    }
    assert_eq!(world.hub.waiting(), 0);
    expect![[r#"400 {"error":"The cursor is invalid"}"#]].assert_eq(&poll(&world, "cursor=x").await.shown());
    world.post("/1/longpoll_delta", &format!("cursor={good}")).await.refuses(405);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_waits_no_longer() {
    let world = World::new().await;
    let cursor = cursor(&world, "").await;
    let request = Request::builder().uri(format!("/1/longpoll_delta?cursor={cursor}"));
    let response = world.api.handle(request.body(Body::empty()).unwrap()).await;
    assert!(tidemark_api::server::is_parked(&response));
    assert_eq!(world.hub.waiting(), 1);
    drop(response);
    assert_eq!(world.hub.waiting(), 0);
}
