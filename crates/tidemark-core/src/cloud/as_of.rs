//! Acting on what a reader knew when it decided to: everything up to a position, and nothing since.

use super::find::Site;
use super::{Cloud, Scope};
use crate::model::{Cursor, Premise, Seq};
use crate::store::Head;

/// What the holder of a cursor knows of its tree: all that happened up to a position; or nothing that could be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf(Option<Seq>);

impl Cloud {
    /// What the holder of a cursor knows of the scope's tree; nothing is answered if it is a cursor into another one.
    ///
    /// Its position alone counts: it is the reader's business what it looked at, and whether it was told all there was.
    /// But inside an expansion it was not even told all up to its position, and a position in another life of the store
    /// says nothing of this one.
    #[must_use]
    pub fn as_of(&self, scope: &Scope, cursor: &Cursor) -> Option<AsOf> {
        if cursor.namespace != scope.namespace {
            return None;
        }
        let is_current = cursor.epoch == self.epoch();
        let position = cursor.position.as_ref().filter(|at| is_current && at.expansion.is_none());
        Some(AsOf(position.map(|at| at.seq)))
    }
}

impl AsOf {
    /// If what is at the site, with all below it, is what it was then: the premises that keep this true until the commit.
    pub(super) fn premises(self, head: Head, site: &Site) -> Option<Vec<Premise>> {
        let known = self.0.filter(|seq| head.serves(*seq))?;
        // Where a folder around has come since, the path led to something else then, however old what is in it may be.
        if site.way().iter().any(|entry| entry.placed() > known) {
            return None;
        }
        let entry = site.target().filter(|entry| entry.seq <= known)?;
        let mut premises = vec![Premise::Unchanged { entry: entry.id, seq: entry.seq }];
        if let Some(folder) = entry.folder() {
            let seq = folder.totals.seq;
            if seq > known {
                return None;
            }
            premises.push(Premise::TreeUnchanged { folder: entry.id, seq });
        }
        Some(premises)
    }
}
