//! How many ways through the server's pages one place may begin. Each takes memory here and work there, and whoever begins one need not
//! be anybody; and only who began one, and comes back, makes the gallery ask the server anything. So this bounds all of it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use http::Extensions;

/// Where a request comes from: an extension that whoever serves the gallery puts into requests. Without it all of them come from one
/// place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer(IpAddr);

impl From<IpAddr> for Peer {
    /// An address, or of an IPv6 address the network, of the size that one customer gets.
    fn from(address: IpAddr) -> Peer {
        Peer(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        })
    }
}

impl Peer {
    pub(super) fn of(extensions: &Extensions) -> Peer {
        extensions.get().copied().unwrap_or(Peer(Ipv4Addr::LOCALHOST.into()))
    }
}

/// So many may be begun at once, as many people may share a place.
const FREE: i64 = 60;
/// After so many seconds there is one more.
const SECONDS_EACH: i64 = 10;
/// Of so many places it is known; beyond that, of those with the most to go.
const PLACES_MAX: usize = 20_000;

/// Until when each place's ways are worked off, in seconds since 1970.
#[derive(Default)]
pub(crate) struct Ways(Mutex<HashMap<Peer, i64>>);

impl Ways {
    /// Whether a way may be begun from there now; if not, how many seconds there are to wait.
    pub(super) fn begin(&self, peer: Peer, now: i64) -> Result<(), i64> {
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not keep anybody out.
        let latest = now + FREE * SECONDS_EACH;
        let until = ways.get(&peer).copied().unwrap_or(now).clamp(now, latest) + SECONDS_EACH;
        if until > latest {
            return Err(until - latest);
        }
        if ways.len() >= PLACES_MAX && !ways.contains_key(&peer) {
            let least = *ways.values().min().expect("there are many");
            // All of them go that have nothing left, or else those that have least.
            ways.retain(|_, until| *until > now.max(least));
        }
        ways.insert(peer, until);
        Ok(())
    }

    /// A way led to a session: it does not count.
    pub(super) fn arrived(&self, peer: Peer) {
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = ways.get_mut(&peer) {
            *until -= SECONDS_EACH;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Peer {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_place_waits_when_it_began_too_many() {
        let (ways, ada, bob) = (Ways::default(), peer("192.0.2.1"), peer("192.0.2.2"));
        for _ in 0..FREE {
            ways.begin(ada, 100).unwrap();
        }
        assert_eq!(ways.begin(ada, 100), Err(SECONDS_EACH));
        assert_eq!(ways.begin(ada, 103), Err(SECONDS_EACH - 3));
        assert_eq!(ways.begin(bob, 103), Ok(()), "another does not");
        assert_eq!(ways.begin(ada, 100 + SECONDS_EACH), Ok(()));
        assert_eq!(ways.begin(ada, 100 + SECONDS_EACH), Err(SECONDS_EACH));
        ways.arrived(ada);
        assert_eq!(ways.begin(ada, 100 + SECONDS_EACH), Ok(()));
        assert_eq!(ways.begin(ada, 0), Err(SECONDS_EACH), "nor longer, when the clock is set back");
    }

    #[test]
    fn a_place_is_a_network() {
        assert_eq!(peer("2001:db8::1"), peer("2001:db8:0:0:ffff::2"));
        assert_ne!(peer("2001:db8::1"), peer("2001:db8:0:1::1"));
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
    }

    #[test]
    fn places_take_no_more_room_than_there_is() {
        let ways = Ways::default();
        let far =
            |number: usize| Peer::from(IpAddr::from(Ipv4Addr::from_bits(u32::try_from(number).unwrap())));
        for number in 0..=2 * PLACES_MAX {
            ways.begin(far(number), 100).unwrap();
            if number == 0 {
                ways.begin(far(0), 100).unwrap();
            }
        }
        let known = ways.0.lock().unwrap();
        assert!(known.len() <= PLACES_MAX && known.contains_key(&far(0)), "{}", known.len());
    }
}
