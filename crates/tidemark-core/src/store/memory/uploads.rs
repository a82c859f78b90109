//! Upload sessions in a map.

use super::MemoryStore;
use crate::model::{AccountId, Timestamp, UploadId, UploadPiece, UploadSession};
use crate::store::{Advanced, StoreError, UploadStore};
use async_trait::async_trait;

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

    async fn close_upload(&self, id: UploadId) -> Result<(), StoreError> {
        if let Some(session) = self.state().uploads.get_mut(&id) {
            session.closed = true;
        }
        Ok(())
    }

    async fn open_uploads(&self, account: AccountId) -> Result<usize, StoreError> {
        Ok(self
            .state()
            .uploads
            .values()
            .filter(|session| session.account == account && !session.closed)
            .count())
    }

    async fn sweep_uploads(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut state = self.state();
        let before = state.uploads.len();
        state.uploads.retain(|_, session| session.expires >= now);
        Ok(before - state.uploads.len())
    }
}
