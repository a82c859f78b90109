//! The promises of [`UploadStore`], and of [`Draft::closes`].

use super::hand::{Hand, ROOT, create_file};
use crate::model::{
    AccountId, AppKey, BLOCK_SIZE_MAX, Digest, Draft, EntryId, HashedParts, Name, Part, Premise, Seq, Sha1,
    Sha1State, Timestamp, UploadId, UploadPart, UploadPiece, UploadPlan, UploadSession, UploadTarget,
};
use crate::store::{Advanced, Appended, JournalStore, OpenUploads, PartAdded, UploadStore};

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
    a_plan_is_kept_as_it_was_made(store).await;
    parts_come_in_any_order_and_stay(store).await;
    a_part_is_there_once(store).await;
    the_sha1_goes_on_and_never_back(store).await;
    parts_end_with_their_session(store, Hand::new(journal, 306)).await;
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
    let committed = UploadSession { closed: true, committed: Some(Seq(1)), ..new.clone() };
    assert_eq!(found(store, new.id).await, committed);
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
    let mut closed = UploadSession { closed: true, ..new.clone() };
    for committed in [None, Some(Seq(5))] {
        store.close_upload(new.id, committed).await.expect("writable");
        assert_eq!(found(store, new.id).await, closed, "the first closing counts");
    }
    let other = session(11, 3, LATER);
    store.open(other.clone()).await.expect("writable");
    store.close_upload(other.id, Some(Seq(5))).await.expect("writable");
    closed = UploadSession { closed: true, committed: Some(Seq(5)), ..other };
    assert_eq!(found(store, closed.id).await, closed);
    store.close_upload(UploadId([97; 16]), None).await.expect("closing what is not there is nothing");
    let draft = hand.draft(vec![create_file(ROOT, "a", 1)]);
    assert_eq!(hand.append(Draft { closes: Some(new.id), ..draft }).await, Appended::UploadClosed);
}

async fn open_sessions_are_counted_by_account(store: &dyn UploadStore, mut hand: Hand<'_>) {
    for (n, account) in [(6, 10), (7, 10), (8, 11)] {
        store.open(session(n, account, LATER)).await.expect("writable");
    }
    for (n, size) in [(12, 500), (13, 1 << 40)] {
        store.open(in_parts(n, 10, size)).await.expect("writable");
    }
    let draft = hand.draft(vec![create_file(ROOT, "a", 1)]);
    hand.append(Draft { closes: Some(UploadId([6; 16])), ..draft }).await;
    store.close_upload(UploadId([12; 16]), None).await.expect("writable");
    for (account, count, declared) in [(10, 2, 1 << 40), (11, 1, 0), (12, 0, 0)] {
        let open = store.open_uploads(AccountId(account)).await.expect("readable");
        assert_eq!(open, OpenUploads { count, declared });
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
    assert_eq!(store.open_uploads(AccountId(20)).await.expect("readable").count, 1);
    // A name that was forgotten is free again.
    store.open(session(20, 20, LATER)).await.expect("writable");
    assert_eq!(found(store, UploadId([20; 16])).await.blocks, []);
}

fn in_parts(n: u8, account: u64, size: u64) -> UploadSession {
    let target = UploadTarget::New { folder: EntryId(u64::from(n)), name: Name::trusted("Größe.bin") };
    UploadSession { plan: Some(UploadPlan::new(size, target)), ..session(n, account, LATER) }
}

fn upload_part(index: u32, n: u8) -> UploadPart {
    let blocks = (0..n % 3).map(|block| Digest([n + block; 32])).collect();
    UploadPart { index, sha1: Sha1([n; 20]), blocks }
}

fn hashed(parts: u32) -> HashedParts {
    HashedParts { parts, state: Sha1State(vec![parts as u8; 9]) }
}

async fn add(
    store: &dyn UploadStore,
    id: UploadId,
    part: &UploadPart,
    hashed: Option<HashedParts>,
) -> PartAdded {
    store.add_part(id, part.clone(), hashed, NOW).await.expect("writable")
}

async fn indices(store: &dyn UploadStore, id: UploadId, from: u32, limit: usize) -> Vec<u32> {
    let parts = store.parts(id, from, limit).await.expect("readable");
    parts.into_iter().map(|part| part.index).collect()
}

async fn a_plan_is_kept_as_it_was_made(store: &dyn UploadStore) {
    let file = EntryId(9);
    let targets = [
        UploadTarget::New { folder: EntryId::ROOT, name: Name::trusted("a") },
        UploadTarget::Version { file, name: None },
        UploadTarget::Version { file, name: Some(Name::trusted("b")) },
    ];
    for (target, n) in targets.into_iter().zip(30..) {
        let plan =
            UploadPlan { part_size: 1 << 31, received: 7, hashed: 3, ..UploadPlan::new(1 << 39, target) };
        let new = UploadSession { plan: Some(plan), ..session(n, 30, LATER) };
        store.open(new.clone()).await.expect("writable");
        assert_eq!(found(store, new.id).await, new);
    }
}

async fn parts_come_in_any_order_and_stay(store: &dyn UploadStore) {
    let new = in_parts(40, 40, 1 << 39);
    store.open(new.clone()).await.expect("writable");
    let parts = [upload_part(65_535, 1), upload_part(0, 2), upload_part(700, 3), upload_part(1, 4)];
    for part in &parts {
        assert_eq!(add(store, new.id, part, None).await, PartAdded::Done);
    }
    let plan = UploadPlan { received: 4, ..new.plan.clone().expect("it has one") };
    assert_eq!(found(store, new.id).await, UploadSession { plan: Some(plan), ..new.clone() });
    let [last, first, third, second] = parts;
    assert_eq!(store.parts(new.id, 0, 9).await.expect("readable"), [first, second, third, last]);
    for (from, limit, expected) in [
        (0, 2, &[0, 1][..]),
        (1, 1, &[1]),
        (2, 9, &[700, 65_535]),
        (700, 1, &[700]),
        (65_536, 9, &[]),
        (0, 0, &[]),
    ] {
        assert_eq!(indices(store, new.id, from, limit).await, expected, "{limit} from {from}");
    }
    assert_eq!(indices(store, UploadId([96; 16]), 0, 9).await, []);
}

/// Whoever comes second with the same index is told what is there, and changes nothing.
async fn a_part_is_there_once(store: &dyn UploadStore) {
    let new = in_parts(41, 40, 1 << 30);
    store.open(new.clone()).await.expect("writable");
    let race: Vec<_> = (1..9).map(|n| upload_part(5, n)).collect();
    let added = race.iter().map(|part| add(store, new.id, part, Some(hashed(u32::from(part.sha1.0[0])))));
    let added = futures_util::future::join_all(added).await;
    let won: Vec<_> = race.iter().zip(&added).filter(|(_, added)| **added == PartAdded::Done).collect();
    let [(winner, _)] = won[..] else { panic!("{} were added", won.len()) };
    assert_eq!(added.iter().filter(|added| **added == PartAdded::Taken(winner.clone())).count(), 7);
    let plan = found(store, new.id).await.plan.expect("it has one");
    assert_eq!((plan.received, plan.hashed), (1, u32::from(winner.sha1.0[0])));
    // A session without a plan has no parts, one that nobody knows none either, nor one that has expired.
    let pieces = session(42, 40, LATER);
    store.open(pieces.clone()).await.expect("writable");
    for id in [pieces.id, UploadId([96; 16])] {
        assert_eq!(add(store, id, winner, Some(hashed(1))).await, PartAdded::Closed);
    }
    assert_eq!(found(store, pieces.id).await, pieces);
    let too_late =
        store.add_part(new.id, upload_part(6, 1), None, LATER.plus(std::time::Duration::from_millis(1)));
    assert_eq!(too_late.await.expect("writable"), PartAdded::Closed);
    assert_eq!(indices(store, new.id, 0, 9).await, [5]);
}

/// However late somebody notes how far it was, it stays where it is.
async fn the_sha1_goes_on_and_never_back(store: &dyn UploadStore) {
    let new = in_parts(43, 40, 1 << 30);
    store.open(new.clone()).await.expect("writable");
    let sha1 = async || {
        let session = found(store, new.id).await;
        (session.plan.expect("it has one").hashed, session.sha1)
    };
    assert_eq!(sha1().await, (0, new.sha1.clone()));
    add(store, new.id, &upload_part(0, 1), Some(hashed(1))).await;
    assert_eq!(sha1().await, (1, Some(hashed(1).state)));
    let as_told = |parts, n| HashedParts { parts, state: Sha1State(vec![n]) };
    for (parts, n, kept) in [(3, 10, (3, 10)), (2, 11, (3, 10)), (3, 12, (3, 10)), (4, 13, (4, 13))] {
        store.note_hashed(new.id, as_told(parts, n)).await.expect("writable");
        assert_eq!(sha1().await, (kept.0, Some(Sha1State(vec![kept.1]))));
    }
    add(store, new.id, &upload_part(1, 1), Some(hashed(2))).await;
    assert_eq!(sha1().await, (4, Some(Sha1State(vec![13]))));
    store.note_hashed(UploadId([96; 16]), hashed(1)).await.expect("noting nobody's is nothing");
}

/// Whichever way that ends: nothing of them is left, and nothing comes after.
async fn parts_end_with_their_session(store: &dyn UploadStore, mut hand: Hand<'_>) {
    for (n, committed) in [(44, None), (45, Some(Seq(1)))] {
        let new = in_parts(n, 40, 1 << 30);
        store.open(new.clone()).await.expect("writable");
        add(store, new.id, &upload_part(0, 1), Some(hashed(1))).await;
        match committed {
            None => store.close_upload(new.id, None).await.expect("writable"),
            Some(first) => {
                let draft = hand.draft(vec![create_file(ROOT, "a", 1)]);
                let appended = hand.append(Draft { closes: Some(new.id), ..draft }).await;
                assert_eq!(appended, Appended::Committed { first });
            }
        }
        assert_eq!(indices(store, new.id, 0, 9).await, []);
        assert_eq!(add(store, new.id, &upload_part(1, 1), Some(hashed(2))).await, PartAdded::Closed);
        store.note_hashed(new.id, hashed(2)).await.expect("noting what is closed is nothing");
        let plan = UploadPlan { received: 1, hashed: 1, ..new.plan.clone().expect("it has one") };
        let sha1 = Some(hashed(1).state);
        let closed = UploadSession { plan: Some(plan), sha1, closed: true, committed, ..new };
        assert_eq!(found(store, closed.id).await, closed);
    }
    // And with it they are forgotten.
    let new = UploadSession { expires: Timestamp(10), ..in_parts(46, 40, 1 << 30) };
    store.open(new.clone()).await.expect("writable");
    store.add_part(new.id, upload_part(0, 1), None, Timestamp(5)).await.expect("writable");
    assert_eq!(store.sweep_uploads(Timestamp(11)).await.expect("writable"), 1);
    assert_eq!(indices(store, new.id, 0, 9).await, []);
    let again = UploadSession { expires: LATER, ..new };
    store.open(again.clone()).await.expect("writable");
    assert_eq!(found(store, again.id).await, again);
    assert_eq!(indices(store, again.id, 0, 9).await, []);
}
