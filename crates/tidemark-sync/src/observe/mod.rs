//! Bringing the trees to what is there.

pub mod local;
pub(crate) mod remote;
