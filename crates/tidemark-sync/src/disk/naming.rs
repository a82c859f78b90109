//! What gives and takes names.

use rustix::fs::{AtFlags, RenameFlags, linkat, renameat, renameat_with, unlinkat};
use rustix::io::Errno;

use super::Calls;
use super::fault::{Refusal, is_lacking};
use super::root::{Root, Way};
use super::sight;
use crate::ports::{DiskFault, LocalPath, SeenKind};
use crate::trees::NameKey;

/// What is added to a name while it changes in two steps.
const PARKED: &str = ".renaming";

/// Gives something another name, if nothing has it.
pub(super) fn rename(root: &Root, from: &LocalPath, to: &LocalPath) -> Result<(), Refusal> {
    if from == to {
        return root.look(from).map(drop);
    }
    if to.is_within(from) {
        return Err(Refusal::of(DiskFault::Different));
    }
    let (here, old) = root.way_to(from)?;
    let (there, new) = root.way_to(to)?;
    let refused = match without_replacing(root, (&here, old), (&there, new)) {
        Ok(()) => return Ok(()),
        Err(refused) => refused,
    };
    if refused.fault == DiskFault::Taken && from.split().map(|at| at.0) == to.split().map(|at| at.0) {
        let is_own = root.traits().case_insensitive && NameKey::of(old) == NameKey::of(new);
        let same = || Ok::<_, Errno>(identity(&here, old)? == identity(&there, new)?);
        if is_own && same()? {
            return respell(root, &here, old, new);
        }
    }
    Err(refused)
}

type Name<'a> = (&'a Way<'a>, &'a str);

fn identity(folder: &Way<'_>, name: &str) -> Result<crate::ports::Identity, Errno> {
    sight::at(folder, name.as_bytes()).map(|sight| sight.seen.stamp.identity)
}

fn without_replacing(root: &Root, (here, old): Name<'_>, (there, new): Name<'_>) -> Result<(), Refusal> {
    let attempt = match root.calls() {
        Calls::Best => flagged(here, old, there, new, RenameFlags::NOREPLACE),
        Calls::Portable => Err(Errno::NOSYS),
    };
    match attempt {
        // A folder in which others are makes it so on some systems.
        Err(Errno::NOTEMPTY) => Err(Refusal::of(DiskFault::Taken)),
        Err(lacking) if is_lacking(lacking) => in_steps(root, (here, old), (there, new)),
        done => Ok(done?),
    }
}

/// For file systems that cannot rename without replacing. For a file, another name is made (which never replaces) and
/// the old one removed; a crash in between leaves both. Where there are no second names, and for folders, there is an
/// instant between looking and renaming; then a folder can replace an empty folder at most, as everywhere.
fn in_steps(root: &Root, (here, old): Name<'_>, (there, new): Name<'_>) -> Result<(), Refusal> {
    if sight::at(here, old.as_bytes())?.seen.kind != SeenKind::Folder {
        match linkat(here, old, there, new, AtFlags::empty()) {
            Ok(()) => return give_up(root, (here, old), (there, new)),
            Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::MLINK) => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    match sight::at(there, new.as_bytes()) {
        Ok(_) => Err(Refusal::of(DiskFault::Taken)),
        Err(Errno::NOENT) => Ok(renameat(here, old, there, new)?),
        Err(errno) => Err(errno.into()),
    }
}

/// Takes a file's old name away, now that it has the new one. To remove a name takes whatever has it: a file that somebody saved
/// there at this very instant would be lost. So what has it is put aside first, and looked at there, where nobody else comes.
fn give_up(root: &Root, old: Name<'_>, new: Name<'_>) -> Result<(), Refusal> {
    let Ok(aside) = root.aside() else {
        // Not set up yet: nobody works here.
        return Ok(unlinkat(old.0, old.1, AtFlags::empty())?);
    };
    let name = loop {
        let name = root.next_aside();
        // One that a crash left behind is cleared up at the next start.
        if sight::at(&aside, name.as_bytes()).err() == Some(Errno::NOENT) {
            break name;
        }
    };
    let put = (&aside, name.as_str());
    match renameat(old.0, old.1, put.0, put.1) {
        // Somebody has removed or moved it.
        Err(Errno::NOENT) => return Ok(()),
        done => done?,
    }
    let seen = sight::at(put.0, put.1.as_bytes())?.seen;
    if identity(new.0, new.1) == Ok(seen.stamp.identity) {
        return Ok(unlinkat(put.0, put.1, AtFlags::empty())?);
    }
    let back = match seen.kind {
        SeenKind::Folder => match sight::at(old.0, old.1.as_bytes()) {
            Ok(_) => Err(Errno::EXIST),
            Err(_) => return Ok(renameat(put.0, put.1, old.0, old.1)?),
        },
        SeenKind::File | SeenKind::Symlink | SeenKind::Special => {
            linkat(put.0, put.1, old.0, old.1, AtFlags::empty())
        }
    };
    match back {
        Ok(()) => Ok(unlinkat(put.0, put.1, AtFlags::empty())?),
        // And again: their last one stands, and this one lies there until the next start, which puts it into the trash.
        Err(Errno::EXIST) => Ok(()),
        Err(refused) => Err(refused.into()),
    }
}

/// Only the letters change, and for the file system both are one name: by way of another.
fn respell(root: &Root, folder: &Way<'_>, old: &str, new: &str) -> Result<(), Refusal> {
    let parked = parked(old);
    without_replacing(root, (folder, old), (folder, &parked))?;
    without_replacing(root, (folder, &parked), (folder, new)).inspect_err(|_| {
        // Whatever came into its way, it gets its name back if that can be; if not, it is found under the other.
        let _ = without_replacing(root, (folder, &parked), (folder, old));
    })
}

/// Lets two swap their names.
pub(super) fn exchange(root: &Root, one: &LocalPath, other: &LocalPath) -> Result<(), Refusal> {
    if one == other {
        return root.look(one).map(drop);
    }
    if one.is_within(other) || other.is_within(one) {
        return Err(Refusal::of(DiskFault::Different));
    }
    let (here, first) = root.way_to(one)?;
    let (there, second) = root.way_to(other)?;
    let attempt = match root.calls() {
        Calls::Best => flagged(&here, first, &there, second, RenameFlags::EXCHANGE),
        Calls::Portable => Err(Errno::NOSYS),
    };
    match attempt {
        Err(lacking) if is_lacking(lacking) => exchange_in_steps(root, (&here, first), (&there, second)),
        done => Ok(done?),
    }
}

fn exchange_in_steps(root: &Root, one: Name<'_>, other: Name<'_>) -> Result<(), Refusal> {
    let parked = parked(one.1);
    let parked = (one.0, parked.as_str());
    // Both must be there before anything is touched.
    sight::at(one.0, one.1.as_bytes())?;
    without_replacing(root, other, parked)?;
    without_replacing(root, one, other).inspect_err(|_| {
        let _ = without_replacing(root, parked, other);
    })?;
    without_replacing(root, parked, one)
}

/// Removes a name.
pub(super) fn remove(root: &Root, path: &LocalPath, flags: AtFlags) -> Result<(), Refusal> {
    let (folder, name) = root.way_to(path)?;
    match unlinkat(&folder, name, flags) {
        // Some systems say so of a folder that should be removed as a file.
        Err(Errno::PERM) if flags.is_empty() && is_folder(&folder, name) => {
            Err(Refusal::of(DiskFault::Different))
        }
        Err(Errno::EXIST) => Err(Refusal::of(DiskFault::NotEmpty)),
        done => Ok(done?),
    }
}

fn is_folder(folder: &Way<'_>, name: &str) -> bool {
    sight::at(folder, name.as_bytes()).is_ok_and(|sight| sight.seen.kind == SeenKind::Folder)
}

/// The name's beginning, as much as fits with what is added.
fn parked(name: &str) -> String {
    /// In bytes, on nearly every file system.
    const NAME_BYTES_MAX: usize = 255;
    let fits = |&end: &usize| end <= NAME_BYTES_MAX - PARKED.len() && name.is_char_boundary(end);
    let end = (0..=name.len()).rev().find(fits).unwrap_or(0);
    format!("{}{PARKED}", &name[..end])
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn flagged(here: &Way<'_>, old: &str, there: &Way<'_>, new: &str, flags: RenameFlags) -> Result<(), Errno> {
    renameat_with(here, old, there, new, flags)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn flagged(_: &Way<'_>, _: &str, _: &Way<'_>, _: &str, _: RenameFlags) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}
