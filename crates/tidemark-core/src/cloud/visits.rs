//! How often links are used: counted in memory, written now and then. What was not written when a server dies is lost.

use super::Cloud;
use crate::model::{Link, LinkId, Visits};
use crate::people::OpenLink;
use crate::store::StoreError;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was counted since it was written last. There is one counter for each link that was used since then, so there are
/// at most as many as there are links.
#[derive(Default)]
pub(super) struct Tally {
    /// Not given to the store.
    fresh: Mutex<HashMap<LinkId, Visits>>,
}

/// What somebody had through a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Bytes, from the first on, to be saved.
    Download,
    /// The page of a file.
    Preview,
}

impl Tally {
    /// The link with all that was counted.
    pub(super) fn counted(&self, mut link: Link) -> Link {
        if let Some(fresh) = self.fresh().get(&link.id) {
            link.visits += *fresh;
        }
        link
    }

    fn fresh(&self) -> MutexGuard<'_, HashMap<LinkId, Visits>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cloud {
    /// Counts a visit.
    pub fn visited(&self, open: &OpenLink, visit: Visit) {
        let more = match visit {
            Visit::Download => Visits { downloads: 1, previews: 0 },
            Visit::Preview => Visits { downloads: 0, previews: 1 },
        };
        *self.visits.fresh().entry(open.link().id).or_default() += more;
    }

    /// Writes what was counted; to be called now and then, and before the end.
    pub async fn write_visits(&self) -> Result<(), StoreError> {
        let fresh: Vec<(LinkId, Visits)> = std::mem::take(&mut *self.visits.fresh()).into_iter().collect();
        if fresh.is_empty() {
            return Ok(());
        }
        let written = self.links.add_visits(&fresh).await;
        if written.is_err() {
            let mut again = self.visits.fresh();
            for (link, visits) in fresh {
                *again.entry(link).or_default() += visits;
            }
        }
        written
    }
}
