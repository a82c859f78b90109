//! An engine that ends anywhere, and another one that goes on.

use std::fs;
use std::future::Future as _;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use tidemark_sync::driver::{Command, Stopped};

use super::world::{Cloudy, Device, eventually, path, tree};

/// Runs an engine until it was woken so often; answers whether it ended before.
async fn run_for(device: &mut Device, polls: usize) -> bool {
    let engine = device.engine().await;
    let mut run = pin!(engine.run_once());
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        run.as_mut().poll(context).map(|_| true)
    })
    .await
}

#[tokio::test]
async fn whenever_it_ends_the_next_one_goes_on() {
    // It is dropped after each number of wakings, again and again, while there is something of everything to do.
    let cloud = Cloudy::new().await;
    let (mut one, mut other) = (Device::new(&cloud, "one"), Device::new(&cloud, "other"));
    for name in ["edited", "moved", "deleted", "theirs", "both", "old/deep/x", "old/y"] {
        one.write(name, name);
    }
    one.sync_all().await;
    other.sync_all().await;
    one.write("edited", "edited here");
    one.write("added/a", "added here");
    fs::rename(one.at("moved"), one.at("renamed")).unwrap();
    fs::remove_file(one.at("deleted")).unwrap();
    other.write("theirs", "edited there");
    other.write("both", "edited there");
    other.write("added/b", "added there");
    one.write("both", "edited here");
    fs::rename(other.at("old"), other.at("new")).unwrap();
    let (mut polls, mut ended) = (1, false);
    while !ended {
        ended = run_for(&mut other, polls).await;
        ended &= run_for(&mut one, polls).await;
        polls += 1;
        assert!(polls < 500, "it never ends");
    }
    for _ in 0..2 {
        one.sync_all().await;
        other.sync_all().await;
    }
    let there = cloud.tree().await;
    assert_eq!((one.tree(), other.tree()), (there.clone(), there.clone()));
    let conflict = there.keys().find(|name| name.contains("conflicted copy")).expect("a copy").clone();
    let mut bytes = [there["both"].clone(), there[&conflict].clone()];
    bytes.sort();
    assert_eq!(bytes, ["edited here", "edited there"]);
    let mut rest = there;
    rest.remove("both");
    rest.remove(&conflict);
    let expected = tree(&[
        ("added/", ""),
        ("added/a", "added here"),
        ("added/b", "added there"),
        ("edited", "edited here"),
        ("new/", ""),
        ("new/deep/", ""),
        ("new/deep/x", "old/deep/x"),
        ("new/y", "old/y"),
        ("renamed", "moved"),
        ("theirs", "edited there"),
    ]);
    assert_eq!(rest, expected);
}

#[tokio::test]
async fn half_a_file_is_gone_on_with() {
    // What came before the end is not fetched again, and what was in the way of the rest is forgotten.
    const SIZE: u64 = 6 << 20;
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    let text: String = (0..SIZE / 8).map(|number| format!("{number:07} ")).collect();
    cloud.put("/large", &text).await;
    one.traffic.stalls_after.store(4 << 20, Ordering::Relaxed);
    let staging = one.at(".tidemark/staging");
    let has_begun = async || {
        let part = fs::read_dir(&staging).ok().and_then(|mut parts| parts.next()?.ok()?.metadata().ok());
        part.is_some_and(|part| part.len() >= 3 << 20)
    };
    {
        let engine = one.engine().await;
        tokio::select! {
            summary = engine.run_once() => panic!("it should have stalled: {summary:?}"),
            () = eventually("some of it is there", has_begun) => {}
        }
    }
    assert_eq!(one.tree(), tree(&[]));
    one.traffic.stalls_after.store(0, Ordering::Relaxed);
    one.traffic.bytes.store(0, Ordering::Relaxed);
    one.sync_all().await;
    assert_eq!(one.read("large"), Some(text));
    let fetched = one.traffic.bytes.load(Ordering::Relaxed);
    assert!((1..=SIZE - (3 << 20)).contains(&fetched), "{fetched}");
    assert_eq!(fs::read_dir(one.at(".tidemark/staging")).unwrap().count(), 0);
}

#[tokio::test]
async fn what_was_moved_here_as_it_had_to_end_was_moved_by_nobody_else() {
    // The engine has moved a file, or made a folder, and not made that durable yet, when its disk fails so that it must end. Then
    // the server deletes it: nobody here has ever put it there.
    for is_moved in [false, true] {
        let cloud = Cloudy::new().await;
        let mut one = Device::new(&cloud, "one");
        one.write("a", "a");
        one.write("d/keep", "k");
        one.sync_all().await;
        let meddling = one.meddling.clone();
        let mut one = one.start().await;
        one.until_up_to_date().await;
        meddling.durable.close();
        if is_moved {
            cloud.hand().move_to(&path("/a"), &path("/d/a"), None).await.unwrap();
        } else {
            cloud.hand().create_folder(&path("/b")).await.unwrap();
        }
        eventually("it is there", async || meddling.durable.is_held()).await;
        meddling.is_broken.store(true, Ordering::Relaxed);
        one.commands.send(Command::Rescan).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        meddling.durable.open();
        let (stopped, mut one) = one.ended().await;
        assert!(matches!(stopped, Stopped::Disk(_)), "{stopped:?}");

        meddling.is_broken.store(false, Ordering::Relaxed);
        cloud.delete(if is_moved { "/d/a" } else { "/b" }).await;
        one.sync_all().await;
        let mut expected = tree(&[("d/", ""), ("d/keep", "k")]);
        expected.extend((!is_moved).then(|| ("a".to_owned(), "a".to_owned())));
        assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected), "moved: {is_moved}");
    }
}
