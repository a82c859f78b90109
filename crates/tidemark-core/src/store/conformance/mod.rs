//! The promises of the store traits, as tests that any implementation can be put through.
//!
//! Each suite panics at the first promise that is broken. Promises about a namespace each use one of their own, so that
//! they also show that namespaces do not disturb each other.

pub mod accounts;
pub mod blocks;
pub mod crowd;
mod dice;
pub mod families;
pub mod fetches;
mod hand;
pub mod journal;
pub mod links;
pub mod renditions;
pub mod search;
pub mod sessions;
pub mod uploads;
pub mod webhooks;
