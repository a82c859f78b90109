//! From what the system tells of a file to what is [`Seen`].

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, Mode, RawMode};
use rustix::io::Errno;

use crate::ports::{Identity, Seen, SeenKind, Stamp};

/// What the system tells. The device is its number.
pub(super) struct Sight {
    pub(super) seen: Seen,
    /// Who may do what.
    pub(super) mode: Mode,
    /// Whether something is mounted here: also another part of the same device, which has the same number.
    pub(super) is_mount: bool,
}

/// What is in a folder under a name; links are not followed.
#[cfg(target_os = "linux")]
pub(super) fn at(folder: impl AsFd, name: &[u8]) -> Result<Sight, Errno> {
    use rustix::fs::{StatxAttributes, StatxFlags, StatxTimestamp, makedev, statx};
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | empty_path(name);
    let told = match statx(&folder, name, flags, StatxFlags::BASIC_STATS | StatxFlags::BTIME) {
        Ok(told) => told,
        // Before Linux 4.11, and where somebody forbids what they do not know.
        Err(Errno::NOSYS) => return portable(folder, name),
        Err(errno) => return Err(errno),
    };
    let ns = |time: &StatxTimestamp| nanoseconds(time.tv_sec, i64::from(time.tv_nsec));
    let born = StatxFlags::from_bits_retain(told.stx_mask).contains(StatxFlags::BTIME);
    let stamp = Stamp {
        identity: Identity {
            device: makedev(told.stx_dev_major, told.stx_dev_minor),
            inode: told.stx_ino,
            born_ns: born.then(|| ns(&told.stx_btime)),
        },
        size: told.stx_size,
        modified_ns: ns(&told.stx_mtime),
        changed_ns: ns(&told.stx_ctime),
    };
    let is_mount = told.stx_attributes.contains(StatxAttributes::MOUNT_ROOT);
    Ok(Sight { is_mount, ..sight(RawMode::from(told.stx_mode), stamp, u64::from(told.stx_nlink)) })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn at(folder: impl AsFd, name: &[u8]) -> Result<Sight, Errno> {
    portable(folder, name)
}

/// The same for what is open.
pub(super) fn of(open: impl AsFd) -> Result<Sight, Errno> {
    #[cfg(target_os = "linux")]
    return at(open, b"");
    #[cfg(not(target_os = "linux"))]
    return rustix::fs::fstat(open).map(|told| from_stat(&told));
}

fn portable(folder: impl AsFd, name: &[u8]) -> Result<Sight, Errno> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | empty_path(name);
    rustix::fs::statat(folder, name, flags).map(|told| from_stat(&told))
}

/// No name: the folder itself.
#[cfg(target_os = "linux")]
fn empty_path(name: &[u8]) -> AtFlags {
    if name.is_empty() { AtFlags::EMPTY_PATH } else { AtFlags::empty() }
}

#[cfg(not(target_os = "linux"))]
fn empty_path(_: &[u8]) -> AtFlags {
    AtFlags::empty()
}

// The system's types differ in width from machine to machine.
#[allow(clippy::unnecessary_cast, clippy::cast_lossless, clippy::useless_conversion)]
fn from_stat(told: &rustix::fs::Stat) -> Sight {
    #[cfg(target_os = "macos")]
    let born_ns = Some(nanoseconds(told.st_birthtime as i64, told.st_birthtime_nsec as i64));
    #[cfg(not(target_os = "macos"))]
    let born_ns = None;
    let stamp = Stamp {
        identity: Identity { device: told.st_dev as u64, inode: told.st_ino as u64, born_ns },
        size: u64::try_from(told.st_size).unwrap_or(0),
        modified_ns: nanoseconds(told.st_mtime as i64, told.st_mtime_nsec as i64),
        changed_ns: nanoseconds(told.st_ctime as i64, told.st_ctime_nsec as i64),
    };
    sight(told.st_mode as RawMode, stamp, told.st_nlink as u64)
}

fn sight(mode: RawMode, stamp: Stamp, links: u64) -> Sight {
    let kind = match FileType::from_raw_mode(mode) {
        FileType::RegularFile => SeenKind::File,
        FileType::Directory => SeenKind::Folder,
        FileType::Symlink => SeenKind::Symlink,
        _ => SeenKind::Special,
    };
    let mode = Mode::from_raw_mode(mode);
    let executable = kind == SeenKind::File && mode.contains(Mode::XUSR);
    Sight { seen: Seen { kind, stamp, executable, links }, mode, is_mount: false }
}

fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}
