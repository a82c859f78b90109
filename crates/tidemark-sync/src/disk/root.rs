//! The folder that was opened, and the way to what is in it.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::fs::{Mode, OFlags, mkdirat, openat};
use rustix::io::Errno;

use super::Calls;
use super::fault::Refusal;
use super::sight::{self, Sight};
use crate::area::{self, AREA};
use crate::ports::{DiskFault, DiskTraits, Identity, LocalPath, Seen, Volume};

/// To open a folder only to go through it.
#[cfg(target_os = "linux")]
const THROUGH: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const THROUGH: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// To open a folder to see what is in it, or to make that durable.
const INTO: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A sync folder, held open.
pub(super) struct Root {
    folder: OwnedFd,
    path: PathBuf,
    device: u64,
    inode: u64,
    calls: Calls,
    watches: bool,
    case_insensitive: AtomicBool,
    /// How much was put aside.
    put_aside: AtomicU64,
}

/// A folder on the way to something.
pub(super) enum Way<'a> {
    Root(BorrowedFd<'a>),
    Below(OwnedFd),
}

impl AsFd for Way<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Way::Root(folder) => *folder,
            Way::Below(folder) => folder.as_fd(),
        }
    }
}

impl Root {
    pub(super) fn open(folder: &Path, calls: Calls) -> Result<Root, Refusal> {
        // The folder itself may be a link: whoever names it means what is there now.
        let path = folder.canonicalize()?;
        let folder = rustix::fs::open(&path, INTO, Mode::empty())?;
        let seen = sight::of(&folder)?.seen;
        let calls = if has_resolving_open(&folder) { calls } else { Calls::Portable };
        let identity = seen.stamp.identity;
        let root = Root {
            watches: is_told_of_all_changes(&folder),
            folder,
            path,
            device: identity.device,
            inode: identity.inode,
            calls,
            case_insensitive: AtomicBool::new(false),
            put_aside: AtomicU64::new(0),
        };
        root.probe_case();
        Ok(root)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn calls(&self) -> Calls {
        self.calls
    }

    pub(super) fn traits(&self) -> DiskTraits {
        let case_insensitive = self.case_insensitive.load(Ordering::Relaxed);
        DiskTraits { case_insensitive, watches: self.watches }
    }

    /// Whether the folder that was opened is still what is in its place.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let there = rustix::fs::open(&self.path, THROUGH, Mode::empty()).and_then(sight::of);
        match there {
            Ok(there) if self.is(&there.seen.stamp.identity) => Ok(()),
            Ok(_) => Err(Refusal::of(DiskFault::Unmounted)),
            Err(errno) => Err(Refusal::because(DiskFault::Unmounted, errno.into())),
        }
    }

    fn is(&self, identity: &Identity) -> bool {
        (identity.device, identity.inode) == (self.device, self.inode)
    }

    pub(super) fn volume(&self) -> Result<Volume, Refusal> {
        let told = rustix::fs::fstatvfs(&self.folder)?;
        Ok(Volume { device: self.device, id: (told.f_fsid != 0).then_some(told.f_fsid) })
    }

    pub(super) fn room(&self) -> Result<u64, Refusal> {
        let told = rustix::fs::fstatvfs(&self.folder)?;
        Ok(told.f_bavail.saturating_mul(told.f_frsize))
    }

    /// The folder that something is in, and its name there. The sync folder itself is in none.
    pub(super) fn way_to<'p>(&self, path: &'p LocalPath) -> Result<(Way<'_>, &'p str), Refusal> {
        let (folder, name) = path.split().ok_or(Refusal::of(DiskFault::Different))?;
        Ok((self.way(&folder)?, name))
    }

    /// Where something may be put for an instant, out of everybody's way. Whatever a crash leaves there is somebody's, and is put
    /// into the trash at the next start.
    pub(super) fn aside(&self) -> Result<Way<'_>, Refusal> {
        self.way(&area::staging())
    }

    /// A name there that nobody else is given.
    pub(super) fn next_aside(&self) -> String {
        format!("{}.aside", self.put_aside.fetch_add(1, Ordering::Relaxed))
    }

    /// A folder, to go through it.
    fn way(&self, folder: &LocalPath) -> Result<Way<'_>, Refusal> {
        if folder.is_root() {
            return Ok(Way::Root(self.folder.as_fd()));
        }
        self.descend(folder, THROUGH).map(Way::Below)
    }

    /// A folder, to see what is in it.
    pub(super) fn folder(&self, folder: &LocalPath) -> Result<OwnedFd, Refusal> {
        if folder.is_root() {
            // Another descriptor, because each has its own position in the listing.
            return Ok(openat(&self.folder, ".", INTO, Mode::empty())?);
        }
        self.descend(folder, INTO)
    }

    fn descend(&self, folder: &LocalPath, flags: OFlags) -> Result<OwnedFd, Refusal> {
        match self.calls {
            Calls::Best => match self.resolve(folder, flags) {
                // Somebody keeps renaming folders, or the path is longer than the system takes at once.
                Err(Errno::AGAIN | Errno::NAMETOOLONG) => self.walk(folder, flags),
                resolved => Ok(resolved?),
            },
            Calls::Portable => self.walk(folder, flags),
        }
    }

    /// In one call, in which the kernel itself sees to it that the path stays below.
    #[cfg(target_os = "linux")]
    fn resolve(&self, folder: &LocalPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        resolving_open(&self.folder, folder.as_str(), flags)
    }

    #[cfg(not(target_os = "linux"))]
    fn resolve(&self, _: &LocalPath, _: OFlags) -> Result<OwnedFd, Errno> {
        Err(Errno::AGAIN)
    }

    /// Name by name, each opened in the folder before it.
    fn walk(&self, folder: &LocalPath, flags: OFlags) -> Result<OwnedFd, Refusal> {
        let mut at = openat(&self.folder, ".", flags, Mode::empty())?;
        for name in folder.names() {
            at = openat(&at, name, flags, Mode::empty())?;
            if is_elsewhere(&sight::of(&at)?, self.device) {
                return Err(Refusal::of(DiskFault::Different));
            }
        }
        Ok(at)
    }

    /// What is in a place.
    pub(super) fn look(&self, path: &LocalPath) -> Result<Seen, Refusal> {
        if path.is_root() {
            // It may well be where a file system is mounted, and is its own device all the same.
            let here = Sight { is_mount: false, ..sight::of(&self.folder)? };
            return Ok(self.told(&here));
        }
        let (folder, name) = self.way_to(path)?;
        Ok(self.told(&sight::at(folder, name.as_bytes())?))
    }

    /// The same, with the device as the engine knows it.
    pub(super) fn told(&self, sight: &Sight) -> Seen {
        let mut seen = sight.seen;
        let device = &mut seen.stamp.identity.device;
        *device = match is_elsewhere(sight, self.device) {
            false => 0,
            // Another part of this device is not this device.
            true if *device == self.device => u64::MAX,
            true => *device,
        };
        seen
    }

    pub(super) fn make_folder(&self, path: &LocalPath) -> Result<Seen, Refusal> {
        let (folder, name) = match self.way_to(path) {
            Err(_) if path.is_root() => return Err(Refusal::of(DiskFault::Taken)),
            way => way?,
        };
        // What lies in the state area (others' half-written files, deleted ones) is nobody else's.
        let ours = path.names().next().is_some_and(area::is_ours);
        mkdirat(&folder, name, Mode::from_raw_mode(if ours { 0o700 } else { 0o777 }))?;
        if path.as_str() == AREA {
            self.probe_case();
        }
        Ok(self.told(&sight::at(folder, name.as_bytes())?))
    }

    pub(super) fn sync_folder(&self, folder: &LocalPath) -> Result<(), Refusal> {
        let folder = match self.folder(folder) {
            // Something may be put where nothing may be read; it is made durable with everything else.
            #[cfg(target_os = "linux")]
            Err(Refusal { fault: DiskFault::Denied, .. }) => return Ok(rustix::fs::syncfs(&self.folder)?),
            folder => folder?,
        };
        match File::from(folder).sync_all() {
            // This file system has nothing to make durable in a folder, or no way to do it.
            Err(refused) if Errno::from_io_error(&refused) == Some(Errno::INVAL) => Ok(()),
            synced => Ok(synced?),
        }
    }

    /// Whether the state area answers to its name in other letters. Nothing is written to find out: a folder that was not
    /// set up yet stays untouched (and is taken to tell case apart).
    fn probe_case(&self) {
        let named =
            |name: &str| sight::at(&self.folder, name.as_bytes()).map(|sight| sight.seen.stamp.identity);
        if let Ok(area) = named(AREA) {
            let other = named(&AREA.to_ascii_uppercase());
            self.case_insensitive.store(other == Ok(area), Ordering::Relaxed);
        }
    }
}

/// Whether another file system, or another part of this one, begins here.
fn is_elsewhere(sight: &Sight, device: u64) -> bool {
    sight.is_mount || sight.seen.stamp.identity.device != device
}

#[cfg(target_os = "linux")]
fn resolving_open(root: &OwnedFd, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    use rustix::fs::{ResolveFlags, openat2};
    const BELOW: ResolveFlags = ResolveFlags::BENEATH
        .union(ResolveFlags::NO_SYMLINKS)
        .union(ResolveFlags::NO_MAGICLINKS)
        .union(ResolveFlags::NO_XDEV);
    /// A rename anywhere on the machine may disturb a resolution; then it is to be repeated.
    const ATTEMPTS: usize = 8;
    let mut opened = Err(Errno::AGAIN);
    for _ in 0..ATTEMPTS {
        opened = openat2(root, path, flags, Mode::empty(), BELOW);
        if !matches!(opened, Err(Errno::AGAIN)) {
            break;
        }
    }
    opened
}

/// Older kernels do not have it, and some sandboxes forbid it.
#[cfg(target_os = "linux")]
fn has_resolving_open(root: &OwnedFd) -> bool {
    !matches!(resolving_open(root, ".", THROUGH), Err(Errno::NOSYS | Errno::PERM))
}

#[cfg(not(target_os = "linux"))]
fn has_resolving_open(_: &OwnedFd) -> bool {
    false
}

/// What others do to a file system on the network (or behind another program), the kernel cannot tell of.
#[cfg(target_os = "linux")]
fn is_told_of_all_changes(folder: &OwnedFd) -> bool {
    /// 9p, AFS, Ceph, CIFS, Coda, FUSE, NFS, SMB, SMB2, VirtualBox's shared folders, as `statfs` names them.
    const REMOTE: [u32; 10] = [
        0x0102_1997,
        0x5346_414f,
        0x00c3_6400,
        0xff53_4d42,
        0x7375_7245,
        0x6573_5546,
        0x6969,
        0x517b,
        0xfe53_4d42,
        0x786f_4256,
    ];
    match rustix::fs::fstatfs(folder) {
        // The number has 32 bits, however wide the system's field for it is.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Ok(told) => !REMOTE.contains(&(told.f_type as u32)),
        Err(_) => false,
    }
}

#[cfg(not(target_os = "linux"))]
fn is_told_of_all_changes(_: &OwnedFd) -> bool {
    true
}
