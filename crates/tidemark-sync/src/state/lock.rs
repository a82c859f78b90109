//! One engine for each sync folder: the lock beside its database.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

use super::StateError;

/// How often the lock is tried for, as long as only somebody who asks about it stands in the way.
const TRIES: u32 = 1000;
/// How long that takes.
const INSTANT: Duration = Duration::from_millis(1);
/// Longer than any number of a process, in bytes.
const NUMBER_MAX: u64 = 20;

/// Keeps every other engine away until it is dropped, or this process ends, in whatever way.
pub(super) struct Lock {
    file: File,
}

/// Which process has the lock, if it said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder(pub Option<u32>);

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder(Some(number)) => write!(f, "process {number}"),
            Holder(None) => f.write_str("another process"),
        }
    }
}

impl Lock {
    /// Takes the lock of this database, unless an engine has it.
    pub(super) fn take(database: &Path) -> Result<Lock, StateError> {
        let path = place(database);
        let failed = |source| StateError::File { attempted: "lock", file: path.clone(), source };
        let file = open(OpenOptions::new().write(true).create(true).truncate(false).mode(0o600), &path);
        let file = file.map_err(failed)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => {
                    let lock = Lock { file };
                    // Who has it is a courtesy: the lock holds without it, also on a disk that is full.
                    let _ = lock.sign();
                    return Ok(lock);
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
            // An engine shares it with nobody; whoever asks does, and is gone in an instant.
            match file.try_lock_shared() {
                Ok(()) => file.unlock().map_err(failed)?,
                Err(TryLockError::WouldBlock) => break,
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
            std::thread::sleep(INSTANT);
        }
        Err(StateError::InUse { file: database.to_owned(), holder: holder(&file) })
    }

    /// Whether an engine has the lock of this database now. Asking keeps no engine from beginning.
    pub(super) fn is_held(database: &Path) -> bool {
        let Ok(file) = open(&mut OpenOptions::new(), &place(database)) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Writes down who has it.
    fn sign(&self) -> io::Result<()> {
        let file = self.file.metadata()?;
        // What has another name, too, may be somebody's file.
        if file.is_file() && file.nlink() == 1 {
            self.file.set_len(0)?;
            writeln!(&self.file, "{}", std::process::id())?;
        }
        Ok(())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // To close the file is not enough: a process that is being started beside this has it, too, until it has begun with its
        // own program, and the lock with it.
        let _ = self.file.unlock();
    }
}

/// Never what a link leads to, and without waiting for whoever may be at the other end of a pipe.
fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

fn holder(file: &File) -> Holder {
    let mut number = String::new();
    let _ = file.take(NUMBER_MAX).read_to_string(&mut number);
    Holder(number.trim().parse().ok())
}

fn place(database: &Path) -> PathBuf {
    super::connection::with(database, ".lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("state.db");
        (folder, database)
    }

    /// A process that is started while the lock is held has the lock's file for a moment: it keeps nobody away once the lock is
    /// given up.
    #[test]
    fn what_is_given_up_is_free_whoever_else_has_the_file() {
        let (_folder, database) = database();
        let lock = Lock::take(&database).unwrap();
        let inherited = lock.file.try_clone().unwrap();
        drop(lock);
        assert!(!Lock::is_held(&database));
        Lock::take(&database).unwrap();
        drop(inherited);
    }

    /// Somebody who asks whether it is held has it for an instant, and an engine that begins then waits for that.
    #[test]
    fn whoever_asks_keeps_no_engine_away() {
        let (_folder, database) = database();
        drop(Lock::take(&database).unwrap());
        let asking = open(&mut OpenOptions::new(), &place(&database)).unwrap();
        asking.try_lock_shared().unwrap();
        assert!(!Lock::is_held(&database), "several may ask at once");
        let done = std::thread::scope(|scope| {
            let taking = scope.spawn(|| Lock::take(&database));
            std::thread::sleep(5 * INSTANT);
            asking.unlock().unwrap();
            taking.join().unwrap()
        });
        assert!(Lock::is_held(&database));
        drop(done.unwrap());
    }

    /// A second one is told who has it.
    #[test]
    fn the_holder_is_told() {
        let (_folder, database) = database();
        assert!(!Lock::is_held(&database) && !place(&database).exists(), "asking makes nothing");
        let lock = Lock::take(&database).unwrap();
        let Err(StateError::InUse { holder, .. }) = Lock::take(&database) else { panic!("taken twice") };
        assert_eq!(holder, Holder(Some(std::process::id())));
        // One that somebody wrote something else into.
        std::fs::write(place(&database), "99999999999999999999 and more").unwrap();
        let Err(refused) = Lock::take(&database) else { panic!("taken twice") };
        assert!(refused.to_string().ends_with("state.db is in use by another process"), "{refused}");
        drop(lock);
    }

    /// What somebody put in the lock's place is neither followed nor written to.
    #[test]
    fn a_link_in_its_place_leads_nowhere() {
        let (folder, database) = database();
        let target = folder.path().join("target");
        std::os::unix::fs::symlink(&target, place(&database)).unwrap();
        assert!(matches!(Lock::take(&database), Err(StateError::File { attempted: "lock", .. })));
        assert!(!Lock::is_held(&database) && !target.exists());
        std::fs::remove_file(place(&database)).unwrap();
        std::fs::write(&target, "precious").unwrap();
        std::fs::hard_link(&target, place(&database)).unwrap();
        Lock::take(&database).unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "precious");
    }
}
