//! Full disks, failing disks, long logs, many at once.

use crate::child;
use crate::world::{NS, World, draft, files, open, put, upload};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tidemark_core::model::{
    AccountId, AppKey, Digest, EntryId, EntryRef, Name, Seq, Step, Timestamp, UploadId, UploadSession,
    digest_of,
};
use tidemark_core::store::{Appended, BlockStore as _, JournalStore as _, StoreError, UploadStore as _};
use tidemark_store_local::{LocalStore, Options};

/// With only the reserve left nothing is added, while deleting, moving and reading go on.
#[tokio::test(flavor = "multi_thread")]
async fn the_reserve_is_for_making_room() {
    let world = World::new();
    upload(&world.open(), "a", vec![1; 100]).await.unwrap();
    upload(&world.open(), "b", vec![2; 100]).await.unwrap();
    let store = world.open_with(Options { reserve_bytes: u64::MAX, ..Options::default() });
    for size in [10, 50_000, 500_000] {
        let bytes = vec![5; size];
        assert!(matches!(store.put(digest_of(&bytes), bytes.into()).await, Err(StoreError::Full)));
    }
    assert!(matches!(store.append(put("c", 0, Digest([0; 32]))).await, Err(StoreError::Full)));
    let session = UploadSession {
        id: UploadId([1; 16]),
        account: AccountId(1),
        app: AppKey("app".into()),
        expires: Timestamp(9),
        blocks: vec![],
        tail: vec![],
        closed: false,
    };
    assert!(matches!(store.open(session).await, Err(StoreError::Full)));
    let rename = Step::Move {
        entry: EntryId(2),
        to: EntryRef::Existing(EntryId::ROOT),
        name: Name::new("c").unwrap(),
    };
    let room = draft(vec![Step::Delete { entry: EntryId(1) }, rename]);
    assert_eq!(store.append(room).await.unwrap(), Appended::Committed { first: Seq(3) });
    assert_eq!(store.sweep_uploads(Timestamp(10)).await.unwrap(), 0);
    assert_eq!(files(&store).await, [("c".to_owned(), 100)]);
}

/// A database that cannot grow refuses what does not fit, wholly; it stays whole and readable, and goes on with more
/// room.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_refuses_and_stays_whole() {
    let world = World::new();
    let store = world.open_with(Options { database_bytes_max: Some(1 << 20), ..Options::default() });
    let mut kept = Vec::new();
    let mut refused = 0;
    for n in 0_u32..200 {
        let mut bytes = vec![1; 10_000];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        match upload(&store, &format!("{n:03}"), bytes).await {
            Ok(made) => {
                assert!(matches!(made, Appended::Committed { .. }));
                kept.push((format!("{n:03}"), 10_000));
            }
            Err(StoreError::Full) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(kept.len() > 20 && refused > 20, "{} kept, {refused} refused", kept.len());
    assert_eq!(files(&store).await, kept);
    drop(store);
    let store = world.open();
    upload(&store, "more", vec![9; 10_000]).await.unwrap();
    assert_eq!(files(&store).await.len(), kept.len() + 1);
}

/// A block that was put before the disk filled up is there for the draft that comes when there is room again.
#[tokio::test(flavor = "multi_thread")]
async fn a_put_block_outlasts_a_full_database() {
    let world = World::new();
    let store = world.open_with(Options { database_bytes_max: Some(200 << 10), ..Options::default() });
    // More than fits, and answered, because nothing had to be written yet.
    let blocks: Vec<_> = (0..30_u8).map(|n| vec![n; 10_000]).collect();
    let mut held = Vec::new();
    for bytes in &blocks {
        let digest = digest_of(bytes);
        match store.put(digest, bytes.clone().into()).await {
            Ok(()) => held.push((digest, bytes)),
            Err(StoreError::Full) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(held.len() > 20, "the writer was faster than the test");
    let made = store.append(put("a", 10_000, held[0].0)).await;
    assert!(matches!(made, Err(StoreError::Full)), "{made:?}");
    for (digest, bytes) in &held {
        assert_eq!(store.get(*digest, 0..u32::MAX).await.unwrap().unwrap(), bytes[..]);
    }
    let refused = store.put(digest_of(b"no more"), b"no more".to_vec().into()).await;
    assert!(matches!(refused, Err(StoreError::Full)));
}

/// After a write that the disk refused, nothing is written any more, and everything that was acknowledged can be read;
/// opened again, the store goes on. Shown for the database's log and for segments.
#[test]
fn a_failed_write_makes_it_read_only() {
    for (test, kib) in [("limits::fills_the_log", 500), ("limits::fills_a_segment", 2_000)] {
        let world = World::new();
        let output = child::start_with_file_limit(test, world.path(), kib).wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let store = world.open();
            let before = files(&store).await.len();
            assert!(before > 5, "{before} files");
            upload(&store, "next", vec![1; 20_000]).await.unwrap();
            assert_eq!(files(&store).await.len(), before + 1);
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by another test"]
async fn fills_the_log() {
    write_until_read_only(10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by another test"]
async fn fills_a_segment() {
    write_until_read_only(100_000).await;
}

async fn write_until_read_only(size: usize) {
    if !child::is_child() {
        return;
    }
    let store = open(Path::new("."), Options::default()).unwrap();
    let mut done = 0_usize;
    let refused = loop {
        let mut bytes = vec![3; size];
        bytes[..8].copy_from_slice(&done.to_le_bytes());
        match upload(&store, &done.to_string(), bytes).await {
            Ok(_) => done += 1,
            Err(refused) => break refused,
        }
        assert!(done < 10_000, "the limit was not met");
    };
    assert!(matches!(refused, StoreError::ReadOnly), "{refused:?}");
    assert!(matches!(upload(&store, "again", vec![1]).await, Err(StoreError::ReadOnly)));
    let delete = draft(vec![Step::Delete { entry: EntryId(1) }]);
    assert!(matches!(store.append(delete).await, Err(StoreError::ReadOnly)));
    assert_eq!(files(&store).await.len(), done);
}

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
