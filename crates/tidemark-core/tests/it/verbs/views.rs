//! App folders and fingerprints.

use crate::world::{World, content};
use std::future::poll_fn;
use std::task::Poll;
use tidemark_core::cloud::{Condition, Put};
use tidemark_core::model::{ClientTimes, EntryId, Path};

fn path(text: &str) -> Path {
    Path::parse(text).expect("a good path")
}

fn put(at: &str, text: &str) -> Put {
    Put {
        at: path(at).into(),
        content: content(text),
        condition: Condition::Overwrite,
        autorename: true,
        times: ClientTimes::default(),
    }
}

/// An app folder is known by identity: it survives being renamed, and is made again when it was deleted.
#[tokio::test]
async fn an_app_folder_follows_its_renaming() {
    let world = World::new().await;
    let (cloud, whole, app) = (&world.cloud, world.whole().await, world.app_folder().await);
    cloud.put_file(&app, &put("/note", "one")).await.expect("a free path");
    assert!(cloud.stat(&whole, &path("/Apps/Notes/note")).await.expect("memory").is_some());
    cloud.move_to(&whole, &path("/Apps/Notes"), &path("/My notes"), false).await.expect("a free path");
    assert_eq!(world.app_folder().await, app);
    let note = cloud.stat(&app, &path("/note")).await.expect("memory").expect("it is there");
    assert_eq!(note.path.as_str(), "/note", "paths begin at the app folder");

    cloud.delete(&whole, &path("/My notes")).await.expect("it is there");
    let again = world.app_folder().await;
    assert_ne!(again.root, app.root);
    assert_eq!(cloud.stat(&again, &path("/note")).await.expect("memory"), None);
    assert!(cloud.put_file(&app, &put("/note", "two")).await.is_err(), "the old root is gone");
}

/// A folder that somebody made is not handed to an app that happens to be called like it.
#[tokio::test]
async fn an_app_folder_is_never_somebody_elses() {
    let world = World::new().await;
    let (cloud, whole) = (&world.cloud, world.whole().await);
    cloud.put_file(&whole, &put("/Apps/Notes/diary", "private")).await.expect("a free path");
    let app = world.app_folder().await;
    assert_ne!(app.root, EntryId::ROOT);
    assert_eq!(cloud.stat(&app, &path("/diary")).await.expect("memory"), None);
    assert!(cloud.stat(&whole, &path("/Apps/Notes (1)")).await.expect("memory").is_some());
}

/// Two first calls at once make one folder.
#[tokio::test]
async fn an_app_folder_is_made_once() {
    let world = World::new().await;
    let (one, two) = tokio::join!(world.app_folder(), world.app_folder());
    assert_eq!(one, two);
    let apps = world.cloud.list(&world.whole().await, &path("/Apps"), 10, true).await.expect("it is there");
    assert_eq!(apps.children.len(), 1);
}

/// A client that hangs up in the middle of its app's first call leaves no folder behind that the next call passes by.
#[tokio::test]
async fn an_app_folder_is_made_whole() {
    let world = World::new().await;
    {
        let mut asking = std::pin::pin!(world.app_folder());
        let once = poll_fn(|cx| Poll::Ready(asking.as_mut().poll(cx).is_pending())).await;
        assert!(once, "the commit is under way");
    }
    world.app_folder().await;
    let apps = world.cloud.list(&world.whole().await, &path("/Apps"), 10, true).await.expect("it is there");
    assert_eq!(apps.children.len(), 1);
}

/// A file where app folders belong stops no app.
#[tokio::test]
async fn app_folders_yield_to_files() {
    let world = World::new().await;
    let (cloud, whole) = (&world.cloud, world.whole().await);
    for file in ["/apps", "/Apps (1)"] {
        cloud.put_file(&whole, &put(file, "a list of apps")).await.expect("a free path");
    }
    let app = world.app_folder().await;
    cloud.put_file(&app, &put("/note", "one")).await.expect("a free path");
    assert!(cloud.stat(&whole, &path("/Apps (2)/Notes/note")).await.expect("memory").is_some());
}

/// A fingerprint changes with a direct child and with the folder's own path, and with nothing else.
#[tokio::test]
async fn fingerprints_are_of_direct_children() {
    let world = World::new().await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    cloud.put_file(&scope, &put("/a/b/c", "one")).await.expect("a free path");
    let of = async |at: &str| cloud.fingerprint(&scope, &path(at), false).await.expect("memory");
    let first = of("/a").await.expect("a folder");
    assert_eq!(of("/a/b/c").await, None, "a file has no listing");
    assert_eq!(of("/none").await, None);
    let listed = cloud.list(&scope, &path("/a"), 10, false).await.expect("it is there").fingerprint;
    assert_eq!(listed, first);

    cloud.put_file(&scope, &put("/a/b/c", "two")).await.expect("a file is there");
    cloud.put_file(&scope, &put("/z", "two")).await.expect("a free path");
    assert_eq!(of("/a").await, Some(first), "grandchildren and others do not matter");
    assert_ne!(
        cloud.fingerprint(&scope, &path("/a"), true).await.expect("memory"),
        Some(first),
        "options do"
    );

    let mut seen = vec![first];
    for step in ["add", "edit", "rename", "delete", "move the folder"] {
        match step {
            "add" => drop(cloud.put_file(&scope, &put("/a/x", "1")).await.expect("free")),
            "edit" => drop(cloud.put_file(&scope, &put("/a/x", "2")).await.expect("free")),
            "rename" => drop(cloud.move_to(&scope, &path("/a/x"), &path("/a/y"), false).await.expect("free")),
            "delete" => drop(cloud.delete(&scope, &path("/a/y")).await.expect("there")),
            _ => drop(cloud.move_to(&scope, &path("/a"), &path("/A"), true).await.expect("a spelling")),
        }
        let now = of("/a").await.expect("a folder");
        assert!(!seen.contains(&now), "{step} must change it");
        seen.push(now);
    }
}
