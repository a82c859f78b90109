//! The seams to the world: what a deployment must provide. Each trait's documentation is its contract, and each
//! promise in it has a test in `conformance`, run against the memory store and every real one.
//!
//! A store decides nothing: it keeps, finds, and checks what it is told to check. Absence is an answer (`Option`), a
//! failed precondition is an outcome ([`Appended::Stale`]); a [`StoreError`] means that the store *could not*.

mod accounts;
mod blocks;
mod bus;
mod egress;
mod families;
mod fetches;
mod imaging;
mod journal;
mod links;
pub mod memory;
mod renditions;
mod seams;
mod search;
mod sessions;
mod uploads;
mod webhooks;

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;

pub use accounts::{
    AccountChange, AccountStore, AddAccount, AppChange, ChangeEmail, GrantStore, NONCES_MAX, NewAccount,
    NewGrant,
};
pub use blocks::BlockStore;
pub use bus::{Announcement, Bus, Loopback};
pub use egress::{Egress, EgressError, Incoming, IncomingBody, OutMethod, Outgoing, Whereto};
pub use families::{FamilyStore, NewFamily, NewPair};
pub use fetches::FetchStore;
pub use imaging::{Imaging, ImagingError, Source};
pub use journal::{Appended, Head, JournalStore, Snapshot};
pub use links::{AddLink, LinkStore, NewLink, SetRules};
pub use renditions::{Kept, RenditionStore};
pub use seams::{Clock, Entropy};
pub use search::{NameIndex, NameScan, Named, Names};
pub use sessions::{LastUses, NewSession, SessionStore, UseStore};
pub use uploads::{Advanced, OpenUploads, PartAdded, UploadStore};
pub use webhooks::{ATTEMPTS_KEPT, AddWebhook, Watched, WebhookChange, WebhookStore};

use std::error::Error;

/// The store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot serve now (a connection is gone, a lock timed out); trying again later may help.
    #[error("the store is unavailable: {what}")]
    Unavailable {
        /// What was attempted.
        what: &'static str,
        /// What the driver said.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// There is no room left on the device.
    #[error("the store is full")]
    Full,
    /// A write failed in a way after which the store no longer trusts the disk: it can be read, but not written, until
    /// it is opened again.
    #[error("the store is read-only after a failed write")]
    ReadOnly,
    /// What is stored contradicts itself.
    #[error("the store is corrupt: {0}")]
    Corrupt(String),
}
