//! Browsers in which somebody signed in.

use super::throttle::Subject;
use super::{Hold, Peer, People, Secret, password, secret};
use crate::model::{Account, Ticket, TicketKind, email_key};
use crate::store::StoreError;
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

impl People {
    /// Opens a session for whoever knows the password; answers the session's secret, which the browser keeps.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        peer: Peer,
    ) -> Result<(Secret, Account), SignInError> {
        let subject = Subject::Account(throttle_key(email));
        let turn = self.turn_to_guess(peer, &subject).await?;
        let account = self.accounts.account_by_email(email.trim()).await?.filter(|account| !account.disabled);
        let hash = account.as_ref().and_then(|account| account.password.clone());
        let (verified, turn) = match password::is_possible(password) {
            true => self.passwords.verify(turn, password, hash).await?,
            false => (false, turn),
        };
        let (true, Some(account)) = (verified, account) else {
            self.throttle.failed(peer, subject, self.clock.now());
            return Err(SignInError::Refused);
        };
        drop(turn);
        self.throttle.succeeded(peer, subject);
        self.open_session(account).await
    }

    /// Opens a session for the account as it was when it proved itself.
    pub(super) async fn open_session(&self, account: Account) -> Result<(Secret, Account), SignInError> {
        let session = Secret::random(&*self.entropy);
        let expires = self.clock.now().plus(SESSION_LIFE);
        let kind = TicketKind::Session { account: account.id };
        self.grants.save_ticket(&Ticket { secret: session.hash(), expires, kind }).await?;
        // If the password changed while it was being verified, this session came too late to be ended with the others.
        let now = self.enabled_account(account.id).await?;
        match now.filter(|now| now.password == account.password) {
            Some(account) => Ok((session, account)),
            None => {
                self.grants.take_ticket(session.hash()).await?;
                Err(SignInError::Refused)
            }
        }
    }

    /// Who is signed in where this secret is kept.
    pub async fn session(&self, session: &str) -> Result<Option<Account>, StoreError> {
        match self.ticket(session).await?.map(|ticket| ticket.kind) {
            Some(TicketKind::Session { account }) => self.enabled_account(account).await,
            _ => Ok(None),
        }
    }

    /// Signs out where this secret is kept.
    pub async fn end_session(&self, session: &str) -> Result<(), StoreError> {
        if let Some(ticket) = self.ticket(session).await?
            && let TicketKind::Session { .. } = ticket.kind
        {
            self.grants.take_ticket(ticket.secret).await?;
            self.end_page_token(&ticket).await?;
        }
        Ok(())
    }

    /// The ticket that a secret stands for, while it is worth something.
    pub(super) async fn ticket(&self, text: &str) -> Result<Option<Ticket>, StoreError> {
        let Some(secret) = secret::presented(text) else { return Ok(None) };
        let ticket = self.grants.ticket(secret).await?;
        Ok(ticket.filter(|ticket| self.clock.now() < ticket.expires))
    }
}

/// Guesses are counted by e-mail, whether or not there is such an account; absurd ones share a counter.
fn throttle_key(email: &str) -> String {
    let email = email.trim();
    if email.len() <= super::EMAIL_MAX { email_key(email) } else { String::new() }
}
