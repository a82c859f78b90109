//! The cookies: who is signed in, which browser a form was shown to, and where a link's password was known.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use std::time::Duration;

/// A cookie of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The secret of a web session.
    Session,
    /// A secret that the forms shown to a browser are bound to before anybody has signed in there.
    Form,
    /// The proof that a link's password was known. Each link has its own, for the paths of its pages.
    Link,
}

impl Cookie {
    /// Under TLS the `__Host-` prefix keeps neighbours (other ports, sub-domains, plain HTTP) from planting one. It is for
    /// whole hosts; a proof that somebody planted would only have to be right.
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Cookie::Session, true) => "__Host-tidemark-session",
            (Cookie::Session, false) => "tidemark-session",
            (Cookie::Form, true) => "__Host-tidemark-form",
            (Cookie::Form, false) => "tidemark-form",
            (Cookie::Link, true) => "__Secure-tidemark-link",
            (Cookie::Link, false) => "tidemark-link",
        }
    }

    /// What the browser sent.
    pub(crate) fn read(self, headers: &HeaderMap, secure: bool) -> Option<&str> {
        let sent = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            sent.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name(secure)).map(|(_, value)| value)
    }

    /// The header that sets it for `life`, or until the browser is closed. The value is a secret of ours.
    pub(crate) fn set(self, value: &str, life: Option<Duration>, secure: bool) -> HeaderValue {
        self.set_below("/", value, life, secure)
    }

    /// The same for the pages at and below a path, which is one of ours.
    pub(crate) fn set_below(
        self,
        path: &str,
        value: &str,
        life: Option<Duration>,
        secure: bool,
    ) -> HeaderValue {
        let name = self.name(secure);
        let life = life.map_or(String::new(), |life| format!("; Max-Age={}", life.as_secs()));
        let secure = if secure { "; Secure" } else { "" };
        let header = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{life}{secure}");
        HeaderValue::try_from(header).expect("secrets and our paths are letters, digits, '-', '_' and '/'")
    }

    /// The header that removes it.
    pub(crate) fn clear(self, secure: bool) -> HeaderValue {
        self.set("", Some(Duration::ZERO), secure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; xtidemark-session=no; tidemark-session=yes".parse().unwrap());
        headers.append(COOKIE, "tidemark-form=f=g".parse().unwrap());
        assert_eq!(Cookie::Session.read(&headers, false), Some("yes"));
        assert_eq!(Cookie::Form.read(&headers, false), Some("f=g"));
        assert_eq!(Cookie::Session.read(&headers, true), None, "under TLS, only what TLS set");
        assert_eq!(Cookie::Session.read(&HeaderMap::new(), false), None);
    }

    #[test]
    fn is_kept_from_scripts_other_sites_and_plain_http() {
        let set = Cookie::Session.set("abc", Some(Duration::from_secs(60)), true);
        assert_eq!(set, "__Host-tidemark-session=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
        let plain = Cookie::Form.set("abc", None, false);
        assert_eq!(plain, "tidemark-form=abc; Path=/; HttpOnly; SameSite=Lax");
        let below = Cookie::Link.set_below("/s/k", "abc", Some(Duration::from_secs(60)), true);
        assert_eq!(
            below,
            "__Secure-tidemark-link=abc; Path=/s/k; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
        );
        assert_eq!(Cookie::Form.clear(false), "tidemark-form=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    }
}
