//! Slows down whoever guesses. Only failures count; what is known is kept in memory, and bounded.

use crate::model::{LinkId, SecretHash, Timestamp};
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// How often one may fail at one account (or app, or link) from one place before having to wait.
const FREE_PER_SUBJECT: u32 = 5;
/// How often one may fail at any from one place.
const FREE_PER_PEER: u32 = 100;
/// The first wait. It doubles with each further failure.
const WAIT_FIRST: Duration = Duration::from_secs(1);
/// The longest wait for one account (or app, or link) from one place.
const WAIT_PER_SUBJECT_MAX: Duration = Duration::from_secs(15 * 60);
/// The longest wait for a place: shorter, since many people may share it.
const WAIT_PER_PEER_MAX: Duration = Duration::from_secs(60);
/// After this long without a failure, all is forgiven.
const FORGIVEN_AFTER: Duration = Duration::from_secs(60 * 60);
/// How many counters are kept in each of two generations; an e-mail of the greatest length makes one 400 bytes long.
const COUNTERS_MAX: usize = 20_000;

/// Where an attempt comes from: an address, or an IPv6 network of the size that one customer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer(IpAddr);

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Peer {
        Peer(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        })
    }
}

/// As people read it: an address, or such a network.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(network) => write!(f, "{network}/64"),
        }
    }
}

/// What is being guessed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::people) enum Subject {
    /// The password of the account with this e-mail (as it is compared), whether or not there is one.
    Account(String),
    /// The secret of the app with this key, whether or not there is one.
    App(String),
    /// The password of this link.
    Link(LinkId),
    /// The signature of requests with this token, which exists. Nobody can guess at a token that they do not know, so
    /// this is counted apart: whoever signs wrongly holds up neither the app nor the place.
    Signature(SecretHash),
}

impl Subject {
    fn counts_for_its_place(&self) -> bool {
        match self {
            Subject::Account(_) | Subject::App(_) | Subject::Link(_) => true,
            Subject::Signature(_) => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Peer(Peer),
    Subject(Peer, Subject),
}

/// How often it went wrong, and when last.
#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    /// How long to wait from `now`, when this many failures are free; nothing if not at all.
    fn wait(self, free: u32, longest: Duration, now: Timestamp) -> Option<Duration> {
        // A clock that was set back must not lock anybody out.
        if self.count < free || now < self.last {
            return None;
        }
        let doublings = (self.count - free).min(16);
        let wait = (WAIT_FIRST * 2u32.pow(doublings)).min(longest);
        wait.checked_sub(now.since(self.last)).filter(|left| !left.is_zero())
    }
}

/// Who failed how often.
#[derive(Default)]
pub(super) struct Throttle {
    failures: Mutex<Generations<Key, Failures>>,
}

impl Throttle {
    /// Whether an attempt may be made now; if not, how long to wait.
    pub(super) fn admit(&self, peer: Peer, subject: &Subject, now: Timestamp) -> Result<(), Duration> {
        let mut failures = self.failures();
        let by_peer = failures
            .get(&Key::Peer(peer))
            .filter(|_| subject.counts_for_its_place())
            .and_then(|f| f.wait(FREE_PER_PEER, WAIT_PER_PEER_MAX, now));
        let by_subject = failures
            .get(&Key::Subject(peer, subject.clone()))
            .and_then(|f| f.wait(FREE_PER_SUBJECT, WAIT_PER_SUBJECT_MAX, now));
        by_peer.max(by_subject).map_or(Ok(()), Err)
    }

    /// An attempt went wrong.
    pub(super) fn failed(&self, peer: Peer, subject: Subject, now: Timestamp) {
        let mut failures = self.failures();
        let of_place = subject.counts_for_its_place().then_some(Key::Peer(peer));
        for key in of_place.into_iter().chain([Key::Subject(peer, subject)]) {
            let before = failures.get(&key).filter(|f| now.since(f.last) < FORGIVEN_AFTER);
            let count = before.map_or(0, |f| f.count).saturating_add(1);
            failures.insert(key, Failures { count, last: now });
        }
    }

    /// An attempt went well: what went wrong before was mistyped. The place's own count stays, or whoever has one
    /// account could guess at all others.
    pub(super) fn succeeded(&self, peer: Peer, subject: Subject) {
        self.failures().remove(&Key::Subject(peer, subject));
    }

    fn failures(&self) -> MutexGuard<'_, Generations<Key, Failures>> {
        self.failures.lock().expect("nothing panics while it holds the lock")
    }
}

/// A bounded map that forgets what was not touched for longest, roughly: when the young half is full it becomes the old
/// half, and the old half is dropped. Whoever fails keeps its counter young.
struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K, V> Default for Generations<K, V> {
    fn default() -> Self {
        Generations { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<K: Eq + Hash, V: Copy> Generations<K, V> {
    fn get(&mut self, key: &K) -> Option<V> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= COUNTERS_MAX && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000_000_000);

    fn peer(last: u8) -> Peer {
        IpAddr::from([192, 0, 2, last]).into()
    }

    fn account(n: u32) -> Subject {
        Subject::Account(format!("{n}@example.org"))
    }

    #[test]
    fn waits_begin_after_the_free_failures_and_double_up_to_a_limit() {
        let (throttle, mut now) = (Throttle::default(), START);
        let mut waits = Vec::new();
        for _ in 0..20 {
            let wait = throttle.admit(peer(1), &account(1), now).err();
            waits.push(wait.map_or(0, |wait| wait.as_secs()));
            now = now.plus(wait.unwrap_or_default());
            assert_eq!(throttle.admit(peer(1), &account(1), now), Ok(()), "the wait is over when it is over");
            throttle.failed(peer(1), account(1), now);
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900, 900]);
    }

    #[test]
    fn a_place_that_fails_at_many_accounts_waits_too_and_a_success_does_not_clear_it() {
        let throttle = Throttle::default();
        for n in 0..FREE_PER_PEER {
            assert_eq!(throttle.admit(peer(1), &account(n), START), Ok(()));
            throttle.failed(peer(1), account(n), START);
        }
        throttle.succeeded(peer(1), account(0));
        assert_eq!(throttle.admit(peer(1), &account(99), START), Err(WAIT_FIRST));
        assert_eq!(throttle.admit(peer(2), &account(99), START), Ok(()), "others are not held up");
    }

    #[test]
    fn wrong_signatures_hold_up_their_own_token_only() {
        let throttle = Throttle::default();
        let signature = |n| Subject::Signature(SecretHash([n; 32]));
        for _ in 0..2 * FREE_PER_PEER {
            throttle.failed(peer(1), signature(1), START);
        }
        assert!(throttle.admit(peer(1), &signature(1), START).is_err());
        assert_eq!(throttle.admit(peer(1), &signature(2), START), Ok(()));
        assert_eq!(throttle.admit(peer(1), &Subject::App("key".into()), START), Ok(()));
        assert_eq!(throttle.admit(peer(2), &signature(1), START), Ok(()));
        for n in 0..FREE_PER_PEER {
            throttle.failed(peer(3), account(n), START);
        }
        assert_eq!(
            throttle.admit(peer(3), &signature(3), START),
            Ok(()),
            "the place may wait, the token not"
        );
    }

    #[test]
    fn a_success_clears_the_account_and_time_forgives() {
        let throttle = Throttle::default();
        for _ in 0..FREE_PER_SUBJECT + 3 {
            throttle.failed(peer(1), account(1), START);
        }
        assert!(throttle.admit(peer(1), &account(1), START).is_err());
        throttle.succeeded(peer(1), account(1));
        assert_eq!(throttle.admit(peer(1), &account(1), START), Ok(()));

        for _ in 0..FREE_PER_SUBJECT + 3 {
            throttle.failed(peer(2), account(1), START);
        }
        let later = START.plus(FORGIVEN_AFTER);
        throttle.failed(peer(2), account(1), later);
        assert_eq!(throttle.admit(peer(2), &account(1), later), Ok(()), "the count began again");
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let throttle = Throttle::default();
        for _ in 0..FREE_PER_SUBJECT + 3 {
            throttle.failed(peer(1), account(1), START);
        }
        assert_eq!(throttle.admit(peer(1), &account(1), Timestamp(START.0 - 1)), Ok(()));
    }

    #[test]
    fn one_customers_ipv6_network_is_one_place() {
        let a = Peer::from("2001:db8:1:2::1".parse::<IpAddr>().unwrap());
        assert_eq!(a, Peer::from("2001:db8:1:2:ffff::9".parse::<IpAddr>().unwrap()));
        assert_ne!(a, Peer::from("2001:db8:1:3::1".parse::<IpAddr>().unwrap()));
        assert_eq!(Peer::from("::ffff:192.0.2.1".parse::<IpAddr>().unwrap()), peer(1));
        assert_eq!(
            (a.to_string().as_str(), peer(1).to_string().as_str()),
            ("2001:db8:1:2::/64", "192.0.2.1")
        );
    }

    #[test]
    fn what_is_kept_is_bounded_and_who_goes_on_failing_is_kept() {
        let mut kept = Generations::default();
        for n in 0..5 * COUNTERS_MAX {
            kept.insert(n, n);
            let zero = kept.get(&0).expect("touched ones stay");
            if n % 1_000 == 0 {
                kept.insert(0, zero);
            }
        }
        assert!(kept.young.len() + kept.old.len() <= 2 * COUNTERS_MAX);
        assert_eq!(kept.get(&1), None);
    }
}
