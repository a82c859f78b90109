//! Links, pipes and other traps: nothing leads out of the sync folder.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tidemark_sync::area;
use tidemark_sync::disk::Calls;
use tidemark_sync::ports::{Disk, DiskFault, SeenKind};

use super::{Folder, path};

const BOTH: [Calls; 2] = [Calls::Best, Calls::Portable];

/// A folder beside the sync folder, which nobody may touch.
fn outside(folder: &Folder) -> std::path::PathBuf {
    let outside = folder.around.path().join("outside");
    std::fs::create_dir(&outside).expect("made");
    std::fs::write(outside.join("secret"), "secret").expect("written");
    outside
}

fn is_untouched(outside: &Path) -> bool {
    let names: Vec<_> =
        std::fs::read_dir(outside).expect("listed").map(|one| one.expect("one").file_name()).collect();
    names == ["secret"] && std::fs::read(outside.join("secret")).expect("read") == b"secret"
}

#[tokio::test]
async fn links_are_seen_and_never_followed() {
    for calls in BOTH {
        let folder = Folder::new(calls);
        let outside = outside(&folder);
        let disk: &dyn Disk = &folder.disk;
        for (link, target) in [
            ("out", outside.clone()),
            ("up", "..".into()),
            ("file", outside.join("secret")),
            ("self", ".".into()),
        ] {
            symlink(target, folder.root().join(link)).expect("linked");
        }
        std::fs::write(folder.root().join("mine"), "mine").expect("written");
        for link in ["out", "up", "file", "self"] {
            let seen = disk.look(&path(link)).await.expect("looked at").expect("there");
            assert_eq!(seen.kind, SeenKind::Symlink);
        }
        let faults = [
            disk.look(&path("out/secret")).await.map(drop),
            disk.look(&path("self/mine")).await.map(drop),
            disk.list(&path("out")).await.map(drop),
            disk.list(&path("up")).await.map(drop),
            disk.open(&path("file")).await.map(drop),
            disk.open(&path("out/secret")).await.map(drop),
            disk.create(&path("out/new"), None).await.map(drop),
            disk.make_folder(&path("out/new")).await.map(drop),
            disk.rename(&path("mine"), &path("out/mine")).await,
            disk.rename(&path("out/secret"), &path("stolen")).await,
            disk.exchange(&path("mine"), &path("out/secret")).await,
            disk.remove_file(&path("out/secret")).await,
            disk.remove_folder(&path("out")).await,
            disk.set_executable(&path("file"), true).await,
            disk.sync_folder(&path("out")).await,
        ];
        for (number, done) in faults.into_iter().enumerate() {
            let error = done.expect_err("refused");
            assert_eq!(error.fault, DiskFault::Different, "number {number} by {calls:?} calls: {error:?}");
        }
        let created = disk.create(&path("file"), None).await.map(drop).expect_err("refused");
        assert_eq!(created.fault, DiskFault::Taken, "a file is not created where a link leads");
        assert!(is_untouched(&outside));
    }
}

#[tokio::test]
async fn pipes_and_sockets_hang_nobody() {
    for calls in BOTH {
        let folder = Folder::new(calls);
        let pipe = folder.root().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
        assert!(made.success());
        let _socket = std::os::unix::net::UnixListener::bind(folder.root().join("socket")).expect("bound");
        for name in ["pipe", "socket"] {
            let seen = folder.disk.look(&path(name)).await.expect("looked at").expect("there");
            assert_eq!(seen.kind, SeenKind::Special);
            let opened = folder.disk.open(&path(name)).await.map(drop).expect_err("refused");
            assert_eq!(opened.fault, DiskFault::Different);
        }
    }
}

#[tokio::test]
async fn names_that_are_no_text_are_told_as_such() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = Folder::new(Calls::Best);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    std::fs::write(folder.root().join(name), "").expect("written");
    let listed = folder.disk.list(&path("")).await.expect("listed");
    assert!(
        listed.iter().any(|one| one.name == Err("caf\u{fffd}".into()) && one.seen.is_some()),
        "{listed:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_turns_into_a_link_leads_nowhere() {
    // Somebody swaps a folder for a link to another, again and again, while files are written, renamed and removed in it.
    for calls in BOTH {
        let folder = Folder::new(calls);
        let outside = outside(&folder);
        let (real, link) = (folder.root().join("d"), folder.root().join("l"));
        std::fs::create_dir(&real).expect("made");
        symlink(&outside, &link).expect("linked");
        let stop = Arc::new(AtomicBool::new(false));
        let attacker = std::thread::spawn({
            let stop = Arc::clone(&stop);
            let (real, link) = (real.clone(), link.clone());
            move || {
                let here = rustix::fs::CWD;
                while !stop.load(Ordering::Relaxed) {
                    rustix::fs::renameat_with(here, &real, here, &link, rustix::fs::RenameFlags::EXCHANGE)
                        .expect("swapped");
                }
            }
        });
        let mut done = 0;
        for round in 0..2000 {
            let (new, renamed) = (path(&format!("d/{round}")), path(&format!("d/{round} renamed")));
            if let Ok(writing) = folder.disk.create(&new, None).await {
                done += 1;
                drop(writing);
            }
            let _ = folder.disk.rename(&new, &renamed).await;
            let _ = folder.disk.remove_file(&renamed).await;
            let _ = folder.disk.remove_file(&path("d/secret")).await;
            if let Ok(listed) = folder.disk.list(&path("d")).await {
                assert!(
                    listed.iter().all(|one| one.name.as_deref() != Ok("secret")),
                    "listed what is outside"
                );
            }
        }
        stop.store(true, Ordering::Relaxed);
        attacker.join().expect("ends");
        assert!(is_untouched(&outside), "by {calls:?} calls");
        assert!(done > 0, "some were made where they should be");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_saves_while_it_is_renamed_is_not_lost() {
    // Programs save by putting another file in the place of the old one, also in the middle of a rename of ours.
    for calls in BOTH {
        let folder = Folder::new(calls);
        area::make(&folder.disk).await.expect("made");
        folder.disk.make_folder(&path(".tidemark/staging")).await.expect("made");
        let (old, new, saved) =
            (folder.root().join("old"), folder.root().join("new"), folder.root().join("saved"));
        for round in 0..3000 {
            std::fs::write(&old, "old").expect("written");
            std::fs::write(&saved, "saved").expect("written");
            let start = Arc::new(std::sync::Barrier::new(2));
            let somebody = std::thread::spawn({
                let (start, old, saved) = (Arc::clone(&start), old.clone(), saved.clone());
                move || {
                    start.wait();
                    // At any instant of the rename, one after another.
                    (0..round % 60 * 10).for_each(|_| std::hint::spin_loop());
                    std::fs::rename(saved, old).expect("saved");
                }
            });
            start.wait();
            let renamed = folder.disk.rename(&path("old"), &path("new")).await;
            somebody.join().expect("ends");
            // What was replaced just before it could be given another name is found to be gone: that is looked at again.
            assert!(!renamed.is_err_and(|error| error.fault != DiskFault::Missing), "round {round}");
            let texts = [&old, &new].map(|path| std::fs::read_to_string(path).ok());
            assert!(texts.contains(&Some("saved".to_owned())), "round {round} by {calls:?} calls: {texts:?}");
            assert_eq!(
                std::fs::read_dir(folder.root().join(".tidemark/staging")).expect("listed").count(),
                0
            );
            let _ = std::fs::remove_file(&old);
            let _ = std::fs::remove_file(&new);
        }
    }
}
