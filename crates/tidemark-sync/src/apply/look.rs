//! Making sure that something still is what was observed.

use std::time::{Duration, UNIX_EPOCH};

use super::Tools;
use super::outcome::{Changed, Ended, Failure};
use crate::marker;
use crate::observe::local::is_ripe;
use crate::ports::{Disk, Identity, LocalPath, Reading, Seen, SeenKind, Stamp};
use crate::state::ProblemKind;

/// A folder that something is to be done in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    pub(crate) path: LocalPath,
    /// None for the sync folder itself: that it is the one that was opened is the disk's concern.
    pub(crate) identity: Option<Identity>,
}

impl Folder {
    /// It still is there.
    pub(super) async fn check(&self, disk: &dyn Disk) -> Result<(), Ended> {
        let Some(identity) = self.identity else { return Ok(()) };
        match disk.look(&self.path).await? {
            Some(seen) if seen.kind == SeenKind::Folder && seen.stamp.identity == identity => Ok(()),
            Some(_) | None => Err(Changed::here(&self.path).into()),
        }
    }
}

/// The file there still is what was observed.
pub(super) async fn file(disk: &dyn Disk, path: &LocalPath, stamp: &Stamp) -> Result<Seen, Ended> {
    match disk.look(path).await? {
        Some(seen) if seen.kind == SeenKind::File && seen.stamp == *stamp => Ok(seen),
        Some(_) | None => Err(Changed::here(path).into()),
    }
}

/// Nothing is there, but perhaps what is to go there under another spelling. (Whatever takes the place still makes sure of that
/// by itself; but nothing is fetched in vain, and whoever can do something about it is told what it is.)
pub(super) async fn free(disk: &dyn Disk, path: &LocalPath, but: Option<Identity>) -> Result<(), Ended> {
    match disk.look(path).await? {
        None => Ok(()),
        Some(seen) if Some(seen.stamp.identity) == but => Ok(()),
        Some(seen) if seen.kind == SeenKind::Folder && marker::is_in(disk, path).await? => {
            let text = format!("{path} is a sync folder of its own: move it elsewhere, or exclude this one");
            Err(in_the_way(path, text))
        }
        Some(Seen { kind: SeenKind::File | SeenKind::Folder, .. }) => Err(Changed::here(path).into()),
        Some(Seen { kind: SeenKind::Symlink | SeenKind::Special, .. }) => {
            let text = format!("{path} is a link or something else that is not synced: rename or remove it");
            Err(in_the_way(path, text))
        }
    }
}

/// Something that is not synced has the place. What is to go there may still lie elsewhere, where nothing is wrong.
fn in_the_way(path: &LocalPath, text: String) -> Ended {
    Failure::Problem { kind: ProblemKind::Special, text, at: Some(path.clone()) }.into()
}

/// What was opened still is what was observed.
pub(super) async fn opened(reading: &mut dyn Reading, path: &LocalPath, stamp: &Stamp) -> Result<(), Ended> {
    let seen = reading.look().await?;
    if seen.kind == SeenKind::File && seen.stamp == *stamp { Ok(()) } else { Err(Changed::here(path).into()) }
}

/// Whether it is the same file with the same bytes, under whatever name: renaming changes what `changed_ns` tells.
pub(super) fn same_file(one: &Stamp, other: &Stamp) -> bool {
    (one.identity, one.size, one.modified_ns) == (other.identity, other.size, other.modified_ns)
}

/// How long it is waited at a time.
const TICK: Duration = Duration::from_millis(20);
/// How often: as long as the coarsest file system needs.
const TICKS_MAX: u32 = 101;

/// Waits until a change of the file would leave another stamp than this one.
pub(super) async fn ripen(tools: &Tools, stamp: &Stamp) {
    for _ in 0..TICKS_MAX {
        let now = tools.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if is_ripe(stamp, i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)) {
            return;
        }
        tokio::time::sleep(TICK).await;
    }
}
