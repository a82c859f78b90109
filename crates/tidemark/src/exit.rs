//! How a command ends when it could not do what it was told.

use crate::output;
use anyhow::anyhow;
use std::fmt::{self, Display};
use std::process::ExitCode;
use tidemark_client::RefusalKind;
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
    /// No server lets this program in: 5.
    Unlinked(anyhow::Error),
    /// Something else is there, or was changed meanwhile: 6.
    Conflict(anyhow::Error),
    /// The server was not reached, or cannot serve at present: 7.
    Unreachable(anyhow::Error),
    /// It was told to end, by this signal: 128 and its number. With what there is to know about going on.
    Interrupted(i32, Option<&'static str>),
    /// Nobody reads any more what it prints: what a shell tells of SIGPIPE, and not a word.
    Unread,
    /// What went wrong was said already.
    Told(u8),
}

/// The server does not take the token. What to do about it knows who knows where it came from.
#[derive(Debug)]
pub(crate) struct TokenRefused;

impl Display for TokenRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server does not take this token: run `tidemark link` with its address again")
    }
}

impl std::error::Error for TokenRefused {}

/// What a shell tells of a program that SIGPIPE ended.
const UNREAD: u8 = 128 + 13;

impl Failure {
    /// Says what went wrong; answers the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Failure::Broken(error)
            | Failure::Misunderstood(error)
            | Failure::Unknown(error)
            | Failure::Refused(error)
            | Failure::Unlinked(error)
            | Failure::Conflict(error)
            | Failure::Unreachable(error) => output::complain(&format!("{error:#}")),
            Failure::Interrupted(_, Some(advice)) => output::complain(&format!("interrupted: {advice}")),
            Failure::Interrupted(_, None) => output::complain("interrupted"),
            Failure::Unread | Failure::Told(_) => {}
        }
        ExitCode::from(self.code())
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Broken(_) => 1,
            Failure::Misunderstood(_) => 2,
            Failure::Unknown(_) => 3,
            Failure::Refused(_) => 4,
            Failure::Unlinked(_) => 5,
            Failure::Conflict(_) => 6,
            Failure::Unreachable(_) => 7,
            Failure::Interrupted(signal, _) => u8::try_from(128 + signal).unwrap_or(1),
            Failure::Unread => UNREAD,
            Failure::Told(code) => *code,
        }
    }

    /// The same, with what was being done.
    pub(crate) fn during(self, what: impl Display + Send + Sync + 'static) -> Failure {
        match self {
            Failure::Broken(error) => Failure::Broken(error.context(what)),
            Failure::Misunderstood(error) => Failure::Misunderstood(error.context(what)),
            Failure::Unknown(error) => Failure::Unknown(error.context(what)),
            Failure::Refused(error) => Failure::Refused(error.context(what)),
            Failure::Unlinked(error) => Failure::Unlinked(error.context(what)),
            Failure::Conflict(error) => Failure::Conflict(error.context(what)),
            Failure::Unreachable(error) => Failure::Unreachable(error.context(what)),
            Failure::Interrupted(..) | Failure::Unread | Failure::Told(_) => self,
        }
    }

    /// The same; if the token was refused, it is said in these words, whatever was being done.
    pub(crate) fn of_token(self, words: impl FnOnce() -> String) -> Failure {
        match self {
            Failure::Unlinked(error) if error.is::<TokenRefused>() => Failure::Unlinked(anyhow!(words())),
            other => other,
        }
    }

    /// Whether the next of several would end the same way.
    pub(crate) fn is_for_all(&self) -> bool {
        match self {
            Failure::Broken(_)
            | Failure::Unknown(_)
            | Failure::Refused(_)
            | Failure::Conflict(_)
            // Of several in one of several: what would happen to the others, too, was passed on.
            | Failure::Told(_) => false,
            Failure::Misunderstood(_)
            | Failure::Unlinked(_)
            | Failure::Unreachable(_)
            | Failure::Interrupted(..)
            | Failure::Unread => true,
        }
    }
}

/// What a server's answer means for whoever asked from the command line.
impl From<tidemark_client::Error> for Failure {
    fn from(error: tidemark_client::Error) -> Failure {
        use tidemark_client::Error;
        match error {
            Error::NotSent(_) | Error::Broken(_) | Error::TimedOut(_) => Failure::Unreachable(error.into()),
            Error::Malformed(_) | Error::Corrupted | Error::Body(_) => Failure::Broken(error.into()),
            Error::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<tidemark_client::Refusal> for Failure {
    fn from(refusal: tidemark_client::Refusal) -> Failure {
        match refusal.kind {
            RefusalKind::Unauthorized => Failure::Unlinked(TokenRefused.into()),
            RefusalKind::NotFound => Failure::Unknown(refusal.into()),
            RefusalKind::Conflict | RefusalKind::ChangedSince => Failure::Conflict(refusal.into()),
            RefusalKind::BadRequest
            | RefusalKind::Forbidden
            | RefusalKind::TooLarge
            | RefusalKind::Unsupported
            | RefusalKind::Range
            | RefusalKind::OutOfSpace => Failure::Refused(refusal.into()),
            RefusalKind::TooSlow
            | RefusalKind::RateLimited { .. }
            | RefusalKind::Unavailable { .. } => Failure::Unreachable(refusal.into()),
            // The token goes to the address that was linked, and nowhere else.
            RefusalKind::Elsewhere => Failure::Unreachable(anyhow::Error::new(refusal).context(
                "this is not the server's own address (which may begin with https://): link with the one that it leads to",
            )),
            RefusalKind::Other => Failure::Broken(refusal.into()),
        }
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
            | AppError::NameReserved(_)
            | AppError::NameTaken(_)
            | AppError::HasRedirectUri(_)
            | AppError::LastRedirectUri
            | AppError::RedirectUri(_)
            | AppError::WebhookUri(_)
            | AppError::TooManyUris
            | AppError::TooManyApps
            | AppError::ShutOut => Failure::Refused(error.into()),
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
            | WebhookError::Busy
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
