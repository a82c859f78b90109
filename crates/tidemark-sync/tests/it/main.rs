//! One binary: what it tests is in its modules.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod disk;
mod driver;
mod marker;
mod plan;
mod scan;
mod state;
mod trash;
