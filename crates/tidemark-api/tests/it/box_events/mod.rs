//! One module for each family of endpoints, and some for what goes for all of them.

mod bad_input;
mod documents;
mod events;
mod folders;
mod realtime;
mod socket;
mod users;
mod world;
