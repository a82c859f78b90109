//! Finding names without walking a tree: an index that follows the journal, and may be behind it.

use super::StoreError;
use crate::model::{Act, Change, EntryId, NamespaceId, Seq, Words};
use async_trait::async_trait;

/// Knows which changes gave entries which names. The journal is the truth: an index can be lost and made again, and
/// nothing waits for it but a search that finds it too far behind.
#[async_trait]
pub trait NameIndex: Send + Sync + 'static {
    /// Begins to tell the placings (see [`Named`]) in one namespace whose names contain all the words when folded, out
    /// of the changes up to `upto`.
    async fn names(
        &self,
        namespace: NamespaceId,
        words: &Words,
        upto: Seq,
    ) -> Result<Box<dyn NameScan>, StoreError>;

    /// Completes when the index has come to this position, which the journal has reached; it hurries as long as
    /// somebody waits. May take as long as reading the whole journal.
    async fn reach(&self, namespace: NamespaceId, seq: Seq) -> Result<(), StoreError>;
}

/// A change that brought an entry to a place or deleted it from there ([`crate::model::Change::place`]), as a search
/// needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The change.
    pub seq: Seq,
    /// The entry.
    pub entry: EntryId,
    /// The folder that it came to stand in, or was deleted from.
    pub parent: EntryId,
    /// False if it was deleted.
    pub live: bool,
}

impl Named {
    /// What an index keeps of a change; nothing if that leaves its entry where it was.
    #[must_use]
    pub fn of(change: &Change) -> Option<Named> {
        let Change { seq, entry, act, .. } = *change;
        change.place().map(|place| Named { seq, entry, parent: place.parent, live: act != Act::Delete })
    }
}

/// What an index tells, piece by piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// Some placings, perhaps none, each before the one told last.
    Some(Vec<Named>),
    /// That was all.
    End,
    /// The index has lost what it knew, and makes it again: what it told is no answer.
    Lost,
}

/// A search under way. Each step is short; others get their turn between two.
///
/// - Newest first, each at most once.
/// - Of the changes up to the lesser of [`NameScan::seq`] and `upto`, it tells the last placing of every entry (the
///   last up to there) whose name contains all the words.
/// - It may tell others: earlier placings of an entry, names that do not match, and changes after [`NameScan::seq`].
///   None is after `upto`, and each is as the journal has it.
#[async_trait]
pub trait NameScan: Send {
    /// How far the index had come when this began.
    fn seq(&self) -> Seq;

    /// The next piece.
    async fn next(&mut self) -> Result<Names, StoreError>;
}
