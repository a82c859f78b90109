//! What was deleted elsewhere, for a while.

use std::fs;
use std::time::{Duration, SystemTime};

use tidemark_sync::disk::Calls;
use tidemark_sync::ports::{DiskFault, LocalPath};
use tidemark_sync::trash::{Swept, put, sweep};

use crate::disk::{Folder, path};

const DAY: Duration = Duration::from_secs(86_400);

/// 2026-11-21T22:59:45Z, and so many seconds.
fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_301_985 + seconds)
}

#[tokio::test]
async fn what_is_thrown_away_keeps_its_path() {
    let folder = Folder::new(Calls::Best);
    fs::create_dir_all(folder.root().join("a/b/d")).expect("made");
    let mut places = Vec::new();
    for bytes in ["first", "second"] {
        fs::write(folder.root().join("a/b/c"), bytes).expect("written");
        places.push(put(&folder.disk, &path("a/b/c"), at(0)).await.expect("thrown away"));
    }
    fs::write(folder.root().join("a/b/d/e"), "inner").expect("written");
    places.push(put(&folder.disk, &path("a/b"), at(0)).await.expect("thrown away"));
    let place = |number: usize| places[number].as_str();
    assert_eq!(place(0), ".tidemark/trash/2026-11-21T22-59-45Z/a/b/c");
    assert_eq!(place(1), ".tidemark/trash/2026-11-21T22-59-45Z 2/a/b/c");
    // In the first two, a folder of that path is there.
    assert_eq!(place(2), ".tidemark/trash/2026-11-21T22-59-45Z 3/a/b");
    for (number, inside, bytes) in [(0, "", "first"), (1, "", "second"), (2, "/d/e", "inner")] {
        let file = folder.root().join(format!("{}{inside}", place(number)));
        assert_eq!(fs::read_to_string(file).expect("there"), bytes);
    }
    assert_eq!(fs::read_dir(folder.root().join("a")).expect("listed").count(), 0);
    // What comes back by hand comes back whole.
    fs::rename(folder.root().join(place(2)), folder.root().join("a/b")).expect("moved back");
    assert_eq!(fs::read_to_string(folder.root().join("a/b/d/e")).expect("there"), "inner");
}

#[tokio::test]
async fn a_file_may_lie_where_a_folder_should() {
    let folder = Folder::new(Calls::Best);
    fs::write(folder.root().join("a"), "file").expect("written");
    put(&folder.disk, &path("a"), at(0)).await.expect("thrown away");
    fs::create_dir(folder.root().join("a")).expect("made");
    fs::write(folder.root().join("a/b"), "inner").expect("written");
    let place = put(&folder.disk, &path("a/b"), at(0)).await.expect("thrown away");
    assert_eq!(fs::read_to_string(folder.root().join(place.as_str())).expect("there"), "inner");
}

#[tokio::test]
async fn what_is_not_there_cannot_be_thrown_away() {
    let folder = Folder::new(Calls::Best);
    std::os::unix::fs::symlink("/", folder.root().join("link")).expect("linked");
    for (name, fault) in
        [("no", DiskFault::Missing), ("no/no", DiskFault::Missing), ("link/etc", DiskFault::Different)]
    {
        let refused = put(&folder.disk, &path(name), at(0)).await.expect_err("refused");
        assert_eq!(refused.fault, fault, "{name}");
    }
    put(&folder.disk, &LocalPath::root(), at(0)).await.expect_err("the sync folder itself");
}

#[tokio::test]
async fn only_what_is_old_is_swept() {
    let folder = Folder::new(Calls::Best);
    assert_eq!(sweep(&folder.disk, at(0), DAY).await.expect("swept"), Swept::default(), "there is no trash");
    for (name, seconds) in [("old/deep/x", 0), ("old/deep", 0), ("later", 86_400), ("future", 10 * 86_400)] {
        let place = folder.root().join(name);
        if name == "old/deep" {
            fs::create_dir_all(place.join("empty")).expect("made");
            std::os::unix::fs::symlink("/etc", place.join("link")).expect("linked");
        } else {
            fs::create_dir_all(place.parent().expect("a folder")).expect("made");
            fs::write(place, "bytes").expect("written");
        }
        put(&folder.disk, &path(name), at(seconds)).await.expect("thrown away");
    }
    fs::create_dir(folder.root().join(".tidemark/trash/mine")).expect("made");
    let names = || {
        let listed = fs::read_dir(folder.root().join(".tidemark/trash")).expect("listed");
        let mut names: Vec<_> =
            listed.map(|one| one.expect("one").file_name().into_string().expect("text")).collect();
        names.sort();
        names
    };
    assert_eq!(
        sweep(&folder.disk, at(86_400), DAY).await.expect("swept"),
        Swept::default(),
        "not older than that"
    );
    let swept = sweep(&folder.disk, at(86_401), DAY).await.expect("swept");
    // TIME/old/deep/x, and TIME 2/old/deep with what is in it.
    assert_eq!(swept, Swept { removed: 9, failed: 0 });
    assert_eq!(names(), ["2026-11-22T22-59-45Z", "2026-12-01T22-59-45Z", "mine"]);
    assert!(std::path::Path::new("/etc").exists());
}
