//! The marker: a file in the state area that says what this folder is in sync with, and that it is this folder.
//!
//! An empty folder where a disk should be mounted, a copy of a sync folder, or one that belongs to another account look like
//! sync folders in which everything was deleted or changed. So nothing is touched before the marker was found to be fine.

use serde::{Deserialize, Serialize};

use crate::area;
use crate::ports::{Disk, DiskError, DiskFault, LocalPath, Seen, SeenKind, Volume};

/// What a folder is in sync with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ties {
    /// Which server, by what it calls itself.
    pub server: Box<str>,
    /// Whose account there.
    pub account: Box<str>,
    /// As which device of that account.
    pub device: Box<str>,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// No marker: not a sync folder, or not what should be here.
    Missing,
    /// A marker, and not the one that should be here.
    Different(Difference),
    /// The marker that should be here.
    Fine,
}

/// What is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// It belongs to another server.
    #[error("this folder is in sync with another server")]
    Server,
    /// It belongs to another account.
    #[error("this folder is in sync with another account")]
    Account,
    /// Another device keeps it in sync.
    #[error("this folder is kept in sync by another device")]
    Device,
    /// It was copied here, or restored: the marker is of another folder.
    #[error("this folder is a copy, or on another disk")]
    Folder,
    /// It is no marker that this program understands.
    #[error("this folder's marker cannot be read")]
    Unreadable,
}

/// No marker is longer, in bytes.
const MARKER_BYTES_MAX: usize = 16 << 10;

/// How markers are written now.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Marker {
    version: u32,
    server: Box<str>,
    account: Box<str>,
    device: Box<str>,
    folder: Folder,
}

/// As what the file system knows the sync folder.
#[derive(Serialize, Deserialize)]
struct Folder {
    volume_device: u64,
    volume_id: Option<u64>,
    inode: u64,
    born_ns: Option<i64>,
}

impl Folder {
    fn of(volume: Volume, root: &Seen) -> Folder {
        let identity = root.stamp.identity;
        Folder {
            volume_device: volume.device,
            volume_id: volume.id,
            inode: identity.inode,
            born_ns: identity.born_ns,
        }
    }

    /// What either side does not know, it does not dispute. A device's number says nothing where the file system has an id:
    /// it may be another whenever the machine starts.
    fn is(&self, other: &Folder) -> bool {
        let agree = |one: Option<i64>, other: Option<i64>| one.is_none() || other.is_none() || one == other;
        let same_volume = match (self.volume_id, other.volume_id) {
            (Some(one), Some(other)) => one == other,
            _ => self.volume_device == other.volume_device,
        };
        same_volume && self.inode == other.inode && agree(self.born_ns, other.born_ns)
    }
}

/// What the marker is called in the state area.
pub const MARKER: &str = "marker.json";

fn path() -> LocalPath {
    area::within(MARKER)
}

/// Whether a folder in the sync folder is a sync folder of its own, whatever its marker says. An error tells that it could
/// not be looked at.
pub(crate) async fn is_in(disk: &dyn Disk, folder: &LocalPath) -> Result<bool, DiskError> {
    let marker = folder.join(area::AREA).and_then(|area| area.join(MARKER));
    let Some(marker) = marker else { return Ok(false) };
    match disk.look(&marker).await {
        Ok(seen) => Ok(seen.is_some()),
        Err(error) if matches!(error.fault, DiskFault::Missing | DiskFault::Different) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the folder has the marker that it should have.
pub async fn check(disk: &dyn Disk, ties: &Ties) -> Result<Found, DiskError> {
    let marker = match read(disk).await? {
        Read::Missing => return Ok(Found::Missing),
        Read::Unreadable => return Ok(Found::Different(Difference::Unreadable)),
        Read::Marker(marker) => marker,
    };
    let Some(folder) = this_folder(disk).await? else { return Ok(Found::Missing) };
    Ok(if marker.server != ties.server {
        Found::Different(Difference::Server)
    } else if marker.account != ties.account {
        Found::Different(Difference::Account)
    } else if marker.device != ties.device {
        Found::Different(Difference::Device)
    } else if !marker.folder.is(&folder) {
        Found::Different(Difference::Folder)
    } else {
        Found::Fine
    })
}

/// Whether this is a copy of a sync folder: its marker is another folder's.
pub async fn is_copy(disk: &dyn Disk) -> Result<bool, DiskError> {
    let Read::Marker(marker) = read(disk).await? else { return Ok(false) };
    Ok(this_folder(disk).await?.is_some_and(|folder| !marker.folder.is(&folder)))
}

/// Makes this a sync folder, or says anew what it is in sync with: durably, and at every moment there is the old marker or
/// the new one.
pub async fn write(disk: &dyn Disk, ties: &Ties) -> Result<(), DiskError> {
    area::make(disk).await?;
    let marker = path();
    let Some(folder) = this_folder(disk).await? else { return Err(gone()) };
    let Ties { server, account, device } = ties.clone();
    let text = serde_json::to_string_pretty(&Marker { version: VERSION, server, account, device, folder });
    let text = text.expect("texts and numbers can be written");
    let new = area::within("marker.json.new");
    // One that a crash left behind.
    match disk.remove_file(&new).await {
        Err(error) if error.fault != DiskFault::Missing => return Err(error),
        _ => {}
    }
    let mut writing = disk.create(&new, None).await?;
    writing.write(text.into()).await?;
    writing.finish(None, false).await?;
    match disk.rename(&new, &marker).await {
        Err(error) if error.fault == DiskFault::Taken => {
            disk.exchange(&new, &marker).await?;
            disk.remove_file(&new).await?;
        }
        done => done?,
    }
    disk.sync_folder(&area::path()).await?;
    disk.sync_folder(&LocalPath::root()).await
}

enum Read {
    Missing,
    Unreadable,
    Marker(Marker),
}

async fn read(disk: &dyn Disk) -> Result<Read, DiskError> {
    let mut reading = match disk.open(&path()).await {
        Ok(reading) => reading,
        Err(error) => match error.fault {
            DiskFault::Missing => return Ok(Read::Missing),
            // A link, or something else that nobody of ours put there.
            DiskFault::Different => return Ok(Read::Unreadable),
            _ => return Err(error),
        },
    };
    let text = reading.read_at(0, MARKER_BYTES_MAX + 1).await?;
    let marker = serde_json::from_slice(&text).ok().filter(|_| text.len() <= MARKER_BYTES_MAX);
    Ok(match marker {
        Some(marker @ Marker { version: VERSION, .. }) => Read::Marker(marker),
        _ => Read::Unreadable,
    })
}

async fn this_folder(disk: &dyn Disk) -> Result<Option<Folder>, DiskError> {
    let volume = disk.volume().await?;
    let root = disk.look(&LocalPath::root()).await?.filter(|root| root.kind == SeenKind::Folder);
    Ok(root.map(|root| Folder::of(volume, &root)))
}

fn gone() -> DiskError {
    DiskError { attempted: "mark", path: LocalPath::root(), fault: DiskFault::Unmounted, source: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_machine_may_change_when_it_starts_is_no_other_folder() {
        let folder =
            |volume_device, volume_id, inode, born_ns| Folder { volume_device, volume_id, inode, born_ns };
        let kept = folder(8, Some(5), 2, Some(7));
        for (now, same) in [
            (folder(8, Some(5), 2, Some(7)), true),
            (folder(9, Some(5), 2, Some(7)), true),
            (folder(8, Some(5), 2, None), true),
            (folder(8, None, 2, Some(7)), true),
            (folder(9, None, 2, Some(7)), false),
            (folder(8, Some(6), 2, Some(7)), false),
            (folder(8, Some(5), 3, Some(7)), false),
            (folder(8, Some(5), 2, Some(8)), false),
        ] {
            assert_eq!(kept.is(&now), same);
            assert_eq!(now.is(&kept), same, "and the other way round");
        }
    }
}
