//! Who may connect: the cap on all connections and the cap on those of one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::limits::Limits;

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The server has as many connections as it takes.
    Full,
    /// This address has as many as one address may.
    PeerFull,
}

/// The places for connections.
#[derive(Debug)]
pub(super) struct Slots {
    connections_max: usize,
    per_peer_max: usize,
    loopback_exempt: bool,
    open: AtomicUsize,
    by_peer: Mutex<HashMap<IpAddr, usize>>,
    emptied: Notify,
}

impl Slots {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            connections_max: limits.connections_max,
            per_peer_max: limits.connections_per_peer_max,
            loopback_exempt: limits.loopback_exempt,
            open: AtomicUsize::new(0),
            by_peer: Mutex::default(),
            emptied: Notify::new(),
        }
    }

    /// Takes a place, which [`Slots::release`] gives back.
    pub(super) fn admit(&self, peer: IpAddr) -> Result<(), Refusal> {
        if self.open.fetch_add(1, Ordering::AcqRel) >= self.connections_max {
            self.release_one();
            return Err(Refusal::Full);
        }
        if let Some(network) = self.counted(peer) {
            let mut by_peer = self.by_peer.lock().unwrap_or_else(PoisonError::into_inner);
            let count = by_peer.entry(network).or_default();
            if *count >= self.per_peer_max {
                drop(by_peer);
                self.release_one();
                return Err(Refusal::PeerFull);
            }
            *count += 1;
        }
        Ok(())
    }

    /// Gives back the place of a connection from `peer`.
    pub(super) fn release(&self, peer: IpAddr) {
        if let Some(network) = self.counted(peer) {
            let mut by_peer = self.by_peer.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = by_peer.get_mut(&network) {
                *count -= 1;
                if *count == 0 {
                    by_peer.remove(&network);
                }
            }
        }
        self.release_one();
    }

    fn release_one(&self) {
        if self.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.emptied.notify_waiters();
        }
    }

    /// How many connections are open.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Returns when no connection is open.
    pub(super) async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.open() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// The address under which a peer is counted, if it is. One subscriber usually has a whole /64 of IPv6.
    fn counted(&self, peer: IpAddr) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        if self.loopback_exempt && peer.is_loopback() {
            return None;
        }
        Some(match peer {
            IpAddr::V4(_) => peer,
            IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(connections_max: usize, connections_per_peer_max: usize) -> Slots {
        Slots::new(&Limits { connections_max, connections_per_peer_max, ..Limits::default() })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn caps_the_whole_and_each_peer() {
        let slots = slots(3, 2);
        assert_eq!(slots.admit(ip("192.0.2.1")), Ok(()));
        assert_eq!(slots.admit(ip("192.0.2.1")), Ok(()));
        assert_eq!(slots.admit(ip("::ffff:192.0.2.1")), Err(Refusal::PeerFull));
        assert_eq!(slots.admit(ip("192.0.2.2")), Ok(()));
        assert_eq!(slots.admit(ip("192.0.2.3")), Err(Refusal::Full));
        slots.release(ip("192.0.2.1"));
        assert_eq!(slots.admit(ip("192.0.2.1")), Ok(()));
        assert_eq!(slots.open(), 3);
    }

    #[test]
    fn forgets_peers_that_left() {
        let slots = slots(3, 2);
        slots.admit(ip("192.0.2.1")).unwrap();
        slots.release(ip("192.0.2.1"));
        assert!(slots.by_peer.lock().unwrap().is_empty());
        assert_eq!(slots.open(), 0);
    }

    #[test]
    fn an_ipv6_network_is_one_peer_and_loopback_is_none() {
        let slots = slots(10, 1);
        assert_eq!(slots.admit(ip("2001:db8::1")), Ok(()));
        assert_eq!(slots.admit(ip("2001:db8::2")), Err(Refusal::PeerFull));
        assert_eq!(slots.admit(ip("2001:db8:0:1::1")), Ok(()));
        assert_eq!(slots.admit(ip("127.0.0.1")), Ok(()));
        assert_eq!(slots.admit(ip("127.0.0.1")), Ok(()));
    }
}
