//! Everything of Tidemark that speaks HTTP.
//!
//! It turns requests into operations of the core and what they yield into the words of each protocol. It knows no
//! store and decides nothing about files. Start reading at [`server`] for how a connection lives, at [`http`] for the
//! mechanics that every protocol shares, and at [`dropbox_v1`] or [`box_events`] for a protocol.

pub mod box_events;
mod content;
pub mod dropbox_v1;
pub mod http;
mod intakes;
mod numbers;
pub mod oauth;
mod refusals;
pub mod server;
pub mod telemetry;
pub mod tokens;
pub mod web;
mod words;

pub use self::intakes::{Intakes, Place};
pub use self::refusals::not_found;
pub use self::words::{count, size};
