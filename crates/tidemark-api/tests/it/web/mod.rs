//! The pages.

mod headers;
mod home;
mod links;
mod setup;
mod shared;
mod sign_in;
