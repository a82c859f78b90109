//! Planted mistakes: what an engine would do that left out one of its precautions. Each is made outside of the engine, by
//! standing between it and its disk, its network or its clock, so that the engine itself has no switch for it. A checker
//! that never finds any of them is of no use.

mod disk;
mod transport;

use std::sync::Arc;

use tidemark_client::Transport;
use tidemark_sync::ports::Disk;

/// A planted mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Nothing is made durable: neither files nor names.
    ForgetsToSync,
    /// An edit is sent without saying what it replaces.
    DropsParentRev,
    /// A new file is sent whatever is there.
    OverwritesNew,
    /// A new file is sent under any name that is free.
    RenamesNew,
    /// A deletion or a move is sent without saying what was known.
    DropsAsOf,
    /// That too much happened to tell it all is not heard.
    IgnoresOverflow,
    /// That nothing will be told any more is not heard.
    IgnoresEndOfWatch,
    /// What was seen seconds ago is believed.
    BelievesOldLooks,
    /// What is in the way is replaced.
    ReplacesOnRename,
    /// What came out of an exchange is not looked at.
    BlindExchange,
    /// A file that was read is not looked at again.
    BlindReading,
    /// That everything must be forgotten is not heard.
    IgnoresReset,
    /// What the server tells may be older than what was just sent.
    NoEcho,
    /// The folder's marker is not asked for.
    IgnoresMarker,
    /// Nobody knows that a disk does not tell names apart by case.
    BlindToCase,
}

/// Each with within how many seeds it must be found.
pub const MUTATIONS: [(Mutation, &str, u64); 13] = [
    (Mutation::ForgetsToSync, "forgets-to-sync", 1000),
    (Mutation::DropsParentRev, "drops-parent-rev", 1000),
    (Mutation::OverwritesNew, "overwrites-new", 1000),
    (Mutation::RenamesNew, "renames-new", 1000),
    (Mutation::DropsAsOf, "drops-as-of", 1000),
    (Mutation::IgnoresOverflow, "ignores-overflow", 3000),
    (Mutation::IgnoresEndOfWatch, "ignores-end-of-watch", 1000),
    (Mutation::BelievesOldLooks, "believes-old-looks", 1000),
    (Mutation::ReplacesOnRename, "replaces-on-rename", 1000),
    (Mutation::BlindExchange, "blind-exchange", 4000),
    (Mutation::IgnoresReset, "ignores-reset", 1000),
    (Mutation::NoEcho, "no-echo", 1000),
    (Mutation::IgnoresMarker, "ignores-marker", 1000),
];

/// Those that some thousands of seeds do not find: nothing here speaks for the rules that they break.
const ELUSIVE: [(Mutation, &str); 2] =
    [(Mutation::BlindReading, "blind-reading"), (Mutation::BlindToCase, "blind-to-case")];

impl Mutation {
    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Mutation> {
        let mut all = MUTATIONS.iter().map(|(mutation, known, _)| (*mutation, *known)).chain(ELUSIVE);
        all.find(|(_, known)| *known == name).map(|(mutation, _)| mutation)
    }

    /// The disk as an engine with this mistake sees it.
    pub(crate) fn of_disk(self, disk: Arc<dyn Disk>) -> Arc<dyn Disk> {
        Arc::new(disk::Mutated::new(disk, self))
    }

    /// The network, likewise.
    pub(crate) fn of_transport(self, transport: Arc<dyn Transport>) -> Arc<dyn Transport> {
        Arc::new(transport::Mutated::new(transport, self))
    }
}
