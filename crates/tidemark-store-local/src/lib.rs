//! One machine's stores.

pub mod accounts;
