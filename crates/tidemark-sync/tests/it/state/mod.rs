//! The database of a sync folder.

mod world;

mod remote;
