//! What the system's refusals mean.

use std::io;

use rustix::io::Errno;

use crate::ports::{DiskError, DiskFault, LocalPath};

/// Why something could not be done, before it is said on what.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) fault: DiskFault,
    source: Option<io::Error>,
}

impl Refusal {
    /// One that the system had no part in.
    pub(super) fn of(fault: DiskFault) -> Refusal {
        Refusal { fault, source: None }
    }

    /// One with more to say than its kind.
    pub(super) fn because(fault: DiskFault, source: io::Error) -> Refusal {
        Refusal { fault, source: Some(source) }
    }

    /// What was attempted, and on what.
    pub(super) fn told(self, attempted: &'static str, path: &LocalPath) -> DiskError {
        DiskError { attempted, path: path.clone(), fault: self.fault, source: self.source }
    }
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Refusal {
        Refusal::because(meaning(errno), errno.into())
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        let fault = Errno::from_io_error(&error).map_or(DiskFault::Broken, meaning);
        Refusal::because(fault, error)
    }
}

fn meaning(errno: Errno) -> DiskFault {
    match errno {
        Errno::NOENT => DiskFault::Missing,
        Errno::EXIST => DiskFault::Taken,
        Errno::NOTEMPTY => DiskFault::NotEmpty,
        // A link on the way, another file system, a file as a folder or the other way round, or a folder into itself.
        Errno::LOOP | Errno::XDEV | Errno::NOTDIR | Errno::ISDIR | Errno::INVAL | Errno::STALE => {
            DiskFault::Different
        }
        // So large a file, this file system cannot have: to make room does not help, and others still fit.
        Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::TXTBSY | Errno::BUSY | Errno::FBIG => {
            DiskFault::Denied
        }
        Errno::NOSPC | Errno::DQUOT | Errno::MLINK => DiskFault::Full,
        Errno::NAMETOOLONG | Errno::ILSEQ => DiskFault::BadName,
        _ => DiskFault::Broken,
    }
}

/// Whether the system, or this file system, does not have this call (with these flags) at all.
pub(super) fn is_lacking(errno: Errno) -> bool {
    // Two of these are one on some systems.
    [Errno::NOSYS, Errno::INVAL, Errno::OPNOTSUPP, Errno::NOTSUP].contains(&errno)
}
