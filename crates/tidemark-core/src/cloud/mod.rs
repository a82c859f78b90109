//! The verbs: what people and programs can do with a tree, whichever protocol they speak.
//!
//! Every verb that changes something is a [`perform::Verb`]: it reads a snapshot, decides, and states its decision as a
//! draft with the premises it relied on. `perform` commits it, and asks it again if a premise no longer held.

mod as_of;
mod browse;
mod content;
mod copy;
mod delta;
mod feed;
mod find;
mod folder;
mod history;
mod item;
mod longpoll;
mod news;
mod note;
mod parts;
mod perform;
mod read;
mod refer;
mod relocate;
mod scope;
mod search;
mod sha1;
mod share;
mod spot;
mod trash;
mod update;
mod upload;
mod versions;
mod visits;
mod write;

pub use as_of::AsOf;
pub use browse::{By, Order, Situated, Stretch, Walk, Walked, Whereabouts, Window};
pub use content::{Intake, IntakeError, Outflow};
pub use delta::{DeltaError, Page, Told};
pub use feed::{Feed, Report, Sight};
pub use history::RestoreError;
pub use item::{Gone, Item};
pub use longpoll::{LongPoll, Waiting};
pub use news::News;
pub use parts::{
    BeginPartsError, CommitPartsError, PART_SESSION_LIFE, PartError, PartIntake, PartSessionError,
};
pub use read::{Fingerprint, ListError, Listing};
pub use relocate::{COPY_ENTRIES_MAX, DeleteError, Proviso, RelocateError};
pub use scope::{Reach, Scope};
pub use search::{Search, SearchError, SearchLimits};
pub use share::{LINKS_MAX, LinkRulesError, Neighbours, OwnLink, ShareError, Shared};
pub use spot::Spot;
pub use trash::{Refuge, TrashError, TrashPosition, Trashed};
pub use update::{Update, UpdateError};
pub use upload::{ChunkIntake, CommitUploadError, UPLOAD_LIFE, UploadError};
pub use versions::{RevertError, Version, WithdrawError};
pub use visits::Visit;
pub use write::{Condition, Put, PutError};

use crate::hub::Hub;
use crate::journal::Journal;
use crate::lanes::Lanes;
use crate::model::{Epoch, Timestamp};
use crate::store::{
    AccountStore, BlockStore, Clock, Entropy, GrantStore, LinkStore, NameIndex, StoreError, UploadStore,
};
use std::sync::Arc;

/// A file cloud over some stores.
pub struct Cloud {
    journal: Journal,
    blocks: Arc<dyn BlockStore>,
    uploads: Arc<dyn UploadStore>,
    accounts: Arc<dyn AccountStore>,
    grants: Arc<dyn GrantStore>,
    links: Arc<dyn LinkStore>,
    names: Arc<dyn NameIndex>,
    hub: Arc<Hub>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    turns: perform::Turns,
    searches: search::Searches,
    hashing: parts::Hashing,
    visits: visits::Tally,
    /// Readers of large folders.
    walks: Lanes,
}

/// What a cloud is made of.
pub struct Parts {
    /// The gate to the journals.
    pub journal: Journal,
    /// Where bytes are kept.
    pub blocks: Arc<dyn BlockStore>,
    /// Where upload sessions are kept.
    pub uploads: Arc<dyn UploadStore>,
    /// Where it is kept which folder is an app's own, and who is shut out.
    pub accounts: Arc<dyn AccountStore>,
    /// Where it is kept who permits which app.
    pub grants: Arc<dyn GrantStore>,
    /// Where links are kept.
    pub links: Arc<dyn LinkStore>,
    /// Where names are looked for.
    pub names: Arc<dyn NameIndex>,
    /// What looking for names may cost.
    pub search_limits: SearchLimits,
    /// Who waits; the journal's bus must reach it.
    pub hub: Arc<Hub>,
    /// Tells the time of changes.
    pub clock: Arc<dyn Clock>,
    /// Names upload sessions and links.
    pub entropy: Arc<dyn Entropy>,
}

impl Cloud {
    /// A cloud made of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Cloud {
        let Parts {
            journal,
            blocks,
            uploads,
            accounts,
            grants,
            links,
            names,
            search_limits,
            hub,
            clock,
            entropy,
        } = parts;
        let (turns, searches) = (perform::Turns::default(), search::Searches::new(search_limits));
        Cloud {
            journal,
            blocks,
            uploads,
            accounts,
            grants,
            links,
            names,
            hub,
            clock,
            entropy,
            turns,
            searches,
            hashing: parts::Hashing::default(),
            visits: visits::Tally::default(),
            walks: Lanes::new(browse::WALKS),
        }
    }

    /// Which life of the stores this is.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.journal.store().epoch()
    }

    /// The time by which links and uploads end.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The slow look: reads the head of every journal that somebody waits for, so that a wake-up that was lost on its
    /// way costs a waiter at most the time between two of these calls.
    pub async fn look_for_waiters(&self) -> Result<(), StoreError> {
        for namespace in self.hub.topics() {
            let seq = self.journal.store().head(namespace).await?.seq;
            self.hub.hear(crate::store::Announcement { namespace, seq, loud: false });
        }
        Ok(())
    }

    /// Forgets upload sessions that have expired; answers how many.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        self.hashing.sweep(self.clock.now());
        self.uploads.sweep_uploads(self.clock.now()).await
    }
}
