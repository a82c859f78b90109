//! One binary: what it tests is in its modules.

mod disk;
mod scan;
mod state;
