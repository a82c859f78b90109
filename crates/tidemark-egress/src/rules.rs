//! Where requests may go.

mod ports;
mod public;

pub(crate) use ports::is_bad_port;
pub(crate) use public::is_public;

use crate::target::Host;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::str::FromStr;
use tidemark_core::store::Whereto;

/// What an operator allows besides the public internet.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The exceptions.
    pub allow: Vec<Exception>,
}

/// Something that requests may go to although it is not public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exception {
    /// Every address of a network, on every port that is not another protocol's.
    Network(IpNet),
    /// One address, on one port, whatever that usually is.
    Socket(SocketAddr),
    /// A host by its name, wherever that leads; on one port, whatever that usually is, or on every port that is not
    /// another protocol's.
    Host(String, Option<u16>),
}

/// It is no exception that could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is neither a network (10.0.0.0/8), an address (10.0.0.1, [fd00::1]:8080) nor a host (files.lan:8080)"
)]
pub struct ExceptionError(String);

impl FromStr for Exception {
    type Err = ExceptionError;

    fn from_str(text: &str) -> Result<Exception, ExceptionError> {
        let text = text.trim();
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Exception::Network(network.trunc()));
        }
        if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(Exception::Network(IpNet::from(ip)));
        }
        if let Ok(socket) = text.parse::<SocketAddr>() {
            return Ok(Exception::Socket(socket));
        }
        let refuse = || ExceptionError(text.to_owned());
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => {
                (name, Some(port.parse().ok().filter(|port| *port > 0).ok_or_else(refuse)?))
            }
            None => (text, None),
        };
        // As a URL would have it, since that is what it is compared with. Numbers would be addresses there, and were
        // read above if they are plain ones.
        match url::Host::parse(name) {
            Ok(url::Host::Domain(name)) if !name.contains('*') => {
                Ok(Exception::Host(canonical_name(&name), port))
            }
            Ok(_) | Err(_) => Err(refuse()),
        }
    }
}

/// Names are compared without the dot that ends the whole ones.
fn canonical_name(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_owned()
}

impl Rules {
    /// Whether a request may go to a port at all, before anything is known of the host's addresses.
    pub(crate) fn allow_port(&self, host: &Host, port: u16) -> bool {
        let named = |exception: &Exception| match (exception, host) {
            (Exception::Socket(socket), Host::Ip(ip)) => *socket == SocketAddr::new(canonical(*ip), port),
            (Exception::Host(name, Some(only)), Host::Name(host)) => {
                *only == port && *name == canonical_name(host)
            }
            _ => false,
        };
        port != 0 && (!is_bad_port(port) || self.allow.iter().any(named))
    }

    /// Whether a request for this host may go to this address.
    pub(crate) fn allow_address(&self, host: &Host, address: SocketAddr, whereto: Whereto) -> bool {
        if whereto == Whereto::Anywhere {
            return true;
        }
        let (ip, port) = (canonical(address.ip()), address.port());
        let excepted = |exception: &Exception| match exception {
            Exception::Network(network) => network.contains(&ip),
            Exception::Socket(socket) => *socket == SocketAddr::new(ip, port),
            Exception::Host(name, only) => {
                matches!(host, Host::Name(host) if *name == canonical_name(host))
                    && only.is_none_or(|only| only == port)
            }
        };
        self.allow.iter().any(excepted) || (is_public(ip) && !is_ours(ip))
    }
}

/// An IPv4 address that is spelled as an IPv6 one is what it is.
fn canonical(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

/// Whether the address is this machine's own. A public one may be: what listens there behind a firewall is open to
/// whoever asks from within.
fn is_ours(ip: IpAddr) -> bool {
    let can_bind = |ip: IpAddr| UdpSocket::bind((ip, 0)).is_ok();
    // On a machine that may bind to every address, binding tells nothing; these are nobody's.
    let nobody: IpAddr = match ip {
        IpAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 1).into(),
        IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    };
    can_bind(ip) && !can_bind(nobody)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exception(text: &str) -> Exception {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn exceptions_are_networks_addresses_and_hosts() {
        for (text, expected) in [
            ("10.0.0.0/8", Exception::Network("10.0.0.0/8".parse().unwrap())),
            (" 10.1.2.3/8", Exception::Network("10.0.0.0/8".parse().unwrap())),
            ("127.0.0.1", Exception::Network("127.0.0.1/32".parse().unwrap())),
            ("fd00::/8", Exception::Network("fd00::/8".parse().unwrap())),
            ("::1", Exception::Network("::1/128".parse().unwrap())),
            ("[::1]", Exception::Network("::1/128".parse().unwrap())),
            ("127.0.0.1:80", Exception::Socket("127.0.0.1:80".parse().unwrap())),
            ("[::1]:80", Exception::Socket("[::1]:80".parse().unwrap())),
            ("Files.LAN", Exception::Host("files.lan".into(), None)),
            ("files.lan.:8080", Exception::Host("files.lan".into(), Some(8080))),
        ] {
            assert_eq!(exception(text), expected, "{text}");
        }
        for bad in [
            "",
            "10.0.0.0/33",
            "files.lan:",
            "files.lan:0",
            "files.lan:http",
            "a b",
            "http://x",
            "0x7f.1",
            "*",
        ] {
            assert!(bad.parse::<Exception>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_exception_is_for_what_it_says_and_for_nothing_else() {
        let rules = |text: &str| Rules { allow: vec![exception(text)] };
        let ask = |allow: &str, host: &str, address: &str| {
            let host = match host.parse() {
                Ok(ip) => Host::Ip(ip),
                Err(_) => Host::Name(host.to_owned()),
            };
            rules(allow).allow_address(&host, address.parse().unwrap(), Whereto::Public)
        };
        assert!(ask("10.0.0.0/8", "x.lan", "10.9.8.7:99"));
        assert!(ask("10.0.0.0/8", "x.lan", "[::ffff:10.9.8.7]:99"), "the same address");
        assert!(!ask("10.0.0.0/8", "x.lan", "192.168.0.1:80"));
        assert!(ask("10.0.0.1:8080", "10.0.0.1", "10.0.0.1:8080"));
        assert!(!ask("10.0.0.1:8080", "10.0.0.1", "10.0.0.1:8081"));
        assert!(ask("x.lan", "x.lan", "10.0.0.1:1234"));
        assert!(ask("x.lan", "x.lan.", "10.0.0.1:1234"));
        assert!(!ask("x.lan", "y.x.lan", "10.0.0.1:1234"));
        assert!(!ask("x.lan:80", "x.lan", "10.0.0.1:81"));
        assert!(!ask("x.lan:80", "10.0.0.1", "10.0.0.1:80"), "the name is allowed, not the address");
    }

    #[test]
    fn other_protocols_ports_are_refused_unless_they_are_named() {
        let name = || Host::Name("x.lan".to_owned());
        let rules = |text: &str| Rules { allow: vec![exception(text)] };
        assert!(Rules::default().allow_port(&name(), 80) && Rules::default().allow_port(&name(), 8080));
        for port in [0, 22, 25, 6000, 6667] {
            assert!(!Rules::default().allow_port(&name(), port), "{port}");
            assert!(!rules("x.lan").allow_port(&name(), port), "{port}: a host alone names none");
        }
        assert!(rules("x.lan:25").allow_port(&name(), 25));
        assert!(!rules("x.lan:25").allow_port(&name(), 22));
        assert!(!rules("127.0.0.1:25").allow_port(&Host::Ip("127.0.0.2".parse().unwrap()), 25));
        assert!(rules("127.0.0.1:25").allow_port(&Host::Ip("127.0.0.1".parse().unwrap()), 25));
    }

    #[test]
    fn the_machines_own_addresses_are_known() {
        assert!(is_ours("127.0.0.1".parse().unwrap()));
        assert!(!is_ours("192.0.2.7".parse().unwrap()));
        assert!(!is_ours("2001:db8::7".parse().unwrap()));
    }
}
