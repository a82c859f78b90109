//! The decision: from three trees to the steps that are safe now.
//!
//! A plan is a pure function of what was observed. It never counts on a step of its own: what depends on one waits until
//! that is done and observed, and is decided then.

mod context;
mod step;

pub use context::{Busy, Context, Direction, Everything, Selection, Wanted};
pub use step::{Plan, Record, Step, Waiting, Why};

use crate::trees::{Item, Trees};

/// Decides what is to be done about these items.
///
/// # Errors
/// If a tree cannot be read.
pub fn plan<T: Trees>(trees: &T, items: &[Item], context: &Context<'_>) -> Result<Plan, T::Error> {
    let _ = (trees, items, context);
    Ok(Plan::default())
}
