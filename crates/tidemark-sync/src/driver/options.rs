//! How a sync folder is to be kept.

use std::sync::Arc;
use std::time::Duration;

use crate::marker::Ties;
use crate::plan::Direction;
use crate::ports::{Clock, Entropy};

/// What the engine needs of the world beside the disk and the server.
#[derive(Clone)]
pub struct Seams {
    /// What time it is: for the log, the names of conflict copies and the age of what lies in the trash.
    pub clock: Arc<dyn Clock>,
    /// For the spread of repetitions in time.
    pub entropy: Arc<dyn Entropy>,
}

/// From how many deletions on nobody is believed to have meant them: they are held until somebody releases them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MassLimits {
    /// More than so many.
    pub count: u64,
    /// And more than this share of all that is synced.
    pub share: f64,
    /// Or all that is synced, if it is at least so much.
    pub everything: u64,
}

impl Default for MassLimits {
    fn default() -> MassLimits {
        MassLimits { count: 100, share: 0.25, everything: 2 }
    }
}

impl MassLimits {
    /// Whether this many deletions, of so many synced items, are too many to be believed.
    #[must_use]
    pub fn exceeded(&self, gone: u64, all: u64) -> bool {
        let many = gone > self.count && gone as f64 > all as f64 * self.share;
        many || (gone == all && gone >= self.everything)
    }
}

/// How a sync folder is to be kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which side follows the other.
    pub direction: Direction,
    /// What the folder must be in sync with, by its marker. None only where no folder can be mistaken for another.
    pub ties: Option<Ties>,
    /// What this machine is called, in the names of conflict copies.
    pub device: Box<str>,
    /// How many large files are on their way at once, at most, of up to [`Options::TRANSFERS_MAX`]; or four times as many small ones.
    pub transfers: usize,
    /// How long a place must have been quiet before it is looked at.
    pub calm: Duration,
    /// How long a place that is never quiet waits to be looked at.
    pub calm_max: Duration,
    /// How often the whole folder is looked through, for what nobody told.
    pub rescan: Duration,
    /// The same where nobody tells anything: on a disk that cannot be watched, or if it should not be.
    pub rescan_blind: Duration,
    /// How long what was removed lies in the trash.
    pub trash_age: Duration,
    /// Which deletions are held.
    pub mass: MassLimits,
    /// Whether the disk is asked to tell what changes.
    pub watch: bool,
}

impl Options {
    /// Each step under way may keep a thread that can block: beyond this, the process could run out of them.
    pub const TRANSFERS_MAX: usize = 64;
}

impl Default for Options {
    fn default() -> Options {
        Options {
            direction: Direction::Both,
            ties: None,
            device: "this device".into(),
            transfers: 8,
            calm: Duration::from_millis(40),
            calm_max: Duration::from_secs(2),
            rescan: Duration::from_secs(3600),
            rescan_blind: Duration::from_secs(30),
            trash_age: Duration::from_secs(30 * 24 * 3600),
            mass: MassLimits::default(),
            watch: true,
        }
    }
}
