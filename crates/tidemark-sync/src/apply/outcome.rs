//! What a step led to.

use std::time::Duration;

use tidemark_client::{Error, RefusalKind};

use crate::driver::Stopped;
use crate::ports::{DiskError, DiskFault, Identity, LocalPath, Stamp};
use crate::state::ProblemKind;
use crate::trees::{ContentHash, LocalId, Place, RemoteFile, RemoteId};

/// What a step led to.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is done: this is to be recorded. These places should be looked at again all the same, because somebody was at work
    /// there meanwhile.
    Done(Box<Done>, Vec<LocalPath>),
    /// Something is not as it was observed.
    Changed(Changed),
    /// It could not be done.
    Failed(Failure),
}

/// What is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// A file was read.
    Hashed { local: LocalId, stamp: Stamp, hash: ContentHash },
    /// A file came, in a free place or for another one.
    Downloaded {
        remote: RemoteId,
        from: Place<RemoteId>,
        to: Place<LocalId>,
        replaces: Option<LocalId>,
        stamp: Stamp,
        executable: bool,
        file: RemoteFile,
    },
    /// A folder was made here.
    MadeLocal { remote: RemoteId, from: Place<RemoteId>, to: Place<LocalId>, identity: Identity },
    /// Something was moved here; a file has this stamp now.
    MovedLocal { local: LocalId, to: Place<LocalId>, stamp: Option<Stamp> },
    /// Something was put into the trash.
    Trashed { local: LocalId },
    /// A file was sent, as these bytes; it had this stamp before and after.
    Uploaded { local: LocalId, stamp: Stamp, remote: RemoteId, place: Place<RemoteId>, file: RemoteFile },
    /// A folder was made there.
    MadeRemote { local: LocalId, remote: RemoteId, place: Place<RemoteId> },
    /// Something was moved there; a file is of this revision now.
    MovedRemote { local: Option<LocalId>, remote: RemoteId, place: Place<RemoteId>, file: Option<RemoteFile> },
    /// Something was deleted there.
    DeletedRemote { remote: RemoteId },
}

/// Where something is not as it was observed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Here: these places are to be looked at.
    pub(crate) local: Vec<LocalPath>,
    /// There: the server is to be asked.
    pub(crate) remote: bool,
}

/// Why a step could not be taken, by what is to be done about it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server cannot be asked at present. Whatever the step does there may have happened.
    Offline { error: String, after: Option<Duration> },
    /// Something went wrong that may go right another time. If it does not, somebody should know.
    Again { error: String },
    /// Somebody must do something about it: where what it is about lies, or else at this place here.
    Problem { kind: ProblemKind, text: String, at: Option<LocalPath> },
    /// There is no room here.
    DiskFull,
    /// There is no room there.
    ServerFull,
    /// Nothing at all can be done.
    Stop(Stopped),
}

impl Changed {
    pub(crate) fn here(path: &LocalPath) -> Changed {
        Changed { local: vec![path.clone()], remote: false }
    }

    pub(crate) fn there() -> Changed {
        Changed { local: Vec::new(), remote: true }
    }
}

/// Why a step ended before it was done.
#[derive(Debug)]
pub(super) enum Ended {
    Changed(Changed),
    Failed(Failure),
}

impl From<Ended> for Outcome {
    fn from(ended: Ended) -> Outcome {
        match ended {
            Ended::Changed(changed) => Outcome::Changed(changed),
            Ended::Failed(failure) => Outcome::Failed(failure),
        }
    }
}

impl From<Changed> for Ended {
    fn from(changed: Changed) -> Ended {
        Ended::Changed(changed)
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Ended {
        Ended::Failed(failure)
    }
}

impl From<DiskError> for Ended {
    fn from(error: DiskError) -> Ended {
        match error.fault {
            // Whoever looks at the place and at what is around it finds out which it was.
            DiskFault::Missing | DiskFault::Taken | DiskFault::NotEmpty | DiskFault::Different => {
                let folder = error.path.split().map(|(folder, _)| folder);
                let local = [Some(error.path.clone()), folder].into_iter().flatten().collect();
                Changed { local, remote: false }.into()
            }
            DiskFault::Denied => problem(ProblemKind::Denied, &error),
            DiskFault::BadName => problem(ProblemKind::BadName, &error),
            DiskFault::Full => Failure::DiskFull.into(),
            DiskFault::Unmounted => Failure::Stop(Stopped::RootMissing).into(),
            DiskFault::TooMany | DiskFault::Broken => Failure::Again { error: chain(&error) }.into(),
        }
    }
}

fn problem(kind: ProblemKind, error: &DiskError) -> Ended {
    Failure::Problem { kind, text: chain(error), at: None }.into()
}

/// What a failed exchange with the server means for a step. Where something else in the place is an answer, it was changed.
impl From<Error> for Ended {
    fn from(error: Error) -> Ended {
        let Some(kind) = error.kind() else {
            return match error {
                Error::Malformed(_) | Error::Corrupted => Failure::Again { error: chain(&error) }.into(),
                Error::Body(_) => Failure::Again { error: chain(&error) }.into(),
                _ => offline(&error).into(),
            };
        };
        match kind {
            RefusalKind::NotFound
            | RefusalKind::Conflict
            | RefusalKind::ChangedSince
            | RefusalKind::Range => Changed::there().into(),
            RefusalKind::Unauthorized => Failure::Stop(Stopped::Unlinked).into(),
            RefusalKind::OutOfSpace => Failure::ServerFull.into(),
            RefusalKind::RateLimited { .. } | RefusalKind::Unavailable { .. } | RefusalKind::TooSlow => {
                offline(&error).into()
            }
            RefusalKind::BadRequest
            | RefusalKind::Forbidden
            | RefusalKind::TooLarge
            | RefusalKind::Unsupported
            | RefusalKind::Elsewhere
            | RefusalKind::Other => {
                Failure::Problem { kind: ProblemKind::Denied, text: chain(&error), at: None }.into()
            }
        }
    }
}

fn offline(error: &Error) -> Failure {
    Failure::Offline { error: chain(error), after: error.retry_after() }
}

/// An error, and what it came from.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}
