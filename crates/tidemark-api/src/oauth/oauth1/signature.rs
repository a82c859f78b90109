//! What is signed and how (RFC 5849 section 3.4). Nothing here decides: it computes and compares.
//!
//! Secrets are compared by `subtle` and by the verification of `hmac`, which take as long whatever differs; a tidy check
//! looks after that.

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// Everything but what RFC 3986 calls unreserved.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The only parameter that is never signed.
const SIGNATURE: &str = "oauth_signature";

fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, &RESERVED)
}

/// What HMAC-SHA1 signs (section 3.4.1): the method, the address without its query, and every parameter of the request,
/// decoded, in any order and with its doubles. The signature itself may be among them and does not count.
///
/// The address is taken as it was sent, but for the case of scheme and host and the default port.
#[must_use]
pub fn base_string<N: AsRef<str>, V: AsRef<str>>(method: &str, url: &str, params: &[(N, V)]) -> String {
    let pairs = params.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    beginning(method, url) + &signed_params(pairs)
}

/// The base string up to the parameters, which are the same for every name that a server may have.
pub(super) fn beginning(method: &str, url: &str) -> String {
    format!("{}&{}&", encode(method), encode(&base_url(url)))
}

/// The parameters as they stand in the base string.
pub(super) fn signed_params<'a>(params: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut pairs: Vec<(String, String)> = params
        .filter(|(name, _)| *name != SIGNATURE)
        .map(|(name, value)| (encode(name).to_string(), encode(value).to_string()))
        .collect();
    pairs.sort();
    let joined: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    encode(&joined.join("&")).to_string()
}

fn base_url(url: &str) -> String {
    let whole = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let Some((scheme, rest)) = whole.split_once("://") else { return whole.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (scheme, authority) = (scheme.to_ascii_lowercase(), authority.to_ascii_lowercase());
    let default_port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
    format!("{scheme}://{authority}{}", if path.is_empty() { "/" } else { path })
}

/// Whether these secrets made the PLAINTEXT signature (section 3.4.4). Some clients encode the secrets in it, some do
/// not.
pub(super) fn is_plaintext_of(signature: &str, app_secret: &str, token_secret: &str) -> bool {
    let raw = format!("{app_secret}&{token_secret}");
    let encoded = key(app_secret, token_secret);
    let same = |expected: &str| signature.as_bytes().ct_eq(expected.as_bytes());
    (same(&raw) | same(&encoded)).into()
}

/// Whether these secrets made the HMAC-SHA1 signature (section 3.4.2) of any of these base strings.
pub(super) fn is_hmac_of(
    signature: &[u8],
    beginnings: &[String],
    params: &str,
    app_secret: &str,
    token_secret: &str,
) -> bool {
    let key = key(app_secret, token_secret);
    beginnings.iter().any(|beginning| {
        let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of every length");
        mac.update(beginning.as_bytes());
        mac.update(params.as_bytes());
        mac.verify_slice(signature).is_ok()
    })
}

fn key(app_secret: &str, token_secret: &str) -> String {
    format!("{}&{}", encode(app_secret), encode(token_secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64;
    use proptest::prelude::*;

    fn fits(signature: &str, base: &str, app_secret: &str, token_secret: &str) -> bool {
        let signature = BASE64.decode(signature.as_bytes()).unwrap();
        is_hmac_of(&signature, &["other".to_owned(), base.to_owned()], "", app_secret, token_secret)
    }

    /// RFC 5849 section 3.4.1.1: query, header and body, doubles, empty values, escapes of escapes.
    #[test]
    fn base_string_of_the_rfcs_example() {
        let params = [
            ("b5", "=%3D"),
            ("a3", "a"),
            ("c@", ""),
            ("a2", "r b"),
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
            ("oauth_signature", "bYT5CMsGcbgUdFHObYMEfcx6bsw="),
            ("c2", ""),
            ("a3", "2 q"),
        ];
        let expected = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D\
                        %26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a\
                        %26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7";
        assert_eq!(base_string("POST", "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a", &params), expected);
    }

    /// RFC 5849 section 1.2: the signed requests of its example. (What the first one signed is not what it shows.)
    #[test]
    fn signatures_of_the_rfcs_example() {
        let common = [("oauth_consumer_key", "dpf43f3p2l4k3l03"), ("oauth_signature_method", "HMAC-SHA1")];
        let app_secret = "kd94hf93k423kf44";
        let token = [
            ("oauth_token", "hh5s93j4hdidpola"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "walatlh"),
            ("oauth_verifier", "hfdp7dh39dks9884"),
        ];
        let photos = [
            ("oauth_token", "nnch734d00sl2jdk"),
            ("oauth_timestamp", "137131202"),
            ("oauth_nonce", "chapoH"),
            ("file", "vacation.jpg"),
            ("size", "original"),
        ];
        type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);
        let cases: [Case<'_>; 2] = [
            (
                "POST",
                "https://photos.example.net/token",
                &token,
                "hdhd0244k9j7ao03",
                "gKgrFCywp7rO0OXSjdot/IHF7IU=",
            ),
            (
                "GET",
                "http://photos.example.net/photos",
                &photos,
                "pfkkdhi9sl3r4s00",
                "MdpQcU8iPSUjWoN/UDMsK2sui9I=",
            ),
        ];
        for (method, url, own, token_secret, signature) in cases {
            let params: Vec<_> = common.iter().chain(own).copied().collect();
            let base = base_string(method, url, &params);
            assert!(fits(signature, &base, app_secret, token_secret), "{base}");
            assert!(!fits(signature, &base, app_secret, "x"));
            assert!(!fits(signature, &base, "x", token_secret));
            assert!(!fits(signature, &base_string("PUT", url, &params), app_secret, token_secret));
        }
    }

    /// Computed with Python's `hmac` and `urllib.parse.quote`: letters beyond ASCII, escapes in the path, a port, secrets
    /// that must be encoded.
    #[test]
    fn signatures_of_an_independent_implementation() {
        let params = [
            ("oauth_consumer_key", "key"),
            ("oauth_token", "tok"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "1391591223"),
            ("oauth_nonce", "n~1"),
            ("query", "Möwe & Co/+*"),
            ("query", ""),
        ];
        let base =
            base_string("PUT", "HTTP://Cloud.Example:8765/1/files_put/auto/%C3%A9%2B+%7e.txt", &params);
        let expected = "PUT&http%3A%2F%2Fcloud.example%3A8765%2F1%2Ffiles_put%2Fauto%2F%25C3%25A9%252B%2B%257e.txt&\
                        oauth_consumer_key%3Dkey%26oauth_nonce%3Dn~1%26oauth_signature_method%3DHMAC-SHA1\
                        %26oauth_timestamp%3D1391591223%26oauth_token%3Dtok%26query%3D\
                        %26query%3DM%25C3%25B6we%2520%2526%2520Co%252F%252B%252A";
        assert_eq!(base, expected);
        assert!(fits("M6Ljgj93l7Q4eHub7AC1zdEliNs=", &base, "s c&r+t", "tök"), "{base}");
    }

    #[test]
    fn an_address_loses_its_default_port_and_nothing_else() {
        for (url, expected) in [
            ("HTTP://Example.Com:80/A/b%2f", "http://example.com/A/b%2f"),
            ("https://example.com:443", "https://example.com/"),
            ("https://example.com:80/", "https://example.com:80/"),
            ("http://example.com:443/", "http://example.com:443/"),
            ("http://[2001:DB8::1]:8080//a//?b=c#d", "http://[2001:db8::1]:8080//a//"),
            ("", ""),
            ("nonsense", "nonsense"),
            ("://", ":///"),
        ] {
            assert_eq!(base_url(url), expected);
        }
    }

    #[test]
    fn plaintext_is_taken_raw_and_encoded() {
        assert!(is_plaintext_of("sec&tok", "sec", "tok"));
        assert!(is_plaintext_of("sec&", "sec", ""));
        assert!(is_plaintext_of("s+c&t/k", "s+c", "t/k"));
        assert!(is_plaintext_of("s%2Bc&t%2Fk", "s+c", "t/k"));
        for wrong in ["", "&", "sec", "sec&tok ", "sec&to", "tok&sec", "SEC&tok", "sec%26tok", "sec&tok&"] {
            assert!(!is_plaintext_of(wrong, "sec", "tok"), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(method in any::<String>(), url in any::<String>(), params in any::<Vec<(String, String)>>()) {
            let base = base_string(&method, &url, &params);
            prop_assert!(base.is_ascii());
        }

        #[test]
        fn the_order_of_parameters_does_not_matter(mut params in any::<Vec<(String, String)>>()) {
            let forward = base_string("GET", "http://a/", &params);
            params.reverse();
            prop_assert_eq!(forward, base_string("GET", "http://a/", &params));
        }
    }
}
