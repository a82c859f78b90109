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
use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

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

/// Why a version was not withdrawn or put back.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawError {
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// The file never had such a version.
    #[error("the file has no such version")]
    NoVersion,
    /// It is withdrawn already.
    #[error("the version is withdrawn already")]
    Withdrawn,
    /// It is the present one.
    #[error("the version is the present one")]
    Present,
    /// The file has changed since its caller looked.
    #[error("it has changed")]
    Changed,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Unfit> for WithdrawError {
    fn from(unfit: Unfit) -> WithdrawError {
        match unfit {
            Unfit::OverQuota => {
                StoreError::Corrupt("a draft without a quota was said to exceed one".into()).into()
            }
            Unfit::UploadClosed => no_upload().into(),
        }
    }
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
    /// `from` or the present one, and leaving out those that were withdrawn; nothing if there is no such file, or `from` is
    /// none of its versions, or withdrawn.
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
        let (mut versions, mut looked_at) = (Vec::new(), 0);
        while let Some(seq) = next
            && versions.len() < limit
        {
            let Some(known) = known(&mut *tree, item.entry.id, seq).await? else {
                // What a client names may be none of this file's; what a version names must be.
                return match looked_at {
                    0 => Ok(None),
                    _ => Err(StoreError::Corrupt(format!("change {} brought no version", seq.0))),
                };
            };
            looked_at += 1;
            next = known.replaced;
            match known.is_withdrawn {
                true if looked_at == 1 && from.is_some() => return Ok(None),
                true => {}
                false => versions.push(known.version),
            }
            if looked_at % LOOKED_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
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

    /// Withdraws a past version of a file: nobody is told of it any more, by whichever name. With `supposed`, only if the
    /// file's last change is this one.
    pub async fn withdraw(
        &self,
        scope: &Scope,
        at: impl Into<Spot> + Send,
        version: Seq,
        supposed: Option<Seq>,
    ) -> Result<(), WithdrawError> {
        let at = at.into();
        self.perform(&Withdraw { scope, at: &at, version, supposed, back: false }).await.map(|_| ())
    }

    /// Puts a version back that was withdrawn. One that is told of stays so.
    pub async fn reinstate(
        &self,
        scope: &Scope,
        at: impl Into<Spot> + Send,
        version: Seq,
    ) -> Result<Version, WithdrawError> {
        let at = at.into();
        self.perform(&Withdraw { scope, at: &at, version, supposed: None, back: true }).await
    }
}

/// How many versions are looked at before other tasks get their turn.
const LOOKED_AT_ONCE: usize = 500;

/// A version, whether it is told of or not.
struct Known {
    version: Version,
    replaced: Option<Seq>,
    is_withdrawn: bool,
}

/// A version of this entry; nothing if the change brought it no bytes.
async fn known(tree: &mut dyn Snapshot, entry: EntryId, seq: Seq) -> Result<Option<Known>, StoreError> {
    let change = tree.change(seq).await?.filter(|change| change.entry == entry && brings_bytes(change));
    Ok(change.and_then(|Change { seq, content, time, replaced, withdrawn, .. }| {
        let version = content.map(|content| Version { seq, content, time })?;
        Some(Known { version, replaced, is_withdrawn: withdrawn.is_some() })
    }))
}

/// The same, unless it was withdrawn.
pub(super) async fn version(
    tree: &mut dyn Snapshot,
    entry: EntryId,
    seq: Seq,
) -> Result<Option<Version>, StoreError> {
    let known = known(tree, entry, seq).await?.filter(|known| !known.is_withdrawn);
    Ok(known.map(|known| known.version))
}

/// Whether a file has a version by this change.
pub(super) fn brings_bytes(change: &Change) -> bool {
    match change.act {
        Act::Create | Act::Copy | Act::Edit | Act::Revert => true,
        // As a rule, what comes back has the bytes that it had.
        Act::Restore => change.replaced.is_some(),
        Act::Move
        | Act::Modify
        | Act::Delete
        | Act::Purge
        | Act::Share
        | Act::Unshare
        | Act::Withdraw
        | Act::Reinstate => false,
    }
}

/// Which bytes of a file are not told of, for readers who know its changes.
#[derive(Default)]
pub(super) struct Withdrawn {
    /// Of each file that was asked about.
    known: HashMap<EntryId, Vec<(Seq, bool)>>,
}

impl Withdrawn {
    /// Whether a change of a file tells of bytes that were withdrawn: such as it brought itself, or such as the file had
    /// when it was moved.
    pub(super) async fn tells(
        &mut self,
        tree: &mut dyn Snapshot,
        change: &Change,
        file: &Entry,
    ) -> Result<bool, StoreError> {
        // The present version is never withdrawn.
        let Some(present) = file.file().map(|file| file.version).filter(|present| *present > change.seq)
        else {
            return Ok(false);
        };
        if brings_bytes(change) {
            return Ok(change.withdrawn.is_some());
        }
        let versions = match self.known.entry(file.id) {
            Occupied(known) => known.into_mut(),
            Vacant(unknown) => unknown.insert(all_known(tree, file.id, present).await?),
        };
        let had = versions.partition_point(|(seq, _)| *seq <= change.seq).checked_sub(1);
        Ok(had.is_some_and(|had| versions[had].1))
    }
}

/// The versions of a file up to this one, the oldest first, and whether each is withdrawn.
async fn all_known(
    tree: &mut dyn Snapshot,
    file: EntryId,
    last: Seq,
) -> Result<Vec<(Seq, bool)>, StoreError> {
    let (mut versions, mut next) = (Vec::new(), Some(last));
    while let Some(seq) = next
        && let Some(known) = known(tree, file, seq).await?
    {
        versions.push((seq, known.is_withdrawn));
        next = known.replaced;
        if versions.len() % LOOKED_AT_ONCE == 0 {
            tokio::task::yield_now().await;
        }
    }
    versions.reverse();
    Ok(versions)
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
        let Version { content, .. } = found.ok_or(RevertError::NoVersion)?;
        let times = present.times_with(ClientTimes::default());
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

struct Withdraw<'a> {
    scope: &'a Scope,
    at: &'a Spot,
    version: Seq,
    supposed: Option<Seq>,
    back: bool,
}

#[async_trait]
impl Verb for Withdraw<'_> {
    type Done = Version;
    type Refusal = WithdrawError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Version>, WithdrawError> {
        let site = find::site(tree, self.scope.root, self.at).await?.ok_or(WithdrawError::NotFound)?;
        let entry = site.target().ok_or(WithdrawError::NotFound)?;
        let present = entry.file().ok_or(WithdrawError::NotFound)?.version;
        if self.supposed.is_some_and(|supposed| supposed != entry.seq) {
            return Err(WithdrawError::Changed);
        }
        let found = known(tree, entry.id, self.version).await?.ok_or(WithdrawError::NoVersion)?;
        match (found.is_withdrawn, self.back) {
            (false, true) => return Ok(Plan::Already(found.version)),
            (true, false) => return Err(WithdrawError::Withdrawn),
            (false, false) if self.version == present => return Err(WithdrawError::Present),
            (false, false) | (true, true) => {}
        }
        let mut premises = site.premises();
        premises.push(Premise::Unchanged { entry: entry.id, seq: entry.seq });
        let step = Step::Withdraw { file: entry.id, version: self.version, back: self.back };
        let draft = draft(self.scope, premises, vec![step], now);
        Ok(Plan::Commit(draft, Box::new(move |_| found.version)))
    }
}
