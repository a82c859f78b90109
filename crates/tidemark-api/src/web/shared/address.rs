//! The addresses of shared links, written and read.

use crate::http::path;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tidemark_core::model::{DEPTH_MAX, LinkAddress, LinkKey, Name, Path, Vanity};

/// Where the pages are: a key, the entry's name (which is for people, and not looked at), and a path below it.
pub(in crate::web) const PAGES: &str = "/s/{*rest}";
/// Where the short links are: a key.
pub(in crate::web) const SHORT: &str = "/l/{*rest}";
/// Where the links are that have a name of their owner's choosing.
pub(in crate::web) const VANITY: &str = "/v/{*rest}";

/// Everything but unreserved characters.
const SEGMENT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The page of what a link shows.
pub(crate) fn page_path(key: &LinkKey, name: &Name) -> String {
    path_below(key, name, &Path::root())
}

/// The page of something below that.
pub(crate) fn path_below(key: &LinkKey, name: &Name, below: &Path) -> String {
    let mut address = format!("/s/{}/{}", key.0, encoded(name.as_str()));
    for name in below.names() {
        address.push('/');
        address.push_str(&encoded(name.as_str()));
    }
    address
}

/// The short form of the page's address.
pub(crate) fn short_path(key: &LinkKey) -> String {
    format!("/l/{}", key.0)
}

/// The address by the name that was chosen for a link.
pub(crate) fn vanity_path(vanity: &Vanity) -> String {
    format!("/v/{}", vanity.as_str())
}

/// What the addresses of all of a link's pages begin with. It tells nothing of what is there, and leads to it.
pub(crate) fn base_path(key: &LinkKey) -> String {
    format!("/s/{}", key.0)
}

/// One segment of a path.
pub(crate) fn encoded(name: &str) -> String {
    utf8_percent_encode(name, &SEGMENT).to_string()
}

/// The key and the path below the link's entry that a page's raw path asks for. Segments are taken apart before they are
/// decoded, so that nothing in one can lead out of it.
pub(super) fn read(raw: &str) -> Option<(LinkKey, Path)> {
    let mut segments = raw.strip_prefix("/s/")?.split('/');
    let key = LinkKey::parse(segments.next()?)?;
    let names = segments.skip(1).filter(|segment| !segment.is_empty());
    let names: Option<Vec<Name>> =
        names.map(|segment| Name::parse(&path::decode(segment).ok()?).ok()).collect();
    let names = names.filter(|names| names.len() <= DEPTH_MAX)?;
    Some((key, names.into_iter().collect()))
}

/// The link that a raw path without anything below it asks for: a short one, or one with a chosen name.
pub(super) fn read_short(raw: &str) -> Option<LinkAddress> {
    let raw = raw.trim_end_matches('/');
    match raw.strip_prefix("/l/") {
        Some(key) => LinkKey::parse(key).map(LinkAddress::Key),
        None => Vanity::parse(raw.strip_prefix("/v/")?).map(LinkAddress::Vanity),
    }
}

/// The link that a raw path of any of those kinds asks for.
pub(crate) fn read_any(raw: &str) -> Option<LinkAddress> {
    read_short(raw).or_else(|| read(raw).map(|(key, _)| LinkAddress::Key(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "abcdefghij01234";

    fn read_below(rest: &str) -> Option<String> {
        read(&format!("/s/{KEY}{rest}")).map(|(_, path)| path.as_str().to_owned())
    }

    #[test]
    fn nothing_leads_out_of_a_folder() {
        for (rest, path) in [
            ("", Some("/")),
            ("/", Some("/")),
            ("/name", Some("/")),
            ("/name/", Some("/")),
            ("/na%2Fme/a", Some("/a")),
            ("/%FF/a%20b//c/", Some("/a b/c")),
            ("/name/..%252f", Some("/..%2f")),
            ("/name/..", None),
            ("/name/%2e%2e/x", None),
            ("/name/.", None),
            ("/name/..%2f..%2fx", None),
            ("/name/..%5Cx", None),
            ("/name/a%00", None),
            ("/name/a%0D%0Ab", None),
            ("/name/%FF", None),
            ("/name/%2", None),
        ] {
            assert_eq!(read_below(rest).as_deref(), path, "{rest}");
        }
        assert_eq!(read_below(&format!("/name{}", "/a".repeat(DEPTH_MAX + 1))), None);
        assert_eq!(read_below(&format!("/name/{}", "x".repeat(256))), None);
        for raw in
            ["/s/", "/s/short/x", "/s/ABCDEFGHIJ01234/x", "/s/abcdefghij0123é/x", "/s/%61bcdefghij01234/x"]
        {
            assert_eq!(read(raw), None, "{raw}");
        }
    }

    #[test]
    fn short_addresses_lead_to_one_link_and_nothing_below() {
        let key = || LinkAddress::Key(LinkKey(KEY.to_owned()));
        let name = |text| LinkAddress::Vanity(Vanity::parse(text).unwrap());
        for (raw, address) in [
            (format!("/l/{KEY}"), Some(key())),
            (format!("/l/{KEY}//"), Some(key())),
            ("/v/Summer-2024/".to_owned(), Some(name("summer-2024"))),
            (format!("/v/{KEY}"), Some(name(KEY))),
            (format!("/l/{KEY}/x"), None),
            ("/v/summer/x".to_owned(), None),
            ("/v/sum%6Der".to_owned(), None),
            ("/v/abc".to_owned(), None),
            ("/v/".to_owned(), None),
            ("/l/".to_owned(), None),
            ("/l/summer".to_owned(), None),
            (format!("/s/{KEY}"), None),
        ] {
            assert_eq!(read_short(&raw), address, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(names in proptest::collection::vec("\\PC{1,20}", 0..5)) {
            let names: Vec<Name> = names.iter().filter_map(|name| Name::parse(name).ok()).collect();
            let (key, below) = (LinkKey(KEY.to_owned()), names.iter().cloned().collect::<Path>());
            let address = path_below(&key, names.first().unwrap_or(&Name::trusted("x")), &below);
            prop_assert!(address.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.~%".contains(&b)));
            prop_assert_eq!(read(&address), Some((key, below)));
        }
    }
}
