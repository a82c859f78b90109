//! Changing what an entry is called, where it stands and what is said of it, in one commit.

use super::perform::{Plan, Unfit, Verb};
use super::relocate::Relocation;
use super::write::draft;
use super::{Cloud, Item, RelocateError, Scope, Spot, find};
use crate::journal::Receipt;
use crate::model::{ClientTimes, Entry, EntryId, Name, NamespaceId, Node, Premise, Seq, Step, Timestamp};
use crate::store::{Snapshot, StoreError};
use async_trait::async_trait;

/// What is to be different about an entry. What is not mentioned stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// The folder it goes to.
    pub folder: Option<EntryId>,
    /// What it is called; another spelling of its own name is another name.
    pub name: Option<Name>,
    /// What its user says of it; an empty text takes that away.
    pub description: Option<Box<str>>,
    /// What a client says of a file's times; a folder has none.
    pub times: ClientTimes,
    /// What its caller supposes: its last change is this one.
    pub seq: Option<Seq>,
}

/// Why an entry was not updated.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The folder that it should go to is not there, or is a file.
    #[error("the folder it should go to is not there")]
    NoFolder,
    /// It cannot be moved, is not there, or not as its caller supposed.
    #[error(transparent)]
    Relocate(#[from] RelocateError),
}

impl From<StoreError> for UpdateError {
    fn from(error: StoreError) -> UpdateError {
        RelocateError::from(error).into()
    }
}

impl From<Unfit> for UpdateError {
    fn from(unfit: Unfit) -> UpdateError {
        RelocateError::from(unfit).into()
    }
}

impl Cloud {
    /// Moves, renames and describes an entry: at most one change for its place and one for the rest, together or not at
    /// all. An update that makes no difference changes nothing.
    pub async fn update(
        &self,
        scope: &Scope,
        at: impl Into<Spot> + Send,
        update: &Update,
    ) -> Result<Item, UpdateError> {
        let at = at.into();
        self.perform(&Updating { scope, at: &at, update }).await
    }
}

struct Updating<'a> {
    scope: &'a Scope,
    at: &'a Spot,
    update: &'a Update,
}

#[async_trait]
impl Verb for Updating<'_> {
    type Done = Item;
    type Refusal = UpdateError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Item>, UpdateError> {
        let from = find::site(tree, self.scope.root, self.at).await?.ok_or(RelocateError::NotFound)?;
        if from.is_root() {
            return Err(RelocateError::RootNotAllowed.into());
        }
        let Item { path, entry, .. } = from.item().ok_or(RelocateError::NotFound)?;
        if self.update.seq.is_some_and(|supposed| supposed != entry.seq) {
            return Err(RelocateError::Changed.into());
        }
        let (mut premises, mut steps) = (Vec::new(), Vec::new());
        let (mut path, mut updated) = (path, entry.clone());
        let own = entry.parent.ok_or(RelocateError::RootNotAllowed)?;
        let folder = self.update.folder.unwrap_or(own);
        let name = self.update.name.as_ref().unwrap_or(&entry.name);
        if folder != own || *name != entry.name {
            let spot = Spot::In { folder, name: name.clone() };
            let to = find::site(tree, self.scope.root, &spot).await?.ok_or(UpdateError::NoFolder)?;
            let relocation = Relocation::of(&from, &to, &entry, true)?;
            (premises, steps) = (relocation.premises, relocation.steps);
            (path, updated.parent) = (to.parent_path().join(name), Some(folder));
            updated.name = name.clone();
        }
        let moves = steps.len();
        if let Some(step) = self.say(&entry, &mut updated) {
            steps.push(step);
        }
        if steps.is_empty() {
            return Ok(Plan::Already(Item { path, entry, gone: None }));
        }
        if moves == 0 {
            premises.extend(from.premises());
        }
        if self.update.seq.is_some() || steps.len() > moves {
            // All that is said is replaced together, so it must be known what was said.
            premises.push(Premise::Unchanged { entry: entry.id, seq: entry.seq });
        }
        let last = steps.len() - 1;
        let done = move |receipt: &Receipt| {
            let appeared = if moves > 0 { receipt.seq(moves - 1) } else { updated.appeared };
            let entry = Entry { seq: receipt.seq(last), appeared, modified: now, ..updated };
            Item { path, entry, gone: None }
        };
        Ok(Plan::Commit(draft(self.scope, premises, steps, now), Box::new(done)))
    }
}

impl Updating<'_> {
    /// The step that says what is to be said, if that makes a difference.
    fn say(&self, entry: &Entry, updated: &mut Entry) -> Option<Step> {
        if let Some(description) = &self.update.description {
            updated.description = Some(description.clone()).filter(|text| !text.is_empty());
        }
        let mut times = ClientTimes::default();
        if let Node::File(state) = &mut updated.node {
            state.times.created = self.update.times.created.or(state.times.created);
            state.times.modified = self.update.times.modified.or(state.times.modified);
            times = state.times;
        }
        let same = updated.description == entry.description && updated.node == entry.node;
        (!same).then(|| Step::Modify { entry: entry.id, description: updated.description.clone(), times })
    }
}
