//! Who waits for what, on this node.
//!
//! A waiter registers, then looks, then sleeps. Looking is the truth: a wake-up may be spurious, doubled or late, and
//! one that is lost costs time only, because the hub is also told what a slow timer saw.

mod registry;

pub use registry::{Hub, Limits, Overloaded, Waiter};
