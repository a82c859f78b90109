//! Watching. A change may be told once or many times, exactly or vaguely: what counts is that it is told.

use std::time::Duration;

use super::{Corner, Disk, LocalPath};
use crate::ports::{Noticed, Watch};

/// Every promise of watching; for disks whose traits say that they watch.
pub async fn suite(disk: &dyn Disk) {
    let mut watch = disk.watch().await.expect("can be watched");
    changes_are_told(disk, &mut *watch).await;
    what_comes_with_a_folder_is_told(disk, &mut *watch).await;
    moved_folders_stay_watched(disk, &mut *watch).await;
    giving_up_waiting_loses_nothing(disk, &mut *watch).await;
    the_state_area_is_not_watched(disk, &mut *watch).await;
}

/// No machine is so slow.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until a change of this place was told, exactly or vaguely.
#[track_caller]
fn told<'a>(watch: &'a mut dyn Watch, place: &'a LocalPath) -> impl Future<Output = ()> + 'a {
    let folder = place.split().map(|at| at.0);
    let at = std::panic::Location::caller();
    async move {
        let covered = |noticed: &Noticed| match noticed {
            Noticed::Changed(path) => path == place || Some(path) == folder.as_ref(),
            Noticed::ChangedBelow(path) => place.is_within(path),
            Noticed::Overflow => true,
            Noticed::Ended => panic!("the watch ended; asked at {at}"),
        };
        let waited = tokio::time::timeout(PATIENCE, async { while !covered(&watch.next().await) {} }).await;
        waited.unwrap_or_else(|_| panic!("a change of {place} was not told; asked at {at}"));
    }
}

async fn changes_are_told(disk: &dyn Disk, watch: &mut dyn Watch) {
    let corner = Corner::of(disk, "watched").await;
    told(watch, &corner.folder).await;
    corner.file("f", "bytes").await;
    told(watch, &corner.at("f")).await;
    disk.set_executable(&corner.at("f"), true).await.expect("set");
    told(watch, &corner.at("f")).await;
    disk.rename(&corner.at("f"), &corner.at("g")).await.expect("renamed");
    told(watch, &corner.at("g")).await;
    disk.remove_file(&corner.at("g")).await.expect("removed");
    told(watch, &corner.at("g")).await;
    disk.remove_folder(&corner.folder).await.expect("removed");
    told(watch, &corner.folder).await;
}

/// Folders that are made and filled faster than anybody can begin to watch them.
async fn what_comes_with_a_folder_is_told(disk: &dyn Disk, watch: &mut dyn Watch) {
    let corner = Corner::of(disk, "filled").await;
    for round in 0..20 {
        let mut names = format!("{round}");
        for deeper in ["", "/a", "/b", "/c"] {
            names.push_str(deeper);
            corner.folder(&names).await;
        }
        let file = format!("{names}/f");
        corner.file(&file, "").await;
        told(watch, &corner.at(&file)).await;
        // And it is watched from then on.
        disk.remove_file(&corner.at(&file)).await.expect("removed");
        told(watch, &corner.at(&file)).await;
    }
}

async fn moved_folders_stay_watched(disk: &dyn Disk, watch: &mut dyn Watch) {
    let corner = Corner::of(disk, "moved").await;
    for folder in ["a", "a/b", "to"] {
        corner.folder(folder).await;
    }
    told(watch, &corner.at("to")).await;
    disk.rename(&corner.at("a"), &corner.at("to/a")).await.expect("renamed");
    told(watch, &corner.at("to/a")).await;
    corner.folder("a").await;
    told(watch, &corner.at("a")).await;
    for (number, names) in ["to/a/b/f", "to/a/f", "a/f"].into_iter().enumerate() {
        corner.file(names, "").await;
        told(watch, &corner.at(names)).await;
        disk.exchange(&corner.at("a"), &corner.at("to/a")).await.expect("exchanged");
        told(watch, &corner.at("a")).await;
        let elsewhere = if number == 2 { "to/a/f" } else { &names.replace("to/a", "a") };
        disk.remove_file(&corner.at(elsewhere)).await.expect("removed");
        told(watch, &corner.at(elsewhere)).await;
        disk.exchange(&corner.at("a"), &corner.at("to/a")).await.expect("exchanged");
        told(watch, &corner.at("to/a")).await;
    }
}

async fn giving_up_waiting_loses_nothing(disk: &dyn Disk, watch: &mut dyn Watch) {
    let corner = Corner::of(disk, "patience").await;
    // Nothing is left to tell once nothing happens for a while.
    while tokio::time::timeout(Duration::from_millis(200), watch.next()).await.is_ok() {}
    assert!(tokio::time::timeout(Duration::from_millis(1), watch.next()).await.is_err(), "nothing happens");
    corner.file("f", "").await;
    told(watch, &corner.at("f")).await;
}

async fn the_state_area_is_not_watched(disk: &dyn Disk, watch: &mut dyn Watch) {
    let area = crate::area::path();
    if disk.look(&area).await.expect("looked at").is_none() {
        disk.make_folder(&area).await.expect("made");
    }
    drop(disk.create(&crate::area::within("unwatched"), None).await.expect("made"));
    let corner = Corner::of(disk, "beside").await;
    let told = tokio::time::timeout(PATIENCE, async {
        loop {
            match watch.next().await {
                Noticed::Changed(path) | Noticed::ChangedBelow(path) if path == corner.folder => break,
                Noticed::Changed(path) | Noticed::ChangedBelow(path) => {
                    assert!(!path.is_within(&area), "told of {path}");
                }
                Noticed::Overflow => {}
                Noticed::Ended => panic!("the watch ended"),
            }
        }
    });
    told.await.expect("what is beside it is told");
    disk.remove_file(&crate::area::within("unwatched")).await.expect("removed");
}
