//! Watching a real folder.

use std::time::Duration;

use tidemark_sync::disk::Calls;
use tidemark_sync::ports::{Disk as _, Noticed, Watch, conformance};

use super::{Folder, path};

#[tokio::test]
async fn promises_are_kept() {
    conformance::watching(&Folder::new(Calls::Best).disk).await;
}

/// What is told until it has been said, or for half a minute.
async fn until(watch: &mut dyn Watch, is_it: impl Fn(&Noticed) -> bool) -> Noticed {
    let found = async {
        loop {
            let noticed = watch.next().await;
            if is_it(&noticed) {
                return noticed;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), found).await.expect("told")
}

#[tokio::test]
async fn trees_that_come_from_elsewhere_are_watched() {
    // Moved in whole, so no event tells of what is in them.
    let folder = Folder::new(Calls::Best);
    let outside = folder.around.path().join("tree");
    std::fs::create_dir_all(outside.join("a/b")).expect("made");
    let mut watch = folder.disk.watch().await.expect("watched");
    std::fs::rename(&outside, folder.root().join("tree")).expect("moved in");
    until(&mut *watch, |noticed| *noticed == Noticed::ChangedBelow(path("tree"))).await;
    std::fs::write(folder.root().join("tree/a/b/f"), "").expect("written");
    until(&mut *watch, |noticed| *noticed == Noticed::Changed(path("tree/a/b/f"))).await;
}

#[tokio::test]
async fn the_watch_ends_with_the_folder() {
    let folder = Folder::new(Calls::Best);
    let mut watch = folder.disk.watch().await.expect("watched");
    std::fs::rename(folder.root(), folder.around.path().join("elsewhere")).expect("moved");
    until(&mut *watch, |noticed| *noticed == Noticed::Ended).await;
    assert_eq!(watch.next().await, Noticed::Ended, "it stays so");
}

#[tokio::test]
async fn links_are_not_watched() {
    let folder = Folder::new(Calls::Best);
    let outside = folder.around.path().join("outside");
    std::fs::create_dir(&outside).expect("made");
    std::os::unix::fs::symlink(&outside, folder.root().join("link")).expect("linked");
    let mut watch = folder.disk.watch().await.expect("watched");
    std::fs::write(outside.join("f"), "").expect("written");
    std::fs::write(folder.root().join("f"), "").expect("written");
    let noticed = until(&mut *watch, |_| true).await;
    assert_eq!(noticed, Noticed::Changed(path("f")), "the first that is told is from inside");
}

#[tokio::test]
async fn names_that_are_no_text_are_told_by_their_folder() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = Folder::new(Calls::Best);
    std::fs::create_dir(folder.root().join("d")).expect("made");
    let mut watch = folder.disk.watch().await.expect("watched");
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    std::fs::write(folder.root().join("d").join(name), "").expect("written");
    until(&mut *watch, |noticed| *noticed == Noticed::Changed(path("d"))).await;
}
