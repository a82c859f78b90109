//! What the machine itself can do: the unavoidable part of the work, and nothing else.

pub(crate) mod disk;
pub(crate) mod group_commit;
pub(crate) mod loopback;
pub(crate) mod responder;
pub(crate) mod sha256;
