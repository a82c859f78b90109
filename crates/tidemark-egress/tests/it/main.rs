//! What the way out does, against real servers on the loopback.
#![allow(clippy::unwrap_used, reason = "a test's helpers panic as its tests do")]

mod bodies;
mod heads;
mod judging;
mod origin;
mod redirects;
mod tls;
