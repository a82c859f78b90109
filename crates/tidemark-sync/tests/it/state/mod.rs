//! The database of a sync folder.

mod files;
mod histories;
mod intents;
mod large;
mod local;
mod people;
mod remote;
mod results;
mod server;
mod world;
