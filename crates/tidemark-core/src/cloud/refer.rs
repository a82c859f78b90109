//! References: what programs pass on instead of files.

use super::copy::{Pattern, PutDown};
use super::{Cloud, Item, RelocateError, Scope, Spot, find, versions};
use crate::model::{
    AccountId, AppKey, Content, Entry, EntryId, Path, Reference, Referent, Seq, Timestamp, VersionReference,
};
use crate::store::{Snapshot, StoreError};
use std::time::Duration;

impl Cloud {
    /// A reference to what is at a path, good for `life`, with what that is; nothing if nothing is there, or the root.
    pub async fn refer(
        &self,
        scope: &Scope,
        app: &AppKey,
        path: &Path,
        life: Duration,
    ) -> Result<Option<(Reference, Item)>, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let site = find::site_at(&mut *tree, scope.root, path).await?;
        let Some(item) = site.filter(|site| !site.is_root()).and_then(|site| site.item()) else {
            return Ok(None);
        };
        let born = born(&mut *tree, item.entry.id).await?;
        let reference = Reference {
            account: scope.account,
            app: app.clone(),
            referent: Referent { namespace: scope.namespace, entry: item.entry.id, born },
            root: scope.root,
            expires: self.clock.now().plus(life),
        };
        Ok(Some((reference, item)))
    }

    /// What a reference stands for now; nothing if it has expired, if what it stands for was deleted, left the folder
    /// that its program saw, or is somebody's who is shut out or does not permit the program any more.
    pub async fn referred(&self, reference: &Reference) -> Result<Option<Entry>, StoreError> {
        Ok(self.follow(reference).await?.map(|(_, entry)| entry))
    }

    /// A reference to one version of a file that was just looked at, good for `life`.
    #[must_use]
    pub fn refer_version(
        &self,
        scope: &Scope,
        app: &AppKey,
        file: &Entry,
        version: Seq,
        life: Duration,
    ) -> VersionReference {
        let referent = file.referent(scope.namespace);
        let (account, root, expires) = (scope.account, scope.root, self.clock.now().plus(life));
        VersionReference { file: Reference { account, app: app.clone(), referent, root, expires }, version }
    }

    /// The bytes that a reference to a version stands for, with their file as it is now; nothing if [`Cloud::referred`]
    /// would tell nothing of the file, or that version is not told of any more.
    pub async fn referred_version(
        &self,
        reference: &VersionReference,
    ) -> Result<Option<(Entry, Content)>, StoreError> {
        let Some((mut tree, entry)) = self.follow(&reference.file).await? else { return Ok(None) };
        let found = versions::version(&mut *tree, entry.id, reference.version).await?;
        Ok(found.map(|version| (entry, version.content)))
    }

    /// Copies what a reference of the same app stands for, as it is now, to a place in a tree that may be another: no
    /// bytes are read or written, and the quota of the receiver counts.
    pub async fn copy_reference(
        &self,
        scope: &Scope,
        app: &AppKey,
        reference: &Reference,
        to: impl Into<Spot> + Send,
    ) -> Result<Item, RelocateError> {
        let to = to.into();
        if reference.app != *app {
            return Err(RelocateError::NotFound);
        }
        let (mut tree, source) = self.follow(reference).await?.ok_or(RelocateError::NotFound)?;
        let pattern = Pattern::of(&mut *tree, &source).await?;
        drop(tree);
        self.perform(&PutDown { scope, to: &to, pattern: &pattern, source: reference.referent }).await
    }

    async fn follow(&self, reference: &Reference) -> Result<Option<(Box<dyn Snapshot>, Entry)>, StoreError> {
        if reference.expires <= self.clock.now() || !self.is_permitted(reference).await? {
            return Ok(None);
        }
        let mut tree = self.journal.store().read(reference.referent.namespace).await?;
        let Some(mut chain) = standing(&mut *tree, &reference.referent).await? else { return Ok(None) };
        let in_reach = chain.iter().any(|entry| entry.id == reference.root);
        Ok(chain.pop().filter(|_| in_reach).map(|entry| (tree, entry)))
    }

    /// Whether the program would still be let at what it referred to then. A reference cannot be ended by itself: whoever
    /// throws a program out ends all of its references.
    async fn is_permitted(&self, reference: &Reference) -> Result<bool, StoreError> {
        let Reference { account, app, .. } = reference;
        Ok(self.is_let_in(*account).await?
            && self.accounts.app(app).await?.is_some_and(|app| !app.disabled)
            && self.grants.has_grant(*account, app).await?)
    }

    /// Whether there is such an account, and it is not shut out.
    pub(super) async fn is_let_in(&self, account: AccountId) -> Result<bool, StoreError> {
        Ok(self.accounts.account(account).await?.is_some_and(|account| !account.disabled))
    }
}

/// When an entry was created. (Its number is that of the change that created it.)
pub(super) async fn born(tree: &mut dyn Snapshot, entry: EntryId) -> Result<Timestamp, StoreError> {
    let change = tree.change(Seq(entry.0)).await?;
    let missing = || StoreError::Corrupt(format!("entry {} was never created", entry.0));
    change.map(|change| change.time).ok_or_else(missing)
}

/// The entry that a referent is of, deleted or not; nothing if it was lost with the life of the store that created it.
pub(super) async fn known(tree: &mut dyn Snapshot, referent: &Referent) -> Result<Option<Entry>, StoreError> {
    match tree.entry(referent.entry).await? {
        Some(entry) if born(tree, entry.id).await? == referent.born => Ok(Some(entry)),
        _ => Ok(None),
    }
}

/// What a referent stands for, behind all the folders around it, outermost first; nothing while it is not there.
pub(super) async fn standing(
    tree: &mut dyn Snapshot,
    referent: &Referent,
) -> Result<Option<Vec<Entry>>, StoreError> {
    match known(tree, referent).await? {
        Some(entry) if entry.live => find::chain(tree, entry.id).await,
        _ => Ok(None),
    }
}
