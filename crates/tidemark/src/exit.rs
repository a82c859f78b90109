//! How a command ends when it could not do what it was told.

use crate::output;
use std::process::ExitCode;
use tidemark_core::people::{AccountError, AppError, GrantError};
use tidemark_core::webhooks::WebhookError;

/// Why a command failed; each kind has an exit code of its own.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It could not be done: 1.
    Broken(anyhow::Error),
    /// What was said makes no sense: 2, as for a command line that cannot be read.
    Misunderstood(anyhow::Error),
    /// What it is about is not there: 3.
    Unknown(anyhow::Error),
    /// It may not be done, or makes no sense: 4.
    Refused(anyhow::Error),
}

impl Failure {
    /// Says what went wrong; answers the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        let (error, code) = match self {
            Failure::Broken(error) => (error, 1),
            Failure::Misunderstood(error) => (error, 2),
            Failure::Unknown(error) => (error, 3),
            Failure::Refused(error) => (error, 4),
        };
        output::complain(&format!("{error:#}"));
        ExitCode::from(code)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::Broken(error)
    }
}

impl From<tidemark_core::store::StoreError> for Failure {
    fn from(error: tidemark_core::store::StoreError) -> Failure {
        Failure::Broken(error.into())
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Failure {
        match error {
            AccountError::Unknown(_) => Failure::Unknown(error.into()),
            AccountError::Email(_)
            | AccountError::Name
            | AccountError::Password(_)
            | AccountError::EmailTaken(_)
            | AccountError::SetupLink => Failure::Refused(error.into()),
            AccountError::Busy | AccountError::Store(_) => Failure::Broken(error.into()),
        }
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Failure {
        match error {
            AppError::Unknown(_) | AppError::NoRedirectUri(_) => Failure::Unknown(error.into()),
            AppError::Name(_)
            | AppError::NameTaken(_)
            | AppError::HasRedirectUri(_)
            | AppError::LastRedirectUri
            | AppError::RedirectUri(_)
            | AppError::WebhookUri(_)
            | AppError::TooManyUris => Failure::Refused(error.into()),
            AppError::Store(_) => Failure::Broken(error.into()),
        }
    }
}

impl From<WebhookError> for Failure {
    fn from(error: WebhookError) -> Failure {
        match error {
            WebhookError::App(error) => error.into(),
            WebhookError::Unknown(_) => Failure::Unknown(error.into()),
            WebhookError::Exists(_)
            | WebhookError::Disabled(_)
            | WebhookError::Challenge { .. }
            | WebhookError::Notify { .. } => Failure::Refused(error.into()),
            WebhookError::Store(_) => Failure::Broken(error.into()),
        }
    }
}

impl From<GrantError> for Failure {
    fn from(error: GrantError) -> Failure {
        match error {
            GrantError::AccountDisabled | GrantError::AppDisabled => Failure::Refused(error.into()),
            GrantError::Store(_) => Failure::Broken(error.into()),
        }
    }
}
