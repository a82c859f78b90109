//! The pages.

mod apps;
mod download;
mod files;
mod headers;
mod home;
mod link_rules;
mod links;
mod setup;
mod shared;
mod sign_in;
