//! The stream of changes: complete, in order, once; and patient.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tidemark_client::{ChangeEvent, Client, Cursor, Error, Listing, Metadata, RefusalKind, RemotePath};
use tokio::time::{Instant, timeout};

use crate::script::{Script, says, says_with};
use crate::world::{Fault, World, path};

type Changes = BoxStream<'static, Result<ChangeEvent, Error>>;

async fn next(changes: &mut Changes) -> ChangeEvent {
    timeout(Duration::from_secs(3600), changes.next()).await.expect("in time").expect("no end").unwrap()
}

/// All up to where it is caught up, as text, and the cursor.
async fn round(changes: &mut Changes) -> (Vec<String>, Cursor) {
    let mut told = Vec::new();
    loop {
        match next(changes).await {
            ChangeEvent::Reset => told.push("reset".to_owned()),
            ChangeEvent::Entry(entry) => told.push(format!("+{}", entry.path)),
            ChangeEvent::Gone(gone) => told.push(format!("-{gone}")),
            ChangeEvent::Checkpoint(_) => {}
            ChangeEvent::CaughtUp(cursor) => return (told, cursor),
            ChangeEvent::Waiting { .. } => told.push("waiting".to_owned()),
        }
    }
}

/// What there is, then what happens, as it happens; and from a kept cursor on, what happened meanwhile.
#[tokio::test(start_paused = true)]
async fn what_happens_is_told() {
    let world = World::new().await;
    let client = world.client();
    world.put("/Folder/a", "1").await;
    let mut changes = client.changes(None, None);
    assert_eq!(round(&mut changes).await.0, ["reset", "+/Folder", "+/Folder/a"]);
    let began = Instant::now();
    let (told, ()) = tokio::join!(round(&mut changes), async {
        tokio::time::sleep(Duration::from_secs(200)).await;
        world.put("/b", "2").await;
    });
    // As long as it takes, and no longer.
    assert_eq!(began.elapsed(), Duration::from_secs(200));
    assert_eq!(told.0, ["+/b"]);
    client.delete(&path("/Folder"), None).await.unwrap();
    let (told, cursor) = round(&mut changes).await;
    assert_eq!(told, ["-/folder"]);
    drop(changes);
    world.put("/c", "3").await;
    let mut changes = client.changes(Some(cursor), None);
    assert_eq!(round(&mut changes).await.0, ["+/c"]);
}

/// Only what is at the prefix and below it.
#[tokio::test(start_paused = true)]
async fn a_part_of_the_tree_is_followed() {
    let world = World::new().await;
    world.put("/in/a", "1").await;
    world.put("/out/a", "1").await;
    let mut changes = world.client().changes(None, Some(path("/in")));
    assert_eq!(round(&mut changes).await.0, ["reset", "+/in", "+/in/a"]);
    world.put("/out/b", "2").await;
    world.put("/in/b", "2").await;
    assert_eq!(round(&mut changes).await.0, ["+/in/b"]);
    let mut all = world.client().changes(None, Some(path("/")));
    assert_eq!(round(&mut all).await.0.len(), 7);
}

/// What a reader knows: by path in the form in which paths are compared.
#[derive(Default)]
struct Replica(BTreeMap<String, Metadata>);

impl Replica {
    fn apply(&mut self, event: ChangeEvent) {
        match event {
            ChangeEvent::Reset => self.0.clear(),
            ChangeEvent::Entry(entry) => {
                let key = entry.path.as_str().to_lowercase();
                if !entry.is_folder() {
                    self.forget(&key);
                }
                self.0.insert(key, entry);
            }
            ChangeEvent::Gone(gone) => self.forget(gone.as_str()),
            ChangeEvent::Checkpoint(_) | ChangeEvent::CaughtUp(_) | ChangeEvent::Waiting { .. } => {}
        }
    }

    fn forget(&mut self, key: &str) {
        let below = format!("{key}/");
        self.0.retain(|known, _| known != key && !known.starts_with(&below));
    }

    fn paths(&self) -> Vec<RemotePath> {
        self.0.values().map(|entry| entry.path.clone()).collect()
    }
}

async fn listing(client: &Client, folder: RemotePath, all: &mut Vec<RemotePath>) {
    let Listing::Folder { contents, .. } = client.list(&folder, &Default::default()).await.unwrap() else {
        panic!("{folder} is no folder");
    };
    for entry in contents {
        all.push(entry.path.clone());
        if entry.is_folder() {
            Box::pin(listing(client, entry.path, all)).await;
        }
    }
}

/// Whatever is done, and whatever breaks, on either side of a restart: a reader that keeps its cursor ends up with the tree as
/// it is, and is told no change twice.
#[tokio::test(start_paused = true)]
async fn nothing_is_missed() {
    for seed in 1..=8_u64 {
        let mut dice = seed;
        let mut below = |bound: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % bound
        };
        let world = World::new().await;
        let client = world.client();
        let (mut replica, mut kept) = (Replica::default(), None);
        let mut changes = client.changes(None, None);
        for step in 0..60 {
            let place = |number: u64| path(["/a", "/b", "/A/x", "/a/y", "/b/x", "/b/X/z"][number as usize]);
            match below(4) {
                0 => drop(client.delete(&place(below(6)), None).await),
                1 => drop(client.create_folder(&place(below(6))).await),
                2 => drop(client.move_to(&place(below(6)), &place(below(6)), None).await),
                _ => drop(world.put_if_possible(place(below(6)), format!("{step}")).await),
            }
            // The last one is looked at, so that all has been told.
            if below(3) > 0 && step != 59 {
                continue;
            }
            let faults = [
                Fault::NotSent,
                Fault::AnswerLost,
                Fault::AnswerLate,
                Fault::Cut(20),
                Fault::Status(502),
                Fault::Status(200),
                Fault::Status(302),
                Fault::Status(429),
                Fault::None,
            ];
            world.network.next((0..below(4)).map(|_| faults[below(9) as usize]).collect::<Vec<_>>());
            // Marks the end, so that there is something to wait for.
            let mark = path(&format!("/mark{step}"));
            world.clean_client().create_folder(&mark).await.unwrap();
            loop {
                let event = next(&mut changes).await;
                if let ChangeEvent::CaughtUp(cursor) | ChangeEvent::Checkpoint(cursor) = &event {
                    kept = Some(cursor.clone());
                }
                let caught_up = matches!(event, ChangeEvent::CaughtUp(_));
                replica.apply(event);
                if caught_up && replica.paths().contains(&mark) {
                    break;
                }
            }
            world.network.forget_faults();
            let mut there = Vec::new();
            listing(&client, path("/"), &mut there).await;
            let mut known = replica.paths();
            known.sort();
            there.sort();
            assert_eq!(known, there, "seed {seed}, step {step}");
            if below(2) == 0 {
                changes = client.changes(kept.clone(), None);
            }
        }
        drop(changes);
        // And nothing of it is told again.
        let page = client.delta(kept.as_ref(), None).await.unwrap();
        assert!(!page.reset && page.entries.is_empty(), "seed {seed}");
    }
}

/// While the server cannot be asked the stream waits, ever longer, says so, and goes on.
#[tokio::test(start_paused = true)]
async fn an_absent_server_is_waited_for() {
    let world = World::new().await;
    let mut changes = world.client().changes(None, None);
    round(&mut changes).await;
    world.network.next(std::iter::repeat_n(Fault::NotSent, 12));
    let (began, mut pauses) = (Instant::now(), Vec::new());
    for _ in 0..12 {
        let ChangeEvent::Waiting { error, pause } = next(&mut changes).await else { panic!() };
        assert!(matches!(error, Error::NotSent(_)));
        pauses.push(pause);
    }
    assert!(pauses[0] <= Duration::from_secs(1) && pauses[11] > Duration::from_secs(10));
    assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(60)));
    let slept: Duration = pauses[..11].iter().sum();
    assert!(began.elapsed() >= slept && began.elapsed() < slept + Duration::from_secs(1));
    world.put("/a", "1").await;
    assert_eq!(round(&mut changes).await.0, ["+/a"]);
}

/// A token that was ended, while a poll that shows no token waits, ends the stream all the same; once.
#[tokio::test(start_paused = true)]
async fn an_ended_token_ends_the_stream() {
    let world = World::new().await;
    let mut changes = world.client().changes(None, None);
    round(&mut changes).await;
    world.client().disable_access_token().await.unwrap();
    let ended = timeout(Duration::from_secs(3600), changes.next()).await.unwrap().unwrap().unwrap_err();
    assert_eq!(ended.kind(), Some(RefusalKind::Unauthorized));
    assert!(changes.next().await.is_none());
}

fn page(entries: &str, cursor: &str, has_more: bool) -> String {
    format!(r#"{{"reset":false,"entries":[{entries}],"cursor":"{cursor}","has_more":{has_more}}}"#)
}

/// A backoff keeps polls away, and no news that is there.
#[tokio::test(start_paused = true)]
async fn a_backoff_is_obeyed() {
    let script = Script::new([
        says(200, page("", "c1", false)),
        says(200, r#"{"changes":true,"backoff":100}"#),
        says(200, page(r#"["/a",null]"#, "c2", true)),
        says(200, page(r#"["/b",null]"#, "c3", false)),
        says(200, r#"{"changes":false,"backoff":200}"#),
        says(200, r#"{"changes":true}"#),
        says(200, page(r#"["/c",null]"#, "c4", false)),
        says_with(401, ("content-type", "text/plain"), ""),
    ]);
    let mut changes = script.client().changes(Some(Cursor::new("c0").unwrap()), None);
    let began = Instant::now();
    round(&mut changes).await;
    let (told, cursor) = round(&mut changes).await;
    assert_eq!((told, cursor.as_str()), (vec!["-/a".to_owned(), "-/b".to_owned()], "c3"));
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(round(&mut changes).await.0, ["-/c"]);
    assert!((300..305).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(changes.next().await.unwrap().is_err());
    let polls = script.asked().into_iter().filter(|asked| asked.line.contains("longpoll_delta"));
    assert!(polls.clone().all(|poll| poll.authorization.is_none()));
    assert_eq!(polls.count(), 4);
    // Each page is asked for with the cursor of the one before it.
    let asked = script.asked().into_iter().filter(|asked| asked.line == "POST /1/delta");
    let cursors: Vec<_> = asked.map(|asked| asked.body.slice(..10)).collect();
    assert_eq!(cursors, ["cursor=c0&", "cursor=c1&", "cursor=c2&", "cursor=c3&"]);
}

/// A server that promises news and has none, or does not wait, is not asked as fast as it answers.
#[tokio::test(start_paused = true)]
async fn a_restless_server_is_not_hammered() {
    for changed in [true, false] {
        let poll = format!(r#"{{"changes":{changed}}}"#);
        let empty = page("", "c", false);
        let asked_for: Vec<_> = (0..2000).flat_map(|_| [poll.clone(), empty.clone()]).collect();
        let script = if changed {
            Script::new(std::iter::once(empty.clone()).chain(asked_for).map(|body| says(200, body)))
        } else {
            let polls = std::iter::repeat_n(poll.clone(), 10);
            let rounds = (0..200).flat_map(move |_| polls.clone().chain([empty.clone()]));
            Script::new(std::iter::once(page("", "c", false)).chain(rounds).map(|body| says(200, body)))
        };
        let mut changes = script.client().changes(Some(Cursor::new("c").unwrap()), None);
        round(&mut changes).await;
        let more = timeout(Duration::from_secs(3600), changes.next()).await;
        assert!(more.is_err(), "{more:?}");
        let asked = script.asked().len();
        assert!(asked < 700, "{asked} requests in an hour");
    }
}

/// Neither is one that always has more to come, and never brings it.
#[tokio::test(start_paused = true)]
async fn empty_promises_are_not_hammered() {
    let empty = page("", "c", true);
    let script = Script::new((0..5000).map(|_| says(200, empty.clone())));
    let mut changes = script.client().changes(Some(Cursor::new("c").unwrap()), None);
    let more = timeout(Duration::from_secs(3600), async { while changes.next().await.is_some() {} }).await;
    assert!(more.is_err());
    let asked = script.asked().len();
    assert!(asked < 700, "{asked} requests in an hour");
}

/// A pause that is told is the one that is kept, however long a server wants not to be asked.
#[tokio::test(start_paused = true)]
async fn no_pause_is_for_ever() {
    let script = Script::new([
        says_with(503, ("retry-after", "18446744073709551615"), ""),
        says(200, page("", "c1", false)),
    ]);
    let mut changes = script.client().changes(Some(Cursor::new("c").unwrap()), None);
    let day = Duration::from_secs(24 * 60 * 60);
    assert!(matches!(next(&mut changes).await, ChangeEvent::Waiting { pause, .. } if pause == day));
    let began = Instant::now();
    assert!(matches!(changes.next().await, Some(Ok(ChangeEvent::CaughtUp(_)))));
    assert_eq!(began.elapsed(), day);
}

/// A reset is told wherever it stands.
#[tokio::test(start_paused = true)]
async fn a_reset_is_told() {
    let reset =
        page(r#"["/a",{"path":"/A","is_dir":true}]"#, "c1", false).replace("false,\"ent", "true,\"ent");
    let script = Script::new([says(200, reset)]);
    let mut changes = script.client().changes(Some(Cursor::new("c0").unwrap()), None);
    assert_eq!(round(&mut changes).await.0, ["reset", "+/A"]);
    assert!(script.asked()[0].body.starts_with(b"cursor=c0&"));
}
