//! Reading a file, to know its bytes.

use tidemark_client::ContentHasher;

use super::outcome::{Changed, Done, Ended, Outcome};
use super::{Tools, look};
use crate::ports::{LocalPath, Stamp};
use crate::trees::LocalId;

/// Which file.
#[derive(Clone, Debug)]
pub(crate) struct HashJob {
    pub(crate) local: LocalId,
    pub(crate) path: LocalPath,
    pub(crate) stamp: Stamp,
}

/// How much is read at a time.
pub(super) const PIECE: usize = 1 << 20;

/// The file is made durable, too: as soon as its bytes are known it may be found equal to the server's, and from then on its
/// absence would be a deletion.
pub(super) async fn take(tools: &Tools, job: &HashJob) -> Result<Outcome, Ended> {
    let mut reading = tools.disk.open(&job.path).await?;
    look::ripen(tools, &job.stamp).await;
    look::opened(&mut *reading, &job.path, &job.stamp).await?;
    let mut hasher = ContentHasher::new();
    let mut offset = 0;
    while offset < job.stamp.size {
        let bytes = reading.read_at(offset, PIECE).await?;
        if bytes.is_empty() {
            break;
        }
        hasher.update(&bytes);
        offset += bytes.len() as u64;
    }
    reading.sync().await?;
    look::opened(&mut *reading, &job.path, &job.stamp).await?;
    if offset != job.stamp.size {
        return Err(Changed::here(&job.path).into());
    }
    tools.sync_around(&job.path).await?;
    let done = Done::Hashed { local: job.local, stamp: job.stamp, hash: hasher.finish() };
    Ok(Outcome::Done(Box::new(done), Vec::new()))
}
