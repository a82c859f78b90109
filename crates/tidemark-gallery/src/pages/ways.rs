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

    /// The largest network around it that is ever one customer's: who has one has 65,536 peers.
    pub(super) fn site(self) -> IpAddr {
        self.network(48).unwrap_or(self.0)
    }

    /// Of so many bits of an IPv6 address; addresses of IPv4 are given one by one.
    fn network(self, bits: u32) -> Option<IpAddr> {
        match self.0 {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => {
                Some(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits))).into())
            }
        }
    }

    /// Where its ways are counted.
    fn places(self) -> impl Iterator<Item = Place> {
        [Some(Place::Near(self.0)), self.network(56).map(Place::Far)].into_iter().flatten()
    }
}

/// Where ways are counted: some customers have one network, and some have hundreds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// A peer.
    Near(IpAddr),
    /// The network of 256 that a home gets.
    Far(IpAddr),
}

impl Place {
    /// After so many seconds there is one more way.
    fn seconds_each(self) -> i64 {
        match self {
            Place::Near(_) => 10,
            Place::Far(_) => 2,
        }
    }
}

/// So many seconds' ways may be begun at once, as many people may share a place: 60 and 300.
const AT_ONCE: i64 = 600;
/// Of so many places it is known; beyond that, of those with the most to go.
const PLACES_MAX: usize = 20_000;

/// Until when each place's ways are worked off, in seconds since 1970.
#[derive(Default)]
pub(crate) struct Ways(Mutex<HashMap<Place, i64>>);

impl Ways {
    /// Whether a way may be begun from there now; if not, how many seconds there are to wait.
    pub(super) fn begin(&self, peer: Peer, now: i64) -> Result<(), i64> {
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not keep anybody out.
        let latest = now + AT_ONCE;
        let until = |ways: &HashMap<Place, i64>, place: Place| {
            ways.get(&place).copied().unwrap_or(now).clamp(now, latest) + place.seconds_each()
        };
        // All of them, before any is counted: who is refused near takes nothing from others who are far.
        let wait = peer.places().map(|place| until(&ways, place) - latest).max().unwrap_or_default();
        if wait > 0 {
            return Err(wait);
        }
        for place in peer.places() {
            let until = until(&ways, place);
            if ways.len() >= PLACES_MAX && !ways.contains_key(&place) {
                let least = *ways.values().min().expect("there are many");
                // All of them go that have nothing left, or else those that have least.
                ways.retain(|_, until| *until > now.max(least));
            }
            ways.insert(place, until);
        }
        Ok(())
    }

    /// A way led to a session: it does not count.
    pub(super) fn arrived(&self, peer: Peer) {
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for place in peer.places() {
            if let Some(until) = ways.get_mut(&place) {
                *until -= place.seconds_each();
            }
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
        for _ in 0..60 {
            ways.begin(ada, 100).unwrap();
        }
        assert_eq!(ways.begin(ada, 100), Err(10));
        assert_eq!(ways.begin(ada, 103), Err(7));
        assert_eq!(ways.begin(bob, 103), Ok(()), "another does not");
        assert_eq!(ways.begin(ada, 110), Ok(()));
        assert_eq!(ways.begin(ada, 110), Err(10));
        ways.arrived(ada);
        assert_eq!(ways.begin(ada, 110), Ok(()));
        assert_eq!(ways.begin(ada, 0), Err(10), "nor longer, when the clock is set back");
    }

    #[test]
    fn a_home_with_many_networks_waits_too() {
        let ways = Ways::default();
        let home = |number: usize| peer(&format!("2001:db8:0:{:x}::1", number % 256));
        for number in 0..300 {
            ways.begin(home(number), 100).unwrap();
        }
        assert_eq!(ways.begin(home(200), 100), Err(2));
        assert_eq!(ways.begin(peer("2001:db8:0:100::1"), 100), Ok(()), "the next does not");
        ways.arrived(home(0));
        assert_eq!(ways.begin(home(200), 100), Ok(()));
        // Whoever is refused near takes nothing from the rest of the home.
        for _ in 0..60 {
            ways.begin(peer("2001:db8:1::1"), 100).unwrap();
        }
        for _ in 0..1000 {
            ways.begin(peer("2001:db8:1::1"), 100).unwrap_err();
        }
        assert_eq!(ways.begin(peer("2001:db8:1:1::1"), 100), Ok(()));
    }

    #[test]
    fn a_place_is_a_network() {
        assert_eq!(peer("2001:db8:0:1::1").site(), peer("2001:db8:0:ffff::1").site());
        assert_ne!(peer("2001:db8:0:1::1").site(), peer("2001:db8:1:1::1").site());
        assert_ne!(peer("192.0.2.1").site(), peer("192.0.2.2").site());
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
        assert!(known.len() <= PLACES_MAX && known.contains_key(&Place::Near(far(0).0)), "{}", known.len());
    }
}
