//! One module for each endpoint, named as its URL.

mod account;
mod apps;
mod bad_input;
mod chunked_upload;
mod copy_ref;
mod cors;
mod delta;
mod documents;
mod fileops;
mod files;
mod files_put;
mod longpoll_delta;
mod media;
mod metadata;
mod oauth1;
mod rate_limits;
mod revisions;
mod roots;
mod save_url;
mod search;
mod shared_folders;
mod shares;
mod socket;
mod store_failure;
mod token_from_oauth1;
mod webhooks;
