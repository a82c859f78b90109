//! How far uploads are, kept so that the next command goes on with one that was interrupted.
//!
//! It is a help, and never the truth: what does not fit is not used, and the upload begins anew.

use super::input::{Input, Stamp};
use crate::cmd::client::session::Session;
use crate::profile::state_folder;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tidemark_client::{RemotePath, Source, UploadSession};

/// Where one upload's state is, and what it is of.
#[derive(Clone)]
pub(super) struct Kept {
    file: PathBuf,
    of: Of,
}

/// What is being sent: if any of it is different, it is another upload.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Of {
    server: String,
    /// The profile; none if the environment has the token.
    profile: Option<String>,
    path: String,
    size: u64,
    stamp: Stamp,
}

#[derive(Serialize, Deserialize)]
struct Written<O, S> {
    of: O,
    session: S,
}

/// What servers have forgotten by then.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// More than the state of any upload needs.
const STATE_MAX: u64 = 64 << 20;

impl Kept {
    /// That of this upload; none if there is no place for it.
    pub(super) fn of(session: &Session, source: &Path, input: &Input, to: &RemotePath) -> Option<Kept> {
        let of = Of {
            server: session.client.server().as_str().to_owned(),
            profile: session.profile.as_ref().map(|(name, _)| name.to_string()),
            path: to.as_str().to_owned(),
            size: input.size(),
            stamp: input.stamp,
        };
        let source = source.canonicalize().ok()?;
        // One for each source and destination: a file that has changed overwrites what is of no use any more.
        let mut digest = Sha256::new();
        for part in [of.server.as_bytes(), of.path.as_bytes(), source.as_os_str().as_encoded_bytes()] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let name = format!("{}.json", HEXLOWER.encode(&digest.finalize()[..16]));
        let file = state_folder().ok()?.join("uploads").join(name);
        Some(Kept { file, of })
    }

    /// How far it was.
    pub(super) fn load(&self) -> Option<UploadSession> {
        let is_small = fs::metadata(&self.file).ok()?.len() <= STATE_MAX;
        let text = is_small.then(|| fs::read(&self.file).ok())??;
        let written: Written<Of, UploadSession> = serde_json::from_slice(&text).ok()?;
        (written.of == self.of).then_some(written.session)
    }

    /// How far it is.
    pub(super) fn store(&self, session: &UploadSession) {
        // Without it an interruption costs time, and nothing else.
        let _ = self.write(session);
    }

    fn write(&self, session: &UploadSession) -> io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if !self.file.exists() {
            sweep(folder);
        }
        let text = serde_json::to_vec(&Written { of: &self.of, session })?;
        let new = self.file.with_extension(format!("{}.new", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        // Not forced to disk: this is written every few megabytes, and may be lost.
        file.write_all(&text).and_then(|()| fs::rename(&new, &self.file)).inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })
    }

    /// It is over.
    pub(super) fn forget(&self) {
        let _ = fs::remove_file(&self.file);
    }
}

/// Takes away what is of no use any more.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let age = entry
            .metadata()
            .and_then(|found| found.modified())
            .map(|time| time.elapsed().unwrap_or_default());
        if age.is_ok_and(|age| age > FORGOTTEN_AFTER) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
