//! The promises of [`RenditionStore`].

use crate::model::{Content, Rendition, RenditionKey, Timestamp, digest_of};
use crate::store::{Kept, RenditionStore};
use bytes::Bytes;

/// Every promise, against an empty store with room for a megabyte.
pub async fn suite(store: &dyn RenditionStore) {
    answers_stand_in_the_order_of_questions(store).await;
    what_is_kept_last_counts(store).await;
    sizes_tell_contents_apart(store).await;
}

fn key(number: u64, rendition: Rendition) -> RenditionKey {
    RenditionKey { content: Content { size: 1, address: digest_of(&number.to_be_bytes()) }, rendition }
}

fn made(size: usize, at: i64) -> Kept {
    Kept { body: Some(Bytes::from(vec![at as u8; size])), at: Timestamp(at) }
}

async fn one(store: &dyn RenditionStore, key: RenditionKey) -> Option<Kept> {
    store.kept(&[key]).await.expect("readable").pop().expect("one answer")
}

async fn answers_stand_in_the_order_of_questions(store: &dyn RenditionStore) {
    assert_eq!(store.kept(&[]).await.expect("readable"), []);
    let keys: Vec<_> = (0..400).map(|number| key(number, Rendition::MediaInfo)).collect();
    for (at, key) in keys.iter().enumerate().filter(|(at, _)| at % 3 == 0) {
        store.keep(*key, made(at, at as i64)).await.expect("writable");
    }
    let expected: Vec<_> = (0..400).map(|at| (at % 3 == 0).then(|| made(at, at as i64))).collect();
    assert!(store.kept(&keys).await.expect("readable") == expected);
    let backwards: Vec<_> = keys.iter().rev().copied().collect();
    let expected: Vec<_> = expected.into_iter().rev().collect();
    assert!(store.kept(&backwards).await.expect("readable") == expected);
}

async fn what_is_kept_last_counts(store: &dyn RenditionStore) {
    let key = key(1000, Rendition::SheetPage);
    let failed = Kept { body: None, at: Timestamp(5) };
    for kept in [made(10, 1), failed, made(0, 7), made(100_000, 8)] {
        store.keep(key, kept.clone()).await.expect("writable");
        assert_eq!(one(store, key).await, Some(kept));
    }
    assert_eq!(one(store, RenditionKey { rendition: Rendition::MediaInfo, ..key }).await, None);
}

async fn sizes_tell_contents_apart(store: &dyn RenditionStore) {
    let small = key(1001, Rendition::MediaInfo);
    let large = RenditionKey { content: Content { size: 5 << 20, ..small.content }, ..small };
    store.keep(small, made(1, 1)).await.expect("writable");
    assert_eq!(one(store, large).await, None);
}

/// Puts twice as much in as there is room for, `len_max` renditions of this size, and goes on asking for the first: that
/// one stays, what was asked for last stays, and there never is more than there may be. Against an empty store.
pub async fn forgets_the_eldest(store: &dyn RenditionStore, size: usize, len_max: usize) {
    let count = 2 * len_max as u64;
    for number in 0..count {
        store.keep(key(number, Rendition::MediaInfo), made(size, 1)).await.expect("writable");
        assert!(one(store, key(0, Rendition::MediaInfo)).await.is_some(), "after {number}");
    }
    assert!(one(store, key(count - 1, Rendition::MediaInfo)).await.is_some());
    let keys: Vec<_> = (0..count).map(|number| key(number, Rendition::MediaInfo)).collect();
    let left = store.kept(&keys).await.expect("readable").into_iter().flatten().count();
    assert!((2..=len_max).contains(&left), "{left} of {count} are left");
}
