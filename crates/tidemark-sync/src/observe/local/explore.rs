//! Looking at places, and comparing them with what is known.

use super::found::{Came, Gone, Moved};
use super::{Depth, Scan, ScanError};
use crate::area;
use crate::marker;
use crate::ports::{DiskError, DiskFault, Identity, Listed, LocalPath, Seen, SeenKind};
use crate::rules::{RULES_BYTES_MAX, RULES_FILE, RulesFault};
use crate::state::{Known, LocalChange, LocalSeen, State, StateError, WhyLeftOut};
use crate::trees::{Kind, LocalId, NameKey, Place, Trees as _, name_fault};

/// Something to look at.
pub(super) enum Ahead {
    /// What is in a folder.
    Folder { id: LocalId, path: LocalPath, depth: Depth },
    /// What is in a place, and perhaps in the folder that is there.
    Place { folder: LocalId, path: LocalPath, depth: Depth },
}

/// How many nodes are asked for at once.
const PAGE: usize = 1000;

/// A folder, while it is compared.
struct Here {
    id: LocalId,
    path: LocalPath,
}

impl Scan<'_> {
    /// Begins to look at a place: at itself, if the way to it is as it is known, or else at the first on the way that is not.
    pub(super) async fn ask(&mut self, path: &LocalPath, depth: Depth) -> Result<(), ScanError> {
        let (mut id, mut at) = (LocalId::ROOT, LocalPath::root());
        if path.is_root() {
            self.ahead.push(Ahead::Folder { id, path: at, depth });
            return Ok(());
        }
        let mut names = path.names().peekable();
        while let Some(name) = names.next() {
            if area::is_ours(name) {
                return Ok(());
            }
            self.follow_rules_above(id, &at).await?;
            let Some(next) = at.join(name) else { return Ok(()) };
            if names.peek().is_none() {
                self.ahead.push(Ahead::Place { folder: id, path: next, depth });
                return Ok(());
            }
            id = match self.verified.get(&next) {
                Some(id) => *id,
                None => match self.verify(id, &next, name).await? {
                    Some(id) => *self.verified.entry(next.clone()).or_insert(id),
                    None => {
                        self.ahead.push(Ahead::Place { folder: id, path: next, depth: Depth::Everything });
                        return Ok(());
                    }
                },
            };
            at = next;
            if !self.entered.contains(&at) {
                if self.is_another(&at, false).await? {
                    // Not what was asked for, but all of it is another's.
                    self.ahead.push(Ahead::Folder { id, path: at, depth: Depth::Directly });
                    return Ok(());
                }
                self.entered.insert(at.clone());
            }
        }
        Ok(())
    }

    /// Whether a folder is another sync folder; where nobody may look, that is as the caller takes it.
    async fn is_another(&mut self, folder: &LocalPath, unseen: bool) -> Result<bool, ScanError> {
        match marker::is_in(self.disk, folder).await {
            Err(error) if error.fault == DiskFault::Unmounted => Err(ScanError::Disk(error)),
            is_another => Ok(is_another.unwrap_or(unseen)),
        }
    }

    /// The same of one that was listed. That nobody may look into a state area does not make it none.
    async fn is_listed_as_another(
        &mut self,
        folder: &LocalPath,
        listed: &[Listed],
    ) -> Result<bool, ScanError> {
        let has_area = listed.iter().any(|one| one.name.as_deref().is_ok_and(area::is_ours));
        Ok(!folder.is_root() && has_area && self.is_another(folder, true).await?)
    }

    /// The folder in this place, if it is the one that is known to be there.
    async fn verify(
        &mut self,
        folder: LocalId,
        path: &LocalPath,
        name: &str,
    ) -> Result<Option<LocalId>, ScanError> {
        let Some(known) = self.state.known_child(folder, name)? else { return Ok(None) };
        let seen = match self.disk.look(path).await {
            Ok(seen) => seen.as_ref().and_then(LocalSeen::of),
            Err(error) if error.fault == DiskFault::Unmounted => return Err(ScanError::Disk(error)),
            Err(_) => None,
        };
        let is_same = seen == Some(known.seen);
        Ok((is_same && known.seen.kind() == Kind::Folder).then_some(known.id))
    }

    pub(super) async fn look(&mut self, ahead: Ahead) -> Result<(), ScanError> {
        match ahead {
            Ahead::Folder { id, path, depth } => self.look_into(Here { id, path }, depth).await,
            Ahead::Place { folder, path, depth } => self.look_at(folder, path, depth).await,
        }
    }

    /// Compares what is in one place.
    async fn look_at(&mut self, folder: LocalId, path: LocalPath, depth: Depth) -> Result<(), ScanError> {
        let Some((folder_path, name)) = path.split() else { return Ok(()) };
        let here = Here { id: folder, path: folder_path };
        if self.disk.traits().case_insensitive || name == RULES_FILE {
            // To whom does the name answer, in which letters? And rules concern everything around them.
            let around = here.path.clone();
            self.look_into(here, Depth::Directly).await?;
            for node in self.state.local_at(folder, &NameKey::of(name))? {
                if node.kind() == Kind::Folder
                    && self.is_in_place(node.id)
                    && let Some(path) = around.join(&node.place.name)
                {
                    self.ahead.push(Ahead::Folder { id: node.id, path, depth });
                }
            }
            return Ok(());
        }
        self.write_down_in(folder).await?;
        self.found.forget_at(&Place { parent: folder, name: name.into() });
        self.left_out.forget_at(&here.path, name);
        let known = self.state.known_child(folder, name)?;
        match self.disk.look(&path).await {
            Ok(Some(seen)) => self.compare(&here, name, Some(seen), known, Some(depth)).await,
            Ok(None) => {
                self.miss(&here, known);
                Ok(())
            }
            Err(error) => self.fail(&here.path, Some(name), error).await,
        }
    }

    /// Whether nothing else was found about a node.
    fn is_in_place(&self, id: LocalId) -> bool {
        !self.found.gone.contains_key(&id) && !self.found.moved.contains_key(&id)
    }

    /// Compares what is in a folder.
    async fn look_into(&mut self, here: Here, depth: Depth) -> Result<(), ScanError> {
        self.write_down_in(here.id).await?;
        let listed = match self.disk.list(&here.path).await {
            Ok(listed) => listed,
            Err(error) => return self.fail(&here.path, None, error).await,
        };
        self.report.folders += 1;
        self.found.forget_in(here.id);
        self.left_out.forget_in(&here.path);
        if self.is_listed_as_another(&here.path, &listed).await? {
            // What is known of it stays, as under a disk that is mounted here: nothing was deleted.
            self.left_out.forget_below(&here.path);
            self.leave_out(&here.path, None, WhyLeftOut::SyncFolder);
            return Ok(());
        }
        let rules = listed.iter().find(|one| one.name.as_deref() == Ok(RULES_FILE));
        let rules = rules.and_then(|one| one.seen);
        let depth = if self.follow_rules(&here.path, rules).await? { Depth::Everything } else { depth };
        let into = (depth == Depth::Everything).then_some(depth);

        let mut known = Page::default();
        for (name, seen) in self.texts(&here, listed) {
            while let Some(missing) = known.next_if(self.state, here.id, |known| *known < *name)? {
                self.miss(&here, Some(missing));
            }
            let same = known.next_if(self.state, here.id, |known| *known == *name)?;
            self.compare(&here, &name, seen, same, into).await?;
        }
        while let Some(missing) = known.next_if(self.state, here.id, |_| true)? {
            self.miss(&here, Some(missing));
        }
        Ok(())
    }

    /// Those whose names are text, in order.
    fn texts(&mut self, here: &Here, listed: Vec<Listed>) -> Vec<(Box<str>, Option<Seen>)> {
        let mut texts = Vec::with_capacity(listed.len());
        for one in listed {
            match one.name {
                Ok(name) => texts.push((name, one.seen)),
                Err(shown) => self.leave_out(&here.path, Some(&shown), WhyLeftOut::NotText),
            }
        }
        texts.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        texts
    }

    /// What is known of a folder must be whole before it is compared.
    async fn write_down_in(&mut self, folder: LocalId) -> Result<(), ScanError> {
        if self.pending_in.contains(&folder) { self.flush().await } else { Ok(()) }
    }

    /// A node is not in its place, and nothing is that could be synced.
    fn miss(&mut self, here: &Here, known: Option<Known>) {
        // (Where names cannot be exchanged, a place is empty for an instant before it gets something else.)
        let is_ours = known.as_ref().is_some_and(|known| self.is_placing(here.id, &known.place.name, None));
        if !is_ours {
            self.displace(here, known, true);
        }
    }

    /// Whether this (or nothing) is in a place because we are putting something there.
    fn is_placing(&self, folder: LocalId, name: &str, seen: Option<Identity>) -> bool {
        let is_ours = |(place, ours): &(Place<LocalId>, Identity)| {
            (place.parent, &*place.name) == (folder, name) && seen.is_none_or(|seen| seen == *ours)
        };
        self.placing.iter().any(is_ours)
    }

    fn displace(&mut self, here: &Here, known: Option<Known>, empty: bool) {
        let Some(known) = known.filter(|known| !self.found.moved.contains_key(&known.id)) else { return };
        if known.seen.kind() == Kind::Folder
            && let Some(path) = here.path.join(&known.place.name)
        {
            self.rules.drop_below(&path);
            self.left_out.forget_below(&path);
        }
        let file = (known.seen.kind() == Kind::File).then(|| known.seen.identity());
        self.found.gone.insert(known.id, Gone { place: known.place, empty, file });
    }

    /// Compares one place with what is known to be there; goes into a folder so deep.
    async fn compare(
        &mut self,
        here: &Here,
        name: &str,
        seen: Option<Seen>,
        known: Option<Known>,
        into: Option<Depth>,
    ) -> Result<(), ScanError> {
        if area::is_ours(name) {
            self.miss(here, known);
            return Ok(());
        }
        let Some(path) = here.path.join(name) else { return Ok(()) };
        let Some(seen) = seen else {
            // Something is there. What is known of it stays.
            self.leave_out(&here.path, Some(name), WhyLeftOut::Unreadable(DiskFault::Denied));
            return Ok(());
        };
        if self.is_placing(here.id, name, Some(seen.stamp.identity)) {
            return Ok(());
        }
        let kind = if seen.kind == SeenKind::Folder { Kind::Folder } else { Kind::File };
        let is_known = known.as_ref().is_some_and(|known| !self.found.moved.contains_key(&known.id));
        if !is_known && self.rules.ignore_in(&here.path, name, kind) {
            return Ok(());
        }
        let Some(what) = LocalSeen::of(&seen) else {
            let why = if seen.kind == SeenKind::Symlink { WhyLeftOut::Symlink } else { WhyLeftOut::Special };
            self.leave_out(&here.path, Some(name), why);
            self.miss(here, known);
            return Ok(());
        };
        if kind == Kind::Folder && seen.stamp.identity.device != 0 {
            // A disk that somebody mounted here hides what is known, and deletes nothing.
            self.leave_out(&here.path, Some(name), WhyLeftOut::OtherFileSystem);
            return Ok(());
        }
        let same = known
            .as_ref()
            .filter(|known| known.seen.kind() == kind && known.seen.identity() == what.identity());
        if let Some(known) = same {
            if self.found.moved.contains_key(&known.id) {
                // It was elsewhere a moment ago.
                self.report.again.add(path, Depth::Everything);
                return Ok(());
            }
            if let Some(fault) = name_fault(name) {
                self.leave_out(&here.path, Some(name), WhyLeftOut::Name(fault));
            }
            match (what, into) {
                (LocalSeen::File { .. }, _) if known.seen != what => {
                    self.pending.push(LocalChange::Set { id: known.id, seen: what });
                    self.pending_in.insert(here.id);
                    self.look_at_other_names(known.id, &what).await?;
                }
                (LocalSeen::Folder { .. }, Some(depth)) => {
                    self.ahead.push(Ahead::Folder { id: known.id, path, depth });
                }
                _ => {}
            }
            return Ok(());
        }
        // One that was moved here is followed; what is in it is left out.
        if kind == Kind::Folder && self.candidates(&what)?.is_empty() && self.is_another(&path, false).await?
        {
            self.left_out.forget_below(&path);
            self.leave_out(&here.path, Some(name), WhyLeftOut::SyncFolder);
            return Ok(());
        }
        self.arrive(here, name, Came { path, seen: what }, known).await
    }

    /// A file that has other names was changed through all of them, and only one was told.
    async fn look_at_other_names(&mut self, id: LocalId, what: &LocalSeen) -> Result<(), ScanError> {
        let known = self.state.known_by_identity(&what.identity())?;
        self.look_at_names(known.iter().filter(|other| other.id != id), what).await
    }

    /// Looks at those of a file's names that were not looked at since it is as it is, at each once.
    pub(super) async fn look_at_names(
        &mut self,
        names: impl Iterator<Item = &Known>,
        what: &LocalSeen,
    ) -> Result<(), ScanError> {
        for other in names.filter(|other| other.seen != *what) {
            self.look_at_name(other.id).await?;
        }
        Ok(())
    }

    /// Somebody may have changed a file under the name that is gone now: those that it still has tell.
    pub(super) async fn look_at_names_of_gone(&mut self) -> Result<(), ScanError> {
        let gone = &mut self.found.gone;
        let files: Vec<Identity> = gone.values_mut().filter_map(|gone| gone.file.take()).collect();
        for identity in files {
            for known in self.state.known_by_identity(&identity)? {
                if !self.found.gone.contains_key(&known.id) {
                    self.look_at_name(known.id).await?;
                }
            }
        }
        Ok(())
    }

    async fn look_at_name(&mut self, id: LocalId) -> Result<(), ScanError> {
        if !self.names_asked.insert(id) {
            return Ok(());
        }
        // Of the name that led here, it is known by then.
        self.flush().await?;
        if let Some(path) = self.state.local_path(id)? {
            self.ask(&path, Depth::Directly).await?;
        }
        Ok(())
    }

    /// Something is in a place where it was not.
    async fn arrive(
        &mut self,
        here: &Here,
        name: &str,
        came: Came,
        known: Option<Known>,
    ) -> Result<(), ScanError> {
        let place = Place { parent: here.id, name: name.into() };
        let is_over = known.is_some();
        self.displace(here, known, false);
        if let Some(moved) = self.found.taken.get(&place).and_then(|id| self.found.moved.get_mut(id)) {
            // It was found here before; or something else was, a moment ago.
            if moved.seen.identity() == came.seen.identity() {
                moved.seen = came.seen;
            } else {
                self.report.again.add(came.path, Depth::Everything);
            }
            return Ok(());
        }
        match came.seen.kind() {
            Kind::Folder => {
                if let Some(id) = self.find_mover(&place, &came).await? {
                    self.ahead.push(Ahead::Folder { id, path: came.path, depth: Depth::Everything });
                } else if is_over {
                    self.found.replaced.insert(place, came);
                } else {
                    self.add(&place, came);
                }
            }
            Kind::File => {
                if is_over || !self.candidates(&came.seen)?.is_empty() {
                    self.found.came.insert(place, came);
                } else {
                    self.add(&place, came);
                }
            }
        }
        Ok(())
    }

    /// Something is new, in a place where nothing is known to be.
    pub(super) fn add(&mut self, place: &Place<LocalId>, came: Came) {
        if let Some(fault) = name_fault(&place.name) {
            let folder = came.path.split().map(|(folder, _)| folder).unwrap_or_else(LocalPath::root);
            self.leave_out(&folder, Some(&place.name), WhyLeftOut::Name(fault));
            return;
        }
        if came.seen.kind() == Kind::Folder {
            self.fresh.push((self.pending.len(), came.path));
        }
        self.pending_in.insert(place.parent);
        self.pending.push(LocalChange::Add { place: place.clone(), seen: came.seen });
    }

    /// The nodes that what was seen may be, if they are not in their places.
    pub(super) fn candidates(&mut self, seen: &LocalSeen) -> Result<Vec<Known>, ScanError> {
        let mut known = self.state.known_by_identity(&seen.identity())?;
        known.retain(|known| {
            let is_likely = match (&known.seen, seen) {
                // Without a time of birth, another may have got the number of one that is gone.
                (LocalSeen::File { stamp: before, .. }, LocalSeen::File { stamp, .. }) => {
                    before.identity.born_ns.is_some()
                        || (before.size, before.modified_ns) == (stamp.size, stamp.modified_ns)
                }
                (before, seen) => before.kind() == seen.kind(),
            };
            is_likely && !self.found.moved.contains_key(&known.id) && !self.found.kept.contains(&known.id)
        });
        Ok(known)
    }

    /// Which known folder this is, if it moved here.
    async fn find_mover(
        &mut self,
        place: &Place<LocalId>,
        came: &Came,
    ) -> Result<Option<LocalId>, ScanError> {
        for known in self.candidates(&came.seen)? {
            if self.is_within(place.parent, known.id)? {
                // A folder cannot be in itself: it was moved while we looked.
                self.report.again.add(came.path.clone(), Depth::Everything);
                continue;
            }
            // The old name of one that got other letters answers still, for the new one.
            let left_empty = match self.is_one_place(&known.place, place) {
                true => Some(true),
                false => self.has_left(&known).await?,
            };
            if let Some(left_empty) = left_empty {
                if let Some(path) = self.state.local_path(known.id)? {
                    self.left_out.forget_before_below(&path);
                }
                let moved = Moved { to: place.clone(), seen: came.seen, from: known.place, left_empty };
                self.found.moved(known.id, moved);
                return Ok(Some(known.id));
            }
        }
        Ok(None)
    }

    /// Whether a node that was found elsewhere is not in its own place any more; if so, whether nothing is there now.
    /// What else is there will be looked at.
    pub(super) async fn has_left(&mut self, known: &Known) -> Result<Option<bool>, ScanError> {
        if let Some(gone) = self.found.gone.get(&known.id) {
            return Ok(Some(gone.empty));
        }
        let Some(path) = self.path_of(known.id)? else { return Ok(Some(true)) };
        match self.disk.look(&path).await {
            Ok(Some(seen)) => match LocalSeen::of(&seen) {
                Some(seen)
                    if seen.kind() == known.seen.kind() && seen.identity() == known.seen.identity() =>
                {
                    Ok(None)
                }
                seen => {
                    let (folder, depth) = (known.place.parent, Depth::Everything);
                    self.ahead.push(Ahead::Place { folder, path, depth });
                    Ok(Some(seen.is_none()))
                }
            },
            Ok(None) => Ok(Some(true)),
            Err(error) => match error.fault {
                DiskFault::Missing | DiskFault::Different => Ok(Some(true)),
                DiskFault::Unmounted => Err(ScanError::Disk(error)),
                // Nobody knows. Then it is something new here, and what is known stays.
                _ => Ok(None),
            },
        }
    }

    /// Whether two names are one to this disk.
    fn is_one_place(&self, one: &Place<LocalId>, other: &Place<LocalId>) -> bool {
        self.disk.traits().case_insensitive
            && one.parent == other.parent
            && NameKey::of(&one.name) == NameKey::of(&other.name)
    }

    /// Where a node is, as far as it was found by now; none if it is gone.
    pub(super) fn path_of(&mut self, id: LocalId) -> Result<Option<LocalPath>, ScanError> {
        let (mut names, mut at) = (Vec::new(), id);
        while !at.is_root() {
            let Some(place) = self.place_of(at)? else { return Ok(None) };
            if self.found.gone.contains_key(&at) {
                return Ok(None);
            }
            names.push(place.name);
            at = place.parent;
        }
        Ok(names.iter().rev().try_fold(LocalPath::root(), |path, name| path.join(name)))
    }

    /// The folder and name of a node: those it was found at, or else those it is known at.
    pub(super) fn place_of(&mut self, id: LocalId) -> Result<Option<Place<LocalId>>, ScanError> {
        if let Some(moved) = self.found.moved.get(&id) {
            return Ok(Some(moved.to.clone()));
        }
        Ok(self.state.known(id)?.map(|known| known.place))
    }

    /// Whether a node is another, or below it, as far as it was found by now.
    pub(super) fn is_within(&mut self, mut id: LocalId, above: LocalId) -> Result<bool, ScanError> {
        while id != above {
            match self.place_of(id)? {
                Some(place) if !id.is_root() => id = place.parent,
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// A place or a folder cannot be looked at. Nothing that is known of it is taken back.
    async fn fail(
        &mut self,
        path: &LocalPath,
        name: Option<&str>,
        error: DiskError,
    ) -> Result<(), ScanError> {
        let is_root = path.is_root() && name.is_none();
        match error.fault {
            DiskFault::Unmounted => return Err(ScanError::Disk(error)),
            _ if is_root => return Err(ScanError::Disk(error)),
            // One that is there all the same is a place where another part of the same device is mounted.
            DiskFault::Different if name.is_none() && self.is_folder(path).await => {
                self.leave_out(path, None, WhyLeftOut::OtherFileSystem);
            }
            DiskFault::Missing | DiskFault::Different => {
                self.report.again.add(path.clone(), Depth::Everything);
            }
            fault => {
                self.leave_out(path, name, WhyLeftOut::Unreadable(fault));
                // Nobody tells when the hardware has recovered, as they do of permissions that are given.
                if matches!(fault, DiskFault::Broken | DiskFault::TooMany)
                    && let Some(place) = name.map_or_else(|| Some(path.clone()), |name| path.join(name))
                {
                    self.report.failed.add(place, Depth::Everything);
                }
            }
        }
        Ok(())
    }

    async fn is_folder(&mut self, path: &LocalPath) -> bool {
        matches!(self.disk.look(path).await, Ok(Some(seen)) if seen.kind == SeenKind::Folder)
    }

    /// Follows the rules of a folder on the way to a place that was asked for.
    async fn follow_rules_above(&mut self, id: LocalId, folder: &LocalPath) -> Result<(), ScanError> {
        if !self.rules_seen.insert(folder.clone()) {
            return Ok(());
        }
        let Some(path) = folder.join(RULES_FILE) else { return Ok(()) };
        let seen = match self.disk.look(&path).await {
            Ok(seen) => seen,
            Err(error) if error.fault == DiskFault::Unmounted => return Err(ScanError::Disk(error)),
            Err(_) => return Ok(()),
        };
        if self.follow_rules(folder, seen).await? {
            self.ahead.push(Ahead::Folder { id, path: folder.clone(), depth: Depth::Everything });
        }
        Ok(())
    }

    /// Follows what a folder's file of rules says now; whether that is something else than before.
    async fn follow_rules(&mut self, folder: &LocalPath, seen: Option<Seen>) -> Result<bool, ScanError> {
        let Some(seen) = seen.filter(|seen| seen.kind == SeenKind::File) else {
            return Ok(self.rules.drop_file(folder));
        };
        let before = self.rules.following(folder);
        let changed = before.is_none_or(|(stamp, _)| *stamp != seen.stamp);
        if changed {
            match self.read_rules(folder).await {
                Ok((stamp, text)) => self.rules.follow(folder, stamp, Ok(&text)),
                Err(error) => match error.fault {
                    DiskFault::Unmounted => return Err(ScanError::Disk(error)),
                    DiskFault::Missing | DiskFault::Different => {
                        self.report.again.add(folder.clone(), Depth::Directly);
                        return Ok(self.rules.drop_file(folder));
                    }
                    _ => self.rules.follow(folder, seen.stamp, Err(RulesFault::Unreadable)),
                },
            }
        }
        let fault = match self.rules.following(folder) {
            Some((_, fault)) => fault,
            None => Some(RulesFault::TooMany),
        };
        if let Some(fault) = fault {
            self.leave_out(folder, Some(RULES_FILE), WhyLeftOut::Rules(fault));
        }
        // One that is not followed changes nothing.
        Ok(changed && fault != Some(RulesFault::TooMany))
    }

    async fn read_rules(
        &mut self,
        folder: &LocalPath,
    ) -> Result<(crate::ports::Stamp, bytes::Bytes), DiskError> {
        let path = folder.join(RULES_FILE).unwrap_or_else(LocalPath::root);
        let mut reading = self.disk.open(&path).await?;
        let stamp = reading.look().await?.stamp;
        // More than may be, if there is more, so that this can be told.
        let text = reading.read_at(0, RULES_BYTES_MAX + 1).await?;
        Ok((stamp, text))
    }
}

/// What is known of a folder, a page at a time.
#[derive(Default)]
struct Page {
    known: std::vec::IntoIter<Known>,
    next: Option<Known>,
    last: Option<Box<str>>,
    ended: bool,
}

impl Page {
    /// The next one, if its name is as wanted.
    fn next_if(
        &mut self,
        state: &State,
        folder: LocalId,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Option<Known>, StateError> {
        if self.next.is_none() {
            self.next = self.known.next();
        }
        if self.next.is_none() && !self.ended {
            let page = state.known_children(folder, self.last.as_deref(), PAGE)?;
            self.ended = page.len() < PAGE;
            self.last = page.last().map(|known| known.place.name.clone());
            self.known = page.into_iter();
            self.next = self.known.next();
        }
        Ok(self.next.take_if(|known| wanted(&known.place.name)))
    }
}
