//! The promises of [`UploadStore`], and of [`Draft::closes`].

use super::hand::{Hand, ROOT, create_file};
use crate::model::{
    AccountId, AppKey, BLOCK_SIZE_MAX, Digest, Draft, Part, Premise, Seq, Sha1State, Timestamp, UploadId,
    UploadPiece, UploadSession,
};
use crate::store::{Advanced, Appended, JournalStore, UploadStore};

/// Every promise, against an empty store.
pub async fn suite(store: &dyn UploadStore, journal: &dyn JournalStore) {
    a_session_is_kept_as_it_was_opened(store).await;
    advancing_adds_blocks_and_replaces_the_tail(store).await;
    only_one_piece_fits_an_offset(store).await;
    a_commit_closes_its_session(store, Hand::new(journal, 301)).await;
    a_draft_that_fails_leaves_its_session_open(store, Hand::new(journal, 302)).await;
    open_sessions_are_counted_by_account(store, Hand::new(journal, 303)).await;
    an_expired_session_is_closed_before_it_is_swept(store, Hand::new(journal, 304)).await;
    a_session_can_be_closed_without_a_commit(store, Hand::new(journal, 305)).await;
    expired_sessions_are_forgotten(store).await;
}

const NOW: Timestamp = Timestamp(1_000_000);
const LATER: Timestamp = Timestamp(1_000_000_000);

fn session(n: u8, account: u64, expires: Timestamp) -> UploadSession {
    UploadSession::new(UploadId([n; 16]), AccountId(account), AppKey("an app".into()), expires)
}

fn piece(offset: u64, blocks: Vec<Digest>, tail: Vec<Part>) -> UploadPiece {
    UploadPiece { offset, blocks, tail, sha1: None }
}

fn part(n: u8, size: u32) -> Part {
    Part { digest: Digest([n; 32]), size }
}

async fn found(store: &dyn UploadStore, id: UploadId) -> UploadSession {
    store.upload(id).await.expect("readable").expect("the session is there")
}

async fn a_session_is_kept_as_it_was_opened(store: &dyn UploadStore) {
    assert_eq!(store.upload(UploadId([1; 16])).await.expect("readable"), None);
    let mut new = session(1, 1, LATER);
    new.blocks = vec![Digest([7; 32]), Digest([6; 32])];
    new.tail = vec![part(3, 9), part(2, u32::MAX)];
    new.sha1 = Some(Sha1State(vec![0, 255]));
    store.open(new.clone()).await.expect("writable");
    assert_eq!(found(store, new.id).await, new);
}

async fn advancing_adds_blocks_and_replaces_the_tail(store: &dyn UploadStore) {
    let mut expected = session(2, 1, LATER);
    store.open(expected.clone()).await.expect("writable");
    let block = |n| Digest([n; 32]);
    for (blocks, tail, sha1) in [
        (vec![], vec![part(1, 100)], Some(Sha1State(vec![1; 93]))),
        (vec![], vec![part(1, 100), part(2, 20)], None),
        (vec![block(3), block(4)], vec![part(5, 7)], Some(Sha1State(vec![]))),
        (vec![block(3)], vec![], Some(Sha1State(vec![2]))),
    ] {
        let piece = piece(expected.offset(), blocks.clone(), tail.clone());
        let made = store.advance(expected.id, UploadPiece { sha1: sha1.clone(), ..piece }, NOW).await;
        assert_eq!(made.expect("writable"), Advanced::Done);
        expected.blocks.extend(blocks);
        (expected.tail, expected.sha1) = (tail, sha1);
        assert_eq!(found(store, expected.id).await, expected);
    }
    assert_eq!(expected.offset(), 3 * BLOCK_SIZE_MAX as u64);
    assert_eq!(found(store, expected.id).await.blocks, [block(3), block(4), block(3)]);
}

/// Whoever comes second with the same offset changes nothing.
async fn only_one_piece_fits_an_offset(store: &dyn UploadStore) {
    let new = session(3, 1, LATER);
    store.open(new.clone()).await.expect("writable");
    for offset in [1, BLOCK_SIZE_MAX as u64] {
        let made =
            store.advance(new.id, piece(offset, vec![], vec![part(1, 1)]), NOW).await.expect("writable");
        assert_eq!(made, Advanced::Moved);
    }
    let race = (0..8).map(|n| store.advance(new.id, piece(0, vec![], vec![part(n, 1)]), NOW));
    let made = futures_util::future::join_all(race).await;
    let done = made.iter().filter(|made| matches!(made, Ok(Advanced::Done))).count();
    let moved = made.iter().filter(|made| matches!(made, Ok(Advanced::Moved))).count();
    assert_eq!((done, moved), (1, 7));
    assert_eq!(found(store, new.id).await.offset(), 1);
    let nobody = store.advance(UploadId([99; 16]), piece(0, vec![], vec![]), NOW).await.expect("writable");
    assert_eq!(nobody, Advanced::Closed);
}

/// Together with the append: afterwards nothing can be added, and no second draft can close it.
async fn a_commit_closes_its_session(store: &dyn UploadStore, mut hand: Hand<'_>) {
    let new = session(4, 2, LATER);
    store.open(new.clone()).await.expect("writable");
    let mut closing = async |called: &str| {
        let draft = hand.draft(vec![create_file(ROOT, called, 1)]);
        hand.append(Draft { closes: Some(new.id), ..draft }).await
    };
    assert_eq!(closing("a").await, Appended::Committed { first: Seq(1) });
    assert_eq!(closing("b").await, Appended::UploadClosed);
    assert_eq!(hand.head().await, Seq(1));
    assert_eq!(found(store, new.id).await, UploadSession { closed: true, ..new.clone() });
    let late = store.advance(new.id, piece(0, vec![], vec![part(1, 1)]), NOW).await.expect("writable");
    assert_eq!(late, Advanced::Closed);
    let draft = hand.draft(vec![create_file(ROOT, "c", 1)]);
    let unknown = Draft { closes: Some(UploadId([98; 16])), ..draft };
    assert_eq!(hand.append(unknown).await, Appended::UploadClosed);
}

async fn a_draft_that_fails_leaves_its_session_open(store: &dyn UploadStore, mut hand: Hand<'_>) {
    let new = session(5, 2, LATER);
    store.open(new.clone()).await.expect("writable");
    let draft = hand.draft(vec![create_file(ROOT, "a", 1)]);
    let closing = Draft { closes: Some(new.id), ..draft };
    let wrong = Premise::Unchanged { entry: ROOT, seq: Seq(5) };
    assert_eq!(hand.append(Draft { premises: vec![wrong], ..closing.clone() }).await, Appended::Stale);
    assert_eq!(hand.append(Draft { quota: Some(0), ..closing.clone() }).await, Appended::OverQuota);
    let twice = vec![create_file(ROOT, "a", 1), create_file(ROOT, "a", 1)];
    assert_eq!(hand.append(Draft { steps: twice, ..closing.clone() }).await, Appended::Stale);
    assert!(!found(store, new.id).await.closed);
    assert_eq!(hand.append(closing).await, Appended::Committed { first: Seq(1) });
}

/// Sweeping makes room, and nothing else depends on when that is. At the very instant, a session is still good.
async fn an_expired_session_is_closed_before_it_is_swept(store: &dyn UploadStore, mut hand: Hand<'_>) {
    let new = session(9, 3, Timestamp(500));
    store.open(new.clone()).await.expect("writable");
    let adding = async |offset, now| {
        store
            .advance(new.id, piece(offset, vec![], vec![part(1, 1)]), Timestamp(now))
            .await
            .expect("writable")
    };
    assert_eq!(adding(0, 500).await, Advanced::Done);
    assert_eq!(adding(1, 501).await, Advanced::Closed);
    assert_eq!(found(store, new.id).await.offset(), 1);
    let mut closing = async |now| {
        let draft = hand.draft(vec![create_file(ROOT, "a", 1)]);
        hand.append(Draft { closes: Some(new.id), time: Timestamp(now), ..draft }).await
    };
    assert_eq!(closing(501).await, Appended::UploadClosed);
    assert_eq!(closing(500).await, Appended::Committed { first: Seq(1) });
}

async fn a_session_can_be_closed_without_a_commit(store: &dyn UploadStore, mut hand: Hand<'_>) {
    let new = session(10, 3, LATER);
    store.open(new.clone()).await.expect("writable");
    for _ in 0..2 {
        store.close_upload(new.id).await.expect("writable");
        assert_eq!(found(store, new.id).await, UploadSession { closed: true, ..new.clone() });
    }
    store.close_upload(UploadId([97; 16])).await.expect("closing what is not there is nothing");
    let draft = hand.draft(vec![create_file(ROOT, "a", 1)]);
    assert_eq!(hand.append(Draft { closes: Some(new.id), ..draft }).await, Appended::UploadClosed);
}

async fn open_sessions_are_counted_by_account(store: &dyn UploadStore, mut hand: Hand<'_>) {
    for (n, account) in [(6, 10), (7, 10), (8, 11)] {
        store.open(session(n, account, LATER)).await.expect("writable");
    }
    let draft = hand.draft(vec![create_file(ROOT, "a", 1)]);
    hand.append(Draft { closes: Some(UploadId([6; 16])), ..draft }).await;
    for (account, count) in [(10, 1), (11, 1), (12, 0)] {
        assert_eq!(store.open_uploads(AccountId(account)).await.expect("readable"), count);
    }
}

/// Open or closed; those that expire at the very instant are kept.
async fn expired_sessions_are_forgotten(store: &dyn UploadStore) {
    for (n, expires) in [(20, 10), (21, 20), (22, 30)] {
        let mut new = session(n, 20, Timestamp(expires));
        (new.blocks, new.closed) = (vec![Digest([n; 32])], n == 20);
        store.open(new).await.expect("writable");
    }
    assert_eq!(store.sweep_uploads(Timestamp(20)).await.expect("writable"), 1);
    assert_eq!(store.sweep_uploads(Timestamp(25)).await.expect("writable"), 1);
    assert_eq!(store.upload(UploadId([20; 16])).await.expect("readable"), None);
    assert_eq!(found(store, UploadId([22; 16])).await.blocks, [Digest([22; 32])]);
    assert_eq!(store.open_uploads(AccountId(20)).await.expect("readable"), 1);
    // A name that was forgotten is free again.
    store.open(session(20, 20, LATER)).await.expect("writable");
    assert_eq!(found(store, UploadId([20; 16])).await.blocks, []);
}
