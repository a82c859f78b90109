//! What can go wrong, sorted by what to do about it.

use std::io;
use std::time::Duration;

use crate::TransportError;

/// The longest text of a server that is passed on, in characters.
const MESSAGE_MAX: usize = 500;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server was not reached: nothing happened, and the call may be repeated.
    #[error(transparent)]
    NotSent(TransportError),
    /// The exchange broke off: whatever the call does may have happened.
    #[error(transparent)]
    Broken(TransportError),
    /// It took too long: whatever the call does may have happened, or may happen yet.
    #[error(transparent)]
    TimedOut(TransportError),
    /// The server refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The answer is none of this protocol's: whatever the call does may have happened.
    #[error("the server's answer makes no sense: {0}")]
    Malformed(String),
    /// What arrived is not what was sent.
    #[error("the bytes were changed on their way")]
    Corrupted,
    /// The file to be sent could not be read, or its bytes were not as many as announced.
    #[error("what was to be sent could not be read")]
    Body(#[source] io::Error),
}

/// A server's refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server refused ({status}): {message}")]
pub struct Refusal {
    /// The status of the answer.
    pub status: u16,
    /// What it means.
    pub kind: RefusalKind,
    /// The server's words: of limited length, and without control characters.
    pub message: String,
}

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request makes no sense to the server (400): a bad path, a cursor of another account, a rev that never was.
    BadRequest,
    /// The token is not valid, or no longer (401).
    Unauthorized,
    /// It is not allowed, or something is there already (403).
    Forbidden,
    /// There is no such thing (404).
    NotFound,
    /// Something else is there (409).
    Conflict,
    /// Something changed since the cursor that was given (412).
    ChangedSince,
    /// More than the server takes, or tells, at once (406, 413).
    TooLarge,
    /// What the file is makes it impossible (415).
    Unsupported,
    /// The file has no such bytes (416).
    Range,
    /// The body came too slowly (408).
    TooSlow,
    /// Too many requests (429): nothing happened.
    RateLimited {
        /// When the server wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The account is over its quota, or the server's disk is full (507).
    OutOfSpace,
    /// The server, or one before it, cannot serve at present (5xx).
    Unavailable {
        /// When the server wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The answer leads elsewhere (3xx): this is not the server's address.
    Elsewhere,
    /// A status that the protocol does not have.
    Other,
}

impl Error {
    /// What the server refused, if it did.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// What the server's refusal means, if it refused.
    #[must_use]
    pub fn kind(&self) -> Option<RefusalKind> {
        self.refusal().map(|refusal| refusal.kind)
    }

    /// Whether what the call does may have happened all the same. Nobody knows before looking.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        match self {
            Error::NotSent(_) | Error::Body(_) => false,
            Error::Broken(_) | Error::TimedOut(_) | Error::Malformed(_) | Error::Corrupted => true,
            Error::Refused(refusal) => refusal.kind.may_have_happened(),
        }
    }

    /// Whether time alone may mend it.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Error::NotSent(_) | Error::Broken(_) | Error::TimedOut(_) => true,
            Error::Refused(refusal) => refusal.kind.is_passing(),
            Error::Malformed(_) | Error::Corrupted | Error::Body(_) => false,
        }
    }

    /// When the server wants to be asked again, if it said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind()? {
            RefusalKind::RateLimited { retry_after } | RefusalKind::Unavailable { retry_after } => {
                retry_after
            }
            RefusalKind::BadRequest
            | RefusalKind::Unauthorized
            | RefusalKind::Forbidden
            | RefusalKind::NotFound
            | RefusalKind::Conflict
            | RefusalKind::ChangedSince
            | RefusalKind::TooLarge
            | RefusalKind::Unsupported
            | RefusalKind::Range
            | RefusalKind::TooSlow
            | RefusalKind::OutOfSpace
            | RefusalKind::Elsewhere
            | RefusalKind::Other => None,
        }
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Error {
        match error.failure() {
            crate::Failure::NotSent => Error::NotSent(error),
            crate::Failure::Broken => Error::Broken(error),
            crate::Failure::TimedOut => Error::TimedOut(error),
        }
    }
}

impl RefusalKind {
    /// What a status means, and when to ask again.
    pub(crate) fn of(status: u16, retry_after: Option<Duration>) -> RefusalKind {
        match status {
            300..=399 => RefusalKind::Elsewhere,
            400 => RefusalKind::BadRequest,
            401 => RefusalKind::Unauthorized,
            403 => RefusalKind::Forbidden,
            404 => RefusalKind::NotFound,
            406 | 413 => RefusalKind::TooLarge,
            408 => RefusalKind::TooSlow,
            409 => RefusalKind::Conflict,
            412 => RefusalKind::ChangedSince,
            415 => RefusalKind::Unsupported,
            416 => RefusalKind::Range,
            429 => RefusalKind::RateLimited { retry_after },
            507 => RefusalKind::OutOfSpace,
            500..=599 => RefusalKind::Unavailable { retry_after },
            _ => RefusalKind::Other,
        }
    }

    /// A server (or one before it) that failed may have failed after the deed.
    fn may_have_happened(self) -> bool {
        matches!(self, RefusalKind::Unavailable { .. } | RefusalKind::Other)
    }

    fn is_passing(self) -> bool {
        matches!(
            self,
            RefusalKind::RateLimited { .. } | RefusalKind::Unavailable { .. } | RefusalKind::TooSlow
        )
    }
}

/// A server's text as it can be shown: whatever it is, it moves no cursor and fills no screen.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_control() || is_format(c) { ' ' } else { c })
        .take(MESSAGE_MAX)
        .collect();
    shown.truncate(shown.trim_end().len());
    shown
}

/// Characters that are not seen, but change how others are seen, such as those that turn the direction of writing.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
