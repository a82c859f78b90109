//! What is in a folder.

use rustix::fs::{Dir, FileType, Stat, fstat};
use rustix::io::Errno;

use super::fault::Refusal;
use super::root::Root;
use super::sight;
use crate::ports::{Listed, LocalPath, SeenKind};

/// How often a folder that changes while it is read is read again. A name that is changed just then could be missed under
/// both, and what is missed looks deleted.
const ATTEMPTS: usize = 3;

/// All names, with what has them.
pub(super) fn whole(root: &Root, folder: &LocalPath) -> Result<Vec<Listed>, Refusal> {
    let mut attempt = 1;
    loop {
        let opened = root.folder(folder)?;
        let before = fstat(&opened)?;
        let mut listing = Dir::new(opened)?;
        let mut found = Vec::new();
        // An error on the way is one of the whole: half a listing would look like deletions.
        while let Some(entry) = listing.read() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let seen = match sight::at(listing.fd()?, name) {
                Ok(seen) => Some(root.told(&seen)),
                Err(Errno::NOENT) => continue,
                Err(_) => None,
            };
            let name = match std::str::from_utf8(name) {
                Ok(name) => Ok(name.into()),
                Err(_) => Err(String::from_utf8_lossy(name).into()),
            };
            found.push(Listed { name, seen });
        }
        if attempt == ATTEMPTS || version(&before) == version(&fstat(listing.fd()?)?) {
            return Ok(found);
        }
        attempt += 1;
    }
}

/// The names of the folders in a folder; those that are no text are left out, as they are never entered.
pub(super) fn folders(root: &Root, folder: &LocalPath) -> Result<Vec<LocalPath>, Refusal> {
    let mut listing = Dir::new(root.folder(folder)?)?;
    let mut found = Vec::new();
    while let Some(entry) = listing.read() {
        let entry = entry?;
        let is_folder = match entry.file_type() {
            // Not every file system tells with the name.
            FileType::Unknown => sight::at(listing.fd()?, entry.file_name().to_bytes())
                .is_ok_and(|sight| sight.seen.kind == SeenKind::Folder),
            kind => kind == FileType::Directory,
        };
        if is_folder
            && let Ok(name) = entry.file_name().to_str()
            && let Some(path) = folder.join(name)
        {
            found.push(path);
        }
    }
    Ok(found)
}

fn version(folder: &Stat) -> impl PartialEq + use<> {
    (folder.st_mtime, folder.st_mtime_nsec, folder.st_ctime, folder.st_ctime_nsec)
}
