//! What tests of real processes share: the server as a process, a plain HTTP client, `delta` as clients replay it, and
//! random numbers from a seed.

pub(crate) mod http;
pub(crate) mod random;
pub(crate) mod reader;
pub(crate) mod server;
