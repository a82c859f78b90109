//! Where files lie until they are whole.

use tidemark_client::{ContentHash, ContentHasher};

use super::Tools;
use super::hash::PIECE;
use crate::area;
use crate::ports::{Disk, DiskError, DiskFault, LocalPath, SeenKind, Writing};
use crate::trash;
use crate::trees::{RemoteId, Rev};

/// What files have at the end of their names that are not whole yet.
const PART: &str = "part";
/// What they have while they swap places with those that they replace.
const SWAP: &str = "swap";

/// From which size on it is worth while to go on with what came before.
const RESUMABLE: u64 = 1 << 20;

/// Where one revision of one file lies while it comes.
pub(super) fn part(remote: &RemoteId, rev: &Rev) -> LocalPath {
    // An opaque text of the server's is no name; a digest of it is.
    let digest = ContentHash::of(format!("{remote}\0{rev}").as_bytes()).to_string();
    named(&digest[..32], PART)
}

/// Where it lies while it swaps places with the one that it replaces.
pub(super) fn swap(part: &LocalPath) -> LocalPath {
    let (_, name) = part.split().expect("a part has a name");
    named(name.trim_end_matches(PART).trim_end_matches('.'), SWAP)
}

fn named(name: &str, end: &str) -> LocalPath {
    area::staging().join(&format!("{name}.{end}")).expect("digits are a name")
}

/// A file that is being written, and what is in it already.
pub(super) struct Begun {
    pub(super) writing: Box<dyn Writing>,
    pub(super) size: u64,
    pub(super) hasher: ContentHasher,
}

/// Opens the place for a file of this size: with what came before, if that is worth while.
pub(super) async fn begin(
    disk: &dyn Disk,
    part: &LocalPath,
    size: u64,
    like: Option<&LocalPath>,
) -> Result<Begun, DiskError> {
    if let Some(begun) = go_on(disk, part, size).await? {
        return Ok(begun);
    }
    discard(disk, part).await?;
    let writing = match disk.create(part, like).await {
        // The first of all.
        Err(error) if error.fault == DiskFault::Missing && like.is_none() => {
            prepare(disk).await?;
            disk.create(part, like).await?
        }
        created => created?,
    };
    Ok(Begun { writing, size: 0, hasher: ContentHasher::new() })
}

async fn go_on(disk: &dyn Disk, part: &LocalPath, size: u64) -> Result<Option<Begun>, DiskError> {
    if size < RESUMABLE {
        return Ok(None);
    }
    match disk.look(part).await? {
        Some(seen) if seen.kind == SeenKind::File && (RESUMABLE / 2..=size).contains(&seen.stamp.size) => {}
        Some(_) | None => return Ok(None),
    }
    // Whatever a crash left in it is found out in the end, by the digest of the whole.
    let (writing, begun) = match disk.append(part).await {
        Ok(opened) => opened,
        Err(error) if error.fault == DiskFault::Different => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut reading = disk.open(part).await?;
    let mut hasher = ContentHasher::new();
    let mut offset = 0;
    while offset < begun {
        let wanted = usize::try_from(begun - offset).map_or(PIECE, |left| left.min(PIECE));
        let bytes = reading.read_at(offset, wanted).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        hasher.update(&bytes);
        offset += bytes.len() as u64;
    }
    Ok(Some(Begun { writing, size: begun, hasher }))
}

/// Takes away what nobody wants any more.
pub(super) async fn discard(disk: &dyn Disk, part: &LocalPath) -> Result<(), DiskError> {
    match disk.remove_file(part).await {
        Err(error) if error.fault == DiskFault::Missing => Ok(()),
        removed => removed,
    }
}

/// Makes the folder.
async fn prepare(disk: &dyn Disk) -> Result<(), DiskError> {
    area::make(disk).await?;
    area::make_folder(disk, &area::staging()).await
}

/// At the beginning, before any step: nothing is under way. What was swapped when the machine stopped may be somebody's last
/// edit, so it goes into the trash. Parts that may be gone on with stay for some days.
pub(crate) async fn clear(tools: &Tools, age_max: std::time::Duration) -> Result<(), DiskError> {
    prepare(&*tools.disk).await?;
    let oldest = tools.clock.now().checked_sub(age_max);
    let oldest = oldest.and_then(|oldest| oldest.duration_since(std::time::UNIX_EPOCH).ok());
    let oldest_ns = oldest.map_or(i64::MIN, |oldest| i64::try_from(oldest.as_nanos()).unwrap_or(i64::MAX));
    for listed in tools.disk.list(&area::staging()).await? {
        let (Ok(name), Some(seen)) = (listed.name, listed.seen) else { continue };
        let Some(path) = area::staging().join(&name) else { continue };
        let is_part = seen.kind == SeenKind::File && name.ends_with(PART);
        if is_part && seen.stamp.size >= RESUMABLE / 2 && seen.stamp.changed_ns >= oldest_ns {
            continue;
        }
        if is_part {
            discard(&*tools.disk, &path).await?;
        } else {
            trash::put(&*tools.disk, &path, tools.clock.now()).await?;
        }
    }
    Ok(())
}
