//! What a reader who knows identities is told of a journal: every change as it happened, in order, once.

use super::versions::brings_bytes;
use super::{Cloud, Scope, Situated};
use crate::model::{Act, Change, Entry, EntryId, FolderState, Node, Place, Seq, Timestamp};
use crate::store::{Snapshot, StoreError};
use std::collections::HashMap;
use std::sync::Arc;

/// How many changes are read at once; to begin with, no more than are wanted, as far as that is not too few.
const BATCH: usize = 500;
const BATCH_MIN: usize = 16;

/// Looking at more changes than this, most of which may be none of the reader's business, takes a turn.
const TURN_MIN: u64 = 1_000;

/// How many changes are looked at for one answer: a reader of a small part of a large tree goes on with the next one.
const LOOKED_AT_MAX: usize = 10_000;

/// How many former versions of a file are looked at before other tasks get their turn.
const LOOKED_BACK_AT_ONCE: usize = 500;

/// A piece of a journal, as its reader sees it.
#[derive(Clone, Debug)]
pub struct Feed {
    /// In the order of their commits.
    pub told: Vec<Report>,
    /// Everything up to here was told, or is none of the reader's business: where to go on.
    pub until: Seq,
    /// The journal's last change at that instant.
    pub head: Seq,
}

/// One change, as its reader sees it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The change.
    pub change: Change,
    /// The entry as the change left it (after a note: with the bytes that it has now), and the folders around it as they
    /// are now, wherever they are. What a journal does not keep of the entry (its description, what a folder holds, and what
    /// clients said of its times, once it has changed again) is as it is now, or not there: never if it is out of reach now.
    pub item: Situated,
    /// How the change looks from the scope.
    pub sight: Sight,
}

/// How a change looks to somebody who sees a part of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// All of it.
    Whole,
    /// Something came in from elsewhere.
    Came,
    /// Something went elsewhere: to this reader, it is gone. Its entry is told as it stood before.
    Went,
}

impl Cloud {
    /// Up to `limit` changes of what is in reach after a position. Fewer do not mean that there are no more: that is so when
    /// [`Feed::until`] is the head.
    pub async fn feed(&self, scope: &Scope, after: Seq, limit: usize) -> Result<Feed, StoreError> {
        self.tell(scope, after, limit, Sighted::new(scope.root)).await
    }

    /// The same for somebody who does not ask which versions files had: of a [`crate::model::FileState::version`] it is told
    /// no more than that it is none after the change. Nothing is looked for in the files' histories, so that no answer ends
    /// early for their sake.
    pub async fn feed_without_versions(
        &self,
        scope: &Scope,
        after: Seq,
        limit: usize,
    ) -> Result<Feed, StoreError> {
        self.tell(scope, after, limit, Sighted { versions: None, ..Sighted::new(scope.root) }).await
    }

    async fn tell(
        &self,
        scope: &Scope,
        after: Seq,
        limit: usize,
        mut sighted: Sighted,
    ) -> Result<Feed, StoreError> {
        let behind = self.head(scope).await?.0.saturating_sub(after.0);
        // Whoever follows a folder of a busy tree has all of that looked at.
        let _turn = match scope.root != EntryId::ROOT && behind > TURN_MIN {
            true => Some(self.walks.turn(scope.account).await),
            false => None,
        };
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let head = tree.head().seq;
        let (mut told, mut until) = (Vec::new(), after.min(head));
        let mut many = limit.clamp(BATCH_MIN, BATCH);
        let mut looked_at = 0;
        while until < head && told.len() < limit && looked_at + sighted.looked_back < LOOKED_AT_MAX {
            let changes = tree.changes(until, many).await?;
            if changes.is_empty() {
                return Err(StoreError::Corrupt(format!("the journal ends at {} before its head", until.0)));
            }
            for change in changes {
                until = change.seq;
                told.extend(report(&mut *tree, &mut sighted, change).await?);
                looked_at += 1;
                if told.len() == limit || looked_at + sighted.looked_back >= LOOKED_AT_MAX {
                    break;
                }
            }
            many = BATCH;
            // A long journal may be all of somebody else's: other tasks of the thread get their turn.
            tokio::task::yield_now().await;
        }
        Ok(Feed { told, until, head })
    }

    /// Whether there is anything in reach after a position (notes count if they are minded), and up to where there is not.
    /// If nothing was committed after it, this costs a look at the head and no more.
    pub(super) async fn has_feed(
        &self,
        scope: &Scope,
        mut after: Seq,
        notes: bool,
    ) -> Result<(bool, Seq), StoreError> {
        let head = self.head(scope).await?;
        if after > head {
            // Of a store that was put back: its reader is sent to look.
            return Ok((true, after));
        }
        while after < head {
            let feed = self.feed_without_versions(scope, after, 1).await?;
            if feed.told.iter().any(|report| notes || !report.change.act.is_note()) {
                return Ok((true, after));
            }
            after = feed.until;
        }
        Ok((false, after))
    }

    /// The last change of a scope's journal.
    pub async fn head(&self, scope: &Scope) -> Result<Seq, StoreError> {
        Ok(self.journal.store().head(scope.namespace).await?.seq)
    }

    /// The last change that was planned before this time; 0 if none was.
    pub async fn last_before(&self, scope: &Scope, time: Timestamp) -> Result<Seq, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        last_before(&mut *tree, time).await
    }
}

/// Times rise along a journal, as far as the clock is right: the last change before one, by halves.
pub(super) async fn last_before(tree: &mut dyn Snapshot, time: Timestamp) -> Result<Seq, StoreError> {
    let head = tree.head();
    let (mut before, mut after) = (head.horizon.0, head.seq.0 + 1);
    while after - before > 1 {
        let middle = Seq(before + (after - before) / 2);
        let Some(change) = tree.change(middle).await? else {
            return Err(StoreError::Corrupt(format!("change {} is not there", middle.0)));
        };
        if change.time < time { before = middle.0 } else { after = middle.0 }
    }
    Ok(Seq(before))
}

/// What a reader sees from a folder down, found once for each snapshot.
struct Sighted {
    root: EntryId,
    folders: HashMap<EntryId, Option<Arc<Folder>>>,
    /// The versions of files, from the present one back, as far as they were asked for; nothing if nobody asks.
    versions: Option<HashMap<EntryId, Vec<Seq>>>,
    /// How many former versions were looked at: they are changes, too.
    looked_back: usize,
}

/// A folder in reach, deleted or not, with those around it up to the root.
struct Folder {
    entry: Entry,
    around: Option<Arc<Folder>>,
}

impl Folder {
    /// From the root down to this one.
    fn chain(&self) -> Vec<Entry> {
        let mut chain: Vec<Entry> = std::iter::successors(Some(self), |folder| folder.around.as_deref())
            .map(|folder| folder.entry.clone())
            .collect();
        chain.reverse();
        chain
    }
}

impl Sighted {
    fn new(root: EntryId) -> Sighted {
        Sighted { root, folders: HashMap::new(), versions: Some(HashMap::new()), looked_back: 0 }
    }

    /// A folder that something stands in; nothing if it lies elsewhere.
    async fn folder(
        &mut self,
        tree: &mut dyn Snapshot,
        folder: Option<EntryId>,
    ) -> Result<Option<Arc<Folder>>, StoreError> {
        let (mut passed, mut next) = (Vec::new(), folder);
        let mut found = loop {
            let Some(id) = next else { break None };
            if let Some(known) = self.folders.get(&id) {
                break known.clone();
            }
            let Some(entry) = tree.entry(id).await? else {
                return Err(StoreError::Corrupt(format!("entry {} is a parent and not there", id.0)));
            };
            next = entry.parent;
            if id == self.root {
                let root = Some(Arc::new(Folder { entry, around: None }));
                self.folders.insert(id, root.clone());
                break root;
            }
            passed.push(entry);
        };
        for entry in passed.into_iter().rev() {
            let id = entry.id;
            found = found.map(|around| Arc::new(Folder { entry, around: Some(around) }));
            self.folders.insert(id, found.clone());
        }
        Ok(found)
    }

    /// The version that a file had after a change that brought it none.
    async fn version(
        &mut self,
        tree: &mut dyn Snapshot,
        file: EntryId,
        present: Seq,
        after: Seq,
    ) -> Result<Seq, StoreError> {
        let Some(versions) = &mut self.versions else { return Ok(after) };
        let known = versions.entry(file).or_insert_with(|| vec![present]);
        while let Some(last) = known.last().copied().filter(|last| *last > after) {
            let Some(before) = tree.change(last).await?.and_then(|change| change.replaced) else { break };
            known.push(before);
            self.looked_back += 1;
            // There is no end to how often a file was written.
            if self.looked_back.is_multiple_of(LOOKED_BACK_AT_ONCE) {
                tokio::task::yield_now().await;
            }
        }
        // From the last one back.
        Ok(known.iter().copied().find(|version| *version <= after).unwrap_or(after))
    }
}

async fn report(
    tree: &mut dyn Snapshot,
    sighted: &mut Sighted,
    change: Change,
) -> Result<Option<Report>, StoreError> {
    if matches!(change.act, Act::Purge | Act::Withdraw | Act::Reinstate) {
        // It was told as gone when it was deleted; and what is told of no more is not spoken of.
        return Ok(None);
    }
    let parent = |place: &Option<Place>| place.as_ref().map(|place| place.parent);
    let at = sighted.folder(tree, parent(&change.at)).await?;
    let left = sighted.folder(tree, parent(&change.left)).await?;
    let (folder, sight, place) = match (at, left, &change.at, &change.left) {
        (Some(at), Some(_), Some(place), _) => (at, Sight::Whole, place.clone()),
        (Some(at), None, Some(place), Some(_)) => (at, Sight::Came, place.clone()),
        (Some(at), None, Some(place), None) => (at, Sight::Whole, place.clone()),
        (None, Some(left), Some(_), Some(place)) => (left, Sight::Went, place.clone()),
        (None, Some(left), None, Some(place)) => (left, Sight::Whole, place.clone()),
        _ => return Ok(None),
    };
    let Some(mut now) = tree.entry(change.entry).await? else {
        return Err(StoreError::Corrupt(format!("change {} is of no entry", change.seq.0)));
    };
    if sighted.folder(tree, now.parent).await?.is_none() {
        if change.act.is_note() {
            // All that it would tell of the entry is how that is today.
            return Ok(None);
        }
        without_today(&mut now);
    }
    if let Node::File(state) = &mut now.node
        && state.version > change.seq
        && !change.act.is_note()
    {
        state.version = match brings_bytes(&change) {
            true => change.seq,
            false => sighted.version(tree, change.entry, state.version, change.seq).await?,
        };
    }
    let entry = as_of(now, &change, place, sight);
    Ok(Some(Report { change, item: Situated { entry, around: folder.chain() }, sight }))
}

/// Takes away what a reader is told of an entry as it is today: where that is now, nothing is its business any more.
fn without_today(entry: &mut Entry) {
    entry.description = None;
    if let Node::Folder(state) = &mut entry.node {
        *state = FolderState::default();
    }
}

/// An entry as a change left it.
fn as_of(now: Entry, change: &Change, place: Place, sight: Sight) -> Entry {
    let mut entry = Entry { parent: Some(place.parent), name: place.name, ..now };
    if change.act.is_note() {
        // What changed after it is told after it; nobody should take it for known by then.
        (entry.live, entry.purged) = (true, false);
        (entry.seq, entry.modified) = (entry.seq.min(change.seq), entry.modified.min(change.time));
        return entry;
    }
    let is_latest = entry.seq == change.seq;
    if let (Node::File(state), Some(content)) = (&mut entry.node, change.content) {
        if !is_latest {
            state.times = Default::default();
        }
        state.content = content;
    }
    entry.live = change.act != Act::Delete && sight != Sight::Went;
    entry.purged = false;
    (entry.seq, entry.modified) = (change.seq, change.time);
    entry
}
