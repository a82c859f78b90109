//! What was on both sides, and is gone from one.

use super::content::{Here, here};
use super::draft::{Draft, Read, Touched, Verdict, WAIT};
use super::place::Follows;
use super::step::Step;
use super::{Direction, Wanted};
use crate::trees::{Item, Kind, LocalNode, NameKey, RemoteId, RemoteNode, SyncedNode, Trees};

/// Children that are looked at in one go. Of a folder that waits for all of its children, more need not be known.
const CHILDREN: usize = 64;

/// What becomes of a folder's content.
enum Within {
    /// All of it is gone on the other side, and as it was on this one.
    Goes,
    /// Something is new, edited, or came from elsewhere.
    Stays,
    /// Something is on its way out.
    Leaves(Item),
}

impl<T: Trees> Draft<'_, T> {
    /// The server does not have it any more (or it is not to be here any more).
    pub(super) fn gone_there(&mut self, local: &LocalNode, synced: &SyncedNode) -> Read<Verdict, T> {
        let up = self.context.direction == Direction::Up;
        let moved = self.is_moved_here(local, synced);
        match (&local.file, &synced.file) {
            (Some(file), Some(before)) => match here(file, before.content) {
                Here::Unknown => self.hash(local),
                // Whoever edited or moved it still wants it.
                Here::Other => self.forget(synced),
                Here::Equal if up => Ok(Verdict::Settled),
                Here::Equal if moved => self.forget(synced),
                Here::Equal => self.trash(local, synced),
            },
            (None, None) => match self.within_here(local)? {
                // Whatever is new in it needs it, whichever side is followed.
                Within::Stays => self.forget(synced),
                Within::Goes | Within::Leaves(_) if up => Ok(Verdict::Settled),
                Within::Goes => self.trash(local, synced),
                Within::Leaves(item) => {
                    self.also(item);
                    Ok(WAIT)
                }
            },
            _ => self.forget(synced),
        }
    }

    /// The disk does not have it any more.
    pub(super) fn gone_here(&mut self, remote: &RemoteNode, synced: &SyncedNode) -> Read<Verdict, T> {
        let down = self.context.direction == Direction::Down;
        let (there, before) = match (&remote.file, &synced.file) {
            (Some(there), Some(before)) => (Some(there), Some(before)),
            (None, None) => (None, None),
            _ => return self.forget(synced),
        };
        let edited = there.map(|file| file.content) != before.map(|file| file.content);
        if edited {
            return self.forget(synced);
        }
        if down {
            // Whatever is new in it needs it, whichever side is followed.
            let stays = there.is_none() && matches!(self.within_there(&remote.id)?, Within::Stays);
            return if stays { self.forget(synced) } else { Ok(Verdict::Settled) };
        }
        if there.is_some() && self.is_moved_there(remote, synced) {
            return self.forget(synced);
        }
        // If its folder is gone, too, that goes as a whole, or is forgotten first.
        let parent = &remote.place.parent;
        if let Some(above) = self.trees.synced(parent)?
            && !self.has_local(above.local)?
        {
            self.also(Item::Remote(parent.clone()));
            return Ok(WAIT);
        }
        if let Some(there) = there {
            for back in self.new_in_place_of(remote)? {
                match back.file.as_ref().map(|file| here(file, there.content)) {
                    // Somebody has put it back.
                    Some(Here::Equal) => return self.link_instead(synced, remote, &back),
                    Some(Here::Unknown) => return self.hash(&back),
                    Some(Here::Other) | None => {}
                }
            }
        }
        if there.is_none() {
            match self.within_there(&remote.id)? {
                Within::Goes => {}
                Within::Stays => return self.forget(synced),
                Within::Leaves(item) => {
                    self.also(item);
                    return Ok(WAIT);
                }
            }
        }
        let touched = Touched {
            remote: Some(remote.id.clone()),
            local: Some(synced.local),
            whole: true,
            ..Touched::default()
        };
        self.step(Step::DeleteRemote { remote: remote.id.clone() }, &touched)
    }

    /// What stands here in its place by now, and is new.
    fn new_in_place_of(&self, remote: &RemoteNode) -> Read<Vec<LocalNode>, T> {
        let Some(parent) = self.local_of(&remote.place.parent)? else { return Ok(Vec::new()) };
        let mut back = Vec::new();
        for local in self.trees.local_at(parent, &NameKey::of(&remote.place.name))? {
            if self.trees.synced_local(local.id)?.is_none() {
                back.push(local);
            }
        }
        Ok(back)
    }

    fn trash(&mut self, local: &LocalNode, synced: &SyncedNode) -> Read<Verdict, T> {
        let touched = Touched {
            remote: Some(synced.remote.clone()),
            local: Some(local.id),
            whole: local.kind() == Kind::Folder,
            ..Touched::default()
        };
        self.step(Step::TrashLocal { local: local.id }, &touched)
    }

    /// What becomes of the content of a folder that the server does not have any more. Each child is decided by itself; here it
    /// is only seen whether one stays.
    fn within_here(&mut self, folder: &LocalNode) -> Read<Within, T> {
        let mut leaving = None;
        for child in self.trees.local_children(folder.id, None, CHILDREN)? {
            let Some(synced) = self.trees.synced_local(child.id)? else { return Ok(Within::Stays) };
            if self.is_touched(Some(&synced.remote), Some(child.id)) {
                // Where it will be is not known before that is done and observed.
                leaving = Some(Item::Local(child.id));
                continue;
            }
            if let Some(remote) = self.trees.remote(&synced.remote)?
                && self.wanted(Some(&remote), Some(&child))? != Wanted::Excluded
                && self.follows(&remote, &child, &synced)? != Follows::Here
            {
                return Ok(Within::Stays);
            }
            self.also(Item::Local(child.id));
            leaving = Some(Item::Local(child.id));
        }
        Ok(leaving.map_or(Within::Goes, Within::Leaves))
    }

    /// What becomes of the content of a folder that the disk does not have any more.
    fn within_there(&mut self, folder: &RemoteId) -> Read<Within, T> {
        let mut folders = vec![folder.clone()];
        let mut leaving = None;
        while let Some(folder) = folders.pop() {
            let mut after: Option<NameKey> = None;
            loop {
                let children = self.trees.remote_children(&folder, after.as_ref(), CHILDREN)?;
                for child in &children {
                    // Whoever does not want it here has not deleted it, even if nobody has forgotten it yet.
                    if self.wanted(Some(child), None)? != Wanted::Yes {
                        return Ok(Within::Stays);
                    }
                    let Some(synced) = self.trees.synced(&child.id)? else { return Ok(Within::Stays) };
                    if self.is_touched(Some(&child.id), Some(synced.local)) {
                        leaving = Some(Item::Remote(child.id.clone()));
                        continue;
                    }
                    let edited = child.file.as_ref().map(|file| file.content)
                        != synced.file.as_ref().map(|file| file.content);
                    let local = self.trees.local(synced.local)?;
                    let here = local.is_some();
                    let stays = match local {
                        Some(local) => match self.follows(child, &local, &synced)? {
                            Follows::There => false,
                            // Where the server counts alone, what somebody took out of it here needs it no more.
                            Follows::Neither => self.context.direction != Direction::Down,
                            Follows::Here => true,
                        },
                        None => self.is_moved_there(child, &synced),
                    };
                    if stays {
                        return Ok(Within::Stays);
                    }
                    match (here, edited) {
                        // It was moved elsewhere here, and is to be moved there before the folder goes.
                        (true, _) => leaving = Some(Item::Remote(child.id.clone())),
                        (false, true) => return Ok(Within::Stays),
                        (false, false) => {}
                    }
                    if child.kind() == Kind::Folder && !here {
                        folders.push(child.id.clone());
                    }
                }
                match children.last() {
                    Some(last) if children.len() == CHILDREN => after = Some(NameKey::of(&last.place.name)),
                    _ => break,
                }
            }
        }
        Ok(leaving.map_or(Within::Goes, Within::Leaves))
    }
}
