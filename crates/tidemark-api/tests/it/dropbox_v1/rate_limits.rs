//! How often an account and an app may ask.

use crate::world::{Choices, World};
use std::num::NonZeroU32;
use std::time::Duration;
use tidemark_core::model::Access;
use tidemark_core::people::RateLimits;

async fn world(account: u32, app: u32) -> World {
    let (account_per_minute, app_per_minute) = (NonZeroU32::new(account), NonZeroU32::new(app));
    let rates = RateLimits { account_per_minute, app_per_minute };
    World::with(Choices { rates, ..Choices::default() }).await
}

#[tokio::test]
async fn an_account_that_asks_too_often_is_told_when_to_come_back() {
    let mut world = world(3, 0).await;
    for _ in 0..3 {
        assert_eq!(world.get("/1/account/info").await.status, 200);
    }
    let refused = world.get("/1/account/info").await;
    assert_eq!(refused.refuses(429).header("retry-after"), Some("20"));
    // Whatever it asks for, and through whichever app.
    world.put("/1/files_put/auto/a", "x").await.refuses(429);
    world.token = world.token_for(&world.account, "Other", Access::Full).await;
    world.post("/1/delta", "").await.refuses(429);
    // Others go on.
    world.token = world.token_for(&world.person("bo@example.org").await, "Third", Access::Full).await;
    assert_eq!(world.get("/1/account/info").await.status, 200);
    world.advance(Duration::from_secs(20));
    assert_eq!(world.get("/1/account/info").await.status, 200);
}

#[tokio::test]
async fn an_app_that_asks_too_often_leaves_the_others_alone() {
    let mut world = world(0, 2).await;
    for _ in 0..2 {
        assert_eq!(world.get("/1/account/info").await.status, 200);
    }
    world.get("/1/account/info").await.refuses(429);
    world.token = world.token_for(&world.account, "Other", Access::Full).await;
    assert_eq!(world.get("/1/account/info").await.status, 200);
}

/// A poll is answered in its own words, which its clients understand.
#[tokio::test]
async fn a_poll_that_comes_too_often_is_asked_for_patience() {
    let world = world(2, 0).await;
    let cursor = world.post("/1/delta/latest_cursor", "").await.field("cursor");
    world.file("/a", "x").await;
    let poll = world.get(&format!("/1/longpoll_delta?cursor={cursor}")).await.json();
    assert_eq!(poll["changes"], false);
    assert!((30..=45).contains(&poll["backoff"].as_u64().unwrap()), "{poll}");
    world.advance(Duration::from_secs(60));
    let poll = world.get(&format!("/1/longpoll_delta?cursor={cursor}")).await.json();
    assert_eq!(poll, serde_json::json!({ "changes": true }));
}

#[tokio::test]
async fn strangers_do_not_count() {
    let mut world = world(1, 1).await;
    let token = std::mem::replace(&mut world.token, "wrong".to_owned());
    for _ in 0..10 {
        world.get("/1/account/info").await.refuses(401);
    }
    world.token = token;
    assert_eq!(world.get("/1/account/info").await.status, 200);
}
