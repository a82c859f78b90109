//! What the engine is about, for whoever looks at it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::state::{Counts, Settings, Side};

/// What somebody wants of a running engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Change nothing any more, on either side, until [`Command::Resume`]. It is kept over restarts.
    Pause,
    /// Go on.
    Resume,
    /// The deletions that are held now are meant.
    Release,
    /// Look through the whole folder, ask the server, and try again whatever has failed.
    Rescan,
    /// Finish the steps that are under way, and end.
    Stop,
}

/// What a running engine is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// In short.
    pub phase: Phase,
    /// What keeps a part of the work from being done, while everything else goes on.
    pub hindrances: Vec<Hindrance>,
    /// Which files are under way.
    pub transfers: Vec<Transfer>,
    /// How much there is, how much of it is not settled, and how many problems there are.
    pub counts: Counts,
    /// What was done since the beginning.
    pub done: Tally,
    /// Whether the disk tells what changes. If not, the whole folder is looked through again and again.
    pub watching: bool,
    /// How often it was planned, and something was planned, since there was nothing left to do. It is small unless somebody
    /// works all the time, or something goes round in circles.
    pub rounds_since_quiet: u32,
}

/// What a running engine is about, in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It asks the server what is there.
    #[default]
    Starting,
    /// It looks through the folder.
    Scanning,
    /// Something is to do.
    Syncing,
    /// Nothing is to do, but for what has a problem.
    UpToDate,
    /// Nothing can be done but what is hindered: see [`Status::hindrances`].
    Hindered,
    /// Somebody wants nothing to be done.
    Paused,
    /// The server cannot be asked at present.
    Offline {
        /// Since when.
        since: SystemTime,
        /// When it is asked again.
        retry: SystemTime,
        /// Why.
        error: Arc<str>,
    },
    /// It has ended.
    Stopped(Stopped),
}

/// What keeps a part of the work from being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// More is gone on one side than anybody would delete: it is not deleted on the other.
    MassDeletion {
        /// Where it would be deleted.
        on: Side,
        /// How many files and folders.
        count: u64,
        /// Of how many.
        of: u64,
    },
    /// The disk is full: nothing is downloaded.
    DiskFull,
    /// The account, or the server, is full: nothing is uploaded.
    ServerFull,
    /// Somebody wants nothing to be done.
    Paused,
}

/// A file that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Where it is, or will be, in the sync folder.
    pub path: Box<str>,
    /// To which side.
    pub to: Side,
    /// How many bytes have passed.
    pub passed: u64,
    /// Of how many.
    pub size: u64,
}

/// How much was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Files brought here.
    pub downloaded: u64,
    /// Files brought to the server.
    pub uploaded: u64,
    /// What was moved, renamed, or made (a folder), on either side.
    pub arranged: u64,
    /// What was removed, on either side.
    pub removed: u64,
    /// Conflict copies.
    pub conflicts: u64,
}

/// Why an engine ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Somebody wanted it.
    Asked,
    /// The sync folder, or what marks it as one, is not there.
    RootMissing,
    /// The sync folder belongs to something else: another server, account or device, or it is another folder.
    RootChanged(Arc<str>),
    /// The link is of another account than the folder, or of another server.
    OtherAccount,
    /// The server does not accept this link any more.
    Unlinked,
    /// What the account keeps here (the app's folder) is not there any more.
    AppFolderGone,
    /// This server does not tell what folder sync needs: which entry is which.
    ServerTooOld,
    /// What is kept about the folder cannot be read or written.
    State(Arc<str>),
    /// What is kept about the folder is damaged: it is to be set aside and begun anew, which deletes nothing.
    Damaged(Arc<str>),
    /// There is no room on the disk for what is kept about the folder.
    StateFull,
    /// The disk fails.
    Disk(Arc<str>),
    /// The server was not reached again and again, and nobody wants to wait longer.
    Unreachable(Arc<str>),
}

/// What came of running once.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Why it ended before everything was done, if it did.
    pub stopped: Option<Stopped>,
    /// What could not be done for now.
    pub hindrances: Vec<Hindrance>,
    /// How many files and folders have problems.
    pub problems: u64,
    /// What was done.
    pub done: Tally,
}

impl Summary {
    /// Whether both sides are the same now.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.hindrances.is_empty() && self.problems == 0
    }
}

impl std::fmt::Display for Hindrance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Hindrance::MassDeletion { on, count, of } => {
                let place = match on {
                    Side::Local => "here",
                    Side::Remote => "on the server",
                };
                write!(f, "{count} of {of} would be deleted {place}, and are held")
            }
            Hindrance::DiskFull => f.write_str("the disk is full"),
            Hindrance::Paused => f.write_str("it is paused"),
            Hindrance::ServerFull => f.write_str("the server has no room for more"),
        }
    }
}

impl Hindrance {
    /// What the last engine held, and nobody has released since.
    pub fn held(settings: &Settings) -> impl Iterator<Item = Hindrance> {
        let (held, released) = (settings.held.unwrap_or_default(), settings.released.unwrap_or_default());
        let sides = [
            (Side::Remote, held.gone_locally, released.gone_locally),
            (Side::Local, held.gone_remotely, released.gone_remotely),
        ];
        let sides = sides.into_iter().filter(|(_, count, released)| count > released);
        sides.map(move |(on, count, _)| Hindrance::MassDeletion { on, count, of: held.synced })
    }

    /// What somebody can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Hindrance::MassDeletion { .. } => {
                "if these deletions are meant, release them; if not, put the files back where they were"
            }
            Hindrance::DiskFull => "make room on this disk; downloads go on by themselves then",
            Hindrance::ServerFull => "make room in the account; uploads go on by themselves then",
            Hindrance::Paused => "resume it",
        }
    }
}

impl Stopped {
    /// What somebody can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Stopped::Asked => "start it again whenever you like",
            Stopped::RootMissing => {
                "mount the disk or put the folder back; to begin anew, set up the folder again: nothing is deleted"
            }
            Stopped::RootChanged(_) => {
                "use the folder that was set up, or set up this one: what is in both places is merged"
            }
            Stopped::OtherAccount => {
                "link the account that this folder was set up with, or set up another folder"
            }
            Stopped::Unlinked => "link this machine again",
            Stopped::AppFolderGone => {
                "restore the app's folder on the server, or set up the folder again: nothing is deleted"
            }
            Stopped::ServerTooOld => "update the server",
            Stopped::State(_) => "check the disk",
            Stopped::Damaged(_) => {
                "check the disk; the state is begun anew, and what is in both places is merged"
            }
            Stopped::StateFull => "make room on this disk",
            Stopped::Disk(_) => "check the disk and the folder's permissions",
            Stopped::Unreachable(_) => "check the connection and the server's address, and start it again",
        }
    }
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stopped::Asked => f.write_str("it was asked to stop"),
            Stopped::RootMissing => f.write_str("the sync folder is missing"),
            Stopped::RootChanged(why) => write!(f, "this is not the sync folder: {why}"),
            Stopped::OtherAccount => f.write_str("the link is another account's, or another server's"),
            Stopped::Unlinked => f.write_str("the server does not accept the link any more"),
            Stopped::AppFolderGone => f.write_str("the app's folder on the server is gone"),
            Stopped::ServerTooOld => f.write_str("the server is too old for folder sync"),
            Stopped::StateFull => f.write_str("no room on the disk for what is kept about the folder"),
            Stopped::Damaged(error) => write!(f, "what is kept about the folder is damaged: {error}"),
            Stopped::State(error) => write!(f, "what is kept about the folder cannot be used: {error}"),
            Stopped::Disk(error) => write!(f, "the disk fails: {error}"),
            Stopped::Unreachable(error) => write!(f, "the server gives no answer: {error}"),
        }
    }
}

/// How long a status may be behind what it tells of transfers.
pub(super) const REFRESH: Duration = Duration::from_millis(250);
