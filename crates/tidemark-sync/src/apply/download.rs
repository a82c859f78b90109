//! Bringing a file's bytes here.

use tidemark_client::{DownloadOptions, RemotePath};

use super::local::put_back;
use super::outcome::{Changed, Done, Ended, Failure, Outcome};
use super::progress::Passed;
use super::{Folder, Tools, look, staging};
use crate::ports::{Disk, DiskError, DiskFault, LocalPath, Seen, Stamp};
use crate::state::{Intent, Placing};
use crate::trash;
use crate::trees::{Content, LocalId, Place, RemoteFile, RemoteId};

/// Which file, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct DownloadJob {
    pub(crate) remote: RemoteId,
    pub(crate) from: RemotePath,
    /// Where the server has it.
    pub(crate) place: Place<RemoteId>,
    pub(crate) file: RemoteFile,
    pub(crate) to: Place<LocalId>,
    /// The folder that it goes into.
    pub(crate) folder: Folder,
    pub(crate) path: LocalPath,
    pub(crate) replaces: Option<Replaced>,
    pub(crate) passed: Passed,
}

/// What it replaces.
#[derive(Clone, Debug)]
pub(crate) struct Replaced {
    pub(crate) local: LocalId,
    pub(crate) stamp: Stamp,
}

impl DownloadJob {
    fn placing(&self, staged: &Seen) -> Placing {
        Placing {
            remote: self.remote.clone(),
            from: self.place.clone(),
            file: self.file.clone(),
            to: self.to.clone(),
            stamp: staged.stamp,
        }
    }
}

/// The file is whole and durable before it is seen; what it replaces is looked at again before and after.
pub(super) async fn take(tools: &Tools, job: &DownloadJob) -> Result<Outcome, Ended> {
    let part = staging::part(&job.remote, &job.file.rev);
    let executable = match &job.replaces {
        Some(replaced) => look::file(&*tools.disk, &job.path, &replaced.stamp).await?.executable,
        None => {
            look::free(&*tools.disk, &job.path, None).await?;
            false
        }
    };
    let staged = stage(tools, job, &part, executable).await?;
    job.folder.check(&*tools.disk).await?;
    tools.announce(Intent::Place(job.placing(&staged))).await?;
    let again = match &job.replaces {
        Some(replaced) => replace(tools, job, replaced, &part, &staged).await?,
        None => {
            tools.disk.rename(&part, &job.path).await?;
            Vec::new()
        }
    };
    arrived(tools, job, &staged, again).await
}

/// Gets the bytes into staging, whole and durable.
async fn stage(tools: &Tools, job: &DownloadJob, part: &LocalPath, executable: bool) -> Result<Seen, Ended> {
    let content = job.file.content;
    room(tools, part, content).await?;
    let like = job.replaces.as_ref().map(|_| &job.path);
    let mut begun = staging::begin(&*tools.disk, part, content.size, like).await?;
    let is_whole = begun.size == content.size && content.size > 0;
    if !is_whole && let Err(ended) = fetch(tools, job, &mut begun).await {
        let is_over = matches!(&ended, Ended::Changed(_));
        drop(begun);
        if is_over {
            staging::discard(&*tools.disk, part).await?;
        }
        return Err(ended);
    }
    let staging::Begun { writing, size, hasher } = begun;
    if size != content.size || hasher.finish() != content.hash {
        drop(writing);
        staging::discard(&*tools.disk, part).await?;
        return Err(Failure::Again { error: "the bytes were changed on their way".to_owned() }.into());
    }
    // A time that the server does not tell is set all the same, so that a write from now on shows.
    let now = tools.clock.now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let now_s = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    Ok(writing.finish(Some(job.file.modified_s.unwrap_or(now_s)), executable).await?)
}

/// Gets the bytes that are missing.
async fn fetch(tools: &Tools, job: &DownloadJob, begun: &mut staging::Begun) -> Result<(), Ended> {
    let content = job.file.content;
    let options = DownloadOptions {
        rev: Some(job.file.rev.clone()),
        offset: begun.size,
        length: None,
        // Here it is compared with what `delta` told, over what came before, too.
        unverified: true,
    };
    let mut download = tools.client.download(&job.from, &options).await?;
    let told = download.metadata.file();
    let is_same = told.is_some_and(|told| {
        told.rev == job.file.rev
            && told.bytes == content.size
            && told.content_hash.is_none_or(|hash| hash == content.hash)
    });
    if !is_same || download.length != content.size - begun.size {
        return Err(Changed::there().into());
    }
    while let Some(bytes) = download.chunk().await? {
        begun.hasher.update(&bytes);
        begun.size += bytes.len() as u64;
        begun.writing.write(bytes).await?;
        job.passed.set(begun.size);
    }
    Ok(())
}

/// From which size on it is asked whether there is room, before anything is fetched. (A small file finds out by itself.)
const ROOM_ASKED: u64 = 1 << 20;
/// What is left for others.
const ROOM_LEFT: u64 = 16 << 20;

async fn room(tools: &Tools, part: &LocalPath, content: Content) -> Result<(), Ended> {
    if content.size < ROOM_ASKED {
        return Ok(());
    }
    // What came before has its room already: it is gone on with, or taken away.
    let there = tools.disk.look(part).await?.map_or(0, |seen| seen.stamp.size);
    let needed = content.size.saturating_sub(there);
    match tools.disk.room().await? {
        Some(room) if room < needed.saturating_add(ROOM_LEFT) => Err(Failure::DiskFull.into()),
        Some(_) | None => Ok(()),
    }
}

/// Swaps the new file with the old one, and puts that into the trash, if it is what was observed.
async fn replace(
    tools: &Tools,
    job: &DownloadJob,
    replaced: &Replaced,
    part: &LocalPath,
    staged: &Seen,
) -> Result<Vec<LocalPath>, Ended> {
    let disk = &*tools.disk;
    look::file(disk, &job.path, &replaced.stamp).await?;
    // From here on, what lies there may be the old one: if the machine stops, it is not thrown away.
    let swap = staging::swap(part);
    if disk.look(&swap).await?.is_some() {
        // Left by a try that could not be undone.
        trash::put_as(disk, &swap, &job.path, tools.clock.now()).await?;
    }
    disk.rename(part, &swap).await?;
    if let Err(error) = disk.exchange(&swap, &job.path).await {
        return Err(keep(disk, &swap, part, staged, error).await);
    }
    let out = disk.look(&swap).await?;
    if out.is_some_and(|out| look::same_file(&out.stamp, &replaced.stamp)) {
        // If it cannot be put into the trash now, it will be at the next start.
        let put = trash::put_as(disk, &swap, &job.path, tools.clock.now()).await;
        return Ok(if put.is_ok() { Vec::new() } else { vec![job.path.clone()] });
    }
    // Somebody was faster: it goes back, and its next version is seen.
    if out.is_some() {
        if let Err(error) = disk.exchange(&swap, &job.path).await {
            let is_gone = matches!(error.fault, DiskFault::Missing | DiskFault::Different);
            return Err(if is_gone { put_back(disk, &swap, &job.path).await } else { error.into() });
        }
        let back = disk.look(&swap).await?;
        // Who writes into what had just come leaves it the same file, with other bytes.
        if back.is_none_or(|back| !look::same_file(&back.stamp, &staged.stamp)) {
            // Somebody was faster once more. Both versions are theirs: this one gets a name beside the other.
            return Err(put_back(disk, &swap, &job.path).await);
        }
    }
    staging::discard(disk, &swap).await?;
    Err(Changed::here(&job.path).into())
}

/// What was not swapped is the next try's, which need not fetch it again. (Whatever else lies there goes into the trash then.)
async fn keep(disk: &dyn Disk, swap: &LocalPath, part: &LocalPath, staged: &Seen, error: DiskError) -> Ended {
    let left = disk.look(swap).await.ok().flatten();
    if left.is_some_and(|left| left.stamp.identity == staged.stamp.identity) {
        // If it cannot go back, it is fetched again.
        let _ = disk.rename(swap, part).await;
    }
    error.into()
}

/// Looks at what is there now, and makes its name durable.
async fn arrived(
    tools: &Tools,
    job: &DownloadJob,
    staged: &Seen,
    mut again: Vec<LocalPath>,
) -> Result<Outcome, Ended> {
    let seen = tools.disk.look(&job.path).await?;
    job.folder.check(&*tools.disk).await?;
    let stamp = match seen {
        Some(seen) if look::same_file(&seen.stamp, &staged.stamp) => seen.stamp,
        // If somebody has written into it since, the stamp to be recorded is the one from before: so that it shows.
        Some(seen) if seen.stamp.identity == staged.stamp.identity => staged.stamp,
        // Whoever took away what was new here knew what it was, and did not want it here.
        None if job.replaces.is_none() => staged.stamp,
        Some(_) | None => return Err(Changed::here(&job.path).into()),
    };
    if seen.is_none_or(|seen| seen.stamp != stamp) {
        again.push(job.path.clone());
    }
    tools.sync_around(&job.path).await?;
    let done = Done::Downloaded {
        remote: job.remote.clone(),
        from: job.place.clone(),
        to: job.to.clone(),
        replaces: job.replaces.as_ref().map(|replaced| replaced.local),
        stamp,
        executable: staged.executable,
        file: job.file.clone(),
    };
    Ok(Outcome::Done(Box::new(done), again))
}
