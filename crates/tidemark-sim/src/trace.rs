//! What happened, in order: a running hash of all of it, and the last of it in words.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// How many events a failure shows.
const LAST: usize = 60;

/// Where every part of a world notes what it does. Clones note to the same place.
#[derive(Clone)]
pub(crate) struct Trace(Arc<Mutex<Events>>);

struct Events {
    began: Instant,
    hash: u64,
    count: u64,
    keep: Keep,
    last: VecDeque<String>,
    seen: BTreeMap<&'static str, u64>,
    failure: Option<String>,
}

/// How much of what happened is kept in words.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keep {
    /// Nothing: only the hash is wanted.
    Nothing,
    /// What a failure shows.
    Last,
    /// Everything.
    All,
    /// Everything, told as it happens.
    Told(fn(&str)),
}

/// More than this happens in no run that ends.
const EVENTS_MAX: u64 = 300_000;

impl Trace {
    /// An empty one, which begins now.
    pub(crate) fn new(keep: Keep) -> Trace {
        Trace(Arc::new(Mutex::new(Events {
            began: Instant::now(),
            hash: 0xcbf2_9ce4_8422_2325,
            count: 0,
            keep,
            last: VecDeque::new(),
            seen: BTreeMap::new(),
            failure: None,
        })))
    }

    fn events(&self) -> MutexGuard<'_, Events> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an event.
    pub(crate) fn note(&self, what: fmt::Arguments<'_>) {
        self.keep(what);
        // Whoever goes on for ever is stopped here, even if no time passes.
        assert!(self.digest().count < EVENTS_MAX, "it goes on for ever");
    }

    fn keep(&self, what: fmt::Arguments<'_>) {
        let mut events = self.events();
        let at = events.began.elapsed();
        let line = format!("{:>9.3} {what}", at.as_secs_f64());
        for byte in line.bytes() {
            events.hash = (events.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        events.count += 1;
        match events.keep {
            Keep::Nothing => return,
            Keep::Told(tell) => return tell(&line),
            Keep::Last if events.last.len() == LAST => drop(events.last.pop_front()),
            Keep::Last | Keep::All => {}
        }
        events.last.push_back(line);
    }

    /// Counts that something of this kind happened, so that nobody believes in faults that never do.
    pub(crate) fn count(&self, kind: &'static str) {
        *self.events().seen.entry(kind).or_default() += 1;
    }

    /// Something happened that must not. Only the first is kept: what follows is often its consequence.
    pub(crate) fn fail(&self, why: fmt::Arguments<'_>) {
        self.keep(format_args!("FAILED {why}"));
        let mut events = self.events();
        if events.failure.is_none() {
            events.failure = Some(why.to_string());
        }
    }

    /// Why the run failed, if it did.
    pub(crate) fn failure(&self) -> Option<String> {
        self.events().failure.clone()
    }

    /// What all of it comes to.
    pub(crate) fn digest(&self) -> Digest {
        let events = self.events();
        Digest { hash: events.hash, count: events.count }
    }

    /// What is kept in words.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.events().last.iter().cloned().collect()
    }

    /// How often each kind of thing happened.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.events().seen.clone()
    }
}

/// Notes an event in a [`Trace`].
macro_rules! note {
    ($trace:expr, $($what:tt)*) => { $trace.note(format_args!($($what)*)) };
}
pub(crate) use note;

/// What a trace comes to: two runs with equal ones did the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    hash: u64,
    /// How many events there were.
    pub count: u64,
}
