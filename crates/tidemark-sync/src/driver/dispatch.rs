//! From a step to a job: everything that is to be known about it, by value, and what nobody else may be at meanwhile.

use tidemark_client::{Cursor, RemotePath};

use super::flight::{Footprint, Moving};
use crate::apply::{
    DeleteRemoteJob, DownloadJob, Folder, HashJob, Job, Kept, MakeLocalJob, MakeRemoteJob, MoveLocalJob,
    MoveRemoteJob, MovedHere, Observed, Passed, Replaced, TrashLocalJob, UploadJob,
};
use crate::area;
use crate::plan::Step;
use crate::ports::{Identity, LocalPath};
use crate::state::{ProblemKind, Side, State, StateError};
use crate::trees::{
    Item, LocalId, LocalNode, NameKey, Place, RemoteFile, RemoteId, RemoteNode, SyncedNode, Trees as _,
};

/// What came of a step.
pub(super) enum Resolved {
    /// It can be taken.
    Ready(Box<Ready>),
    /// What it was planned for is not there any more: it will be planned anew.
    Stale,
    /// It can never be taken as it is.
    Impossible { kind: ProblemKind, text: String },
}

/// A step that can be taken.
pub(super) struct Ready {
    pub(super) job: Job,
    pub(super) footprint: Footprint,
    pub(super) transfer: Option<Moving>,
}

/// What a step is known by.
pub(super) fn item_of(step: &Step) -> Item {
    match step {
        Step::Hash { local }
        | Step::MoveLocal { local, .. }
        | Step::TrashLocal { local }
        | Step::Upload { local, .. }
        | Step::MakeRemote { local, .. } => Item::Local(*local),
        Step::Download { remote, .. }
        | Step::MakeLocal { remote, .. }
        | Step::MoveRemote { remote, .. }
        | Step::DeleteRemote { remote } => Item::Remote(remote.clone()),
    }
}

/// Finds out everything that is to be known about a step.
pub(super) fn resolve(state: &State, step: &Step, cursor: &Cursor) -> Result<Resolved, StateError> {
    let resolved = match step {
        Step::Hash { local } => hash(state, *local),
        Step::Download { remote, rev, content, to, replaces } => {
            let is_planned = |file: &RemoteFile| file.rev == *rev && file.content == *content;
            match state.remote(remote)?.filter(|node| node.file.as_ref().is_some_and(is_planned)) {
                Some(node) => download(state, &node, to, *replaces),
                None => Err(Miss::Stale),
            }
        }
        Step::MakeLocal { remote, to } => make_local(state, remote, to),
        Step::MoveLocal { local, to, .. } => move_local(state, *local, to),
        Step::TrashLocal { local } => trash_local(state, *local),
        Step::Upload { local, to, replaces } => upload(state, *local, to, replaces.as_ref()),
        Step::MakeRemote { local, to } => make_remote(state, *local, to),
        Step::MoveRemote { remote, to } => move_remote(state, remote, to, cursor),
        Step::DeleteRemote { remote } => delete_remote(state, remote, cursor),
    };
    match resolved {
        Ok(ready) => Ok(Resolved::Ready(Box::new(ready))),
        Err(Miss::Stale) => Ok(Resolved::Stale),
        Err(Miss::Impossible(kind, text)) => Ok(Resolved::Impossible { kind, text }),
        Err(Miss::State(error)) => Err(error),
    }
}

/// Why a step cannot be taken.
enum Miss {
    Stale,
    Impossible(ProblemKind, String),
    State(StateError),
}

impl From<StateError> for Miss {
    fn from(error: StateError) -> Miss {
        Miss::State(error)
    }
}

fn hash(state: &State, local: LocalId) -> Result<Ready, Miss> {
    let file = known(state, local)?.file.ok_or(Miss::Stale)?;
    let path = local_path(state, local)?;
    let mut around = Around::new(state);
    around.local(local)?;
    let job = HashJob { local, path, stamp: file.stamp };
    Ok(Ready { job: Job::Hash(job), footprint: around.footprint, transfer: None })
}

fn download(
    state: &State,
    node: &RemoteNode,
    to: &Place<LocalId>,
    replaces: Option<LocalId>,
) -> Result<Ready, Miss> {
    let remote = &node.id;
    let file = node.file.clone().ok_or(Miss::Stale)?;
    let (folder, path) = place_here(state, to)?;
    let replaces = match replaces {
        None => None,
        Some(local) => {
            let node = known(state, local)?;
            let stamp = node.file.filter(|_| node.place == *to).ok_or(Miss::Stale)?.stamp;
            Some(Replaced { local, stamp })
        }
    };
    let from = remote_path(state, remote)?;
    let mut around = Around::new(state);
    around.remote(remote)?;
    around.in_local(to.parent)?;
    if let Some(replaced) = &replaces {
        around.local(replaced.local)?;
    }
    around.footprint.local.push(path.clone());
    let passed = Passed::default();
    let transfer = Moving {
        path: path.clone(),
        to: Side::Local,
        size: file.content.size,
        passed: passed.clone(),
        kept: None,
    };
    let to = to.clone();
    let place = node.place.clone();
    let job = DownloadJob { remote: remote.clone(), from, place, file, to, folder, path, replaces, passed };
    Ok(Ready { job: Job::Download(job), footprint: around.footprint, transfer: Some(transfer) })
}

fn make_local(state: &State, remote: &RemoteId, to: &Place<LocalId>) -> Result<Ready, Miss> {
    let place = state.remote(remote)?.ok_or(Miss::Stale)?.place;
    let (folder, path) = place_here(state, to)?;
    let mut around = Around::new(state);
    around.remote(remote)?;
    around.in_local(to.parent)?;
    around.footprint.local.push(path.clone());
    let job = MakeLocalJob { remote: remote.clone(), place, to: to.clone(), folder, path };
    Ok(Ready { job: Job::MakeLocal(job), footprint: around.footprint, transfer: None })
}

fn move_local(state: &State, local: LocalId, to: &Place<LocalId>) -> Result<Ready, Miss> {
    let observed = observed(state, &known(state, local)?)?;
    let from = local_path(state, local)?;
    let (folder, path) = place_here(state, to)?;
    let mut around = Around::new(state);
    around.local(local)?;
    around.in_local(to.parent)?;
    around.footprint.is_deep = matches!(observed, Observed::Folder(_));
    around.footprint.local.extend([from.clone(), path.clone()]);
    let job = MoveLocalJob { local, observed, from, to: to.clone(), folder, path };
    Ok(Ready { job: Job::MoveLocal(job), footprint: around.footprint, transfer: None })
}

fn trash_local(state: &State, local: LocalId) -> Result<Ready, Miss> {
    let observed = observed(state, &known(state, local)?)?;
    let path = local_path(state, local)?;
    let mut around = Around::new(state);
    around.local(local)?;
    around.footprint.is_deep = matches!(observed, Observed::Folder(_));
    around.footprint.local.push(path.clone());
    let job = TrashLocalJob { local, observed, path };
    Ok(Ready { job: Job::TrashLocal(job), footprint: around.footprint, transfer: None })
}

fn upload(
    state: &State,
    local: LocalId,
    to: &Place<RemoteId>,
    replaces: Option<&(RemoteId, crate::trees::Rev)>,
) -> Result<Ready, Miss> {
    let stamp = known(state, local)?.file.ok_or(Miss::Stale)?.stamp;
    let path = local_path(state, local)?;
    let target = place_there(state, to)?;
    let mut around = Around::new(state);
    around.local(local)?;
    around.in_remote(&to.parent)?;
    if let Some((remote, _)) = replaces {
        around.remote(remote)?;
    }
    let (passed, kept) = (Passed::default(), Kept::default());
    let transfer = Moving {
        path: path.clone(),
        to: Side::Remote,
        size: stamp.size,
        passed: passed.clone(),
        kept: Some((local, stamp, kept.clone())),
    };
    let job = UploadJob {
        local,
        path,
        stamp,
        to: target,
        place: to.clone(),
        replaces: replaces.cloned(),
        resume: state.session(local, &stamp)?,
        passed,
        kept,
    };
    Ok(Ready { job: Job::Upload(job), footprint: around.footprint, transfer: Some(transfer) })
}

fn make_remote(state: &State, local: LocalId, to: &Place<RemoteId>) -> Result<Ready, Miss> {
    let identity = identity(state, local)?.ok_or(Miss::Stale)?;
    let path = local_path(state, local)?;
    let target = place_there(state, to)?;
    let mut around = Around::new(state);
    around.local(local)?;
    around.in_remote(&to.parent)?;
    let job = MakeRemoteJob { local, path, identity, to: target, place: to.clone() };
    Ok(Ready { job: Job::MakeRemote(job), footprint: around.footprint, transfer: None })
}

fn move_remote(
    state: &State,
    remote: &RemoteId,
    to: &Place<RemoteId>,
    cursor: &Cursor,
) -> Result<Ready, Miss> {
    let node = state.remote(remote)?.ok_or(Miss::Stale)?;
    let mut content = node.file.as_ref().map(|file| file.content);
    let mut follows = None;
    if let Some(synced) = state.synced(remote)? {
        content = synced.file.as_ref().map(|file| file.content);
        let path = local_path(state, synced.local)?;
        follows = Some(MovedHere {
            local: synced.local,
            observed: observed(state, &known(state, synced.local)?)?,
            was: was_here(state, &synced)?.filter(|was| *was != path),
            path,
        });
    }
    let mut around = Around::new(state);
    around.remote(remote)?;
    around.in_remote(&to.parent)?;
    around.footprint.is_deep = node.file.is_none();
    let job = MoveRemoteJob {
        remote: remote.clone(),
        from: remote_path(state, remote)?,
        to: place_there(state, to)?,
        place: to.clone(),
        content,
        follows,
        as_of: cursor.clone(),
    };
    Ok(Ready { job: Job::MoveRemote(job), footprint: around.footprint, transfer: None })
}

fn delete_remote(state: &State, remote: &RemoteId, cursor: &Cursor) -> Result<Ready, Miss> {
    let synced = state.synced(remote)?.ok_or(Miss::Stale)?;
    let path = remote_path(state, remote)?;
    let was = was_here(state, &synced)?;
    let mut now = Vec::new();
    if let Some((folder, name)) = was.as_ref().and_then(LocalPath::split)
        && let Some(folder) = state.local_by_path(&folder)?
    {
        for node in state.local_at(folder.id, &NameKey::of(name))? {
            now.extend(identity(state, node.id)?);
        }
    }
    let mut around = Around::new(state);
    around.remote(remote)?;
    around.footprint.is_deep = synced.file.is_none();
    let job = DeleteRemoteJob { remote: remote.clone(), path, was, now, as_of: cursor.clone() };
    Ok(Ready { job: Job::DeleteRemote(job), footprint: around.footprint, transfer: None })
}

fn known(state: &State, local: LocalId) -> Result<LocalNode, Miss> {
    state.local(local)?.ok_or(Miss::Stale)
}

fn observed(state: &State, node: &LocalNode) -> Result<Observed, Miss> {
    match &node.file {
        Some(file) => Ok(Observed::File(file.stamp)),
        None => Ok(Observed::Folder(identity(state, node.id)?.ok_or(Miss::Stale)?)),
    }
}

/// By what the disk knows it.
fn identity(state: &State, local: LocalId) -> Result<Option<Identity>, StateError> {
    Ok(state.local_seen(local)?.map(|seen| seen.identity()))
}

fn local_path(state: &State, local: LocalId) -> Result<LocalPath, Miss> {
    state.local_path(local)?.ok_or(Miss::Stale)
}

fn remote_path(state: &State, remote: &RemoteId) -> Result<RemotePath, Miss> {
    state.remote_path(remote)?.ok_or(Miss::Stale)
}

/// A place here. The server's names never lead out of the sync folder, or into its state area.
fn place_here(state: &State, to: &Place<LocalId>) -> Result<(Folder, LocalPath), Miss> {
    let identity = identity(state, to.parent)?;
    if identity.is_none() && !to.parent.is_root() {
        return Err(Miss::Stale);
    }
    let folder = local_path(state, to.parent)?;
    let path = folder.join(&to.name).filter(|_| !area::is_ours(&to.name)).ok_or_else(|| {
        let text = format!("a file or folder here cannot be called {:?}", to.name);
        Miss::Impossible(ProblemKind::BadName, text)
    })?;
    Ok((Folder { path: folder, identity }, path))
}

/// A place there.
fn place_there(state: &State, to: &Place<RemoteId>) -> Result<RemotePath, Miss> {
    let folder = remote_path(state, &to.parent)?;
    folder.join(&to.name).map_err(|error| {
        let text = format!("the server cannot have {:?}: {error}", to.name);
        Miss::Impossible(ProblemKind::BadName, text)
    })
}

/// Where the disk had it when it was agreed on, as the folders around it are called now, or were called last.
fn was_here(state: &State, synced: &SyncedNode) -> Result<Option<LocalPath>, Miss> {
    let mut names = vec![synced.place.name.clone()];
    let mut folder = synced.local_parent;
    let mut path = loop {
        if let Some(path) = state.local_path(folder)? {
            break path;
        }
        let Some(above) = state.synced_local(folder)?.filter(|_| names.len() < DEPTH_MAX) else {
            return Ok(None);
        };
        names.push(above.place.name);
        folder = above.local_parent;
    };
    for name in names.iter().rev() {
        let Some(next) = path.join(name) else { return Ok(None) };
        path = next;
    }
    Ok(Some(path))
}

/// Whoever walks further walks in a circle.
const DEPTH_MAX: usize = 4096;

/// Collects what a step is about.
struct Around<'a> {
    state: &'a State,
    footprint: Footprint,
}

impl Around<'_> {
    fn new(state: &State) -> Around<'_> {
        Around { state, footprint: Footprint::default() }
    }

    /// About this node of the disk, and what it is linked to.
    fn local(&mut self, local: LocalId) -> Result<(), StateError> {
        self.footprint.items.push(Item::Local(local));
        if let Some(node) = self.state.local(local)? {
            self.in_local(node.place.parent)?;
        }
        if let Some(synced) = self.state.synced_local(local)? {
            self.footprint.items.push(Item::Remote(synced.remote.clone()));
            if let Some(node) = self.state.remote(&synced.remote)? {
                self.in_remote(&node.place.parent)?;
            }
        }
        self.unique();
        Ok(())
    }

    /// About this entry of the server, and what it is linked to.
    fn remote(&mut self, remote: &RemoteId) -> Result<(), StateError> {
        if let Some(synced) = self.state.synced(remote)? {
            return self.local(synced.local).and_then(|()| self.there(remote));
        }
        self.there(remote)
    }

    fn there(&mut self, remote: &RemoteId) -> Result<(), StateError> {
        self.footprint.items.push(Item::Remote(remote.clone()));
        if let Some(node) = self.state.remote(remote)? {
            self.in_remote(&node.place.parent)?;
        }
        self.unique();
        Ok(())
    }

    /// In this folder of the disk, and all around it.
    fn in_local(&mut self, folder: LocalId) -> Result<(), StateError> {
        let mut folder = folder;
        for _ in 0..DEPTH_MAX {
            if folder.is_root() {
                break;
            }
            self.footprint.above.push(Item::Local(folder));
            let Some(node) = self.state.local(folder)? else { break };
            folder = node.place.parent;
        }
        Ok(())
    }

    /// In this folder of the server, and all around it.
    fn in_remote(&mut self, folder: &RemoteId) -> Result<(), StateError> {
        let mut folder = folder.clone();
        for _ in 0..DEPTH_MAX {
            if folder.is_root() {
                break;
            }
            self.footprint.above.push(Item::Remote(folder.clone()));
            let Some(node) = self.state.remote(&folder)? else { break };
            folder = node.place.parent;
        }
        Ok(())
    }

    fn unique(&mut self) {
        for items in [&mut self.footprint.items, &mut self.footprint.above] {
            items.sort();
            items.dedup();
        }
    }
}
