//! Append, announce, answer: in this order, whatever becomes of the client that asked.

use crate::model::{Draft, EntryId, EntryRef, NamespaceId, Seq, Step};
use crate::store::{Announcement, Appended, Bus, JournalStore, StoreError};
use std::sync::Arc;

/// Proof that changes are durable. Only a commit makes one, and only a receipt can be announced: no caller can forget,
/// fake or double a wake-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    namespace: NamespaceId,
    first: Seq,
    steps: u64,
    loud: bool,
}

impl Receipt {
    /// The position that the draft's step with this index got.
    #[must_use]
    pub fn seq(&self, step: usize) -> Seq {
        debug_assert!((step as u64) < self.steps, "a receipt covers the steps of its draft");
        Seq(self.first.0 + step as u64)
    }

    /// Which entry a reference of the draft means.
    #[must_use]
    pub fn entry(&self, reference: EntryRef) -> EntryId {
        match reference {
            EntryRef::Existing(id) => id,
            EntryRef::Created(step) => self.seq(step).into(),
        }
    }

    /// What the bus may say of it.
    #[must_use]
    pub fn announcement(&self) -> Announcement {
        let Receipt { namespace, first, steps, loud } = *self;
        Announcement { namespace, seq: Seq(first.0 + steps - 1), loud }
    }
}

/// What became of a draft, with the proof if it was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Durable and announced.
    Receipt(Receipt),
    /// See [`Appended::Stale`].
    Stale,
    /// See [`Appended::OverQuota`].
    OverQuota,
    /// See [`Appended::UploadClosed`].
    UploadClosed,
}

/// A store's journals, with the bus that tells of their growth.
#[derive(Clone)]
pub struct Journal {
    store: Arc<dyn JournalStore>,
    bus: Arc<dyn Bus>,
}

impl Journal {
    /// The gate to this store.
    pub fn new(store: Arc<dyn JournalStore>, bus: Arc<dyn Bus>) -> Journal {
        Journal { store, bus }
    }

    /// Where the journals can be read.
    #[must_use]
    pub fn store(&self) -> &dyn JournalStore {
        &*self.store
    }

    /// Commits a draft and announces it.
    ///
    /// Runs in a task of its own: a client that hangs up cannot stop it between the append and the announcement.
    pub async fn commit(&self, draft: Draft) -> Result<Committed, StoreError> {
        assert!(!draft.steps.is_empty(), "a draft without steps has nothing to commit");
        let Journal { store, bus } = self.clone();
        let task = tokio::spawn(async move {
            let (namespace, steps) = (draft.namespace, draft.steps.len() as u64);
            let is_quiet =
                |step: &Step| matches!(step, Step::Note { .. } | Step::Purge { .. } | Step::Withdraw { .. });
            let loud = !draft.steps.iter().all(is_quiet);
            Ok(match store.append(draft).await? {
                Appended::Committed { first } => {
                    let receipt = Receipt { namespace, first, steps, loud };
                    bus.announce(&receipt);
                    Committed::Receipt(receipt)
                }
                Appended::Stale => Committed::Stale,
                Appended::OverQuota => Committed::OverQuota,
                Appended::UploadClosed => Committed::UploadClosed,
            })
        });
        task.await
            .map_err(|lost| StoreError::Unavailable { what: "commit a draft", source: Some(lost.into()) })?
    }
}
