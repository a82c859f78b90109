//! The versions of a file, by identity: they go with it wherever it moves. What was at a path is told by `history`.

use super::find;
use super::perform::{Plan, Unfit, Verb, no_upload};
use super::write::draft;
use super::{Cloud, Item, Scope, Spot};
use crate::journal::Receipt;
use crate::model::{
    Act, Change, ClientTimes, Content, Draft, Entry, EntryId, FileState, NamespaceId, Node, Premise, Seq,
    Step, Timestamp,
};
use crate::store::{Snapshot, StoreError};
use async_trait::async_trait;

/// Bytes that a file has or had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The change that brought them: what the version is called.
    pub seq: Seq,
    /// The bytes.
    pub content: Content,
    /// When that was.
    pub time: Timestamp,
}

/// Why an older version was not made the present one.
#[derive(Debug, thiserror::Error)]
pub enum RevertError {
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// The file never had such a version.
    #[error("the file has no such version")]
    NoVersion,
    /// It has changed since its caller looked.
    #[error("it has changed")]
    Changed,
    /// There is no room for it.
    #[error("the account is over its quota")]
    OverQuota,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Unfit> for RevertError {
    fn from(unfit: Unfit) -> RevertError {
        match unfit {
            Unfit::OverQuota => RevertError::OverQuota,
            Unfit::UploadClosed => no_upload().into(),
        }
    }
}

impl Cloud {
    /// Up to `limit` versions of a file, the present one first, each followed by the one that it replaced, beginning with
    /// `from` or the present one; nothing if there is no such file, or `from` is none of its versions.
    pub async fn versions(
        &self,
        scope: &Scope,
        at: impl Into<Spot> + Send,
        from: Option<Seq>,
        limit: usize,
    ) -> Result<Option<Vec<Version>>, StoreError> {
        let at = at.into();
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let site = find::site(&mut *tree, scope.root, &at).await?;
        let Some(item) = site.and_then(|site| site.item()) else { return Ok(None) };
        let Some(file) = item.entry.file() else { return Ok(None) };
        let mut next = Some(from.unwrap_or(file.version));
        let mut versions = Vec::new();
        while let Some(seq) = next
            && versions.len() < limit
        {
            let Some((version, replaced)) = version(&mut *tree, item.entry.id, seq).await? else {
                // What a client names may be none of this file's; what a version names must be.
                return match versions.is_empty() {
                    true => Ok(None),
                    false => Err(StoreError::Corrupt(format!("change {} brought no version", seq.0))),
                };
            };
            versions.push(version);
            next = replaced;
        }
        Ok(Some(versions))
    }

    /// Gives a file the bytes of an older version again, as a new one; the present version stays as it is. With
    /// `supposed`, only if the file's last change is this one.
    pub async fn revert(
        &self,
        scope: &Scope,
        at: impl Into<Spot> + Send,
        version: Seq,
        supposed: Option<Seq>,
    ) -> Result<Item, RevertError> {
        let at = at.into();
        self.perform(&Revert { scope, at: &at, version, supposed }).await
    }
}

/// A version of this entry, and the one that it replaced; nothing if the change brought it no bytes.
pub(super) async fn version(
    tree: &mut dyn Snapshot,
    entry: EntryId,
    seq: Seq,
) -> Result<Option<(Version, Option<Seq>)>, StoreError> {
    let change = tree.change(seq).await?.filter(|change| change.entry == entry && brings_bytes(change));
    Ok(change.and_then(|Change { seq, content, time, replaced, .. }| {
        content.map(|content| (Version { seq, content, time }, replaced))
    }))
}

fn brings_bytes(change: &Change) -> bool {
    match change.act {
        Act::Create | Act::Copy | Act::Edit | Act::Revert | Act::Restore => true,
        Act::Move | Act::Modify | Act::Delete | Act::Purge | Act::Share | Act::Unshare => false,
    }
}

struct Revert<'a> {
    scope: &'a Scope,
    at: &'a Spot,
    version: Seq,
    supposed: Option<Seq>,
}

#[async_trait]
impl Verb for Revert<'_> {
    type Done = Item;
    type Refusal = RevertError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Item>, RevertError> {
        let site = find::site(tree, self.scope.root, self.at).await?.ok_or(RevertError::NotFound)?;
        let item = site.item().ok_or(RevertError::NotFound)?;
        let entry = item.entry.clone();
        let Some(present) = entry.file().copied() else { return Err(RevertError::NotFound) };
        if self.supposed.is_some_and(|supposed| supposed != entry.seq) {
            return Err(RevertError::Changed);
        }
        if self.version == present.version {
            return Ok(Plan::Already(item));
        }
        let found = version(tree, entry.id, self.version).await?;
        let (Version { content, .. }, _) = found.ok_or(RevertError::NoVersion)?;
        let times = ClientTimes { created: present.times.created, modified: None };
        let mut premises = site.premises();
        premises.push(Premise::Unchanged { entry: entry.id, seq: entry.seq });
        let step = Step::Edit { file: entry.id, content, times, reverted: true };
        let draft = Draft { quota: self.scope.quota, ..draft(self.scope, premises, vec![step], now) };
        let done = move |receipt: &Receipt| {
            let seq = receipt.seq(0);
            let node = Node::File(FileState { content, version: seq, times });
            Item { entry: Entry { seq, modified: now, node, ..entry }, ..item }
        };
        Ok(Plan::Commit(draft, Box::new(done)))
    }
}
