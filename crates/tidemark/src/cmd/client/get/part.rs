//! A file that is not whole yet, beside its place.

use super::{place, shown};
use crate::exit::Failure;
use crate::progress::Bar;
use anyhow::{Context, anyhow};
use data_encoding::HEXLOWER;
use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tidemark_client::{Client, ContentHasher, DownloadOptions, FileMetadata, RemotePath};

const SUFFIX: &str = ".tidemark-part";
/// The longest name that file systems take, in bytes.
const NAME_MAX: usize = 255;

/// The part that is there, locked as long as this lives: two commands do not write one file.
pub(super) struct Part {
    path: PathBuf,
    file: File,
}

/// Whether a name is one that parts have.
pub(super) fn is_part_name(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(SUFFIX)
}

/// What the part of a file is called.
fn part_of(target: &Path) -> Result<PathBuf, Failure> {
    let name = target
        .file_name()
        .ok_or_else(|| Failure::Misunderstood(anyhow!("{} names no file", shown(target))))?;
    let whole = name.as_encoded_bytes();
    let mut part = std::ffi::OsString::from(".");
    if whole.len() + 1 + SUFFIX.len() <= NAME_MAX {
        part.push(name);
    } else {
        part.push(HEXLOWER.encode(&Sha256::digest(whole)[..16]));
    }
    part.push(SUFFIX);
    Ok(target.with_file_name(part))
}

impl Part {
    /// Takes up the part of a file, or begins it.
    pub(super) fn open(target: &Path) -> Result<Part, Failure> {
        let path = part_of(target)?;
        let what = || format!("cannot write {}", shown(&path));
        // A few times, because another command may finish its part, which then is no part any more, in between.
        for _ in 0..16 {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                // In a folder of many people somebody could have put something else there.
                .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
                .open(&path)
                .with_context(what)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Failure::Conflict(anyhow!("another command is getting {}", shown(target))));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(anyhow::Error::new(error).context(what()).into());
                }
            }
            let ours = file.metadata().with_context(what)?;
            let is_plain = ours.is_file() && ours.nlink() <= 1;
            if ours.nlink() > 0 && (!is_plain || ours.uid() != rustix::process::geteuid().as_raw()) {
                return Err(Failure::Refused(anyhow!("{} is in the way: it is not ours", shown(&path))));
            }
            let there = fs::symlink_metadata(&path).ok();
            if there.is_some_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino())) {
                return Ok(Part { path, file });
            }
        }
        Err(Failure::Conflict(anyhow!("other commands are getting {}", shown(target))))
    }

    /// Gets what is missing. What is there is of this version, or its digest will be wrong: then all of it comes anew.
    pub(super) async fn fill(
        &mut self,
        client: &Client,
        path: &RemotePath,
        file: &FileMetadata,
        bar: &Bar,
    ) -> Result<(), Failure> {
        let what = format!("cannot write {}", shown(&self.path));
        let mut hasher = self.begun(file).await.context(what.clone())?;
        loop {
            let begun = self.file.stream_position().context(what.clone())?;
            if begun < file.bytes || begun == 0 {
                self.download(client, path, file, begun, &mut hasher, bar).await?;
            }
            match file.content_hash.is_none_or(|hash| hash == hasher.finish()) {
                true => return Ok(()),
                false if begun == 0 => return Err(tidemark_client::Error::Corrupted.into()),
                false => hasher = self.anew().context(what.clone())?,
            }
        }
    }

    /// What is there, if it can be a beginning of the file; the position is behind it.
    async fn begun(&mut self, file: &FileMetadata) -> std::io::Result<ContentHasher> {
        let length = self.file.metadata()?.len();
        match length > 0 && length <= file.bytes && file.content_hash.is_some() {
            true => place::digest(&mut self.file).await,
            false => self.anew(),
        }
    }

    fn anew(&mut self) -> std::io::Result<ContentHasher> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        Ok(ContentHasher::new())
    }

    async fn download(
        &mut self,
        client: &Client,
        path: &RemotePath,
        file: &FileMetadata,
        begun: u64,
        hasher: &mut ContentHasher,
        bar: &Bar,
    ) -> Result<(), Failure> {
        // The digest is compared here, of what is on disk and what comes.
        let options = DownloadOptions {
            rev: Some(file.rev.clone()),
            offset: begun,
            unverified: true,
            ..DownloadOptions::default()
        };
        let mut download = client.download(path, &options).await?;
        let mut at = begun;
        while let Some(piece) = download.chunk().await? {
            self.file.write_all(&piece).with_context(|| format!("cannot write {}", shown(&self.path)))?;
            hasher.update(&piece);
            at += piece.len() as u64;
            bar.at(at);
        }
        if at != file.bytes {
            return Err(Failure::Broken(anyhow!("{at} bytes came of {}", file.bytes)));
        }
        Ok(())
    }

    /// Nothing will come of it for now. What is there is kept for the next time; of nothing there is no part.
    pub(super) fn give_up(self) {
        if self.file.metadata().is_ok_and(|found| found.len() == 0) {
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Moves the whole file to its place: there it was not, or another was, and then it is there, on disk.
    pub(super) fn finish(self, target: &Path, file: &FileMetadata, replace: bool) -> Result<(), Failure> {
        let what = || format!("cannot write {}", shown(target));
        if replace {
            self.be_like(target).with_context(what)?;
        }
        self.settle(file).with_context(what)?;
        match replace {
            true => fs::rename(&self.path, target).with_context(what)?,
            false => rename_new(&self.path, target).map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => Failure::Conflict(anyhow!(
                    "another {} came here meanwhile: --force replaces it",
                    shown(target)
                )),
                _ => anyhow::Error::new(error).context(what()).into(),
            })?,
        }
        let folder = target.parent().filter(|folder| *folder != Path::new(""));
        File::open(folder.unwrap_or(Path::new(".")))
            .and_then(|folder| folder.sync_all())
            .with_context(what)?;
        Ok(())
    }

    /// Whoever could not read the file that is replaced cannot read this one.
    fn be_like(&self, target: &Path) -> std::io::Result<()> {
        match fs::symlink_metadata(target) {
            // Where they cannot be set they are the same anyway.
            Ok(there) if there.is_file() && there.mode() != self.file.metadata()?.mode() => {
                self.file.set_permissions(fs::Permissions::from_mode(there.mode() & 0o777))
            }
            _ => Ok(()),
        }
    }

    /// As it was edited, and on disk.
    fn settle(&self, file: &FileMetadata) -> std::io::Result<()> {
        if let Some(time) = file.client_mtime {
            let seconds = Duration::from_secs(time.0.unsigned_abs());
            let epoch = SystemTime::UNIX_EPOCH;
            let time = if time.0 < 0 { epoch.checked_sub(seconds) } else { epoch.checked_add(seconds) };
            // A file system that cannot note such a time notes another.
            let _ = time.map(|time| self.file.set_modified(time));
        }
        self.file.sync_all()
    }
}

/// Renames, unless something is there by now.
fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        // The file system cannot: a second name does the same.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However long a file's name is, its part can be written.
    #[test]
    fn parts_are_hidden_beside_their_files() {
        let part = |name: &str| part_of(Path::new(name)).unwrap().to_str().unwrap().to_owned();
        assert_eq!(part("a/b.txt"), "a/.b.txt.tidemark-part");
        assert_eq!(part("b"), ".b.tidemark-part");
        let long = part(&"x".repeat(255));
        assert!(long.len() <= NAME_MAX && is_part_name(&long), "{long}");
        assert_ne!(long, part(&format!("{}y", "x".repeat(254))));
        assert!(part_of(Path::new("..")).is_err() && part_of(Path::new("/")).is_err());
    }
}
