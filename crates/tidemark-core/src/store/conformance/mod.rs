//! The promises of the store traits, as tests that any implementation can be put through.

pub mod accounts;
