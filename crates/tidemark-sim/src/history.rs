//! Which contents there ever were, who made them, and who did away with them: what the checkers judge by.
//!
//! People only do away with what they see: with what is on their own machine's disk, or, if they work directly on the
//! server, with what is there at that instant. A content that nobody did away with must not be lost, and one that
//! somebody did away with must not come back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tidemark_sync::ports::LocalPath;
use tokio::time::Instant;

use crate::disk::{Laid, Listing};

/// How long something has just arrived.
const JUST_NS: i64 = 500_000_000;

/// How long it takes until everybody has seen what somebody did.
const SOON: Duration = Duration::from_secs(60);

/// All contents of a run. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct History(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    contents: BTreeMap<Bytes, Content>,
    /// Who was at work in which place, and when.
    acts: Vec<Act>,
    /// What somebody called otherwise: before, and since then.
    renames: Vec<(Act, String)>,
    /// Whether anything was ever locked.
    locked: bool,
}

/// Somebody was at work in a place.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    by: &'static str,
    /// The path, as those see it who do not tell names apart by case.
    place: String,
    at: Instant,
}

impl Act {
    fn new(path: &LocalPath, by: &'static str) -> Act {
        Act { by, place: format!("{}/", path.as_str().to_lowercase()), at: Instant::now() }
    }

    /// The same, by every name that it had before.
    fn ever(&self, renames: &[(Act, String)]) -> Vec<Act> {
        let mut names = vec![self.clone()];
        // The last first: what is older than a rename was called by the name from before it.
        for renamed in renames.iter().rev() {
            for index in 0..names.len() {
                if let Some(older) = names[index].before(renamed)
                    && !names.iter().any(|name| name.place == older.place)
                {
                    names.push(older);
                }
            }
        }
        names
    }

    /// The same, by the name that its folder had before this.
    fn before(&self, (old, new): &(Act, String)) -> Option<Act> {
        let rest = self.place.strip_prefix(new).filter(|_| self.by == old.by && old.at <= self.at)?;
        Some(Act { place: format!("{}{rest}", old.place), ..self.clone() })
    }

    /// Whether it is about what the other is about, by somebody else, at about the same time.
    fn meets(&self, other: &Act) -> bool {
        let apart = self.at.max(other.at) - self.at.min(other.at);
        self.by != other.by && apart < SOON && other.place.starts_with(&self.place)
    }
}

/// What became of a content.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    /// How often somebody put it somewhere: wrote it, or copied it.
    pub(crate) placed: u32,
    /// Who did, and where.
    pub(crate) placed_by: BTreeSet<&'static str>,
    places: Vec<Act>,
    /// Who overwrote or deleted it, having seen it.
    pub(crate) ended_by: BTreeSet<&'static str>,
    /// Whether somebody moved it, or touched its file or a folder that it was in.
    pub(crate) handled: bool,
    /// Whether a power cut took it from a disk, or gave it back to one.
    pub(crate) cut: bool,
    /// Whether it came to the server long after whoever sent it had died.
    pub(crate) late: bool,
    /// Whether it was on the server at some time.
    pub(crate) sent: bool,
    /// When the engine put it on a machine's disk last, in nanoseconds since 1970.
    arrived_ns: BTreeMap<&'static str, i64>,
}

impl History {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, bytes: &Bytes, change: impl FnOnce(&mut Content)) {
        change(self.known().contents.entry(bytes.clone()).or_default());
    }

    /// Somebody put it somewhere.
    pub(crate) fn placed(&self, bytes: &Bytes, path: &LocalPath, by: &'static str) {
        self.change(bytes, |content| {
            content.placed += 1;
            content.placed_by.insert(by);
            content.places.push(Act::new(path, by));
        });
    }

    /// Somebody was at work in this place, and on whatever is in it.
    pub(crate) fn acted(&self, path: &LocalPath, by: &'static str) {
        self.known().acts.push(Act::new(path, by));
    }

    /// Somebody called this otherwise. Whatever others do with it, they do under the name that it had.
    pub(crate) fn renamed(&self, from: &LocalPath, to: &LocalPath, by: &'static str) {
        self.known().renames.push((Act::new(from, by), Act::new(to, by).place));
    }

    /// Somebody did away with the place of something that the engine had in its hands: what they had just put there, they did
    /// away with.
    pub(crate) fn ended_in_hand(&self, bytes: &Bytes, path: &LocalPath, by: &'static str) {
        let now = Act::new(path, by);
        self.change(bytes, |content| {
            let is_mine =
                |place: &Act| place.by == by && place.place == now.place && now.at - place.at < SOON;
            if content.places.iter().any(is_mine) {
                content.ended_by.insert(by);
            }
        });
    }

    /// The engine put it on this machine's disk.
    pub(crate) fn arrived(&self, bytes: &Bytes, at: &'static str, now_ns: i64) {
        self.change(bytes, |content| {
            content.arrived_ns.insert(at, now_ns);
        });
    }

    /// Somebody did away with it on their machine. Whoever does so with what has just arrived does it before the engine has
    /// written down that it has: then it comes once more.
    pub(crate) fn ended_here(&self, bytes: &Bytes, by: &'static str, now_ns: i64) {
        self.change(bytes, |content| {
            let arrived_ns = content.arrived_ns.get(by);
            content.handled |= arrived_ns.is_some_and(|arrived_ns| now_ns - arrived_ns < JUST_NS);
        });
        self.ended(bytes, by);
    }

    /// Somebody overwrote or deleted it, having seen it.
    pub(crate) fn ended(&self, bytes: &Bytes, by: &'static str) {
        self.change(bytes, |content| {
            content.ended_by.insert(by);
        });
    }

    /// Somebody moved it, or touched its file or a folder that it is in.
    pub(crate) fn handled(&self, bytes: &Bytes) {
        self.change(bytes, |content| content.handled = true);
    }

    /// It is on the server.
    pub(crate) fn sent(&self, bytes: &Bytes) {
        self.change(bytes, |content| content.sent = true);
    }

    /// Whether anybody ever made this.
    pub(crate) fn knows(&self, bytes: &Bytes) -> bool {
        bytes.is_empty() || self.known().contents.contains_key(bytes)
    }

    /// The contents that lie somewhere.
    pub(crate) fn contents_of(&self, listing: &Listing) -> BTreeSet<Bytes> {
        let bytes = |laid: &Laid| match laid {
            Laid::File(bytes) if !bytes.is_empty() => Some(bytes.clone()),
            Laid::File(_) | Laid::Folder | Laid::Other => None,
        };
        listing.values().filter_map(bytes).collect()
    }

    /// This came to the server long after whoever sent it had died: a content, or only a question.
    pub(crate) fn came_late(&self, bytes: &Bytes) {
        if let Some(content) = self.known().contents.get_mut(bytes) {
            content.late = true;
        }
    }

    /// A machine lost power: what it has now is what its people see, whatever it was before.
    pub(crate) fn power_was_cut(&self, _: &'static str, before: &BTreeSet<Bytes>, after: &Listing) {
        let after = self.contents_of(after);
        for bytes in before.symmetric_difference(&after) {
            self.change(bytes, |content| content.cut = true);
        }
    }

    /// The server was put back to an earlier state: what it had since then, and no machine has, nobody can bring back.
    pub(crate) fn server_was_restored(&self, before: &Listing, elsewhere: &[Listing]) {
        let elsewhere: BTreeSet<Bytes> =
            elsewhere.iter().flat_map(|listing| self.contents_of(listing)).collect();
        for bytes in self.contents_of(before).difference(&elsewhere) {
            self.change(bytes, |content| (content.cut, content.sent) = (true, false));
        }
    }

    /// Somebody keeps an engine from something.
    pub(crate) fn locked(&self) {
        self.known().locked = true;
    }

    /// Whether anybody ever did.
    pub(crate) fn has_locks(&self) -> bool {
        self.known().locked
    }

    /// Each content with what became of it. Those in whose place somebody else was at work at that time were handled, too: the
    /// same file may have been meant, with other bytes.
    pub(crate) fn all(&self) -> Vec<(Bytes, Content)> {
        let known = self.known();
        let with = |(bytes, content): (&Bytes, &Content)| {
            let mut content = content.clone();
            let places: Vec<Act> =
                content.places.iter().flat_map(|place| place.ever(&known.renames)).collect();
            // Whatever is on its way, somebody just moved.
            content.handled |= places.iter().any(|place| place.place.contains(".tidemark-moving-"));
            content.handled |= known.acts.iter().any(|act| places.iter().any(|place| act.meets(place)));
            (bytes.clone(), content)
        };
        known.contents.iter().map(with).collect()
    }
}

/// A content, as a person can find it in a trace: it begins with words of its own.
pub(crate) struct Named<'a>(pub(crate) &'a Bytes);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.split(|byte| *byte == b'\n').next().unwrap_or_default();
        write!(f, "{:?} ({} bytes)", String::from_utf8_lossy(&words[..words.len().min(24)]), self.0.len())
    }
}
