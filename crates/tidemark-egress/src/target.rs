//! What a URL says, read as browsers do.

use http::header::HOST;
use http::{HeaderValue, Uri};
use std::net::IpAddr;
use tidemark_core::store::EgressError;
use url::Url;

/// The longest URL that is taken, in bytes.
const URL_MAX: usize = 8 << 10;

/// A URL that a request can be sent to. Two programs that read a URL differently are how a judged address becomes
/// another one, so it is parsed once, here, and everything else is taken from that.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    url: Url,
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) secure: bool,
}

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// A name, to be resolved: lower case, in the letters that DNS has.
    Name(String),
    /// An address, in whatever spelling it came.
    Ip(IpAddr),
}

impl Target {
    pub(crate) fn parse(text: &str) -> Result<Target, EgressError> {
        if text.len() > URL_MAX {
            return Err(EgressError::Url);
        }
        Target::of(Url::parse(text).map_err(|_| EgressError::Url)?)
    }

    /// Where a redirect from here leads.
    pub(crate) fn join(&self, location: &str) -> Result<Target, EgressError> {
        if location.len() > URL_MAX {
            return Err(EgressError::Url);
        }
        Target::of(self.url.join(location).map_err(|_| EgressError::Url)?)
    }

    fn of(mut url: Url) -> Result<Target, EgressError> {
        let secure = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(EgressError::Url),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressError::Url);
        }
        // It is for whoever shows the page, and not sent.
        url.set_fragment(None);
        let host = match url.host().ok_or(EgressError::Url)? {
            url::Host::Domain(name) => Host::Name(name.to_owned()),
            url::Host::Ipv4(ip) => Host::Ip(ip.into()),
            url::Host::Ipv6(ip) => Host::Ip(ip.into()),
        };
        let port = url.port_or_known_default().ok_or(EgressError::Url)?;
        Ok(Target { url, host, port, secure })
    }

    /// What the request's first line asks for.
    pub(crate) fn uri(&self) -> Result<Uri, EgressError> {
        let path = self.url.path();
        let asked = match self.url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        Uri::try_from(asked).map_err(|_| EgressError::Url)
    }

    /// What the request's `Host` says.
    pub(crate) fn host_header(&self) -> Result<(http::HeaderName, HeaderValue), EgressError> {
        let host = self.url.host_str().ok_or(EgressError::Url)?;
        let named = match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok((HOST, HeaderValue::try_from(named).map_err(|_| EgressError::Url)?))
    }

    /// Whether both are the same server, asked the same way.
    pub(crate) fn is_same_origin(&self, other: &Target) -> bool {
        (self.secure, &self.host, self.port) == (other.secure, &other.host, other.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> String {
        match Target::parse(text).map(|target| target.host) {
            Ok(Host::Name(name)) => name,
            Ok(Host::Ip(ip)) => format!("ip {ip}"),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn addresses_are_seen_in_every_spelling() {
        for spelling in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.1.",
            "127.0.0.0x1",
            "0x7F.0.0.0x1",
            "%31%32%37.0.0.1",
            "１２７.0.0.1",
            "127。0。0。1",
            "①②⑦.⓪.⓪.①",
        ] {
            assert_eq!(host(&format!("http://{spelling}/x")), "ip 127.0.0.1", "{spelling}");
        }
        for (spelling, ip) in [
            ("[::1]", "::1"),
            ("[0:0:0:0:0:0:0:1]", "::1"),
            ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
            ("[::ffff:7f00:1]", "::ffff:127.0.0.1"),
            ("[::127.0.0.1]", "::7f00:1"),
            ("[64:ff9b::7f00:1]", "64:ff9b::7f00:1"),
            ("[2002:7f00:1::]", "2002:7f00:1::"),
            ("0", "0.0.0.0"),
            ("0xa9fea9fe", "169.254.169.254"),
        ] {
            assert_eq!(host(&format!("http://{spelling}/")), format!("ip {ip}"), "{spelling}");
        }
    }

    #[test]
    fn what_is_no_plain_address_of_the_web_is_refused() {
        for bad in [
            "",
            "x",
            "/x",
            "//x/y",
            "file:///etc/passwd",
            "ftp://x/",
            "gopher://x/",
            "data:,x",
            "javascript:1",
            "ws://x/",
            "http://",
            "http:///",
            "http://me@x/",
            "http://me:pw@x/",
            "http://:pw@x/",
            "http://x:99999/",
            "http://x:-1/",
            "http://[fe80::1%25eth0]/",
            "http://[fe80::1%eth0]/",
            "http://[::1/",
            "http://a b/",
            "http://256.0.0.1/",
            "http://4294967296/",
            "http://0x7f.1.1.1.1/",
            "http://1.2.3.4.5/",
            "http://x\0y/",
            "http://a^b/",
            "http://127.0.0.1%00.x/",
        ] {
            assert!(Target::parse(bad).is_err(), "{bad}");
        }
        assert!(Target::parse(&format!("http://x/{}", "a".repeat(URL_MAX))).is_err());
    }

    #[test]
    fn a_request_asks_for_what_the_url_says() {
        let target = Target::parse(" HTTP://Ex%41mple.ORG:8080/a b/../c?d=é f#g ").unwrap();
        assert_eq!(target.uri().unwrap(), "/c?d=%C3%A9%20f");
        assert_eq!(target.host_header().unwrap().1, "example.org:8080");
        assert_eq!((target.port, target.secure), (8080, false));
        let target = Target::parse("https://bücher.example").unwrap();
        assert_eq!(target.uri().unwrap(), "/");
        assert_eq!(target.host_header().unwrap().1, "xn--bcher-kva.example");
        assert_eq!((target.port, target.secure), (443, true));
        let crlf = Target::parse("http://x/a\r\nHost: y").unwrap();
        assert_eq!(crlf.uri().unwrap(), "/aHost:%20y");
    }

    #[test]
    fn redirects_lead_from_where_they_were_told() {
        let from = Target::parse("https://x.example/a/b?c").unwrap();
        let to = |location: &str| from.join(location).map(|to| to.url.to_string());
        assert_eq!(to("d").unwrap(), "https://x.example/a/d");
        assert_eq!(to("/d").unwrap(), "https://x.example/d");
        assert_eq!(to("//y/d").unwrap(), "https://y/d");
        assert_eq!(to("http:127.0.0.1").unwrap(), "http://127.0.0.1/");
        assert_eq!(to("").unwrap(), "https://x.example/a/b?c");
        assert_eq!(to("\\\\127.1\\d").unwrap(), "https://127.0.0.1/d");
        assert!(to("file:///etc/passwd").is_err());
        assert!(to("//me@y/").is_err());
        assert!(from.is_same_origin(&from.join("https://X.example:443/").unwrap()));
        for other in ["http://x.example:443/", "//y.example/", "//x.example:444/"] {
            assert!(!from.is_same_origin(&from.join(other).unwrap()), "{other}");
        }
    }
}
