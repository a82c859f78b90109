//! What is under way, and what was answered and not observed yet.

use std::collections::{BTreeMap, BTreeSet};

use tidemark_client::RemotePath;

use super::status::Transfer;
use crate::apply::{Job, Kept, Passed};
use crate::plan::{Busy, Step};
use crate::ports::{Identity, LocalPath, Stamp};
use crate::state::{Placing, Side, State, StateError};
use crate::trees::{Item, LocalId, NameKey, Place};

/// Which of the steps under way. They are never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// Which drain of the server's changes, in the order in which they begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Drain(pub(super) u64);

/// What a step is about: nobody else may be at work there meanwhile.
#[derive(Clone, Debug, Default)]
pub(super) struct Footprint {
    /// Itself, by both sides' names.
    pub(super) items: Vec<Item>,
    /// The folders around it, as they are and as they will be, by both sides' names.
    pub(super) above: Vec<Item>,
    /// Whether whatever is in it moves, or goes, with it.
    pub(super) is_deep: bool,
    /// The places here that it changes.
    pub(super) local: Vec<LocalPath>,
}

/// A step that is under way.
#[derive(Debug)]
pub(super) struct Flight {
    /// What it was planned for.
    pub(super) item: Item,
    pub(super) step: Step,
    pub(super) footprint: Footprint,
    /// How often the disk had been looked at when it began.
    pub(super) scans: u64,
    /// How often the server had begun anew by then.
    pub(super) resets: u64,
    /// If it moves a file's bytes.
    pub(super) transfer: Option<Moving>,
    pub(super) before: Before,
    /// By what the disk knows what it puts into the place of a file, from the moment in which it may be there.
    pub(super) placing: Option<Identity>,
}

/// How it was when a step began. Once it is done, the server may have told of that already, and nobody knows any more.
#[derive(Clone, Debug, Default)]
pub(super) struct Before {
    /// How much that was agreed on the step does away with.
    pub(super) agreed: u64,
    /// Where the server had what it moves or deletes there.
    pub(super) there: Option<RemotePath>,
}

impl Before {
    pub(super) fn of(job: &Job, state: &State) -> Result<Before, StateError> {
        Ok(match job {
            Job::TrashLocal(_) => Before { agreed: 1, there: None },
            Job::MoveRemote(job) => Before { agreed: 0, there: Some(job.from.clone()) },
            Job::DeleteRemote(job) => {
                Before { agreed: state.agreed_below(&job.remote)?, there: Some(job.path.clone()) }
            }
            _ => Before::default(),
        })
    }
}

/// A file's bytes under way.
#[derive(Debug)]
pub(super) struct Moving {
    pub(super) path: LocalPath,
    pub(super) to: Side,
    pub(super) size: u64,
    pub(super) passed: Passed,
    /// Of an upload that can be resumed.
    pub(super) kept: Option<(LocalId, Stamp, Kept)>,
}

/// Everything that is under way.
#[derive(Debug, Default)]
pub(super) struct Flights {
    last: u64,
    flying: BTreeMap<Ticket, Flight>,
    /// What the server answered, until a drain that began afterwards (this one, or a later one) has ended.
    echoes: BTreeMap<Drain, Vec<Footprint>>,
    items: BTreeMap<Item, u32>,
    above: BTreeMap<Item, u32>,
    /// Of `items`, those that take along what is in them.
    deep: BTreeMap<Item, u32>,
    /// The places here that are changed, by the keys of their names: what was moved away from one may have to come back.
    places: BTreeMap<Vec<NameKey>, u32>,
}

impl Flights {
    pub(super) fn len(&self) -> usize {
        self.flying.len()
    }

    /// Whether nothing is under way, and nothing awaited.
    pub(super) fn is_quiet(&self) -> bool {
        self.flying.is_empty() && self.echoes.is_empty()
    }

    pub(super) fn awaits_echo(&self) -> bool {
        !self.echoes.is_empty()
    }

    /// Whether this may go on beside what is under way.
    pub(super) fn admits(&self, footprint: &Footprint) -> bool {
        let is_free = footprint.items.iter().all(|item| !self.items.contains_key(item));
        let is_steady = footprint.above.iter().all(|folder| !self.deep.contains_key(folder));
        let is_alone =
            !footprint.is_deep || footprint.items.iter().all(|item| !self.above.contains_key(item));
        let is_apart = footprint.local.iter().all(|path| !self.places.contains_key(&keys(path)));
        is_free && is_steady && is_alone && is_apart
    }

    pub(super) fn begin(&mut self, flight: Flight) -> Ticket {
        self.last += 1;
        let ticket = Ticket(self.last);
        self.count(&flight.footprint);
        self.flying.insert(ticket, flight);
        ticket
    }

    /// A step ended. Its places are free again, unless an echo is awaited.
    pub(super) fn end(&mut self, ticket: Ticket, echo: Option<Drain>) -> Option<Flight> {
        let flight = self.flying.remove(&ticket)?;
        match echo {
            Some(drain) => self.echoes.entry(drain).or_default().push(flight.footprint.clone()),
            None => self.discount(&flight.footprint),
        }
        Some(flight)
    }

    pub(super) fn get(&self, ticket: Ticket) -> Option<&Flight> {
        self.flying.get(&ticket)
    }

    /// A drain has ended: what was answered before it began is observed now.
    pub(super) fn heard(&mut self, drain: Drain) {
        while let Some(entry) = self.echoes.first_entry().filter(|entry| *entry.key() <= drain) {
            for footprint in entry.remove() {
                self.discount(&footprint);
            }
        }
    }

    /// What the planner must leave alone.
    pub(super) fn busy(&self) -> Busy {
        let mut busy = Busy::new();
        for item in self.items.keys() {
            busy.add(item.clone());
        }
        for folder in self.above.keys() {
            busy.add_above(folder.clone());
        }
        busy
    }

    /// What is moved here, and where to.
    pub(super) fn moving(&self) -> Vec<(LocalId, Place<LocalId>)> {
        let mut moving = Vec::new();
        for flight in self.flying.values() {
            if let Step::MoveLocal { local, to, .. } = &flight.step {
                moving.push((*local, to.clone()));
            }
        }
        moving
    }

    /// The files that are being put into the trash, of what is running.
    pub(super) fn trashing(&self, running: impl Iterator<Item = Ticket>) -> BTreeSet<LocalId> {
        let trashing = running.filter_map(|ticket| {
            let flight = self.get(ticket)?;
            let Step::TrashLocal { local } = flight.step else { return None };
            // A folder is removed where it is, and never comes back.
            (!flight.footprint.is_deep).then_some(local)
        });
        trashing.collect()
    }

    /// How much that was agreed on is being deleted on a side.
    pub(super) fn deleting(&self, on: Side) -> u64 {
        let is_there = |step: &Step| match step {
            Step::DeleteRemote { .. } => on == Side::Remote,
            Step::TrashLocal { .. } => on == Side::Local,
            _ => false,
        };
        let deleting = self.flying.values().filter(|flight| is_there(&flight.step));
        deleting.map(|flight| flight.before.agreed).sum()
    }

    /// A file that has come is going to be put into the place of another.
    pub(super) fn places(&mut self, placing: &Placing) {
        let is_it = |flight: &&mut Flight| match &flight.step {
            Step::Download { remote, replaces: Some(_), .. } => *remote == placing.remote,
            _ => false,
        };
        if let Some(flight) = self.flying.values_mut().find(is_it) {
            flight.placing = Some(placing.stamp.identity);
        }
    }

    /// What is being put into the places of files, and where.
    pub(super) fn placing(&self) -> Vec<(Place<LocalId>, Identity)> {
        let placing = self.flying.values().filter_map(|flight| match &flight.step {
            Step::Download { to, .. } => Some((to.clone(), flight.placing?)),
            _ => None,
        });
        placing.collect()
    }

    /// Whether this makes, moves or removes something here, and nothing else.
    pub(super) fn is_arranging(&self, ticket: Ticket) -> bool {
        self.get(ticket).is_some_and(|flight| match flight.step {
            Step::MakeLocal { .. } | Step::MoveLocal { .. } | Step::TrashLocal { .. } => true,
            Step::Hash { .. }
            | Step::Download { .. }
            | Step::Upload { .. }
            | Step::MakeRemote { .. }
            | Step::MoveRemote { .. }
            | Step::DeleteRemote { .. } => false,
        })
    }

    /// The uploads that can be resumed.
    pub(super) fn kept(&self) -> impl Iterator<Item = &(LocalId, Stamp, Kept)> {
        self.flying.values().filter_map(|flight| flight.transfer.as_ref()?.kept.as_ref())
    }

    /// Whether any file's bytes are under way.
    pub(super) fn has_transfers(&self) -> bool {
        self.flying.values().any(|flight| flight.transfer.is_some())
    }

    /// How far the files are.
    pub(super) fn transfers(&self) -> Vec<Transfer> {
        let moving = self.flying.values().filter_map(|flight| flight.transfer.as_ref());
        moving
            .map(|moving| Transfer {
                path: moving.path.as_str().into(),
                to: moving.to,
                passed: moving.passed.bytes(),
                size: moving.size,
            })
            .collect()
    }

    fn count(&mut self, footprint: &Footprint) {
        for item in &footprint.items {
            *self.items.entry(item.clone()).or_default() += 1;
            if footprint.is_deep {
                *self.deep.entry(item.clone()).or_default() += 1;
            }
        }
        for folder in &footprint.above {
            *self.above.entry(folder.clone()).or_default() += 1;
        }
        for path in &footprint.local {
            *self.places.entry(keys(path)).or_default() += 1;
        }
    }

    fn discount(&mut self, footprint: &Footprint) {
        for item in &footprint.items {
            less(&mut self.items, item);
            if footprint.is_deep {
                less(&mut self.deep, item);
            }
        }
        for folder in &footprint.above {
            less(&mut self.above, folder);
        }
        for path in &footprint.local {
            less(&mut self.places, &keys(path));
        }
    }
}

/// By what places are the same on some disks.
fn keys(path: &LocalPath) -> Vec<NameKey> {
    path.names().map(NameKey::of).collect()
}

fn less<K: Ord>(counts: &mut BTreeMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changing(place: &str) -> Footprint {
        Footprint { local: vec![LocalPath::parse(place).expect("a path")], ..Footprint::default() }
    }

    fn begin(flights: &mut Flights, place: &str) -> Ticket {
        let local = LocalId(1);
        let (item, step) = (Item::Local(local), Step::TrashLocal { local });
        flights.begin(Flight {
            item,
            step,
            footprint: changing(place),
            scans: 0,
            resets: 0,
            transfer: None,
            before: Before::default(),
            placing: None,
        })
    }

    #[test]
    fn nobody_else_changes_a_place_until_whoever_does_has_ended() {
        // What was moved away from it may have to come back, and some disks take other letters for the same name.
        let mut flights = Flights::default();
        let ticket = begin(&mut flights, "Folder/note");
        for (place, is_free) in
            [("Folder/note", false), ("folder/NOTE", false), ("Folder/other", true), ("note", true)]
        {
            assert_eq!(flights.admits(&changing(place)), is_free, "{place}");
        }
        flights.end(ticket, None);
        assert!(flights.admits(&changing("Folder/note")));
        // What the server answered has ended once it was heard from the server as well.
        let ticket = begin(&mut flights, "Folder/note");
        flights.end(ticket, Some(Drain(2)));
        for (drain, is_free) in [(1, false), (2, true)] {
            flights.heard(Drain(drain));
            assert_eq!(flights.admits(&changing("folder/NOTE")), is_free, "after drain {drain}");
        }
    }
}
