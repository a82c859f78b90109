//! The local stores, in temporary folders.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod accounts;
