//! Names to addresses.

use async_trait::async_trait;
use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Finds the addresses of names. Whoever asks judges the answer.
#[async_trait]
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of a host; an error if there is no such name, or nobody to ask.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// How many names may be looked up at once. A lookup occupies a thread, for as long as somebody's name server likes.
const LOOKUPS_MAX: usize = 32;

/// What the operating system says.
#[derive(Debug)]
pub struct SystemResolver {
    lookups: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> SystemResolver {
        SystemResolver { lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }
}

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let turn = Arc::clone(&self.lookups).acquire_owned().await.map_err(io::Error::other)?;
        let name = name.to_owned();
        let lookup = tokio::task::spawn_blocking(move || {
            // Held until the thread is free again, even if nobody waits for the answer any more.
            let _turn = turn;
            let found = (name.as_str(), 0).to_socket_addrs()?;
            Ok(found.map(|address| address.ip()).collect())
        });
        lookup.await.map_err(io::Error::other)?
    }
}
