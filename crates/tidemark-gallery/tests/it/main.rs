//! The crate's integration tests, one binary for all of them: the gallery before the real server, in this process.
#![allow(clippy::unwrap_used, reason = "a test's helpers panic as its tests do")]

mod database;
mod live;
mod people;
mod pictures;
mod sign_in;
mod world;
