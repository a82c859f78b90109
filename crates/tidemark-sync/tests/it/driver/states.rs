//! What keeps an engine from working, and what it does then.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tidemark_sync::driver::{BeginError, Command, Direction, Hindrance, Phase, Stopped};
use tidemark_sync::marker::{self, Ties};
use tidemark_sync::state::{Setting, Side};

use super::world::{Cloudy, Device, eventually, tree};

#[tokio::test]
async fn offline_is_a_state_and_work_goes_on_when_it_is_over() {
    // What was changed meanwhile on both sides arrives afterwards.
    let cloud = Cloudy::new().await;
    let one = Device::new(&cloud, "one");
    one.write("a", "1");
    let mut one = one.start().await;
    one.until_up_to_date().await;
    one.cut(true);
    fs::write(one.at("b"), "2").unwrap();
    cloud.put("/c", "3").await;
    let status = one.until(|status| matches!(status.phase, Phase::Offline { .. })).await;
    let Phase::Offline { error, .. } = status.phase else { unreachable!() };
    assert!(error.contains("could not be reached"), "{error}");
    one.cut(false);
    one.until_up_to_date().await;
    let one = one.stop().await;
    let expected = tree(&[("a", "1"), ("b", "2"), ("c", "3")]);
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));
}

#[tokio::test]
async fn whoever_runs_once_does_not_wait_for_ever() {
    // A server that cannot be reached ends it, and says so.
    tokio::time::pause();
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.meddling.hosts_nothing.store(true, Ordering::Relaxed);
    one.cut.store(true, Ordering::Relaxed);
    let engine = one.engine().await;
    let summary = tokio::time::timeout(Duration::from_secs(600), engine.run_once()).await.unwrap();
    assert!(matches!(summary.stopped, Some(Stopped::Unreachable(_))), "{summary:?}");
    assert!(!summary.is_complete());
}

#[tokio::test]
async fn paused_changes_nothing_and_is_kept() {
    // Neither side is touched; a new engine is paused, too; then everything is done.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.state.set(&Setting::Paused(true)).unwrap();
    one.write("a", "1");
    cloud.put("/b", "2").await;
    let mut running = one.start().await;
    let status = running.until(|status| status.phase == Phase::Paused && status.counts.dirty == 2).await;
    assert_eq!(status.done, Default::default());
    assert_eq!(cloud.tree().await, tree(&[("b", "2")]));
    running.commands.send(Command::Resume).await.unwrap();
    running.until_up_to_date().await;
    running.commands.send(Command::Pause).await.unwrap();
    running.until(|status| status.phase == Phase::Paused).await;
    let one = running.stop().await;
    assert!(one.state.settings().unwrap().paused);
    assert_eq!(one.tree(), tree(&[("a", "1"), ("b", "2")]));
}

/// A machine that holds more than five deletions, with so many files that are synced.
async fn wary(cloud: &Cloudy, files: u32) -> Device {
    let mut one = Device::new(cloud, "one");
    one.options.mass.count = 5;
    for number in 0..files {
        one.write(&number.to_string(), "x");
    }
    one.sync_all().await;
    one
}

#[tokio::test]
async fn too_many_deletions_are_held_and_everything_else_goes_on() {
    // On either side; released by a command, and by what another process writes; and the release does not last.
    let cloud = Cloudy::new().await;
    let mut one = wary(&cloud, 20).await;
    for number in 0..10 {
        fs::remove_file(one.at(&number.to_string())).unwrap();
    }
    one.write("new", "y");
    let summary = one.sync().await;
    // The one that is new is synced by now.
    let held = Hindrance::MassDeletion { on: Side::Remote, count: 10, of: 21 };
    assert_eq!((summary.stopped.clone(), summary.hindrances.as_slice()), (None, &[held][..]));
    assert!(!summary.is_complete());
    assert_eq!(cloud.tree().await.len(), 21);
    // Whoever looks afterwards is told.
    let kept = |one: &Device| Hindrance::held(&one.state.settings().unwrap()).collect::<Vec<_>>();
    assert_eq!(kept(&one), [held]);

    let mut running = one.start().await;
    running.until(|status| status.phase == Phase::Hindered).await;
    running.commands.send(Command::Release).await.unwrap();
    running.until_up_to_date().await;
    assert_eq!(cloud.tree().await.len(), 11);
    for number in 10..18 {
        fs::remove_file(running.at(&number.to_string())).unwrap();
    }
    running.until(|status| status.phase == Phase::Hindered && !status.hindrances.is_empty()).await;
    let mut one = running.stop().await;
    // The first of them were perhaps not too many yet.
    assert!(cloud.tree().await.len() > 3 + 2);

    // They come back when somebody puts the files back; and the same on the other side.
    for number in 10..18 {
        one.write(&number.to_string(), "x");
    }
    one.sync_all().await;
    for number in 10..18 {
        cloud.delete(&format!("/{number}")).await;
    }
    assert_eq!(kept(&one), []);
    let summary = one.sync().await;
    let held = Hindrance::MassDeletion { on: Side::Local, count: 8, of: 11 };
    assert_eq!(summary.hindrances, [held]);
    assert_eq!(kept(&one), [held]);
    assert_eq!(one.tree().len(), 11);
    let release = tidemark_sync::state::Release { gone_locally: 0, gone_remotely: 8 };
    one.state.set(&Setting::Released(Some(release))).unwrap();
    assert_eq!(kept(&one), [], "it was released");
    one.sync_all().await;
    assert_eq!(one.tree().len(), 3);
    let settings = one.state.settings().unwrap();
    assert_eq!((settings.released, settings.held), (None, None));
}

#[tokio::test]
async fn what_is_held_keeps_nothing_else_from_its_turn() {
    // More of it than is planned at once, and all of it marked before.
    let cloud = Cloudy::new().await;
    let mut one = wary(&cloud, 100).await;
    for number in 0..90 {
        fs::remove_file(one.at(&number.to_string())).unwrap();
    }
    let held = Hindrance::MassDeletion { on: Side::Remote, count: 90, of: 100 };
    assert_eq!(one.sync().await.hindrances, [held]);
    one.write("new", "y");
    one.sync().await;
    assert_eq!(cloud.tree().await.len(), 101);
}

#[tokio::test]
async fn a_few_that_follow_others_are_held_for_a_minute() {
    // They may be the beginning of many. If no more follow, they were not, and nobody need release them.
    tokio::time::pause();
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.meddling.hosts_nothing.store(true, Ordering::Relaxed);
    one.options.mass.count = 5;
    // Only what a test asks for is looked at.
    one.options.watch = false;
    one.options.rescan_blind = Duration::from_secs(24 * 3600);
    for number in 0..20 {
        one.write(&format!("{number}"), "x");
    }
    one.sync_all().await;
    let mut one = one.start().await;
    one.until_up_to_date().await;
    for number in 0..4 {
        fs::remove_file(one.at(&number.to_string())).unwrap();
    }
    one.commands.send(Command::Rescan).await.unwrap();
    one.until(|status| status.done.removed == 4).await;
    for number in 4..7 {
        fs::remove_file(one.at(&number.to_string())).unwrap();
    }
    one.commands.send(Command::Rescan).await.unwrap();
    let status = one.until(|status| status.phase == Phase::Hindered).await;
    let held = Hindrance::MassDeletion { on: Side::Remote, count: 3, of: 16 };
    assert_eq!((status.hindrances.as_slice(), cloud.tree().await.len()), (&[held][..], 16));
    let since = tokio::time::Instant::now();
    let mut status = one.status.clone();
    let is_done = status.wait_for(|status| status.done.removed == 7);
    let is_released = tokio::time::timeout(Duration::from_secs(90), is_done).await.is_ok();
    assert!(is_released, "{:?}", one.status.borrow());
    assert!(since.elapsed() > Duration::from_secs(30), "{:?}", since.elapsed());
    let status = one.until_up_to_date().await;
    assert_eq!((status.hindrances.as_slice(), cloud.tree().await.len()), (&[][..], 13));
    one.stop().await;
}

#[tokio::test]
async fn a_full_account_stops_uploads_only() {
    // Downloads go on, and so do uploads as soon as there is room.
    let cloud = Cloudy::with_quota(1000).await;
    let mut one = Device::new(&cloud, "one");
    cloud.put("/large", &"x".repeat(900)).await;
    one.write("too large", &"y".repeat(500));
    let summary = one.sync().await;
    assert_eq!(summary.hindrances, [Hindrance::ServerFull]);
    assert_eq!(summary.done.downloaded, 1);
    fs::remove_file(one.at("large")).unwrap();
    one.options.mass.everything = 10;
    one.sync().await;
    cloud.hand().delta(None, None).await.unwrap();
    eventually("there is room", async || {
        one.sync().await;
        cloud.tree().await.contains_key("too large")
    })
    .await;
}

#[tokio::test]
async fn a_link_that_ended_stops_it() {
    // It asks no more, and says what to do.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.write("a", "1");
    one.sync_all().await;
    cloud.hand().disable_access_token().await.unwrap();
    one.write("b", "2");
    let summary = one.sync().await;
    assert_eq!(summary.stopped, Some(Stopped::Unlinked));
    assert!(Stopped::Unlinked.advice().contains("link"));
    assert_eq!(one.tree().len(), 2);
}

#[tokio::test]
async fn a_server_that_begins_anew_is_merged_with() {
    // What it does not tell any more is brought back to it; nothing is deleted, and equal files are no conflict.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    for name in ["same", "lost/there"] {
        one.write(name, name);
    }
    one.sync_all().await;
    cloud.delete("/lost").await;
    cloud.put("/new", "new").await;
    one.reset.store(true, Ordering::Relaxed);
    one.sync_all().await;
    let expected = tree(&[("lost/", ""), ("lost/there", "lost/there"), ("new", "new"), ("same", "same")]);
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));
}

#[tokio::test]
async fn a_server_that_begins_anew_with_nothing_stops_it() {
    // So does an app's folder that was deleted: nobody knows whether everything should go, or come back.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.write("a", "1");
    one.sync_all().await;
    cloud.delete("/a").await;
    one.reset.store(true, Ordering::Relaxed);
    let summary = one.sync().await;
    assert_eq!(summary.stopped, Some(Stopped::AppFolderGone));
    assert_eq!((one.tree().len(), cloud.tree().await.len()), (1, 0));
}

#[tokio::test]
async fn another_folder_is_not_touched() {
    // A marker that is missing, or that belongs to something else, is the end, at the beginning and while it runs.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.write("a", "1");
    let ties = cloud.ties("one").await;
    one.options.ties = Some(ties.clone());
    let begun = one.begin().await.map(|_| ());
    assert!(matches!(begun, Err(BeginError::Stopped(Stopped::RootMissing))), "{begun:?}");
    marker::write(&one.disk(), &ties).await.unwrap();
    one.sync_all().await;

    one.options.ties = Some(Ties { device: "two".into(), ..ties.clone() });
    let begun = one.begin().await.map(|_| ());
    assert!(matches!(begun, Err(BeginError::Stopped(Stopped::RootChanged(_)))), "{begun:?}");
    // The same number is somebody else's on another server.
    for elsewhere in [
        Ties { account: "another".into(), ..ties.clone() },
        Ties { server: "another".into(), ..ties.clone() },
    ] {
        marker::write(&one.disk(), &elsewhere).await.unwrap();
        one.options.ties = Some(elsewhere);
        assert_eq!(one.sync().await.stopped, Some(Stopped::OtherAccount));
    }

    marker::write(&one.disk(), &ties).await.unwrap();
    one.options.ties = Some(ties);
    let mut running = one.start().await;
    running.until_up_to_date().await;
    fs::remove_file(running.at(".tidemark/marker.json")).unwrap();
    fs::remove_file(running.at("a")).unwrap();
    running.commands.send(Command::Rescan).await.unwrap();
    let (stopped, _) = running.ended().await;
    assert_eq!(stopped, Stopped::RootMissing);
}

#[tokio::test]
async fn one_way_down_writes_nothing_there() {
    // What is new here stays here; what comes from there comes.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.options.direction = Direction::Down;
    cloud.put("/a", "1").await;
    cloud.put("/b", "2").await;
    one.write("mine", "3");
    one.sync().await;
    assert_eq!(one.tree(), tree(&[("a", "1"), ("b", "2"), ("mine", "3")]));
    cloud.put("/a", "1, edited").await;
    cloud.delete("/b").await;
    one.sync().await;
    assert_eq!(one.tree(), tree(&[("a", "1, edited"), ("mine", "3")]));
    assert_eq!(cloud.tree().await, tree(&[("a", "1, edited")]));
}

#[tokio::test]
async fn one_way_up_writes_nothing_here() {
    // What is new there stays there; what is new here goes.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.options.direction = Direction::Up;
    cloud.put("/theirs", "1").await;
    one.write("a", "2");
    one.write("b", "3");
    one.sync().await;
    assert_eq!(cloud.tree().await, tree(&[("a", "2"), ("b", "3"), ("theirs", "1")]));
    fs::remove_file(one.at("a")).unwrap();
    one.write("b", "3, edited");
    one.sync().await;
    assert_eq!(cloud.tree().await, tree(&[("b", "3, edited"), ("theirs", "1")]));
    assert_eq!(one.tree(), tree(&[("b", "3, edited")]));
}

#[tokio::test]
async fn what_is_excluded_goes_here_and_stays_there() {
    // And it comes back when it is wanted again.
    use super::world::path;
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    for name in ["/keep/a", "/Large/b", "/Large/deep/c"] {
        cloud.put(name, name).await;
    }
    one.sync_all().await;
    assert_eq!(one.tree().len(), 6);
    one.state.set(&Setting::Excluded(vec![path("/large")])).unwrap();
    one.sync_all().await;
    assert_eq!(one.tree(), tree(&[("keep/", ""), ("keep/a", "/keep/a")]));
    assert_eq!(cloud.tree().await.len(), 6);
    cloud.put("/Large/d", "d").await;
    one.sync_all().await;
    assert_eq!(one.tree().len(), 2);
    one.state.set(&Setting::Excluded(Vec::new())).unwrap();
    one.sync_all().await;
    assert_eq!(one.tree(), cloud.tree().await);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_problem_and_is_tried_again() {
    // A file without permission is shown, the others are synced, and it goes up as soon as it may be read.
    use std::os::unix::fs::PermissionsExt as _;
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.write("good", "1");
    one.write("secret", "2");
    let allow = |mode| fs::set_permissions(one.at("secret"), fs::Permissions::from_mode(mode)).unwrap();
    allow(0o000);
    if fs::read(one.at("secret")).is_ok() {
        // Whoever runs the tests may read everything.
        return;
    }
    let summary = one.sync().await;
    assert_eq!((summary.problems, summary.done.uploaded), (1, 1));
    let allow = |mode| fs::set_permissions(one.at("secret"), fs::Permissions::from_mode(mode)).unwrap();
    allow(0o600);
    one.sync_all().await;
    assert_eq!(cloud.tree().await, tree(&[("good", "1"), ("secret", "2")]));
}
