//! Files that are open.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use rustix::fs::{Gid, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, fchmod, fchown, futimens, openat};
use rustix::io::Errno;

use super::blocking;
use super::fault::Refusal;
use super::root::Root;
use super::sight::{self, Sight};
use crate::ports::{DiskError, DiskFault, LocalPath, Reading, Seen, SeenKind, Writing};

/// The most that one call reads.
const READ_BYTES_MAX: usize = 4 << 20;

/// A file, with what is needed to speak about it.
pub(super) struct Opened {
    root: Arc<Root>,
    path: LocalPath,
    file: Arc<File>,
}

impl Opened {
    async fn call<T: Send + 'static>(
        &self,
        attempted: &'static str,
        call: impl FnOnce(&Root, &File) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, DiskError> {
        let (root, path, file) = (Arc::clone(&self.root), self.path.clone(), Arc::clone(&self.file));
        blocking::call(move || call(&root, &file).map_err(|refusal| refusal.told(attempted, &path))).await
    }
}

/// Opens a file to be read, and nothing else: opening a pipe would wait for somebody, and opening a device does something.
pub(super) fn open(root: &Arc<Root>, path: &LocalPath) -> Result<Opened, Refusal> {
    let file = open_file(root, path)?;
    Ok(Opened { root: Arc::clone(root), path: path.clone(), file: Arc::new(file) })
}

fn open_file(root: &Root, path: &LocalPath) -> Result<File, Refusal> {
    const FLAGS: OFlags = OFlags::RDONLY
        .union(OFlags::NOFOLLOW)
        .union(OFlags::NONBLOCK)
        .union(OFlags::NOCTTY)
        .union(OFlags::CLOEXEC);
    let (folder, name) = root.way_to(path)?;
    let is_file = |seen: &Seen| seen.kind == SeenKind::File;
    if !is_file(&sight::at(&folder, name.as_bytes())?.seen) {
        return Err(Refusal::of(DiskFault::Different));
    }
    let file = openat(&folder, name, FLAGS, Mode::empty())?;
    // Another may have come into its place since.
    if is_file(&sight::of(&file)?.seen) { Ok(file.into()) } else { Err(Refusal::of(DiskFault::Different)) }
}

/// Makes a file that is not there yet.
pub(super) fn create(
    root: &Arc<Root>,
    path: &LocalPath,
    like: Option<&LocalPath>,
) -> Result<Opened, Refusal> {
    const FLAGS: OFlags = OFlags::WRONLY
        .union(OFlags::CREATE)
        .union(OFlags::EXCL)
        .union(OFlags::NOFOLLOW)
        .union(OFlags::CLOEXEC);
    let model = match like.map(|like| open_model(root, like)) {
        None | Some(Err(Refusal { fault: DiskFault::Missing, .. })) => None,
        Some(model) => Some(model?),
    };
    let (folder, name) = root.way_to(path)?;
    // Until it is known who else may, only its owner.
    let mode = if model.is_some() { 0o600 } else { 0o666 };
    let file = openat(&folder, name, FLAGS, Mode::from_raw_mode(mode))?;
    if let Some(model) = model {
        adopt(&file, &model)?;
    }
    Ok(Opened { root: Arc::clone(root), path: path.clone(), file: Arc::new(file.into()) })
}

/// Opens a file that was made before, to be written on from its end; tells how many bytes it has.
pub(super) fn append(root: &Arc<Root>, path: &LocalPath) -> Result<(Opened, u64), Refusal> {
    const FLAGS: OFlags = OFlags::WRONLY
        .union(OFlags::APPEND)
        .union(OFlags::NOFOLLOW)
        .union(OFlags::NONBLOCK)
        .union(OFlags::NOCTTY)
        .union(OFlags::CLOEXEC);
    let (folder, name) = root.way_to(path)?;
    if sight::at(&folder, name.as_bytes())?.seen.kind != SeenKind::File {
        return Err(Refusal::of(DiskFault::Different));
    }
    let file: File = openat(&folder, name, FLAGS, Mode::empty())?.into();
    let seen = sight::of(&file)?.seen;
    // Another may have come into its place since; and what has another name is seen there, too.
    if seen.kind != SeenKind::File || seen.links != 1 {
        return Err(Refusal::of(DiskFault::Different));
    }
    Ok((Opened { root: Arc::clone(root), path: path.clone(), file: Arc::new(file) }, seen.stamp.size))
}

/// Who may do what with a file.
struct Model {
    mode: Mode,
    group: u32,
}

fn open_model(root: &Root, like: &LocalPath) -> Result<Model, Refusal> {
    let (folder, name) = root.way_to(like)?;
    let told = rustix::fs::statat(&folder, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(Model { mode: Mode::from_raw_mode(told.st_mode), group: told.st_gid })
}

fn adopt(file: impl std::os::fd::AsFd, model: &Model) -> Result<(), Refusal> {
    let mut mode = model.mode & (Mode::RWXU | Mode::RWXG | Mode::RWXO);
    if rustix::fs::fstat(&file)?.st_gid != model.group
        && fchown(&file, None, Some(Gid::from_raw(model.group))).is_err()
    {
        // Its group cannot be given to it, and another group gets no more than everybody has.
        mode -= Mode::RWXG;
    }
    // Its owner goes on writing.
    fchmod(&file, mode | Mode::RUSR | Mode::WUSR)?;
    Ok(())
}

/// Whether its owner may run a file.
pub(super) fn set_executable(root: &Root, path: &LocalPath, executable: bool) -> Result<(), Refusal> {
    run_or_not(&open_file(root, path)?, executable)
}

/// Whoever may read it may run it, or nobody.
fn run_or_not(file: &File, executable: bool) -> Result<(), Refusal> {
    const RUN: Mode = Mode::XUSR.union(Mode::XGRP).union(Mode::XOTH);
    let Sight { seen, mode, .. } = sight::of(file)?;
    if seen.executable == executable {
        return Ok(());
    }
    let readable = mode & (Mode::RUSR | Mode::RGRP | Mode::ROTH);
    let run = Mode::from_raw_mode(readable.as_raw_mode() >> 2) | Mode::XUSR;
    fchmod(file, if executable { mode | run } else { mode - RUN })?;
    Ok(())
}

#[async_trait]
impl Reading for Opened {
    async fn look(&mut self) -> Result<Seen, DiskError> {
        self.call("look at", |root, file| Ok(root.told(&sight::of(file)?))).await
    }

    async fn read_at(&mut self, offset: u64, limit: usize) -> Result<Bytes, DiskError> {
        self.call("read", move |_, file| {
            let mut bytes = vec![0; limit.min(READ_BYTES_MAX)];
            let mut have = 0;
            while have < bytes.len() {
                match file.read_at(&mut bytes[have..], offset.saturating_add(have as u64)) {
                    Ok(0) => break,
                    Ok(more) => have += more,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error.into()),
                }
            }
            bytes.truncate(have);
            Ok(bytes.into())
        })
        .await
    }

    async fn sync(&mut self) -> Result<(), DiskError> {
        self.call("make durable", |_, file| Ok(file.sync_all()?)).await
    }
}

#[async_trait]
impl Writing for Opened {
    async fn write(&mut self, bytes: Bytes) -> Result<(), DiskError> {
        self.call("write", move |_, mut file| Ok(file.write_all(&bytes)?)).await
    }

    async fn finish(self: Box<Self>, modified_s: Option<i64>, executable: bool) -> Result<Seen, DiskError> {
        self.call("finish", move |root, file| {
            run_or_not(file, executable)?;
            if let Some(seconds) = modified_s {
                date(file, seconds)?;
            }
            file.sync_all()?;
            Ok(root.told(&sight::of(file)?))
        })
        .await
    }
}

/// When its bytes were changed. A time that the file system cannot keep is let be: dates are a courtesy.
fn date(file: &File, seconds: i64) -> Result<(), Refusal> {
    let times = Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: seconds, tv_nsec: 0 },
    };
    match futimens(file, &times) {
        Err(Errno::INVAL | Errno::OVERFLOW | Errno::RANGE) => Ok(()),
        done => Ok(done?),
    }
}
