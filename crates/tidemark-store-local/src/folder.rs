//! The data folder: who may look into it, which one process uses it, and what lies where.

use crate::accounts::ACCOUNTS_FILE;
use crate::error::OpenError;
use rustix::fs::{FlockOperation, OFlags, flock};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The database of journals, block index and upload sessions.
pub(crate) const DATABASE: &str = "tidemark.db";

/// The database of names.
const NAMES: &str = "search.db";

/// A data folder that is locked by this process for as long as any part of the store holds it.
pub(crate) struct Folder {
    path: PathBuf,
    // Closing the file gives the lock up.
    _lock: File,
}

impl Folder {
    /// Creates the folder if need be, makes it private and locks it.
    pub(crate) fn open(path: &Path) -> Result<Arc<Folder>, OpenError> {
        check_ours(path)?;
        create_durably(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(cannot("make private", path))?;
        check_parts(path)?;
        let lock = lock(path)?;
        let folder = Folder { path: path.to_owned(), _lock: lock };
        for part in [folder.blocks(), folder.segments(), folder.temporary()] {
            create_part(&part)?;
        }
        for first in 0..=u8::MAX {
            create_part(&folder.blocks().join(format!("{first:02x}")))?;
        }
        for synced in [folder.blocks(), folder.path.clone()] {
            sync_folder(&synced).map_err(cannot("sync", &synced))?;
        }
        folder.sweep()?;
        Ok(Arc::new(folder))
    }

    /// Removes what a write that never finished has left behind.
    fn sweep(&self) -> Result<(), OpenError> {
        let temporary = self.temporary();
        let found = fs::read_dir(&temporary).map_err(cannot("read", &temporary))?;
        for left in found {
            let left = left.map_err(cannot("read", &temporary))?.path();
            fs::remove_file(&left).map_err(cannot("remove", &left))?;
        }
        Ok(())
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The database of journals, block index and upload sessions.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// The index of names.
    pub(crate) fn names(&self) -> PathBuf {
        self.path.join(NAMES)
    }

    /// Where block files lie, in one folder for each first byte of the digest.
    pub(crate) fn blocks(&self) -> PathBuf {
        self.path.join("blocks")
    }

    /// Where segments lie.
    pub(crate) fn segments(&self) -> PathBuf {
        self.path.join("segments")
    }

    /// Where files grow until they are whole; emptied whenever the store is opened.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// How many bytes the device can still take.
    pub(crate) fn bytes_free(&self) -> io::Result<u64> {
        bytes_free(&self.path)
    }
}

/// What may lie in a folder that is about to become a data folder: what a file system puts there, and settings.
const HARMLESS: [&str; 2] = ["lost+found", "tidemark.toml"];

/// Refuses a folder of somebody else's: it would become private, and be filled. One that is not there yet, that is empty,
/// or that either database lies in, is ours.
pub(crate) fn check_ours(path: &Path) -> Result<(), OpenError> {
    let listing = match fs::read_dir(path) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot("read", path)(error)),
    };
    let mut foreign = false;
    for file in listing {
        let name = file.map_err(cannot("read", path))?.file_name();
        if [DATABASE, ACCOUNTS_FILE].iter().any(|ours| name == *ours) {
            return Ok(());
        }
        foreign |=
            !HARMLESS.iter().any(|harmless| name == *harmless) && !name.as_encoded_bytes().starts_with(b".");
    }
    if foreign { Err(OpenError::Foreign(path.to_owned())) } else { Ok(()) }
}

/// Refuses a data folder with a part that leads elsewhere: it would be filled, emptied or overwritten there, with the
/// rights of whoever serves. (The folder itself may be a link: whoever names it means what is there.)
pub(crate) fn check_parts(folder: &Path) -> Result<(), OpenError> {
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot("read", folder)(error)),
    };
    for part in listing {
        let part = part.map_err(cannot("read", folder))?;
        let name = part.file_name();
        let is_ours = PARTS.iter().any(|ours| {
            name.as_encoded_bytes().strip_prefix(ours.as_bytes()).is_some_and(|rest| {
                rest.is_empty() || ["-wal", "-shm", "-journal"].iter().any(|end| rest == end.as_bytes())
            })
        });
        if is_ours && part.file_type().map_err(cannot("read", &part.path()))?.is_symlink() {
            return Err(OpenError::Link(part.path()));
        }
    }
    Ok(())
}

/// What lies in a data folder; the databases with their companions.
const PARTS: [&str; 8] = ["lock", DATABASE, ACCOUNTS_FILE, NAMES, "segments", "blocks", "cache", "tmp"];

/// Whether a store was made here.
pub(crate) fn has_store(path: &Path) -> bool {
    path.join(DATABASE).exists()
}

/// How many bytes the device of a folder can still take.
pub(crate) fn bytes_free(folder: &Path) -> io::Result<u64> {
    let device = rustix::fs::statvfs(folder)?;
    Ok(device.f_bavail.saturating_mul(device.f_frsize))
}

/// Only for its owner: what people keep here is nobody else's.
pub(crate) fn create_private(path: &Path) -> Result<(), OpenError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(cannot("create", path))
}

/// The same for a part of the data folder, which leads nowhere else.
fn create_part(path: &Path) -> Result<(), OpenError> {
    create_private(path)?;
    let found = fs::symlink_metadata(path).map_err(cannot("read", path))?;
    if found.is_symlink() { Err(OpenError::Link(path.to_owned())) } else { Ok(()) }
}

/// Creates a folder and those around it, and makes the names of all that were missing durable.
fn create_durably(path: &Path) -> Result<(), OpenError> {
    let missing: Vec<&Path> = path
        .ancestors()
        .filter(|part| !part.as_os_str().is_empty())
        .take_while(|part| !part.exists())
        .collect();
    create_private(path)?;
    for created in missing {
        let around = match created.parent() {
            Some(around) if !around.as_os_str().is_empty() => around,
            _ => Path::new("."),
        };
        if let Err(error) = sync_folder(around) {
            // It may be one that this user can write to and not read.
            tracing::warn!(?error, folder = %around.display(), "the folder around the new data folder cannot be synced");
        }
    }
    Ok(())
}

/// Takes the lock, or tells who has it. The kernel gives it up when a process dies, however it dies.
fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let mut file = options.open(&path).map_err(cannot("open", &path))?;
    if let Err(refused) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
        if refused != rustix::io::Errno::WOULDBLOCK {
            return Err(cannot("lock", &path)(refused.into()));
        }
        let mut holder = String::new();
        // Who holds it is a courtesy: the refusal stands without it.
        let _ = file.read_to_string(&mut holder);
        return Err(OpenError::Locked { folder: folder.to_owned(), process: holder.trim().parse().ok() });
    }
    let write = |file: &mut File| {
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())
    };
    write(&mut file).map_err(cannot("write", &path))?;
    Ok(file)
}

/// A file for its owner only, which must not be there yet.
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// What to say when the file system refuses to do something with `path`.
pub(crate) fn cannot<'a>(what: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> OpenError + 'a {
    move |source| OpenError::File { what, path: path.to_owned(), source }
}
