//! The crate's integration tests, one binary for all of them: against the real server, in this process, and against servers
//! that behave badly.
#![allow(clippy::unwrap_used, reason = "a test's helpers panic as its tests do")]

mod auth;
mod calls;
mod changes;
mod downloads;
mod examples;
mod refusals;
mod retries;
mod script;
mod socket;
mod uploads;
mod world;
