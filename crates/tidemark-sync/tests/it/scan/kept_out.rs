//! What is not synced is told, and never looks like a deletion.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use tidemark_sync::disk::{Calls, RealDisk};
use tidemark_sync::observe::local::{Looks, NameFault, ScanError, Scanned, WhyLeftOut, scan};
use tidemark_sync::ports::{Disk, DiskFault};

use super::World;
use crate::disk::path;

fn told(scanned: &Scanned) -> Vec<(String, WhyLeftOut)> {
    let shown = |one: &tidemark_sync::observe::local::LeftOut| {
        one.to_string().split_once(": ").map(|(path, _)| path.to_owned()).unwrap_or_default()
    };
    let mut told: Vec<_> = scanned.left_out.iter().map(|one| (shown(one), one.why)).collect();
    told.sort_by(|one, other| one.0.cmp(&other.0));
    told
}

#[tokio::test]
async fn what_cannot_be_synced_is_told() {
    let mut world = World::with(&["d/good"]).await;
    symlink("good", world.at("d/link")).expect("linked");
    let _socket = std::os::unix::net::UnixListener::bind(world.at("socket")).expect("bound");
    std::fs::write(world.at("d").join(std::ffi::OsStr::from_bytes(b"\xff")), "").expect("written");
    world.make(&[
        "space ",
        "d/back\\slash",
        "d/fol\nder/inner",
        ".tidemark/x",
        "d/.TideMark/y",
        "d/Thumbs.db",
    ]);
    let scanned = world.scan(Looks::everywhere()).await;
    assert_eq!(world.names(), ["d", "d/good"]);
    assert_eq!(
        told(&scanned),
        [
            ("d/back\\slash".to_owned(), WhyLeftOut::Name(NameFault::Character)),
            ("d/fol\nder".to_owned(), WhyLeftOut::Name(NameFault::Character)),
            ("d/link".to_owned(), WhyLeftOut::Symlink),
            ("d/\u{fffd}".to_owned(), WhyLeftOut::NotText),
            ("socket".to_owned(), WhyLeftOut::Special),
            ("space ".to_owned(), WhyLeftOut::Name(NameFault::TrailingSpace)),
        ]
    );
    // Told again, as long as it is so; and when only it is looked at.
    assert_eq!(told(&world.scan_at(&["d/link", "space "]).await).len(), 2);
}

#[tokio::test]
async fn a_synced_file_with_a_bad_new_name_is_not_gone() {
    // It moved. That the server will not take the name is no reason to delete what it has.
    let mut world = World::with(&["a", "d/x"]).await;
    let ids = [world.id("a"), world.id("d/x")];
    world.mv("a", "a ");
    world.mv("d", "d\\");
    let scanned = world.scan(Looks::everywhere()).await;
    assert_eq!([world.id("a "), world.id("d\\/x")], ids);
    let again = world.scan(Looks::everywhere()).await;
    assert_eq!((told(&again).len(), again.changes), (2, 0), "{scanned:?}");
}

#[tokio::test]
async fn what_cannot_be_listed_is_not_empty() {
    for fault in [DiskFault::Denied, DiskFault::Broken, DiskFault::BadName] {
        let mut world = World::with(&["d/e/x", "d/y", "z"]).await;
        world.rm("d/e/x");
        world.write("z", "other");
        world.disk.refuse(&path("d/e"), Some(fault));
        let scanned = world.scan(Looks::everywhere()).await;
        assert_eq!(world.names(), ["d", "d/e", "d/e/x", "d/y", "z"]);
        assert_eq!(told(&scanned), [("d/e".to_owned(), WhyLeftOut::Unreadable(fault))]);
        assert_eq!(scanned.changes, 1, "everything else goes on");
        world.disk.refuse(&path("d/e"), None);
        world.scan_everything().await;
        assert_eq!(world.names(), ["d", "d/e", "d/y", "z"]);
    }
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_not_gone() {
    let mut world = World::with(&["a", "d/x"]).await;
    world.disk.refuse(&path("a"), Some(DiskFault::Denied));
    let scanned = world.scan(Looks::everywhere()).await;
    assert_eq!(world.names(), ["a", "d", "d/x"]);
    assert_eq!(told(&scanned), [("a".to_owned(), WhyLeftOut::Unreadable(DiskFault::Denied))]);
}

#[tokio::test]
async fn what_went_away_while_it_was_looked_at_is_looked_at_again() {
    let mut world = World::with(&["d/x"]).await;
    world.disk.refuse(&path("d"), Some(DiskFault::Missing));
    let scanned =
        scan(&world.disk, &mut world.state, &mut world.rules, Looks::everywhere()).await.expect("scanned");
    assert!(scanned.again.covers(&path("d")));
    assert_eq!(world.names(), ["d", "d/x"]);
}

#[tokio::test]
async fn a_sync_folder_that_is_away_is_not_empty() {
    for fault in [DiskFault::Unmounted, DiskFault::Missing, DiskFault::Broken, DiskFault::Denied] {
        let mut world = World::with(&["d/x"]).await;
        world.disk.refuse(&path(""), Some(fault));
        let failed = scan(&world.disk, &mut world.state, &mut world.rules, Looks::everywhere()).await;
        assert!(matches!(failed, Err(ScanError::Disk(error)) if error.fault == fault));
        // And when it goes away half-way.
        world.disk.refuse(&path(""), None);
        world.disk.refuse(&path("d"), Some(DiskFault::Unmounted));
        world.make(&["a"]);
        scan(&world.disk, &mut world.state, &mut world.rules, Looks::everywhere()).await.expect_err("away");
        assert_eq!(world.names(), ["d", "d/x"]);
    }
}

#[tokio::test]
async fn another_file_system_hides_and_deletes_nothing() {
    let mut world = World::with(&["d/x", "e/y"]).await;
    *world.disk.mounted.lock().expect("whole") = Some(path("d"));
    let scanned = world.scan(Looks::everywhere()).await;
    assert_eq!(world.names(), ["d", "d/x", "e", "e/y"]);
    assert_eq!(told(&scanned), [("d".to_owned(), WhyLeftOut::OtherFileSystem)]);
    // A part of the same device looks as it should from outside, and cannot be entered.
    *world.disk.mounted.lock().expect("whole") = None;
    world.disk.refuse(&path("e"), Some(DiskFault::Different));
    let scanned = world.scan(Looks::everywhere()).await;
    assert_eq!(told(&scanned), [("e".to_owned(), WhyLeftOut::OtherFileSystem)]);
    assert_eq!(world.names().len(), 4);
}

#[tokio::test]
async fn a_link_in_place_of_something_is_its_end() {
    let mut world = World::with(&["d/x", "f"]).await;
    world.mv("d", "moved");
    symlink("moved", world.at("d")).expect("linked");
    world.rm("f");
    symlink("moved/x", world.at("f")).expect("linked");
    world.scan_at(&["d", "f", "moved"]).await;
    assert_eq!(world.names(), ["moved", "moved/x"]);
}

#[tokio::test]
async fn much_that_is_left_out_is_counted() {
    let mut world = World::new();
    for number in 0..1010 {
        symlink("x", world.at(&number.to_string())).expect("linked");
    }
    let scanned = world.scan_everything().await;
    assert_eq!((scanned.left_out.len(), scanned.left_out_more), (1000, 10));
}

/// Something mounted, until it goes out of scope.
struct Mount(std::path::PathBuf);

impl Mount {
    /// None where this process may not mount anything.
    fn over(place: std::path::PathBuf, options: &[&std::ffi::OsStr]) -> Option<Mount> {
        let mounted = Command::new("mount").args(options).arg(&place).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then_some(Mount(place))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "cannot unmount {}", self.0.display());
    }
}

#[tokio::test]
async fn real_mounts_are_not_entered() {
    // Another file system, and another part of the same one. Where mounting is not allowed, this shows nothing.
    for calls in [Calls::Best, Calls::Portable] {
        let mut world = World::with(&["d/x", "e/y"]).await;
        world.disk.disk = RealDisk::open(world.folder.root(), calls).expect("opened");
        let outside = world.folder.around.path().join("outside");
        std::fs::create_dir(&outside).expect("made");
        std::fs::write(outside.join("z"), "").expect("written");
        let bind = ["--bind".as_ref(), outside.as_os_str()];
        let memory = ["-t", "tmpfs", "tmpfs"].map(std::ffi::OsStr::new);
        for options in [&bind[..], &memory] {
            let Some(_mount) = Mount::over(world.at("d"), options) else { return };
            let expected = [("d".to_owned(), WhyLeftOut::OtherFileSystem)];
            let scanned = world.scan(Looks::everywhere()).await;
            assert_eq!((scanned.changes, told(&scanned)), (0, expected.to_vec()));
            assert_eq!(world.scan_at(&["d/z"]).await.changes, 0);
            assert_eq!(world.names(), ["d", "d/x", "e", "e/y"]);
            let disk: &dyn Disk = &world.disk.disk;
            for refused in [disk.list(&path("d")).await.map(drop), disk.open(&path("d/z")).await.map(drop)] {
                assert_eq!(refused.expect_err("refused").fault, DiskFault::Different);
            }
        }
        world.scan_everything().await;
    }
}
