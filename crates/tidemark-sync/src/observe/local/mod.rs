//! Looking at the disk, and bringing the local tree to what is seen.
//!
//! A scan looks at the places that it is asked for, and where those lead. What is as it was costs one listing and one
//! query a folder, and no file is read. What changed is sorted out when everything was looked at, so that nothing depends
//! on the order of looking:
//!
//! 1. A node whose file or folder turns up in another place, and is not in its own any more, moved there. (A second name of
//!    the same file is a node of its own.)
//! 2. A node that is nowhere, with something new of its kind in its place, was replaced: it stays, with what is there now. So
//!    do most programs save, and so is it when a file takes the place of another *for good*, leaving its own place empty:
//!    that is an edit of the one, and the other is gone.
//! 3. What is left came or went.
//!
//! What the engine itself is moving is looked for where it goes as well, before it counts as gone: whoever is told only of the
//! place that it leaves would take that for somebody's deletion. A file that it is putting into the trash is not gone before that
//! is done: it may come back, and would be somebody's new one.
//!
//! A folder that cannot be listed is not empty: what is known of it stays. So it is with a folder that is a sync folder of its
//! own: two that keep the same files would feed each other without end.

mod explore;
mod found;
mod left_out;
mod looks;
mod sort_out;

use std::collections::{BTreeMap, BTreeSet};

use self::explore::Ahead;
use self::found::Found;
use self::left_out::Gathered;
use crate::ports::{Disk, DiskError, Identity, LocalPath, Stamp};
use crate::rules::IgnoreRules;
use crate::state::{LocalChange, State, StateError, WhyLeftOut};
use crate::trees::{LocalId, Place};

pub use self::looks::{Depth, Looks};

/// What a scan led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// How many changes were written down.
    pub changes: u64,
    /// How many folders were listed.
    pub folders: u64,
    /// What could not be looked at, and perhaps can be some time later.
    pub failed: Looks,
    /// What changed while it was looked at: to be looked at again before anything is decided.
    pub again: Looks,
}

/// Why a scan broke off. What it wrote down until then is true; whatever it was asked to look at must be looked at again.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The sync folder itself cannot be looked at.
    #[error("could not look through the sync folder")]
    Disk(#[source] DiskError),
    /// The local tree could not be read or written.
    #[error("could not read or write what is known of the sync folder")]
    State(#[from] StateError),
}

/// How many changes are written down at once, as far as their order does not matter.
const BATCH: usize = 1000;

/// What the engine itself is doing on the disk while somebody looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ours {
    /// What it moves, and to where.
    pub moving: Vec<(LocalId, Place<LocalId>)>,
    /// The files that it puts into the trash. Whoever tells of them looks at their places again if one does not get there.
    pub trashing: BTreeSet<LocalId>,
    /// What it puts into the places of files, and where. That goes away again if somebody was faster: it is nobody's until it is told
    /// that it stays. Whoever tells of it looks at the place again if something was seen meanwhile.
    pub placing: Vec<(Place<LocalId>, Identity)>,
}

/// Looks at places, and brings the local tree to what is seen, and with it what is known to be left out. What we are doing
/// there meanwhile is told by the caller.
pub async fn scan(
    disk: &dyn Disk,
    state: &mut State,
    rules: &mut IgnoreRules,
    looks: Looks,
    ours: Ours,
) -> Result<Scanned, ScanError> {
    let left_out = Gathered::new(state.left_out()?, looks == Looks::everywhere());
    let mut scan = Scan {
        disk,
        state,
        rules,
        ahead: Vec::new(),
        verified: BTreeMap::new(),
        rules_seen: BTreeSet::new(),
        entered: BTreeSet::new(),
        pending: Vec::new(),
        pending_in: BTreeSet::new(),
        fresh: Vec::new(),
        found: Found::default(),
        moving: ours.moving,
        trashing: ours.trashing,
        placing: ours.placing,
        names_asked: BTreeSet::new(),
        left_out,
        report: Scanned::default(),
    };
    for (path, depth) in looks.into_places() {
        scan.ask(&path, depth).await?;
    }
    scan.run().await?;
    Ok(scan.report)
}

/// Whether a file that has this stamp now has other bytes than when it was read only if the stamp differs. One that was changed
/// a moment ago may be changed again without showing it: file systems note times in steps.
pub fn is_ripe(stamp: &Stamp, now_ns: i64) -> bool {
    const SECOND: i64 = 1_000_000_000;
    // Where every time is a whole second (or two, on FAT), the steps are as long.
    let step = if stamp.changed_ns % SECOND == 0 { 2 * SECOND } else { SECOND / 50 };
    let age = now_ns.saturating_sub(stamp.changed_ns);
    // Far ahead of our clock is by another clock; to wait for ours would take for ever.
    age >= step || age < -60 * SECOND
}

/// One scan.
struct Scan<'a> {
    disk: &'a dyn Disk,
    state: &'a mut State,
    rules: &'a mut IgnoreRules,
    /// What is still to be looked at; the last first, so that no more waits than lies beside the way down.
    ahead: Vec<Ahead>,
    /// Folders on the way to places that were asked for, which are where they were.
    verified: BTreeMap<LocalPath, LocalId>,
    /// Folders on the way whose rules are followed as they are now.
    rules_seen: BTreeSet<LocalPath>,
    /// Folders on the way that are no sync folders of their own.
    entered: BTreeSet<LocalPath>,
    /// What may be written down at any time.
    pending: Vec<LocalChange>,
    pending_in: BTreeSet<LocalId>,
    /// New folders: which of the pending changes adds each. They are looked into when they have a number.
    fresh: Vec<(usize, LocalPath)>,
    found: Found,
    /// What we are moving, and was not looked for yet where it goes.
    moving: Vec<(LocalId, Place<LocalId>)>,
    /// The files that we are putting into the trash.
    trashing: BTreeSet<LocalId>,
    /// What we are putting into the places of files, and where.
    placing: Vec<(Place<LocalId>, Identity)>,
    /// Of which nodes it was asked what they are because another name of the same file changed.
    names_asked: BTreeSet<LocalId>,
    left_out: Gathered,
    report: Scanned,
}

impl Scan<'_> {
    async fn run(&mut self) -> Result<(), ScanError> {
        loop {
            while let Some(next) = self.ahead.pop() {
                self.look(next).await?;
                if self.pending.len() >= BATCH {
                    self.flush().await?;
                }
            }
            self.flush().await?;
            if self.ahead.is_empty() {
                self.follow_our_moves()?;
            }
            if self.ahead.is_empty() {
                self.claim_files().await?;
            }
            if self.ahead.is_empty() {
                self.decide_replaced()?;
            }
            if self.ahead.is_empty() && self.pending.is_empty() {
                if self.found.blocked.is_empty() {
                    return self.apply(true).await;
                }
                self.apply(false).await?;
                self.unblock()?;
            }
        }
    }

    /// Writes down what may be, and goes on into the folders that are new.
    async fn flush(&mut self) -> Result<(), ScanError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        self.settle_placed(&pending).await?;
        self.pending = pending;
        let ids = self.state.observe(&self.pending)?;
        self.report.changes += self.pending.len() as u64;
        for (index, path) in self.fresh.drain(..) {
            self.ahead.push(Ahead::Folder { id: ids[index], path, depth: Depth::Everything });
        }
        self.pending.clear();
        self.pending_in.clear();
        Ok(())
    }

    /// What we put somewhere and is seen there now is recognized if its name is durable, or else is anybody's.
    async fn settle_placed(&mut self, changes: &[LocalChange]) -> Result<(), ScanError> {
        for folder in self.state.placed_in(changes)? {
            let is_durable = match self.state.local_path(folder)? {
                Some(path) => self.disk.sync_folder(&path).await.is_ok(),
                None => false,
            };
            if !is_durable {
                self.state.forget_placed_in(folder)?;
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, folder: &LocalPath, name: Option<&str>, why: WhyLeftOut) {
        self.left_out.add(folder, name, why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_just_now_may_change_unseen() {
        const MS: i64 = 1_000_000;
        let identity = Identity { device: 0, inode: 1, born_ns: None };
        let is_ripe = |changed_ns: i64, now: i64| {
            is_ripe(&Stamp { identity, size: 0, modified_ns: 0, changed_ns }, now)
        };
        let changed = 1_700_000_000_123 * MS;
        for (after, expected) in
            [(0, false), (19, false), (20, true), (5000, true), (-5, false), (-59_000, false)]
        {
            assert_eq!(is_ripe(changed, changed + after * MS), expected, "{after} ms after");
        }
        assert!(is_ripe(changed, changed - 61_000 * MS), "another clock");
        let coarse = 1_700_000_000_000 * MS;
        assert!(!is_ripe(coarse, coarse + 1999 * MS) && is_ripe(coarse, coarse + 2000 * MS));
        assert!(is_ripe(i64::MIN, 0) && is_ripe(i64::MAX, 0));
    }
}
