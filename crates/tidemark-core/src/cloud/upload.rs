//! Uploads in several requests. Each piece is taken wholly or not at all, and is durable when it is acknowledged; a
//! session outlives a restart.

use super::content::{content_of, store};
use super::{Cloud, Item, Put, PutError, Scope};
use crate::model::{
    AppKey, BLOCK_SIZE_MAX, Content, Digest, FILE_SIZE_MAX, Name, Part, Sha1Stream, UploadId, UploadPiece,
    UploadSession,
};
use crate::store::{Advanced, BlockStore, StoreError};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use std::time::Duration;

/// How long a session may take from its first piece to its commit.
pub const UPLOAD_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// How many sessions of one account may be open at once.
pub(super) const OPEN_MAX: usize = 1000;
/// How many parts a tail may have before they are made one.
const TAIL_PARTS_MAX: usize = 64;

/// Why a piece was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// There is no such session, or not for this caller.
    #[error("there is no such upload session")]
    Unknown,
    /// It was committed before.
    #[error("the upload session was committed")]
    Closed,
    /// Too many are open.
    #[error("too many upload sessions are open")]
    TooManyOpen,
    /// The piece does not begin where the session ends.
    #[error("the upload session is at another offset")]
    Misplaced(Box<UploadSession>),
    /// The piece is larger than was allowed, or the file would be.
    #[error("the piece is larger than {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a session was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitUploadError {
    /// There is no such open session.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The file could not be put.
    #[error(transparent)]
    Put(#[from] PutError),
}

/// One piece on its way into a session.
pub struct ChunkIntake {
    blocks: Arc<dyn BlockStore>,
    session: UploadSession,
    /// Whether the session is still to be opened.
    fresh: bool,
    /// Where the session ended when the piece began.
    offset: u64,
    limit: u64,
    size: u64,
    /// Where the SHA-1 of the whole stands; nothing if its beginning was never taken.
    sha1: Option<Sha1Stream>,
    /// New full blocks.
    full: Vec<Digest>,
    /// Bytes behind the session's tail.
    filling: BytesMut,
}

impl Cloud {
    /// Begins a session that nothing was sent to yet.
    pub async fn begin_upload(&self, scope: &Scope, app: &AppKey) -> Result<UploadSession, UploadError> {
        let session = self.new_session(scope, app).await?;
        self.uploads.open(session.clone()).await?;
        Ok(session)
    }

    /// Begins to take the first piece of a session, which comes to be with [`Cloud::finish_chunk`]: a first piece that
    /// breaks off leaves no session behind, to nobody's use and counted against its owner.
    pub async fn first_chunk(
        &self,
        scope: &Scope,
        app: &AppKey,
        limit: u64,
    ) -> Result<ChunkIntake, UploadError> {
        let session = self.new_session(scope, app).await?;
        Ok(ChunkIntake { fresh: true, ..self.chunk(session, 0, limit)? })
    }

    async fn new_session(&self, scope: &Scope, app: &AppKey) -> Result<UploadSession, UploadError> {
        if self.uploads.open_uploads(scope.account).await?.count >= OPEN_MAX {
            return Err(UploadError::TooManyOpen);
        }
        Ok(self.unopened_session(scope, app, UPLOAD_LIFE))
    }

    pub(super) fn unopened_session(&self, scope: &Scope, app: &AppKey, life: Duration) -> UploadSession {
        let mut id = [0; 16];
        self.entropy.fill(&mut id);
        UploadSession::new(UploadId(id), scope.account, app.clone(), self.clock.now().plus(life))
    }

    /// The open session with this name that takes pieces, if it is this caller's.
    pub async fn upload(
        &self,
        scope: &Scope,
        app: &AppKey,
        id: UploadId,
    ) -> Result<UploadSession, UploadError> {
        let session = self.uploads.upload(id).await?.filter(|session| {
            let is_theirs = session.account == scope.account && session.app == *app;
            is_theirs && session.plan.is_none() && session.expires >= self.clock.now()
        });
        match session {
            None => Err(UploadError::Unknown),
            Some(session) if session.closed => Err(UploadError::Closed),
            Some(session) => Ok(session),
        }
    }

    /// Begins to take a piece of at most `limit` bytes that starts at `offset`.
    pub fn chunk(&self, session: UploadSession, offset: u64, limit: u64) -> Result<ChunkIntake, UploadError> {
        if session.offset() != offset {
            return Err(UploadError::Misplaced(Box::new(session)));
        }
        let limit = limit.min(FILE_SIZE_MAX.saturating_sub(offset));
        let blocks = Arc::clone(&self.blocks);
        Ok(ChunkIntake {
            blocks,
            fresh: false,
            offset,
            limit,
            size: 0,
            sha1: session.sha1.as_ref().and_then(Sha1Stream::resume),
            session,
            full: Vec::new(),
            filling: BytesMut::new(),
        })
    }

    /// The piece is complete: makes it part of its session, and answers the session as it is now.
    pub async fn finish_chunk(&self, chunk: ChunkIntake) -> Result<UploadSession, UploadError> {
        let fresh = chunk.fresh;
        let (offset, full, mut session) = chunk.finish().await?;
        if fresh {
            session.blocks = full;
            self.uploads.open(session.clone()).await?;
            return Ok(session);
        }
        if full.is_empty() && session.offset() == offset {
            return Ok(session);
        }
        let now = self.clock.now();
        let (tail, sha1) = (session.tail.clone(), session.sha1.clone());
        let piece = UploadPiece { offset, blocks: full, tail, sha1 };
        match self.uploads.advance(session.id, piece.clone(), now).await? {
            Advanced::Done => {
                session.blocks.extend(piece.blocks);
                Ok(session)
            }
            // Another request was faster with the same piece.
            Advanced::Moved => match self.uploads.upload(session.id).await? {
                Some(session) => Err(UploadError::Misplaced(Box::new(session))),
                None => Err(UploadError::Unknown),
            },
            Advanced::Closed if session.expires < now => Err(UploadError::Unknown),
            Advanced::Closed => Err(UploadError::Closed),
        }
    }

    /// Puts what a session holds as a file, and closes the session in the same commit. `put` says where, given the
    /// content. If a file with just these bytes is there, nothing is committed, and the session is closed afterwards.
    pub async fn commit_upload(
        &self,
        scope: &Scope,
        app: &AppKey,
        id: UploadId,
        put: impl FnOnce(Content) -> Put + Send,
    ) -> Result<Item, CommitUploadError> {
        let session = self.upload(scope, app, id).await?;
        let size = session.offset();
        let mut digests = session.blocks;
        if !session.tail.is_empty() {
            let last = assemble(&*self.blocks, &session.tail, &[]).await.map_err(UploadError::Store)?;
            digests.push(store(&*self.blocks, last).await.map_err(UploadError::Store)?);
        }
        let sha1 = session.sha1.as_ref().and_then(Sha1Stream::resume);
        let content = content_of(&*self.blocks, digests, size, sha1).await.map_err(UploadError::Store)?;
        Ok(self.put_and_close(scope, &put(content), None, id).await?)
    }

    /// Puts a file and closes the session that its bytes came by, once.
    pub(super) async fn put_and_close(
        &self,
        scope: &Scope,
        put: &Put,
        name: Option<&Name>,
        id: UploadId,
    ) -> Result<Item, PutError> {
        let item = self.put_file_once(scope, put, name, id).await?;
        // Costs nothing if the commit has closed it; should it be missed, the session stays open until it expires.
        self.uploads.close_upload(id, Some(item.entry.seq)).await?;
        Ok(item)
    }
}

impl ChunkIntake {
    /// Takes some more of the piece.
    pub async fn push(&mut self, mut bytes: Bytes) -> Result<(), UploadError> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(UploadError::TooLarge { limit: self.limit });
        }
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(&bytes);
        }
        while !bytes.is_empty() {
            let room = BLOCK_SIZE_MAX - self.tail_size() - self.filling.len();
            self.filling.extend_from_slice(&bytes.split_to(bytes.len().min(room)));
            if self.tail_size() + self.filling.len() == BLOCK_SIZE_MAX {
                self.complete_block().await?;
            }
        }
        Ok(())
    }

    fn tail_size(&self) -> usize {
        self.session.tail.iter().map(|part| part.size as usize).sum()
    }

    async fn complete_block(&mut self) -> Result<(), StoreError> {
        let filled = self.filling.split().freeze();
        let block = match self.session.tail.is_empty() {
            true => filled,
            false => assemble(&*self.blocks, &self.session.tail, &filled).await?,
        };
        self.session.tail.clear();
        self.full.push(store(&*self.blocks, block).await?);
        Ok(())
    }

    async fn finish(mut self) -> Result<(u64, Vec<Digest>, UploadSession), StoreError> {
        if !self.filling.is_empty() {
            let rest = self.filling.split().freeze();
            self.keep(rest).await?;
        }
        if self.session.tail.len() > TAIL_PARTS_MAX {
            let whole = assemble(&*self.blocks, &self.session.tail, &[]).await?;
            self.session.tail.clear();
            self.keep(whole).await?;
        }
        self.session.sha1 = self.sha1.as_ref().map(Sha1Stream::state);
        Ok((self.offset, self.full, self.session))
    }

    async fn keep(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        let size = u32::try_from(bytes.len()).expect("a tail is less than a block");
        let digest = store(&*self.blocks, bytes).await?;
        self.session.tail.push(Part { digest, size });
        Ok(())
    }
}

/// The bytes of these parts, and `more` behind them.
async fn assemble(blocks: &dyn BlockStore, parts: &[Part], more: &[u8]) -> Result<Bytes, StoreError> {
    let size: usize = parts.iter().map(|part| part.size as usize).sum();
    let mut bytes = BytesMut::with_capacity(size + more.len());
    for part in parts {
        match blocks.get(part.digest, 0..part.size).await? {
            Some(piece) if piece.len() == part.size as usize => bytes.extend_from_slice(&piece),
            _ => return Err(StoreError::Corrupt(format!("part {:?} of an upload is missing", part.digest))),
        }
    }
    bytes.extend_from_slice(more);
    Ok(bytes.freeze())
}
