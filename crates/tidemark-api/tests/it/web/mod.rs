//! The pages.

mod headers;
mod home;
mod setup;
mod sign_in;
