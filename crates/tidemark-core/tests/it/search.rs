//! Searching finds what looking at everything finds: over random histories, whatever state the index is in; and stays
//! within its bounds.

use crate::world::{World, content};
use futures_util::FutureExt;
use proptest::prelude::*;
use proptest::sample::Index;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tidemark_core::cloud::{Cloud, Condition, Item, Put, Reach, Scope, Search, SearchError, SearchLimits};
use tidemark_core::model::{ClientTimes, Entry, EntryId, Path, Seq, Words};
use tidemark_core::store::JournalStore as _;
use tidemark_core::store::memory::Hold;

fn path(text: &str) -> Path {
    Path::parse(text).expect("good")
}

fn put(at: &Path, data: u8) -> Put {
    Put {
        at: at.clone().into(),
        content: content(&data.to_string()),
        condition: Condition::Overwrite,
        autorename: false,
        times: ClientTimes::default(),
    }
}

/// Never a walk: the index is asked however little there is.
fn by_index() -> SearchLimits {
    SearchLimits { walk_always: 0, walk_max: 0, ..SearchLimits::default() }
}

async fn search(
    cloud: &Cloud,
    scope: &Scope,
    base: &str,
    query: &str,
    limit: usize,
    deleted: bool,
) -> Result<Vec<Item>, SearchError> {
    let words = Words::parse(query).expect("a good query");
    cloud.search(scope, Search { path: &path(base), words: &words, limit, deleted }).await
}

/// The paths that are found; deleted ones with a minus.
async fn found(world: &World, base: &str, query: &str, deleted: bool) -> Vec<String> {
    let scope = world.whole().await;
    let items = search(&world.cloud, &scope, base, query, 1000, deleted).await.expect("it is there");
    let shown = |item: &Item| format!("{}{}", if item.gone.is_some() { "-" } else { "" }, item.path);
    items.iter().map(shown).collect()
}

async fn file(world: &World, at: &str) {
    let scope = world.whole().await;
    world.cloud.put_file(&scope, &put(&path(at), 1)).await.expect("nothing is in the way");
}

async fn folder(world: &World, at: &str) {
    let scope = world.whole().await;
    world.cloud.create_folder(&scope, &path(at)).await.expect("nothing is in the way");
}

async fn delete(world: &World, at: &str) {
    let scope = world.whole().await;
    world.cloud.delete(&scope, &path(at)).await.expect("it is there");
}

async fn relocate(world: &World, from: &str, to: &str) {
    let scope = world.whole().await;
    world.cloud.move_to(&scope, &path(from), &path(to), true).await.expect("nothing is in the way");
}

/// What is below the folder and matches, by looking at every entry there ever was; what came to its place last first.
async fn expected(world: &World, scope: &Scope, base: &str, query: &str, deleted: bool) -> Vec<Item> {
    let words = Words::parse(query).expect("a good query");
    let base = world.cloud.stat(scope, &path(base)).await.expect("readable").expect("it is there");
    let mut tree = world.store.read(scope.namespace).await.expect("readable");
    let mut entries: BTreeMap<EntryId, Entry> = BTreeMap::new();
    for id in (0..=tree.head().seq.0).map(EntryId) {
        entries.extend(tree.entry(id).await.expect("readable").map(|entry| (id, entry)));
    }
    let mut items: Vec<Item> = Vec::new();
    for entry in entries.values().filter(|entry| words.match_name(&entry.name)) {
        let (mut names, mut live, mut purged, mut at) = (Vec::new(), true, false, entry);
        let is_below = loop {
            if at.id == base.entry.id {
                break at.id != entry.id;
            }
            names.push(at.name.clone());
            live &= at.live;
            purged |= at.purged;
            match at.parent {
                Some(parent) => at = &entries[&parent],
                None => break false,
            }
        };
        if !is_below || purged || (!live && !deleted) {
            continue;
        }
        let path = names.into_iter().rev().fold(base.path.clone(), |path, name| path.join(&name));
        // What the path tells of itself is what must be found there.
        let there = world.cloud.stat(scope, &path).await.expect("readable").expect("something was there");
        if there.entry.id == entry.id && there.gone.is_some() != live {
            items.push(there);
        } else {
            assert!(!live, "{path} is there");
        }
    }
    items.sort_by_key(|item| Reverse(item.entry.placed()));
    items
}

#[derive(Clone, Debug)]
struct Event {
    kind: u8,
    entry: Index,
    folder: Index,
    name: &'static str,
}

#[derive(Clone, Debug)]
struct Question {
    base: Index,
    query: &'static str,
    limit: usize,
    in_app_folder: bool,
    /// How far the index has come, and how it behaves.
    held: Option<(Index, Hold)>,
}

const NAMES: [&str; 7] = ["ab", "Áb", "abc", "b c", "C.b", "\u{c9}a", "b"];

fn event() -> impl Strategy<Value = Event> {
    (0..21u8, any::<Index>(), any::<Index>(), prop::sample::select(NAMES.as_slice()))
        .prop_map(|(kind, entry, folder, name)| Event { kind, entry, folder, name })
}

fn question() -> impl Strategy<Value = Question> {
    let query = prop::sample::select(["a", "b", "ab", "A b", "bc", "é", ".b c", "zz"].as_slice());
    let hold = prop::sample::select([Hold::UntilAsked, Hold::Lost].as_slice());
    let held = prop::option::of((any::<Index>(), hold));
    (any::<Index>(), query, 1..12usize, prop::bool::weighted(0.2), held).prop_map(
        |(base, query, limit, in_app_folder, held)| Question { base, query, limit, in_app_folder, held },
    )
}

/// Every path there is, sorted; the root first.
async fn paths(world: &World, scope: &Scope, folders_only: bool) -> Vec<Path> {
    let (mut all, mut folders) = (vec![Path::root()], vec![Path::root()]);
    while let Some(folder) = folders.pop() {
        let listing = world.cloud.list(scope, &folder, usize::MAX, false).await.expect("it is there");
        for item in listing.children {
            if item.entry.is_folder() {
                folders.push(item.path.clone());
            }
            if item.entry.is_folder() || !folders_only {
                all.push(item.path);
            }
        }
    }
    all.sort_by_key(Path::key);
    all
}

async fn change(world: &World, event: &Event) {
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let (all, folders) = (paths(world, &scope, false).await, paths(world, &scope, true).await);
    let entry = event.entry.get(&all);
    let place = path(&format!("{}/{}", event.folder.get(&folders), event.name));
    // Whatever is refused changes nothing, which is as good a history as any.
    match event.kind {
        0..6 => drop(cloud.put_file(&scope, &put(&place, event.kind)).await),
        6..9 => drop(cloud.create_folder(&scope, &place).await),
        9..12 => drop(cloud.delete(&scope, entry).await),
        12..16 => drop(cloud.move_to(&scope, entry, &place, true).await),
        16 => drop(cloud.copy_to(&scope, entry, &place).await),
        17..19 => drop(cloud.undelete(&scope, &place).await),
        19 => {
            if let Some(revisions) = cloud.revisions(&scope, &place, 10).await.expect("readable") {
                let rev = event.entry.get(&revisions).rev(scope.namespace);
                drop(cloud.restore(&scope, &place, rev).await);
            }
        }
        _ => {
            let trash = cloud.trash(&scope, None, usize::MAX).await.expect("readable");
            if !trash.is_empty() {
                let purged = event.entry.get(&trash).item.entry.id;
                cloud.purge(&scope, purged).await.expect("it is in the trash");
            }
        }
    }
}

async fn ask(walking: &World, asking: &Cloud, question: &Question) {
    let world = walking;
    let scope = if question.in_app_folder { world.app_folder().await } else { world.whole().await };
    let folders = paths(world, &scope, true).await;
    let base = question.base.get(&folders).to_string();
    let Question { query, limit, .. } = *question;
    let head = world.store.head(scope.namespace).await.expect("readable").seq;
    for deleted in [false, true] {
        let expected = expected(world, &scope, &base, query, deleted).await;
        if let Some((at, hold)) = &question.held {
            let seq = at.index(usize::try_from(head.0).expect("small") + 1) as u64;
            world.store.hold_names(scope.namespace, Seq(seq), *hold);
        }
        let by_index = search(asking, &scope, &base, query, limit, deleted).await.expect("it is there");
        assert_eq!(by_index, expected[..limit.min(expected.len())], "{question:?} at {head:?}");
        let all = search(&world.cloud, &scope, &base, query, usize::MAX, deleted).await;
        assert_eq!(all.expect("it is there"), expected, "{question:?} at {head:?}, looking at everything");
    }
}

#[expect(clippy::disallowed_methods, reason = "how many to run is said from outside")]
fn histories() -> u32 {
    std::env::var("TIDEMARK_HISTORIES")
        .ok()
        .and_then(|count| count.parse().ok())
        .map_or(300, |count: u32| count.div_ceil(4))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: histories(), max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn histories_searched_give_what_is_there(
        events in prop::collection::vec(event(), 5..60),
        questions in prop::collection::vec(question(), 1..4),
        tail_max in 0..40u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let world = World::new().await;
            let asking = world.searching_by(SearchLimits { tail_max, ..by_index() });
            for question in &questions {
                for event in &events {
                    change(&world, event).await;
                }
                ask(&world, &asking, question).await;
            }
        });
    }
}

/// Files and folders at any depth, but not the folder itself; every word somewhere in the name, which is not the path.
#[tokio::test]
async fn names_below_a_folder_are_found() {
    for limits in [SearchLimits::default(), by_index()] {
        let world = World::searching(limits).await;
        folder(&world, "/Report").await;
        for at in ["/Report/a.txt", "/Report/Répört.TXT", "/Report/old/report-2.pdf", "/else/my report"] {
            file(&world, at).await;
        }
        assert_eq!(
            found(&world, "/", "report", false).await,
            ["/else/my report", "/Report/old/report-2.pdf", "/Report/Répört.TXT", "/Report"]
        );
        assert_eq!(
            found(&world, "/report", "REPÓRT", false).await,
            ["/Report/old/report-2.pdf", "/Report/Répört.TXT"]
        );
        assert_eq!(found(&world, "/", "txt rep", false).await, ["/Report/Répört.TXT"]);
        assert_eq!(found(&world, "/", "y r", false).await, ["/else/my report"]);
        assert_eq!(found(&world, "/", "report/a", false).await, Vec::<String>::new());
        let scope = world.whole().await;
        let of = |base| search(&world.cloud, &scope, base, "txt", 10, false);
        assert!(matches!(of("/nowhere").await, Err(SearchError::NotFound)));
        assert!(matches!(of("/Report/a.txt").await, Err(SearchError::NotAFolder)));
    }
}

/// Creating, moving, renaming and restoring bring to the front; new bytes do not.
#[tokio::test]
async fn what_came_last_is_first() {
    let world = World::searching(by_index()).await;
    for at in ["/x1", "/x2", "/x3"] {
        file(&world, at).await;
    }
    assert_eq!(found(&world, "/", "x", false).await, ["/x3", "/x2", "/x1"]);
    relocate(&world, "/x1", "/d/x1").await;
    file(&world, "/x2").await;
    assert_eq!(found(&world, "/", "x", false).await, ["/d/x1", "/x3", "/x2"]);
    delete(&world, "/x2").await;
    let scope = world.whole().await;
    world.cloud.undelete(&scope, &path("/x2")).await.expect("it was there");
    assert_eq!(found(&world, "/", "x", false).await, ["/x2", "/d/x1", "/x3"]);
    let two = search(&world.cloud, &scope, "/", "x", 2, false).await.expect("it is there");
    assert_eq!(two.len(), 2, "a limit is kept");
}

/// Deleted itself or with a folder around it; once for a path, and not where something is now. What moved is found where
/// it is.
#[tokio::test]
async fn what_was_deleted_is_found_if_asked_for() {
    let world = World::searching(by_index()).await;
    for at in ["/x", "/d/e/x1", "/d/x2", "/x3", "/m/x4"] {
        file(&world, at).await;
    }
    for at in ["/x", "/d/x2", "/d", "/x3"] {
        delete(&world, at).await;
    }
    file(&world, "/X3").await;
    relocate(&world, "/m", "/n").await;
    assert_eq!(found(&world, "/", "x", false).await, ["/X3", "/n/x4"]);
    assert_eq!(found(&world, "/", "x", true).await, ["/X3", "-/d/x2", "-/x", "/n/x4", "-/d/e/x1"]);
    delete(&world, "/X3").await;
    assert_eq!(found(&world, "/", "x3", true).await, ["-/X3"], "once for a path");
    // Another folder of that name: what is found below it is its own.
    file(&world, "/d/x5").await;
    assert_eq!(found(&world, "/d", "x", true).await, ["/d/x5"]);
    assert_eq!(found(&world, "/", "x2", true).await, ["-/d/x2"]);
}

/// A caller who sees a folder finds what is in it, by paths from there.
#[tokio::test]
async fn an_app_finds_what_is_in_its_folder() {
    for limits in [SearchLimits::default(), by_index()] {
        let world = World::searching(limits).await;
        let scope = world.app_folder().await;
        world.cloud.put_file(&scope, &put(&path("/sub/note"), 1)).await.expect("nothing is in the way");
        file(&world, "/note").await;
        let own = search(&world.cloud, &scope, "/", "note", 10, true).await.expect("it is there");
        assert_eq!(own.iter().map(|item| item.path.to_string()).collect::<Vec<_>>(), ["/sub/note"]);
        assert_eq!(found(&world, "/", "note", false).await, ["/note", "/Apps/Notes/sub/note", "/Apps/Notes"]);
    }
}

/// An index that is too far behind is waited for, and not for ever; a small folder is searched without it.
#[tokio::test(start_paused = true)]
async fn an_index_that_is_behind_is_waited_for() {
    let world = World::searching(SearchLimits { tail_max: 2, ..by_index() }).await;
    for n in 0..6 {
        file(&world, &format!("/x{n}")).await;
    }
    let scope = world.whole().await;
    let x5 = || search(&world.cloud, &scope, "/", "x5", 10, false);
    world.store.hold_names(scope.namespace, Seq(4), Hold::ForEver);
    assert_eq!(x5().await.expect("two changes are read from the journal").len(), 1);
    world.store.hold_names(scope.namespace, Seq(3), Hold::ForEver);
    let begun = tokio::time::Instant::now();
    assert!(matches!(x5().await, Err(SearchError::Behind)));
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
    let walking = world.searching_by(SearchLimits { tail_max: 2, walk_always: 0, ..SearchLimits::default() });
    assert_eq!(search(&walking, &scope, "/", "x5", 10, false).await.expect("it is walked").len(), 1);
    let deleted = search(&walking, &scope, "/", "x5", 10, true).await;
    assert!(matches!(deleted, Err(SearchError::Behind)), "a walk meets nothing deleted");
    for hold in [Hold::UntilAsked, Hold::Lost] {
        world.store.hold_names(scope.namespace, Seq(3), hold);
        assert_eq!(x5().await.expect("it comes").len(), 1);
    }
}

/// Many matches elsewhere are not looked up without end: a folder that is not too large is walked instead, and a large
/// one is refused.
#[tokio::test]
async fn matches_elsewhere_cost_what_they_may() {
    let limits = SearchLimits { lookups_max: 20, walk_always: 0, ..SearchLimits::default() };
    let world = World::searching(limits.clone()).await;
    file(&world, "/here/x").await;
    for n in 0..8 {
        file(&world, &format!("/{n}/x")).await;
    }
    assert_eq!(found(&world, "/here", "x", true).await, ["/here/x"]);
    for n in 8..40 {
        file(&world, &format!("/{n}/x")).await;
    }
    assert_eq!(found(&world, "/here", "x", false).await, ["/here/x"], "it is walked");
    let scope = world.whole().await;
    let refused = search(&world.cloud, &scope, "/here", "x", 10, true).await;
    assert!(matches!(refused, Err(SearchError::TooBroad)));
    let large = world.searching_by(SearchLimits { walk_max: 0, ..limits });
    assert!(matches!(search(&large, &scope, "/here", "x", 10, false).await, Err(SearchError::TooBroad)));
    assert_eq!(search(&large, &scope, "/", "x", 3, false).await.expect("enough is found").len(), 3);
    let slow = world.searching_by(SearchLimits { time_max: Duration::ZERO, ..by_index() });
    assert!(matches!(search(&slow, &scope, "/", "x", 100, true).await, Err(SearchError::TooBroad)));
}

/// However many search one namespace, each is answered.
#[tokio::test]
async fn searches_take_turns() {
    let world = World::searching(by_index()).await;
    file(&world, "/x").await;
    let scope = world.whole().await;
    let many: Vec<_> = (0..200)
        .map(|_| {
            let (cloud, scope) = (Arc::clone(&world.cloud), scope.clone());
            tokio::spawn(async move { search(&cloud, &scope, "/", "x", 10, false).await })
        })
        .collect();
    for task in many {
        assert_eq!(task.await.expect("no panic").expect("it is there").len(), 1);
    }
}

/// Who waits for an index is in nobody's way: however many accounts do, others search meanwhile.
#[tokio::test(start_paused = true)]
async fn who_waits_for_an_index_keeps_nobody_from_searching() {
    let world = World::searching(SearchLimits { tail_max: 0, ..by_index() }).await;
    file(&world, "/x").await;
    let mut waiting = Vec::new();
    for n in 0..2 * SearchLimits::default().at_once {
        let person = world.person(&format!("{n}@example.org"), None).await;
        let scope = world.cloud.scope(&person, Reach::Whole).await.expect("memory does not fail");
        world.cloud.put_file(&scope, &put(&path("/x"), 1)).await.expect("nothing is in the way");
        world.store.hold_names(scope.namespace, Seq::ZERO, Hold::ForEver);
        let cloud = Arc::clone(&world.cloud);
        waiting.push(tokio::spawn(async move { search(&cloud, &scope, "/", "x", 10, false).await }));
    }
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    let begun = tokio::time::Instant::now();
    assert_eq!(found(&world, "/", "x", false).await, ["/x"]);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    for task in waiting {
        assert!(matches!(task.await.expect("no panic"), Err(SearchError::Behind)));
    }
    assert_eq!(begun.elapsed(), SearchLimits::default().patience);
}

/// An account has so many searches under way and no more; others have their own.
#[tokio::test(start_paused = true)]
async fn an_account_waits_for_so_many_searches() {
    let limits = SearchLimits { tail_max: 0, waiting_per_account: 2, ..by_index() };
    let world = World::searching(limits).await;
    file(&world, "/x").await;
    let scope = world.whole().await;
    world.store.hold_names(scope.namespace, Seq::ZERO, Hold::ForEver);
    let ask = || Box::pin(search(&world.cloud, &scope, "/", "x", 10, false));
    let (mut one, mut two) = (ask(), ask());
    assert!((&mut one).now_or_never().is_none() && (&mut two).now_or_never().is_none());
    assert!(matches!(ask().await, Err(SearchError::Busy)));
    let person = world.person("bo@example.org", None).await;
    let others = world.cloud.scope(&person, Reach::Whole).await.expect("memory does not fail");
    assert_eq!(search(&world.cloud, &others, "/", "x", 10, false).await.expect("it is another's"), []);
    drop(one);
    assert!(matches!(ask().await, Err(SearchError::Behind)), "there is room again");
}
