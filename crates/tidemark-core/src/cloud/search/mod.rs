//! Finding what is below a folder by its name.
//!
//! What came to its place last (created, moved, renamed, restored, deleted) is told first; new bytes move nothing. That is
//! the order in which the journal has names, so a search ends as soon as it has found enough, however much there is.
//!
//! - In a small folder all is looked at ([`walk`]), without an index.
//! - Otherwise the [`NameIndex`](crate::store::NameIndex) tells where to look, newest first. What was committed since the
//!   index last looked is read from the journal; then every placing that was told is held against the snapshot: is it its
//!   entry's last one, does the name match, does the folder lie where is searched? So an index that is behind, or tells
//!   too much, makes a search slower and never wrong.
//!
//! The work is bounded, and what cannot be done within the bounds is refused: no answer is silently incomplete.

mod places;
mod walk;

use super::{Cloud, Item, Scope, find};
use crate::lanes::{Lanes, Room};
use crate::model::{Change, Entry, EntryId, Name, Path, PathKey, Seq, Words};
use crate::store::{NameScan, Named, Names, Snapshot, StoreError};
use places::{Places, Standing};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What a search may cost.
#[derive(Clone, Debug)]
pub struct SearchLimits {
    /// So many changes are read from the journal at most, because the index does not have them yet.
    pub tail_max: u64,
    /// For so long a search waits for an index that is further behind.
    pub patience: Duration,
    /// So many entries are looked up at most, of those that the index told: a second's work.
    pub lookups_max: usize,
    /// For so long the index is gone through at most: what that takes grows with all names there ever were, and finding
    /// out what was last at a path with all that ever was there.
    pub time_max: Duration,
    /// Folders of up to this many entries are walked. (So are larger ones, if they have less than a [`PART`] of all that
    /// ever happened.)
    pub walk_always: u64,
    /// The largest folder that is walked, if the index is of no help.
    pub walk_max: u64,
    /// How many searches run at once, each for another account. Each holds a snapshot, and there are few.
    pub at_once: usize,
    /// How many requests of one account may wait for their turn, or for the index; more are refused.
    pub waiting_per_account: usize,
}

impl Default for SearchLimits {
    fn default() -> SearchLimits {
        SearchLimits {
            tail_max: 2048,
            patience: Duration::from_secs(2),
            lookups_max: 250_000,
            time_max: Duration::from_secs(10),
            walk_always: 500,
            walk_max: 100_000,
            at_once: 4,
            waiting_per_account: 256,
        }
    }
}

/// Looking at an entry takes as long as going through so many changes in an index.
const PART: u64 = 400;

/// What it costs to find out what was last at a path, in lookups.
const GONE_COST: usize = 16;

/// After this many steps, other tasks of the thread get their turn.
const STEPS_BEFORE_YIELD: usize = 256;

/// Why nothing was searched.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// Nothing is at the path.
    #[error("there is nothing at the path")]
    NotFound,
    /// A file is there, and nothing lies below it.
    #[error("there is a file at the path")]
    NotAFolder,
    /// It would take too long to tell what of all that matches lies below the folder.
    #[error("there is too much to look at")]
    TooBroad,
    /// The index of names is being made, or cannot follow at present.
    #[error("the index of names is behind")]
    Behind,
    /// Too many requests of the account wait already.
    #[error("too many searches of the account are under way")]
    Busy,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is looked for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The folder below which is searched, at any depth; it is not found itself.
    pub path: &'a Path,
    /// What names must contain.
    pub words: &'a Words,
    /// How many are told at most.
    pub limit: usize,
    /// Whether what was deleted is told, too, itself or with a folder around it: where it was last, if nothing is there
    /// now and nothing else was there later. What was moved away is found where it is.
    pub deleted: bool,
}

impl Cloud {
    /// What a folder holds, at any depth, whose names contain all the words; what came to its place last is first. Sees
    /// every change that was answered before.
    pub async fn search(&self, scope: &Scope, search: Search<'_>) -> Result<Vec<Item>, SearchError> {
        let Searches { lanes, limits } = &self.searches;
        let _waiting = lanes.wait(scope.account).ok_or(SearchError::Busy)?;
        let mut deadline = None;
        loop {
            let turn = lanes.turn(scope.account).await;
            let attempt = self.attempt_search(scope, search).await?;
            // Others search while this one waits for the index.
            drop(turn);
            match attempt {
                Attempt::Found(items) => return Ok(items),
                Attempt::Behind(seq) => {
                    let deadline = *deadline.get_or_insert_with(|| Instant::now() + limits.patience);
                    let reached = timeout_at(deadline, self.names.reach(scope.namespace, seq)).await;
                    reached.map_err(|_| SearchError::Behind)??;
                    if Instant::now() >= deadline {
                        return Err(SearchError::Behind);
                    }
                }
            }
        }
    }

    async fn attempt_search(&self, scope: &Scope, search: Search<'_>) -> Result<Attempt, SearchError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let tree = &mut *tree;
        let site = find::site_at(tree, scope.root, search.path).await?;
        let base = site.and_then(|site| site.item()).ok_or(SearchError::NotFound)?;
        let entries = base.entry.folder().ok_or(SearchError::NotAFolder)?.totals.entries;
        let head = tree.head().seq;
        let limits = &self.searches.limits;
        // A walk meets nothing that was deleted.
        let may_walk = |entries_max| !search.deleted && entries <= entries_max;
        if may_walk(limits.walk_always.max((head.0 / PART).min(limits.walk_max))) {
            return Ok(Attempt::Found(walk::walk(tree, &base, search).await?));
        }
        let scan = self.names.names(scope.namespace, search.words, head).await?;
        let is_behind = head.0.saturating_sub(scan.seq().0) > limits.tail_max;
        if !is_behind {
            let mut finder = Finder::new(scope, &base, search, limits);
            match finder.run(tree, scan, head).await? {
                Ended::Done => return Ok(Attempt::Found(finder.found)),
                Ended::Lost => {}
                Ended::Exhausted if may_walk(limits.walk_max) => {}
                Ended::Exhausted => return Err(SearchError::TooBroad),
            }
        }
        if may_walk(limits.walk_max) {
            return Ok(Attempt::Found(walk::walk(tree, &base, search).await?));
        }
        Ok(Attempt::Behind(head))
    }
}

enum Attempt {
    Found(Vec<Item>),
    /// The index should come so far first.
    Behind(Seq),
}

enum Ended {
    /// All is found, or as much as was asked for.
    Done,
    /// The index has lost what it knew.
    Lost,
    /// More would have to be looked up than may be.
    Exhausted,
}

/// One search in one snapshot.
struct Finder<'a> {
    scope: &'a Scope,
    search: Search<'a>,
    places: Places,
    found: Vec<Item>,
    /// Which entry was last at a path where something deleted was found.
    last: HashMap<PathKey, Option<EntryId>>,
    /// How many are left.
    lookups: usize,
    deadline: Instant,
}

impl<'a> Finder<'a> {
    fn new(scope: &'a Scope, base: &Item, search: Search<'a>, limits: &SearchLimits) -> Finder<'a> {
        let places = Places::new(base.entry.id, base.path.clone());
        let (lookups, deadline) = (limits.lookups_max, Instant::now() + limits.time_max);
        Finder { scope, search, places, found: Vec::new(), last: HashMap::new(), lookups, deadline }
    }

    async fn run(
        &mut self,
        tree: &mut dyn Snapshot,
        mut scan: Box<dyn NameScan>,
        head: Seq,
    ) -> Result<Ended, StoreError> {
        let tail = tail(tree, scan.seq(), head).await?;
        let moved: HashSet<EntryId> = tail.iter().map(|(named, _)| named.entry).collect();
        for (named, name) in tail.into_iter().rev() {
            if self.search.words.match_name(&name) && !self.look(tree, named).await? {
                return Ok(self.ended());
            }
        }
        loop {
            // Others get their turn: a step goes through many names.
            tokio::task::yield_now().await;
            if self.is_late() {
                return Ok(Ended::Exhausted);
            }
            match scan.next().await? {
                Names::End => return Ok(Ended::Done),
                Names::Lost => return Ok(Ended::Lost),
                Names::Some(piece) => {
                    for (step, named) in piece.into_iter().enumerate() {
                        if step % STEPS_BEFORE_YIELD == STEPS_BEFORE_YIELD - 1 {
                            tokio::task::yield_now().await;
                        }
                        if !moved.contains(&named.entry) && !self.look(tree, named).await? {
                            return Ok(self.ended());
                        }
                    }
                }
            }
        }
    }

    fn is_late(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn ended(&self) -> Ended {
        if self.found.len() >= self.search.limit { Ended::Done } else { Ended::Exhausted }
    }

    /// Holds a placing against the snapshot; false if there is no use in going on.
    async fn look(&mut self, tree: &mut dyn Snapshot, named: Named) -> Result<bool, StoreError> {
        if self.lookups == 0 {
            return Ok(false);
        }
        if !named.live && !self.search.deleted {
            return Ok(true);
        }
        let standing = self.places.standing(tree, named.parent, &mut self.lookups).await?;
        let is_there = match standing {
            Standing::Outside => return Ok(true),
            Standing::There => named.live,
            Standing::Gone => false,
        };
        if !is_there && !self.search.deleted {
            return Ok(true);
        }
        self.lookups = self.lookups.saturating_sub(1);
        let Some(entry) = tree.entry(named.entry).await? else {
            return Err(StoreError::Corrupt(format!("change {} is of no entry", named.seq.0)));
        };
        // Earlier placings of an entry are told as well as its last, and so may names be that do not match.
        if entry.placed() != named.seq || !self.search.words.match_name(&entry.name) {
            return Ok(true);
        }
        let path = self.places.path(tree, named.parent).await?.join(&entry.name);
        let item = match is_there {
            true => Some(Item { path, entry, gone: None }),
            false => self.gone(tree, &path, &entry).await?,
        };
        self.found.extend(item);
        Ok(self.found.len() < self.search.limit)
    }

    /// What was deleted, as its path tells it; nothing if the path has something else to tell.
    async fn gone(
        &mut self,
        tree: &mut dyn Snapshot,
        path: &Path,
        entry: &Entry,
    ) -> Result<Option<Item>, StoreError> {
        if let Some(last) = self.last.get(&path.key())
            && *last != Some(entry.id)
        {
            return Ok(None);
        }
        self.lookups = if self.is_late() { 0 } else { self.lookups.saturating_sub(GONE_COST) };
        let site = find::site_at(tree, self.scope.root, path).await?;
        let last = match site.is_some_and(|site| site.target().is_some()) {
            true => None,
            false => find::gone(tree, self.scope.root, path).await?.filter(|item| item.gone.is_some()),
        };
        self.last.insert(path.key(), last.as_ref().map(|item| item.entry.id));
        Ok(last.filter(|item| item.entry.id == entry.id))
    }
}

/// The placings after a position, in order, with the names that they gave or took.
async fn tail(tree: &mut dyn Snapshot, after: Seq, head: Seq) -> Result<Vec<(Named, Name)>, StoreError> {
    let (mut tail, mut seq) = (Vec::new(), after);
    while seq < head {
        let changes = tree.changes(seq, STEPS_BEFORE_YIELD).await?;
        let Some(last) = changes.last() else {
            return Err(StoreError::Corrupt(format!("the journal ends at {} before its head", seq.0)));
        };
        seq = last.seq;
        let named = |change: &Change| Some((Named::of(change)?, change.place()?.name.clone()));
        tail.extend(changes.iter().filter_map(named));
        tokio::task::yield_now().await;
    }
    Ok(tail)
}

/// Who may search when: one search of an account at a time, and few in all.
pub(super) struct Searches {
    lanes: Lanes,
    limits: SearchLimits,
}

impl Searches {
    pub(super) fn new(limits: SearchLimits) -> Searches {
        let (at_once, waiting_per_account) = (limits.at_once, limits.waiting_per_account);
        let lanes = Lanes::new(Room { at_once, at_once_per_account: 1, waiting_per_account });
        Searches { lanes, limits }
    }
}
