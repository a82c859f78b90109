//! What was at a path before, and bringing it back.

use super::find;
use super::perform::{Plan, Unfit, Verb, no_upload};
use super::relocate::deleted_from;
use super::versions::Withdrawn;
use super::write::{created, draft};
use super::{Cloud, Gone, Item, Scope};
use crate::journal::Receipt;
use crate::model::{
    Act, Change, ClientTimes, Content, Draft, Entry, EntryId, EntryRef, FileState, NameKey, NamespaceId,
    NewNode, Node, Path, Premise, Rev, Seq, Step, Timestamp,
};
use crate::store::{Snapshot, StoreError};
use async_trait::async_trait;

/// Why a revision was not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The path has no history, or the rev never was.
    #[error("there is no such file or rev")]
    NotFound,
    /// The rev is of something else, or of a deletion.
    #[error("the rev is not one of this file's")]
    NotARevision,
    /// A folder is there now.
    #[error("a folder is at the path")]
    Exists,
    /// One of the folders it should go into is a file.
    #[error("a folder of the path is a file")]
    ParentIsFile,
    /// Too many folders would lie around it.
    #[error("the path is too deep")]
    TooDeep,
    /// There is no room for it.
    #[error("the account is over its quota")]
    OverQuota,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Unfit> for RestoreError {
    fn from(unfit: Unfit) -> RestoreError {
        match unfit {
            Unfit::OverQuota => RestoreError::OverQuota,
            Unfit::UploadClosed => no_upload().into(),
        }
    }
}

impl From<find::Obstacle> for RestoreError {
    fn from(obstacle: find::Obstacle) -> RestoreError {
        match obstacle {
            find::Obstacle::ParentIsFile => RestoreError::ParentIsFile,
            find::Obstacle::TooDeep => RestoreError::TooDeep,
            find::Obstacle::Root => RestoreError::NotFound,
        }
    }
}

impl Cloud {
    /// The revisions of the file at a path, newest first, deletions and departures included; nothing if no file ever
    /// was there. A history belongs to a path: it survives deletion, and does not follow the file elsewhere.
    pub async fn revisions(
        &self,
        scope: &Scope,
        path: &Path,
        limit: usize,
    ) -> Result<Option<Vec<Item>>, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let Some(site) = find::site_at(&mut *tree, scope.root, path).await? else { return Ok(None) };
        let now = site.item();
        if now.as_ref().is_some_and(|item| item.entry.is_folder()) {
            return Ok(None);
        }
        let changes = history(&mut *tree, scope.root, path, Seq::MAX.next(), limit).await?;
        let mut items = Vec::with_capacity(changes.len());
        for past in changes {
            items.push(revision(site.path(), path, past)?);
        }
        if items.is_empty() {
            return Ok(None);
        }
        // A file that went with a folder around it has no record of its own.
        if now.is_none()
            && let Some(item) = find::gone(&mut *tree, scope.root, path).await?
            && item.gone.is_some_and(|gone| items[0].gone.is_none_or(|newest| newest.seq < gone.seq))
        {
            items.insert(0, item);
            items.truncate(limit);
        }
        Ok(Some(items))
    }

    /// One revision of the file at a path; nothing if it is none of this path's.
    pub async fn stat_rev(&self, scope: &Scope, path: &Path, rev: Rev) -> Result<Option<Item>, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let Some(site) = find::site_at(&mut *tree, scope.root, path).await? else { return Ok(None) };
        match revision_at(&mut *tree, scope, path, rev).await? {
            Some(past) => revision(site.path(), path, past).map(Some),
            None => Ok(None),
        }
    }

    /// Makes the bytes of an older revision the newest ones, whether a file is there now or not.
    pub async fn restore(&self, scope: &Scope, path: &Path, rev: Rev) -> Result<Item, RestoreError> {
        self.perform(&Restore { scope, path, rev }).await
    }
}

/// A change of a file that put its bytes at a path, or took it away from there.
struct PastChange {
    /// The folder it happened in.
    place: EntryId,
    change: Change,
    /// The file as it is now.
    entry: Entry,
}

/// The changes of files at a path, newest first.
async fn history(
    tree: &mut dyn Snapshot,
    root: EntryId,
    path: &Path,
    before: Seq,
    limit: usize,
) -> Result<Vec<PastChange>, StoreError> {
    let Some(name) = path.name() else { return Ok(Vec::new()) };
    let key = name.key();
    let mut changes = Vec::new();
    for past in find::pasts(tree, root, path).await? {
        changes.extend(kept(tree, past.folder, &key, before.min(past.end()), limit).await?);
    }
    changes.sort_by_key(|past| std::cmp::Reverse(past.change.seq));
    changes.truncate(limit);
    Ok(changes)
}

/// Up to `limit` revisions of a slot before this position, newest first, leaving out those of files that were purged and
/// of versions that were withdrawn.
async fn kept(
    tree: &mut dyn Snapshot,
    place: EntryId,
    key: &NameKey,
    mut before: Seq,
    limit: usize,
) -> Result<Vec<PastChange>, StoreError> {
    let (mut kept, mut withdrawn) = (Vec::new(), Withdrawn::default());
    while kept.len() < limit {
        let wanted = limit - kept.len();
        let changes = tree.revisions(place, key, before, wanted).await?;
        let is_all = changes.len() < wanted;
        for change in changes {
            before = change.seq;
            let entry = find::entry_of(tree, &change).await?;
            if !entry.purged && !withdrawn.tells(tree, &change, &entry).await? {
                kept.push(PastChange { place, change, entry });
            }
        }
        if is_all {
            break;
        }
    }
    Ok(kept)
}

/// The change that a rev names, if it is of a file at this path.
async fn revision_at(
    tree: &mut dyn Snapshot,
    scope: &Scope,
    path: &Path,
    rev: Rev,
) -> Result<Option<PastChange>, StoreError> {
    if rev.namespace != scope.namespace {
        return Ok(None);
    }
    Ok(history(tree, scope.root, path, rev.seq.next(), 1)
        .await?
        .pop()
        .filter(|past| past.change.seq == rev.seq))
}

/// A change of a file, as the state of the path after it.
fn revision(shown: Path, path: &Path, past: PastChange) -> Result<Item, StoreError> {
    let PastChange { place, change, mut entry } = past;
    let Some(content) = change.content else {
        return Err(StoreError::Corrupt(format!("change {} is of no file", change.seq.0)));
    };
    let arrived = is_at(&change, place, &path.name().map(|name| name.key()));
    let times = entry.file().filter(|_| entry.seq == change.seq).map(|file| file.times).unwrap_or_default();
    entry.node = Node::File(FileState { content, version: change.seq, times });
    (entry.seq, entry.modified) = (change.seq, change.time);
    let gone = (!arrived).then_some(Gone { seq: change.seq, time: change.time });
    Ok(Item { path: shown, entry, gone })
}

fn is_at(change: &Change, place: EntryId, key: &Option<NameKey>) -> bool {
    change.at.as_ref().is_some_and(|at| at.parent == place && Some(at.name.key()) == *key)
}

struct Restore<'a> {
    scope: &'a Scope,
    path: &'a Path,
    rev: Rev,
}

#[async_trait]
impl Verb for Restore<'_> {
    type Done = Item;
    type Refusal = RestoreError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Item>, RestoreError> {
        let site = find::site_at(tree, self.scope.root, self.path).await?.ok_or(RestoreError::NotFound)?;
        if let Some(obstacle) = site.obstacle(0) {
            return Err(obstacle.into());
        }
        let content = self.content(tree).await?;
        match site.target() {
            Some(current) => match current.file() {
                None => Err(RestoreError::Exists),
                Some(file) if file.content == content => {
                    Ok(Plan::Already(Item { path: site.path(), entry: current.clone(), gone: None }))
                }
                Some(file) => {
                    let times = file.times_with(ClientTimes::default());
                    let step = Step::Edit { file: current.id, content, times, reverted: true };
                    let file = FileState { content, version: Seq::ZERO, times };
                    Ok(self.commit(site.premises(), step, site.path(), current.clone(), file, now))
                }
            },
            None => match site.parent_steps() {
                (EntryRef::Existing(folder), steps)
                    if steps.is_empty()
                        && let Some(entry) =
                            deleted_from(tree, folder, self.path).await?.filter(|e| !e.is_folder()) =>
                {
                    // The file itself comes back, with the identity it had.
                    let mut premises = site.premises();
                    premises.push(Premise::Unchanged { entry: entry.id, seq: entry.seq });
                    let (to, name) = (EntryRef::Existing(folder), entry.name.clone());
                    let path = site.parent_path().join(&name);
                    let step = Step::Restore { entry: entry.id, to, name, content: Some(content) };
                    let times = entry.file().map(|file| file.times).unwrap_or_default();
                    let file = FileState { content, version: Seq::ZERO, times };
                    Ok(self.commit(premises, step, path, entry, file, now))
                }
                (parent, mut steps) => {
                    let name = site.name().expect("the root was refused").clone();
                    let node = NewNode::File { content, times: ClientTimes::default() };
                    steps.push(Step::Create { parent, name: name.clone(), node, copied: false });
                    let (path, last) = (site.path(), steps.len() - 1);
                    let done = move |receipt: &Receipt| created(receipt, last, parent, path, name, node, now);
                    Ok(Plan::Commit(self.draft(site.premises(), steps, now), Box::new(done)))
                }
            },
        }
    }
}

impl Restore<'_> {
    async fn content(&self, tree: &mut dyn Snapshot) -> Result<Content, RestoreError> {
        if let Some(PastChange { place, change, .. }) =
            revision_at(tree, self.scope, self.path, self.rev).await?
        {
            let key = self.path.name().map(|name| name.key());
            let arrived = is_at(&change, place, &key) && change.act != Act::Delete;
            return change.content.filter(|_| arrived).ok_or(RestoreError::NotARevision);
        }
        let known = self.rev.namespace == self.scope.namespace && tree.change(self.rev.seq).await?.is_some();
        let has_history = !history(tree, self.scope.root, self.path, Seq::MAX.next(), 1).await?.is_empty();
        Err(if known && has_history { RestoreError::NotARevision } else { RestoreError::NotFound })
    }

    fn draft(&self, premises: Vec<Premise>, steps: Vec<Step>, now: Timestamp) -> Draft {
        Draft { quota: self.scope.quota, ..draft(self.scope, premises, steps, now) }
    }

    fn commit(
        &self,
        premises: Vec<Premise>,
        step: Step,
        path: Path,
        entry: Entry,
        file: FileState,
        now: Timestamp,
    ) -> Plan<Item> {
        let done = move |receipt: &Receipt| {
            let seq = receipt.seq(0);
            let appeared = if entry.live { entry.appeared } else { seq };
            let node = Node::File(FileState { version: seq, ..file });
            Item {
                path,
                entry: Entry { live: true, seq, appeared, modified: now, node, ..entry },
                gone: None,
            }
        };
        Plan::Commit(self.draft(premises, vec![step], now), Box::new(done))
    }
}
