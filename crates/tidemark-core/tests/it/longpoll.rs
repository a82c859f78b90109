//! Waiting: who is woken, by what, and who is not.

use crate::world::{World, content};
use std::time::Duration;
use tidemark_core::cloud::{Condition, Put, Scope};
use tidemark_core::model::{ClientTimes, Cursor, Path, PathKey};
use tokio::time::{Instant, timeout};

const LONG: Duration = Duration::from_secs(480);

fn path(text: &str) -> Path {
    Path::parse(text).expect("a good path")
}

async fn put(world: &World, scope: &Scope, at: &str) {
    let condition = Condition::Overwrite;
    let content = content(&format!("{:?}", Instant::now()));
    let put =
        Put { at: path(at).into(), content, condition, autorename: true, times: ClientTimes::default() };
    world.cloud.put_file(scope, &put).await.expect("a free path");
}

/// A cursor that has seen everything below `prefix`.
async fn caught_up(world: &World, scope: &Scope, prefix: &str) -> Cursor {
    let prefix = path(prefix).key();
    world.cloud.latest_cursor(scope, prefix, false).await.expect("memory does not fail")
}

#[tokio::test(start_paused = true)]
async fn a_quiet_poll_ends_when_it_was_told_to() {
    let world = World::new().await;
    let cursor = caught_up(&world, &world.whole().await, "/").await;
    let (began, poll) = (Instant::now(), world.cloud.longpoll(cursor).expect("few wait"));
    assert_eq!(world.hub.waiting(), 1);
    assert!(!poll.wait(LONG).await);
    assert_eq!(began.elapsed(), LONG);
    assert_eq!(world.hub.waiting(), 0, "its place was given back");
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_is_behind_answers_at_once() {
    let world = World::new().await;
    let scope = world.whole().await;
    let cursor = caught_up(&world, &scope, "/").await;
    put(&world, &scope, "/a").await;
    let began = Instant::now();
    assert!(world.cloud.longpoll(cursor).expect("few wait").wait(LONG).await);
    assert_eq!(began.elapsed(), Duration::ZERO);
    let beginner = world.cloud.first_cursor(&scope, PathKey::default(), false);
    assert!(world.cloud.longpoll(beginner).expect("few wait").wait(LONG).await, "it has not even begun");
}

/// A change anywhere wakes a reader of everything; a reader of a part sleeps on until something happens in its part.
#[tokio::test(start_paused = true)]
async fn only_news_of_the_view_wakes() {
    let world = World::new().await;
    let (whole, app) = (world.whole().await, world.app_folder().await);
    put(&world, &whole, "/docs/a").await;
    let mut everything = tokio::spawn({
        let poll = world.cloud.longpoll(caught_up(&world, &whole, "/").await).expect("few wait");
        poll.wait(LONG)
    });
    let mut docs = tokio::spawn({
        let poll = world.cloud.longpoll(caught_up(&world, &whole, "/DOCS").await).expect("few wait");
        poll.wait(LONG)
    });
    let mut notes = tokio::spawn({
        let poll = world.cloud.longpoll(caught_up(&world, &app, "/").await).expect("few wait");
        poll.wait(LONG)
    });
    let short = Duration::from_secs(1);
    put(&world, &whole, "/elsewhere").await;
    assert!(timeout(short, &mut everything).await.expect("woken").expect("no panic"));
    assert!(timeout(short, &mut docs).await.is_err(), "nothing happened there");
    world.cloud.move_to(&whole, &path("/docs"), &path("/papers"), false).await.expect("a free path");
    assert!(timeout(short, &mut docs).await.expect("woken").expect("no panic"), "its prefix went away");
    assert!(timeout(short, &mut notes).await.is_err(), "nothing happened there");
    world.cloud.move_to(&whole, &path("/Apps"), &path("/Programs"), false).await.expect("a free path");
    assert!(timeout(short, &mut notes).await.is_err(), "its root moved, which it cannot see");
    put(&world, &app, "/note").await;
    assert!(timeout(short, &mut notes).await.expect("woken").expect("no panic"));
}

#[tokio::test(start_paused = true)]
async fn losing_the_app_folder_is_news() {
    let world = World::new().await;
    let (whole, app) = (world.whole().await, world.app_folder().await);
    let poll = world.cloud.longpoll(caught_up(&world, &app, "/").await).expect("few wait");
    let waiting = tokio::spawn(poll.wait(LONG));
    world.cloud.delete(&whole, &path("/Apps")).await.expect("it is there");
    assert!(waiting.await.expect("no panic"));
}

/// A wake-up that gets lost between nodes costs the time until the next slow look.
#[tokio::test(start_paused = true)]
async fn the_slow_look_finds_what_no_announcement_told() {
    let world = World::new().await;
    let scope = world.whole().await;
    let poll = world.cloud.longpoll(caught_up(&world, &scope, "/").await).expect("few wait");
    let mut waiting = tokio::spawn(poll.wait(LONG));
    // Another node commits, and its announcement never arrives.
    let elsewhere = world.on_another_node();
    let put = Put {
        at: path("/a").into(),
        content: content("x"),
        condition: Condition::Overwrite,
        autorename: true,
        times: ClientTimes::default(),
    };
    elsewhere.put_file(&scope, &put).await.expect("a free path");
    assert!(timeout(Duration::from_secs(60), &mut waiting).await.is_err());
    world.cloud.look_for_waiters().await.expect("memory does not fail");
    assert!(timeout(Duration::from_secs(1), waiting).await.expect("woken").expect("no panic"));
}

/// A store that was put back from a copy is behind its readers; `delta` resets them, so a poll must not keep them.
#[tokio::test(start_paused = true)]
async fn a_position_beyond_the_head_is_news() {
    let world = World::new().await;
    let mut cursor = caught_up(&world, &world.whole().await, "/").await;
    cursor.position.as_mut().expect("it has begun").seq.0 += 1;
    assert!(world.cloud.longpoll(cursor).expect("few wait").wait(LONG).await);
}

/// As many of these may be asleep as there are clients, so what one takes is part of what a server costs.
#[tokio::test]
async fn a_sleeping_poll_is_small() {
    let world = World::new().await;
    let cursor = caught_up(&world, &world.whole().await, "/").await;
    let waiting = world.cloud.longpoll(cursor).expect("few wait").wait(LONG);
    assert!(size_of_val(&waiting) <= 192, "{} bytes", size_of_val(&waiting));
}
