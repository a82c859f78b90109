//! The gate: every change of a namespace goes through [`Journal::commit`], and nothing else does.

mod commit;

pub use commit::{Committed, Journal, Receipt};
