//! Entries by numbers: one protocol names them so, and another tells its programs which number that is.

use tidemark_core::model::EntryId;

/// The folder that a caller's reach begins at, whichever it is.
pub(crate) const ROOT: u64 = 0;
/// The trash, which is no folder of ours.
pub(crate) const TRASH: u64 = 1;

/// An entry's number, for whoever's reach begins at `root`. The first entry of a namespace comes behind the trash.
pub(crate) fn number(entry: EntryId, root: EntryId) -> u64 {
    if entry == root { ROOT } else { entry.0 + TRASH }
}
