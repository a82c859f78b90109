//! What steps led to, written down.

use super::control::Control;
use super::flight::{Flight, Ticket};
use super::status::Stopped;
use crate::apply::{Changed, Done, Failure, Outcome};
use crate::plan::{Step, is_on_its_way};
use crate::ports::LocalPath;
use crate::state::{Did, LocalSeen, LogEntry, Placed, Sent, Side, State, StateError};

impl Control<'_> {
    /// Records many results at once: one wait for the disk serves them all. One that nothing can go on after takes none of the
    /// others along.
    pub(super) fn record(&mut self, steps: Vec<(Ticket, Outcome)>) -> Result<(), Stopped> {
        let (mut done, mut ended) = (Vec::new(), Ok(()));
        for (ticket, outcome) in steps {
            self.planning.landed(ticket);
            match outcome {
                Outcome::Done(_, _) if self.is_of_before(ticket) => ended = ended.and(self.outdated(ticket)),
                Outcome::Done(what, again) => {
                    for path in again {
                        self.looking.look_again(path);
                    }
                    done.push((ticket, *what));
                }
                Outcome::Changed(changed) => ended = ended.and(self.changed(ticket, changed)),
                Outcome::Failed(failure) => ended = ended.and(self.failed(ticket, failure)),
            }
        }
        if !done.is_empty() {
            self.record_done(done)?;
        }
        ended
    }

    fn record_done(&mut self, done: Vec<(Ticket, Done)>) -> Result<(), Stopped> {
        let at_s = self.now_s();
        let flights = &self.flights;
        let unknown = self.state.together(|state| {
            let mut unknown = Vec::new();
            for (ticket, what) in &done {
                let step = flights.get(*ticket).map(|flight| &flight.step);
                match write(state, step, what) {
                    Ok(()) => note(state, flights.get(*ticket), what, at_s)?,
                    // What it was about is not known any more: whatever there is now is observed.
                    Err(StateError::Unknown(_) | StateError::Cycle) => unknown.push(*ticket),
                    Err(error) => return Err(error),
                }
            }
            Ok(unknown)
        })?;
        for (ticket, what) in done {
            let echo = is_echoed(&what).then(|| self.talk.next_drain());
            let Some(flight) = self.flights.end(ticket, echo) else { continue };
            if unknown.contains(&ticket) {
                flight.footprint.local.iter().for_each(|path| self.looking.look_again(path.clone()));
            }
            if flight.scans != self.looking.scans() {
                self.look_after(&flight.footprint.local, &what);
            }
            if let (Done::MovedLocal { .. }, Some(to)) = (&what, flight.footprint.local.last()) {
                // What changed in it before it was moved may be told of under the name that it had.
                self.looking.look_below(to.clone());
            }
            self.count(&flight, &what);
            self.mended(&flight.item)?;
            if matches!(flight.step, Step::MoveLocal { .. } | Step::MoveRemote { .. }) {
                self.strikes.moved(&flight.item, &*self.seams.entropy);
            }
        }
        self.want_echo();
        Ok(())
    }

    /// What was seen after a step was done, and before that was recorded, may be newer than what it led to, and is written over
    /// now.
    fn look_after(&mut self, places: &[LocalPath], done: &Done) {
        for path in places {
            match done {
                // It may be anywhere in its folder by now, under whatever spelling.
                Done::MovedLocal { .. } => {
                    let folder = path.split().map_or_else(LocalPath::root, |(folder, _)| folder);
                    self.looking.look_at(folder);
                }
                Done::Downloaded { .. } | Done::MadeLocal { .. } | Done::Trashed { .. } => {
                    self.looking.look_at(path.clone());
                }
                // These write nothing down about a place, or only about a file that is as it was.
                Done::Hashed { .. }
                | Done::Uploaded { .. }
                | Done::MadeRemote { .. }
                | Done::MovedRemote { .. }
                | Done::DeletedRemote { .. } => {}
            }
        }
    }

    /// Whether this was asked of the server, and may have been answered, before it began anew (from a backup, perhaps).
    fn is_of_before(&self, ticket: Ticket) -> bool {
        let is_of_before = |flight: &Flight| is_there(&flight.step) && flight.resets != self.talk.resets;
        self.flights.get(ticket).is_some_and(is_of_before)
    }

    /// What the server has answered may not be so any more: that shows when both sides are looked at.
    fn outdated(&mut self, ticket: Ticket) -> Result<(), Stopped> {
        let local = self.flights.get(ticket).map(|flight| flight.footprint.local.clone()).unwrap_or_default();
        self.changed(ticket, Changed { local, remote: true })
    }

    fn want_echo(&mut self) {
        if self.flights.awaits_echo() {
            self.talk.want_echo(self.flights.len() > 0);
        }
    }

    /// Something was not as it was observed: it is observed again.
    fn changed(&mut self, ticket: Ticket, changed: Changed) -> Result<(), Stopped> {
        let echo = changed.remote.then(|| self.talk.next_drain());
        let Some(flight) = self.flights.end(ticket, echo) else { return Ok(()) };
        for path in changed.local {
            self.looking.look_again(path);
        }
        self.look_for_unseen(&flight)?;
        self.want_echo();
        self.strike(&flight.step, "it changes all the time")
    }

    /// What did not get into the trash, or not for sure, or not into the place of another: whoever looked meanwhile took it for ours,
    /// and wrote nothing down.
    fn look_for_unseen(&mut self, flight: &Flight) -> Result<(), Stopped> {
        let is_passed_over = matches!(flight.step, Step::TrashLocal { .. }) || flight.placing.is_some();
        if !is_passed_over || flight.scans == self.looking.scans() {
            return Ok(());
        }
        flight.footprint.local.iter().for_each(|path| self.looking.look_again(path.clone()));
        // The folder may have another name by now.
        if let Step::Download { replaces: Some(replaced), .. } = flight.step
            && let Some(path) = self.state.local_path(replaced)?
        {
            self.looking.look_again(path);
        }
        Ok(())
    }

    /// A step could not be taken.
    fn failed(&mut self, ticket: Ticket, failure: Failure) -> Result<(), Stopped> {
        // Whatever the server was asked may have happened.
        let is_there = self.flights.get(ticket).is_some_and(|flight| is_there(&flight.step));
        let is_uncertain = is_there && matches!(failure, Failure::Offline { .. } | Failure::Again { .. });
        let echo = is_uncertain.then(|| self.talk.next_drain());
        let Some(flight) = self.flights.end(ticket, echo) else { return Ok(()) };
        self.look_for_unseen(&flight)?;
        self.want_echo();
        match failure {
            Failure::Offline { error, after } => {
                self.strike(&flight.step, &error)?;
                self.offline(error, after);
            }
            Failure::Again { error } => self.strike(&flight.step, &error)?,
            Failure::Problem { kind, text, at } => {
                self.strikes.clear(&flight.item);
                self.fail(&flight.step, kind, &text, at.as_ref())?;
            }
            Failure::DiskFull => {
                self.room.disk_is_full();
                self.without_room(&flight.step)?;
            }
            Failure::ServerFull => {
                self.room.server_is_full();
                self.without_room(&flight.step)?;
            }
            Failure::Stop(stopped) => return Err(stopped),
        }
        Ok(())
    }

    /// What fails for want of room, and is not known to need any, rests by itself.
    fn without_room(&mut self, step: &Step) -> Result<(), Stopped> {
        if self.room.may_begin(step) { self.strike(step, "there is no room for it") } else { Ok(()) }
    }

    fn count(&mut self, flight: &Flight, done: &Done) {
        let tally = &mut self.tally;
        match done {
            Done::Hashed { .. } => {}
            Done::Downloaded { .. } => {
                tally.downloaded += 1;
                self.room.disk_has_room();
            }
            Done::Uploaded { .. } => {
                tally.uploaded += 1;
                self.room.server_has_room();
            }
            Done::MovedLocal { .. } if matches!(flight.step, Step::MoveLocal { conflict: true, .. }) => {
                tally.conflicts += 1;
            }
            Done::MadeLocal { .. }
            | Done::MovedLocal { .. }
            | Done::MadeRemote { .. }
            | Done::MovedRemote { .. } => tally.arranged += 1,
            Done::Trashed { .. } => {
                tally.removed += 1;
                self.planning.deleted(Side::Local, flight.before.agreed);
            }
            Done::DeletedRemote { .. } => {
                tally.removed += 1;
                self.planning.deleted(Side::Remote, flight.before.agreed);
            }
        }
    }

    /// Keeps where uploads can be resumed.
    pub(super) fn keep_sessions(&mut self) -> Result<(), Stopped> {
        for (local, stamp, kept) in self.flights.kept() {
            if let Some(session) = kept.take() {
                self.state.keep_session(*local, stamp, &session)?;
            }
        }
        Ok(())
    }
}

/// Whether the server tells of it in its next answer.
fn is_echoed(done: &Done) -> bool {
    match done {
        Done::Uploaded { .. }
        | Done::MadeRemote { .. }
        | Done::MovedRemote { .. }
        | Done::DeletedRemote { .. } => true,
        Done::Hashed { .. }
        | Done::Downloaded { .. }
        | Done::MadeLocal { .. }
        | Done::MovedLocal { .. }
        | Done::Trashed { .. } => false,
    }
}

/// Whether it changes something on the server.
fn is_there(step: &Step) -> bool {
    match step {
        Step::Upload { .. }
        | Step::MakeRemote { .. }
        | Step::MoveRemote { .. }
        | Step::DeleteRemote { .. } => true,
        Step::Hash { .. }
        | Step::Download { .. }
        | Step::MakeLocal { .. }
        | Step::MoveLocal { .. }
        | Step::TrashLocal { .. } => false,
    }
}

/// Writes it down.
fn write(state: &mut State, step: Option<&Step>, done: &Done) -> Result<(), StateError> {
    match done {
        Done::Hashed { local, stamp, hash } => {
            state.set_hash(*local, stamp, *hash)?;
        }
        Done::Downloaded { remote, from, to, replaces, stamp, executable, file } => {
            state.placed(&Placed {
                remote: remote.clone(),
                from: from.clone(),
                to: to.clone(),
                replaces: *replaces,
                seen: LocalSeen::File { stamp: *stamp, executable: *executable },
                file: Some(file.clone()),
            })?;
        }
        Done::MadeLocal { remote, from, to, identity } => {
            state.placed(&Placed {
                remote: remote.clone(),
                from: from.clone(),
                to: to.clone(),
                replaces: None,
                seen: LocalSeen::Folder { identity: *identity },
                file: None,
            })?;
        }
        Done::MovedLocal { local, to, stamp } => {
            let conflict = matches!(step, Some(Step::MoveLocal { conflict: true, .. }));
            let follows = !conflict && !is_on_its_way(&to.name);
            state.moved_local(*local, to, stamp.as_ref(), follows)?;
        }
        Done::Trashed { local } => {
            state.trashed(*local)?;
        }
        Done::Uploaded { local, stamp, remote, place, file } => {
            state.sent(&Sent {
                local: *local,
                remote: remote.clone(),
                to: place.clone(),
                file: Some(file.clone()),
                stamp: Some(*stamp),
            })?;
            state.drop_session(*local)?;
        }
        Done::MadeRemote { local, remote, place } => state.sent(&Sent {
            local: *local,
            remote: remote.clone(),
            to: place.clone(),
            file: None,
            stamp: None,
        })?,
        Done::MovedRemote { local: None, .. } => {}
        Done::MovedRemote { local: Some(local), remote, place, file } => state.sent(&Sent {
            local: *local,
            remote: remote.clone(),
            to: place.clone(),
            file: file.clone(),
            stamp: None,
        })?,
        Done::DeletedRemote { remote } => state.deleted_remote(remote)?,
    }
    Ok(())
}

/// Tells people what was done.
fn note(state: &mut State, flight: Option<&Flight>, done: &Done, at_s: i64) -> Result<(), StateError> {
    let (did, path, detail) = match done {
        Done::Hashed { .. } => return Ok(()),
        Done::Downloaded { to, .. } => (Did::Downloaded, place(state, to)?, None),
        Done::MadeLocal { to, .. } => (Did::MadeLocal, place(state, to)?, None),
        Done::MovedLocal { local, to, .. } => {
            let from = flight.and_then(|flight| flight.footprint.local.first()).map(ToString::to_string);
            let is_conflict =
                flight.is_some_and(|flight| matches!(flight.step, Step::MoveLocal { conflict: true, .. }));
            if is_conflict {
                let name = from.as_deref().map_or("", |from| from.rsplit('/').next().unwrap_or(from));
                state.set_conflict(*local, name, at_s)?;
            }
            (if is_conflict { Did::Conflict } else { Did::MovedLocal }, place(state, to)?, from)
        }
        Done::Trashed { .. } => {
            let path = flight.and_then(|flight| flight.footprint.local.first()).map(ToString::to_string);
            (Did::TrashedLocal, path.unwrap_or_default(), None)
        }
        Done::Uploaded { local, .. } => (Did::Uploaded, here(state, *local)?, None),
        Done::MadeRemote { local, .. } => (Did::MadeRemote, here(state, *local)?, None),
        // Nobody gave it the name that it has lost.
        Done::MovedRemote { local: None, .. } => return Ok(()),
        Done::MovedRemote { local: Some(local), .. } => {
            (Did::MovedRemote, here(state, *local)?, there(flight).map(str::to_owned))
        }
        Done::DeletedRemote { .. } => {
            (Did::DeletedRemote, there(flight).unwrap_or_default().to_owned(), None)
        }
    };
    state.note(&LogEntry { at_s, did, path, detail })
}

fn place(state: &State, to: &crate::trees::Place<crate::trees::LocalId>) -> Result<String, StateError> {
    let path = state.local_path(to.parent)?.and_then(|folder| folder.join(&to.name));
    Ok(path.map(|path| path.to_string()).unwrap_or_default())
}

fn here(state: &State, local: crate::trees::LocalId) -> Result<String, StateError> {
    Ok(state.local_path(local)?.map(|path| path.to_string()).unwrap_or_default())
}

/// Where the server had it before.
fn there(flight: Option<&Flight>) -> Option<&str> {
    Some(flight?.before.there.as_ref()?.as_str().trim_start_matches('/'))
}
