//! Saying where: by path, as some protocols do, or by identity, as others do.

use crate::model::{EntryId, Name, Path, UploadTarget};

/// A place in a caller's reach. Whichever way it is said, it is found anew whenever an act is planned, so what moves
/// meanwhile is followed by its identity, and a path means what is there then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// What is at this path. An act that creates something there creates the folders around it, too.
    Path(Path),
    /// This entry, wherever it is.
    Entry(EntryId),
    /// This name in this folder, which must be there.
    In {
        /// The folder.
        folder: EntryId,
        /// The name.
        name: Name,
    },
}

impl From<Path> for Spot {
    fn from(path: Path) -> Spot {
        Spot::Path(path)
    }
}

impl From<&Path> for Spot {
    fn from(path: &Path) -> Spot {
        Spot::Path(path.clone())
    }
}

impl From<&Spot> for Spot {
    fn from(spot: &Spot) -> Spot {
        spot.clone()
    }
}

impl From<EntryId> for Spot {
    fn from(entry: EntryId) -> Spot {
        Spot::Entry(entry)
    }
}

impl From<&UploadTarget> for Spot {
    fn from(target: &UploadTarget) -> Spot {
        match target {
            UploadTarget::New { folder, name } => Spot::In { folder: *folder, name: name.clone() },
            UploadTarget::Version { file, .. } => Spot::Entry(*file),
        }
    }
}
