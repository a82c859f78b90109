//! Many at once, long logs, slow readers, and what bounds them.

use crate::child;
use crate::world::{NS, World, files, open, put, upload};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tidemark_core::model::{Digest, Draft, EntryId, NamespaceId, Seq, UploadId, digest_of};
use tidemark_core::store::{Appended, BlockStore as _, JournalStore as _, StoreError, UploadStore as _};
use tidemark_store_local::{LocalStore, Options};

/// Drafts that arrive together share transactions.
#[test]
fn commits_are_grouped() {
    let world = World::new();
    let output = child::start("limits::counts_commits", world.path()).wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by another test, because counters belong to a process"]
async fn counts_commits() {
    if !child::is_child() {
        return;
    }
    let commits = Arc::new(AtomicU64::new(0));
    metrics::set_global_recorder(CommitCounter(Arc::clone(&commits))).unwrap();
    let store = open(Path::new("."), Options::default()).unwrap();
    let puts = (0..400_u32).map(|n| {
        let store = &store;
        async move { upload(store, &n.to_string(), n.to_le_bytes().to_vec()).await }
    });
    for made in futures_util::future::join_all(puts).await {
        assert!(matches!(made, Ok(Appended::Committed { .. })));
    }
    let grouped = commits.swap(0, Ordering::Relaxed);
    assert!((1..=40).contains(&grouped), "{grouped} transactions for 400 uploads");
    for n in 0..10_u32 {
        upload(&store, &format!("alone {n}"), vec![1]).await.unwrap();
    }
    assert_eq!(commits.load(Ordering::Relaxed), 10, "one alone waits for nobody, and its block rides along");
}

struct CommitCounter(Arc<AtomicU64>);

impl metrics::Recorder for CommitCounter {
    fn describe_counter(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_gauge(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_histogram(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}

    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        if key.name() == "tidemark_commits_total" {
            metrics::Counter::from_arc(Arc::clone(&self.0))
        } else {
            metrics::Counter::noop()
        }
    }

    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }

    fn register_histogram(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Histogram {
        metrics::Histogram::noop()
    }
}

/// Ten times as much as the log may hold goes through it, while readers come and go.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_bounded() {
    const WAL_BYTES_MAX: u64 = 1 << 20;
    let world = World::new();
    let store = world.open_with(Options { wal_bytes_max: WAL_BYTES_MAX, ..Options::default() });
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                store.read(NS).await.unwrap().children(EntryId::ROOT, None, 100).await.unwrap();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    };
    for n in 0_u32..1000 {
        let mut bytes = vec![3; 10_000];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        upload(&store, &n.to_string(), bytes).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    reader.await.unwrap();
    let log = fs::metadata(world.path().join("tidemark.db-wal")).unwrap().len();
    assert!(log <= 2 * WAL_BYTES_MAX, "the log has grown to {log} bytes");
}

/// A reader that holds on to its snapshot delays nobody for long and sees its instant to the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_lingering_reader_stops_nobody() {
    let world = World::new();
    let store = world.open_with(Options { wal_bytes_max: 256 << 10, ..Options::default() });
    upload(&store, "first", vec![1]).await.unwrap();
    let mut lingering = store.read(NS).await.unwrap();
    for n in 0_u32..200 {
        let mut bytes = vec![3; 10_000];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        upload(&store, &n.to_string(), bytes).await.unwrap();
    }
    assert_eq!(lingering.children(EntryId::ROOT, None, 999).await.unwrap().len(), 1);
    assert_eq!(lingering.head().seq, Seq(1));
    drop(lingering);
    assert_eq!(files(&store).await.len(), 201);
}

/// Every snapshot is of one instant, however much is committed meanwhile, and never older than an answer.
#[tokio::test(flavor = "multi_thread")]
async fn snapshots_are_consistent_under_writes() {
    let world = World::new();
    let store = world.open();
    let answered = Arc::new(AtomicU64::new(0));
    let writers = (0..4).map(|writer| {
        let (store, answered) = (Arc::clone(&store), Arc::clone(&answered));
        tokio::spawn(async move {
            for n in 0..100 {
                let made = store.append(put(&format!("{writer} {n}"), 1, Digest([1; 32]))).await.unwrap();
                let Appended::Committed { first } = made else { panic!("{made:?}") };
                answered.fetch_max(first.0, Ordering::SeqCst);
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    loop {
        let at_least = answered.load(Ordering::SeqCst);
        assert!(store.head(NS).await.unwrap().seq.0 >= at_least);
        let mut look = store.read(NS).await.unwrap();
        let head = look.head().seq.0;
        assert!(head >= at_least);
        let root = look.entry(EntryId::ROOT).await.unwrap().unwrap();
        let totals = root.folder().unwrap().totals;
        assert_eq!((totals.entries, totals.bytes, totals.seq), (head, head, Seq(head)));
        assert_eq!(look.children(EntryId::ROOT, None, 999).await.unwrap().len() as u64, head);
        assert_eq!(look.changes(Seq::ZERO, 999).await.unwrap().len() as u64, head);
        if head == 400 {
            break;
        }
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Whoever holds one of the few snapshots can still ask for everything else.
#[tokio::test(flavor = "multi_thread")]
async fn holding_every_snapshot_blocks_no_lookup() {
    let world = World::new();
    let store = world.open_with(Options { readers_max: 2, ..Options::default() });
    upload(&store, "a", vec![1; 30_000]).await.unwrap();
    let held = (store.read(NS).await.unwrap(), store.read(NS).await.unwrap());
    let asking = async {
        assert_eq!(store.head(NamespaceId(2)).await.unwrap().seq, Seq::ZERO);
        assert!(store.get(digest_of(&[1; 30_000]), 0..9).await.unwrap().is_some());
        assert_eq!(store.upload(UploadId([1; 16])).await.unwrap(), None);
        upload(&store, "b", vec![2; 300_000]).await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(20), asking).await.expect("nothing waits for a snapshot's end");
    let third = store.read(NS);
    assert!(tokio::time::timeout(Duration::from_millis(50), third).await.is_err(), "a third has to wait");
    drop(held);
    assert_eq!(store.read(NS).await.unwrap().head().seq, Seq(2));
}

/// A row that cannot be is told to whoever needs it; drafts that share its transaction do not suffer.
#[tokio::test(flavor = "multi_thread")]
async fn corruption_is_kept_apart() {
    let world = World::new();
    upload(&world.open(), "a", vec![1]).await.unwrap();
    let spoil = rusqlite::Connection::open(world.path().join("tidemark.db")).unwrap();
    spoil.execute("UPDATE entries SET bytes = -5 WHERE ns = 1 AND parent = -1", []).unwrap();
    drop(spoil);
    let store = world.open();
    let appends = (0..20).map(|n| {
        let draft = put(&format!("new {n}"), 1, Digest([1; 32]));
        store.append(Draft { namespace: NamespaceId(1 + n % 2), ..draft })
    });
    for (n, made) in futures_util::future::join_all(appends).await.into_iter().enumerate() {
        match n % 2 {
            0 => assert!(matches!(made, Err(StoreError::Corrupt(_))), "{made:?}"),
            _ => assert!(matches!(made, Ok(Appended::Committed { .. })), "{made:?}"),
        }
    }
    let mut look = store.read(NS).await.unwrap();
    assert!(matches!(look.entry(EntryId::ROOT).await, Err(StoreError::Corrupt(_))));
}

/// More than may wait is refused and not queued without end.
#[tokio::test(flavor = "current_thread")]
async fn the_queue_is_bounded() {
    let world = World::new();
    let store = world.open_with(Options { queue_jobs_max: 1, batch_jobs_max: 1, ..Options::default() });
    let puts = (0..500).map(|n| {
        let store: Arc<LocalStore> = Arc::clone(&store);
        async move { store.append(put(&n.to_string(), 1, Digest([1; 32]))).await }
    });
    let made = futures_util::future::join_all(puts).await;
    let done = made.iter().filter(|made| matches!(made, Ok(Appended::Committed { .. }))).count();
    let refused = made.iter().filter(|made| matches!(made, Err(StoreError::Unavailable { .. }))).count();
    assert_eq!(done + refused, 500);
    assert!(done > 0 && refused > 0, "{done} done, {refused} refused");
    assert_eq!(store.head(NS).await.unwrap().seq, Seq(done as u64), "what was refused was not done");
}
