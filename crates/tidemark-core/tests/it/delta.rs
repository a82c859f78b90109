//! Replaying `delta` by the rules of its clients gives exactly the listing: over random histories, views, page sizes,
//! and changes between pages.
//!
//! `TIDEMARK_HISTORIES=20000 cargo test -p tidemark-core histories` runs that many; a failing one is shrunk, printed,
//! and kept as a seed.

use crate::feed;
use crate::world::{World, content};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;
use std::time::Duration;
use tidemark_core::cloud::{
    Condition, DeleteError, Item, Page, Proviso, Put, Refuge, RelocateError, Scope, Update,
};
use tidemark_core::model::{AppKey, ClientTimes, Cursor, LinkChange, Name, Path, PathKey, Rev};

#[derive(Clone, Debug)]
enum Event {
    Put {
        folder: Index,
        name: &'static str,
        data: u8,
    },
    CreateFolder {
        folder: Index,
        name: &'static str,
    },
    Delete {
        entry: Index,
    },
    Move {
        entry: Index,
        folder: Index,
        name: &'static str,
    },
    /// Another spelling of the same name.
    Respell {
        entry: Index,
    },
    Copy {
        entry: Index,
        folder: Index,
        name: &'static str,
    },
    Undelete {
        folder: Index,
        name: &'static str,
    },
    Restore {
        folder: Index,
        name: &'static str,
        revision: Index,
    },
    /// A reader begins, from nothing or from now.
    Begin {
        from_now: bool,
    },
    /// Some reader reads a page.
    Read {
        reader: Index,
        limit: usize,
    },
    /// Something in the trash comes back, perhaps elsewhere and under another name.
    Untrash {
        entry: Index,
        folder: Index,
        name: &'static str,
    },
    /// Something in the trash goes for good.
    Purge {
        entry: Index,
    },
    /// Something else is said of an entry, or noted.
    Say {
        entry: Index,
        what: u8,
    },
    /// A file has the bytes of one of its versions again.
    Revert {
        entry: Index,
        version: Index,
    },
    /// A file's version is withdrawn, unless it is the present one.
    Withdraw {
        entry: Index,
        version: Index,
    },
    /// The app folder itself goes away.
    LoseAppFolder,
}

#[derive(Clone, Debug)]
struct History {
    /// Seen from the app's own folder, rather than from the account's root.
    in_app_folder: bool,
    prefix: &'static str,
    events: Vec<Event>,
    limits: Vec<usize>,
}

const NAMES: [&str; 5] = ["a", "b", "c", "A", "\u{c9}"];

fn event() -> impl Strategy<Value = Event> {
    let name = || prop::sample::select(NAMES.as_slice());
    let pick = any::<Index>;
    prop_oneof![
        24 => (pick(), name(), 0..4u8).prop_map(|(folder, name, data)| Event::Put { folder, name, data }),
        16 => (pick(), name()).prop_map(|(folder, name)| Event::CreateFolder { folder, name }),
        10 => pick().prop_map(|entry| Event::Delete { entry }),
        18 => (pick(), pick(), name()).prop_map(|(entry, folder, name)| Event::Move { entry, folder, name }),
        4 => pick().prop_map(|entry| Event::Respell { entry }),
        5 => (pick(), pick(), name()).prop_map(|(entry, folder, name)| Event::Copy { entry, folder, name }),
        8 => (pick(), name()).prop_map(|(folder, name)| Event::Undelete { folder, name }),
        4 => (pick(), name(), pick()).prop_map(|(folder, name, revision)| Event::Restore { folder, name, revision }),
        4 => (pick(), pick(), name()).prop_map(|(entry, folder, name)| Event::Untrash { entry, folder, name }),
        2 => pick().prop_map(|entry| Event::Purge { entry }),
        4 => (pick(), 0..5u8).prop_map(|(entry, what)| Event::Say { entry, what }),
        3 => (pick(), pick()).prop_map(|(entry, version)| Event::Revert { entry, version }),
        2 => (pick(), pick()).prop_map(|(entry, version)| Event::Withdraw { entry, version }),
        4 => any::<bool>().prop_map(|from_now| Event::Begin { from_now }),
        24 => (pick(), 1..6usize).prop_map(|(reader, limit)| Event::Read { reader, limit }),
        1 => Just(Event::LoseAppFolder),
    ]
}

fn history() -> impl Strategy<Value = History> {
    let prefix = prop::sample::select(["", "", "", "/a", "/b", "/A/b", "/a/b/c", "/c", "/\u{e9}"].as_slice());
    let limits = prop::collection::vec(1..6usize, 4);
    (prop::bool::weighted(0.3), prefix, prop::collection::vec(event(), 5..60), limits)
        .prop_map(|(in_app_folder, prefix, events, limits)| History { in_app_folder, prefix, events, limits })
}

/// What a client keeps: by path, what it was told of it.
type State = BTreeMap<PathKey, Option<Item>>;

struct Reader {
    state: State,
    cursor: Cursor,
    /// What it held when it began from now.
    pages: usize,
}

impl Reader {
    /// The rules of the old API's clients.
    fn apply(&mut self, page: Page) {
        if page.reset {
            self.state.clear();
        }
        for told in page.told {
            if told.item.as_ref().is_none_or(|item| !item.entry.is_folder()) {
                self.state.retain(|held, _| !held.is_at_or_under(&told.key));
            }
            if let Some(item) = told.item {
                assert_eq!(item.path.key(), told.key, "a path and its key belong together");
                let mut parent = PathKey::default();
                for key in told.key.keys() {
                    parent.push(&key);
                    self.state.entry(parent.clone()).or_insert(None);
                }
                self.state.insert(told.key, Some(item));
            }
        }
        self.cursor = page.cursor;
        self.pages += 1;
    }
}

struct Run {
    world: World,
    history: History,
    prefix: PathKey,
    readers: Vec<Reader>,
}

impl Run {
    async fn scope(&self) -> Scope {
        if self.history.in_app_folder { self.world.app_folder().await } else { self.world.whole().await }
    }

    /// Everything there is below a path, by listing folder after folder.
    async fn listing(&self, scope: &Scope, path: &Path) -> Vec<Item> {
        let mut items = Vec::new();
        let mut folders = vec![path.clone()];
        while let Some(folder) = folders.pop() {
            let listing =
                self.world.cloud.list(scope, &folder, usize::MAX, false).await.expect("it is there");
            for item in listing.children {
                if item.entry.is_folder() {
                    folders.push(item.path.clone());
                }
                items.push(item);
            }
        }
        items
    }

    async fn change(&self, event: &Event) {
        let cloud = &self.world.cloud;
        let scope = self.world.whole().await;
        let mut items = self.listing(&scope, &Path::root()).await;
        items.sort_by_key(|item| item.path.key());
        let folder = |index: &Index| {
            let mut folders = vec![Path::root()];
            folders.extend(items.iter().filter(|item| item.entry.is_folder()).map(|item| item.path.clone()));
            index.get(&folders).clone()
        };
        let below =
            |index: &Index, name: &str| Path::parse(&format!("{}/{name}", folder(index))).expect("good");
        let entry = |index: &Index| (!items.is_empty()).then(|| index.get(&items).path.clone());
        // Whatever is refused changes nothing, which is as good a history as any.
        match event {
            Event::Put { folder, name, data } => {
                let put = Put {
                    at: below(folder, name).into(),
                    content: content(&data.to_string()),
                    condition: Condition::Overwrite,
                    autorename: false,
                    times: ClientTimes::default(),
                };
                drop(cloud.put_file(&scope, &put).await);
            }
            Event::CreateFolder { folder, name } => {
                drop(cloud.create_folder(&scope, &below(folder, name)).await);
            }
            Event::Delete { entry: index } => {
                if let Some(path) = entry(index) {
                    cloud.delete(&scope, &path).await.expect("it is there");
                }
            }
            Event::Move { entry: index, folder, name } => {
                if let Some(path) = entry(index) {
                    drop(cloud.move_to(&scope, &path, &below(folder, name), true).await);
                }
            }
            Event::Respell { entry: index } => {
                if let Some(path) = entry(index) {
                    let name = path.name().expect("not the root").to_string();
                    let other =
                        if name == name.to_uppercase() { name.to_lowercase() } else { name.to_uppercase() };
                    let names =
                        path.names().take(path.depth() - 1).map(|name| name.to_string()).chain([other]);
                    let to = Path::parse(&names.collect::<Vec<_>>().join("/")).expect("good");
                    cloud.move_to(&scope, &path, &to, true).await.expect("only the spelling changes");
                }
            }
            Event::Copy { entry: index, folder, name } => {
                if let Some(path) = entry(index) {
                    drop(cloud.copy_to(&scope, &path, &below(folder, name)).await);
                }
            }
            Event::Undelete { folder, name } => drop(cloud.undelete(&scope, &below(folder, name)).await),
            Event::Restore { folder, name, revision } => {
                let path = below(folder, name);
                if let Some(revisions) =
                    cloud.revisions(&scope, &path, 10).await.expect("memory does not fail")
                {
                    let rev: Rev = revision.get(&revisions).rev(scope.namespace);
                    drop(cloud.restore(&scope, &path, rev).await);
                }
            }
            Event::Untrash { entry, folder: into, name } => {
                let trash = cloud.trash(&scope, None, usize::MAX).await.expect("memory does not fail");
                if !trash.is_empty() {
                    let into = cloud.stat(&scope, &folder(into)).await.expect("memory does not fail");
                    let refuge =
                        Refuge { folder: into.map(|into| into.entry.id), name: Name::new(name).ok() };
                    let id = entry.get(&trash).item.entry.id;
                    drop(cloud.untrash(&scope, id, &refuge).await);
                }
            }
            Event::Purge { entry } => {
                let trash = cloud.trash(&scope, None, usize::MAX).await.expect("memory does not fail");
                if !trash.is_empty() {
                    let id = entry.get(&trash).item.entry.id;
                    cloud.purge(&scope, id).await.expect("it is in the trash");
                }
            }
            Event::Say { entry: index, what } => {
                let Some(id) = (!items.is_empty()).then(|| index.get(&items).entry.id) else { return };
                match what {
                    3 => {
                        let app = AppKey("app".into());
                        cloud.share(&scope, id, &app, &LinkChange::default()).await.expect("it is there");
                    }
                    4 => drop(cloud.unshare(&scope, id).await.expect("it is there")),
                    what => {
                        let description = Some(["", "one", "two"][usize::from(*what)].into());
                        let update = Update { description, ..Update::default() };
                        cloud.update(&scope, id, &update).await.expect("it is there");
                    }
                }
            }
            Event::Revert { entry: index, version } => {
                let Some(id) = (!items.is_empty()).then(|| index.get(&items).entry.id) else { return };
                if let Some(versions) =
                    cloud.versions(&scope, id, None, usize::MAX).await.expect("memory does not fail")
                {
                    let version = version.get(&versions).seq;
                    cloud.revert(&scope, id, version, None).await.expect("it is one of its versions");
                }
            }
            Event::Withdraw { entry: index, version } => {
                let Some(id) = (!items.is_empty()).then(|| index.get(&items).entry.id) else { return };
                if let Some(versions) =
                    cloud.versions(&scope, id, None, usize::MAX).await.expect("memory does not fail")
                {
                    drop(cloud.withdraw(&scope, id, version.get(&versions).seq, None).await);
                }
            }
            Event::LoseAppFolder => {
                let path = Path::parse("/Apps").expect("good");
                drop(cloud.delete(&scope, &path).await);
            }
            Event::Begin { .. } | Event::Read { .. } => unreachable!("not a change"),
        }
    }

    async fn begin(&mut self, from_now: bool) {
        let (cloud, scope) = (&self.world.cloud, self.scope().await);
        let mut cursor = cloud.first_cursor(&scope, self.prefix.clone(), false);
        let mut state = State::new();
        if from_now {
            cursor =
                cloud.latest_cursor(&scope, self.prefix.clone(), false).await.expect("memory does not fail");
            state = self.expected(&scope).await;
        }
        self.readers.push(Reader { state, cursor, pages: usize::from(from_now) });
    }

    async fn expected(&self, scope: &Scope) -> State {
        let items = self.listing(scope, &Path::root()).await;
        let shown = items.into_iter().filter(|item| item.path.key().is_at_or_under(&self.prefix));
        shown.map(|item| (item.path.key(), Some(item))).collect()
    }

    async fn page(&self, cursor: &Cursor, limit: usize) -> Page {
        let scope = self.scope().await;
        let page = self.world.cloud.delta(&scope, cursor.clone(), limit).await.expect("an own cursor");
        if page.told.is_empty() && page.more && !page.reset {
            panic!("a page that tells nothing must be the last one");
        }
        assert!(page.told.len() <= limit + 1, "a page keeps its limit");
        page
    }

    /// Who follows by identity has the whole tree in the end, too.
    async fn follow(&self) {
        let whole = self.world.whole().await;
        let limits = self.history.limits.iter().copied().cycle();
        let held = feed::replay(&self.world.cloud, &whole, limits).await;
        let listing = self.listing(&whole, &Path::root()).await;
        let expected = listing.into_iter().map(|item| {
            let entry = item.entry;
            let bytes = entry.file().map(|file| file.content);
            (entry.id, (entry.parent.expect("not the root"), entry.name.to_string(), bytes, entry.seq))
        });
        assert_eq!(held, expected.collect(), "a feed tells another tree than the listing");
    }

    /// What is deleted or moved as of a cursor is refused exactly if a reader of that place alone would be told something.
    /// All of it is asked of each cursor; in the end one thing goes that may.
    async fn act_as_of(&self, cursors: &[Cursor]) {
        let (cloud, scope) = (&self.world.cloud, self.scope().await);
        let away = Path::parse("/somewhere else").expect("good");
        let mut may_go = Vec::new();
        for cursor in cursors.iter().filter(|cursor| cursor.root == scope.root) {
            let as_of = Some(cloud.as_of(&scope, cursor).expect("a cursor into this tree"));
            let proviso = Proviso { as_of, ..Proviso::default() };
            let is_whole = cursor.position.as_ref().is_some_and(|position| position.expansion.is_none());
            for item in self.listing(&scope, &Path::root()).await {
                let there = Cursor { prefix: item.path.key(), ..cursor.clone() };
                let page = self.page(&there, 1).await;
                if is_whole && page.told.is_empty() && !page.reset {
                    may_go.push((item.path, proviso));
                    continue;
                }
                let deleted = cloud.delete_if(&scope, &item.path, proviso).await;
                let refused = matches!(deleted, Err(DeleteError::Relocate(RelocateError::Changed)));
                assert!(refused, "{} as of {cursor:?}: {deleted:?}, {page:?}", item.path);
                let moved = cloud.move_if(&scope, &item.path, &away, false, as_of).await;
                assert!(matches!(moved, Err(RelocateError::Changed)), "{}: {moved:?}", item.path);
            }
        }
        let which = self.history.limits.iter().product::<usize>();
        if let Some((path, proviso)) = may_go.get(which % may_go.len().max(1)) {
            let done = match which % 2 {
                0 => cloud.delete_if(&scope, path, *proviso).await.map_err(|refusal| refusal.to_string()),
                _ => cloud
                    .move_if(&scope, path, &away, false, proviso.as_of)
                    .await
                    .map_err(|refusal| refusal.to_string()),
            };
            assert!(done.is_ok(), "{path}: {done:?}");
        }
    }

    async fn run(mut self) {
        self.begin(false).await;
        for event in self.history.events.clone() {
            match event {
                Event::Begin { from_now } => self.begin(from_now).await,
                Event::Read { reader, limit } => {
                    let which = reader.index(self.readers.len());
                    let page = self.page(&self.readers[which].cursor, limit).await;
                    let reader = &mut self.readers[which];
                    if reader.pages == 0 {
                        assert!(page.reset, "a first page resets");
                    }
                    reader.apply(page);
                }
                change => self.change(&change).await,
            }
        }
        self.follow().await;
        let cursors: Vec<_> = self.readers.iter().map(|reader| reader.cursor.clone()).collect();
        self.begin(false).await;
        let expected = self.expected(&self.scope().await).await;
        let mut limits = self.history.limits.clone().into_iter().cycle();
        for which in 0..self.readers.len() {
            let fresh = which == self.readers.len() - 1;
            let cursor = &self.readers[which].cursor;
            let poll = self.world.cloud.longpoll(cursor.clone()).expect("few wait");
            let woken = poll.wait(Duration::ZERO).await;
            let mut news = false;
            loop {
                let page = self.page(&self.readers[which].cursor, limits.next().expect("endless")).await;
                news |= !page.told.is_empty() || page.reset;
                if fresh {
                    let items = page.told.iter().filter_map(|told| told.item.as_ref());
                    assert_eq!(items.count(), page.told.len(), "a first listing has no deletions");
                }
                let more = page.more;
                self.readers[which].apply(page);
                if !more {
                    break;
                }
            }
            assert!(woken || !news, "a long poll missed what delta tells");
            let shown = |state: &State| -> State {
                let shown =
                    state.iter().filter(|(key, _)| key.is_at_or_under(&self.prefix) && !key.is_root());
                // A folder's sums are no part of what is told, and change without a change of the folder.
                shown.map(|(key, item)| (key.clone(), item.clone().map(without_sums))).collect()
            };
            let (seen, expected) = (shown(&self.readers[which].state), shown(&expected));
            assert_eq!(seen, expected, "reader {which} sees something else than what is there");
        }
        self.act_as_of(&cursors).await;
    }
}

fn without_sums(mut item: Item) -> Item {
    if let tidemark_core::model::Node::Folder(state) = &mut item.entry.node {
        *state = Default::default();
    }
    item
}

#[expect(clippy::disallowed_methods, reason = "how many to run is said from outside")]
fn histories() -> u32 {
    std::env::var("TIDEMARK_HISTORIES").ok().and_then(|count| count.parse().ok()).unwrap_or(500)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: histories(), max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn histories_replayed_give_the_listing(history in history()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let prefix = Path::parse(history.prefix).expect("good").key();
            Run { world: World::new().await, history, prefix, readers: Vec::new() }.run().await;
        });
    }
}

/// A cursor of an earlier life of the store, or from before the horizon, begins again.
#[tokio::test]
async fn a_position_that_cannot_be_served_resets() {
    let world = World::new().await;
    let scope = world.whole().await;
    for n in 0..5 {
        let path = Path::parse(&format!("/{n}")).expect("good");
        world.cloud.create_folder(&scope, &path).await.expect("nothing is there");
    }
    let first = world.cloud.first_cursor(&scope, PathKey::default(), false);
    let page = world.cloud.delta(&scope, first, 2).await.expect("an own cursor");
    assert!(page.reset && page.more && page.told.len() == 2);
    let goes_on = world.cloud.delta(&scope, page.cursor.clone(), 10).await.expect("an own cursor");
    assert!(!goes_on.reset && !goes_on.more && goes_on.told.len() == 3);

    let mut older = goes_on.cursor.clone();
    older.epoch.0 += 1;
    let again = world.cloud.delta(&scope, older, 10).await.expect("an own cursor");
    assert!(again.reset && again.told.len() == 5);

    world.store.set_horizon(scope.namespace, tidemark_core::model::Seq(5));
    assert!(!world.cloud.delta(&scope, goes_on.cursor, 10).await.expect("an own cursor").reset);
    let mut early = again.cursor;
    early.position.as_mut().expect("it has begun").seq.0 = 4;
    assert!(world.cloud.delta(&scope, early.clone(), 10).await.expect("an own cursor").reset);
    assert!(
        world.cloud.longpoll(early).expect("few wait").wait(Duration::ZERO).await,
        "it is sent to find out"
    );
}
