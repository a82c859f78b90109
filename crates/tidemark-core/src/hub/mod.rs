//! Who waits for what, on this node.
//!
//! A waiter registers, then looks, then sleeps. Looking is the truth: a wake-up may be spurious, doubled or late, and
//! one that is lost costs time only, because the hub is also told what a slow timer saw. One listener may follow every
//! namespace at once.

mod everything;
mod registry;

pub use everything::{Everything, Heard};
pub use registry::{Hub, Limits, Overloaded, Reached, Waiter};
