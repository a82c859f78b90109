//! Making a folder.

use super::find;
use super::perform::{Plan, Verb};
use super::write::{created, draft};
use super::{Cloud, Item, RelocateError, Scope, Spot};
use crate::model::{EntryRef, NamespaceId, NewNode, Premise, Step, Timestamp};
use crate::store::Snapshot;
use async_trait::async_trait;

impl Cloud {
    /// Makes a folder; at a path, also those around it that are missing. Refused if anything is there.
    pub async fn create_folder(
        &self,
        scope: &Scope,
        at: impl Into<Spot> + Send,
    ) -> Result<Item, RelocateError> {
        let at = at.into();
        self.perform(&NewFolder { scope, at: &at, autorename: false }).await
    }
}

pub(super) struct NewFolder<'a> {
    pub(super) scope: &'a Scope,
    pub(super) at: &'a Spot,
    /// If something is there: whether to make it beside that under another name.
    pub(super) autorename: bool,
}

#[async_trait]
impl Verb for NewFolder<'_> {
    type Done = Item;
    type Refusal = RelocateError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Item>, RelocateError> {
        let site = find::site(tree, self.scope.root, self.at).await?.ok_or(RelocateError::NotFound)?;
        if let Some(obstacle) = site.obstacle(0) {
            return Err(obstacle.into());
        }
        let mut premises = site.premises();
        let mut name = site.name().expect("only the root has no name").clone();
        if let Some(folder) = site.folder() {
            if !self.autorename {
                return Err(RelocateError::Exists(site.path()));
            }
            name = find::free_name(tree, folder, &name, |n| format!(" ({n})")).await?;
            premises.push(Premise::Slot { parent: folder, key: name.key(), holds: None });
        }
        let (parent, mut steps) = site.parent_steps();
        debug_assert!(
            steps.is_empty() || matches!(parent, EntryRef::Created(_)),
            "missing parents are created"
        );
        steps.push(Step::Create { parent, name: name.clone(), node: NewNode::Folder, copied: false });
        let (path, last) = (site.parent_path().join(&name), steps.len() - 1);
        let done = move |receipt: &_| created(receipt, last, parent, path, name, NewNode::Folder, now);
        Ok(Plan::Commit(draft(self.scope, premises, steps, now), Box::new(done)))
    }
}
