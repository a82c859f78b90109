//! The binary, as people and scripts run it.
#![allow(clippy::unwrap_used, reason = "a test's helpers panic as its tests do")]

mod cli;
mod media;
