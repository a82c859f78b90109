//! Names, looked for in the journal itself.

use super::MemoryStore;
use crate::model::{Change, NamespaceId, Seq, Words};
use crate::store::{JournalStore as _, NameIndex, NameScan, Named, Names, StoreError};
use async_trait::async_trait;

/// How an index that tests hold back behaves when somebody waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It stays where it is, and whoever waits for it waits for ever.
    ForEver,
    /// It goes on as soon as it is waited for.
    UntilAsked,
    /// It loses what it knew whenever it is asked, and goes on as soon as it is waited for.
    Lost,
}

/// Where an index was told to stop.
#[derive(Clone, Copy)]
pub(super) struct Held {
    seq: Seq,
    hold: Hold,
}

impl MemoryStore {
    /// Lets the index of names come to this position and no further, as one that is behind would.
    pub fn hold_names(&self, namespace: NamespaceId, seq: Seq, hold: Hold) {
        self.state().held.insert(namespace, Held { seq, hold });
    }
}

#[async_trait]
impl NameIndex for MemoryStore {
    async fn names(
        &self,
        namespace: NamespaceId,
        words: &Words,
        upto: Seq,
    ) -> Result<Box<dyn NameScan>, StoreError> {
        let head = self.head(namespace).await?.seq;
        let held = self.state().held.get(&namespace).copied();
        let seq = held.map_or(head, |held| held.seq.min(head));
        let mut tree = self.read(namespace).await?;
        let limit = usize::try_from(seq.min(upto).0).unwrap_or(usize::MAX);
        let changes = tree.changes(Seq::ZERO, limit).await?;
        let matches = |change: &&Change| change.place().is_some_and(|place| words.match_name(&place.name));
        let left = changes.iter().filter(matches).filter_map(Named::of).collect();
        Ok(Box::new(MemoryScan { seq, left, lost: held.is_some_and(|held| held.hold == Hold::Lost) }))
    }

    async fn reach(&self, namespace: NamespaceId, _: Seq) -> Result<(), StoreError> {
        let held = self.state().held.get(&namespace).copied();
        if held.is_some_and(|held| held.hold == Hold::ForEver) {
            std::future::pending::<()>().await;
        }
        self.state().held.remove(&namespace);
        Ok(())
    }
}

struct MemoryScan {
    seq: Seq,
    /// Oldest first.
    left: Vec<Named>,
    lost: bool,
}

#[async_trait]
impl NameScan for MemoryScan {
    fn seq(&self) -> Seq {
        self.seq
    }

    async fn next(&mut self) -> Result<Names, StoreError> {
        if self.left.is_empty() {
            return Ok(if self.lost { Names::Lost } else { Names::End });
        }
        // Pieces, so that whoever asks must put them together.
        let piece = self.left.split_off(self.left.len().saturating_sub(3));
        Ok(Names::Some(piece.into_iter().rev().collect()))
    }
}
