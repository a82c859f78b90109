//! Browsers in which somebody signed in.

use super::accounts::is_display_name;
use super::throttle::Subject;
use super::{Hold, Peer, People, Secret, secret};
use crate::model::{Account, AccountId, App, Session, SessionId, Ticket, email_key};
use crate::store::{NewSession, StoreError};
use std::collections::HashMap;
use std::time::Duration;

/// How long a browser stays signed in. Counted from the sign-in: a session that is never written again cannot come back
/// by accident after it has ended.
pub const SESSION_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown, wrong or shut out: it is not told which.
    #[error("the e-mail or the password is wrong")]
    Refused,
    /// Too many attempts went wrong.
    #[error("too many attempts: try again in {} s", .0.as_secs() + 1)]
    Wait(Duration),
    /// Too many passwords are waiting to be hashed.
    #[error("the server is busy")]
    Busy,
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Hold> for SignInError {
    fn from(hold: Hold) -> SignInError {
        match hold {
            Hold::Wait(wait) => SignInError::Wait(wait),
            Hold::Busy => SignInError::Busy,
        }
    }
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSession {
    /// It, seen last when its browser or one of its pages was.
    pub session: Session,
    /// Whether it is the one of whoever asks.
    pub is_here: bool,
}

impl People {
    /// Opens a session for whoever knows the password, in a browser that calls itself so (see [`Session::browser`]; anything
    /// that cannot be shown counts as nothing); answers the session's secret, which the browser keeps.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        peer: Peer,
        browser: &str,
    ) -> Result<(Secret, Account), SignInError> {
        let subject = Subject::Account(throttle_key(email));
        let turn = self.turn_to_guess(peer, &subject).await?;
        let account = self.accounts.account_by_email(email.trim()).await?.filter(|account| !account.disabled);
        let hash = account.as_ref().and_then(|account| account.password.clone());
        let is_right = self.is_right_guess(turn, peer, subject, password, hash).await?;
        let account = account.filter(|_| is_right).ok_or(SignInError::Refused)?;
        self.open_session(account, peer, browser).await
    }

    /// Opens a session for the account as it was when it proved itself.
    pub(super) async fn open_session(
        &self,
        account: Account,
        peer: Peer,
        browser: &str,
    ) -> Result<(Secret, Account), SignInError> {
        let (secret, now) = (Secret::random(&*self.entropy), self.clock.now());
        let session = NewSession {
            secret: secret.hash(),
            account: account.id,
            created: now,
            expires: now.plus(SESSION_LIFE),
            browser: Some(browser).filter(|browser| is_display_name(browser)).unwrap_or_default().to_owned(),
            address: peer.to_string(),
        };
        let session = self.grants.add_session(session).await?;
        // If the password changed while it was being verified, this session came too late to be ended with the others.
        let now = self.enabled_account(account.id).await?;
        match now.filter(|now| now.password == account.password) {
            Some(account) => Ok((secret, account)),
            None => {
                self.grants.end_session(session.account, session.id).await?;
                Err(SignInError::Refused)
            }
        }
    }

    /// Who is signed in where this secret is kept.
    pub async fn session(&self, session: &str) -> Result<Option<Account>, StoreError> {
        let Some(session) = self.open_session_of(session).await? else { return Ok(None) };
        let account = self.enabled_account(session.account).await?;
        if account.is_some() {
            self.uses.sessions.note_after(session.id, session.seen, self.clock.now());
        }
        Ok(account)
    }

    /// Signs out where this secret is kept.
    pub async fn end_session(&self, session: &str) -> Result<(), StoreError> {
        if let Some(session) = self.open_session_of(session).await? {
            self.end_own_session(session.account, session.id).await?;
        }
        Ok(())
    }

    /// The sessions of an account, the newest first, to whoever is in the one with this secret.
    pub async fn sessions(&self, account: AccountId, here: &str) -> Result<Vec<OwnSession>, StoreError> {
        let (here, now) = (secret::presented(here), self.clock.now());
        let mut sessions = self.grants.sessions(account).await?;
        sessions.retain(|session| now < session.expires);
        // Whoever stays on a page uses its token, and not the session itself.
        let pages = self.grants.grants(account).await?.into_iter().filter(|grant| grant.app.0 == App::PAGES);
        let pages: HashMap<_, _> = pages.map(|grant| (grant.token, grant.id)).collect();
        let uses: HashMap<_, _> = self.grants.grant_uses(account).await?.into_iter().collect();
        let seen = |session: &Session| {
            let page = pages.get(&self.page_token_of(session));
            let noted = page.and_then(|grant| self.uses.grants.last(*grant));
            let of_page = page.and_then(|grant| uses.get(grant).copied()).max(noted);
            of_page.max(self.uses.sessions.last(session.id)).max(Some(session.seen)).unwrap_or(session.seen)
        };
        Ok(sessions
            .into_iter()
            .map(|session| OwnSession {
                is_here: Some(session.secret) == here,
                session: Session { seen: seen(&session), ..session },
            })
            .collect())
    }

    /// Ends a session of this account, with the token of its pages; answers whether there was one.
    pub async fn end_own_session(&self, account: AccountId, id: SessionId) -> Result<bool, StoreError> {
        let Some(session) = self.grants.end_session(account, id).await? else { return Ok(false) };
        self.end_page_token(&session).await?;
        Ok(true)
    }

    /// Ends every session of an account but the one with this secret (all, if there is none), with the tokens of their pages and
    /// what was begun in one and not finished; answers how many there were of all.
    pub async fn end_other_sessions(&self, account: AccountId, here: &str) -> Result<usize, StoreError> {
        match self.open_session_of(here).await?.filter(|here| here.account == account) {
            Some(here) => self.end_sessions_but(&here).await,
            None => self.end_all_sessions(account).await,
        }
    }

    /// The session that this secret opens, while it is worth something.
    pub(super) async fn open_session_of(&self, text: &str) -> Result<Option<Session>, StoreError> {
        let Some(secret) = secret::presented(text) else { return Ok(None) };
        let session = self.grants.session(secret).await?;
        Ok(session.filter(|session| self.clock.now() < session.expires))
    }

    /// The ticket that a secret stands for, while it is worth something.
    pub(super) async fn ticket(&self, text: &str) -> Result<Option<Ticket>, StoreError> {
        let Some(secret) = secret::presented(text) else { return Ok(None) };
        let ticket = self.grants.ticket(secret).await?;
        Ok(ticket.filter(|ticket| self.clock.now() < ticket.expires))
    }
}

/// Guesses are counted by e-mail, whether or not there is such an account; absurd ones share a counter.
pub(super) fn throttle_key(email: &str) -> String {
    let email = email.trim();
    if email.len() <= super::EMAIL_MAX { email_key(email) } else { String::new() }
}
