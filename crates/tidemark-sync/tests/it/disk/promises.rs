//! The real disk keeps the promises of the port, with the best calls and with portable ones.

use std::path::Path;

use tidemark_sync::disk::{Calls, RealDisk};
use tidemark_sync::ports::{Disk as _, DiskFault, LocalPath, conformance};

use super::{Folder, path};

#[tokio::test]
async fn with_the_best_calls() {
    conformance::suite(&Folder::new(Calls::Best).disk).await;
}

#[tokio::test]
async fn with_portable_calls() {
    conformance::suite(&Folder::new(Calls::Portable).disk).await;
}

#[tokio::test]
async fn in_memory() {
    // Another kind of file system, where the machine has one.
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        let around = tempfile::tempdir_in(memory).expect("a temporary folder");
        for calls in [Calls::Best, Calls::Portable] {
            let root = around.path().join(format!("{calls:?}"));
            std::fs::create_dir(&root).expect("made");
            conformance::suite(&RealDisk::open(&root, calls).expect("opened")).await;
        }
    }
}

#[tokio::test]
async fn a_folder_that_went_away_is_unmounted() {
    // Gone, replaced by another, and back again.
    let folder = Folder::new(Calls::Best);
    let (here, there) = (folder.root().to_owned(), folder.around.path().join("elsewhere"));
    let fault = || async {
        let listed = folder.disk.list(&LocalPath::root()).await.map(drop);
        let created = folder.disk.create(&path("f"), None).await.map(drop);
        let faults = [listed, created].map(|done| done.expect_err("refused").fault);
        assert_eq!(faults, [DiskFault::Unmounted; 2]);
    };
    std::fs::rename(&here, &there).expect("moved");
    fault().await;
    std::fs::create_dir(&here).expect("another");
    fault().await;
    assert_eq!(std::fs::read_dir(&here).expect("listed").count(), 0, "nothing was put into the other");
    std::fs::remove_dir(&here).expect("removed");
    std::os::unix::fs::symlink(&there, &here).expect("a link to it");
    fault().await;
    std::fs::remove_file(&here).expect("removed");
    std::fs::rename(&there, &here).expect("moved back");
    folder.disk.list(&LocalPath::root()).await.expect("there again");
}

#[tokio::test]
async fn paths_may_be_longer_than_the_system_takes_at_once() {
    // 40 folders with names of 200 bytes: twice as long as a path may be in one call.
    for calls in [Calls::Best, Calls::Portable] {
        let folder = Folder::new(calls);
        let name = "n".repeat(200);
        let mut at = LocalPath::root();
        for _ in 0..40 {
            at = at.join(&name).expect("a path");
            folder.disk.make_folder(&at).await.expect("made");
        }
        assert!(at.as_str().len() > 8000);
        assert_eq!(folder.disk.list(&at).await.expect("listed").len(), 0);
        folder.disk.remove_folder(&at).await.expect("removed");
    }
}

#[tokio::test]
async fn a_file_like_a_private_one_is_private() {
    // Not even a moment passes in which others could read it.
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new(Calls::Best);
    let model = folder.root().join("secret");
    std::fs::write(&model, "old").expect("written");
    for mode in [0o600, 0o640, 0o664] {
        std::fs::set_permissions(&model, std::fs::Permissions::from_mode(mode)).expect("set");
        let name = format!("{mode:o}");
        let writing = folder.disk.create(&path(&name), Some(&path("secret"))).await.expect("made");
        let permissions =
            || std::fs::metadata(folder.root().join(&name)).expect("there").permissions().mode() & 0o777;
        assert_eq!(permissions(), mode);
        writing.finish(None, true).await.expect("finished");
        assert_eq!(permissions(), mode | (mode >> 2) & 0o111, "whoever may read it may run it");
    }
}

#[tokio::test]
async fn hard_links_are_something_else() {
    let folder = Folder::new(Calls::Best);
    for calls in [Calls::Best, Calls::Portable] {
        let disk = RealDisk::open(folder.root(), calls).expect("opened");
        let name = format!("{calls:?}");
        std::fs::write(folder.root().join(&name), "twice").expect("written");
        let other = format!("{name} again");
        std::fs::hard_link(folder.root().join(&name), folder.root().join(&other)).expect("linked");
        let refused = disk.rename(&path(&name), &path(&other)).await.expect_err("refused");
        assert_eq!(refused.fault, DiskFault::Taken);
        let seen = disk.look(&path(&other)).await.expect("looked at").expect("still there");
        assert_eq!(seen.links, 2);
    }
}
