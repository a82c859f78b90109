//! What core promises, shown over the memory store.

mod delta;
mod hub;
mod longpoll;
mod search;
mod verbs;
mod webhooks;
mod world;
