//! Where a caller's paths begin, and for whom it acts.

use super::Cloud;
use super::find;
use super::folder::NewFolder;
use crate::model::{Access, Account, AccountId, App, AppKey, EntryId, Name, NamespaceId, Path};
use crate::store::StoreError;

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

impl Cloud {
    /// The scope of a caller. An app folder is made when it is first needed and when it has been deleted; it is known
    /// by identity, so it survives being renamed or moved.
    pub async fn scope(&self, account: &Account, reach: Reach<'_>) -> Result<Scope, StoreError> {
        let whole = Scope {
            account: account.id,
            quota: account.quota,
            namespace: account.namespace,
            root: EntryId::ROOT,
            app: None,
        };
        let Reach::AppFolder(app) = reach else { return Ok(whole) };
        let within = |root| Scope { root, app: Some(app.key.clone()), ..whole.clone() };
        if let Some(root) = self.live_app_folder(&whole, app).await? {
            return Ok(within(root));
        }
        // Alone, so that two first calls make one folder.
        let _turn = self.turns.alone(whole.namespace).await;
        if let Some(root) = self.live_app_folder(&whole, app).await? {
            return Ok(within(root));
        }
        let old = self.accounts.app_folder(account.id, &app.key).await?;
        let path = [Name::trusted(APPS), folder_name(&app.name)].into_iter().collect::<Path>();
        let verb = NewFolder { scope: &whole, path: &path, autorename: true };
        let root = loop {
            match self.attempt(&verb).await {
                Ok(Some(item)) => break item.entry.id,
                Ok(None) => {}
                Err(super::RelocateError::Store(error)) => return Err(error),
                Err(refusal) => {
                    return Err(StoreError::Unavailable {
                        what: "create an app folder",
                        source: Some(Box::new(refusal)),
                    });
                }
            }
        };
        self.accounts.set_app_folder(account.id, &app.key, old, root).await?;
        Ok(within(root))
    }

    async fn live_app_folder(&self, whole: &Scope, app: &App) -> Result<Option<EntryId>, StoreError> {
        let Some(root) = self.accounts.app_folder(whole.account, &app.key).await? else { return Ok(None) };
        let mut tree = self.journal.store().read(whole.namespace).await?;
        Ok(find::ancestry(&mut *tree, root).await?.map(|_| root))
    }
}

/// An app's name, made fit to name a folder.
fn folder_name(app: &str) -> Name {
    let fit = |c: char| if c == '/' || c == '\\' || c.is_control() { '-' } else { c };
    let text: String = app.trim().chars().map(fit).take(100).collect();
    Name::new(text.trim_end()).unwrap_or_else(|_| Name::trusted("App"))
}
