//! Whose files they are.

use super::ServerId;

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number on this server.
    pub uid: u64,
    /// What the person is called.
    pub display_name: String,
    /// Where the person can be written to.
    pub email: String,
    /// How much room there is, and is left.
    pub quota: Quota,
    /// Which server this is; with the number it says whose files these are. A server of old does not tell.
    pub server_id: Option<ServerId>,
}

/// Room for files, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How much there is; none if there is no limit.
    pub limit: Option<u64>,
    /// How much is used.
    pub used: u64,
}

/// What an account without a limit is told to have: the largest whole number that every client can hold.
pub(crate) const NO_LIMIT: u64 = (1 << 53) - 1;
