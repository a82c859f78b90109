//! What core promises, shown over the memory store.

mod delta;
mod hub;
mod verbs;
mod world;
