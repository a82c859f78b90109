//! The SHA-1 of a whole file whose parts come in any order.
//!
//! SHA-1 goes through bytes in their order only. So each part is passed over as soon as all before it have been, while its
//! bytes are still in memory: those of a part that came before its turn are held for a while, within limits. A client that
//! sends its parts one after another, or a few at once, never has a byte read again. What is not held when its turn comes
//! (the limits were met, or the server was restarted) is read from the store, once: how far the SHA-1 has come is kept
//! with the session.

use crate::cloud::Cloud;
use crate::model::{
    BLOCK_SIZE_MAX, HashedParts, Sha1, Sha1Stream, Timestamp, UploadId, UploadPart, UploadPlan, UploadSession,
};
use crate::store::StoreError;
use bytes::Bytes;
use metrics::{Counter, counter, describe_counter};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many bytes of parts that came before their turn are held: for one session, twice as much as clients send at once,
/// because the first of them may be the last to arrive; and for all.
const HELD_PER_SESSION_MAX: usize = 64 << 20;
const HELD_MAX: usize = 128 << 20;

/// What a part counts at least: a few bytes may keep the buffer alive that they came in.
const HELD_MIN: usize = 1 << 20;

/// For how long, if nobody else wants the room: a slow client may take minutes for the part before.
const HELD_FOR: Duration = Duration::from_secs(30 * 60);

/// How many parts a commit reads again before it keeps how far it has come.
const READ_AT_ONCE: usize = 32;

/// What is held in memory, and who reads what is not.
pub(in crate::cloud) struct Hashing {
    early: Mutex<Early>,
    /// Sessions share a fixed number of locks; sharing one costs time only.
    reading: [tokio::sync::Mutex<()>; 64],
    read_again: Counter,
}

#[derive(Default)]
struct Early {
    sessions: HashMap<UploadId, BTreeMap<u32, Held>>,
    bytes: usize,
}

struct Held {
    /// Of a part that may not be one yet: whoever wants its bytes knows which part was taken.
    sha1: Sha1,
    blocks: Vec<Bytes>,
    size: usize,
    since: Timestamp,
}

impl Default for Hashing {
    fn default() -> Hashing {
        describe_counter!(
            "tidemark_upload_parts_read_again_total",
            "Parts of uploads that were read for the SHA-1 of their file, because they came long before their turn."
        );
        Hashing {
            early: Mutex::default(),
            reading: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
            read_again: counter!("tidemark_upload_parts_read_again_total"),
        }
    }
}

impl Hashing {
    /// The right to read parts of this session again.
    pub(super) fn reading(&self, id: UploadId) -> &tokio::sync::Mutex<()> {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        &self.reading[hasher.finish() as usize % self.reading.len()]
    }

    /// Holds a part that is about to be added, so that it is held when others find that it was.
    pub(super) fn hold(&self, id: UploadId, part: &UploadPart, blocks: Vec<Bytes>, now: Timestamp) {
        self.early().hold(id, part, blocks, now);
    }

    /// The part was not taken.
    pub(super) fn drop_part(&self, id: UploadId, part: &UploadPart) {
        self.early().retain(id, |index, held| index != part.index || held.sha1 != part.sha1);
    }

    /// The SHA-1 has passed over the parts before this one.
    pub(super) fn forget_below(&self, id: UploadId, parts: u32) {
        self.early().retain(id, |index, _| index >= parts);
    }

    /// The session has ended.
    pub(super) fn forget(&self, id: UploadId) {
        self.early().retain(id, |_, _| false);
    }

    /// Forgets what nobody seems to wait for.
    pub(in crate::cloud) fn sweep(&self, now: Timestamp) {
        let mut early = self.early();
        let ids: Vec<UploadId> = early.sessions.keys().copied().collect();
        for id in ids {
            early.retain(id, |_, held| now.since(held.since) <= HELD_FOR);
        }
    }

    fn held(&self, id: UploadId, part: &UploadPart) -> Option<Vec<Bytes>> {
        let early = self.early();
        let held = early.sessions.get(&id)?.get(&part.index).filter(|held| held.sha1 == part.sha1);
        held.map(|held| held.blocks.clone())
    }

    fn early(&self) -> MutexGuard<'_, Early> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Early {
    fn hold(&mut self, id: UploadId, part: &UploadPart, blocks: Vec<Bytes>, now: Timestamp) {
        let size = blocks.iter().map(Bytes::len).sum::<usize>().max(HELD_MIN);
        let session = self.sessions.entry(id).or_default();
        self.bytes += size;
        if let Some(before) = session.insert(part.index, Held { sha1: part.sha1, blocks, size, since: now }) {
            self.bytes -= before.size;
        }
        // What has its turn last is worth least.
        while session.values().map(|held| held.size).sum::<usize>() > HELD_PER_SESSION_MAX
            && let Some((_, last)) = session.pop_last()
        {
            self.bytes -= last.size;
        }
        while self.bytes > HELD_MAX {
            let oldest =
                self.sessions.iter().min_by_key(|(_, parts)| parts.values().map(|held| held.since).min());
            let Some(id) = oldest.map(|(id, _)| *id) else { break };
            self.retain(id, |_, _| false);
        }
    }

    fn retain(&mut self, id: UploadId, keep: impl Fn(u32, &Held) -> bool) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.retain(|index, held| {
            let keep = keep(*index, held);
            if !keep {
                self.bytes -= held.size;
            }
            keep
        });
        if session.is_empty() {
            self.sessions.remove(&id);
        }
    }
}

impl Cloud {
    /// A session that is open, with its plan, as it is now.
    pub(super) async fn open_plan(
        &self,
        id: UploadId,
    ) -> Result<Option<(UploadSession, UploadPlan)>, StoreError> {
        let session = self.uploads.upload(id).await?.filter(|session| !session.closed);
        Ok(session.and_then(|session| session.plan.clone().map(|plan| (session, plan))))
    }

    /// The SHA-1 of the whole, all of whose parts have come; nothing if the session was closed meanwhile.
    pub(super) async fn hash_all(&self, id: UploadId) -> Result<Option<Sha1Stream>, StoreError> {
        let mut before = None;
        loop {
            // For one stretch at a time: whoever shares the lock waits for that, and not for the whole of a long file.
            let _reading = self.hashing.reading(id).lock().await;
            let Some((session, plan)) = self.open_plan(id).await? else { return Ok(None) };
            if plan.hashed >= plan.parts() {
                return resume(&session).map(Some);
            }
            if before.replace(plan.hashed) == Some(plan.hashed) {
                return Err(StoreError::Corrupt(format!("part {} of an upload is missing", plan.hashed)));
            }
            if let Some(hashed) = self.hash_on(&session, &plan, None, READ_AT_ONCE).await? {
                self.hashing.forget_below(id, hashed.parts);
                self.uploads.note_hashed(id, hashed).await?;
            }
        }
    }

    /// Takes the SHA-1 of a session on from where it is, over as many parts as can be had: `own`, which is about to be
    /// added, those that are held, and up to `reads` from the store. Nothing if that is none.
    pub(super) async fn hash_on(
        &self,
        session: &UploadSession,
        plan: &UploadPlan,
        own: Option<(u32, &[Bytes])>,
        mut reads: usize,
    ) -> Result<Option<HashedParts>, StoreError> {
        let (mut stream, mut at) = (resume(session)?, plan.hashed);
        while at < plan.parts() {
            let blocks = match own {
                Some((index, blocks)) if index == at => blocks.to_vec(),
                _ => {
                    let part = self.uploads.parts(session.id, at, 1).await?.pop();
                    let Some(part) = part.filter(|part| part.index == at) else { break };
                    match self.hashing.held(session.id, &part) {
                        Some(blocks) => blocks,
                        None if reads == 0 || self.is_passed(session.id, at).await? => break,
                        None => {
                            reads -= 1;
                            self.read_again(plan, &part).await?
                        }
                    }
                }
            };
            stream = pass_over(stream, blocks).await?;
            at += 1;
        }
        Ok((at > plan.hashed).then(|| HashedParts { parts: at, state: stream.state() }))
    }

    /// Whether somebody else was faster: what is passed over is held no more, and need not be read.
    async fn is_passed(&self, id: UploadId, index: u32) -> Result<bool, StoreError> {
        Ok(self.open_plan(id).await?.is_none_or(|(_, plan)| plan.hashed > index))
    }

    async fn read_again(&self, plan: &UploadPlan, part: &UploadPart) -> Result<Vec<Bytes>, StoreError> {
        self.hashing.read_again.increment(1);
        let (range, mut size) = (plan.range(part.index), 0);
        let mut blocks = Vec::with_capacity(part.blocks.len());
        for digest in &part.blocks {
            let block = self.blocks.get(*digest, 0..BLOCK_SIZE_MAX as u32).await?.unwrap_or_default();
            size += block.len() as u64;
            blocks.push(block);
        }
        match size == range.end - range.start {
            true => Ok(blocks),
            false => Err(StoreError::Corrupt(format!("part {} of an upload is cut off", part.index))),
        }
    }
}

fn resume(session: &UploadSession) -> Result<Sha1Stream, StoreError> {
    let stream = session.sha1.as_ref().and_then(Sha1Stream::resume);
    stream.ok_or_else(|| StoreError::Corrupt("the SHA-1 of an upload cannot be gone on with".into()))
}

/// Some milliseconds of work for each block.
async fn pass_over(mut stream: Sha1Stream, blocks: Vec<Bytes>) -> Result<Sha1Stream, StoreError> {
    let passed = tokio::task::spawn_blocking(move || {
        blocks.iter().for_each(|block| stream.update(block));
        stream
    });
    passed
        .await
        .map_err(|lost| StoreError::Unavailable { what: "compute a SHA-1", source: Some(lost.into()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: UploadId = UploadId([1; 16]);

    fn part(index: u32) -> UploadPart {
        UploadPart { index, sha1: Sha1([1; 20]), blocks: Vec::new() }
    }

    fn bytes(size: usize) -> Vec<Bytes> {
        vec![Bytes::from(vec![0; size / 2]), Bytes::from(vec![0; size - size / 2])]
    }

    fn held(hashing: &Hashing, id: UploadId) -> Vec<u32> {
        hashing.early().sessions.get(&id).map(|parts| parts.keys().copied().collect()).unwrap_or_default()
    }

    /// Of a session's parts those are held whose turn is next, and of all sessions the latest.
    #[test]
    fn what_is_held_has_limits() {
        let hashing = Hashing::default();
        for index in [19, 3, 4, 18, 5, 6, 7, 8, 9, 10] {
            hashing.hold(ONE, &part(index), bytes(8 << 20), Timestamp(1));
        }
        assert_eq!(held(&hashing, ONE), [3, 4, 5, 6, 7, 8, 9, 10]);
        hashing.forget_below(ONE, 5);
        assert_eq!(held(&hashing, ONE), [5, 6, 7, 8, 9, 10]);
        for n in 2..4 {
            for index in 0..8 {
                hashing.hold(UploadId([n; 16]), &part(index), bytes(8 << 20), Timestamp(i64::from(n)));
            }
        }
        assert_eq!(held(&hashing, ONE), [], "it was the oldest when there was no room for all");
        assert_eq!(held(&hashing, UploadId([3; 16])), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(hashing.early().bytes, 128 << 20);
    }

    /// Nobody's bytes are held for ever, and what is forgotten is not counted.
    #[test]
    fn what_is_held_is_forgotten() {
        let hashing = Hashing::default();
        let at = |seconds: u64| Timestamp(0).plus(Duration::from_secs(seconds));
        hashing.hold(ONE, &part(1), bytes(100), at(0));
        hashing.hold(ONE, &part(2), bytes(100), at(60));
        hashing.sweep(at(1800));
        assert_eq!(held(&hashing, ONE), [1, 2]);
        hashing.sweep(at(1801));
        assert_eq!(held(&hashing, ONE), [2]);
        hashing.hold(ONE, &part(2), bytes(100), at(1810));
        assert_eq!(hashing.early().bytes, HELD_MIN, "once, however often it came");
        // Of two that are about to be added in one place, the one that was not taken is not given out for the other.
        let other = UploadPart { sha1: Sha1([2; 20]), ..part(2) };
        assert_eq!(hashing.held(ONE, &other), None);
        hashing.drop_part(ONE, &other);
        assert!(hashing.held(ONE, &part(2)).is_some());
        hashing.hold(ONE, &other, bytes(100), at(1810));
        assert_eq!(hashing.held(ONE, &part(2)), None);
        hashing.forget(ONE);
        assert_eq!((held(&hashing, ONE), hashing.early().bytes), (vec![], 0));
    }
}
