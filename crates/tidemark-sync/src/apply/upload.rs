//! Bringing a file's bytes to the server.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use tidemark_client::{
    ContentHash, Error, Progress, RemotePath, Source, Timestamp, UploadOptions, UploadSession, WriteMode,
};

use super::outcome::{Changed, Done, Ended, Failure, Outcome};
use super::progress::Passed;
use super::remote::{self, Told};
use super::{Tools, look};
use crate::ports::{LocalPath, Reading, Stamp};
use crate::state::{Intent, Sending};
use crate::trees::{Content, LocalId, Place, RemoteFile, RemoteId, Rev};

/// Which file, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct UploadJob {
    pub(crate) local: LocalId,
    pub(crate) path: LocalPath,
    pub(crate) stamp: Stamp,
    pub(crate) to: RemotePath,
    pub(crate) place: Place<RemoteId>,
    /// What it replaces there, and which revision that must have. None: nothing may be there.
    pub(crate) replaces: Option<(RemoteId, Rev)>,
    /// How far an earlier try came with these bytes.
    pub(crate) resume: Option<UploadSession>,
    pub(crate) passed: Passed,
    pub(crate) kept: Kept,
}

/// Where an upload can be resumed, for whoever keeps it. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(Arc<Mutex<Option<UploadSession>>>);

impl Kept {
    /// The newest, unless it was taken already.
    pub(crate) fn take(&self) -> Option<UploadSession> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, session: &UploadSession) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(session.clone());
    }
}

/// The file is durable here before the server is told of it: otherwise a power cut here could become a deletion or a
/// truncation there. What is sent are the bytes that it had under one stamp.
pub(super) async fn take(tools: &Tools, job: &UploadJob) -> Result<Outcome, Ended> {
    let disk = &*tools.disk;
    look::ripen(tools, &job.stamp).await;
    look::file(disk, &job.path, &job.stamp).await?;
    let mut reading = disk.open(&job.path).await?;
    reading.sync().await?;
    look::opened(&mut *reading, &job.path, &job.stamp).await?;
    tools.sync_around(&job.path).await?;

    let modified_s = job.stamp.modified_ns.div_euclid(1_000_000_000);
    let mut source = Steady { tools, job, modified_s, reading, stopped: None };
    let options = UploadOptions {
        mode: match &job.replaces {
            Some((_, rev)) => WriteMode::Replace(rev.clone()),
            None => WriteMode::Create,
        },
        client_mtime: Some(Timestamp(modified_s)),
        resume: job.resume.clone(),
        progress: Some(Arc::new(Watched { passed: job.passed.clone(), kept: job.kept.clone() })),
    };
    let uploaded = match tools.client.upload(&job.to, &mut source, options).await {
        Ok(uploaded) => uploaded,
        Err(Error::Body(error)) => {
            let again = || Failure::Again { error: error.to_string() }.into();
            return Err(source.stopped.unwrap_or_else(again));
        }
        Err(error) => return Err(error.into()),
    };

    let told = Told::read(&uploaded.metadata, &job.to, job.replaces.as_ref().map(|(remote, _)| remote))?;
    let sent = Content { size: job.stamp.size, hash: uploaded.content_hash };
    let file = told.file.filter(|file| file.content == sent).ok_or_else(|| remote::contradicted(&job.to))?;
    // The server has it, whatever became of its place here: what cannot be looked at now does not take the answer back.
    let seen = disk.look(&job.path).await.ok().flatten();
    let again =
        if seen.is_some_and(|seen| seen.stamp == job.stamp) { Vec::new() } else { vec![job.path.clone()] };
    let done = Done::Uploaded {
        local: job.local,
        stamp: job.stamp,
        remote: told.id,
        place: Place { parent: job.place.parent.clone(), name: told.name },
        file: RemoteFile { ..file },
    };
    Ok(Outcome::Done(Box::new(done), again))
}

/// A file that gives only the bytes that it had under one stamp.
struct Steady<'a> {
    tools: &'a Tools,
    job: &'a UploadJob,
    modified_s: i64,
    reading: Box<dyn Reading>,
    /// Why it gave no more.
    stopped: Option<Ended>,
}

#[async_trait]
impl Source for Steady<'_> {
    async fn read_at(&mut self, offset: u64, length: usize) -> io::Result<Bytes> {
        let bytes = match self.reading.read_at(offset, length).await {
            Ok(bytes) => bytes,
            Err(error) => return Err(self.stop(error)),
        };
        // Whatever was read before the stamp was looked at was read under it.
        match self.reading.look().await {
            Ok(seen) if seen.stamp == self.job.stamp => Ok(bytes),
            Ok(_) => Err(self.stop(Changed::here(&self.job.path))),
            Err(error) => Err(self.stop(error)),
        }
    }

    fn size(&self) -> u64 {
        self.job.stamp.size
    }

    async fn digested(&mut self, hash: ContentHash) -> io::Result<()> {
        let content = Content { size: self.job.stamp.size, hash };
        let sending = Sending {
            local: self.job.local,
            remote: self.job.replaces.as_ref().map(|(remote, _)| remote.clone()),
            to: self.job.to.clone(),
            bytes: Some((content, self.modified_s)),
        };
        self.tools.announce(Intent::Send(sending)).await.map_err(|ended| self.stop(ended))
    }
}

impl Steady<'_> {
    fn stop(&mut self, why: impl Into<Ended>) -> io::Error {
        self.stopped = Some(why.into());
        io::Error::other("what is sent cannot be read any more")
    }
}

/// Notes how far it is.
struct Watched {
    passed: Passed,
    kept: Kept,
}

impl Progress for Watched {
    fn passed(&self, bytes: u64, _total: u64) {
        self.passed.set(bytes);
    }

    fn reached(&self, session: &UploadSession) {
        self.kept.put(session);
    }
}
