//! What a file cloud means: a tree of entries with identity, one journal of changes, and readers that follow it.
//!
//! Core knows no HTTP, no SQL and no clock: it owns the traits (`store`) that deployments implement, and everything
//! from outside comes in through them. Start reading at [`model`] for the nouns, then [`cloud`] for the verbs; every
//! verb that changes something ends in [`journal::Journal::commit`], and every wait begins in [`hub::Hub::register`].

pub mod cloud;
pub mod fetches;
pub mod hub;
pub mod journal;
mod lanes;
pub mod media;
pub mod model;
pub mod people;
pub mod store;
pub mod webhooks;
