//! Takes steps as a perfect executor does: it looks again at what each is about, and does nothing if that is not as it was
//! observed.

use tidemark_sync::plan::{Direction, Step, is_on_its_way};
use tidemark_sync::trees::{
    Item, LocalFile, LocalId, LocalNode, MemoryTrees, NameKey, Place, RemoteFile, RemoteId, RemoteNode,
    SyncedNode, Trees,
};
use unicode_normalization::UnicodeNormalization;

use super::truth::{Refused, Side, bytes_of};
use super::world::{Checked, World, ensure};

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Done,
    /// Something is not as it was observed.
    Changed,
}

impl World {
    /// Whether this step keeps what it promises, going by what was observed.
    pub(super) fn promises(&self, step: &Step, direction: Direction) -> Checked {
        let allowed = match step {
            Step::Hash { .. } => true,
            Step::Download { .. }
            | Step::MakeLocal { .. }
            | Step::MoveLocal { .. }
            | Step::TrashLocal { .. } => direction != Direction::Up,
            Step::Upload { .. }
            | Step::MakeRemote { .. }
            | Step::MoveRemote { .. }
            | Step::DeleteRemote { .. } => direction != Direction::Down,
        };
        ensure!(allowed, "{step:?} when syncing {direction:?}");
        match step {
            Step::Hash { local } => {
                let Ok(node) = self.trees.local(*local);
                let file = node.and_then(|node| node.file);
                ensure!(
                    file.is_some_and(|file| file.hash.is_none()),
                    "{step:?} of what is known, or no file"
                );
            }
            Step::Download { remote, rev, content, to, replaces } => {
                let Ok(node) = self.trees.remote(remote);
                let Some(node) = node else { return Err(format!("{step:?} of what is gone")) };
                let file = node.file.as_ref();
                ensure!(
                    file.is_some_and(|file| file.rev == *rev && file.content == *content),
                    "{step:?} of something else"
                );
                let Some(local) = replaces else { return self.lands_here(step, &node, to) };
                let Ok(local) = self.trees.local(*local);
                let Ok(synced) = self.trees.synced(remote);
                let (Some(local), Some(synced)) = (local, synced) else {
                    return Err(format!("{step:?} of no pair"));
                };
                ensure!(local.id == synced.local && local.place == *to, "{step:?} over something else");
                let here = local.file.and_then(|file| file.content());
                ensure!(
                    here.is_some() && here == synced.file.map(|file| file.content),
                    "{step:?} over what is not synced"
                );
            }
            Step::MakeLocal { remote, to } => {
                let Ok(node) = self.trees.remote(remote);
                let Some(node) = node.filter(|node| node.file.is_none()) else {
                    return Err(format!("{step:?} of what is no folder"));
                };
                self.lands_here(step, &node, to)?;
            }
            Step::MoveLocal { local, to, conflict } => {
                let Ok(node) = self.trees.local(*local);
                let Some(node) = node else { return Err(format!("{step:?} of what is gone")) };
                ensure!(node.place != *to, "{step:?} to where it is");
                ensure!(!conflict || self.is_contested(&node), "{step:?} without need");
            }
            Step::TrashLocal { local } => {
                let (Ok(node), Ok(synced)) = (self.trees.local(*local), self.trees.synced_local(*local));
                let (Some(node), Some(synced)) = (node, synced) else {
                    return Err(format!("{step:?} of no pair"));
                };
                ensure!(self.trees.remote(&synced.remote) == Ok(None), "{step:?}, which the server has");
                match node.file {
                    Some(file) => {
                        let same = file.content().is_some()
                            && file.content() == synced.file.map(|file| file.content);
                        ensure!(same, "{step:?}, which was edited");
                    }
                    None => ensure!(
                        self.trees.local_children(*local, None, 1) == Ok(vec![]),
                        "{step:?} of a full folder"
                    ),
                }
            }
            Step::Upload { local, to, replaces } => {
                let Ok(node) = self.trees.local(*local);
                let Some(node) = node.filter(|node| node.file.is_some()) else {
                    return Err(format!("{step:?} of what is no file"));
                };
                match replaces {
                    None => self.lands_there(step, &node.place, to)?,
                    Some((remote, rev)) => {
                        let Ok(there) = self.trees.remote(remote);
                        let Some(RemoteNode { place, file: Some(there), .. }) = there else {
                            return Err(format!("{step:?} over what is no file"));
                        };
                        ensure!(there.rev == *rev && place == *to, "{step:?} over something else");
                        if direction == Direction::Both {
                            let Ok(synced) = self.trees.synced_local(*local);
                            let synced = synced
                                .filter(|synced| synced.remote == *remote)
                                .and_then(|synced| synced.file);
                            let before = synced.map(|file| file.content);
                            ensure!(before == Some(there.content), "{step:?} over what is not synced");
                        }
                    }
                }
            }
            Step::MakeRemote { local, to } => {
                let Ok(node) = self.trees.local(*local);
                let Some(node) = node.filter(|node| node.file.is_none()) else {
                    return Err(format!("{step:?} of what is no folder"));
                };
                self.lands_there(step, &node.place, to)?;
            }
            Step::MoveRemote { remote, to } => {
                let Ok(node) = self.trees.remote(remote);
                let Some(node) = node else { return Err(format!("{step:?} of what is gone")) };
                ensure!(node.place != *to, "{step:?} to where it is");
            }
            Step::DeleteRemote { remote } => self.is_gone_here(step, remote)?,
        }
        Ok(())
    }

    /// Whether it comes into the folder that is linked to its own, under its name.
    fn lands_here(&self, step: &Step, node: &RemoteNode, to: &Place<LocalId>) -> Checked {
        ensure!(self.local_of(&node.place.parent) == Some(to.parent), "{step:?} into another folder");
        ensure!(to.name == node.place.name, "{step:?} under another name");
        Ok(())
    }

    fn lands_there(&self, step: &Step, place: &Place<LocalId>, to: &Place<RemoteId>) -> Checked {
        ensure!(self.remote_of(place.parent).as_ref() == Some(&to.parent), "{step:?} into another folder");
        ensure!(to.name == place.name, "{step:?} under another name");
        Ok(())
    }

    /// Whether the server has something else in this place, and both cannot be one.
    fn is_contested(&self, here: &LocalNode) -> bool {
        let Some(parent) = self.remote_of(here.place.parent) else { return false };
        let Ok(there) = self.trees.remote_at(&parent, &NameKey::of(&here.place.name));
        let Some(there) = there else { return false };
        if let Some(own) = self.remote_of(here.id) {
            return own != there.id;
        }
        if self.local_of(&there.id).is_some() {
            return true;
        }
        match (there.file, &here.file) {
            (Some(there), Some(here)) => here.content() != Some(there.content),
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        }
    }

    /// Whether all of it is gone here, and nothing of it is new there.
    fn is_gone_here(&self, step: &Step, remote: &RemoteId) -> Checked {
        for node in known_below(&self.trees, remote) {
            let Ok(synced) = self.trees.synced(&node.id);
            let Some(synced) = synced else {
                return Err(format!("{step:?} with {} in it, which is new", node.id));
            };
            ensure!(
                self.trees.local(synced.local) == Ok(None),
                "{step:?} with {} in it, which is here",
                node.id
            );
            let same = synced.file.map(|file| file.content) == node.file.map(|file| file.content);
            ensure!(same, "{step:?} with {} in it, which was edited", node.id);
        }
        Ok(())
    }

    /// Takes a step that was planned now. Fails if anything is lost by it.
    pub(super) fn take(&mut self, step: &Step, direction: Direction) -> Checked<Taken> {
        self.take_since(step, direction, None)
    }

    /// Takes a step that was planned when the trees were these: it counts on what was known then.
    pub(super) fn take_since(
        &mut self,
        step: &Step,
        direction: Direction,
        seen: Option<&MemoryTrees>,
    ) -> Checked<Taken> {
        let mut removed = Vec::new();
        let taken = match self.attempt(step, seen, &mut removed) {
            Ok(()) => Taken::Done,
            Err(Refused) => Taken::Changed,
        };
        self.note(|| format!("{taken:?}: {step:?}"));
        // A one-way copy of the disk does not keep what somebody wrote on the server over it: its history does.
        let keeps_history = direction == Direction::Up && matches!(step, Step::Upload { .. });
        if let Some(bytes) = self.lost(&removed).filter(|_| !keeps_history) {
            return Err(format!("{step:?} loses {bytes}"));
        }
        Ok(taken)
    }

    fn attempt(
        &mut self,
        step: &Step,
        seen: Option<&MemoryTrees>,
        removed: &mut Vec<u32>,
    ) -> Result<(), Refused> {
        match step {
            Step::Hash { local } => {
                let node = self.steady_local(*local, seen)?;
                let Ok(Some(mut known)) = self.trees.local(*local) else { return Err(Refused) };
                known.file = node.file;
                self.trees.put_local(known);
                self.dirty.insert(Item::Local(*local));
            }
            Step::Download { remote, rev, content, to, replaces } => {
                // The server keeps every revision: this one can be had even if it is not the last any more.
                if self.trees.remote(remote) == Ok(None) {
                    return Err(Refused);
                }
                let file = RemoteFile { rev: rev.clone(), content: *content, modified_s: None };
                let (local, before) = match replaces {
                    None => (
                        self.truth.create(&Item::Local(to.parent), &to.name, Some(bytes_of(content.hash)))?,
                        None,
                    ),
                    Some(local) => {
                        let old = self.steady_local(*local, seen)?;
                        removed.extend(old.file.and_then(|file| file.hash).map(bytes_of));
                        self.truth.write(&Item::Local(*local), bytes_of(content.hash))?;
                        let Ok(before) = self.trees.synced_local(*local);
                        (Item::Local(*local), before)
                    }
                };
                let Item::Local(local) = local else { return Err(Refused) };
                self.see_local(local);
                match before {
                    Some(before) => self.trees.put_synced(SyncedNode { file: Some(file), ..before }),
                    None => self.agree_on_placed(remote, local, to, Some(file)),
                }
                self.mark(remote, local);
            }
            Step::MakeLocal { remote, to } => {
                let Ok(Some(node)) = self.trees.remote(remote) else { return Err(Refused) };
                let made = self.truth.create(&Item::Local(to.parent), &to.name, None)?;
                let Item::Local(local) = made else { return Err(Refused) };
                self.see_local(local);
                self.agree_on_placed(&node.id, local, to, None);
                self.mark_around(&node.id, local);
            }
            Step::MoveLocal { local, to, conflict } => {
                let node = self.steady_local(*local, seen)?;
                let Ok(Some(known)) = self.trees.local(*local) else { return Err(Refused) };
                self.truth.relocate(&Item::Local(node.id), &Item::Local(to.parent), &to.name)?;
                self.see_local(*local);
                // What was known of its bytes still is.
                let Ok(Some(mut seen)) = self.trees.local(*local) else { return Err(Refused) };
                if let (Some(seen), Some(known)) = (&mut seen.file, known.file) {
                    seen.hash = known.hash;
                }
                self.trees.put_local(seen);
                self.dirty.insert(Item::Local(*local));
                if let (Some(parent), false) = (self.remote_of(to.parent), *conflict) {
                    self.agree_on_move(
                        self.remote_of(*local),
                        Place { parent, name: to.name.clone() },
                        to.parent,
                    );
                }
            }
            Step::TrashLocal { local } => {
                self.steady_local(*local, seen)?;
                if !self.truth.children(&Item::Local(*local)).is_empty() {
                    return Err(Refused);
                }
                removed.extend(self.truth.remove(&Item::Local(*local)));
                self.trees.remove_local(*local);
                if let Some(remote) = self.remote_of(*local) {
                    self.trees.remove_synced(&remote);
                    self.mark(&remote, *local);
                }
            }
            Step::Upload { local, to, replaces } => {
                let node = self.steady_local(*local, seen)?;
                let bytes = node.file.and_then(|file| file.hash).map(bytes_of).ok_or(Refused)?;
                let remote = match replaces {
                    None => self.truth.create(&self.folder_at(&to.parent, seen)?, &to.name, Some(bytes))?,
                    Some((_, rev)) => {
                        let there =
                            self.truth.at(&self.folder_at(&to.parent, seen)?, &to.name).ok_or(Refused)?;
                        let Item::Remote(id) = &there else { return Err(Refused) };
                        let Ok(Some(RemoteNode { file: Some(old), .. })) = self.truth.has.remote(id) else {
                            return Err(Refused);
                        };
                        if old.rev != *rev {
                            return Err(Refused);
                        }
                        removed.push(bytes_of(old.content.hash));
                        self.truth.write(&there, bytes)?;
                        there
                    }
                };
                self.see_local(*local);
                self.agree_on_sent(&remote, *local, to);
            }
            Step::MakeRemote { local, to } => {
                self.steady_local(*local, seen)?;
                let made = self.truth.create(&self.folder_at(&to.parent, seen)?, &to.name, None)?;
                self.agree_on_sent(&made, *local, to);
            }
            Step::MoveRemote { remote, to } => {
                let item = self.steady_remote(remote, seen)?;
                let folder = self.folder_at(&to.parent, seen)?;
                self.truth.relocate(&item, &folder, &to.name)?;
                self.dirty.insert(item);
                if let Some(local_parent) = self.local_of(&to.parent) {
                    self.agree_on_move(Some(remote.clone()), to.clone(), local_parent);
                }
            }
            Step::DeleteRemote { remote } => {
                let item = self.steady_remote(remote, seen)?;
                let all = self.truth.below(&item);
                removed.extend(self.truth.remove(&item));
                for item in all {
                    let Item::Remote(id) = item else { continue };
                    if let Some(synced) = self.trees.remove_synced(&id) {
                        self.mark(&id, synced.local);
                    }
                }
            }
        }
        Ok(())
    }

    /// What is on the disk under this identity, if it is as it was observed.
    fn steady_local(&self, id: LocalId, seen: Option<&MemoryTrees>) -> Result<LocalNode, Refused> {
        let (Ok(is), Ok(known)) = (self.truth.has.local(id), seen.unwrap_or(&self.trees).local(id));
        let (Some(is), Some(known)) = (is, known) else { return Err(Refused) };
        let stamp = |file: &LocalFile| file.stamp;
        let same = is.place == known.place && is.file.as_ref().map(stamp) == known.file.as_ref().map(stamp);
        if same { Ok(is) } else { Err(Refused) }
    }

    /// What is on the server in the place that was observed, if nothing at it or below it has changed since.
    fn steady_remote(&self, id: &RemoteId, seen: Option<&MemoryTrees>) -> Result<Item, Refused> {
        let known = known_below(seen.unwrap_or(&self.trees), id);
        let first = known.first().ok_or(Refused)?;
        let folder = self.folder_at(&first.place.parent, seen)?;
        let item = self.truth.at(&folder, &first.place.name).ok_or(Refused)?;
        let is: Vec<_> = self.truth.below(&item);
        let same = is.len() == known.len()
            && known.iter().zip(&is).all(|(known, is)| {
                matches!(is, Item::Remote(id) if self.truth.has.remote(id).as_ref() == Ok(&Some(known.clone())))
            });
        if same { Ok(item) } else { Err(Refused) }
    }

    /// The folder that the server has in the place where this one was observed: it is told paths, not identities.
    fn folder_at(&self, id: &RemoteId, seen: Option<&MemoryTrees>) -> Result<Item, Refused> {
        let mut names = Vec::new();
        let mut id = id.clone();
        while !id.is_root() {
            let Ok(Some(node)) = seen.unwrap_or(&self.trees).remote(&id) else { return Err(Refused) };
            names.push(node.place.name);
            id = node.place.parent;
        }
        let mut folder = Side::Remote.root();
        for name in names.iter().rev() {
            folder = self.truth.at(&folder, name).filter(|item| self.truth.is_folder(item)).ok_or(Refused)?;
        }
        Ok(folder)
    }

    /// Writes down what is on the disk now that we changed it or read it.
    fn see_local(&mut self, id: LocalId) {
        if let Ok(Some(node)) = self.truth.has.local(id) {
            self.trees.put_local(node);
            self.dirty.insert(Item::Local(id));
        }
    }

    /// Writes down what came here, in the place that was planned; if the folder is not agreed on any more, nothing is.
    fn agree_on_placed(
        &mut self,
        remote: &RemoteId,
        local: LocalId,
        to: &Place<LocalId>,
        file: Option<RemoteFile>,
    ) {
        let Some(parent) = self.remote_of(to.parent) else { return };
        let place = Place { parent, name: to.name.nfc().collect::<String>().into() };
        self.trees.put_synced(SyncedNode {
            remote: remote.clone(),
            local,
            place,
            local_parent: to.parent,
            file,
        });
    }

    /// Writes down that one side has followed the other; what is only on its way has not.
    fn agree_on_move(&mut self, remote: Option<RemoteId>, to: Place<RemoteId>, local_parent: LocalId) {
        let synced = remote.and_then(|remote| self.trees.remove_synced(&remote));
        let Some(synced) = synced else { return };
        if is_on_its_way(&to.name) {
            return self.trees.put_synced(synced);
        }
        self.mark(&synced.remote, synced.local);
        let place = Place { parent: to.parent, name: to.name.nfc().collect::<String>().into() };
        self.trees.put_synced(SyncedNode { place, local_parent, ..synced });
    }

    /// Writes down what the server answered. The place is the one that was asked for.
    fn agree_on_sent(&mut self, remote: &Item, local: LocalId, to: &Place<RemoteId>) {
        let Item::Remote(remote) = remote else { return };
        let Ok(Some(there)) = self.truth.has.remote(remote) else { return };
        let Ok(before) = self.trees.synced(remote);
        let row = match before.filter(|before| before.local == local) {
            // Only the bytes were sent: of the places, nothing new is agreed on.
            Some(before) => SyncedNode { file: there.file, ..before },
            None => {
                let Some(local_parent) = self.local_of(&to.parent) else { return self.mark(remote, local) };
                SyncedNode {
                    remote: remote.clone(),
                    local,
                    place: Place {
                        parent: to.parent.clone(),
                        name: to.name.nfc().collect::<String>().into(),
                    },
                    local_parent,
                    file: there.file,
                }
            }
        };
        self.trees.put_synced(row);
        self.mark_around(remote, local);
    }
}

/// What a tree has in the server's folder, folders before what is in them.
fn known_below(trees: &MemoryTrees, remote: &RemoteId) -> Vec<RemoteNode> {
    let Ok(node) = trees.remote(remote);
    let mut all: Vec<_> = node.into_iter().collect();
    let mut at = 0;
    while at < all.len() {
        let Ok(children) = trees.remote_children(&all[at].id, None, usize::MAX);
        all.extend(children);
        at += 1;
    }
    all
}
