//! What core promises, shown over the memory store.

mod delta;
mod feed;
mod hub;
mod longpoll;
mod media;
mod search;
mod verbs;
mod webhooks;
mod world;
