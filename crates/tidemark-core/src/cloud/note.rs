//! Noting in a journal what happened to what is kept elsewhere.

use super::perform::{Plan, Verb};
use super::write::draft;
use super::{Cloud, RelocateError, Scope, Spot, find};
use crate::model::{AccountId, EntryId, NamespaceId, Note, Step, Timestamp};
use crate::store::{Snapshot, StoreError};
use async_trait::async_trait;

impl Cloud {
    /// Notes that something happened to an entry. If that is not there any more, there is nobody to be told.
    pub(super) async fn note(
        &self,
        namespace: NamespaceId,
        author: AccountId,
        entry: EntryId,
        note: Note,
    ) -> Result<(), StoreError> {
        let scope = Scope { account: author, quota: None, namespace, root: EntryId::ROOT, app: None };
        match self.perform(&Noting { scope, entry, note }).await {
            Ok(()) | Err(RelocateError::NotFound) => Ok(()),
            Err(RelocateError::Store(error)) => Err(error),
            Err(refusal) => {
                Err(StoreError::Corrupt(format!("a note, which changes nothing, was refused: {refusal}")))
            }
        }
    }
}

struct Noting {
    scope: Scope,
    entry: EntryId,
    note: Note,
}

#[async_trait]
impl Verb for Noting {
    type Done = ();
    type Refusal = RelocateError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<()>, RelocateError> {
        let site = find::site(tree, self.scope.root, &Spot::Entry(self.entry)).await?;
        let site = site.ok_or(RelocateError::NotFound)?;
        let step = Step::Note { entry: self.entry, note: self.note };
        Ok(Plan::Commit(draft(&self.scope, site.premises(), vec![step], now), Box::new(|_| ())))
    }
}
