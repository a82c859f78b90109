//! One module for each family of endpoints, and some for what goes for all of them.

mod bad_input;
mod callers;
mod content;
mod copying;
mod documents;
mod events;
mod files;
mod folders;
mod items;
mod realtime;
mod sessions;
mod socket;
mod trash;
mod updating;
mod uploads;
mod users;
mod versions;
mod world;
