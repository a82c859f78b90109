//! The index of names on disk: whatever becomes of its file, a search finds what is there.

use crate::world::{NS, World, draft, put};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tidemark_core::cloud::{Cloud, Item, Parts, Scope, Search, SearchError, SearchLimits};
use tidemark_core::hub::{Hub, Limits};
use tidemark_core::journal::Journal;
use tidemark_core::model::{
    AccountId, Digest, EntryId, EntryRef, Name, NewNode, Path as TreePath, Seq, Step, Timestamp, Words,
};
use tidemark_core::store::memory::{ManualClock, MemoryAccounts, SeededEntropy};
use tidemark_core::store::{JournalStore as _, Loopback, NameIndex as _, Names};
use tidemark_store_local::{LocalStore, Options};

/// A cloud over the store that always asks the index, and waits for it as long as a test may take.
pub(crate) fn cloud(store: &Arc<LocalStore>) -> Cloud {
    let limits = SearchLimits { tail_max: 0, walk_always: 0, walk_max: 0, ..SearchLimits::default() };
    cloud_with(store, SearchLimits { patience: Duration::from_secs(60), ..limits })
}

pub(crate) fn cloud_with(store: &Arc<LocalStore>, search_limits: SearchLimits) -> Cloud {
    let hub = Arc::new(Hub::new(Limits::default()));
    Cloud::new(Parts {
        journal: Journal::new(Arc::clone(store) as _, Arc::new(Loopback(Arc::clone(&hub)))),
        blocks: Arc::clone(store) as _,
        uploads: Arc::clone(store) as _,
        accounts: Arc::new(MemoryAccounts::default()),
        grants: Arc::new(MemoryAccounts::default()),
        links: Arc::new(MemoryAccounts::default()),
        names: Arc::clone(store) as _,
        search_limits,
        hub,
        clock: Arc::new(ManualClock::new(Timestamp(0))),
        entropy: Arc::new(SeededEntropy::new(1)),
    })
}

pub(crate) async fn search(
    cloud: &Cloud,
    base: &str,
    query: &str,
    limit: usize,
) -> Result<Vec<Item>, SearchError> {
    let scope = Scope { account: AccountId(1), quota: None, namespace: NS, root: EntryId::ROOT, app: None };
    let (path, words) = (TreePath::parse(base).unwrap(), Words::parse(query).unwrap());
    cloud.search(&scope, Search { path: &path, words: &words, limit, deleted: false }).await
}

async fn found(store: &Arc<LocalStore>, query: &str) -> Vec<String> {
    let items = search(&cloud(store), "/", query, 1000).await.unwrap();
    items.iter().map(|item| item.path.to_string()).collect()
}

/// Files of these names in the root.
async fn fill(store: &LocalStore, names: impl IntoIterator<Item = String>) {
    for name in names {
        store.append(put(&name, 1, Digest([1; 32]))).await.unwrap();
    }
}

fn numbered(from: usize, to: usize) -> impl Iterator<Item = String> {
    (from..to).map(|n| format!("file-{n}."))
}

fn index_file(world: &World) -> PathBuf {
    world.path().join("search.db")
}

/// Opens the store with small pieces, so that a few names make many.
fn open(world: &World) -> Arc<LocalStore> {
    world.open_with(Options { index_names_max: 8, wal_bytes_max: 1 << 20, ..Options::default() })
}

/// How far the index says that it is when it is first asked.
async fn seq_at_once(store: &LocalStore) -> Seq {
    store.names(NS, &Words::parse("x").unwrap(), Seq::MAX).await.unwrap().seq()
}

/// What a search finds is what was put before it, whether the store was just opened, was reopened, or is busy.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_is_found_at_once_and_after_a_restart() {
    let world = World::new();
    let store = open(&world);
    for n in 0..40 {
        fill(&store, [format!("file-{n}.")]).await;
        assert_eq!(found(&store, &format!("file-{n}.")).await, [format!("/file-{n}.")]);
    }
    store.close().await;
    let store = open(&world);
    assert_eq!(found(&store, "file").await.len(), 40);
    fill(&store, numbered(40, 50)).await;
    assert_eq!(found(&store, "file").await.len(), 50);
    assert_eq!(found(&store, "file").await[0], "/file-49.", "the newest is first");
}

/// What the index had, it has after a restart: it reads on, not from the start.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_kept() {
    let world = World::new();
    let store = open(&world);
    fill(&store, numbered(0, 30)).await;
    assert_eq!(found(&store, "file-7.").await, ["/file-7."]);
    store.close().await;
    let before = fs::metadata(index_file(&world)).unwrap();
    let store = open(&world);
    assert_eq!(found(&store, "file").await.len(), 30);
    assert_eq!(seq_at_once(&store).await, Seq(30));
    store.close().await;
    let after = fs::metadata(index_file(&world)).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap(), "nothing was written");
}

/// The file may be removed at any time, is for its owner alone, and whatever else stands in its place is replaced.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_lost_is_made_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let store = open(&world);
    fill(&store, numbered(0, 30)).await;
    assert_eq!(found(&store, "file").await.len(), 30);
    drop(store);
    let file = index_file(&world);
    let remove = |path: &Path| {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{suffix}", path.display()));
        }
    };
    let with = |bytes: &'static [u8]| move |path: &Path| fs::write(path, bytes).unwrap();
    let cut = |path: &Path| {
        let len = fs::metadata(path).unwrap().len();
        fs::File::options().write(true).open(path).unwrap().set_len(len / 2).unwrap();
    };
    let stir = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        bytes.iter_mut().skip(200).step_by(3).for_each(|byte| *byte ^= 0x55);
        fs::write(path, bytes).unwrap();
    };
    let what_happens: [&dyn Fn(&Path); 5] = [&remove, &with(b""), &with(b"no database at all"), &cut, &stir];
    for (which, happens) in what_happens.into_iter().enumerate() {
        happens(&file);
        let store = open(&world);
        assert_eq!(found(&store, "file-2").await.len(), 11, "after number {which}");
        assert_eq!(found(&store, "file").await.len(), 30, "after number {which}");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        drop(store);
    }
}

/// A piece that is missing, cut off or out of place is noticed by the search that meets it.
#[tokio::test(flavor = "multi_thread")]
async fn holes_are_noticed_and_mended() {
    for damage in [
        "DELETE FROM chunks WHERE id = (SELECT min(id) FROM chunks)",
        "DELETE FROM chunks WHERE id = (SELECT max(id) FROM chunks)",
        "DELETE FROM chunks WHERE id = (SELECT min(id) + 1 FROM chunks)",
        "DELETE FROM chunks",
        "UPDATE chunks SET bytes = substr(bytes, 1, 30) WHERE id = (SELECT min(id) FROM chunks)",
        "UPDATE chunks SET first = first + 1 WHERE id = (SELECT min(id) + 1 FROM chunks)",
        "UPDATE chunks SET mark = mark + 1",
        "UPDATE store SET epoch = epoch + 1",
        "PRAGMA user_version = 99",
        "DROP TABLE chunks",
    ] {
        let world = World::new();
        let store = open(&world);
        fill(&store, numbered(0, 30)).await;
        assert_eq!(found(&store, "file").await.len(), 30);
        drop(store);
        rusqlite::Connection::open(index_file(&world)).unwrap().execute_batch(damage).unwrap();
        let store = open(&world);
        assert_eq!(found(&store, "file").await.len(), 30, "{damage}");
    }
}

/// So is damage that happens while the store is open.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_breaks_under_way_is_mended() {
    let world = World::new();
    let store = open(&world);
    fill(&store, numbered(0, 30)).await;
    assert_eq!(found(&store, "file").await.len(), 30);
    let other = rusqlite::Connection::open(index_file(&world)).unwrap();
    other.execute_batch("DELETE FROM chunks WHERE id = (SELECT min(id) FROM chunks)").unwrap();
    drop(other);
    // Whoever asks for the pieces themselves is told that they are no answer.
    let mut scan = store.names(NS, &Words::parse("nothing").unwrap(), Seq::MAX).await.unwrap();
    while !matches!(scan.next().await.unwrap(), Names::Lost) {}
    assert_eq!(found(&store, "file").await.len(), 30);
}

/// A copy of the databases that was put back beside a newer index: the index has names that never were.
#[tokio::test(flavor = "multi_thread")]
async fn another_history_is_not_mixed_in() {
    let world = World::new();
    let store = open(&world);
    fill(&store, numbered(0, 10)).await;
    store.close().await;
    let copy = world.path().join("copy.db");
    fs::copy(world.path().join("tidemark.db"), &copy).unwrap();
    let store = open(&world);
    fill(&store, numbered(10, 30)).await;
    assert_eq!(found(&store, "file").await.len(), 30);
    store.close().await;
    for (round, more) in [(0, 0), (1, 40)] {
        fs::copy(&copy, world.path().join("tidemark.db")).unwrap();
        let _ = fs::remove_file(world.path().join("tidemark.db-wal"));
        let _ = fs::remove_file(world.path().join("tidemark.db-shm"));
        let kept = fs::read(index_file(&world)).unwrap();
        let store = open(&world);
        for n in 0..more {
            let node = NewNode::Folder;
            let (parent, name) =
                (EntryRef::Existing(EntryId::ROOT), Name::new(&format!("other {n}")).unwrap());
            let made = Step::Create { parent, name, node, copied: false };
            store.append(draft(vec![made])).await.unwrap();
        }
        assert_eq!(found(&store, "file").await.len(), 10, "round {round}");
        assert_eq!(found(&store, "other").await.len(), more, "round {round}");
        store.close().await;
        fs::write(index_file(&world), kept).unwrap();
    }
}

/// While an index is made, small folders are searched without it, and what cannot be answered is refused.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_from_half_an_index() {
    let world = World::new();
    let store = world.open();
    let steps = |from: usize| {
        let node = NewNode::Folder;
        let create = move |n| Step::Create {
            parent: EntryRef::Existing(EntryId::ROOT),
            name: Name::new(&format!("folder-{n}.")).unwrap(),
            node,
            copied: false,
        };
        (from..from + 1000).map(create).collect::<Vec<_>>()
    };
    for from in 0..20 {
        store.append(draft(steps(from * 1000))).await.unwrap();
    }
    drop(store);
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", index_file(&world).display()));
    }
    let store = world.open();
    let limits = SearchLimits { walk_always: 0, walk_max: 0, tail_max: 10, ..SearchLimits::default() };
    let impatient = cloud_with(&store, SearchLimits { patience: Duration::ZERO, ..limits });
    loop {
        match search(&impatient, "/", "folder-17.", 10).await {
            Ok(items) => break assert_eq!(items.len(), 1),
            Err(SearchError::Behind) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(search(&cloud(&store), "/folder-7.", "folder", 10).await.unwrap().len(), 0);
    assert_eq!(search(&cloud(&store), "/", "folder-1999", 99).await.unwrap().len(), 11);
}

/// Searches while others put files: each sees what was answered before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn searches_keep_up_with_writers() {
    let world = World::new();
    let store = open(&world);
    let tasks: Vec<_> = (0..4)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let defaults = cloud_with(&store, SearchLimits { walk_always: 0, ..SearchLimits::default() });
                for n in 0..60 {
                    let name = format!("t{task} n{n}.");
                    fill(&store, [name.clone()]).await;
                    assert_eq!(search(&defaults, "/", &name, 10).await.unwrap().len(), 1, "{name}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(found(&store, "n5").await.len(), 44);
}
