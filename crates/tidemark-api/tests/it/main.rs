//! The crate's integration tests, one binary for all of them.
#![allow(clippy::unwrap_used, reason = "a test's helpers panic as its tests do")]

mod box_events;
mod browser;
mod crossing;
mod dropbox_v1;
mod faults;
mod hooks;
mod internet;
mod oauth;
mod server;
mod signer;
mod web;
mod world;
