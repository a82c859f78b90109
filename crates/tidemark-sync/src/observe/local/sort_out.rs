//! Sorting out what came, moved and went, once everything was looked at.

use std::collections::BTreeSet;

use super::found::{Came, Gone, Moved};
use super::{Ahead, Depth, Looks, Scan, ScanError};
use crate::ports::LocalPath;
use crate::state::{Known, LocalChange, WhyLeftOut};
use crate::trees::{Kind, LocalId, Place, name_fault};

impl Scan<'_> {
    /// What we are moving, and is not where it was, is looked for where it goes; and then, as it may have been put back, where it
    /// was.
    pub(super) fn follow_our_moves(&mut self) -> Result<(), ScanError> {
        for (id, to) in std::mem::take(&mut self.moving) {
            let Some(known) = self.state.known(id)? else { continue };
            if self.path_of(id)?.is_some() {
                self.moving.push((id, to));
                continue;
            }
            // The last is looked at first.
            for place in [known.place, to] {
                if let Some(path) = self.path_of(place.parent)?.and_then(|folder| folder.join(&place.name)) {
                    self.ahead.push(Ahead::Place { folder: place.parent, path, depth: Depth::Everything });
                }
            }
        }
        Ok(())
    }

    /// Finds out which of the files that came were known elsewhere and are not there any more.
    pub(super) async fn claim_files(&mut self) -> Result<(), ScanError> {
        self.look_at_names_of_gone().await?;
        for (place, came) in std::mem::take(&mut self.found.came) {
            let mut candidates = self.candidates(&came.seen)?;
            // Those that are known to be gone, first; of several names of one file, the same name.
            let gone = &self.found.gone;
            candidates.sort_by_key(|known| {
                (!gone.contains_key(&known.id), known.place.name != place.name, known.id)
            });
            let left = self.first_that_left(&candidates).await?;
            // The others are names of the same file, and whatever changed it here changed it there.
            let is_other = |known: &&Known| left.as_ref().is_none_or(|(left, _)| left.id != known.id);
            self.look_at_names(candidates.iter().filter(is_other), &came.seen).await?;
            match left {
                Some((known, left_empty)) => {
                    let moved = Moved { to: place, seen: came.seen, from: known.place, left_empty };
                    self.found.moved(known.id, moved);
                }
                None => drop(self.found.came.insert(place, came)),
            }
        }
        Ok(())
    }

    async fn first_that_left(&mut self, candidates: &[Known]) -> Result<Option<(Known, bool)>, ScanError> {
        for known in candidates {
            if let Some(left_empty) = self.has_left(known).await? {
                return Ok(Some((known.clone(), left_empty)));
            }
        }
        Ok(None)
    }

    /// Folders that nobody knows, in places of something known: a folder that is nowhere else was replaced. Where something else
    /// was, it must leave first.
    pub(super) fn decide_replaced(&mut self) -> Result<(), ScanError> {
        for (place, came) in std::mem::take(&mut self.found.replaced) {
            match self.state.known_child(place.parent, &place.name)? {
                Some(known)
                    if known.seen.kind() == Kind::Folder && self.found.gone.contains_key(&known.id) =>
                {
                    self.found.gone.remove(&known.id);
                    self.found.kept.insert(known.id);
                    self.pending_in.insert(place.parent);
                    self.pending.push(LocalChange::Set { id: known.id, seen: came.seen });
                    let (id, depth) = (known.id, Depth::Everything);
                    self.ahead.push(Ahead::Folder { id, path: came.path, depth });
                }
                Some(_) => drop(self.found.blocked.insert(place, came)),
                None => self.add(&place, came),
            }
        }
        Ok(())
    }

    /// The places are free now, unless somebody went to and fro while we looked.
    pub(super) fn unblock(&mut self) -> Result<(), ScanError> {
        for (place, came) in std::mem::take(&mut self.found.blocked) {
            match self.state.known_child(place.parent, &place.name)? {
                None => self.add(&place, came),
                Some(_) => self.report.again.add(came.path, Depth::Everything),
            }
        }
        Ok(())
    }

    /// Writes down what moved, and (at the end) what came and went. Before the end, what is gone is removed only where it
    /// stands in the way: it may turn up in folders that were not looked into yet.
    pub(super) async fn apply(&mut self, is_end: bool) -> Result<(), ScanError> {
        let mut sets = self.take_replacements()?;
        let mut adds = Vec::new();
        if is_end {
            for (place, came) in std::mem::take(&mut self.found.came) {
                self.place_file(place, &came, &mut sets, &mut adds)?;
            }
        }
        let removes = self.removes(is_end)?;
        if !self.is_sound(&removes, &adds)? {
            // Folders went to and fro while we looked. Nothing is written down, so the next look finds all of it.
            self.report.again = Looks::everywhere();
            self.found = super::Found::default();
            return self.write(&sets).await;
        }
        let moves = std::mem::take(&mut self.found.moved);
        self.found.taken.clear();
        let mut changes = Vec::new();
        changes.extend(removes.iter().map(|id| LocalChange::Remove { id: *id }));
        for id in removes {
            self.found.gone.remove(&id);
        }
        changes.extend(moves.into_iter().map(|(id, moved)| LocalChange::Move {
            id,
            to: moved.to,
            seen: moved.seen,
        }));
        changes.append(&mut sets);
        changes.append(&mut adds);
        self.write(&changes).await
    }

    async fn write(&mut self, changes: &[LocalChange]) -> Result<(), ScanError> {
        let left_out = self.left_out.news();
        if !changes.is_empty() || left_out.is_some() {
            self.settle_placed(changes).await?;
            self.state.observe_all(changes, left_out.as_ref())?;
            self.report.changes += changes.len() as u64;
        }
        Ok(())
    }

    /// Files that took the places of others for good and left their own empty: the others were edited, and these are gone.
    fn take_replacements(&mut self) -> Result<Vec<LocalChange>, ScanError> {
        let mut sets = Vec::new();
        let files =
            self.found.moved.iter().filter(|(_, moved)| moved.seen.kind() == Kind::File && moved.left_empty);
        let files: Vec<LocalId> = files.map(|(id, _)| *id).collect();
        for id in files {
            let Some(moved) = self.found.moved.get(&id) else { continue };
            let other = self.state.known_child(moved.to.parent, &moved.to.name)?;
            let replaced = other
                .filter(|other| other.seen.kind() == Kind::File && self.found.gone.contains_key(&other.id));
            if let Some(replaced) = replaced
                && let Some(moved) = self.found.moved.remove(&id)
            {
                self.found.taken.remove(&moved.to);
                self.found.gone.remove(&replaced.id);
                self.found.gone.insert(id, Gone { place: moved.from, empty: true, file: None });
                sets.push(LocalChange::Set { id: replaced.id, seen: moved.seen });
            }
        }
        Ok(sets)
    }

    /// A file that nobody knows elsewhere: it replaced one, or is new.
    fn place_file(
        &mut self,
        place: Place<LocalId>,
        came: &Came,
        sets: &mut Vec<LocalChange>,
        adds: &mut Vec<LocalChange>,
    ) -> Result<(), ScanError> {
        let known = self.state.known_child(place.parent, &place.name)?;
        match known {
            Some(known) if known.seen.kind() == Kind::File && self.found.gone.remove(&known.id).is_some() => {
                sets.push(LocalChange::Set { id: known.id, seen: came.seen });
            }
            Some(known)
                if !self.found.gone.contains_key(&known.id) && !self.found.moved.contains_key(&known.id) =>
            {
                // What is known here is here after all: it came back while we looked.
                self.report.again.add(came.path.clone(), Depth::Directly);
            }
            _ => match name_fault(&place.name) {
                Some(fault) => {
                    let folder = came.path.split().map(|(folder, _)| folder).unwrap_or_else(LocalPath::root);
                    self.leave_out(&folder, Some(&place.name), WhyLeftOut::Name(fault));
                }
                None => adds.push(LocalChange::Add { place, seen: came.seen }),
            },
        }
        Ok(())
    }

    /// What is to be removed, each with all below.
    fn removes(&mut self, is_end: bool) -> Result<Vec<LocalId>, ScanError> {
        let mut removes = BTreeSet::new();
        if is_end {
            removes.extend(self.found.gone.keys().copied().filter(|id| !self.trashing.contains(id)));
        } else {
            let wanted: Vec<_> = self.found.taken.keys().chain(self.found.blocked.keys()).cloned().collect();
            for place in wanted {
                let known = self.state.known_child(place.parent, &place.name)?;
                removes.extend(known.map(|known| known.id).filter(|id| self.found.gone.contains_key(id)));
            }
        }
        let mut highest = Vec::new();
        for id in &removes {
            let above = self.place_of(*id)?.map_or(LocalId::ROOT, |place| place.parent);
            if !self.is_in_any(above, &removes)? {
                highest.push(*id);
            } else {
                self.found.gone.remove(id);
            }
        }
        Ok(highest)
    }

    /// Whether a node is one of these or below one, as far as it was found by now.
    fn is_in_any(&mut self, mut id: LocalId, these: &BTreeSet<LocalId>) -> Result<bool, ScanError> {
        while !id.is_root() {
            if these.contains(&id) {
                return Ok(true);
            }
            let Some(place) = self.place_of(id)? else { return Ok(false) };
            id = place.parent;
        }
        Ok(false)
    }

    /// Whether every node has a way up to the sync folder that does not lead through what is removed, or in a circle.
    fn is_sound(&mut self, removes: &[LocalId], adds: &[LocalChange]) -> Result<bool, ScanError> {
        let mut starts: Vec<LocalId> = self.found.moved.values().map(|moved| moved.to.parent).collect();
        starts.extend(adds.iter().filter_map(|change| match change {
            LocalChange::Add { place, .. } => Some(place.parent),
            _ => None,
        }));
        starts.sort_unstable();
        starts.dedup();
        let removes: BTreeSet<LocalId> = removes.iter().copied().collect();
        for start in starts {
            let (mut id, mut through) = (start, BTreeSet::new());
            while !id.is_root() {
                if removes.contains(&id) || !through.insert(id) {
                    return Ok(false);
                }
                let Some(place) = self.place_of(id)? else { return Ok(false) };
                id = place.parent;
            }
        }
        Ok(true)
    }
}
