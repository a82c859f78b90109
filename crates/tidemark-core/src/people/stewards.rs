//! People who make programs: what somebody may do to an app that is theirs.
//!
//! Whoever has a [`Steward`] is known to own the app; there is no other way to one. An app that is somebody else's, and one
//! that is not there, are the same.

use super::{AppError, ConfirmError, GrantError, NewApp, Peer, People, Secret};
use crate::model::{Access, Account, App, AppKey};
use crate::store::{AppChange, StoreError};

/// How many apps an account may own, those that are paused included.
pub const OWNED_APPS_MAX: usize = 50;
/// How many tokens for trying an account may have of one app, and of all else that it permitted to it.
pub const TRIAL_TOKENS_MAX: usize = 20;

/// An account that acts on an app that it owns.
pub struct Steward<'a> {
    people: &'a People,
    account: &'a Account,
    app: App,
}

/// Why an app is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteAppError {
    /// See [`AppError::ShutOut`], which is said in its words.
    #[error("{}", AppError::ShutOut)]
    ShutOut,
    /// The owner's password was not proven.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why there is no token for trying.
#[derive(Debug, thiserror::Error)]
pub enum TrialTokenError {
    /// There are enough.
    #[error("an account has at most {TRIAL_TOKENS_MAX} tokens of one app of its own: revoke them first")]
    TooMany,
    /// See there.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// Registers an app that is an account's own.
    pub async fn register_owned_app(
        &self,
        owner: &Account,
        name: &str,
        access: Access,
    ) -> Result<App, AppError> {
        // One at a time, so that those who ask at once are counted, and find each other's names.
        let _turn = self.owned_apps.lock().await;
        if self.apps_of(owner.id).await?.len() >= OWNED_APPS_MAX {
            return Err(AppError::TooManyApps);
        }
        let (redirect_uris, webhook_uris) = (Vec::new(), Vec::new());
        let (name, owner) = (name.to_owned(), Some(owner.id));
        let app = NewApp { name, access, redirect_uris, same_name: false, webhook_uris, owner };
        self.register_app(app).await
    }

    /// An account as the owner of the app with this key; nothing if it is not.
    pub async fn steward<'a>(
        &'a self,
        account: &'a Account,
        key: &str,
    ) -> Result<Option<Steward<'a>>, StoreError> {
        let app = self.accounts.app(&AppKey(key.to_owned())).await?;
        let own = app.filter(|app| app.owner == Some(account.id));
        Ok(own.map(|app| Steward { people: self, account, app }))
    }
}

impl Steward<'_> {
    /// The app, as it was when its owner came. Its secret is for [`Steward::secret`] to tell.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The app's secret, for whoever knows the owner's password: a browser that was left open must not be enough.
    pub async fn secret(&self, password: &str, peer: Peer) -> Result<&str, ConfirmError> {
        self.people.confirm_password(self.account.id, password, peer).await?;
        Ok(&self.app.secret)
    }

    /// Calls the app something else; see [`People::register_owned_app`] for what a name may be. Folders that the app has keep
    /// theirs: they are people's. Not while an administrator has shut it out: whoever was warned of it knows it by its name.
    pub async fn rename(&self, name: &str) -> Result<App, AppError> {
        let _turn = self.people.owned_apps.lock().await;
        // (As it is now, and not as it was when its owner came.)
        let app = self.people.app(self.key()).await?;
        if app.is_shut_out_by_administrator() {
            return Err(AppError::ShutOut);
        }
        self.people.rename_app(&app, name).await
    }

    /// Deletes the app for good, for whoever knows the owner's password: with it end the permissions that anybody gave it, their
    /// tokens and codes, and its webhooks with their logs. People keep the folders that it had, and the links that it made.
    ///
    /// Not while an administrator has shut it out: registered again under its name, it would be let in.
    pub async fn delete(&self, password: &str, peer: Peer) -> Result<(), DeleteAppError> {
        self.people.confirm_password(self.account.id, password, peer).await?;
        let app = self.people.accounts.app(&self.app.key).await?;
        if app.is_some_and(|app| app.is_shut_out_by_administrator()) {
            return Err(DeleteAppError::ShutOut);
        }
        // If it is gone already, that is what was wanted.
        self.people.accounts.delete_app(&self.app.key).await?;
        Ok(())
    }

    /// See [`People::add_redirect_uri`].
    pub async fn add_redirect_uri(&self, uri: &str) -> Result<App, AppError> {
        self.people.add_redirect_uri(self.key(), uri).await
    }

    /// See [`People::remove_redirect_uri`].
    pub async fn remove_redirect_uri(&self, uri: &str) -> Result<App, AppError> {
        self.people.remove_redirect_uri(self.key(), uri).await
    }

    /// Shuts the app out (nobody's tokens for it work meanwhile), or lets it in again, unless an administrator has shut it
    /// out: that is answered as it is, not refused.
    pub async fn set_paused(&self, paused: bool) -> Result<App, AppError> {
        self.people.change_app(self.key(), AppChange::Paused(paused)).await
    }

    /// A token of the app for the owner's own files, until somebody ends it; told this once.
    pub async fn issue_token(&self) -> Result<Secret, TrialTokenError> {
        // One at a time, so that those who ask at once are counted.
        let _turn = self.people.owned_apps.lock().await;
        if self.tokens().await? >= TRIAL_TOKENS_MAX {
            return Err(TrialTokenError::TooMany);
        }
        Ok(self.people.issue_token(self.account, &self.app).await?.0)
    }

    /// How many permissions the owner has given to the app, by such tokens and otherwise.
    pub async fn tokens(&self) -> Result<usize, StoreError> {
        let grants = self.people.grants(self.account.id).await?;
        Ok(grants.iter().filter(|(_, app)| app.key == self.app.key).count())
    }

    /// Ends all of those.
    pub async fn revoke_tokens(&self) -> Result<usize, StoreError> {
        self.people.unlink(self.account.id, &self.app.key).await
    }

    fn key(&self) -> &str {
        &self.app.key.0
    }
}
