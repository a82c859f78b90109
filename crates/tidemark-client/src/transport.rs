//! The seam to the network: one exchange of HTTP.
//!
//! A real client goes over connections (`HttpTransport`); a simulated one asks a server in its own process, and loses,
//! delays and repeats what it likes.

use std::error::Error as StdError;
use std::time::Duration;

use async_trait::async_trait;

use crate::Body;

/// Carries requests to servers.
///
/// An implementation sends the request as it is, once, and answers whatever came back, whichever status it has. It follows no
/// redirect: the request carries a token, which is for one server only. Deadlines are its own concern; a request whose answer
/// must be given longer than usual says so in an extension, [`Patience`]. If the answer's body breaks off,
/// its stream ends in an error: a body that ends is whole.
#[async_trait]
pub trait Transport: Send + Sync {
    /// One exchange. It ends when the head of the answer is there.
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>, TransportError>;
}

/// An extension of a request: how much longer than usual its answer may take to begin, and to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience(pub Duration);

/// How far an exchange came that failed. It decides whether it may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server has certainly not begun to act on it.
    NotSent,
    /// It broke off: the server may have acted on it.
    Broken,
    /// It took too long: the server may have acted on it, or may still.
    TimedOut,
}

/// An exchange that failed.
#[derive(Debug, thiserror::Error)]
#[error("{}", failure.of(server.as_deref()))]
pub struct TransportError {
    failure: Failure,
    server: Option<String>,
    #[source]
    cause: Box<dyn StdError + Send + Sync>,
}

impl TransportError {
    /// An exchange failed so, for this reason. The reason must not tell the request's address or its headers.
    pub fn new(failure: Failure, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> TransportError {
        TransportError { failure, server: None, cause: cause.into() }
    }

    /// The same, with where it went: scheme, host and port.
    #[must_use]
    pub fn with(self, server: impl Into<String>) -> TransportError {
        TransportError { server: Some(server.into()), ..self }
    }

    /// How far it came.
    #[must_use]
    pub fn failure(&self) -> Failure {
        self.failure
    }
}

impl Failure {
    fn of(self, server: Option<&str>) -> String {
        let server = server.unwrap_or("the server");
        match self {
            Failure::NotSent => format!("{server} could not be reached"),
            Failure::Broken => format!("the connection to {server} broke"),
            Failure::TimedOut => format!("{server} took too long"),
        }
    }
}
