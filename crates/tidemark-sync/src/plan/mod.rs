//! The decision: from three trees to the steps that are safe now.
//!
//! A plan is a pure function of what was observed. It never counts on a step of its own: what depends on one waits until
//! that is done and observed, and is decided then.
//!
//! An item is one of: new on one side or on both (`new.rs`), gone from one side (`gone.rs`), or on both, where its bytes
//! (`content.rs`) and its place (`place.rs`) are decided each by itself. Whatever fits no rule is *forgotten*: both sides
//! then have something new, which may double a file and never loses one.

mod content;
mod context;
mod draft;
mod gone;
mod names;
mod new;
mod place;
mod rows;
mod step;

pub use context::{Busy, Context, Direction, Everything, Selection, Wanted};
pub use names::is_on_its_way;
pub(crate) use names::returned;
pub use step::{Plan, Record, Step, Waiting, Why};

use crate::trees::{Item, LocalFile, LocalNode, RemoteNode, SyncedNode, Trees};
use draft::{Draft, Read, Verdict, WAIT};

/// Decides what is to be done about these items, and about those that they wait for.
///
/// # Errors
/// If a tree cannot be read.
pub fn plan<T: Trees>(trees: &T, items: &[Item], context: &Context<'_>) -> Result<Plan, T::Error> {
    let mut draft = Draft::new(trees, items, context);
    while draft.plan.steps.len() < context.steps_max
        && let Some(item) = draft.next()
    {
        match draft.decide(&item)? {
            Verdict::Settled => draft.plan.settled.push(item),
            Verdict::Decided => {}
            Verdict::Wait(why) => draft.plan.waiting.push(Waiting { item, why }),
        }
    }
    Ok(draft.plan)
}

/// What is known of one item.
struct Known {
    remote: Option<RemoteNode>,
    local: Option<LocalNode>,
    synced: Option<SyncedNode>,
}

impl<T: Trees> Draft<'_, T> {
    fn know(&self, item: &Item) -> Read<Known, T> {
        match item {
            Item::Remote(id) => {
                let synced = self.trees.synced(id)?;
                let local =
                    synced.as_ref().map(|synced| self.trees.local(synced.local)).transpose()?.flatten();
                Ok(Known { remote: self.trees.remote(id)?, local, synced })
            }
            Item::Local(id) => {
                let synced = self.trees.synced_local(*id)?;
                let remote =
                    synced.as_ref().map(|synced| self.trees.remote(&synced.remote)).transpose()?.flatten();
                Ok(Known { remote, local: self.trees.local(*id)?, synced })
            }
        }
    }

    fn decide(&mut self, item: &Item) -> Read<Verdict, T> {
        let is_root = match item {
            Item::Remote(id) => id.is_root(),
            Item::Local(id) => id.is_root(),
        };
        if is_root {
            return Ok(Verdict::Settled);
        }
        let Known { remote, local, synced } = self.know(item)?;
        let remote_id = remote.as_ref().map(|node| &node.id).or(synced.as_ref().map(|synced| &synced.remote));
        let local_id = local.as_ref().map(|node| node.id).or(synced.as_ref().map(|synced| synced.local));
        if self.is_touched(remote_id, local_id) {
            return Ok(WAIT);
        }
        match (self.wanted(remote.as_ref(), local.as_ref())?, synced) {
            (Wanted::Ignored, Some(synced)) => self.forget(&synced),
            (Wanted::Ignored | Wanted::Excluded, None) => Ok(Verdict::Settled),
            // What is not to be here is gone, for us; and nothing of it is deleted there.
            (Wanted::Excluded, Some(synced)) => match local {
                Some(local) if self.context.direction != Direction::Up => self.gone_there(&local, &synced),
                _ => self.forget(&synced),
            },
            (Wanted::Yes, None) => match (remote, local) {
                (Some(remote), _) => self.new_there(&remote),
                (None, Some(local)) => self.new_here(&local),
                (None, None) => Ok(Verdict::Settled),
            },
            (Wanted::Yes, Some(synced)) => match (remote, local) {
                (Some(remote), Some(local)) => self.on_both(&remote, &local, &synced),
                (Some(remote), None) => self.gone_here(&remote, &synced),
                (None, Some(local)) => self.gone_there(&local, &synced),
                (None, None) => self.forget(&synced),
            },
        }
    }

    fn on_both(&mut self, remote: &RemoteNode, local: &LocalNode, synced: &SyncedNode) -> Read<Verdict, T> {
        if remote.kind() != local.kind() {
            return self.forget(synced);
        }
        let place = self.place(remote, local, synced)?;
        if place == Verdict::Decided {
            return Ok(place);
        }
        let content = self.content(remote, local, synced)?;
        match (place, content) {
            (_, Verdict::Decided) => Ok(Verdict::Decided),
            (Verdict::Settled, Verdict::Settled) => self.agree(remote, local, synced),
            (Verdict::Settled, waiting) => Ok(waiting),
            (waiting, _) => Ok(waiting),
        }
    }

    /// Nothing is to be done about either: both are alike, or are left alone.
    fn agree(&mut self, remote: &RemoteNode, local: &LocalNode, synced: &SyncedNode) -> Read<Verdict, T> {
        let alike = self.same_place(remote, local)?
            && remote.file.as_ref().map(|file| file.content)
                == local.file.as_ref().and_then(LocalFile::content);
        let known = synced.place == remote.place
            && synced.local_parent == local.place.parent
            && synced.file == remote.file;
        if alike && !known {
            return self.record(Record::Rebase { remote: remote.id.clone() }, &remote.id, local.id);
        }
        Ok(Verdict::Settled)
    }
}
