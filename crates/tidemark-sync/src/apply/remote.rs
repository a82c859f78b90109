//! Making, moving and deleting things on the server.

use tidemark_client::{Cursor, Error, Metadata, RefusalKind, RemotePath};

use super::Tools;
use super::local::Observed;
use super::outcome::{Changed, Done, Ended, Failure, Outcome};
use crate::area;
use crate::driver::Stopped;
use crate::ports::{Disk, DiskError, DiskFault, Identity, LocalPath, Seen, SeenKind};
use crate::state::{Intent, LocalSeen, Sending};
use crate::trees::{Content, LocalId, NameKey, Place, RemoteFile, RemoteId};

/// Which folder, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct MakeRemoteJob {
    pub(crate) local: LocalId,
    pub(crate) path: LocalPath,
    pub(crate) identity: Identity,
    pub(crate) to: RemotePath,
    pub(crate) place: Place<RemoteId>,
}

/// What, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct MoveRemoteJob {
    pub(crate) remote: RemoteId,
    pub(crate) from: RemotePath,
    pub(crate) to: RemotePath,
    pub(crate) place: Place<RemoteId>,
    /// The bytes that it has; none for a folder.
    pub(crate) content: Option<Content>,
    /// What it follows; none for what only has a name of ours that it is not to keep.
    pub(crate) follows: Option<MovedHere>,
    /// Until when nothing about it may have changed.
    pub(crate) as_of: Cursor,
}

/// What was moved here, and where it was before.
#[derive(Clone, Debug)]
pub(crate) struct MovedHere {
    pub(crate) local: LocalId,
    pub(crate) observed: Observed,
    pub(crate) path: LocalPath,
    pub(crate) was: Option<LocalPath>,
}

/// What.
#[derive(Clone, Debug)]
pub(crate) struct DeleteRemoteJob {
    pub(crate) remote: RemoteId,
    pub(crate) path: RemotePath,
    /// Where it was here, and what is known to be there now, under that name or one that the disk may take for it.
    pub(crate) was: Option<LocalPath>,
    pub(crate) now: Vec<Identity>,
    /// Until when nothing about it may have changed.
    pub(crate) as_of: Cursor,
}

/// Makes a folder where nothing is.
pub(super) async fn make(tools: &Tools, job: &MakeRemoteJob) -> Result<Outcome, Ended> {
    Observed::Folder(job.identity).check(&*tools.disk, &job.path).await?;
    tools.sync_around(&job.path).await?;
    let made = tools.client.create_folder(&job.to).await.map_err(taken)?;
    let told = Told::read(&made, &job.to, None)?;
    if told.file.is_some() {
        return Err(contradicted(&job.to));
    }
    let place = Place { parent: job.place.parent.clone(), name: told.name };
    let done = Done::MadeRemote { local: job.local, remote: told.id, place };
    Ok(Outcome::Done(Box::new(done), Vec::new()))
}

/// Moves something to where nothing is.
pub(super) async fn relocate(tools: &Tools, job: &MoveRemoteJob) -> Result<Outcome, Ended> {
    if let Some(here) = &job.follows {
        here.observed.check(&*tools.disk, &here.path).await?;
        tools.sync_around(&here.path).await?;
        if let Some(was) = &here.was {
            sync_absence(tools, was).await?;
        }
        let (remote, to) = (Some(job.remote.clone()), job.to.clone());
        tools.announce(Intent::Send(Sending { local: here.local, remote, to, bytes: None })).await?;
    }
    let moved = tools.client.move_to(&job.from, &job.to, Some(&job.as_of)).await.map_err(taken)?;
    let told = Told::read(&moved, &job.to, Some(&job.remote))?;
    if told.file.as_ref().map(|file| file.content) != job.content {
        return Err(contradicted(&job.to));
    }
    let place = Place { parent: job.place.parent.clone(), name: told.name };
    let local = job.follows.as_ref().map(|here| here.local);
    let done = Done::MovedRemote { local, remote: told.id, place, file: told.file };
    Ok(Outcome::Done(Box::new(done), Vec::new()))
}

/// Deletes what is gone here. That it is gone is durable before the server is told, and the folder is still the one that was
/// set up: a disk that is not mounted has nothing in it.
pub(super) async fn delete(tools: &Tools, job: &DeleteRemoteJob) -> Result<Outcome, Ended> {
    if tools.disk.look(&area::path()).await?.is_none() {
        return Err(Failure::Stop(Stopped::RootMissing).into());
    }
    if let Some(was) = &job.was {
        // What is never synced is not known, and stands for nothing.
        let there = still(&*tools.disk, was).await?.filter(|seen| LocalSeen::of(seen).is_some());
        if there.is_some_and(|seen| !job.now.contains(&seen.stamp.identity)) {
            return Err(Changed::here(was).into());
        }
        sync_absence(tools, was).await?;
    }
    tools.client.delete(&job.path, Some(&job.as_of)).await?;
    Ok(Outcome::Done(Box::new(Done::DeletedRemote { remote: job.remote.clone() }), Vec::new()))
}

/// What is still in a place. Where a file took the place of a folder around it, nothing is. (Behind a link or on another disk
/// there may be anything.)
async fn still(disk: &dyn Disk, path: &LocalPath) -> Result<Option<Seen>, DiskError> {
    let different = match disk.look(path).await {
        Err(error) if error.fault == DiskFault::Different => error,
        seen => return seen,
    };
    let mut path = path.clone();
    while let Some((folder, _)) = path.split() {
        match disk.look(&folder).await {
            Ok(Some(seen)) if seen.kind == SeenKind::File => return Ok(None),
            Err(error) if error.fault == DiskFault::Different => path = folder,
            _ => break,
        }
    }
    Err(different)
}

/// Makes durable that something is not in its place any more. Of the folders around it, some may be gone, too.
async fn sync_absence(tools: &Tools, path: &LocalPath) -> Result<(), Ended> {
    let mut path = path.clone();
    while let Some((folder, _)) = path.split() {
        match still(&*tools.disk, &folder).await?.filter(|seen| seen.kind == SeenKind::Folder) {
            Some(_) => return Ok(tools.folders.sync(&*tools.disk, &folder).await?),
            None => path = folder,
        }
    }
    Ok(())
}

/// Version 1 of the protocol says "forbidden" when something is in the place already.
fn taken(error: Error) -> Ended {
    match error.kind() {
        Some(RefusalKind::Forbidden) => Changed::there().into(),
        Some(_) | None => error.into(),
    }
}

/// What the server told of an entry that it changed for us.
pub(super) struct Told {
    pub(super) id: RemoteId,
    /// As the server spells it.
    pub(super) name: Box<str>,
    pub(super) file: Option<RemoteFile>,
}

impl Told {
    /// Reads it, and makes sure that it is about what we asked for.
    pub(super) fn read(
        metadata: &Metadata,
        asked: &RemotePath,
        expected: Option<&RemoteId>,
    ) -> Result<Told, Ended> {
        let Some(id) = &metadata.id else { return Err(Failure::Stop(Stopped::ServerTooOld).into()) };
        let id = RemoteId::new(id.as_str());
        let name = metadata.path.name().unwrap_or_default();
        let is_there = keys(&metadata.path).eq(keys(asked)) && !metadata.is_deleted;
        if !is_there || expected.is_some_and(|expected| *expected != id) {
            return Err(contradicted(asked));
        }
        let file = match metadata.file() {
            None => None,
            Some(file) => Some(RemoteFile {
                rev: file.rev.clone(),
                content: Content {
                    size: file.bytes,
                    hash: file.content_hash.ok_or(Failure::Stop(Stopped::ServerTooOld))?,
                },
                modified_s: file.client_mtime.map(|time| time.0),
            }),
        };
        Ok(Told { id, name: name.into(), file })
    }
}

fn keys(path: &RemotePath) -> impl Iterator<Item = NameKey> + '_ {
    path.names().map(NameKey::of)
}

/// The server told something else than what it was asked for: nothing of that is recorded; what there is, `delta` tells.
pub(super) fn contradicted(path: &RemotePath) -> Ended {
    Failure::Again { error: format!("the server's answer about {path} is about something else") }.into()
}
