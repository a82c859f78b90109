//! The decision: from three trees to the steps that are safe now.
//!
//! A plan is a pure function of what was observed. It never counts on a step of its own: what depends on one waits until
//! that is done and observed, and is decided then.

mod step;

pub use step::{Plan, Record, Step, Waiting, Why};
