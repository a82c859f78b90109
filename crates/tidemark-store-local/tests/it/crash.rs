//! What is left after a process was killed, and after one that ended in order.

#![allow(clippy::print_stdout, reason = "a child tells its parent what was acknowledged")]

use crate::child;
use crate::world::{NS, World, draft, files, open, put, upload};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_core::model::{
    AccountId, AppKey, Digest, EntryId, HashedParts, Name, Seq, Sha1, Sha1State, Step, Timestamp, UploadId,
    UploadPart, UploadPiece, UploadPlan, UploadSession, UploadTarget, digest_of,
};
use tidemark_core::store::{
    Appended, BlockStore as _, JournalStore as _, NameIndex as _, StoreError, UploadStore as _,
};
use tidemark_store_local::{OpenError, Options};

/// Sizes for each place that a block may go to.
const SIZES: [usize; 4] = [500, 5_000, 50_000, 400_000];

fn options() -> Options {
    Options { segment_bytes_max: 1 << 20, wal_bytes_max: 1 << 20, ..Options::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_there_after_a_clean_close() {
    let world = World::new();
    let store = world.open();
    for (n, size) in SIZES.into_iter().enumerate() {
        upload(&store, &n.to_string(), vec![3; size]).await.unwrap();
    }
    let lonely = digest_of(b"a block that no draft mentions");
    store.put(lonely, b"a block that no draft mentions".to_vec().into()).await.unwrap();
    let (life, before) = ((store.epoch(), store.secret()), files(&store).await);
    Arc::clone(&store).close().await;
    assert!(matches!(store.read(NS).await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(store.append(draft(vec![])).await, Err(StoreError::Unavailable { .. })));
    drop(store);
    let log = fs::metadata(world.path().join("tidemark.db-wal")).map_or(0, |file| file.len());
    assert_eq!(log, 0, "nothing is left to be read by the next start");

    let store = world.open();
    assert_eq!(((store.epoch(), store.secret()), files(&store).await), (life, before));
    assert!(store.get(lonely, 0..9).await.unwrap().is_some());
    assert_eq!(store.append(put("next", 0, lonely)).await.unwrap(), Appended::Committed { first: Seq(5) });
}

/// Whoever puts a copy back gives it another epoch, by the line that OPERATIONS has: cursors from before begin again, and yet
/// it is the same server, to which whatever else was sealed still opens.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_put_back_is_another_life_of_the_same_store() {
    let world = World::new();
    let store = world.open();
    let (epoch, secret) = (store.epoch(), store.secret());
    Arc::clone(&store).close().await;
    drop(store);
    let db = rusqlite::Connection::open(world.path().join("tidemark.db")).unwrap();
    db.execute("UPDATE store SET epoch = random()", []).unwrap();
    drop(db);
    let store = world.open();
    assert_ne!(store.epoch(), epoch);
    assert_eq!(store.secret(), secret);
}

/// Whatever was acknowledged before a SIGKILL is there afterwards, with its bytes, and nothing is there by halves.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost() {
    let world = World::new();
    let mut acknowledged = BTreeMap::new();
    for round in 0..4 {
        let mut child = child::start("crash::uploads_until_it_is_killed", world.path());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let enough = acknowledged.len() + 40 + 23 * round;
        for line in lines.map_while(Result::ok) {
            if let Some((_, told)) = line.split_once("uploaded ") {
                let (called, size) = told.split_once(' ').unwrap();
                acknowledged.insert(called.to_owned(), size.parse::<u64>().unwrap());
            }
            // What it has told until it is dead counts, too.
            if acknowledged.len() == enough {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        fs::write(world.path().join("tmp/left behind"), "x").unwrap();
        let store = world.open_with(options());
        let found: BTreeMap<_, _> = files(&store).await.into_iter().collect();
        for (called, size) in &acknowledged {
            assert_eq!(found.get(called), Some(size), "round {round}: {called}");
        }
        assert_eq!(fs::read_dir(world.path().join("tmp")).unwrap().count(), 0);
    }
    assert!(acknowledged.len() > 200, "the test has seen {} uploads only", acknowledged.len());
}

#[test]
#[ignore = "started by another test"]
fn uploads_until_it_is_killed() {
    if !child::is_child() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let store = Arc::new(open(Path::new("."), options()).unwrap());
    runtime.block_on(async {
        let first = store.head(NS).await.unwrap().seq.0;
        let number = Arc::new(AtomicU64::new(first));
        let clients = (0..8).map(|_| {
            let (store, number) = (Arc::clone(&store), Arc::clone(&number));
            tokio::spawn(async move {
                // Bounded, should the parent forget it.
                for _ in 0..2000 {
                    let n = number.fetch_add(1, Ordering::Relaxed);
                    let called = format!("{first}-{n}");
                    let mut bytes = vec![9; SIZES[usize::try_from(n).unwrap() % SIZES.len()]];
                    bytes[..8].copy_from_slice(&n.to_le_bytes());
                    let size = bytes.len();
                    let made = upload(&store, &called, bytes).await.unwrap();
                    assert!(matches!(made, Appended::Committed { .. }));
                    println!("\nuploaded {called} {size}");
                }
            })
        });
        futures_util::future::join_all(clients.collect::<Vec<_>>()).await;
    });
}

/// What a killed process appended and never got into the index is cut off, and does no harm.
#[tokio::test(flavor = "multi_thread")]
async fn loose_ends_are_cut() {
    let world = World::new();
    let store = world.open();
    upload(&store, "a", vec![1; 50_000]).await.unwrap();
    upload(&store, "b", vec![2; 60_000]).await.unwrap();
    drop(store);
    let segments = world.path().join("segments");
    let mut tail = OpenOptions::new().append(true).open(segments.join("00000001")).unwrap();
    tail.write_all(&[0xff; 12_345]).unwrap();
    fs::write(segments.join("00000002"), "never indexed").unwrap();
    let store = world.open();
    assert_eq!(fs::metadata(segments.join("00000001")).unwrap().len(), 110_000);
    assert!(!segments.join("00000002").exists());
    upload(&store, "c", vec![3; 70_000]).await.unwrap();
    assert_eq!(files(&store).await.len(), 3);
}

/// A segment that is shorter than its index says is found at the start and not by a reader.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_tail_is_told() {
    let world = World::new();
    upload(&world.open(), "a", vec![1; 50_000]).await.unwrap();
    let segment = world.path().join("segments/00000001");
    OpenOptions::new().write(true).open(&segment).unwrap().set_len(49_999).unwrap();
    assert!(matches!(world.try_open(Options::default()), Err(OpenError::File { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_serves_a_folder() {
    let world = World::new();
    let store = world.open();
    let refused = world.try_open(Options::default()).map(drop).unwrap_err();
    let us = std::process::id();
    assert!(matches!(refused, OpenError::Locked { process: Some(id), .. } if id == us));
    assert!(refused.to_string().ends_with(&format!("is in use by process {us}")), "{refused}");
    drop(store);
    world.open();
}

#[test]
fn a_newer_programs_database_is_left_alone() {
    let world = World::new();
    drop(world.open());
    let file = world.path().join("tidemark.db");
    let raise = rusqlite::Connection::open(&file).unwrap();
    raise.pragma_update(None, "user_version", 99).unwrap();
    drop(raise);
    let before = fs::read(&file).unwrap();
    let refused = world.try_open(Options::default()).map(drop);
    assert!(matches!(refused, Err(OpenError::TooNew { found: 99, .. })));
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn what_is_no_database_is_refused() {
    let world = World::new();
    fs::write(world.path().join("tidemark.db"), "x".repeat(5_000)).unwrap();
    assert!(matches!(world.try_open(Options::default()), Err(OpenError::Database { .. })));
    let refused = open(Path::new("/dev/null/x"), Options::default()).map(drop);
    assert!(matches!(refused, Err(OpenError::File { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_can_look_inside() {
    let world = World::new();
    let data = world.path().join("data");
    let store = open(&data, Options::default()).unwrap();
    for size in SIZES {
        upload(&store, &size.to_string(), vec![4; size]).await.unwrap();
    }
    let head = store.head(NS).await.unwrap().seq;
    store.reach(NS, head).await.unwrap();
    let (mut folders, mut seen) = (vec![data], 0);
    while let Some(folder) = folders.pop() {
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700, "{folder:?}");
        for inside in fs::read_dir(folder).unwrap() {
            let path = inside.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 9, "the lock, database and index with two companions each, a segment and a block");
}

/// An upload session goes on after a restart where it was left.
#[tokio::test(flavor = "multi_thread")]
async fn upload_sessions_survive() {
    let world = World::new();
    let mut session = UploadSession::new(UploadId([1; 16]), AccountId(1), AppKey("app".into()), Timestamp(9));
    session.blocks.push(Digest([1; 32]));
    let store = world.open();
    store.open(session.clone()).await.unwrap();
    let sha1 = Some(Sha1State(vec![7; 90]));
    let piece = UploadPiece {
        offset: session.offset(),
        blocks: vec![Digest([2; 32])],
        tail: vec![],
        sha1: sha1.clone(),
    };
    store.advance(session.id, piece, Timestamp(0)).await.unwrap();
    drop(store);
    let found = world.open().upload(session.id).await.unwrap().unwrap();
    assert_eq!((found.blocks, found.sha1), (vec![Digest([1; 32]), Digest([2; 32])], sha1));
}

/// So does one in parts: what came of it, and how far its SHA-1 is.
#[tokio::test(flavor = "multi_thread")]
async fn parts_of_uploads_survive() {
    let world = World::new();
    let target = UploadTarget::New { folder: EntryId::ROOT, name: Name::trusted("a") };
    let id = UploadId([1; 16]);
    let session = UploadSession::new(id, AccountId(1), AppKey("app".into()), Timestamp(9));
    let session = UploadSession { plan: Some(UploadPlan::new(20_000_000, target)), ..session };
    let store = world.open();
    store.open(session.clone()).await.unwrap();
    let part =
        |index| UploadPart { index, sha1: Sha1([7; 20]), blocks: vec![Digest([1; 32]), Digest([2; 32])] };
    let hashed = HashedParts { parts: 1, state: Sha1State(vec![7; 90]) };
    store.add_part(id, part(2), None, Timestamp(0)).await.unwrap();
    store.add_part(id, part(0), Some(hashed.clone()), Timestamp(0)).await.unwrap();
    drop(store);
    let store = world.open();
    assert_eq!(store.parts(id, 0, 9).await.unwrap(), [part(0), part(2)]);
    let plan = UploadPlan { received: 2, hashed: 1, ..session.plan.clone().unwrap() };
    let expected = UploadSession { plan: Some(plan), sha1: Some(hashed.state), ..session };
    assert_eq!(store.upload(id).await.unwrap(), Some(expected));
}

/// A draft goes on to be judged by what was committed before the restart.
#[tokio::test(flavor = "multi_thread")]
async fn trees_survive() {
    let world = World::new();
    upload(&world.open(), "a", vec![1; 10]).await.unwrap();
    upload(&world.open(), "b", vec![1; 20]).await.unwrap();
    let store = world.open();
    assert_eq!(upload(&store, "A", vec![1; 10]).await.unwrap(), Appended::Stale);
    store.append(draft(vec![Step::Delete { entry: EntryId(1) }])).await.unwrap();
    drop(store);
    let store = world.open();
    assert_eq!(store.head(NS).await.unwrap().seq, Seq(3));
    let root = store.read(NS).await.unwrap().entry(EntryId::ROOT).await.unwrap().unwrap();
    assert_eq!((root.folder().unwrap().totals.bytes, root.folder().unwrap().totals.entries), (20, 1));
}
