//! The executor: takes one step, and says what it led to.
//!
//! A step knows nothing of what is kept: it gets all that it needs by value, when it begins, and makes sure at the instant of
//! acting that what it is about still is as it was observed. That something is not is no error: it says where to look again.

mod announce;
mod download;
mod folders;
mod hash;
mod local;
mod look;
mod outcome;
mod progress;
mod remote;
mod staging;
mod upload;

pub(crate) use announce::Announced;
pub(crate) use download::{DownloadJob, Replaced};
pub(crate) use hash::HashJob;
pub(crate) use local::{MakeLocalJob, MoveLocalJob, Observed, TrashLocalJob};
pub(crate) use look::Folder;
pub(crate) use outcome::{Changed, Done, Failure, Outcome, chain};
pub(crate) use progress::Passed;
pub(crate) use remote::{DeleteRemoteJob, MakeRemoteJob, MoveRemoteJob, MovedHere};
pub(crate) use staging::clear as clear_staging;
pub(crate) use upload::{Kept, UploadJob};

use std::sync::Arc;

use tidemark_client::Client;
use tokio::sync::mpsc;

use crate::ports::{Clock, Disk, DiskError, LocalPath};
use folders::FolderSyncs;

/// What steps need of the world.
pub(crate) struct Tools {
    pub(crate) client: Client,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) clock: Arc<dyn Clock>,
    folders: FolderSyncs,
    announce: mpsc::UnboundedSender<Announced>,
}

impl Tools {
    /// What they announce is to be written down by whoever has the other end.
    pub(crate) fn new(
        client: Client,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
    ) -> (Tools, mpsc::UnboundedReceiver<Announced>) {
        let (announce, announced) = mpsc::unbounded_channel();
        (Tools { client, disk, clock, folders: FolderSyncs::default(), announce }, announced)
    }

    /// Makes the name durable that something has.
    async fn sync_around(&self, path: &LocalPath) -> Result<(), DiskError> {
        match path.split() {
            Some((folder, _)) => self.folders.sync(&*self.disk, &folder).await,
            None => Ok(()),
        }
    }
}

/// A step, with all that it needs to know.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    Hash(HashJob),
    Download(DownloadJob),
    MakeLocal(MakeLocalJob),
    MoveLocal(MoveLocalJob),
    TrashLocal(TrashLocalJob),
    Upload(UploadJob),
    MakeRemote(MakeRemoteJob),
    MoveRemote(MoveRemoteJob),
    DeleteRemote(DeleteRemoteJob),
}

/// Takes a step.
pub(crate) async fn take(tools: &Tools, job: &Job) -> Outcome {
    let taken = match job {
        Job::Hash(job) => hash::take(tools, job).await,
        Job::Download(job) => download::take(tools, job).await,
        Job::MakeLocal(job) => local::make(tools, job).await,
        Job::MoveLocal(job) => local::relocate(tools, job).await,
        Job::TrashLocal(job) => local::trash(tools, job).await,
        Job::Upload(job) => upload::take(tools, job).await,
        Job::MakeRemote(job) => remote::make(tools, job).await,
        Job::MoveRemote(job) => remote::relocate(tools, job).await,
        Job::DeleteRemote(job) => remote::delete(tools, job).await,
    };
    taken.unwrap_or_else(Outcome::from)
}
