//! Upload sessions that take the parts of a file in any order, several at once if need be.
//!
//! The size of the file is declared at the beginning, and with it where each part lies. A part is durable when it is
//! acknowledged, and never changes. The SHA-1 of the whole goes along while they come ([`hashing`]), so a commit that
//! compares it need not read the file.

mod hashing;
mod intake;

pub(super) use hashing::Hashing;
pub use intake::{PartError, PartIntake};

use super::content::content_of;
use super::upload::OPEN_MAX;
use super::{Cloud, Condition, Item, Put, PutError, Scope, Spot, find};
use crate::model::{
    AppKey, Content, FILE_SIZE_MAX, Name, Seq, Sha1, UploadId, UploadPart, UploadPlan, UploadSession,
    UploadTarget,
};
use crate::store::StoreError;
use std::time::Duration;

/// How long such a session may take from its beginning to its commit.
pub const PART_SESSION_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How many times its quota an account's open sessions may declare together: what is received and never committed takes
/// room all the same, until somebody looks what no file needs.
const DECLARED_QUOTAS_MAX: u64 = 2;

/// How many parts are looked up at once.
const LOOK_MAX: usize = 1000;

/// Why no session was begun.
#[derive(Debug, thiserror::Error)]
pub enum BeginPartsError {
    /// Too many are open, or together they declare too much.
    #[error("too many upload sessions are open")]
    TooManyOpen,
    /// No file is so large.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// A file without bytes has no parts.
    #[error("the file is empty")]
    Empty,
    /// The file could not be put there.
    #[error(transparent)]
    Put(PutError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a session cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum PartSessionError {
    /// There is no such session, or it was given up.
    #[error("there is no such upload session")]
    Unknown,
    /// Somebody else began it, or another app.
    #[error("the upload session was begun by somebody else")]
    NotYours,
    /// It has taken too long.
    #[error("the upload session has expired")]
    Expired,
    /// It was committed before.
    #[error("the upload session was committed")]
    Closed,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a session was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitPartsError {
    /// It cannot be.
    #[error(transparent)]
    Session(#[from] PartSessionError),
    /// Some parts have not come.
    #[error("parts of the upload are missing")]
    Incomplete,
    /// The file has another SHA-1 than was said.
    #[error("the parts have another SHA-1 together")]
    Digest,
    /// The file could not be put.
    #[error(transparent)]
    Put(PutError),
}

impl From<StoreError> for CommitPartsError {
    fn from(error: StoreError) -> CommitPartsError {
        CommitPartsError::Session(error.into())
    }
}

impl Cloud {
    /// Begins a session for a file of `size` bytes, if it could be put there now.
    pub async fn begin_parts(
        &self,
        scope: &Scope,
        app: &AppKey,
        target: UploadTarget,
        size: u64,
    ) -> Result<UploadSession, BeginPartsError> {
        match size {
            0 => return Err(BeginPartsError::Empty),
            size if size > FILE_SIZE_MAX => return Err(BeginPartsError::TooLarge { limit: FILE_SIZE_MAX }),
            _ => {}
        }
        let (condition, name) = match &target {
            UploadTarget::New { .. } => (Condition::Add, None),
            UploadTarget::Version { name, .. } => (Condition::Replace(None), name.as_ref()),
        };
        let could = self.could_put(scope, &Spot::from(&target), condition, name, size).await;
        could.map_err(|refusal| match refusal {
            PutError::Store(error) => BeginPartsError::Store(error),
            refusal => BeginPartsError::Put(refusal),
        })?;
        let open = self.uploads.open_uploads(scope.account).await?;
        let declared_max = scope.quota.map_or(u64::MAX, |quota| quota.saturating_mul(DECLARED_QUOTAS_MAX));
        if open.count >= OPEN_MAX || open.declared.saturating_add(size) > declared_max {
            return Err(BeginPartsError::TooManyOpen);
        }
        let session = self.unopened_session(scope, app, PART_SESSION_LIFE);
        let session = UploadSession { plan: Some(UploadPlan::new(size, target)), ..session };
        self.uploads.open(session.clone()).await?;
        Ok(session)
    }

    /// The open session with this name that takes parts, with its plan.
    pub async fn session_in_parts(
        &self,
        scope: &Scope,
        app: &AppKey,
        id: UploadId,
    ) -> Result<(UploadSession, UploadPlan), PartSessionError> {
        let (session, plan) = self.any_session_in_parts(scope, app, id).await?;
        match (session.closed, session.committed) {
            (false, _) => Ok((session, plan)),
            (true, None) => Err(PartSessionError::Unknown),
            (true, Some(_)) => Err(PartSessionError::Closed),
        }
    }

    async fn any_session_in_parts(
        &self,
        scope: &Scope,
        app: &AppKey,
        id: UploadId,
    ) -> Result<(UploadSession, UploadPlan), PartSessionError> {
        let Some(session) = self.uploads.upload(id).await? else { return Err(PartSessionError::Unknown) };
        let Some(plan) = session.plan.clone() else { return Err(PartSessionError::Unknown) };
        if session.account != scope.account || session.app != *app {
            return Err(PartSessionError::NotYours);
        }
        if session.expires < self.clock.now() {
            return Err(PartSessionError::Expired);
        }
        Ok((session, plan))
    }

    /// Up to `limit` parts that have come, ascending by index, without the first `skip`.
    pub async fn parts(
        &self,
        session: &UploadSession,
        skip: u32,
        limit: usize,
    ) -> Result<Vec<UploadPart>, StoreError> {
        let (mut from, mut skip) = (0, skip as usize);
        while skip > 0 {
            // Indices have gaps, so that the first ones must be passed one by one; they are small.
            let passed = self.uploads.parts(session.id, from, skip.min(LOOK_MAX)).await?;
            let Some(last) = passed.last() else { return Ok(Vec::new()) };
            (from, skip) = (last.index + 1, skip - passed.len());
        }
        self.uploads.parts(session.id, from, limit).await
    }

    /// Gives an open session up.
    pub async fn abort_parts(
        &self,
        scope: &Scope,
        app: &AppKey,
        id: UploadId,
    ) -> Result<(), PartSessionError> {
        self.session_in_parts(scope, app, id).await?;
        self.uploads.close_upload(id, None).await?;
        self.hashing.forget(id);
        Ok(())
    }

    /// Puts what a session holds as a file, if that has this SHA-1, and closes the session in the same commit. `put` says
    /// how, given the content and where it goes, and what a file that is replaced is called afterwards, if not as before. Whoever asks once more, because the answer was lost, gets the file that
    /// the first commit put, as long as it is there.
    pub async fn commit_parts(
        &self,
        scope: &Scope,
        app: &AppKey,
        id: UploadId,
        sha1: Sha1,
        put: impl FnOnce(Content, &UploadTarget) -> (Put, Option<Name>) + Send,
    ) -> Result<Item, CommitPartsError> {
        let (session, plan) = self.any_session_in_parts(scope, app, id).await?;
        if session.closed {
            return self.committed_parts(scope, app, id, sha1).await;
        }
        if plan.received < plan.parts() {
            return Err(CommitPartsError::Incomplete);
        }
        let Some(whole) = self.hash_all(id).await? else {
            // Closed meanwhile, by a commit or for good.
            return self.committed_parts(scope, app, id, sha1).await;
        };
        if whole.clone().finish() != sha1 {
            return Err(CommitPartsError::Digest);
        }
        let (mut digests, mut from) = (Vec::new(), 0);
        while from < plan.parts() {
            let parts = self.uploads.parts(id, from, LOOK_MAX).await?;
            let Some(last) = parts.last() else {
                return self.committed_parts(scope, app, id, sha1).await;
            };
            from = last.index + 1;
            digests.extend(parts.into_iter().flat_map(|part| part.blocks));
        }
        let content = content_of(&*self.blocks, digests, plan.size, Some(whole)).await?;
        let (put, name) = put(content, &plan.target);
        match self.put_and_close(scope, &put, name.as_ref(), id).await {
            Ok(item) => {
                self.hashing.forget(id);
                Ok(item)
            }
            // It may be a rival's commit of the same session that is in the way.
            Err(refusal) => match (self.committed_parts(scope, app, id, sha1).await, refusal) {
                (Ok(item), _) => Ok(item),
                (Err(error), PutError::UploadClosed) => Err(error),
                (Err(_), refusal) => Err(CommitPartsError::Put(refusal)),
            },
        }
    }

    /// What the commit of a session put that is closed now; if it put these bytes, and they are still there.
    pub async fn committed_parts(
        &self,
        scope: &Scope,
        app: &AppKey,
        id: UploadId,
        sha1: Sha1,
    ) -> Result<Item, CommitPartsError> {
        let (session, _) = self.any_session_in_parts(scope, app, id).await?;
        let committed = match session.committed {
            Some(seq) => self.put_by(scope, seq, sha1).await?.ok_or(PartSessionError::Closed),
            None => Err(PartSessionError::Unknown),
        };
        Ok(committed?)
    }

    async fn put_by(&self, scope: &Scope, seq: Seq, sha1: Sha1) -> Result<Option<Item>, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let Some(change) = tree.change(seq).await? else { return Ok(None) };
        let site = find::site(&mut *tree, scope.root, &Spot::Entry(change.entry)).await?;
        drop(tree);
        let Some(item) = site.and_then(|site| site.item()) else { return Ok(None) };
        match (change.content, item.entry.file()) {
            (Some(content), Some(file)) if file.content == content => {
                let is_it = self.sha1s(&[content]).await?.contains(&sha1);
                Ok(is_it.then_some(item))
            }
            _ => Ok(None),
        }
    }
}
