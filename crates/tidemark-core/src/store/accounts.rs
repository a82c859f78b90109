//! People, programs, grants, and the short-lived secrets between them.

use super::{FamilyStore, SessionStore, StoreError, UseStore};
use crate::model::{
    Account, AccountId, App, AppKey, EntryId, Grant, GrantId, PasswordHash, Proof, SecretHash, Ticket,
    Timestamp,
};
use async_trait::async_trait;

/// Keeps accounts and apps. Another process (an admin command) may change them at any time: what was changed before a
/// call is seen by it.
#[async_trait]
pub trait AccountStore: Send + Sync + 'static {
    /// Adds an account under a number and a namespace that were never used before; the e-mail must be free.
    async fn add_account(&self, account: NewAccount) -> Result<AddAccount, StoreError>;

    /// The account with this number.
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// The account with this e-mail, compared without case.
    async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError>;

    /// All accounts, by number.
    async fn accounts(&self) -> Result<Vec<Account>, StoreError>;

    /// How many accounts there are.
    async fn count_accounts(&self) -> Result<u64, StoreError>;

    /// Changes one thing about an account and leaves the rest as it is, whoever else is changing it; answers whether
    /// there is such an account.
    async fn change_account(&self, id: AccountId, change: AccountChange) -> Result<bool, StoreError>;

    /// Gives an account another e-mail, if that is free, or its own in another spelling.
    async fn change_email(&self, id: AccountId, email: &str) -> Result<ChangeEmail, StoreError>;

    /// Gives an account a new password, if the one it has is still `old`; answers whether it was.
    async fn replace_password(
        &self,
        id: AccountId,
        old: &PasswordHash,
        new: PasswordHash,
    ) -> Result<bool, StoreError>;

    /// Adds an app, with a webhook for each of its URIs, unless there is one with its key; answers whether it was added.
    async fn add_app(&self, app: &App) -> Result<bool, StoreError>;

    /// The app with this key.
    async fn app(&self, key: &AppKey) -> Result<Option<App>, StoreError>;

    /// All apps, the oldest first.
    async fn apps(&self) -> Result<Vec<App>, StoreError>;

    /// The apps of this [`owner`](App::owner), the oldest first.
    async fn apps_of(&self, owner: AccountId) -> Result<Vec<App>, StoreError>;

    /// Changes one thing about an app and leaves the rest as it is, whoever else is changing it; answers whether there is
    /// such an app. Its webhooks are changed by [`WebhookStore`](super::WebhookStore).
    async fn change_app(&self, key: &AppKey, change: AppChange) -> Result<bool, StoreError>;

    /// Deletes an app with all that depends on it, in one step: everybody's grants and families, codes and request tokens for
    /// it, its webhooks with what is kept of them, and which folders are its own; answers whether there was such an app. Links
    /// that it made stay, and still name it.
    async fn delete_app(&self, key: &AppKey) -> Result<bool, StoreError>;

    /// The folder that is an app's own in an account's tree, if it has ever had one. It may have been deleted since.
    async fn app_folder(&self, account: AccountId, app: &AppKey) -> Result<Option<EntryId>, StoreError>;

    /// Sets that folder, if it is still `old`; answers whether it was.
    async fn set_app_folder(
        &self,
        account: AccountId,
        app: &AppKey,
        old: Option<EntryId>,
        new: EntryId,
    ) -> Result<bool, StoreError>;
}

/// An account to be.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// See [`Account::email`].
    pub email: String,
    /// See [`Account::name`].
    pub name: String,
    /// See [`Account::password`].
    pub password: Option<PasswordHash>,
    /// See [`Account::quota`].
    pub quota: Option<u64>,
    /// See [`Account::admin`].
    pub admin: bool,
    /// See [`Account::created`].
    pub created: Timestamp,
    /// Add it only if there is no account at all yet.
    pub first_only: bool,
}

/// One thing to change about an account.
///
/// One at a time and by name, so that an administrator who shuts somebody out and a person who changes their password
/// at the same moment do not undo each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountChange {
    /// See [`Account::name`].
    Name(String),
    /// See [`Account::password`].
    Password(Option<PasswordHash>),
    /// See [`Account::quota`].
    Quota(Option<u64>),
    /// See [`Account::admin`].
    Admin(bool),
    /// See [`Account::disabled`].
    Disabled(bool),
}

/// One thing to change about an app; see [`AccountChange`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppChange {
    /// See [`App::name`].
    Name(String),
    /// See [`App::disabled`]. An administrator's word: whatever the owner said before is over.
    Disabled(bool),
    /// See [`App::paused`]. Does nothing to an app that an administrator has shut out.
    Paused(bool),
    /// Puts one behind [`App::redirect_uris`], unless it is there.
    AddRedirectUri(String),
    /// Takes one out of [`App::redirect_uris`], if it is there.
    RemoveRedirectUri(String),
}

impl AppChange {
    /// Does it.
    pub fn apply(self, app: &mut App) {
        match self {
            AppChange::Name(name) => app.name = name,
            AppChange::Disabled(disabled) => (app.disabled, app.paused) = (disabled, false),
            AppChange::Paused(paused) => {
                if app.paused || !app.disabled {
                    (app.disabled, app.paused) = (paused, paused);
                }
            }
            AppChange::AddRedirectUri(uri) => {
                if !app.redirect_uris.contains(&uri) {
                    app.redirect_uris.push(uri);
                }
            }
            AppChange::RemoveRedirectUri(uri) => app.redirect_uris.retain(|known| *known != uri),
        }
    }
}

/// What became of a new account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddAccount {
    /// It is there.
    Added(Account),
    /// The e-mail belongs to somebody.
    EmailTaken,
    /// It should have been the first, and is not.
    NotFirst,
}

/// What became of another e-mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeEmail {
    /// It is the account's.
    Changed,
    /// It belongs to somebody else.
    Taken,
    /// There is no such account.
    NoAccount,
}

/// How many words a [`GrantStore`] remembers at once. Each is one request signed with HMAC-SHA1 within the last ten
/// minutes: more than 300 in each second.
pub const NONCES_MAX: u32 = 200_000;

/// A grant to be, of no family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGrant {
    /// See [`Grant::account`].
    pub account: AccountId,
    /// See [`Grant::app`].
    pub app: AppKey,
    /// See [`Grant::proof`].
    pub proof: Proof,
    /// See [`Grant::token`].
    pub token: SecretHash,
    /// See [`Grant::created`].
    pub created: Timestamp,
    /// See [`Grant::expires`].
    pub expires: Option<Timestamp>,
}

impl NewGrant {
    /// One that is good until somebody ends it.
    #[must_use]
    pub fn lasting(
        account: AccountId,
        app: &AppKey,
        proof: Proof,
        token: SecretHash,
        created: Timestamp,
    ) -> NewGrant {
        NewGrant { account, app: app.clone(), proof, token, created, expires: None }
    }
}

/// Keeps grants and tickets.
#[async_trait]
pub trait GrantStore: FamilyStore + SessionStore + UseStore {
    /// Adds a grant under a number that was never used before.
    async fn add_grant(&self, new: NewGrant) -> Result<Grant, StoreError>;

    /// Adds a grant by the same account to the same app as the grant `beside`, if that is (still) there, in one step: a
    /// permission that has ended gives nothing more.
    async fn add_grant_beside(
        &self,
        beside: GrantId,
        proof: Proof,
        token: SecretHash,
        created: Timestamp,
    ) -> Result<Option<Grant>, StoreError>;

    /// The grant that this token carries, expired or not, with its account and app; nothing if it was revoked. On the way of every
    /// request, so it should cost next to nothing: what another process changed must take hold within a tenth of a
    /// second, what this one changed at once.
    async fn grant(&self, token: SecretHash) -> Result<Option<(Grant, Account, App)>, StoreError>;

    /// Exchanges an authorization code for a grant: if the ticket with the secret `code` is (still)
    /// [`TicketKind::Code`](crate::model::TicketKind::Code), adds the grant (of a bearer token) and leaves
    /// [`TicketKind::SpentCode`](crate::model::TicketKind::SpentCode) in the code's place, in one step; otherwise does
    /// nothing and answers nothing. Of all those who try, exactly one gets a grant, and the others find whose it was.
    /// A code for a family is spent by [`FamilyStore::begin_family`].
    async fn spend_code(
        &self,
        code: SecretHash,
        account: AccountId,
        app: &AppKey,
        token: SecretHash,
        created: Timestamp,
    ) -> Result<Option<Grant>, StoreError>;

    /// Exchanges an OAuth 1 request token for a grant: if the ticket with the secret `request` is (still)
    /// [`RequestState::Allowed`](crate::model::RequestState::Allowed), adds the grant (of a token that signs) and leaves
    /// [`RequestState::Spent`](crate::model::RequestState::Spent) in its place, in one step; otherwise does nothing and
    /// answers nothing. Of all those who try, exactly one gets a grant.
    async fn spend_request(
        &self,
        request: SecretHash,
        account: AccountId,
        app: &AppKey,
        token: SecretHash,
        created: Timestamp,
    ) -> Result<Option<Grant>, StoreError>;

    /// An account's grants, expired or not, the newest first.
    async fn grants(&self, account: AccountId) -> Result<Vec<Grant>, StoreError>;

    /// Whether an account has a grant for an app.
    async fn has_grant(&self, account: AccountId, app: &AppKey) -> Result<bool, StoreError>;

    /// Ends a grant, or the whole family if it is of one; answers whether there was such a grant.
    async fn revoke_grant(&self, id: GrantId) -> Result<bool, StoreError>;

    /// Keeps a ticket, replacing the one with the same secret.
    async fn save_ticket(&self, ticket: &Ticket) -> Result<(), StoreError>;

    /// Keeps a ticket unless there is one with the same secret; answers whether it was kept. Of all those who try,
    /// exactly one succeeds.
    async fn add_ticket(&self, ticket: &Ticket) -> Result<bool, StoreError>;

    /// The ticket that this secret stands for, expired or not.
    async fn ticket(&self, secret: SecretHash) -> Result<Option<Ticket>, StoreError>;

    /// Removes a ticket; answers it to exactly one of all those who try.
    async fn take_ticket(&self, secret: SecretHash) -> Result<Option<Ticket>, StoreError>;

    /// Ends all that an account has permitted to an app, in one step: its grants and families, and the codes and request tokens that
    /// would have become grants; answers how many grants there were.
    async fn unlink(&self, account: AccountId, app: &AppKey) -> Result<usize, StoreError>;

    /// Remembers a word until `expires`, and answers whether it is heard for the first time: of all those who say it
    /// until then, exactly one is told so, whatever restarts in between. Words that expired at or before `now` make
    /// room for it; if [`NONCES_MAX`] have not, the store is [`StoreError::Unavailable`].
    async fn remember_once(
        &self,
        word: SecretHash,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Forgets the tickets and words that expired at or before `now`; answers how many.
    async fn sweep_tickets(&self, now: Timestamp) -> Result<usize, StoreError>;
}
