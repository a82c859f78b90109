//! Folder sync: keeps a folder on this machine and an account's tree the same.
//!
//! What is kept is what was *observed*, never work to do: the [`trees`] that each side was last seen to be, and what both
//! agreed on. From these, [`plan`] decides, purely, which steps are safe now; they are taken, and what they led to is
//! observed again. So a crash at any instant costs the step in hand and nothing else.
//!
//! This crate reads no clock, environment or randomness: [`ports`] bring the world in. One of them it fills itself, and
//! nothing else here knows a file system: [`disk`]. Of the server it knows what `tidemark-client` tells it.
//!
//! Start reading at [`trees::Trees`], then [`plan::Step`].

mod apply;
pub mod area;
pub mod disk;
pub mod driver;
pub mod marker;
pub mod observe;
pub mod plan;
pub mod ports;
pub mod rules;
pub mod state;
pub mod trash;
pub mod trees;
