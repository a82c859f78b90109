//! Full disks and failing disks.

use crate::child;
use crate::world::{World, draft, files, open, put, upload};
use std::path::Path;
use tidemark_core::model::{
    AccountId, AppKey, Digest, EntryId, EntryRef, Name, Seq, Step, Timestamp, UploadId, UploadSession,
    digest_of,
};
use tidemark_core::store::{Appended, BlockStore as _, JournalStore as _, StoreError, UploadStore as _};
use tidemark_store_local::Options;

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
    let session = UploadSession::new(UploadId([1; 16]), AccountId(1), AppKey("app".into()), Timestamp(9));
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
    for (test, kib) in [("disk::fills_the_log", 500), ("disk::fills_a_segment", 2_000)] {
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
