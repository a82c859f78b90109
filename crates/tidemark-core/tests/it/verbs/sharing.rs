//! Links: what they show, to whom, and until when.

use super::run;
use crate::world::World;
use expect_test::expect;
use futures_util::future::join_all;
use std::time::Duration;
use tidemark_core::cloud::{LinkRulesError, Neighbours, Scope, ShareError, Shared, Visit};
use tidemark_core::model::{
    AppKey, Audience, Entry, EntryId, Link, LinkAddress, LinkChange, LinkKey, Name, PasswordHash, Path,
    Vanity, Visits,
};
use tidemark_core::people::{Admission, Guest, OpenLink, People};
use tidemark_core::store::memory::SeededEntropy;
use tidemark_core::store::{AccountChange, AccountStore, Clock as _};

fn path(text: &str) -> Path {
    Path::parse(text).expect("a good path")
}

fn app() -> AppKey {
    AppKey("app".into())
}

impl World {
    async fn link(&self, scope: &Scope, at: &str) -> Link {
        self.link_with(scope, at, &LinkChange::default()).await.expect("it is there")
    }

    async fn link_with(&self, scope: &Scope, at: &str, change: &LinkChange) -> Result<Link, ShareError> {
        self.cloud.share(scope, &path(at), &app(), change).await.map(|(link, _)| link)
    }

    /// The link for its owner, if it is good.
    async fn open(&self, address: LinkAddress) -> Option<OpenLink> {
        let link = self.cloud.link(&address).await.expect("memory does not fail")?;
        let people = People::new(
            self.accounts.clone(),
            self.accounts.clone(),
            self.clock.clone(),
            std::sync::Arc::new(SeededEntropy::new(5)),
        );
        let owner = Guest { account: Some(link.account), proof: None };
        match people.admit_guest(link, owner) {
            Admission::Open(open) => Some(open),
            Admission::Locked(_) | Admission::Closed => None,
        }
    }

    async fn opened(&self, link: &Link, at: &str) -> Option<Shared> {
        let open = self.open(LinkAddress::Key(link.key.clone())).await?;
        self.cloud.shared(&open, &path(at), None, 100).await.expect("memory does not fail")
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
        mv /a/b.txt /c.txt -> c.txt: / @4 #2 3 bytes
        put /a/b.txt other -> c.txt: / @4 #2 3 bytes
        put /c.txt more -> c.txt: / @6 #2 4 bytes
        mv /c.txt /x/y -> y: / @8 #2 4 bytes
        rm /x -> nothing
        undelete /x -> y: / @8 #2 4 bytes
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
        let open = world.open(LinkAddress::Key(folder.key.clone())).await.expect("it is good");
        let shared = world.cloud.shared(&open, &path("/"), after.as_ref(), limit).await;
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

/// In the folder's order, of those that are wanted, as far as is looked; and never beside the link's own entry.
#[tokio::test]
async fn what_lies_beside_something_is_found() {
    let world = World::new().await;
    let files = ["a.jpg", "B.jpg", "d.jpg", "e.jpg"].into_iter().map(str::to_owned);
    let notes = (0..20).map(|n| format!("c{n:02}.txt"));
    let puts: Vec<String> = files.chain(notes).map(|name| format!("put /top/{name} x")).collect();
    run(&world, &format!("{}\nput /top/b1.jpg/x y\nput /top/gone.jpg x\nrm /top/gone.jpg", puts.join("\n")))
        .await;
    let mine = world.whole().await;
    let neighbours = async |link: &Link, at: &str, within| {
        let open = world.open(LinkAddress::Key(link.key.clone())).await.expect("it is good");
        let is_picture = |entry: &Entry| entry.file().is_some() && entry.name.as_str().ends_with(".jpg");
        let found = world.cloud.neighbours(&open, &path(at), within, is_picture).await;
        let Neighbours { before, after } = found.expect("memory does not fail");
        let told = |entry: Option<Entry>| entry.map_or("-".to_owned(), |entry| entry.name.to_string());
        format!("{} < {at} > {}", told(before), told(after))
    };
    let folder = world.link(&mine, "/top").await;
    let mut seen = String::new();
    for (at, within) in [
        ("/A.JPG", 99),
        ("/b.jpg", 99),
        ("/b.jpg", 21),
        ("/c10.txt", 99),
        ("/d.jpg", 99),
        ("/d.jpg", 5),
        ("/e.jpg", 1),
        ("/e.jpg", 0),
        ("/gone.jpg", 99),
        ("/none", 99),
        ("/", 99),
        ("/b1.jpg", 99),
        ("/b1.jpg/x", 99),
    ] {
        seen += &format!("{} of {within}\n", neighbours(&folder, at, within).await);
    }
    expect![[r#"
        - < /A.JPG > B.jpg of 99
        a.jpg < /b.jpg > d.jpg of 99
        a.jpg < /b.jpg > - of 21
        B.jpg < /c10.txt > d.jpg of 99
        B.jpg < /d.jpg > e.jpg of 99
        - < /d.jpg > e.jpg of 5
        d.jpg < /e.jpg > - of 1
        - < /e.jpg > - of 0
        - < /gone.jpg > - of 99
        - < /none > - of 99
        - < / > - of 99
        B.jpg < /b1.jpg > d.jpg of 99
        - < /b1.jpg/x > - of 99
    "#]]
    .assert_eq(&seen);
    let file = world.link(&mine, "/top/B.jpg").await;
    assert_eq!(neighbours(&file, "/", 99).await, "- < / > -", "its folder is not shared");
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
    let refused = async |at: &str| world.link_with(&mine, at, &LinkChange::default()).await.map(|_| ());
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
    let root = world.link_with(&own, "/", &LinkChange::default()).await;
    assert!(matches!(root, Err(ShareError::RootNotAllowed)));
}

#[tokio::test]
async fn a_link_ends_when_it_expires_is_revoked_or_its_owner_is_shut_out() {
    let world = World::new().await;
    run(&world, "put /a one").await;
    let mine = world.whole().await;
    let (link, ada) = (world.link(&mine, "/a").await, world.account.id);
    let in_an_hour = world.clock.now().plus(Duration::from_secs(3600));
    let ending = LinkChange::ending(Some(in_an_hour));
    let changed = world.cloud.change_link(ada, link.id, &ending).await.expect("an hour is to come");
    assert_eq!(changed.map(|link| link.rules.expires), Some(Some(in_an_hour)));
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

fn named(name: &str) -> LinkChange {
    LinkChange { vanity: Some(Vanity::parse(name)), ..LinkChange::default() }
}

/// What is not named in a change stays, and the link is the same.
#[tokio::test]
async fn asking_again_changes_the_rules_of_the_one_link() {
    let world = World::new().await;
    run(&world, "put /a one").await;
    let mine = world.whole().await;
    let hash = PasswordHash("hash".into());
    let protect = LinkChange { password: Some(Some(hash.clone())), ..named("my-link") };
    let first = world.link_with(&mine, "/a", &protect).await.expect("it is there");
    assert_eq!((first.rules.audience, first.rules.can_download), (Audience::Everybody, true));
    assert_eq!(world.link(&mine, "/a").await, first, "who lays nothing down changes nothing");
    let look_only = LinkChange { can_download: Some(false), ..LinkChange::default() };
    let second = world.link_with(&mine, "/a", &look_only).await.expect("it is there");
    assert_eq!((second.id, &second.key, &second.rules.password), (first.id, &first.key, &Some(hash)));
    assert!(!second.rules.can_download);
    let members = LinkChange { audience: Some(Audience::Members), ..LinkChange::default() };
    let third = world.link_with(&mine, "/a", &members).await.expect("it is there");
    assert_eq!((third.rules.password, third.rules.vanity), (None, Vanity::parse("my-link")));

    let refused = async |change: LinkChange| world.link_with(&mine, "/a", &change).await;
    let past = refused(LinkChange::ending(Some(world.clock.now()))).await;
    assert!(matches!(past, Err(ShareError::Rules(LinkRulesError::Past))), "{past:?}");
    let misplaced = refused(LinkChange { audience: None, ..protect.clone() }).await;
    assert!(matches!(misplaced, Err(ShareError::Rules(LinkRulesError::Password(_)))), "{misplaced:?}");
    assert_eq!(world.link(&mine, "/a").await.rules.audience, Audience::Members, "a refusal changes nothing");
}

#[tokio::test]
async fn a_chosen_name_leads_to_one_link() {
    let world = World::new().await;
    run(&world, "put /a one\nput /b two").await;
    let mine = world.whole().await;
    let link = world.link_with(&mine, "/a", &named("Summer")).await.expect("nobody has it");
    let by_name = async |name: &str| {
        let vanity = LinkAddress::Vanity(Vanity::parse(name).expect("a good name"));
        world.cloud.link(&vanity).await.expect("memory does not fail").map(|link| link.id)
    };
    assert_eq!(by_name("sUMMER").await, Some(link.id));
    for at in ["/b", "/b"] {
        let taken = world.link_with(&mine, at, &named("SUMMER")).await;
        assert!(matches!(taken, Err(ShareError::Rules(LinkRulesError::VanityTaken))), "{taken:?}");
    }
    assert!(world.cloud.links_to(&mine, &[EntryId(2)]).await.expect("memory does not fail").is_empty());
    let other = world.link(&mine, "/b").await;
    let taken = world.cloud.change_link(world.account.id, other.id, &named("summer")).await;
    assert!(matches!(taken, Err(LinkRulesError::VanityTaken)), "{taken:?}");
    let without = LinkChange { vanity: Some(None), ..LinkChange::default() };
    world.cloud.change_link(world.account.id, link.id, &without).await.expect("it is there");
    assert_eq!(by_name("summer").await, None);
    world.link_with(&mine, "/b", &named("summer")).await.expect("it is free again");
    assert_eq!(by_name("summer").await, Some(other.id));
}

#[tokio::test]
async fn links_are_found_for_many_entries_and_ended_by_what_they_show() {
    let world = World::new().await;
    run(&world, "put /a one\nput /b two\nput /d/c three").await;
    let mine = world.whole().await;
    let [a, b, d, c] = [1, 2, 3, 4].map(EntryId);
    for at in ["/a", "/d", "/d/c"] {
        world.link(&mine, at).await;
    }
    let ended = LinkChange::ending(Some(world.clock.now().plus(Duration::from_secs(1))));
    world.link_with(&mine, "/d/c", &ended).await.expect("it is there");
    let found = async || {
        let found =
            world.cloud.links_to(&mine, &[a, b, c, d, EntryId(99)]).await.expect("memory does not fail");
        let mut entries: Vec<EntryId> = found.into_keys().collect();
        entries.sort_unstable();
        entries
    };
    assert_eq!(found().await, [a, d, c]);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(found().await, [a, d], "one has ended");
    let bo = world.person("bo@example.org", None).await;
    let bos = world.cloud.scope(&bo, tidemark_core::cloud::Reach::Whole).await.expect("memory does not fail");
    assert!(world.cloud.links_to(&bos, &[a, d]).await.expect("memory does not fail").is_empty());

    let link = world.link(&mine, "/a").await;
    let (gone, item) = world.cloud.unshare(&mine, a).await.expect("it is there");
    assert_eq!((gone.map(|link| link.id), item.entry.id), (Some(link.id), a));
    assert!(world.opened(&link, "/").await.is_none());
    assert_eq!(found().await, [d]);
    assert!(matches!(world.cloud.unshare(&mine, a).await, Ok((None, _))), "it has none any more");
    assert!(matches!(world.cloud.unshare(&mine, &path("/none")).await, Err(ShareError::NotFound)));
    assert!(matches!(world.cloud.unshare(&bos, a).await, Err(ShareError::NotFound)));
    run(&world, "rm /d").await;
    assert!(matches!(world.cloud.unshare(&mine, &path("/d")).await, Err(ShareError::NotFound)));
}

/// By the number of an entry below it, as by its path.
#[tokio::test]
async fn a_folders_link_reaches_entries_by_identity() {
    let world = World::new().await;
    run(&world, "put /top/dir/a one\nput /secret s").await;
    let mine = world.whole().await;
    let link = world.link(&mine, "/top").await;
    let open = world.open(LinkAddress::Key(link.key)).await.expect("it is good");
    let shown = async |entry: u64| {
        let shared = world.cloud.shared(&open, EntryId(entry), None, 10).await.expect("memory does not fail");
        shared.map(|shared| shared.item.path.to_string())
    };
    assert_eq!(shown(1).await.as_deref(), Some("/"));
    assert_eq!(shown(2).await.as_deref(), Some("/dir"));
    assert_eq!(shown(3).await.as_deref(), Some("/dir/a"));
    for outside in [0, 4, 5] {
        assert_eq!(shown(outside).await, None, "{outside}");
    }
}

#[tokio::test]
async fn visits_are_counted_and_written() {
    let world = World::new().await;
    run(&world, "put /a one").await;
    let mine = world.whole().await;
    let link = world.link(&mine, "/a").await;
    let open = world.open(LinkAddress::Key(link.key.clone())).await.expect("it is good");
    let counted = async || world.link(&mine, "/a").await.visits;
    for visit in [Visit::Download, Visit::Preview, Visit::Download] {
        world.cloud.visited(&open, visit);
    }
    let all = Visits { downloads: 2, previews: 1 };
    assert_eq!(counted().await, all, "at once");
    let elsewhere = world.on_another_node();
    let there = async || {
        let found = elsewhere.links_to(&mine, &[EntryId(1)]).await.expect("memory does not fail");
        found[&EntryId(1)].visits
    };
    assert_eq!(there().await, Visits::default());
    for _ in 0..2 {
        world.cloud.write_visits().await.expect("memory does not fail");
        assert_eq!((counted().await, there().await), (all, all), "written once");
    }
}
