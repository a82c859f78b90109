//! What stands in the way of a file that comes, and what somebody does meanwhile.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use tidemark_sync::driver::{Hindrance, Seams};
use tidemark_sync::ports::{Clock, LocalPath};
use tidemark_sync::state::Side;

use super::world::{Cloudy, Device, Running, eventually, path, tree};

/// How many files lie somewhere below.
fn files_in(folder: &std::path::Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let count = |entry: fs::DirEntry| if entry.path().is_dir() { files_in(&entry.path()) } else { 1 };
    entries.map(|entry| count(entry.unwrap())).sum()
}

#[tokio::test]
async fn what_may_not_be_replaced_is_fetched_once() {
    // Every try finds what the one before it has brought, and leaves nothing in the trash.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.write("a", "old");
    one.sync_all().await;
    let text = "new ".repeat(1 << 19);
    cloud.put("/a", &text).await;
    one.meddling.refuses_exchange.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        assert_eq!(one.sync().await.problems, 1);
    }
    assert_eq!(one.read("a").as_deref(), Some("old"));
    assert_eq!(one.traffic.bytes.load(Ordering::Relaxed), text.len() as u64);
    assert_eq!(files_in(&one.at(".tidemark/trash")), 0);
    one.meddling.refuses_exchange.store(false, Ordering::Relaxed);
    one.sync_all().await;
    assert_eq!(one.read("a"), Some(text));
    assert_eq!(files_in(&one.at(".tidemark/trash")), 1);
    assert_eq!(files_in(&one.at(".tidemark/staging")), 0);
}

#[tokio::test]
async fn what_is_here_already_needs_no_room() {
    // Half a file has taken its half of the room; the other half fits.
    const SIZE: u64 = 6 << 20;
    const LEFT: u64 = 16 << 20;
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    cloud.put("/large", &"12345678".repeat(1 << 20)[..6 << 20]).await;
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
    one.traffic.stalls_after.store(0, Ordering::Relaxed);
    *one.meddling.room.lock().unwrap() = Some(LEFT + (1 << 20));
    assert_eq!(one.sync().await.hindrances, [Hindrance::DiskFull], "not for what is still to come");
    *one.meddling.room.lock().unwrap() = Some(LEFT + SIZE / 2);
    one.sync_all().await;
    assert_eq!(fs::metadata(one.at("large")).unwrap().len(), SIZE);
}

#[tokio::test]
async fn a_folder_that_may_not_be_read_stops_nothing_else() {
    // What is in it cannot be agreed on, is shown, and is agreed on as soon as it can be.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    cloud.put("/locked/in/a", "a").await;
    one.write("locked/in/a", "a");
    one.write("b", "b");
    *one.meddling.locked.lock().unwrap() = LocalPath::parse("locked");
    let summary = one.sync().await;
    assert_eq!((summary.stopped, summary.problems, summary.done.uploaded), (None, 1, 1));
    assert_eq!(one.state.problems(1).unwrap()[0].path, "locked/in");
    *one.meddling.locked.lock().unwrap() = None;
    assert_eq!(one.sync_all().await.done, Default::default());
    let expected = tree(&[("b", "b"), ("locked/", ""), ("locked/in/", ""), ("locked/in/a", "a")]);
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));
}

#[tokio::test]
async fn a_link_in_the_way_is_told_of_where_it_lies() {
    // A folder here is to take the server's letters, a file follows a move, and something new comes; a link has each of their
    // places. Who removes what is told of has nothing left to do.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.write("old", "moved");
    one.sync_all().await;
    cloud.put("/Notes/in", "theirs").await;
    cloud.hand().move_to(&path("/old"), &path("/moved"), None).await.unwrap();
    cloud.put("/new", "new").await;
    fs::create_dir(one.at("notes")).unwrap();
    for link in ["Notes", "moved", "new"] {
        symlink("nowhere", one.at(link)).unwrap();
    }
    assert_eq!(one.sync().await.problems, 3);
    let problems = one.state.problems(9).unwrap().into_iter();
    let mut told: Vec<_> = problems.map(|problem| (problem.path, problem.side)).collect();
    told.sort();
    assert_eq!(told, ["Notes", "moved", "new"].map(|link| (link.to_owned(), Side::Local)));
    told.iter().for_each(|(link, _)| fs::remove_file(one.at(link)).unwrap());
    one.sync_all().await;
    let expected = tree(&[("Notes/", ""), ("Notes/in", "theirs"), ("moved", "moved"), ("new", "new")]);
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));
}

/// Lets an engine do something to a file, which it cannot make durable before somebody has done something, too, and that was
/// seen.
async fn while_held(
    one: Device,
    begin: impl AsyncFnOnce(),
    meanwhile: impl AsyncFnOnce(&Running),
) -> Running {
    let meddling = one.meddling.clone();
    let mut one = one.start().await;
    one.until_up_to_date().await;
    meddling.durable.close();
    begin().await;
    eventually("it is there", async || meddling.durable.is_held()).await;
    meanwhile(&one).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    meddling.durable.open();
    one
}

#[tokio::test]
async fn what_is_edited_as_it_comes_is_sent() {
    // The edit is seen before it is written down that the file came.
    let cloud = Cloudy::new().await;
    let begin = async || drop(cloud.put("/a", "theirs").await);
    let edit = async |one: &Running| fs::write(one.at("a"), "edited here").unwrap();
    let one = while_held(Device::new(&cloud, "one"), begin, edit).await;
    let expected = tree(&[("a", "edited here")]);
    eventually("it is sent", async || cloud.tree().await == expected).await;
    assert_eq!(one.stop().await.tree(), expected);
}

#[tokio::test]
async fn what_is_edited_twice_as_it_is_replaced_stays() {
    // Who has the old file open writes into it after it was swapped out, and somebody saves what came in its place, by writing
    // into it or by replacing it. Both edits were made where people see them, so both are still there.
    for is_replaced in [false, true] {
        let cloud = Cloudy::new().await;
        let mut one = Device::new(&cloud, "one");
        one.write("a", "old");
        one.sync_all().await;
        cloud.put("/a", "theirs").await;
        let place = one.at("a");
        let mut open = fs::File::options().append(true).open(&place).unwrap();
        let hasty = Box::new(move || {
            open.write_all(b" and more").unwrap();
            let saved = if is_replaced { place.with_extension("new") } else { place.clone() };
            fs::write(&saved, "the newest").unwrap();
            fs::rename(saved, place).unwrap();
        });
        *one.meddling.hasty.lock().unwrap() = Some((LocalPath::parse("a").unwrap(), hasty));
        one.sync_all().await;
        let here = one.tree();
        let texts: Vec<_> = here.values().map(String::as_str).collect();
        // As `a`, as its conflicted copy, and as what was put back.
        assert_eq!(texts, ["theirs", "old and more", "the newest"], "{is_replaced}: {here:?}");
        assert_eq!(cloud.tree().await, here);
        assert_eq!(files_in(&one.at(".tidemark/trash")), 0);
    }
}

#[tokio::test]
async fn what_is_made_where_something_goes_is_sent() {
    // Somebody makes a file anew before it is written down that the old one is in the trash.
    let cloud = Cloudy::new().await;
    for name in ["/a", "/b", "/c"] {
        cloud.put(name, "theirs").await;
    }
    let begin = async || cloud.delete("/a").await;
    let make = async |one: &Running| fs::write(one.at("a"), "made here").unwrap();
    let one = while_held(Device::new(&cloud, "one"), begin, make).await;
    let expected = tree(&[("a", "made here"), ("b", "theirs"), ("c", "theirs")]);
    eventually("it is sent", async || cloud.tree().await == expected).await;
    assert_eq!(one.stop().await.tree(), expected);
}

#[tokio::test]
async fn what_is_looked_for_while_it_is_moved_here_is_not_gone() {
    // A folder got another name on the server, and gets it here. Before that is written down, it is looked for under its old name,
    // and nothing has told of the new one.
    let cloud = Cloudy::new().await;
    let before = cloud.put("/old/a", "a").await;
    let one = Device::new(&cloud, "one");
    *one.meddling.unheard.lock().unwrap() = LocalPath::parse("new");
    let begin = async || drop(cloud.hand().move_to(&path("/old"), &path("/new"), None).await.unwrap());
    let mut one = while_held(one, begin, async |_| ()).await;
    one.until(|status| status.done.arranged > 1).await;
    let done = one.until_up_to_date().await.done;
    assert_eq!((done.uploaded, done.removed), (0, 0), "{done:?}");
    let expected = tree(&[("new/", ""), ("new/a", "a")]);
    assert_eq!((one.stop().await.tree(), cloud.tree().await), (expected.clone(), expected));
    let after = cloud.hand().metadata(&path("/new/a")).await.unwrap();
    assert_eq!(after.id, before.id, "the same file");
}

#[tokio::test]
async fn what_comes_back_from_the_trash_is_no_new_file() {
    // A file is looked for while it is in the trash, and cannot be looked at there: it is put back, and goes the next time.
    let cloud = Cloudy::new().await;
    for name in ["/a", "/b", "/c"] {
        cloud.put(name, "theirs").await;
    }
    let one = Device::new(&cloud, "one");
    let meddling = one.meddling.clone();
    let begin = async || cloud.delete("/a").await;
    let mut one =
        while_held(one, begin, async |_| meddling.is_blind_in_trash.store(true, Ordering::Relaxed)).await;
    one.until(|status| status.done.removed + status.done.uploaded > 0).await;
    let done = one.until_up_to_date().await.done;
    assert_eq!((done.removed, done.uploaded), (1, 0), "{done:?}");
    assert!(!meddling.is_blind_in_trash.load(Ordering::Relaxed), "it was looked at there");
    let expected = tree(&[("b", "theirs"), ("c", "theirs")]);
    assert_eq!((one.stop().await.tree(), cloud.tree().await), (expected.clone(), expected));
}

#[tokio::test]
async fn what_is_taken_out_of_a_folder_on_its_way_up_does_not_come_back_with_it() {
    // A new file is under way when somebody removes it, or takes it elsewhere, and removes its folder. In that the server has
    // something new by then, so it is made again; the upload is answered before that is written down.
    for is_moved in [false, true] {
        let cloud = Cloudy::new().await;
        let one = Device::new(&cloud, "one");
        one.write("d/old", "old");
        one.write("keep", "k");
        let (meddling, traffic) = (one.meddling.clone(), one.traffic.clone());
        let mut one = one.start().await;
        one.until(|status| status.done.uploaded == 2).await;
        one.until_up_to_date().await;

        traffic.uploads.close();
        fs::write(one.at("d/new"), "new").unwrap();
        eventually("it is under way", async || traffic.uploads.is_held()).await;
        meddling.durable.close();
        if is_moved {
            fs::rename(one.at("d/new"), one.at("elsewhere")).unwrap();
        }
        fs::remove_dir_all(one.at("d")).unwrap();
        cloud.put("/d/theirs", "theirs").await;
        // Either the folder is made again by then, and that is not written down, or it waits for the upload.
        tokio::time::sleep(Duration::from_millis(1000)).await;
        traffic.uploads.open();
        tokio::time::sleep(Duration::from_millis(500)).await;
        meddling.durable.open();

        let mut expected = tree(&[("d/", ""), ("d/theirs", "theirs"), ("keep", "k")]);
        expected.extend(is_moved.then(|| ("elsewhere".to_owned(), "new".to_owned())));
        one.until(|status| status.done.downloaded > 0).await;
        one.until_up_to_date().await;
        let mut one = one.stop().await;
        one.sync_all().await;
        assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected), "moved: {is_moved}");
    }
}

#[tokio::test]
async fn what_is_on_its_way_up_from_a_folder_that_becomes_a_file_does_not_come_back_with_it() {
    // A new file is under way when somebody puts a file in the place of its folder. In that the server has something new by then,
    // so it is made again, and the file goes aside. The upload is answered when nothing can be in its place here any more.
    let cloud = Cloudy::new().await;
    let one = Device::new(&cloud, "one");
    one.write("d/old", "old");
    one.write("keep", "k");
    let traffic = one.traffic.clone();
    let mut one = one.start().await;
    one.until(|status| status.done.uploaded == 2).await;
    one.until_up_to_date().await;

    traffic.uploads.close();
    fs::write(one.at("d/new"), "new").unwrap();
    eventually("it is under way", async || traffic.uploads.is_held()).await;
    fs::remove_dir_all(one.at("d")).unwrap();
    fs::write(one.at("d"), "a file").unwrap();
    cloud.put("/d/theirs", "theirs").await;
    // By then both are known, and wait for the upload.
    tokio::time::sleep(Duration::from_millis(1000)).await;
    traffic.uploads.open();

    one.until(|status| status.done.downloaded > 0).await;
    one.until_up_to_date().await;
    let mut one = one.stop().await;
    one.sync_all().await;
    let mut here = one.tree();
    assert_eq!(here, cloud.tree().await);
    here.retain(|name, text| !(name.contains("conflicted copy") && text == "a file"));
    assert_eq!(here, tree(&[("d/", ""), ("d/theirs", "theirs"), ("keep", "k")]));
}

#[tokio::test]
async fn whole_folders_deleted_one_by_one_are_too_many_some_time() {
    // What goes with a folder counts as much as what goes by itself.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.options.mass.count = 5;
    for folder in 0..5 {
        for file in 0..3 {
            one.write(&format!("{folder}/{file}"), "x");
        }
    }
    let mut one = one.start().await;
    one.until(|status| status.done.uploaded == 15).await;
    one.until_up_to_date().await;
    fs::remove_dir_all(one.at("0")).unwrap();
    one.until(|status| status.done.removed == 1).await;
    one.until_up_to_date().await;
    fs::remove_dir_all(one.at("1")).unwrap();
    let status = one.until(|status| !status.hindrances.is_empty() || status.done.removed > 1).await;
    let held = Hindrance::MassDeletion { on: Side::Remote, count: 4, of: 16 };
    assert_eq!(status.hindrances, [held]);
    assert_eq!(cloud.tree().await.len(), 16);
    one.stop().await;
}

/// A clock that somebody sets.
struct SetClock {
    begun: tokio::time::Instant,
    by_s: AtomicI64,
}

impl SetClock {
    fn new() -> Arc<SetClock> {
        Arc::new(SetClock { begun: tokio::time::Instant::now(), by_s: AtomicI64::new(0) })
    }

    fn set(&self, by_s: i64) {
        self.by_s.store(by_s, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> SystemTime {
        let now_s = 1_795_300_000 + self.by_s.load(Ordering::Relaxed);
        SystemTime::UNIX_EPOCH + Duration::from_secs(now_s.cast_unsigned()) + self.begun.elapsed()
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_nobody_from_trying_again() {
    // It says that it will try again some minutes later, whatever time it is then.
    for by_s in [1, 1_000_000] {
        tokio::time::pause();
        let cloud = Cloudy::new().await;
        let mut one = Device::new(&cloud, "one");
        one.meddling.hosts_nothing.store(true, Ordering::Relaxed);
        let clock = SetClock::new();
        one.seams = Seams { clock: clock.clone(), ..one.seams };
        cloud.put("/a", "old").await;
        one.sync_all().await;
        cloud.put("/a", "new!").await;
        one.meddling.refuses_exchange.store(true, Ordering::Relaxed);
        let meddling = one.meddling.clone();
        let one = one.start().await;
        let mut status = one.status.clone();
        let has_problem = status.wait_for(|status| status.counts.problems == 1);
        tokio::time::timeout(Duration::from_secs(600), has_problem).await.unwrap().unwrap();
        clock.set(-by_s);
        meddling.refuses_exchange.store(false, Ordering::Relaxed);
        let arrives = async {
            while fs::read(one.at("a")).unwrap() != b"new!" {
                tokio::time::sleep(Duration::from_secs(10)).await;
            }
        };
        let arrived = tokio::time::timeout(Duration::from_secs(1500), arrives).await;
        assert!(arrived.is_ok(), "set back by {by_s} s: {:?}", one.status.borrow());
        one.stop().await;
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_for_an_hour_empties_no_trash() {
    // What is thrown away is kept for thirty days, by a clock that says so for longer than a day.
    const DAY: i64 = 24 * 3600;
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    let clock = SetClock::new();
    one.seams = Seams { clock: clock.clone(), ..one.seams };
    for name in ["/a", "/b", "/c", "/d"] {
        cloud.put(name, "theirs").await;
    }
    one.sync_all().await;
    cloud.delete("/a").await;
    one.sync_all().await;
    let trash = one.at(".tidemark/trash");
    for (at_s, kept) in [(365 * DAY, 1), (3600, 1), (31 * DAY, 1), (31 * DAY + 3600, 1), (33 * DAY, 0)] {
        clock.set(at_s);
        one.sync_all().await;
        assert_eq!(files_in(&trash), kept, "after {at_s} s");
    }
}
