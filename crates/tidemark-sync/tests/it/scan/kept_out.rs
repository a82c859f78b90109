//! What is not synced is told, and never looks like a deletion.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use tidemark_sync::disk::{Calls, RealDisk};
use tidemark_sync::observe::local::{Depth, Looks, ScanError};
use tidemark_sync::ports::{Disk, DiskFault};
use tidemark_sync::state::{AllLeftOut, WhyLeftOut};
use tidemark_sync::trees::NameFault;

use super::World;
use crate::disk::path;

fn told(world: &World) -> Vec<(String, WhyLeftOut)> {
    let mut told: Vec<_> = world.left_out().iter().map(|one| (one.path(), one.why)).collect();
    told.sort_by(|one, other| one.0.cmp(&other.0));
    told
}

fn paths(world: &World) -> Vec<String> {
    told(world).into_iter().map(|(path, _)| path).collect()
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
    world.scan(Looks::everywhere()).await;
    assert_eq!(world.names(), ["d", "d/good"]);
    assert_eq!(
        told(&world),
        [
            ("d/back\\slash".to_owned(), WhyLeftOut::Name(NameFault::Character)),
            ("d/fol\nder".to_owned(), WhyLeftOut::Name(NameFault::Character)),
            ("d/link".to_owned(), WhyLeftOut::Symlink),
            ("d/\u{fffd}".to_owned(), WhyLeftOut::NotText),
            ("socket".to_owned(), WhyLeftOut::Special),
            ("space ".to_owned(), WhyLeftOut::Name(NameFault::TrailingSpace)),
        ]
    );
    assert_eq!(world.state.counts().expect("counted").left_out, 6);
    // Told as long as it is so, wherever it is looked.
    let all = told(&world);
    for places in [&["d/link", "space "][..], &["d"], &["d/good"], &[""]] {
        world.scan_at(places).await;
        assert_eq!(told(&world), all, "{places:?}");
    }
    world.rm("d/link");
    world.rm("space ");
    world.write("space ", "another");
    world.scan_at(&["d/link", "space "]).await;
    assert_eq!(paths(&world), ["d/back\\slash", "d/fol\nder", "d/\u{fffd}", "socket", "space "]);
}

#[tokio::test]
async fn what_is_left_out_goes_with_its_folder() {
    // Gone with it, and moved with it; whoever looks where.
    let mut world = World::with(&["a/b/x", "a b/y", "c/z"]).await;
    for folder in ["a", "a/b", "a b", "c"] {
        symlink("x", world.at(folder).join("link")).expect("linked");
    }
    world.scan(Looks::everywhere()).await;
    assert_eq!(paths(&world), ["a b/link", "a/b/link", "a/link", "c/link"]);
    world.rm("c");
    world.scan_at(&["c"]).await;
    assert_eq!(paths(&world), ["a b/link", "a/b/link", "a/link"]);
    world.mv("a", "d");
    world.scan_at(&["a", "d"]).await;
    assert_eq!(paths(&world), ["a b/link", "d/b/link", "d/link"]);
    // What was a folder is a file, and what nobody wants is nobody's business.
    world.rm("d/b");
    world.write("d/b", "a file");
    world.write("a b/.tidemarkignore", "link\n");
    world.scan_at(&["d/b", "a b/.tidemarkignore"]).await;
    assert_eq!(paths(&world), ["d/link"]);
}

#[tokio::test]
async fn what_is_left_out_stays_known_where_nobody_can_look() {
    let mut world = World::with(&["d/e/x"]).await;
    symlink("x", world.at("d/e/link")).expect("linked");
    world.scan(Looks::everywhere()).await;
    world.disk.refuse(&path("d/e"), Some(DiskFault::Denied));
    world.scan(Looks::everywhere()).await;
    assert_eq!(paths(&world), ["d/e", "d/e/link"]);
    world.disk.refuse(&path("d/e"), None);
    world.rm("d/e/link");
    let mut looks = Looks::new();
    looks.add(path("d"), Depth::Everything);
    world.scan(looks).await;
    assert_eq!(paths(&world), [""; 0]);
}

#[tokio::test]
async fn a_synced_file_with_a_bad_new_name_is_not_gone() {
    // It moved. That the server will not take the name is no reason to delete what it has.
    let mut world = World::with(&["a", "d/x"]).await;
    let ids = [world.id("a"), world.id("d/x")];
    world.mv("a", "a ");
    world.mv("d", "d\\");
    world.scan(Looks::everywhere()).await;
    assert_eq!([world.id("a "), world.id("d\\/x")], ids);
    let again = world.scan(Looks::everywhere()).await;
    assert_eq!((paths(&world), again.changes), (vec!["a ".to_owned(), "d\\".to_owned()], 0));
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
        assert_eq!(told(&world), [("d/e".to_owned(), WhyLeftOut::Unreadable(fault))]);
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
    world.scan(Looks::everywhere()).await;
    assert_eq!(world.names(), ["a", "d", "d/x"]);
    assert_eq!(told(&world), [("a".to_owned(), WhyLeftOut::Unreadable(DiskFault::Denied))]);
}

#[tokio::test]
async fn what_went_away_while_it_was_looked_at_is_looked_at_again() {
    let mut world = World::with(&["d/x"]).await;
    world.disk.refuse(&path("d"), Some(DiskFault::Missing));
    let scanned = world.try_scan(Looks::everywhere()).await.expect("scanned");
    assert!(scanned.again.covers(&path("d")));
    assert_eq!(world.names(), ["d", "d/x"]);
}

#[tokio::test]
async fn a_sync_folder_that_is_away_is_not_empty() {
    for fault in [DiskFault::Unmounted, DiskFault::Missing, DiskFault::Broken, DiskFault::Denied] {
        let mut world = World::with(&["d/x"]).await;
        world.disk.refuse(&path(""), Some(fault));
        let failed = world.try_scan(Looks::everywhere()).await;
        assert!(matches!(failed, Err(ScanError::Disk(error)) if error.fault == fault));
        // And when it goes away half-way.
        world.disk.refuse(&path(""), None);
        world.disk.refuse(&path("d"), Some(DiskFault::Unmounted));
        world.make(&["a"]);
        world.try_scan(Looks::everywhere()).await.expect_err("away");
        assert_eq!(world.names(), ["d", "d/x"]);
    }
}

#[tokio::test]
async fn another_file_system_hides_and_deletes_nothing() {
    let mut world = World::with(&["d/x", "e/y"]).await;
    *world.disk.mounted.lock().expect("whole") = Some(path("d"));
    world.scan(Looks::everywhere()).await;
    assert_eq!(world.names(), ["d", "d/x", "e", "e/y"]);
    assert_eq!(told(&world), [("d".to_owned(), WhyLeftOut::OtherFileSystem)]);
    // A part of the same device looks as it should from outside, and cannot be entered.
    *world.disk.mounted.lock().expect("whole") = None;
    world.disk.refuse(&path("e"), Some(DiskFault::Different));
    world.scan(Looks::everywhere()).await;
    assert_eq!(told(&world), [("e".to_owned(), WhyLeftOut::OtherFileSystem)]);
    assert_eq!(world.names().len(), 4);
}

#[tokio::test]
async fn another_sync_folder_hides_and_deletes_nothing() {
    let mut world = World::with(&["a", "d/x", "d/e/y", "z"]).await;
    // What is known becomes one; what is new is one; and one is moved over what is known.
    world.make(&["d/.tidemark/marker.json", "n/.tidemark/marker.json", "n/x", "m/.tidemark/marker.json"]);
    world.rm("d/x");
    world.make(&["d/new", "d/e/new"]);
    let names = ["a", "d", "d/e", "d/e/y", "d/x", "z"];
    let all = |names: &[&str]| -> Vec<_> {
        names.iter().map(|name| ((*name).to_owned(), WhyLeftOut::SyncFolder)).collect()
    };
    // Whoever is told of a place in it, too.
    for places in [&["d/new"][..], &["d/e/new"], &["d/x"], &["n/x"], &["n"], &["d"], &[""]] {
        let scanned = world.scan_at(places).await;
        assert_eq!((scanned.changes, world.names()), (0, names.map(str::to_owned).to_vec()), "{places:?}");
    }
    world.scan(Looks::everywhere()).await;
    assert_eq!((world.names(), told(&world)), (names.map(str::to_owned).to_vec(), all(&["d", "m", "n"])));
    let id = world.id("d");
    world.mv("d", "moved");
    world.scan_at(&["d", "moved"]).await;
    assert_eq!((world.id("moved"), world.names().len()), (id, 6), "it moved with all that is known of it");
    world.rm("moved");
    world.mv("m", "moved");
    world.scan(Looks::everywhere()).await;
    assert_eq!((world.id("moved"), world.names().len()), (id, 6), "nothing is deleted");
    assert_eq!(told(&world), all(&["moved", "n"]));
    // As soon as it is none, it is looked into again.
    world.rm("moved");
    world.rm("n/.tidemark/marker.json");
    world.scan(Looks::everywhere()).await;
    assert_eq!((world.names(), told(&world)), (["a", "n", "n/x", "z"].map(str::to_owned).to_vec(), vec![]));
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
    // The first of it is told, whatever comes and goes; how much it is, by whoever looks through everything.
    let mut world = World::with(&["d/x"]).await;
    for number in 0..1010 {
        symlink("x", world.at(&number.to_string())).expect("linked");
    }
    let counted = |world: &World| {
        let AllLeftOut { first, more } = world.state.left_out().expect("readable");
        assert_eq!(world.state.counts().expect("counted").left_out, first.len() as u64 + more);
        (first.len(), more)
    };
    world.scan_everything().await;
    assert_eq!(counted(&world), (1000, 10));
    symlink("x", world.at("d/link")).expect("linked");
    world.scan_at(&["d"]).await;
    assert_eq!(counted(&world), (1000, 10), "there is more, and nobody has counted it");
    world.scan(Looks::everywhere()).await;
    assert_eq!(counted(&world), (1000, 11));
    for number in 0..1010 {
        world.rm(&number.to_string());
    }
    world.scan(Looks::everywhere()).await;
    assert_eq!((counted(&world), paths(&world)), ((1, 0), vec!["d/link".to_owned()]));
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
            assert_eq!((scanned.changes, told(&world)), (0, expected.to_vec()));
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
