//! Where a caller's paths begin, and for whom it acts.

use super::folder::NewFolder;
use super::{Cloud, RelocateError, Spot, find};
use crate::model::{Access, Account, AccountId, App, AppKey, EntryId, Name, NamespaceId};
use crate::store::StoreError;
use std::sync::Arc;

/// How far a caller reaches: everything below one folder of one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whose doing its changes are.
    pub account: AccountId,
    /// How many bytes the namespace may hold; nothing for no limit.
    pub quota: Option<u64>,
    /// The tree.
    pub namespace: NamespaceId,
    /// The folder that its paths begin at.
    pub root: EntryId,
    /// The app whose own folder that is; nothing if it is the whole tree's root.
    pub app: Option<AppKey>,
}

/// What of an account a caller means.
#[derive(Clone, Copy, Debug)]
pub enum Reach<'a> {
    /// The whole tree.
    Whole,
    /// The app's own folder, whatever the app's access.
    AppFolder(&'a App),
}

impl<'a> Reach<'a> {
    /// As far as this app may go.
    #[must_use]
    pub fn of(app: &'a App) -> Reach<'a> {
        match app.access {
            Access::Full => Reach::Whole,
            Access::AppFolder => Reach::AppFolder(app),
        }
    }
}

/// The folder that app folders are created in.
const APPS: &str = "Apps";

const WHAT: &str = "create an app folder";

/// How many names the folder of app folders may have to yield to files of its owner.
const APPS_TRIES: usize = 100;

impl Cloud {
    /// The scope of a caller. An app folder is made when it is first needed and when it has been deleted; it is known
    /// by identity, so it survives being renamed or moved.
    pub async fn scope(self: &Arc<Cloud>, account: &Account, reach: Reach<'_>) -> Result<Scope, StoreError> {
        let whole = Scope {
            account: account.id,
            quota: account.quota,
            namespace: account.namespace,
            root: EntryId::ROOT,
            app: None,
        };
        let Reach::AppFolder(app) = reach else { return Ok(whole) };
        let root = match self.live_app_folder(whole.account, whole.namespace, &app.key).await? {
            Some(root) => root,
            None => {
                // In a task of its own: a client that hangs up leaves no folder behind that nobody knows for the app's.
                let (cloud, whole, app) = (Arc::clone(self), whole.clone(), app.clone());
                let made = tokio::spawn(async move { cloud.make_app_folder(&whole, &app).await }).await;
                made.map_err(|lost| StoreError::Unavailable { what: WHAT, source: Some(lost.into()) })??
            }
        };
        Ok(Scope { root, app: Some(app.key.clone()), ..whole })
    }

    /// The app's folder in an account's tree, if it has one that is there.
    pub(super) async fn live_app_folder(
        &self,
        account: AccountId,
        namespace: NamespaceId,
        app: &AppKey,
    ) -> Result<Option<EntryId>, StoreError> {
        let Some(root) = self.accounts.app_folder(account, app).await? else { return Ok(None) };
        let mut tree = self.journal.store().read(namespace).await?;
        Ok(find::ancestry(&mut *tree, root).await?.map(|_| root))
    }

    async fn make_app_folder(&self, whole: &Scope, app: &App) -> Result<EntryId, StoreError> {
        // Alone, so that two first calls make one folder.
        let _turn = self.turns.alone(whole.namespace).await;
        loop {
            if let Some(root) = self.live_app_folder(whole.account, whole.namespace, &app.key).await? {
                return Ok(root);
            }
            let old = self.accounts.app_folder(whole.account, &app.key).await?;
            let root = self.new_app_folder(whole, app).await?;
            // If somebody else was faster after all, theirs is the app's, and ours an empty folder like any other.
            if self.accounts.set_app_folder(whole.account, &app.key, old, root).await? {
                return Ok(root);
            }
        }
    }

    async fn new_app_folder(&self, whole: &Scope, app: &App) -> Result<EntryId, StoreError> {
        let mut tries = 0;
        loop {
            let apps = match tries {
                0 => Name::trusted(APPS),
                // Its owner keeps a file there.
                n => Name::trusted(APPS).tagged(&format!(" ({n})")),
            };
            let at = Spot::Path([apps, folder_name(&app.name)].into_iter().collect());
            match self.attempt(&NewFolder { scope: whole, at: &at, autorename: true }).await {
                Ok(Some(item)) => return Ok(item.entry.id),
                Ok(None) => {}
                Err(RelocateError::Store(error)) => return Err(error),
                Err(RelocateError::ParentIsFile) if tries < APPS_TRIES => tries += 1,
                Err(refusal) => {
                    return Err(StoreError::Unavailable { what: WHAT, source: Some(Box::new(refusal)) });
                }
            }
        }
    }
}

/// An app's name, made fit to name a folder.
fn folder_name(app: &str) -> Name {
    let fit = |c: char| if c == '/' || c == '\\' || c.is_control() { '-' } else { c };
    let text: String = app.trim().chars().map(fit).take(100).collect();
    Name::new(text.trim_end()).unwrap_or_else(|_| Name::trusted("App"))
}
