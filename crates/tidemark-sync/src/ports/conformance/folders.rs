//! Looking at places and folders.

use super::{Corner, Disk, DiskFault, LocalPath, SeenKind, refused};

pub(super) async fn suite(disk: &dyn Disk) {
    absence_is_an_answer(disk).await;
    listing_tells_what_looking_does(disk).await;
    only_folders_are_listed(disk).await;
    large_folders_are_listed_whole(disk).await;
    the_rest_answers(disk).await;
}

async fn absence_is_an_answer(disk: &dyn Disk) {
    let corner = Corner::of(disk, "absence").await;
    corner.file("f", "").await;
    for name in ["no", "no/where/at/all"] {
        assert_eq!(corner.look(name).await, None, "{name}");
    }
    refused(disk.look(&corner.at("f/f")).await, DiskFault::Different, "something in a file");
}

async fn listing_tells_what_looking_does(disk: &dyn Disk) {
    let corner = Corner::of(disk, "listing").await;
    assert_eq!(corner.names("").await, [""; 0]);
    corner.file("b", "bytes").await;
    corner.folder("a").await;
    corner.file("a/inner", "").await;
    corner.file("\u{fc}ber", "").await;
    corner.file(" odd \n\\ name.", "").await;
    let listed = disk.list(&corner.folder).await.expect("listed");
    assert_eq!(listed.len(), 4);
    for one in listed {
        let name = one.name.expect("text");
        assert_eq!(corner.look(&name).await, Some(one.seen.expect("can be looked at")), "{name:?}");
    }
    assert_eq!(corner.look("a").await.expect("there").kind, SeenKind::Folder);
    let root = disk.list(&LocalPath::root()).await.expect("listed");
    assert!(root.iter().any(|one| one.name.as_deref() == Ok("listing")), "the sync folder can be listed");
}

async fn only_folders_are_listed(disk: &dyn Disk) {
    let corner = Corner::of(disk, "unlisted").await;
    corner.file("f", "").await;
    refused(disk.list(&corner.at("f")).await, DiskFault::Different, "a file as a folder");
    refused(disk.list(&corner.at("no")).await, DiskFault::Missing, "no folder");
    refused(disk.list(&corner.at("no/no")).await, DiskFault::Missing, "nothing in no folder");
}

async fn large_folders_are_listed_whole(disk: &dyn Disk) {
    let corner = Corner::of(disk, "many").await;
    let names: Vec<String> = (1000..1600).map(|number| number.to_string()).collect();
    for name in &names {
        drop(disk.create(&corner.at(name), None).await.expect("made"));
    }
    assert_eq!(corner.names("").await, names);
}

async fn the_rest_answers(disk: &dyn Disk) {
    disk.room().await.expect("room is known or not");
    assert_eq!(disk.volume().await.expect("a volume"), disk.volume().await.expect("a volume"));
    let corner = Corner::of(disk, "durable").await;
    corner.file("f", "").await;
    disk.sync_folder(&corner.folder).await.expect("durable");
    disk.sync_folder(&LocalPath::root()).await.expect("durable");
    refused(disk.sync_folder(&corner.at("no")).await, DiskFault::Missing, "no folder");
    refused(disk.sync_folder(&corner.at("f")).await, DiskFault::Different, "a file as a folder");
}
