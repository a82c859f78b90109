//! Links: what they show, to whom, and until when.

use super::run;
use crate::world::World;
use expect_test::expect;
use futures_util::future::join_all;
use std::time::Duration;
use tidemark_core::cloud::{Scope, ShareError, Shared};
use tidemark_core::model::{AppKey, Link, LinkKey, Name, Path};
use tidemark_core::store::{AccountChange, AccountStore, Clock as _};

fn path(text: &str) -> Path {
    Path::parse(text).expect("a good path")
}

fn app() -> AppKey {
    AppKey("app".into())
}

impl World {
    async fn link(&self, scope: &Scope, at: &str) -> Link {
        self.cloud.share(scope, &path(at), &app()).await.expect("it is there").0
    }

    async fn opened(&self, link: &Link, at: &str) -> Option<Shared> {
        self.cloud.shared(&link.key, &path(at), None, 100).await.expect("memory does not fail")
    }

    /// What a link shows: the entry's name, and the item.
    async fn shows(&self, link: &Link, at: &str) -> String {
        match self.opened(link, at).await {
            Some(shared) => format!("{}: {}", shared.name, super::shown(&shared.item)),
            None => "nothing".into(),
        }
    }
}

/// Renaming and moving keep it, deleting ends it, and what is brought back is shown again.
#[tokio::test]
async fn a_link_follows_its_entry() {
    let world = World::new().await;
    run(&world, "put /a/b.txt one").await;
    let mine = world.whole().await;
    let link = world.link(&mine, "/A/B.txt").await;
    let mut seen = String::new();
    for step in [
        "mv /a/b.txt /c.txt",
        "put /a/b.txt other",
        "put /c.txt more",
        "mv /c.txt /x/y",
        "rm /x",
        "undelete /x",
        "rm /x/y",
        "put /x/y new",
    ] {
        run(&world, step).await;
        seen += &format!("{step} -> {}\n", world.shows(&link, "/").await);
    }
    expect![[r#"
        mv /a/b.txt /c.txt -> c.txt: / @3 #2 3 bytes
        put /a/b.txt other -> c.txt: / @3 #2 3 bytes
        put /c.txt more -> c.txt: / @5 #2 4 bytes
        mv /c.txt /x/y -> y: / @7 #2 4 bytes
        rm /x -> nothing
        undelete /x -> y: / @7 #2 4 bytes
        rm /x/y -> nothing
        put /x/y new -> nothing
    "#]]
    .assert_eq(&seen);
}

/// A folder's link reaches down, and nowhere else.
#[tokio::test]
async fn a_folders_link_shows_what_is_in_it() {
    let world = World::new().await;
    run(&world, "put /top/dir/a one\nput /top/dir/b two\nput /top/file three\nput /secret s\nput /top/gone x\nrm /top/gone").await;
    let mine = world.whole().await;
    let folder = world.link(&mine, "/top").await;
    let mut seen = String::new();
    for at in ["/", "/dir", "/DIR/A", "/file", "/file/x", "/gone", "/secret", "/top", "/dir/none"] {
        seen += &format!("{at} -> {}\n", world.shows(&folder, at).await);
    }
    expect![[r#"
        / -> top: // @1 #1
        /dir -> top: /dir/ @2 #2
        /DIR/A -> top: /dir/a @3 #3 3 bytes
        /file -> top: /file @5 #5 5 bytes
        /file/x -> nothing
        /gone -> nothing
        /secret -> nothing
        /top -> nothing
        /dir/none -> nothing
    "#]]
    .assert_eq(&seen);
    let file = world.link(&mine, "/top/file").await;
    assert_eq!(world.shows(&file, "/x").await, "nothing");
    assert_eq!(world.shows(&file, "/file").await, "nothing");

    let page = async |after: Option<&str>, limit| {
        let after = after.map(|name| Name::parse(name).expect("a good name"));
        let shared = world.cloud.shared(&folder.key, &path("/"), after.as_ref(), limit).await;
        let shared = shared.expect("memory does not fail").expect("it is there");
        let names: Vec<String> = shared.children.iter().map(|child| child.name.to_string()).collect();
        (names, shared.more)
    };
    assert_eq!(page(None, 2).await, (vec!["dir".into(), "file".into()], false));
    assert_eq!(page(None, 1).await, (vec!["dir".into()], true));
    assert_eq!(page(Some("DIR"), 1).await, (vec!["file".into()], false));
    assert_eq!(page(Some("zzz"), 1).await, (vec![], false));
    assert_eq!(page(None, 0).await, (vec![], false));
}

#[tokio::test]
async fn asking_again_tells_the_same_link() {
    let world = World::new().await;
    run(&world, "put /a/b one").await;
    let mine = world.whole().await;
    let links = join_all((0..8).map(|_| world.link(&mine, "/a"))).await;
    assert!(links.iter().all(|link| *link == links[0]));
    assert_eq!(links[0].key.0.len(), 15);
    assert_eq!(LinkKey::parse(&links[0].key.0), Some(links[0].key.clone()));
    assert_ne!(world.link(&mine, "/a/b").await.key, links[0].key);
    let refused = async |at: &str| world.cloud.share(&mine, &path(at), &app()).await.map(|_| ());
    assert!(matches!(refused("/").await, Err(ShareError::RootNotAllowed)));
    assert!(matches!(refused("/none").await, Err(ShareError::NotFound)));
    run(&world, "rm /a").await;
    assert!(matches!(refused("/a").await, Err(ShareError::NotFound)));
    assert!(matches!(refused("/a/b").await, Err(ShareError::NotFound)));
}

/// An app's own root is as little an entry as the tree's.
#[tokio::test]
async fn an_app_shares_what_is_in_its_folder() {
    let world = World::new().await;
    let own = world.app_folder().await;
    run(&world, "put /Apps/Notes/a one").await;
    let link = world.link(&own, "/a").await;
    assert_eq!(world.link(&world.whole().await, "/Apps/Notes/a").await, link, "it is the account's");
    let root = world.cloud.share(&own, &path("/"), &app()).await;
    assert!(matches!(root, Err(ShareError::RootNotAllowed)));
}

#[tokio::test]
async fn a_link_ends_when_it_expires_is_revoked_or_its_owner_is_shut_out() {
    let world = World::new().await;
    run(&world, "put /a one").await;
    let mine = world.whole().await;
    let (link, ada) = (world.link(&mine, "/a").await, world.account.id);
    let in_an_hour = world.clock.now().plus(Duration::from_secs(3600));
    assert!(world.cloud.set_link_expiry(ada, link.id, Some(in_an_hour)).await.expect("memory does not fail"));
    assert!(world.opened(&link, "/").await.is_some());
    world.clock.advance(Duration::from_secs(3600));
    assert!(world.opened(&link, "/").await.is_none());
    let own = world.cloud.links(&world.account, None, 10).await.expect("memory does not fail");
    assert_eq!(own.iter().map(|own| own.has_expired).collect::<Vec<_>>(), [true]);
    let next = world.link(&mine, "/a").await;
    assert_ne!(next.key, link.key, "who had the old one has it no more");

    let shut = async |disabled| {
        let change = AccountChange::Disabled(disabled);
        world.accounts.change_account(ada, change).await.expect("memory does not fail");
    };
    shut(true).await;
    assert!(world.opened(&next, "/").await.is_none());
    shut(false).await;
    assert!(world.opened(&next, "/").await.is_some());

    let bo = world.person("bo@example.org", None).await;
    assert!(!world.cloud.revoke_link(bo.id, next.id).await.expect("memory does not fail"));
    assert!(world.cloud.revoke_link(ada, next.id).await.expect("memory does not fail"));
    assert!(world.opened(&next, "/").await.is_none());
}

#[tokio::test]
async fn an_account_sees_its_links_and_what_they_show() {
    let world = World::new().await;
    run(&world, "put /x/a one\nmkdir /dir").await;
    let mine = world.whole().await;
    for at in ["/x/a", "/dir"] {
        world.link(&mine, at).await;
    }
    run(&world, "mv /x/a /dir/b\nrm /x").await;
    let listed = async |before, limit| {
        let links = world.cloud.links(&world.account, before, limit).await.expect("memory does not fail");
        let shown = links.into_iter().map(|own| (own.link.id, own.item.map(|item| item.path.to_string())));
        shown.collect::<Vec<_>>()
    };
    let all = listed(None, 10).await;
    assert_eq!(
        all.iter().map(|(_, path)| path.as_deref()).collect::<Vec<_>>(),
        [Some("/dir"), Some("/dir/b")]
    );
    assert_eq!(listed(Some(all[0].0), 10).await, all[1..]);
    run(&world, "rm /dir").await;
    assert_eq!(
        listed(None, 10).await.iter().map(|(_, path)| path.as_deref()).collect::<Vec<_>>(),
        [None, None]
    );
    let links = world.cloud.links(&world.account, None, 10).await.expect("memory does not fail");
    let names: Vec<_> = links.iter().filter_map(|own| own.name.as_ref()).map(Name::as_str).collect();
    assert_eq!(names, ["dir", "b"], "as they were called last");
    let bo = world.person("bo@example.org", None).await;
    assert!(world.cloud.links(&bo, None, 10).await.expect("memory does not fail").is_empty());
}
