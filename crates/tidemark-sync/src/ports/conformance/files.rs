//! Making, reading, dating and removing files.

use bytes::Bytes;

use super::{Corner, Disk, DiskFault, SeenKind, refused};

pub(super) async fn suite(disk: &dyn Disk) {
    what_was_written_is_read(disk).await;
    what_was_left_is_written_on(disk).await;
    reading_goes_on_whatever_happens_to_the_name(disk).await;
    a_change_shows_in_the_stamp(disk).await;
    what_is_finished_has_its_date(disk).await;
    who_may_run_a_file_can_be_said(disk).await;
    only_files_are_opened(disk).await;
    nothing_is_created_over_anything(disk).await;
    a_file_may_be_made_like_another(disk).await;
    names_are_removed(disk).await;
}

async fn what_was_written_is_read(disk: &dyn Disk) {
    let corner = Corner::of(disk, "written").await;
    let mut writing = disk.create(&corner.at("f"), None).await.expect("made");
    for part in ["one ", "", "two ", "three"] {
        writing.write(Bytes::from(part)).await.expect("written");
    }
    let seen = writing.finish(None, false).await.expect("finished");
    assert_eq!((seen.kind, seen.stamp.size, seen.links), (SeenKind::File, 13, 1));
    assert_eq!(corner.look("f").await, Some(seen), "it is seen as it was finished");

    let mut reading = disk.open(&corner.at("f")).await.expect("opened");
    assert_eq!(reading.look().await.expect("looked at"), seen);
    for (offset, limit, bytes) in
        [(0, 100, "one two three"), (4, 3, "two"), (13, 5, ""), (99, 5, ""), (2, 0, "")]
    {
        assert_eq!(reading.read_at(offset, limit).await.expect("read"), bytes, "from {offset}, {limit}");
    }
    assert_eq!(
        reading.read_at(u64::MAX, 5).await.map(|bytes| bytes.len()).unwrap_or(0),
        0,
        "far behind its end"
    );
    reading.sync().await.expect("durable");
    assert_eq!(corner.file("empty", "").await.stamp.size, 0);
}

async fn what_was_left_is_written_on(disk: &dyn Disk) {
    let corner = Corner::of(disk, "left").await;
    let mut writing = disk.create(&corner.at("f"), None).await.expect("made");
    writing.write(Bytes::from("one ")).await.expect("written");
    drop(writing);
    match disk.append(&corner.at("f")).await {
        Ok((mut writing, size)) => {
            assert_eq!(size, 4);
            writing.write(Bytes::from("two")).await.expect("written");
            assert_eq!(writing.finish(None, false).await.expect("finished").stamp.size, 7);
            let mut reading = disk.open(&corner.at("f")).await.expect("opened");
            assert_eq!(reading.read_at(0, 9).await.expect("read"), "one two");
            refused(disk.append(&corner.at("none")).await, DiskFault::Missing, "to go on with nothing");
        }
        // It may be that a disk cannot do this; nothing is harmed then.
        Err(error) => assert_eq!(error.fault, DiskFault::Different),
    }
    disk.make_folder(&corner.at("folder")).await.expect("made");
    refused(disk.append(&corner.at("folder")).await, DiskFault::Different, "to go on with a folder");
}

async fn reading_goes_on_whatever_happens_to_the_name(disk: &dyn Disk) {
    let corner = Corner::of(disk, "reading").await;
    let before = corner.file("f", "old").await;
    let mut reading = disk.open(&corner.at("f")).await.expect("opened");
    disk.rename(&corner.at("f"), &corner.at("g")).await.expect("renamed");
    corner.file("f", "new").await;
    assert_eq!(reading.read_at(0, 9).await.expect("read"), "old");
    disk.remove_file(&corner.at("g")).await.expect("removed");
    assert_eq!(reading.read_at(0, 9).await.expect("read"), "old");
    let seen = reading.look().await.expect("looked at");
    assert_eq!((seen.stamp.identity, seen.links), (before.stamp.identity, 0));
}

async fn a_change_shows_in_the_stamp(disk: &dyn Disk) {
    let corner = Corner::of(disk, "stamps").await;
    let one = corner.file("one", "same").await;
    let other = corner.file("other", "same").await;
    assert_ne!(one.stamp.identity, other.stamp.identity, "two files are told apart");
    let folder = corner.folder("d").await;
    assert_ne!(folder.stamp.identity, one.stamp.identity);
    let root = disk.look(&super::LocalPath::root()).await.expect("looked at").expect("there");
    assert_eq!(root.kind, SeenKind::Folder);
    for seen in [root, one, folder] {
        assert_eq!(seen.stamp.identity.device, 0, "all on the device of the sync folder");
    }
    // Renaming changes nothing of it, but perhaps when anything was changed.
    disk.rename(&corner.at("one"), &corner.at("d/one")).await.expect("renamed");
    let moved = corner.look("d/one").await.expect("there");
    assert_eq!(moved.stamp, super::super::Stamp { changed_ns: moved.stamp.changed_ns, ..one.stamp });
    assert!(moved.stamp.changed_ns >= one.stamp.changed_ns);
    disk.rename(&corner.at("d"), &corner.at("e")).await.expect("renamed");
    assert_eq!(corner.look("e").await.expect("there").stamp.identity, folder.stamp.identity);
}

async fn what_is_finished_has_its_date(disk: &dyn Disk) {
    let corner = Corner::of(disk, "dates").await;
    for seconds in [0_i64, 1_000_000_000, 1_700_000_001] {
        let name = seconds.to_string();
        let mut writing = disk.create(&corner.at(&name), None).await.expect("made");
        writing.write(Bytes::from_static(b"dated")).await.expect("written");
        let seen = writing.finish(Some(seconds), false).await.expect("finished");
        assert_eq!(seen.stamp.modified_ns, seconds * 1_000_000_000);
        assert_eq!(corner.look(&name).await, Some(seen));
    }
    let writing = disk.create(&corner.at("never"), None).await.expect("made");
    writing
        .finish(Some(i64::MAX), false)
        .await
        .expect("a date that no file system can keep is no reason to fail");
}

async fn who_may_run_a_file_can_be_said(disk: &dyn Disk) {
    let corner = Corner::of(disk, "running").await;
    let writing = disk.create(&corner.at("run"), None).await.expect("made");
    assert!(writing.finish(None, true).await.expect("finished").executable);
    assert!(!corner.file("data", "").await.executable);
    for (name, executable) in [("run", true), ("run", false), ("data", true)] {
        disk.set_executable(&corner.at(name), executable).await.expect("set");
        assert_eq!(corner.look(name).await.expect("there").executable, executable, "{name}");
    }
    corner.folder("d").await;
    refused(disk.set_executable(&corner.at("d"), true).await, DiskFault::Different, "a folder as a program");
    refused(disk.set_executable(&corner.at("no"), true).await, DiskFault::Missing, "nothing as a program");
    assert!(!corner.look("d").await.expect("there").executable, "folders are not run");
}

async fn only_files_are_opened(disk: &dyn Disk) {
    let corner = Corner::of(disk, "opening").await;
    corner.file("f", "").await;
    corner.folder("d").await;
    for (name, fault) in [
        ("d", DiskFault::Different),
        ("no", DiskFault::Missing),
        ("no/f", DiskFault::Missing),
        ("f/f", DiskFault::Different),
    ] {
        refused(disk.open(&corner.at(name)).await, fault, name);
    }
    refused(disk.open(&super::LocalPath::root()).await, DiskFault::Different, "the sync folder as a file");
}

async fn nothing_is_created_over_anything(disk: &dyn Disk) {
    let corner = Corner::of(disk, "creating").await;
    corner.file("f", "kept").await;
    corner.folder("d").await;
    for name in ["f", "d"] {
        refused(disk.create(&corner.at(name), None).await, DiskFault::Taken, name);
        refused(disk.make_folder(&corner.at(name)).await, DiskFault::Taken, name);
    }
    refused(
        disk.create(&corner.at("no/f"), None).await,
        DiskFault::Missing,
        "a file in a folder that is not there",
    );
    refused(disk.create(&corner.at("f/f"), None).await, DiskFault::Different, "a file in a file");
    refused(disk.make_folder(&corner.at("no/d")).await, DiskFault::Missing, "a folder in nothing");
    refused(disk.make_folder(&super::LocalPath::root()).await, DiskFault::Taken, "the sync folder");
    refused(
        disk.create(&corner.at(&"n".repeat(300)), None).await,
        DiskFault::BadName,
        "a name that is too long",
    );
    assert_eq!(corner.read("f").await, "kept");
    // What is dropped unfinished is there, and can be removed.
    drop(disk.create(&corner.at("half"), None).await.expect("made"));
    disk.remove_file(&corner.at("half")).await.expect("removed");
}

async fn a_file_may_be_made_like_another(disk: &dyn Disk) {
    let corner = Corner::of(disk, "likeness").await;
    corner.file("model", "").await;
    for like in ["model", "no"] {
        let name = format!("like {like}");
        let like = corner.at(like);
        let mut writing = disk.create(&corner.at(&name), Some(&like)).await.expect("made");
        writing.write(Bytes::from_static(b"new")).await.expect("written");
        writing.finish(None, false).await.expect("finished");
        assert_eq!(corner.read(&name).await, "new");
    }
}

async fn names_are_removed(disk: &dyn Disk) {
    let corner = Corner::of(disk, "removing").await;
    corner.file("f", "").await;
    corner.folder("d").await;
    corner.file("d/f", "").await;
    refused(disk.remove_file(&corner.at("d")).await, DiskFault::Different, "a folder as a file");
    refused(disk.remove_folder(&corner.at("f")).await, DiskFault::Different, "a file as a folder");
    refused(disk.remove_folder(&corner.at("d")).await, DiskFault::NotEmpty, "a folder that holds something");
    refused(disk.remove_file(&corner.at("no")).await, DiskFault::Missing, "no file");
    refused(disk.remove_folder(&corner.at("no")).await, DiskFault::Missing, "no folder");
    disk.remove_file(&corner.at("d/f")).await.expect("removed");
    disk.remove_folder(&corner.at("d")).await.expect("removed");
    disk.remove_file(&corner.at("f")).await.expect("removed");
    assert_eq!(corner.names("").await, [""; 0]);
    assert_eq!(corner.look("f").await, None);
}
