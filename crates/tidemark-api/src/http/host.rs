//! Which host a request names: exactly one (RFC 9112 section 3.2), or nothing behind this is asked.

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Uri, Version};

/// What is wrong with the host that a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// None, though its version has to.
    #[error("The request names no host")]
    Missing,
    /// More than one.
    #[error("The request names more than one host")]
    Several,
    /// What it names is no host with or without a port.
    #[error("The request names a host that is none")]
    Invalid,
}

/// Refuses a request that does not name one host. What stands in its target counts more than the header, which must be
/// good all the same; only HTTP/1.0 may name none.
pub fn check(version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), HostError> {
    if uri.authority().is_some_and(|authority| !is_plain(authority)) {
        return Err(HostError::Invalid);
    }
    let mut named = headers.get_all(HOST).iter();
    let Some(host) = named.next() else {
        let may_lack = match version {
            Version::HTTP_09 | Version::HTTP_10 => true,
            Version::HTTP_11 => false,
            _ => uri.authority().is_some(),
        };
        return if may_lack { Ok(()) } else { Err(HostError::Missing) };
    };
    if named.next().is_some() {
        return Err(HostError::Several);
    }
    let authority = Authority::try_from(host.as_bytes()).map_err(|_| HostError::Invalid)?;
    if is_plain(&authority) { Ok(()) } else { Err(HostError::Invalid) }
}

/// The host, perhaps with a port, that a request names.
#[must_use]
pub fn authority(parts: &Parts) -> Option<&str> {
    let named = || parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    parts.uri.authority().map(Authority::as_str).or_else(named)
}

/// Whether it is a host, and perhaps a port, and nothing else: it is put into addresses that are handed out.
fn is_plain(authority: &Authority) -> bool {
    let (text, host) = (authority.as_str(), authority.host());
    let Some(port) = text.strip_prefix(host) else { return false };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-._~%".contains(&b);
    let is_address = || {
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
    };
    let good_host = !host.is_empty() && (host.bytes().all(is_name) || is_address());
    let good_port = |port: &str| {
        port.is_empty() || port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
    };
    good_host && (port.is_empty() || port.strip_prefix(':').is_some_and(good_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(version: Version, uri: &str, hosts: &[&str]) -> Result<(), HostError> {
        let headers = hosts.iter().map(|host| (HOST, host.parse().unwrap())).collect();
        check(version, &uri.parse().unwrap(), &headers)
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
        for good in [
            "x",
            "cloud.example",
            "cloud.example:8765",
            "cloud.example:",
            "127.0.0.1:80",
            "[::1]",
            "[::1]:80",
            "my_nas",
            "CLOUD.example.",
            "xn--bcher-kva.example",
        ] {
            assert_eq!(checked(Version::HTTP_11, "/", &[good]), Ok(()), "{good}");
        }
        for bad in [
            "",
            ":80",
            "evil.example:80@x",
            "user@x",
            "a b",
            "x/y",
            "x?y",
            "x#y",
            "x:port",
            "x:99999",
            "x:+1",
            "x:1:2",
            "[::1",
            "[x]",
            "[::1]x",
            "::1",
            "<b>",
            "x,y",
            "x;y",
            "\"x\"",
            "x\\y",
            "http://x",
            "'x",
        ] {
            assert_eq!(checked(Version::HTTP_11, "/", &[bad]), Err(HostError::Invalid), "{bad}");
        }
    }

    #[test]
    fn there_is_exactly_one() {
        assert_eq!(checked(Version::HTTP_11, "/", &[]), Err(HostError::Missing));
        assert_eq!(checked(Version::HTTP_11, "http://x/", &[]), Err(HostError::Missing));
        assert_eq!(checked(Version::HTTP_10, "/", &[]), Ok(()));
        assert_eq!(checked(Version::HTTP_2, "/", &[]), Err(HostError::Missing));
        assert_eq!(checked(Version::HTTP_2, "http://x/", &[]), Ok(()));
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert_eq!(checked(version, "http://x/", &["x"]), Ok(()));
            assert_eq!(checked(version, "http://x/", &["y z"]), Err(HostError::Invalid));
            assert_eq!(checked(version, "http://u@x/", &["x"]), Err(HostError::Invalid));
            assert_eq!(checked(version, "/", &["x", "x"]), Err(HostError::Several));
        }
    }
}
