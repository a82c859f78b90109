//! The promises of [`BlockStore`].

use crate::model::{BLOCK_SIZE_MAX, Digest, Sha1, digest_of};
use crate::store::BlockStore;
use bytes::Bytes;

/// Every promise, against an empty store.
pub async fn suite(store: &dyn BlockStore) {
    nothing_is_there_before(store).await;
    what_was_put_is_got(store).await;
    ranges_are_cut_at_the_end(store).await;
    putting_twice_is_putting_once(store).await;
    many_may_put_at_once(store).await;
    sha1s_are_kept_with_their_blocks(store).await;
}

/// Sizes around every boundary a store might draw.
const SIZES: [usize; 12] = [
    0,
    1,
    1000,
    4 << 10,
    (16 << 10) - 1,
    16 << 10,
    (16 << 10) + 1,
    256 << 10,
    (256 << 10) + 1,
    1 << 20,
    BLOCK_SIZE_MAX - 1,
    BLOCK_SIZE_MAX,
];

/// Bytes that differ from place to place and from `seed` to `seed`.
fn block(seed: u8, size: usize) -> (Digest, Bytes) {
    let bytes: Bytes = (0..size).map(|at| (at % 251) as u8 ^ (at >> 12) as u8 ^ seed).collect();
    (digest_of(&bytes), bytes)
}

async fn whole(store: &dyn BlockStore, digest: Digest) -> Option<Bytes> {
    store.get(digest, 0..u32::MAX).await.expect("readable")
}

async fn nothing_is_there_before(store: &dyn BlockStore) {
    assert_eq!(whole(store, digest_of(b"never put")).await, None);
}

async fn what_was_put_is_got(store: &dyn BlockStore) {
    for size in SIZES {
        let (digest, bytes) = block(1, size);
        store.put(digest, bytes.clone()).await.expect("writable");
        assert!(whole(store, digest).await == Some(bytes), "a block of {size} bytes");
    }
    // And still when everything else has been put.
    for size in SIZES {
        let (digest, bytes) = block(1, size);
        assert!(whole(store, digest).await == Some(bytes), "a block of {size} bytes, later");
    }
}

async fn ranges_are_cut_at_the_end(store: &dyn BlockStore) {
    for size in [0, 10, 20 << 10, 1 << 20] {
        let (digest, bytes) = block(2, size);
        store.put(digest, bytes.clone()).await.expect("writable");
        let end = u32::try_from(size).expect("small");
        for range in [0..0, 0..end, 3..7, 5..u32::MAX, end..end + 5, end + 5..end + 9, end / 2..end] {
            let part = store.get(digest, range.clone()).await.expect("readable").expect("there");
            let start = (range.start as usize).min(size);
            let expected = bytes.slice(start..(range.end as usize).min(size).max(start));
            assert!(part == expected, "{range:?} of {size} bytes");
        }
    }
}

async fn putting_twice_is_putting_once(store: &dyn BlockStore) {
    for size in SIZES {
        let (digest, bytes) = block(3, size);
        for _ in 0..2 {
            store.put(digest, bytes.clone()).await.expect("writable");
        }
        assert!(whole(store, digest).await == Some(bytes));
    }
}

/// The same block and different ones, of all sizes, at the same time.
async fn many_may_put_at_once(store: &dyn BlockStore) {
    let blocks: Vec<_> = (0..4).flat_map(|seed| SIZES.map(|size| block(10 + seed % 2, size))).collect();
    let puts = blocks.iter().map(|(digest, bytes)| store.put(*digest, bytes.clone()));
    for put in futures_util::future::join_all(puts).await {
        put.expect("writable");
    }
    for (digest, bytes) in blocks {
        assert!(whole(store, digest).await == Some(bytes));
    }
}

/// Of new blocks, and of those that were there long before somebody noted a SHA-1.
async fn sha1s_are_kept_with_their_blocks(store: &dyn BlockStore) {
    let blocks = SIZES.map(|size| block(30, size));
    let addresses = blocks.clone().map(|(digest, _)| digest);
    for (digest, bytes) in &blocks {
        store.put(*digest, bytes.clone()).await.expect("writable");
    }
    assert_eq!(store.sha1s(&addresses).await.expect("readable"), [None; SIZES.len()]);
    for (digest, bytes) in &blocks {
        store.note_sha1(*digest, Sha1::of(bytes)).await.expect("writable");
        // Whatever comes later does not count.
        store.note_sha1(*digest, Sha1::of(b"another")).await.expect("writable");
    }
    let (fresh, bytes) = block(31, 7);
    store.put(fresh, bytes.clone()).await.expect("writable");
    store.note_sha1(fresh, Sha1::of(&bytes)).await.expect("writable");
    let asked: Vec<Digest> = addresses.into_iter().chain([digest_of(b"never put"), fresh, fresh]).collect();
    let known = || blocks.iter().map(|(_, bytes)| Some(Sha1::of(bytes)));
    let expected: Vec<_> = known().chain([None, Some(Sha1::of(&bytes)), Some(Sha1::of(&bytes))]).collect();
    assert_eq!(store.sha1s(&asked).await.expect("readable"), expected);
    assert_eq!(store.sha1s(&[]).await.expect("readable"), []);
}
