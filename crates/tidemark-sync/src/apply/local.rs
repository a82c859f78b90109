//! Making, moving and removing things here.

use super::outcome::{Changed, Done, Ended, Failure, Outcome};
use super::{Folder, Tools, look};
use crate::plan::returned;
use crate::ports::{Disk, DiskError, DiskFault, Identity, LocalPath, Seen, SeenKind, Stamp};
use crate::state::ProblemKind;
use crate::trash;
use crate::trees::{LocalId, Place, RemoteId};

/// Which folder, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct MakeLocalJob {
    pub(crate) remote: RemoteId,
    /// Where the server has it.
    pub(crate) place: Place<RemoteId>,
    pub(crate) to: Place<LocalId>,
    pub(crate) folder: Folder,
    pub(crate) path: LocalPath,
}

/// What was observed of something that is to be moved or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Observed {
    Folder(Identity),
    File(Stamp),
}

/// What, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct MoveLocalJob {
    pub(crate) local: LocalId,
    pub(crate) observed: Observed,
    pub(crate) from: LocalPath,
    pub(crate) to: Place<LocalId>,
    pub(crate) folder: Folder,
    pub(crate) path: LocalPath,
}

/// What.
#[derive(Clone, Debug)]
pub(crate) struct TrashLocalJob {
    pub(crate) local: LocalId,
    pub(crate) observed: Observed,
    pub(crate) path: LocalPath,
}

impl Observed {
    fn identity(&self) -> Identity {
        match self {
            Observed::Folder(identity) => *identity,
            Observed::File(stamp) => stamp.identity,
        }
    }

    /// It still is what was observed.
    pub(super) fn is(&self, seen: &Seen) -> bool {
        match self {
            Observed::Folder(identity) => seen.kind == SeenKind::Folder && seen.stamp.identity == *identity,
            Observed::File(stamp) => seen.kind == SeenKind::File && seen.stamp == *stamp,
        }
    }

    /// The same, of something that was renamed just now.
    fn is_moved(&self, seen: &Seen) -> bool {
        match self {
            Observed::Folder(_) => self.is(seen),
            Observed::File(stamp) => seen.kind == SeenKind::File && look::same_file(&seen.stamp, stamp),
        }
    }

    pub(super) async fn check(&self, disk: &dyn Disk, path: &LocalPath) -> Result<(), Ended> {
        match disk.look(path).await? {
            Some(seen) if self.is(&seen) => Ok(()),
            Some(_) | None => Err(Changed::here(path).into()),
        }
    }
}

/// Makes a folder where nothing is.
pub(super) async fn make(tools: &Tools, job: &MakeLocalJob) -> Result<Outcome, Ended> {
    let disk = &*tools.disk;
    job.folder.check(disk).await?;
    look::free(disk, &job.path, None).await?;
    let made = disk.make_folder(&job.path).await?;
    job.folder.check(disk).await?;
    tools.sync_around(&job.path).await?;
    let done = Done::MadeLocal {
        remote: job.remote.clone(),
        from: job.place.clone(),
        to: job.to.clone(),
        identity: made.stamp.identity,
    };
    Ok(Outcome::Done(Box::new(done), Vec::new()))
}

/// Moves something to where nothing is, and back if it is not what was observed.
pub(super) async fn relocate(tools: &Tools, job: &MoveLocalJob) -> Result<Outcome, Ended> {
    let disk = &*tools.disk;
    job.folder.check(disk).await?;
    job.observed.check(disk, &job.from).await?;
    look::free(disk, &job.path, Some(job.observed.identity())).await?;
    disk.rename(&job.from, &job.path).await?;
    let seen = disk.look(&job.path).await?;
    let is_there = job.folder.check(disk).await.is_ok();
    // Whoever took it away from there by now did so with what we had moved: only where it is, is to be seen.
    let is_taken = seen.is_none() && is_there;
    if !is_taken && !seen.is_some_and(|seen| job.observed.is_moved(&seen) && is_there) {
        return Err(undo(disk, &job.path, &job.from).await);
    }
    tools.sync_around(&job.path).await?;
    tools.sync_around(&job.from).await?;
    let stamp = match job.observed {
        Observed::Folder(_) => None,
        Observed::File(_) => seen.map(|seen| seen.stamp),
    };
    let again = if is_taken { vec![job.from.clone(), job.path.clone()] } else { Vec::new() };
    let done = Done::MovedLocal { local: job.local, to: job.to.clone(), stamp };
    Ok(Outcome::Done(Box::new(done), again))
}

/// Puts back what somebody changed just before it was moved. If its place is taken by now it stays where it is: it is found
/// there.
async fn undo(disk: &dyn Disk, at: &LocalPath, back: &LocalPath) -> Ended {
    let undone = disk.rename(at, back).await;
    let changed = Changed { local: vec![back.clone(), at.clone()], remote: false };
    match undone {
        Ok(()) => changed.into(),
        Err(error) if matches!(error.fault, DiskFault::Taken | DiskFault::Missing) => changed.into(),
        Err(error) => error.into(),
    }
}

/// Puts back what lies in our own area and may be somebody's newest, where nobody would look for it. If its place is taken by
/// now it gets another name there, and if its folder is gone, it comes into the nearest that is there.
pub(super) async fn put_back(disk: &dyn Disk, at: &LocalPath, back: &LocalPath) -> Ended {
    let mut local = vec![back.clone()];
    let Some((mut folder, name)) = back.split() else { return Changed { local, remote: false }.into() };
    let mut number = None;
    loop {
        let name = number.map_or_else(|| name.to_owned(), |number| returned(name, number));
        let Some(to) = folder.join(&name) else { break };
        let Err(error) = disk.rename(at, &to).await else {
            local.push(to);
            break;
        };
        match error.fault {
            DiskFault::Taken if number < Some(PUT_BACK_MAX) => {
                number = Some(number.map_or(0, |last| last + 1));
            }
            DiskFault::Missing | DiskFault::Different if !matches!(disk.look(at).await, Ok(None)) => {
                let Some((above, _)) = folder.split() else { return error.into() };
                (folder, number) = (above, None);
            }
            DiskFault::Taken | DiskFault::Missing | DiskFault::Different => break,
            _ => return error.into(),
        }
    }
    Changed { local, remote: false }.into()
}

/// How many names are tried in one folder for what is put back.
const PUT_BACK_MAX: u32 = 20;

/// Puts a file into the trash, and back if it is not what was observed; removes an empty folder.
pub(super) async fn trash(tools: &Tools, job: &TrashLocalJob) -> Result<Outcome, Ended> {
    let disk = &*tools.disk;
    job.observed.check(disk, &job.path).await?;
    match job.observed {
        Observed::Folder(_) => disk.remove_folder(&job.path).await.map_err(|error| not_empty(job, error))?,
        Observed::File(_) => {
            let put = trash::put(disk, &job.path, tools.clock.now()).await?;
            let seen = match disk.look(&put).await {
                Ok(seen) => seen,
                Err(error) => {
                    // It may be somebody's newest: that belongs where they put it.
                    put_back(disk, &put, &job.path).await;
                    return Err(error.into());
                }
            };
            if !seen.is_some_and(|seen| job.observed.is_moved(&seen)) {
                return Err(put_back(disk, &put, &job.path).await);
            }
        }
    }
    tools.sync_around(&job.path).await?;
    Ok(Outcome::Done(Box::new(Done::Trashed { local: job.local }), Vec::new()))
}

/// Whatever is synced in it is gone already; so it holds something that is not, or something new.
fn not_empty(job: &TrashLocalJob, error: DiskError) -> Ended {
    if error.fault != DiskFault::NotEmpty {
        return error.into();
    }
    Failure::Problem {
        kind: ProblemKind::Special,
        text: format!(
            "{} was removed from the server, but holds what is not synced: move that elsewhere, or remove it",
            job.path
        ),
        at: None,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Calls, RealDisk};
    use std::fs;

    fn path(text: &str) -> LocalPath {
        LocalPath::parse(text).expect("a path")
    }

    #[tokio::test]
    async fn what_is_put_back_is_found_wherever_its_place_is() {
        let dir = tempfile::tempdir().expect("a folder");
        let disk = RealDisk::open(dir.path(), Calls::Best).expect("a disk");
        fs::create_dir_all(dir.path().join("a/b")).expect("folders");
        for (back, is) in [
            // Where it was; then beside what is there; and in the nearest folder that there is, where a file may be in the way.
            ("a/b/x.txt", "a/b/x.txt"),
            ("a/b/x.txt", "a/b/x (put back).txt"),
            ("a/b/x.txt", "a/b/x (put back 1).txt"),
            ("a/gone/with it/x.txt", "a/x.txt"),
            ("a/b/x.txt/deeper/x.txt", "a/b/x (put back 2).txt"),
        ] {
            fs::write(dir.path().join("aside"), is).expect("a file");
            let ended = put_back(&disk, &path("aside"), &path(back)).await;
            let Ended::Changed(changed) = ended else { panic!("{back}: {ended:?}") };
            assert_eq!(changed.local, [path(back), path(is)]);
            assert_eq!(fs::read_to_string(dir.path().join(is)).expect("it is there"), is);
        }
        // What is not there any more went with somebody.
        let ended = put_back(&disk, &path("aside"), &path("a/b/y")).await;
        assert!(matches!(ended, Ended::Changed(changed) if changed.local == [path("a/b/y")]));
    }
}
