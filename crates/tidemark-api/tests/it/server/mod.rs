//! The server over real sockets: every limit, deadline and way to end a connection.

mod bodies;
mod draining;
mod heads;
mod memory;
mod parking;
mod support;
pub(crate) mod telemetry;
mod tls;
