//! One module for each family of endpoints, and some for what goes for all of them.

mod attacks;
mod bad_input;
mod callers;
mod content;
mod copying;
mod documents;
mod events;
mod files;
mod folders;
mod items;
mod links;
mod realtime;
mod search;
mod sessions;
mod shared_items;
mod socket;
mod thumbnails;
mod trash;
mod updating;
mod uploads;
mod users;
mod versions;
mod world;
