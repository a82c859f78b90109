//! Permissions that a program has to renew: access tokens that expire, and refresh tokens to get the next ones with.

use super::{AccountId, AppKey, GrantId, SecretHash, Timestamp};

/// How long what a code gives is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lifetime {
    /// One access token, until somebody ends it.
    Lasting,
    /// A family: an access token that expires, with a refresh token.
    Renewed,
}

/// A family's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FamilyId(pub u64);

/// A person's permission to a program in the form of all the tokens that one code led to: each refresh token gave the
/// pair after it (RFC 9700 section 4.14.2). Only the last pair counts, and for a while the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Never used twice.
    pub id: FamilyId,
    /// Who granted it.
    pub account: AccountId,
    /// To whom.
    pub app: AppKey,
    /// When; its grants tell the same, whenever they were renewed.
    pub created: Timestamp,
    /// What was given last.
    pub current: Pair,
    /// What was given before that, as long as nobody has used `current`: whose answer was lost, refreshes again.
    pub former: Option<Pair>,
}

/// An access token and the refresh token that was given with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// What the access token carries.
    pub grant: GrantId,
    /// Of the refresh token.
    pub refresh: SecretHash,
    /// When the refresh token becomes worthless.
    pub expires: Timestamp,
}
