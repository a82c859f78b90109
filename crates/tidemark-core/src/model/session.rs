//! Browsers in which somebody signed in.

use super::{AccountId, SecretHash, Timestamp};

/// A session's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// A browser in which somebody signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Never used twice.
    pub id: SessionId,
    /// Of what the browser shows to be let in.
    pub secret: SecretHash,
    /// Who.
    pub account: AccountId,
    /// When they signed in.
    pub created: Timestamp,
    /// When it becomes worthless.
    pub expires: Timestamp,
    /// When it was used last, to some minutes.
    pub seen: Timestamp,
    /// What the browser says that it is, in few words, like "Firefox on Linux"; empty if that is not known.
    pub browser: String,
    /// From where they signed in; empty if that is not known.
    pub address: String,
}
