//! The pages.

mod download;
mod files;
mod apps;
mod headers;
mod home;
mod link_rules;
mod links;
mod setup;
mod shared;
mod sign_in;
