//! One binary: what it tests is in its modules.

mod disk;
mod marker;
mod scan;
mod state;
mod trash;
