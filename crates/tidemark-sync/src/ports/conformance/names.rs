//! Renaming and exchanging.

use super::{Corner, Disk, DiskFault, LocalPath, refused};

pub(super) async fn suite(disk: &dyn Disk) {
    renaming_moves_identity_and_bytes(disk).await;
    renaming_replaces_nothing(disk).await;
    a_folder_moves_with_what_is_in_it(disk).await;
    letters_may_change(disk).await;
    exchanging_swaps(disk).await;
}

async fn renaming_moves_identity_and_bytes(disk: &dyn Disk) {
    let corner = Corner::of(disk, "renaming").await;
    let seen = corner.file("a", "bytes").await;
    corner.folder("d").await;
    for (from, to) in [("a", "b"), ("b", "d/b"), ("d/b", "a")] {
        disk.rename(&corner.at(from), &corner.at(to)).await.expect("renamed");
        assert_eq!(corner.look(from).await, None);
        assert_eq!(corner.look(to).await.expect("there").stamp.identity, seen.stamp.identity);
        assert_eq!(corner.read(to).await, "bytes");
    }
    disk.rename(&corner.at("a"), &corner.at("a")).await.expect("to its own name");
    assert_eq!(corner.read("a").await, "bytes");
}

async fn renaming_replaces_nothing(disk: &dyn Disk) {
    let corner = Corner::of(disk, "replacing").await;
    for (file, folder) in [("f", "d"), ("g", "e")] {
        corner.file(file, file).await;
        corner.folder(folder).await;
    }
    corner.file("e/inner", "").await;
    for from in ["f", "d"] {
        for to in ["g", "e"] {
            refused(disk.rename(&corner.at(from), &corner.at(to)).await, DiskFault::Taken, "replacing");
        }
    }
    // Not even an empty folder, which systems like to replace.
    refused(
        disk.rename(&corner.at("e"), &corner.at("d")).await,
        DiskFault::Taken,
        "replacing an empty folder",
    );
    refused(disk.rename(&corner.at("no"), &corner.at("new")).await, DiskFault::Missing, "nothing");
    refused(
        disk.rename(&corner.at("no"), &corner.at("no")).await,
        DiskFault::Missing,
        "nothing to its own name",
    );
    refused(disk.rename(&corner.at("f"), &corner.at("no/f")).await, DiskFault::Missing, "into nothing");
    refused(disk.rename(&corner.at("f"), &corner.at("g/f")).await, DiskFault::Different, "into a file");
    refused(
        disk.rename(&corner.at("d"), &corner.at("d/d")).await,
        DiskFault::Different,
        "a folder into itself",
    );
    refused(
        disk.rename(&corner.at("d"), &LocalPath::root()).await,
        DiskFault::Different,
        "over the sync folder",
    );
    refused(disk.rename(&LocalPath::root(), &corner.at("r")).await, DiskFault::Different, "the sync folder");
    assert_eq!(corner.names("").await, ["d", "e", "f", "g"]);
    assert_eq!((corner.read("f").await, corner.read("g").await), ("f".into(), "g".into()));
}

async fn a_folder_moves_with_what_is_in_it(disk: &dyn Disk) {
    let corner = Corner::of(disk, "moving").await;
    corner.folder("d").await;
    corner.folder("d/e").await;
    corner.folder("to").await;
    let inner = corner.file("d/e/f", "deep").await;
    disk.rename(&corner.at("d"), &corner.at("to/d")).await.expect("renamed");
    assert_eq!(corner.read("to/d/e/f").await, "deep");
    assert_eq!(corner.look("to/d/e/f").await, Some(inner));
    assert_eq!(corner.names("").await, ["to"]);
}

async fn letters_may_change(disk: &dyn Disk) {
    let corner = Corner::of(disk, "letters").await;
    corner.file("name", "bytes").await;
    corner.folder("folder").await;
    for (from, to) in [("name", "Name"), ("folder", "FOLDER")] {
        disk.rename(&corner.at(from), &corner.at(to)).await.expect("renamed");
    }
    assert_eq!(corner.names("").await, ["FOLDER", "Name"]);
    assert_eq!(corner.read("Name").await, "bytes");
    let made = disk.create(&corner.at("NAME"), None).await;
    if disk.traits().case_insensitive {
        refused(made, DiskFault::Taken, "another of the same name");
    } else {
        drop(made.expect("another name"));
        refused(disk.rename(&corner.at("Name"), &corner.at("NAME")).await, DiskFault::Taken, "over another");
    }
}

async fn exchanging_swaps(disk: &dyn Disk) {
    let corner = Corner::of(disk, "exchanging").await;
    let file = corner.file("f", "file").await;
    let other = corner.file("g", "other").await;
    corner.folder("d").await;
    corner.file("d/inner", "in d").await;
    disk.exchange(&corner.at("f"), &corner.at("g")).await.expect("exchanged");
    assert_eq!((corner.read("f").await, corner.read("g").await), ("other".into(), "file".into()));
    assert_eq!(corner.look("f").await.expect("there").stamp.identity, other.stamp.identity);
    assert_eq!(corner.look("g").await.expect("there").stamp.identity, file.stamp.identity);
    // A file and a folder, too.
    disk.exchange(&corner.at("d"), &corner.at("f")).await.expect("exchanged");
    assert_eq!((corner.read("d").await, corner.read("f/inner").await), ("other".into(), "in d".into()));
    for (one, another) in [("f", "no"), ("no", "f"), ("no", "no")] {
        refused(
            disk.exchange(&corner.at(one), &corner.at(another)).await,
            DiskFault::Missing,
            "with nothing",
        );
    }
    refused(
        disk.exchange(&corner.at("f"), &corner.at("f/inner")).await,
        DiskFault::Different,
        "with what is in it",
    );
    assert_eq!(corner.names("").await, ["d", "f", "g"]);
}
