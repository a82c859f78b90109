//! The pages.

mod account;
mod activity;
mod admin;
mod albums;
mod apps;
mod download;
mod files;
mod headers;
mod inspector;
mod link_rules;
mod links;
mod setup;
mod shared;
mod sign_in;
