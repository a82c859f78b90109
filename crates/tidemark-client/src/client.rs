//! One person's files on one server, as one app sees them.

use std::fmt;
use std::sync::Arc;

use crate::{AccessToken, Entropy, RetryPolicy, Server, Transport};

/// Asks a server for one person. Cheap to clone; the clones share their transport.
#[derive(Clone)]
pub struct Client {
    pub(crate) parts: Arc<Parts>,
    pub(crate) retries: RetryPolicy,
}

pub(crate) struct Parts {
    pub(crate) server: Server,
    pub(crate) token: AccessToken,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Client {
    /// Asks this server with this token.
    #[must_use]
    pub fn new(
        server: Server,
        token: AccessToken,
        transport: Arc<dyn Transport>,
        entropy: Arc<dyn Entropy>,
    ) -> Client {
        let parts = Arc::new(Parts { server, token, transport, entropy });
        Client { parts, retries: RetryPolicy::default() }
    }

    /// The same client with another patience.
    #[must_use]
    pub fn with_retries(&self, retries: RetryPolicy) -> Client {
        Client { parts: self.parts.clone(), retries }
    }

    /// Which server it asks.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.parts.server
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("server", &self.parts.server.as_str()).finish_non_exhaustive()
    }
}
