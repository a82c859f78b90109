//! Where this server is, as the one who asks knows it: for addresses that it hands out.

use http::request::Parts;
use http::uri::{Authority, Uri};

use super::host::authority;
use crate::server::ConnectionInfo;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where proxies tell whom they serve.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// How the server calls itself in the addresses that it hands out.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// What the operator says it is called, such as `https://cloud.example.org`: without a path, and without a slash at
    /// the end. If nothing was said, each client is told the name that it used itself.
    pub public: Option<String>,
    /// Whether a proxy in front speaks TLS.
    pub behind_proxy: bool,
}

impl Origin {
    /// The whole address of `path` (which begins with a slash) for whoever sent this request.
    #[must_use]
    pub fn url(&self, parts: &Parts, path: &str) -> String {
        if let Some(public) = &self.public {
            return format!("{public}{path}");
        }
        let scheme = if self.is_secure(parts) { "https" } else { "http" };
        format!("{scheme}://{}{path}", authority(parts).unwrap_or("localhost"))
    }

    /// Whether a request names the host that the operator says this server is, whatever the port.
    #[must_use]
    pub fn is_named(&self, parts: &Parts) -> bool {
        let public = self.public.as_ref().and_then(|public| public.parse::<Uri>().ok());
        let named = authority(parts).and_then(|named| named.parse::<Authority>().ok());
        let pair = public.as_ref().and_then(Uri::host).zip(named.as_ref().map(Authority::host));
        pair.is_some_and(|(public, named)| public.eq_ignore_ascii_case(named))
    }

    /// Whether nobody could read this request on its way.
    #[must_use]
    pub fn is_secure(&self, parts: &Parts) -> bool {
        self.behind_proxy || parts.extensions.get::<ConnectionInfo>().is_some_and(|info| info.tls)
    }

    /// Where a request comes from. Without a connection (a router called in the same process) everybody is one place.
    #[must_use]
    pub fn peer(&self, parts: &Parts) -> IpAddr {
        let connection = parts.extensions.get::<ConnectionInfo>();
        let address = connection.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |connection| connection.peer.ip());
        forwarded(parts).filter(|_| self.behind_proxy).unwrap_or(address)
    }
}

/// The address that the nearest proxy appended. What stands before it is the client's own claim.
fn forwarded(parts: &Parts) -> Option<IpAddr> {
    let last = parts.headers.get_all(FORWARDED_FOR).into_iter().next_back()?;
    address(last.to_str().ok()?.rsplit(',').next()?.trim())
}

/// Some proxies tell the port, too.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().map(IpAddr::V6).ok();
    let socket = || text.parse().map(|socket: SocketAddr| socket.ip()).ok();
    text.parse().ok().or_else(socket).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::HOST;

    fn url(origin: &Origin, uri: &str, host: Option<&str>) -> String {
        let mut request = http::Request::builder().uri(uri);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        origin.url(&request.body(()).unwrap().into_parts().0, "/s/x")
    }

    #[test]
    fn a_client_is_told_the_name_it_used() {
        let origin = Origin::default();
        assert_eq!(url(&origin, "/1/x", Some("cloud.example:8765")), "http://cloud.example:8765/s/x");
        assert_eq!(
            url(&origin, "http://other.example/1/x", Some("cloud.example")),
            "http://other.example/s/x"
        );
        assert_eq!(url(&origin, "/1/x", None), "http://localhost/s/x");
        let proxied = Origin { behind_proxy: true, ..Origin::default() };
        assert_eq!(url(&proxied, "/1/x", Some("cloud.example")), "https://cloud.example/s/x");
    }

    #[test]
    fn a_proxy_may_tell_the_port_of_whom_it_serves() {
        let peer = |told: &str| {
            let request = http::Request::builder().header(FORWARDED_FOR, told).body(()).unwrap();
            Origin { behind_proxy: true, ..Origin::default() }.peer(&request.into_parts().0).to_string()
        };
        for (told, address) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7:567", "192.0.2.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:567", "2001:db8::7"),
            ("192.0.2.9, 192.0.2.7:567", "192.0.2.7"),
            ("192.0.2.7:x", "127.0.0.1"),
            ("unknown", "127.0.0.1"),
        ] {
            assert_eq!(peer(told), address, "{told}");
        }
    }

    #[test]
    fn what_the_operator_says_counts() {
        let origin = Origin { public: Some("https://cloud.example".to_owned()), behind_proxy: false };
        assert_eq!(url(&origin, "/1/x", Some("evil.example")), "https://cloud.example/s/x");
    }
}
