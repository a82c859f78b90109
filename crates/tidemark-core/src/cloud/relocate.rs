//! Moving, copying, deleting, and bringing back what was deleted: whole folders as well as files.

use super::copy::Pattern;
use super::find::{self, Obstacle, Site};
use super::perform::{Plan, Unfit, Verb, no_upload};
use super::write::{created, draft};
use super::{AsOf, Cloud, Gone, Item, Scope, Spot, versions};
use crate::journal::Receipt;
use crate::model::{Draft, Entry, EntryId, EntryRef, Name, NamespaceId, Path, Premise, Seq, Step, Timestamp};
use crate::store::{Snapshot, StoreError};
use async_trait::async_trait;

/// How many entries one copy may make. Each of them is a change, and all are one commit.
pub const COPY_ENTRIES_MAX: u64 = 10_000;

/// Why something was not moved, copied, made or deleted.
#[derive(Debug, thiserror::Error)]
pub enum RelocateError {
    /// There is nothing to act on.
    #[error("there is nothing at the path")]
    NotFound,
    /// Something is where it should go.
    #[error("there is already something at {0}")]
    Exists(Path),
    /// A folder cannot go into itself.
    #[error("a folder cannot go into itself")]
    IntoItself,
    /// One of the folders it should go into is a file.
    #[error("a folder of the path is a file")]
    ParentIsFile,
    /// Too many folders would lie around some of it.
    #[error("the path is too deep")]
    TooDeep,
    /// It holds more than [`COPY_ENTRIES_MAX`].
    #[error("the folder has too many entries to be copied at once")]
    TooMany,
    /// It is not as its caller supposed.
    #[error("it has changed")]
    Changed,
    /// The root stays where it is.
    #[error("the root cannot be moved, made or deleted")]
    RootNotAllowed,
    /// There is no room for it.
    #[error("the account is over its quota")]
    OverQuota,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why something was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// It holds something, see [`Proviso::empty`].
    #[error("the folder is not empty")]
    NotEmpty,
    /// Whatever the caller supposes.
    #[error(transparent)]
    Relocate(#[from] RelocateError),
}

impl From<StoreError> for DeleteError {
    fn from(error: StoreError) -> DeleteError {
        RelocateError::from(error).into()
    }
}

impl From<Unfit> for DeleteError {
    fn from(unfit: Unfit) -> DeleteError {
        RelocateError::from(unfit).into()
    }
}

impl From<Unfit> for RelocateError {
    fn from(unfit: Unfit) -> RelocateError {
        match unfit {
            Unfit::OverQuota => RelocateError::OverQuota,
            Unfit::UploadClosed => no_upload().into(),
        }
    }
}

impl From<Obstacle> for RelocateError {
    fn from(obstacle: Obstacle) -> RelocateError {
        match obstacle {
            Obstacle::ParentIsFile => RelocateError::ParentIsFile,
            Obstacle::TooDeep => RelocateError::TooDeep,
            Obstacle::Root => RelocateError::RootNotAllowed,
        }
    }
}

impl Cloud {
    /// Moves a file or a folder: one change, whatever the folder holds. With `respell`, the target may be another
    /// spelling of the source's own name.
    pub async fn move_to(
        &self,
        scope: &Scope,
        from: impl Into<Spot> + Send,
        to: impl Into<Spot> + Send,
        respell: bool,
    ) -> Result<Item, RelocateError> {
        self.move_if(scope, from, to, respell, None).await
    }

    /// The same, if what moves is with all below it what it was as of then.
    pub async fn move_if(
        &self,
        scope: &Scope,
        from: impl Into<Spot> + Send,
        to: impl Into<Spot> + Send,
        respell: bool,
        as_of: Option<AsOf>,
    ) -> Result<Item, RelocateError> {
        let (from, to) = (from.into(), to.into());
        self.perform(&Relocate { scope, from: &from, to: &to, act: Act::Move { respell, as_of } }).await
    }

    /// Copies a file or a folder by reference: no bytes are read or written.
    pub async fn copy_to(
        &self,
        scope: &Scope,
        from: impl Into<Spot> + Send,
        to: impl Into<Spot> + Send,
    ) -> Result<Item, RelocateError> {
        let (from, to) = (from.into(), to.into());
        self.perform(&Relocate { scope, from: &from, to: &to, act: Act::Copy { version: None } }).await
    }

    /// Copies one of the versions that a file has or had, likewise.
    pub async fn copy_version(
        &self,
        scope: &Scope,
        from: impl Into<Spot> + Send,
        version: Seq,
        to: impl Into<Spot> + Send,
    ) -> Result<Item, RelocateError> {
        let (from, to, version) = (from.into(), to.into(), Some(version));
        self.perform(&Relocate { scope, from: &from, to: &to, act: Act::Copy { version } }).await
    }

    /// Deletes a file or a folder: one change, whatever the folder holds. Its history stays.
    pub async fn delete(&self, scope: &Scope, at: impl Into<Spot> + Send) -> Result<Item, RelocateError> {
        self.delete_if(scope, at, Proviso::default()).await.map_err(|error| match error {
            DeleteError::Relocate(error) => error,
            DeleteError::NotEmpty => {
                StoreError::Corrupt(format!("nothing was supposed, and yet: {error}")).into()
            }
        })
    }

    /// The same, if what is there is as its caller supposes.
    pub async fn delete_if(
        &self,
        scope: &Scope,
        at: impl Into<Spot> + Send,
        proviso: Proviso,
    ) -> Result<Item, DeleteError> {
        let at = at.into();
        self.perform(&Delete { scope, at: &at, proviso }).await
    }

    /// Brings back what was deleted last at this path, with everything that was in it: one change.
    pub async fn undelete(&self, scope: &Scope, path: &Path) -> Result<Item, RelocateError> {
        self.perform(&Undelete { scope, path }).await
    }
}

struct Relocate<'a> {
    scope: &'a Scope,
    from: &'a Spot,
    to: &'a Spot,
    act: Act,
}

#[derive(Clone, Copy)]
enum Act {
    Move {
        respell: bool,
        as_of: Option<AsOf>,
    },
    /// Of one version of a file, or of what is there.
    Copy {
        version: Option<Seq>,
    },
}

#[async_trait]
impl Verb for Relocate<'_> {
    type Done = Item;
    type Refusal = RelocateError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Item>, RelocateError> {
        let from = find::site(tree, self.scope.root, self.from).await?.ok_or(RelocateError::NotFound)?;
        let to = find::site(tree, self.scope.root, self.to).await?.ok_or(RelocateError::NotFound)?;
        if from.is_root() || to.is_root() {
            return Err(RelocateError::RootNotAllowed);
        }
        let source = from.target().ok_or(RelocateError::NotFound)?;
        match self.act {
            Act::Move { respell, as_of } => {
                let unchanged = unchanged(as_of, tree, &from)?;
                let mut relocation = Relocation::of(&from, &to, source, respell)?;
                relocation.premises.extend(unchanged);
                Ok(self.relocate(relocation, &to, source, now))
            }
            Act::Copy { version } => {
                fits(&to, source, false)?;
                self.copy(tree, &from, &to, source, version, now).await
            }
        }
    }
}

/// What keeps it true that what is at a site is as it was; nothing if nobody supposes so.
fn unchanged(as_of: Option<AsOf>, tree: &dyn Snapshot, site: &Site) -> Result<Vec<Premise>, RelocateError> {
    match as_of {
        Some(as_of) => as_of.premises(tree.head(), site).ok_or(RelocateError::Changed),
        None => Ok(Vec::new()),
    }
}

/// Whether an entry can go, or be copied, to a site.
fn fits(to: &Site, source: &Entry, respell: bool) -> Result<(), RelocateError> {
    match to.target() {
        Some(there) if respell && there.id == source.id && to.asked() != Some(&source.name) => {}
        Some(_) => return Err(RelocateError::Exists(to.path())),
        None if source.is_folder() && to.passes(source.id) => return Err(RelocateError::IntoItself),
        None => {}
    }
    to.obstacle(source.weight().height).map_or(Ok(()), |obstacle| Err(obstacle.into()))
}

/// How an entry gets from one site to another.
pub(super) struct Relocation {
    pub(super) premises: Vec<Premise>,
    /// The last of them moves it.
    pub(super) steps: Vec<Step>,
    parent: EntryRef,
}

impl Relocation {
    /// Of what is at a site. With `respell`, it may go to another spelling of its own name.
    pub(super) fn of(
        from: &Site,
        to: &Site,
        source: &Entry,
        respell: bool,
    ) -> Result<Relocation, RelocateError> {
        fits(to, source, respell)?;
        let mut premises = from.premises();
        premises.extend(to.premises());
        if let (true, Some(height)) = (source.is_folder(), to.levels_below()) {
            // Whatever comes into it meanwhile moves with it, and must not end up too deep.
            premises.push(Premise::HeightAtMost { folder: source.id, height });
        }
        let (parent, mut steps) = to.parent_steps();
        let name = to.asked().ok_or(RelocateError::RootNotAllowed)?.clone();
        steps.push(Step::Move { entry: source.id, to: parent, name });
        Ok(Relocation { premises, steps, parent })
    }
}

impl Relocate<'_> {
    fn relocate(&self, relocation: Relocation, to: &Site, source: &Entry, now: Timestamp) -> Plan<Item> {
        let Relocation { premises, steps, parent } = relocation;
        let name = to.asked().expect("the root was refused").clone();
        let (path, last) = (to.parent_path().join(&name), steps.len() - 1);
        let source = source.clone();
        let done = move |receipt: &Receipt| {
            let (seq, parent) = (receipt.seq(last), Some(receipt.entry(parent)));
            let entry = Entry { parent, name, seq, appeared: seq, modified: now, ..source };
            Item { path, entry, gone: None }
        };
        Plan::Commit(draft(self.scope, premises, steps, now), Box::new(done))
    }

    async fn copy(
        &self,
        tree: &mut dyn Snapshot,
        from: &Site,
        to: &Site,
        source: &Entry,
        version: Option<Seq>,
        now: Timestamp,
    ) -> Result<Plan<Item>, RelocateError> {
        let mut pattern = Pattern::of(tree, source).await?;
        if let Some(seq) = version {
            let version = versions::version(tree, source.id, seq).await?;
            pattern = Pattern::of_bytes(version.ok_or(RelocateError::NotFound)?.content);
        }
        let mut premises = from.premises();
        premises.extend(to.premises());
        premises.push(match source.folder() {
            Some(folder) => Premise::TreeUnchanged { folder: source.id, seq: folder.totals.seq },
            None => Premise::Unchanged { entry: source.id, seq: source.seq },
        });
        let (parent, mut steps) = to.parent_steps();
        let name = to.asked().expect("the root was refused").clone();
        let top = steps.len();
        pattern.put_down(parent, name.clone(), &mut steps);
        let (path, node) = (to.parent_path().join(&name), pattern.top());
        let done = move |receipt: &Receipt| created(receipt, top, parent, path, name, node, now);
        let draft = Draft { quota: self.scope.quota, ..draft(self.scope, premises, steps, now) };
        Ok(Plan::Commit(draft, Box::new(done)))
    }
}

/// What a caller supposes of something that it wants to be rid of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proviso {
    /// Its last change is this one.
    pub seq: Option<Seq>,
    /// There is nothing in it.
    pub empty: bool,
    /// With all below it, it is what it was as of then.
    pub as_of: Option<AsOf>,
}

struct Delete<'a> {
    scope: &'a Scope,
    at: &'a Spot,
    proviso: Proviso,
}

#[async_trait]
impl Verb for Delete<'_> {
    type Done = Item;
    type Refusal = DeleteError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Item>, DeleteError> {
        let site = find::site(tree, self.scope.root, self.at).await?.ok_or(RelocateError::NotFound)?;
        if site.is_root() {
            return Err(RelocateError::RootNotAllowed.into());
        }
        let item = site.item().ok_or(RelocateError::NotFound)?;
        let mut premises = site.premises();
        premises.extend(unchanged(self.proviso.as_of, tree, &site)?);
        let Entry { id, seq, .. } = item.entry;
        if let Some(supposed) = self.proviso.seq {
            if supposed != seq {
                return Err(RelocateError::Changed.into());
            }
            premises.push(Premise::Unchanged { entry: id, seq });
        }
        if let (true, Some(folder)) = (self.proviso.empty, item.entry.folder()) {
            if folder.totals.entries > 0 {
                return Err(DeleteError::NotEmpty);
            }
            premises.push(Premise::TreeUnchanged { folder: id, seq: folder.totals.seq });
        }
        let draft = draft(self.scope, premises, vec![Step::Delete { entry: id }], now);
        let done = move |receipt: &Receipt| {
            let seq = receipt.seq(0);
            let entry = Entry { live: false, seq, appeared: seq, modified: now, ..item.entry };
            Item { entry, gone: Some(Gone { seq, time: now }), ..item }
        };
        Ok(Plan::Commit(draft, Box::new(done)))
    }
}

struct Undelete<'a> {
    scope: &'a Scope,
    path: &'a Path,
}

#[async_trait]
impl Verb for Undelete<'_> {
    type Done = Item;
    type Refusal = RelocateError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Item>, RelocateError> {
        let site = find::site_at(tree, self.scope.root, self.path).await?.ok_or(RelocateError::NotFound)?;
        if site.target().is_some() {
            return Err(RelocateError::Exists(site.path()));
        }
        let (EntryRef::Existing(folder), steps) = site.parent_steps() else {
            return Err(RelocateError::NotFound);
        };
        debug_assert!(steps.is_empty(), "the folder is there");
        let entry = deleted_from(tree, folder, self.path).await?.ok_or(RelocateError::NotFound)?;
        if let Some(obstacle) = site.obstacle(entry.weight().height) {
            return Err(obstacle.into());
        }
        let name = entry.name.clone();
        Ok(bring_back(self.scope, &site, folder, name, entry, now))
    }
}

/// A deleted entry goes to a free slot, with all that was in it.
pub(super) fn bring_back(
    scope: &Scope,
    site: &Site,
    folder: EntryId,
    name: Name,
    entry: Entry,
    now: Timestamp,
) -> Plan<Item> {
    let mut premises = site.premises();
    premises.push(Premise::Unchanged { entry: entry.id, seq: entry.seq });
    let path = site.parent_path().join(&name);
    let to = EntryRef::Existing(folder);
    let step = Step::Restore { entry: entry.id, to, name: name.clone(), content: None };
    let draft = Draft { quota: scope.quota, ..draft(scope, premises, vec![step], now) };
    let done = move |receipt: &Receipt| {
        let seq = receipt.seq(0);
        let parent = Some(folder);
        let entry = Entry { parent, name, live: true, seq, appeared: seq, modified: now, ..entry };
        Item { path, entry, gone: None }
    };
    Plan::Commit(draft, Box::new(done))
}

/// The entry that was deleted last at this name of a folder, if it has not been brought back elsewhere since.
pub(super) async fn deleted_from(
    tree: &mut dyn Snapshot,
    folder: EntryId,
    path: &Path,
) -> Result<Option<Entry>, StoreError> {
    let Some(name) = path.name() else { return Ok(None) };
    let latest = find::departed(tree, folder, &name.key(), 1).await?.pop();
    Ok(latest.filter(|(entry, change)| !entry.live && entry.seq == change.seq).map(|(entry, _)| entry))
}
