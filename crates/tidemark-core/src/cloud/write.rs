//! Putting a file: creating it, or giving it new bytes.

use super::find::{self, Obstacle, Site};
use super::perform::{Plan, Unfit, Verb};
use super::{Cloud, Item, Scope, Spot};
use crate::journal::Receipt;
use crate::model::{
    ClientTimes, Content, Draft, Entry, EntryRef, FileState, Name, NamespaceId, NewNode, Node, Path, Premise,
    Rev, Seq, Step, Timestamp, UploadId, digest_of,
};
use crate::store::{Snapshot, StoreError};
use async_trait::async_trait;

/// A file to be put.
#[derive(Clone, Debug)]
pub struct Put {
    /// Where.
    pub at: Spot,
    /// Its bytes, which are stored already.
    pub content: Content,
    /// What may be there now.
    pub condition: Condition,
    /// If something else is there: whether to put it beside that under another name.
    pub autorename: bool,
    /// What a client says of its times.
    pub times: ClientTimes,
}

/// What may be at the path of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing, or any file. One that has these bytes is left alone, whatever is said of its times.
    Overwrite,
    /// Nothing.
    Add,
    /// Nothing, or the file with this rev; likewise.
    Update(Rev),
    /// A file; with a position, one whose last change that is. It gets what is said of its times with these bytes or without.
    Replace(Option<Seq>),
}

/// Why a file was not put.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// What is at the path may not be replaced, and another name was not allowed.
    #[error("something else is at the path")]
    Conflict,
    /// One of the folders it should go into is a file.
    #[error("a folder of the path is a file")]
    ParentIsFile,
    /// The file that was to be replaced is not there, or is a folder.
    #[error("there is no file to be replaced")]
    NotFound,
    /// The file that was to be replaced has changed.
    #[error("the file has changed")]
    Changed,
    /// The rev to be updated never was.
    #[error("there never was such a rev")]
    UnknownRev,
    /// Too many folders lie around it.
    #[error("the path is too deep")]
    TooDeep,
    /// A file cannot be the root.
    #[error("the root is not a file")]
    RootNotAllowed,
    /// The root that the path begins at is not there any more, or what the spot names by identity.
    #[error("the root of the path is gone")]
    RootGone,
    /// There is no room for it.
    #[error("the account is over its quota")]
    OverQuota,
    /// The upload session it came by was committed before, or has expired.
    #[error("the upload session is closed")]
    UploadClosed,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Unfit> for PutError {
    fn from(unfit: Unfit) -> PutError {
        match unfit {
            Unfit::OverQuota => PutError::OverQuota,
            Unfit::UploadClosed => PutError::UploadClosed,
        }
    }
}

impl From<Obstacle> for PutError {
    fn from(obstacle: Obstacle) -> PutError {
        match obstacle {
            Obstacle::ParentIsFile => PutError::ParentIsFile,
            Obstacle::TooDeep => PutError::TooDeep,
            Obstacle::Root => PutError::RootNotAllowed,
        }
    }
}

impl Cloud {
    /// Puts a file. Putting the bytes that are there changes nothing, unless something else is said of the times of a file
    /// that is to be replaced.
    pub async fn put_file(&self, scope: &Scope, put: &Put) -> Result<Item, PutError> {
        self.perform(&PutFile { scope, put, name: None, closes: None }).await
    }

    /// The same; a file that was there is called so afterwards, in the same commit.
    pub async fn put_file_as(&self, scope: &Scope, put: &Put, name: Option<&Name>) -> Result<Item, PutError> {
        self.perform(&PutFile { scope, put, name, closes: None }).await
    }

    /// Whether a file of `size` bytes could be put there, as things are: what [`Cloud::put_file_as`] would say before it
    /// has the bytes.
    pub async fn could_put(
        &self,
        scope: &Scope,
        at: &Spot,
        condition: Condition,
        name: Option<&Name>,
        size: u64,
    ) -> Result<(), PutError> {
        // Its own kind of nothing: no file has this address and a size, so no file there has the same bytes.
        let content = Content { size, address: digest_of(&[]) };
        let put =
            Put { at: at.clone(), content, condition, autorename: false, times: ClientTimes::default() };
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let verb = PutFile { scope, put: &put, name, closes: None };
        verb.plan(&mut *tree, self.clock.now()).await?;
        drop(tree);
        match self.has_room(scope, Some(at), size).await? {
            true => Ok(()),
            false => Err(PutError::OverQuota),
        }
    }

    /// Puts a file, and closes an upload session in the same commit: of all who try with the same session, one puts it,
    /// and the others find the session closed.
    pub(crate) async fn put_file_once(
        &self,
        scope: &Scope,
        put: &Put,
        name: Option<&Name>,
        session: UploadId,
    ) -> Result<Item, PutError> {
        self.perform(&PutFile { scope, put, name, closes: Some(session) }).await
    }
}

pub(super) struct PutFile<'a> {
    pub(super) scope: &'a Scope,
    pub(super) put: &'a Put,
    /// What a file that is replaced is called afterwards, if not as before.
    pub(super) name: Option<&'a Name>,
    pub(super) closes: Option<UploadId>,
}

#[async_trait]
impl Verb for PutFile<'_> {
    type Done = Item;
    type Refusal = PutError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Item>, PutError> {
        let put = self.put;
        let site = find::site(tree, self.scope.root, &put.at).await?.ok_or(PutError::RootGone)?;
        if let Some(obstacle) = site.obstacle(0) {
            return Err(obstacle.into());
        }
        if let Condition::Update(rev) = put.condition
            && !is_file_rev(tree, self.scope.namespace, rev).await?
        {
            return Err(PutError::UnknownRev);
        }
        let Some(current) = site.target() else {
            if let Condition::Replace(_) = put.condition {
                return Err(PutError::NotFound);
            }
            let name = site.name().expect("only the root has no name").clone();
            return Ok(self.create(&site, name, now));
        };
        let may_replace = match put.condition {
            Condition::Replace(_) if current.is_folder() => return Err(PutError::NotFound),
            Condition::Replace(Some(seq)) if seq != current.seq => return Err(PutError::Changed),
            Condition::Replace(_) => true,
            _ if current.is_folder() => false,
            Condition::Overwrite => true,
            Condition::Add => false,
            Condition::Update(rev) => rev.seq == current.seq,
        };
        match current.file() {
            Some(file) if may_replace => {
                let retimes = matches!(put.condition, Condition::Replace(_)) && !put.says_nothing_new(file);
                let is_new = file.content != put.content || retimes;
                let state = FileState { times: file.times_with(put.times), content: put.content, ..*file };
                let name = self.name.filter(|name| **name != current.name);
                match name {
                    None if !is_new => {
                        Ok(Plan::Already(Item { path: site.path(), entry: current.clone(), gone: None }))
                    }
                    None => Ok(self.edit(&site, current, state, now)),
                    Some(name) => {
                        self.edit_as(tree, &site, current, is_new.then_some(state), name, now).await
                    }
                }
            }
            _ if put.autorename => {
                let folder = site.folder().expect("only the root stands in no folder");
                let name = find::free_name(tree, folder, &current.name, put.condition.tag()).await?;
                Ok(self.create(&site, name, now))
            }
            _ => Err(PutError::Conflict),
        }
    }
}

impl Put {
    fn says_nothing_new(&self, file: &FileState) -> bool {
        let ClientTimes { created, modified } = self.times;
        created.is_none_or(|created| file.times.created == Some(created))
            && modified.is_none_or(|modified| file.times.modified == Some(modified))
    }
}

impl Condition {
    /// How a file that loses a conflict is told from the one that won.
    fn tag(self) -> fn(usize) -> String {
        match self {
            Condition::Overwrite | Condition::Add | Condition::Replace(_) => |n| format!(" ({n})"),
            Condition::Update(_) => |n| match n {
                1 => " (conflicted copy)".to_owned(),
                _ => format!(" (conflicted copy {n})"),
            },
        }
    }
}

async fn is_file_rev(tree: &mut dyn Snapshot, namespace: NamespaceId, rev: Rev) -> Result<bool, StoreError> {
    Ok(rev.namespace == namespace
        && tree.change(rev.seq).await?.is_some_and(|change| change.content.is_some()))
}

impl PutFile<'_> {
    fn draft(&self, premises: Vec<Premise>, steps: Vec<Step>, now: Timestamp) -> Draft {
        Draft { quota: self.scope.quota, closes: self.closes, ..draft(self.scope, premises, steps, now) }
    }

    fn create(&self, site: &Site, name: Name, now: Timestamp) -> Plan<Item> {
        let (parent, mut steps) = site.parent_steps();
        let mut premises = site.premises();
        if let (Some(_), EntryRef::Existing(parent)) = (site.target(), parent) {
            // It goes beside what is at the path.
            premises.push(Premise::Slot { parent, key: name.key(), holds: None });
        }
        let Put { content, times, .. } = *self.put;
        let node = NewNode::File { content, times };
        steps.push(Step::Create { parent, name: name.clone(), node, copied: false });
        let path = site.parent_path().join(&name);
        let last = steps.len() - 1;
        let done = move |receipt: &Receipt| created(receipt, last, parent, path, name, node, now);
        Plan::Commit(self.draft(premises, steps, now), Box::new(done))
    }

    fn edit(&self, site: &Site, current: &Entry, new: FileState, now: Timestamp) -> Plan<Item> {
        let premises = self.edit_premises(site, current);
        let (path, entry) = (site.path(), current.clone());
        let step = edit_step(current, new);
        let done = move |receipt: &Receipt| {
            let seq = receipt.seq(0);
            let node = Node::File(FileState { version: seq, ..new });
            Item { path, entry: Entry { seq, modified: now, node, ..entry }, gone: None }
        };
        Plan::Commit(self.draft(premises, vec![step], now), Box::new(done))
    }

    fn edit_premises(&self, site: &Site, current: &Entry) -> Vec<Premise> {
        let mut premises = site.premises();
        if let Condition::Update(_) | Condition::Replace(Some(_)) = self.put.condition {
            premises.push(Premise::Unchanged { entry: current.id, seq: current.seq });
        }
        premises
    }

    /// Two changes, or one if the bytes are there already: new bytes, and another name.
    async fn edit_as(
        &self,
        tree: &mut dyn Snapshot,
        site: &Site,
        current: &Entry,
        new: Option<FileState>,
        name: &Name,
        now: Timestamp,
    ) -> Result<Plan<Item>, PutError> {
        let parent = site.folder().expect("only the root stands in no folder");
        let holds = tree.child(parent, &name.key()).await?.map(|entry| entry.id);
        if holds.is_some_and(|entry| entry != current.id) {
            return Err(PutError::Conflict);
        }
        let mut premises = self.edit_premises(site, current);
        premises.push(Premise::Slot { parent, key: name.key(), holds });
        let to = EntryRef::Existing(parent);
        let rename = Step::Move { entry: current.id, to, name: name.clone() };
        let steps: Vec<_> = new.map(|new| edit_step(current, new)).into_iter().chain([rename]).collect();
        let last = steps.len() - 1;
        let (path, entry) = (site.parent_path().join(name), Entry { name: name.clone(), ..current.clone() });
        let done = move |receipt: &Receipt| {
            let (seq, version) = (receipt.seq(last), receipt.seq(0));
            let node = new.map_or(entry.node, |new| Node::File(FileState { version, ..new }));
            let entry = Entry { seq, appeared: seq, modified: now, node, ..entry };
            Item { path, entry, gone: None }
        };
        Ok(Plan::Commit(self.draft(premises, steps, now), Box::new(done)))
    }
}

fn edit_step(current: &Entry, FileState { content, times, .. }: FileState) -> Step {
    Step::Edit { file: current.id, content, times, reverted: false }
}

/// A draft that neither minds a quota nor ends an upload.
pub(super) fn draft(scope: &Scope, premises: Vec<Premise>, steps: Vec<Step>, now: Timestamp) -> Draft {
    Draft {
        namespace: scope.namespace,
        author: scope.account,
        time: now,
        premises,
        steps,
        quota: None,
        closes: None,
    }
}

/// What the step with this index created.
pub(super) fn created(
    receipt: &Receipt,
    step: usize,
    parent: EntryRef,
    path: Path,
    name: Name,
    node: NewNode,
    now: Timestamp,
) -> Item {
    let seq = receipt.seq(step);
    let entry = Entry {
        id: seq.into(),
        parent: Some(receipt.entry(parent)),
        name,
        live: true,
        purged: false,
        seq,
        appeared: Seq::ZERO,
        created: now,
        modified: now,
        description: None,
        node: node.created(seq),
    };
    Item { path, entry, gone: None }
}
