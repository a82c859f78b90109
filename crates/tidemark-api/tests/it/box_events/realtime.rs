//! `OPTIONS /2.0/events` and `/subscribe`, with time that stands still until everybody waits.

use crate::world::{Answer, Choices, World};
use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};
use std::time::Duration;
use tidemark_core::hub::Limits;
use tidemark_core::model::EntryId;
use tidemark_core::people::RateLimits;
use tokio::time::Instant;

/// Where to poll, as the server says it.
async fn servers(world: &World, query: &str) -> Value {
    let request = world.ask(Method::OPTIONS, &format!("/2.0/events{query}")).body(Body::empty()).unwrap();
    let answer = world.box_send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The path of the address that the server says.
async fn address(world: &World, query: &str) -> String {
    let servers = servers(world, query).await;
    let url = servers["entries"][0]["url"].as_str().expect("an address").to_owned();
    url.strip_prefix("http://localhost").expect("of this server").to_owned()
}

/// Polls as all clients do: without credentials that count, adding a position to the address.
async fn poll(world: &World, address: &str, position: &str) -> Answer {
    poll_as(world, address, position, "box-sdk").await
}

async fn poll_as(world: &World, address: &str, position: &str, agent: &str) -> Answer {
    let uri = format!("{address}&stream_position={position}");
    let request =
        Request::builder().uri(uri).header("user-agent", agent).header("authorization", "Bearer stale");
    world.box_send(request.body(Body::empty()).unwrap()).await
}

async fn now(world: &World) -> u64 {
    let page = world.box_get("/2.0/events?stream_position=now").await.json();
    page["next_stream_position"].as_u64().expect("a number")
}

fn says(answer: &Answer, message: &str) {
    assert_eq!(answer.status, 200, "never an error");
    assert_eq!(answer.json(), json!({ "version": 1, "message": message }));
}

/// One client refuses texts, another numbers.
#[tokio::test]
async fn where_to_poll_is_told_with_the_right_types() {
    let world = World::new().await;
    let told = servers(&world, "?stream_type=all").await;
    assert_eq!(told["chunk_size"], json!(1));
    let server = &told["entries"][0];
    assert_eq!(server["type"], "realtime_server");
    assert_eq!((&server["ttl"], &server["max_retries"]), (&json!("10"), &json!("10")), "texts");
    assert_eq!(server["retry_timeout"], json!(60), "a number");
    let url = server["url"].as_str().unwrap();
    assert!(url.starts_with("http://localhost/subscribe?channel="), "{url}");
    assert!(url.ends_with("&stream_type=all"), "{url}");
    for (query, word) in [("", "all"), ("?stream_type=changes", "changes"), ("?stream_type=sync", "sync")] {
        assert!(address(&world, query).await.ends_with(&format!("&stream_type={word}")));
    }
    let again = servers(&world, "").await;
    assert_ne!(again["entries"][0]["url"], server["url"], "nobody guesses one from another");
}

#[tokio::test]
async fn the_streams_of_an_enterprise_cannot_be_waited_for() {
    let world = World::new().await;
    for stream in ["admin_logs", "admin_logs_streaming"] {
        let uri = format!("/2.0/events?stream_type={stream}");
        let request = world.ask(Method::OPTIONS, &uri).body(Body::empty()).unwrap();
        world.box_send(request).await.box_refuses(400, "bad_request");
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_before_the_poll_is_told_at_once() {
    let world = World::new().await;
    let (address, position) = (address(&world, "").await, now(&world).await);
    world.file("/a", "a").await;
    let begun = Instant::now();
    // As often as it is asked: it is the position that says what was seen.
    for position in [position, position, position + 1] {
        says(&poll(&world, &address, &position.to_string()).await, "new_change");
    }
    // Ahead of the journal: the store was put back, and its reader should look.
    says(&poll(&world, &address, "1000001").await, "new_change");
    for odd in ["now", "", "-1", "x"] {
        says(&poll(&world, &address, odd).await, "new_change");
    }
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_comes_during_the_poll_wakes_every_poll_of_an_address() {
    let world = World::new().await;
    let (address, position) = (address(&world, "").await, now(&world).await.to_string());
    let begun = Instant::now();
    let (one, other, ()) =
        tokio::join!(poll(&world, &address, &position), poll(&world, &address, &position), async {
            tokio::time::sleep(Duration::from_secs(7)).await;
            assert_eq!(world.hub.waiting(), 2);
            world.file("/a", "a").await;
        });
    says(&one, "new_change");
    says(&other, "new_change");
    assert_eq!(begun.elapsed(), Duration::from_secs(7));
    assert_eq!(world.hub.waiting(), 0);
}

/// There are clients that give up after a minute of silence.
#[tokio::test(start_paused = true)]
async fn a_quiet_poll_is_answered_within_a_minute_and_the_address_stays_good() {
    let world = World::new().await;
    let (address, position) = (address(&world, "").await, now(&world).await.to_string());
    for _ in 0..15 {
        let begun = Instant::now();
        says(&poll(&world, &address, &position).await, "reconnect");
        assert!((45..=50).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    }
}

/// Clients repeat at once whatever they are refused, so nothing is refused, and nothing at once.
#[tokio::test(start_paused = true)]
async fn an_address_that_is_none_is_answered_late() {
    let world = World::new().await;
    let address = address(&world, "").await;
    let forged = address.replacen("channel=", "channel=A", 1);
    let (_, query) = address.split_once('?').unwrap();
    for bad in [
        "/subscribe?channel=&x=1",
        "/subscribe?x=1",
        &*forged,
        &format!("/subscribe?channel=9c1f0a7be2d4&{}", &query[8..9]),
    ] {
        for (agent, message) in
            [("box-python-sdk-3.14.0", "max_retries"), ("Box JavaScript generated SDK", "reconnect")]
        {
            let begun = Instant::now();
            says(&poll_as(&world, bad, "1", agent).await, message);
            assert_eq!(begun.elapsed(), Duration::from_secs(5));
        }
    }
    // It ends by itself, too: its holder asks for another.
    world.advance(Duration::from_secs(12 * 60 * 60 + 1));
    says(&poll_as(&world, &address, "1", "box-python-sdk-3.14.0").await, "max_retries");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_wait_is_kept_away() {
    let limits = Limits { waiters: 1, waiters_per_account: 1 };
    let world = World::with(Choices { limits, ..Choices::default() }).await;
    let (address, position) = (address(&world, "").await, now(&world).await.to_string());
    let (first, second) = tokio::join!(poll(&world, &address, &position), async {
        tokio::task::yield_now().await;
        let begun = Instant::now();
        (poll(&world, &address, &position).await, begun.elapsed())
    });
    says(&first, "reconnect");
    says(&second.0, "reconnect");
    assert_eq!(second.1, Duration::from_secs(5));
    let rates = RateLimits { account_per_minute: std::num::NonZeroU32::new(2), ..RateLimits::default() };
    let world = World::with(Choices { rates, ..Choices::default() }).await;
    let address = self::address(&world, "").await;
    says(&poll(&world, &address, "0").await, "reconnect");
    let begun = Instant::now();
    says(&poll(&world, &address, "0").await, "reconnect");
    assert_eq!(begun.elapsed(), Duration::from_secs(5), "too many requests");
}

/// One client goes on from the last event it got. If it were woken by what its stream hides, it would come back at once.
#[tokio::test(start_paused = true)]
async fn what_a_stream_hides_wakes_nobody() {
    let world = World::new().await;
    world.file("/a", "a").await;
    world.file("/b", "b").await;
    let position = now(&world).await;
    let scope = world.cloud.scope(&world.account, tidemark_core::cloud::Reach::Whole).await.unwrap();
    world.post("/1/shares/auto/a", "").await;
    let (all, changes) = (address(&world, "").await, address(&world, "?stream_type=changes").await);
    says(&poll(&world, &all, &position.to_string()).await, "new_change");
    says(&poll(&world, &changes, &position.to_string()).await, "reconnect");
    let told = async |stream: &str| {
        let uri = format!("/2.0/events?stream_type={stream}&stream_position={position}");
        let page = world.box_get(&uri).await.json();
        assert_eq!(page["next_stream_position"], position + 2, "one position for all streams");
        page["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["event_type"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(told("all").await, [json!("ITEM_SHARED_CREATE")]);
    assert!(told("changes").await.is_empty() && told("sync").await.is_empty());
    // Of a purge, nothing is told at all.
    world.cloud.delete(&scope, EntryId(2)).await.unwrap();
    let position = now(&world).await.to_string();
    let (answer, ()) = tokio::join!(poll(&world, &all, &position), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.cloud.purge(&scope, EntryId(2)).await.unwrap();
    });
    says(&answer, "reconnect");
    says(&poll(&world, &all, &position).await, "reconnect");
}

/// Idle polls look at the head alone, which a store has in memory; also over and over, and when somebody else's tree changes.
#[tokio::test(start_paused = true)]
async fn idle_polls_read_nothing() {
    let world = World::new().await;
    world.file("/a", "a").await;
    let (address, position) = (address(&world, "").await, now(&world).await.to_string());
    let other = world.person("bo@example.org").await;
    let other = world.cloud.scope(&other, tidemark_core::cloud::Reach::Whole).await.unwrap();
    let before = world.store.snapshots();
    for _ in 0..3 {
        let polls = futures_util::future::join_all((0..200).map(|_| poll(&world, &address, &position)));
        for answer in polls.await {
            says(&answer, "reconnect");
        }
    }
    assert_eq!(world.store.snapshots(), before, "they did not read");
    let waiting = futures_util::future::join_all((0..200).map(|_| poll(&world, &address, &position)));
    let (answers, ()) = tokio::join!(waiting, async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let path = tidemark_core::model::Path::parse("/x").unwrap();
        world.cloud.create_folder(&other, &path).await.unwrap();
    });
    assert_eq!(answers.len(), 200);
    assert!(world.store.snapshots() <= before + 2, "only whoever made the folder read");
    // A change that is theirs wakes them without a look, too.
    let before = world.store.snapshots();
    let waiting = futures_util::future::join_all((0..200).map(|_| poll(&world, &address, &position)));
    let (answers, ()) = tokio::join!(waiting, async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.file("/b", "b").await;
    });
    answers.iter().for_each(|answer| says(answer, "new_change"));
    assert!(world.store.snapshots() <= before + 3, "only whoever put the file read");
}
