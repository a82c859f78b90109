//! What a server tells of changes.

use std::time::Duration;

use super::{Cursor, Metadata, RemotePath};

/// An answer of `delta`: the next changes, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct DeltaPage {
    /// Whether everything that was known must be forgotten first: this tells it anew.
    pub reset: bool,
    /// What changed: the path in the form in which paths are compared, and what is there now, if anything is. If nothing is,
    /// whatever was there is gone, and everything below it. If a file is, whatever was there is gone, and everything below;
    /// if a folder is, what is below it stays.
    pub entries: Vec<(RemotePath, Option<Metadata>)>,
    /// Where the next page begins.
    pub cursor: Cursor,
    /// Whether the next page is there already.
    pub has_more: bool,
}

/// An answer of `longpoll_delta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Longpoll {
    /// Whether `delta` has something new.
    pub changes: bool,
    /// How long the server wants not to be asked again.
    pub backoff: Option<Duration>,
}
