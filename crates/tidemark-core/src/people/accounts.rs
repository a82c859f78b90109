//! People: who may have an account, and what an administrator does to it.

use super::password::{self, PasswordError};
use super::{People, Secret};
use crate::model::{Account, AccountId, Ticket, TicketKind, email_key, is_unseen, turns_text};
use crate::store::{AccountChange, AddAccount, ChangeEmail, NewAccount, StoreError};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The longest e-mail address, in bytes (RFC 5321 leaves this much of a path).
pub const EMAIL_MAX: usize = 254;
/// The longest name of a person or a program, in characters.
pub const DISPLAY_NAME_MAX: usize = 100;
/// How long a set-up link is good for; starting the server again prints a new one.
pub const SETUP_LINK_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// A person to be. Not for logs: it holds their password.
#[derive(Clone)]
pub struct NewPerson {
    /// What they sign in with.
    pub email: String,
    /// What they are called; nothing for the e-mail's part before the `@`.
    pub name: Option<String>,
    /// Their password.
    pub password: String,
    /// How many bytes they may keep; nothing for no limit.
    pub quota: Option<u64>,
    /// Whether they may administer the server.
    pub admin: bool,
}

/// Why an account was not added or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// It cannot be delivered to.
    #[error("'{0}' is not an e-mail address")]
    Email(String),
    /// Empty, too long, or with control characters.
    #[error("a name has 1 to {DISPLAY_NAME_MAX} printable characters")]
    Name,
    /// See there.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Somebody has it.
    #[error("there is already an account for '{0}'")]
    EmailTaken(String),
    /// Nobody has it.
    #[error("there is no account for '{0}'")]
    Unknown(String),
    /// The link was used, is too old, or never was one.
    #[error("the set-up link is not valid (any more)")]
    SetupLink,
    /// Too many passwords are waiting to be hashed.
    #[error("the server is busy")]
    Busy,
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// Adds an account.
    pub async fn add_account(&self, person: NewPerson) -> Result<Account, AccountError> {
        self.add(person, false).await
    }

    /// The account with this e-mail, compared without case.
    pub async fn account(&self, email: &str) -> Result<Account, AccountError> {
        let account = self.accounts.account_by_email(email.trim()).await?;
        account.ok_or_else(|| AccountError::Unknown(email.trim().to_owned()))
    }

    /// The account with this number.
    pub async fn account_by_id(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.accounts.account(id).await
    }

    /// All accounts, the oldest first.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.accounts.accounts().await
    }

    /// Gives an account a new password and signs it out everywhere. The programs that it is linked to stay linked.
    pub async fn set_password(&self, email: &str, password: &str) -> Result<Account, AccountError> {
        password::check(password)?;
        let account = self.account(email).await?;
        let turn = self.passwords.turn().await.ok_or(AccountError::Busy)?;
        let (hash, _) = self.passwords.hash(turn, password).await?;
        self.change(&account, AccountChange::Password(Some(hash))).await?;
        self.end_all_sessions(account.id).await?;
        Ok(account)
    }

    /// Shuts an account out (its sessions end, and its tokens do not work while it is), or lets it in again. Its files
    /// stay.
    pub async fn set_disabled(&self, email: &str, disabled: bool) -> Result<Account, AccountError> {
        let account = self.account(email).await?;
        self.change(&account, AccountChange::Disabled(disabled)).await?;
        if disabled {
            self.end_all_sessions(account.id).await?;
        }
        Ok(Account { disabled, ..account })
    }

    /// Changes how many bytes an account may keep; nothing for no limit.
    pub async fn set_quota(&self, email: &str, quota: Option<u64>) -> Result<Account, AccountError> {
        let account = self.account(email).await?;
        self.change(&account, AccountChange::Quota(quota)).await?;
        Ok(Account { quota, ..account })
    }

    /// Gives an account another e-mail to sign in with. Whoever is signed in stays so, and what is linked stays linked. The old one
    /// is free then for whoever an administrator gives it to.
    pub async fn set_email(&self, email: &str, new: &str) -> Result<Account, AccountError> {
        let account = self.account(email).await?;
        self.give_email(account, new).await
    }

    pub(super) async fn give_email(&self, account: Account, new: &str) -> Result<Account, AccountError> {
        let email = check_email(new)?;
        match self.accounts.change_email(account.id, &email).await? {
            ChangeEmail::Changed => Ok(Account { email, ..account }),
            ChangeEmail::Taken => Err(AccountError::EmailTaken(email)),
            ChangeEmail::NoAccount => Err(AccountError::Unknown(account.email)),
        }
    }

    /// Whether anybody has an account yet.
    pub async fn is_set_up(&self) -> Result<bool, StoreError> {
        // Accounts are never removed, so that yes is for good.
        if !self.set_up.load(Ordering::Relaxed) && self.accounts.count_accounts().await? > 0 {
            self.set_up.store(true, Ordering::Relaxed);
        }
        Ok(self.set_up.load(Ordering::Relaxed))
    }

    /// A secret with which the first account can be made, once; nothing if there is an account already.
    pub async fn setup_link(&self) -> Result<Option<Secret>, StoreError> {
        if self.is_set_up().await? {
            return Ok(None);
        }
        let secret = Secret::random(&*self.entropy);
        let expires = self.clock.now().plus(SETUP_LINK_LIFE);
        let ticket = Ticket { secret: secret.hash(), expires, kind: TicketKind::Setup };
        self.grants.save_ticket(&ticket).await?;
        Ok(Some(secret))
    }

    /// Whether [`Self::set_up`] would accept this secret now.
    pub async fn is_setup_link(&self, secret: &str) -> Result<bool, StoreError> {
        let ticket = self.ticket(secret).await?;
        Ok(matches!(ticket, Some(Ticket { kind: TicketKind::Setup, .. })) && !self.is_set_up().await?)
    }

    /// Makes the first account, which administers the server.
    pub async fn set_up(&self, secret: &str, person: NewPerson) -> Result<Account, AccountError> {
        if !self.is_setup_link(secret).await? {
            return Err(AccountError::SetupLink);
        }
        let account = self.add(NewPerson { admin: true, ..person }, true).await?;
        // That it was the first account is what makes the link single use; this only tidies up.
        if let Some(secret) = super::secret::presented(secret) {
            self.grants.take_ticket(secret).await?;
        }
        Ok(account)
    }

    async fn add(&self, person: NewPerson, first_only: bool) -> Result<Account, AccountError> {
        let email = check_email(&person.email)?;
        let name = match person.name.as_deref().map(str::trim) {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => local_part(&email).to_owned(),
        };
        if !is_display_name(&name) {
            return Err(AccountError::Name);
        }
        password::check(&person.password)?;
        let turn = self.passwords.turn().await.ok_or(AccountError::Busy)?;
        let (hash, _) = self.passwords.hash(turn, &person.password).await?;
        let account = NewAccount {
            email: email.clone(),
            name,
            password: Some(hash),
            quota: person.quota,
            admin: person.admin,
            created: self.clock.now(),
            first_only,
        };
        match self.accounts.add_account(account).await? {
            AddAccount::Added(account) => Ok(account),
            AddAccount::EmailTaken => Err(AccountError::EmailTaken(email)),
            AddAccount::NotFirst => Err(AccountError::SetupLink),
        }
    }

    async fn change(&self, account: &Account, change: AccountChange) -> Result<(), AccountError> {
        let there = self.accounts.change_account(account.id, change).await?;
        if there { Ok(()) } else { Err(AccountError::Unknown(account.email.clone())) }
    }

    pub(super) async fn enabled_account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.accounts.account(id).await?.filter(|account| !account.disabled))
    }
}

/// Whether this looks like an address: enough to catch slips, since only sending to it would prove it.
fn check_email(text: &str) -> Result<String, AccountError> {
    let email = text.trim();
    let refuse = || AccountError::Email(text.chars().take(EMAIL_MAX).collect());
    let (local, domain) = email.rsplit_once('@').ok_or_else(refuse)?;
    let unseen = |c| turns_text(c) || is_unseen(c);
    let odd = |c: char| c.is_whitespace() || c.is_control() || unseen(c) || "@<>()[],;:\\\"".contains(c);
    let labels =
        domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    let good =
        !local.is_empty() && local.len() <= 64 && !local.contains(odd) && !domain.contains(odd) && labels;
    if good && email_key(email).len() <= EMAIL_MAX { Ok(email.to_owned()) } else { Err(refuse()) }
}

fn local_part(email: &str) -> &str {
    email.rsplit_once('@').map_or(email, |(local, _)| local)
}

/// Whether this can be shown as somebody's or something's name, without turning the text around it.
pub(super) fn is_display_name(name: &str) -> bool {
    (1..=DISPLAY_NAME_MAX).contains(&name.chars().count())
        && !name.contains(|c: char| c.is_control() || turns_text(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_caught_and_real_addresses_are_not() {
        for good in
            ["a@b", "ann.lee+files@example.org", "jürgen@müller.example", "x_1@sub.example.co.uk", " a@b "]
        {
            assert!(check_email(good).is_ok(), "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}", "example.".repeat(40));
        for bad in [
            "",
            "a",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            "a@@b",
            "a@b@c",
            "a@b.",
            "a@.b",
            "a@-b",
            "a@b\n.c",
            "<a@b>",
            "a@b,c@d",
            &long,
            &longer,
            "\u{202e}a@b",
            "a\u{200f}@b",
            "a\u{200b}@b",
            "a@b\u{3164}.c",
            "a\u{ad}@b",
        ] {
            assert!(check_email(bad).is_err(), "{bad}");
        }
    }
}
