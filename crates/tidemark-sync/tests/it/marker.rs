//! Whether a folder is the one that it should be.

use std::fs;

use tidemark_sync::disk::{Calls, RealDisk};
use tidemark_sync::marker::{Difference, Found, Ties, check, is_copy, write};
use tidemark_sync::ports::DiskFault;

use crate::disk::Folder;

fn ties() -> Ties {
    Ties { server: "server".into(), account: "12".into(), device: "laptop".into() }
}

#[tokio::test]
async fn a_marked_folder_is_fine_and_only_for_whom_it_is_marked() {
    let folder = Folder::new(Calls::Best);
    assert_eq!(check(&folder.disk, &ties()).await.expect("checked"), Found::Missing);
    fs::remove_dir(folder.root().join(".tidemark")).expect("removed");
    assert_eq!(check(&folder.disk, &ties()).await.expect("checked"), Found::Missing);
    assert!(!folder.root().join(".tidemark").exists(), "looking changes nothing");
    write(&folder.disk, &ties()).await.expect("written");
    for (other, difference) in [
        (Ties { server: "another".into(), ..ties() }, Difference::Server),
        (Ties { account: "13".into(), ..ties() }, Difference::Account),
        (Ties { device: "phone".into(), ..ties() }, Difference::Device),
    ] {
        assert_eq!(check(&folder.disk, &ties()).await.expect("checked"), Found::Fine);
        assert_eq!(check(&folder.disk, &other).await.expect("checked"), Found::Different(difference));
    }
    // Written anew, over what is there and over what a crash left.
    fs::write(folder.root().join(".tidemark/marker.json.new"), "half").expect("written");
    let other = Ties { server: "another".into(), ..ties() };
    write(&folder.disk, &other).await.expect("written");
    assert_eq!(check(&folder.disk, &other).await.expect("checked"), Found::Fine);
    let left: Vec<_> = fs::read_dir(folder.root().join(".tidemark")).expect("listed").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test]
async fn a_copy_is_another_folder() {
    let folder = Folder::new(Calls::Best);
    write(&folder.disk, &ties()).await.expect("written");
    let copy = folder.around.path().join("copy");
    fs::create_dir_all(copy.join(".tidemark")).expect("made");
    fs::copy(folder.root().join(".tidemark/marker.json"), copy.join(".tidemark/marker.json"))
        .expect("copied");
    let copied = RealDisk::open(&copy, Calls::Best).expect("opened");
    assert_eq!(check(&copied, &ties()).await.expect("checked"), Found::Different(Difference::Folder));
    assert!(is_copy(&copied).await.expect("checked") && !is_copy(&folder.disk).await.expect("checked"));
    // Moved elsewhere on its disk, it is what it was.
    let moved = folder.around.path().join("moved");
    fs::rename(folder.root(), &moved).expect("moved");
    let moved = RealDisk::open(&moved, Calls::Best).expect("opened");
    assert_eq!(check(&moved, &ties()).await.expect("checked"), Found::Fine);
    assert!(!is_copy(&moved).await.expect("checked"));
    // And where it was, nothing is.
    let away = check(&folder.disk, &ties()).await.expect_err("not there");
    assert_eq!(away.fault, DiskFault::Unmounted);
}

#[tokio::test]
async fn what_is_no_marker_is_not_taken_for_one() {
    let folder = Folder::new(Calls::Best);
    write(&folder.disk, &ties()).await.expect("written");
    let path = folder.root().join(".tidemark/marker.json");
    let good = fs::read_to_string(&path).expect("read");
    let newer = good.replace("\"version\": 1", "\"version\": 2");
    assert_ne!(newer, good);
    for text in ["", "{}", "null", &good[..good.len() / 2], &newer, &format!("{good}{}", " ".repeat(20_000))]
    {
        fs::write(&path, text).expect("written");
        let found = check(&folder.disk, &ties()).await.expect("checked");
        assert_eq!(found, Found::Different(Difference::Unreadable), "{text:.40}");
    }
    fs::write(folder.root().join("elsewhere"), &good).expect("written");
    fs::remove_file(&path).expect("removed");
    std::os::unix::fs::symlink("../elsewhere", &path).expect("linked");
    let found = check(&folder.disk, &ties()).await.expect("checked");
    assert_eq!(found, Found::Different(Difference::Unreadable), "a link");
}
