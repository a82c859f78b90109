//! What is repeated, when, and what never is.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use tidemark_client::{
    Body, Error, ListOptions, RefusalKind, RetryPolicy, SearchOptions, ThumbnailFormat, ThumbnailSize,
    UploadOptions,
};
use tokio::time::Instant;

use crate::script::{Script, says, says_with};
use crate::world::{Fault, World, path};

const ACCOUNT: &str = r#"{"uid":1,"display_name":"A","email":"a","quota_info":{"quota":9,"normal":1}}"#;

/// Reading is repeated whatever happened to it, also in the middle of its answer.
#[tokio::test(start_paused = true)]
async fn reading_is_repeated() {
    let world = World::new().await;
    for fault in [
        Fault::NotSent,
        Fault::AnswerLost,
        Fault::AnswerLate,
        Fault::Cut(10),
        Fault::Status(502),
        Fault::StatusAfter(503),
        Fault::Status(429),
        Fault::Status(408),
    ] {
        world.network.next([fault, fault]);
        world.client().account().await.unwrap();
        assert_eq!(world.network.seen(), ["GET /1/account/info"; 3], "{fault:?}");
    }
}

/// Also what is larger, and what is no JSON.
#[tokio::test(start_paused = true)]
async fn answers_of_every_kind_are_read_again() {
    let world = World::new().await;
    let client = world.client();
    world.put("/a.jpg", "picture").await;
    for cut in [0, 5] {
        let cuts = || world.network.next([Fault::Cut(cut)]);
        cuts();
        client.list(&path("/"), &ListOptions::default()).await.unwrap();
        cuts();
        client.delta(None, None).await.unwrap();
        cuts();
        client.thumbnail(&path("/a.jpg"), None, ThumbnailSize::S, ThumbnailFormat::Jpeg).await.unwrap();
        cuts();
        assert_eq!(client.search(&path("/"), "jpg", &SearchOptions::default()).await.unwrap().len(), 1);
    }
}

/// An answer that comes in drops is not waited for for ever.
#[tokio::test(start_paused = true)]
async fn drops_are_no_answer() {
    let drops = futures_util::stream::repeat(()).then(|()| async {
        tokio::time::sleep(Duration::from_secs(50)).await;
        Ok(Bytes::from_static(b" "))
    });
    let script = Script::new([Ok(http::Response::new(Body::Stream { length: None, stream: drops.boxed() }))]);
    let began = Instant::now();
    let error = script.client().with_retries(RetryPolicy::NEVER).account().await.unwrap_err();
    assert!(matches!(error, Error::TimedOut(_)), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(3600));
}

/// A change is repeated only if it has certainly not happened; otherwise the error says that it may have.
#[tokio::test(start_paused = true)]
async fn changes_are_not_repeated_in_doubt() {
    let world = World::new().await;
    let client = world.client();
    for (number, fault) in [Fault::NotSent, Fault::Status(429)].into_iter().enumerate() {
        world.network.next([fault]);
        client.create_folder(&path(&format!("/{number}"))).await.unwrap();
        assert_eq!(world.network.seen().len(), 2, "{fault:?}");
    }
    for (number, fault) in [
        Fault::AnswerLost,
        Fault::AnswerLate,
        Fault::Cut(0),
        Fault::StatusAfter(502),
        Fault::StatusAfter(500),
        Fault::StatusAfter(200),
    ]
    .into_iter()
    .enumerate()
    {
        let at = path(&format!("/doubt/{number}"));
        world.network.next([fault]);
        let error = client.create_folder(&at).await.unwrap_err();
        assert!(error.may_have_happened(), "{fault:?}: {error}");
        assert_eq!(world.network.seen().len(), 1, "{fault:?}");
        // And so it had.
        assert!(client.metadata(&at).await.unwrap().is_folder());
        world.network.seen();
    }
}

/// A small upload whose answer is lost is not sent again.
#[tokio::test(start_paused = true)]
async fn small_uploads_are_not_repeated_in_doubt() {
    let world = World::new().await;
    world.network.next([Fault::NotSent, Fault::AnswerLost]);
    let (client, mut source) = (world.client(), Bytes::from("x"));
    let put = client.upload(&path("/a"), &mut source, UploadOptions::default()).await;
    assert!(matches!(put, Err(Error::Broken(_))));
    assert_eq!(world.network.seen(), ["PUT /1/files_put/auto/a"; 2]);
}

/// Pauses double up to a limit, each is drawn anew, and a server that says when is not asked before.
#[tokio::test(start_paused = true)]
async fn pauses_grow_and_obey() {
    let script = Script::new([
        says(500, ""),
        says(500, ""),
        says_with(503, ("retry-after", "40"), ""),
        says(500, ""),
        says(200, ACCOUNT),
    ]);
    let policy = RetryPolicy {
        tries_max: 10,
        pause_first: Duration::from_millis(400),
        pause_max: Duration::from_millis(1000),
        patience: Duration::from_secs(60),
    };
    let began = Instant::now();
    script.client().with_retries(policy).account().await.unwrap();
    // As the dice fall: a part of each bound, in milliseconds.
    let throw = |bound: u64| 0x5a5a_5a5a_5a5a_5a5a % (bound + 1);
    let pauses = throw(400) + throw(800) + (40_000 + throw(1000)) + throw(1000);
    // Timers have whole milliseconds.
    let slept = began.elapsed().as_millis() as u64;
    assert!((pauses..=pauses + 4).contains(&slept), "{slept} instead of {pauses}");
}

/// There is a last try, by number and by time, and its error is told.
#[tokio::test(start_paused = true)]
async fn patience_ends() {
    let script = Script::new((0..10).map(|number| says(500 + number, "")));
    let policy = RetryPolicy { tries_max: 3, ..RetryPolicy::default() };
    let error = script.client().with_retries(policy).account().await.unwrap_err();
    assert_eq!((error.refusal().unwrap().status, script.answers_left()), (502, 7));
    let error = script.client().with_retries(RetryPolicy::NEVER).account().await.unwrap_err();
    assert_eq!((error.refusal().unwrap().status, script.answers_left()), (503, 6));

    let script = Script::new([says_with(503, ("retry-after", "181"), ""), says(200, ACCOUNT)]);
    let began = Instant::now();
    let error = script.client().account().await.unwrap_err();
    assert!(matches!(error.kind(), Some(RefusalKind::Unavailable { .. })));
    assert_eq!(began.elapsed(), Duration::ZERO);
    let huge = "18446744073709551615";
    let script = Script::new([says_with(429, ("retry-after", huge), ""), says(200, ACCOUNT)]);
    script.client().account().await.unwrap_err();
}

/// What is wrong for good is asked once.
#[tokio::test(start_paused = true)]
async fn refusals_are_not_repeated() {
    for status in [300, 307, 400, 401, 403, 404, 406, 409, 412, 413, 415, 416, 507] {
        let script = Script::new([says(status, ""), says(200, ACCOUNT)]);
        script.client().account().await.unwrap_err();
        assert_eq!(script.answers_left(), 1, "{status}");
    }
}
