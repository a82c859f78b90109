//! Upload sessions in a map.

use super::{MemoryStore, State};
use crate::model::{
    AccountId, HashedParts, Seq, Timestamp, UploadId, UploadPart, UploadPiece, UploadSession,
};
use crate::store::{Advanced, OpenUploads, PartAdded, StoreError, UploadStore};
use async_trait::async_trait;
use std::collections::btree_map::Entry;

#[async_trait]
impl UploadStore for MemoryStore {
    async fn open(&self, session: UploadSession) -> Result<(), StoreError> {
        self.state().uploads.insert(session.id, session);
        Ok(())
    }

    async fn upload(&self, id: UploadId) -> Result<Option<UploadSession>, StoreError> {
        Ok(self.state().uploads.get(&id).cloned())
    }

    async fn advance(
        &self,
        id: UploadId,
        piece: UploadPiece,
        now: Timestamp,
    ) -> Result<Advanced, StoreError> {
        let mut state = self.state();
        Ok(match state.uploads.get_mut(&id).filter(|session| session.is_open(now)) {
            None => Advanced::Closed,
            Some(session) if session.offset() != piece.offset => Advanced::Moved,
            Some(session) => {
                session.blocks.extend(piece.blocks);
                (session.tail, session.sha1) = (piece.tail, piece.sha1);
                Advanced::Done
            }
        })
    }

    async fn add_part(
        &self,
        id: UploadId,
        part: UploadPart,
        hashed: Option<HashedParts>,
        now: Timestamp,
    ) -> Result<PartAdded, StoreError> {
        let mut state = self.state();
        let State { uploads, parts, .. } = &mut *state;
        let Some(session) = uploads.get_mut(&id).filter(|session| session.is_open(now)) else {
            return Ok(PartAdded::Closed);
        };
        let Some(plan) = &mut session.plan else { return Ok(PartAdded::Closed) };
        match parts.entry(id).or_default().entry(part.index) {
            Entry::Occupied(there) => return Ok(PartAdded::Taken(there.get().clone())),
            Entry::Vacant(free) => free.insert(part),
        };
        plan.received += 1;
        if let Some(hashed) = hashed {
            take_over(session, hashed);
        }
        Ok(PartAdded::Done)
    }

    async fn parts(&self, id: UploadId, from: u32, limit: usize) -> Result<Vec<UploadPart>, StoreError> {
        let state = self.state();
        let parts = state.parts.get(&id).into_iter().flatten();
        Ok(parts.filter(|(index, _)| **index >= from).take(limit).map(|(_, part)| part.clone()).collect())
    }

    async fn note_hashed(&self, id: UploadId, hashed: HashedParts) -> Result<(), StoreError> {
        if let Some(session) = self.state().uploads.get_mut(&id).filter(|session| !session.closed) {
            take_over(session, hashed);
        }
        Ok(())
    }

    async fn close_upload(&self, id: UploadId, committed: Option<Seq>) -> Result<(), StoreError> {
        self.state().close(id, committed);
        Ok(())
    }

    async fn open_uploads(&self, account: AccountId) -> Result<OpenUploads, StoreError> {
        let state = self.state();
        let open = state.uploads.values().filter(|session| session.account == account && !session.closed);
        Ok(open.fold(OpenUploads::default(), |sum, session| OpenUploads {
            count: sum.count + 1,
            declared: sum.declared + session.plan.as_ref().map_or(0, |plan| plan.size),
        }))
    }

    async fn sweep_uploads(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut state = self.state();
        let State { uploads, parts, .. } = &mut *state;
        let before = uploads.len();
        uploads.retain(|_, session| session.expires >= now);
        parts.retain(|id, _| uploads.contains_key(id));
        Ok(before - uploads.len())
    }
}

impl State {
    /// Closes a session, unless it is closed.
    pub(super) fn close(&mut self, id: UploadId, committed: Option<Seq>) {
        if let Some(session) = self.uploads.get_mut(&id).filter(|session| !session.closed) {
            (session.closed, session.committed) = (true, committed);
            self.parts.remove(&id);
        }
    }
}

fn take_over(session: &mut UploadSession, hashed: HashedParts) {
    if let Some(plan) = &mut session.plan
        && plan.hashed < hashed.parts
    {
        plan.hashed = hashed.parts;
        session.sha1 = Some(hashed.state);
    }
}
