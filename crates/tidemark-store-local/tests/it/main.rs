//! The local stores, in temporary folders.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod accounts;
mod cache;
mod child;
mod crash;
mod disk;
mod families;
mod limits;
mod promises;
mod search;
mod speed;
mod world;
