//! What people do with files every day.

use std::collections::BTreeMap;
use std::fs;

use tidemark_sync::ports::LocalPath;

use super::world::{Cloudy, Device, eventually, path, tree};

#[tokio::test]
async fn two_folders_become_the_same() {
    // What is in a folder goes to the server, and from there into another folder.
    let cloud = Cloudy::new().await;
    let (mut one, mut other) = (Device::new(&cloud, "one"), Device::new(&cloud, "other"));
    one.write("a.txt", "hello");
    one.write("photos/2014/venice.txt", "water");
    fs::create_dir(one.at("empty")).unwrap();
    let summary = one.sync_all().await;
    assert_eq!((summary.done.uploaded, summary.done.downloaded), (2, 0));
    let expected = tree(&[
        ("a.txt", "hello"),
        ("empty/", ""),
        ("photos/", ""),
        ("photos/2014/", ""),
        ("photos/2014/venice.txt", "water"),
    ]);
    assert_eq!(cloud.tree().await, expected);
    let summary = other.sync_all().await;
    assert_eq!((summary.done.uploaded, summary.done.downloaded), (0, 2));
    assert_eq!(other.tree(), expected);
    assert_eq!(one.tree(), expected);
}

#[tokio::test]
async fn who_renames_after_us_has_the_last_word() {
    // We move what the server moved, and in the same instant somebody moves it on, or away: that is news, not a quarrel.
    for (kind, name) in [("folder", "old/a"), ("file", "old")] {
        let cloud = Cloudy::new().await;
        let (mut one, mut other) = (Device::new(&cloud, "one"), Device::new(&cloud, "other"));
        one.write(name, "a");
        one.sync_all().await;
        other.sync_all().await;
        fs::rename(one.at("old"), one.at("Fresh")).unwrap();
        one.sync_all().await;

        let (from, to) = (other.at("Fresh"), other.at("fresh"));
        let hasty = Box::new(move || fs::rename(from, to).unwrap());
        *other.meddling.hasty.lock().unwrap() = Some((LocalPath::parse("Fresh").unwrap(), hasty));
        other.sync_all().await;
        let expected: BTreeMap<_, _> =
            one.tree().into_iter().map(|(name, text)| (name.replace("Fresh", "fresh"), text)).collect();
        assert_eq!(other.tree(), expected, "{kind}");
        assert_eq!(cloud.tree().await, expected, "{kind}");
        one.sync_all().await;
        assert_eq!(one.tree(), expected, "{kind}");
    }
}

#[tokio::test]
async fn edits_moves_and_deletions_arrive_on_the_other_side() {
    // Each as what it is: nothing is transferred that was only moved, and what goes lies in the trash.
    let cloud = Cloudy::new().await;
    let (mut one, mut other) = (Device::new(&cloud, "one"), Device::new(&cloud, "other"));
    for name in ["edited", "moved", "deleted", "old/deep/x", "old/y"] {
        one.write(name, name);
    }
    one.sync_all().await;
    other.sync_all().await;
    assert_eq!(other.tree(), one.tree());

    one.write("edited", "edited well");
    fs::create_dir(one.at("into")).unwrap();
    fs::rename(one.at("moved"), one.at("into/renamed")).unwrap();
    fs::remove_file(one.at("deleted")).unwrap();
    fs::rename(one.at("old"), one.at("New")).unwrap();
    let summary = one.sync_all().await;
    assert_eq!((summary.done.uploaded, summary.done.removed), (1, 1));
    let expected = tree(&[
        ("New/", ""),
        ("New/deep/", ""),
        ("New/deep/x", "old/deep/x"),
        ("New/y", "old/y"),
        ("edited", "edited well"),
        ("into/", ""),
        ("into/renamed", "moved"),
    ]);
    assert_eq!(cloud.tree().await, expected);

    let inode = {
        use std::os::unix::fs::MetadataExt as _;
        |path: std::path::PathBuf| fs::metadata(path).unwrap().ino()
    };
    let before = inode(other.at("old/deep/x"));
    let summary = other.sync_all().await;
    assert_eq!((summary.done.downloaded, summary.done.removed), (1, 1));
    assert_eq!(other.tree(), expected);
    assert_eq!(inode(other.at("New/deep/x")), before);

    // And back.
    fs::remove_dir_all(other.at("New")).unwrap();
    other.write("into/renamed", "moved, and edited over there");
    other.sync_all().await;
    one.sync_all().await;
    let expected =
        tree(&[("edited", "edited well"), ("into/", ""), ("into/renamed", "moved, and edited over there")]);
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));
}

#[tokio::test]
async fn both_edit_and_nothing_is_lost() {
    // The second to come keeps its bytes under another name, with the device and the day in it; equal bytes are no conflict.
    let cloud = Cloudy::new().await;
    let (mut one, mut other) = (Device::new(&cloud, "one"), Device::new(&cloud, "other"));
    one.write("plan.txt", "plan");
    one.write("same.txt", "same");
    one.sync_all().await;
    other.sync_all().await;
    one.write("plan.txt", "plan of one");
    other.write("plan.txt", "plan of other");
    one.write("same.txt", "the same again");
    other.write("same.txt", "the same again");
    one.sync_all().await;
    let summary = other.sync_all().await;
    assert_eq!(summary.done.conflicts, 1);
    assert_eq!(other.state.conflicts(10).unwrap().len(), 1);
    one.sync_all().await;
    let there = cloud.tree().await;
    assert_eq!((one.tree(), other.tree()), (there.clone(), there.clone()));
    assert_eq!(there.len(), 3, "{there:?}");
    assert_eq!(there["plan.txt"], "plan of one");
    let copy = there.iter().find(|(name, _)| name.contains("other's conflicted copy")).expect("a copy");
    assert!(copy.0.ends_with(".txt") && copy.1 == "plan of other", "{copy:?}");
}

#[tokio::test]
async fn a_file_takes_the_place_of_the_folder_that_it_was_in() {
    // Where it was, and where what was deleted with the folder was, is below a file now: nothing can be there.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    for name in ["a/b/kept", "a/b/gone", "a/gone"] {
        one.write(name, name);
    }
    one.sync_all().await;
    fs::rename(one.at("a/b/kept"), one.at("kept")).unwrap();
    fs::remove_dir_all(one.at("a")).unwrap();
    fs::rename(one.at("kept"), one.at("a")).unwrap();
    one.sync_all().await;
    let expected = tree(&[("a", "a/b/kept")]);
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));
}

#[tokio::test]
async fn deleted_here_and_edited_there_comes_back() {
    // A deletion never beats an edit that it did not know.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    for name in ["a", "b", "keep"] {
        one.write(name, name);
    }
    one.sync_all().await;
    fs::remove_file(one.at("a")).unwrap();
    cloud.put("/a", "a, edited").await;
    one.write("b", "b, edited");
    cloud.delete("/b").await;
    one.sync_all().await;
    let expected = tree(&[("a", "a, edited"), ("b", "b, edited"), ("keep", "keep")]);
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));
}

#[tokio::test]
async fn names_are_swapped() {
    // Two files that take each other's name are two moves, not two transfers.
    let cloud = Cloudy::new().await;
    let (mut one, mut other) = (Device::new(&cloud, "one"), Device::new(&cloud, "other"));
    one.write("a", "was a");
    one.write("b", "was b");
    one.sync_all().await;
    other.sync_all().await;
    for (from, to) in [("a", "c"), ("b", "a"), ("c", "b")] {
        fs::rename(one.at(from), one.at(to)).unwrap();
    }
    assert_eq!(one.sync_all().await.done.uploaded, 0);
    assert_eq!(other.sync_all().await.done.downloaded, 0);
    let expected = tree(&[("a", "was b"), ("b", "was a")]);
    assert_eq!((other.tree(), cloud.tree().await), (expected.clone(), expected));
}

#[tokio::test]
async fn what_has_the_names_of_two_machines_on_its_way_gets_a_name_of_its_own() {
    // Each has it here under the other's name for what is on its way, and would give it that name back on the server for ever.
    let cloud = Cloudy::new().await;
    let (mut one, mut other) = (Device::new(&cloud, "one"), Device::new(&cloud, "other"));
    one.write("a", "1");
    one.sync_all().await;
    other.sync_all().await;
    let (of_one, of_other) = ("/.tidemark-moving-one-7 b", "/.tidemark-moving-other-7 c");
    cloud.hand().move_to(&path("/a"), &path(of_one), None).await.unwrap();
    other.sync_all().await;
    cloud.hand().move_to(&path(of_one), &path(of_other), None).await.unwrap();
    one.sync_all().await;
    assert_eq!(one.tree(), tree(&[(&of_other[1..], "1")]));
    assert_eq!(other.tree(), tree(&[(&of_one[1..], "1")]));
    other.sync_all().await;
    let done = one.sync_all().await.done;
    assert_eq!((done.uploaded, done.downloaded, done.removed, done.conflicts), (0, 0, 0, 0));
    let expected = tree(&[("b", "1")]);
    assert_eq!(
        (one.tree(), other.tree(), cloud.tree().await),
        (expected.clone(), expected.clone(), expected)
    );
    assert_eq!(other.sync_all().await.done, Default::default());
    assert_eq!(one.sync_all().await.done, Default::default());
}

#[tokio::test]
async fn a_folder_becomes_a_file_and_back() {
    // What something is may change on either side.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.write("x/inside", "1");
    one.write("y", "2");
    one.sync_all().await;
    fs::remove_dir_all(one.at("x")).unwrap();
    one.write("x", "a file now");
    one.sync_all().await;
    cloud.delete("/y").await;
    cloud.put("/y/inside", "3").await;
    one.sync_all().await;
    let expected = tree(&[("x", "a file now"), ("y/", ""), ("y/inside", "3")]);
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));
}

#[tokio::test]
async fn what_changes_arrives_while_it_runs() {
    // Live, in both directions: a change of the disk is noticed, a change of the server wakes the poll.
    let cloud = Cloudy::new().await;
    let (one, other) = (Device::new(&cloud, "one"), Device::new(&cloud, "other"));
    let (mut one, mut other) = (one.start().await, other.start().await);
    one.until_up_to_date().await;
    other.until_up_to_date().await;
    fs::create_dir(one.at("new")).unwrap();
    fs::write(one.at("new/file"), "1").unwrap();
    eventually("it arrives", async || fs::read(other.at("new/file")).is_ok_and(|text| text == b"1")).await;
    fs::write(other.at("new/file"), "22").unwrap();
    eventually("it comes back", async || fs::read(one.at("new/file")).is_ok_and(|text| text == b"22")).await;
    fs::rename(one.at("new"), one.at("newer")).unwrap();
    eventually("it moves", async || other.at("newer/file").exists() && !other.at("new").exists()).await;
    cloud.put("/by hand", "3").await;
    eventually("both have it", async || one.at("by hand").exists() && other.at("by hand").exists()).await;
    fs::remove_file(other.at("by hand")).unwrap();
    eventually("it goes", async || !one.at("by hand").exists()).await;
    assert!(cloud.hand().metadata(&path("/by hand")).await.unwrap().is_deleted);
    let (one, other) = (one.stop().await, other.stop().await);
    assert_eq!(one.tree(), other.tree());
    assert_eq!(one.tree(), cloud.tree().await);
}

#[tokio::test]
async fn an_unchanged_folder_costs_nothing() {
    // A second run transfers nothing, reads no file and writes nothing.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    for number in 0..50 {
        one.write(&format!("folder {}/file {number}", number % 5), &number.to_string());
    }
    one.sync_all().await;
    let atime = |name: &str| fs::metadata(one.at(name)).unwrap().accessed().unwrap();
    let read = atime("folder 1/file 1");
    let cursor = cloud.hand().latest_cursor(None).await.unwrap();
    let summary = one.sync_all().await;
    assert_eq!(summary.done, Default::default());
    assert!(cloud.hand().delta(Some(&cursor), None).await.unwrap().entries.is_empty());
    assert_eq!(fs::metadata(one.at("folder 1/file 1")).unwrap().accessed().unwrap(), read);
}

#[tokio::test]
async fn times_and_the_permission_to_run_are_kept() {
    // A file has the time that it was edited at, wherever it is; what may be run may be run after it was replaced.
    use std::os::unix::fs::PermissionsExt as _;
    let cloud = Cloudy::new().await;
    let (mut one, mut other) = (Device::new(&cloud, "one"), Device::new(&cloud, "other"));
    one.write("script", "echo 1");
    let edited = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(one.at("script")).unwrap().set_modified(edited).unwrap();
    one.sync_all().await;
    other.sync_all().await;
    assert_eq!(fs::metadata(other.at("script")).unwrap().modified().unwrap(), edited);
    fs::set_permissions(other.at("script"), fs::Permissions::from_mode(0o700)).unwrap();
    one.write("script", "echo 2");
    one.sync_all().await;
    other.sync_all().await;
    assert_eq!(other.read("script").as_deref(), Some("echo 2"));
    assert_eq!(fs::metadata(other.at("script")).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(one.sync_all().await.done, Default::default());
}

/// Who removes what has just come does not want it, however fast they are; who moves it on has moved it.
#[tokio::test]
async fn what_is_taken_away_as_it_arrives_does_not_come_back() {
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.write("keep", "k");
    one.sync_all().await;
    cloud.put("/removed", "r").await;
    let place = one.at("removed");
    let hasty = Box::new(move || fs::remove_file(place).unwrap());
    *one.meddling.hasty.lock().unwrap() = Some((LocalPath::parse("removed").unwrap(), hasty));
    one.sync_all().await;
    let expected = tree(&[("keep", "k")]);
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));

    cloud.put("/moved", "m").await;
    let (from, to) = (one.at("moved"), one.at("elsewhere"));
    let hasty = Box::new(move || fs::rename(from, to).unwrap());
    *one.meddling.hasty.lock().unwrap() = Some((LocalPath::parse("moved").unwrap(), hasty));
    one.sync_all().await;
    let expected = tree(&[("elsewhere", "m"), ("keep", "k")]);
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));
}

/// What happens in a folder around the instant in which it is moved here may be told of under the name that it had, or not at all.
#[tokio::test]
async fn what_was_moved_here_is_looked_through_once_more() {
    let cloud = Cloudy::new().await;
    let (mut one, mut other) = (Device::new(&cloud, "one"), Device::new(&cloud, "other"));
    one.write("old/deep/a", "a");
    one.sync_all().await;
    other.sync_all().await;
    fs::rename(one.at("old"), one.at("new")).unwrap();
    one.sync_all().await;

    let place = other.at("new/deep/b");
    let hasty = Box::new(move || fs::write(place, "b").unwrap());
    *other.meddling.hasty.lock().unwrap() = Some((LocalPath::parse("new").unwrap(), hasty));
    other.sync_all().await;
    let expected = tree(&[("new/", ""), ("new/deep/", ""), ("new/deep/a", "a"), ("new/deep/b", "b")]);
    assert_eq!((other.tree(), cloud.tree().await), (expected.clone(), expected));
}
