//! Telling apps that something changed in the accounts that permitted them.
//!
//! A notification is a hint: "of these accounts there is something new"; the app then asks. So there is no queue of
//! notifications. For each webhook and account the store keeps how far the app has been told, a *watermark*; a
//! notification is due as long as the account's journal has moved past that, in the app's view. Whatever crashes, is lost
//! or comes twice in between: the next look finds what is due. The watermark moves on only after the app has answered, to
//! where the journal stood before the notification was sent.
//!
//! [`Dispatcher`] hears of commits and delivers; [`Registry`] is what administrators and owners of apps do; the rules of trying again are in
//! `schedule`. How a notification is spelled and signed is a dialect's business: a [`Notifier`].

mod dispatcher;
mod due;
mod line;
mod registry;
mod schedule;

pub use dispatcher::{Dispatcher, Parts};
pub use registry::{Registry, WEBHOOKS_MAX, WebhookError};
pub use schedule::Rules;

use crate::model::{AccountId, App};
use crate::store::{EgressError, Whereto};
use async_trait::async_trait;
use std::time::Duration;

/// How long an address may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How far requests to the addresses of an app with this owner go. An administrator may name their own network's; whoever registered an app for
/// themselves is a stranger there, and must not look around in it through this server.
#[must_use]
pub fn whereto(owner: Option<AccountId>) -> Whereto {
    if owner.is_some() { Whereto::Public } else { Whereto::Anywhere }
}

/// Speaks to an app's address in the words of its protocol.
#[async_trait]
pub trait Notifier: Send + Sync + 'static {
    /// Asks an address to prove that it wants to be told, within [`PATIENCE`] and no farther than this.
    async fn challenge(&self, uri: &str, whereto: Whereto) -> Result<(), ChallengeError>;

    /// Tells an app that there is something new of these accounts, within [`PATIENCE`] and no farther than [`whereto`];
    /// answers the status, which is one of success.
    async fn notify(&self, app: &App, uri: &str, accounts: &[AccountId]) -> Result<u16, NotifyError>;
}

/// Why an address is not taken for one that wants to be told. The texts say what was expected, and what came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    /// It did not answer.
    #[error("it should answer GET with the challenge, and did not")]
    Egress(#[from] EgressError),
    /// It answered otherwise.
    #[error("it should answer GET with status 200 and the challenge, and answered with status {0}")]
    Status(u16),
    /// It answered something else.
    #[error("it should answer GET with the challenge '{sent}' and nothing else, and answered '{came}'")]
    Echo {
        /// The challenge.
        sent: String,
        /// How the answer began, made fit to be shown.
        came: String,
    },
}

/// Why an app was not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// It did not answer.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// It answered that it did not take it.
    #[error("it answered with status {0}")]
    Status(u16),
}

impl NotifyError {
    /// The status that came back, if one did.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            NotifyError::Egress(_) => None,
            NotifyError::Status(status) => Some(*status),
        }
    }
}
