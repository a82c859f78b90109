//! `Content-Disposition`: what a browser calls the file that it saves (RFC 6266, RFC 8187).

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tidemark_core::model::turns_text;

/// Everything but what RFC 8187 calls `attr-char`.
const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Says that the body is to be saved under this name, which may be anything.
///
/// Old programs read the first form, all others the second. Quotes, backslashes and percent signs are where parsers
/// disagree, so the first form has none; characters that turn the text around them are in neither, since they make a
/// program look like a picture.
#[must_use]
pub fn attachment(name: &str) -> HeaderValue {
    let name: String = name.chars().map(|c| if c.is_control() || turns_text(c) { '_' } else { c }).collect();
    let is_plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%');
    let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut header = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        header.push_str("; filename*=UTF-8''");
        header.extend(utf8_percent_encode(&name, &ENCODED));
    }
    HeaderValue::try_from(header).expect("both forms are printable ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_names_stay_inside_their_quotes() {
        for (name, header) in [
            ("a b.txt", "attachment; filename=\"a b.txt\""),
            ("é\".txt", "attachment; filename=\"__.txt\"; filename*=UTF-8''%C3%A9%22.txt"),
            ("a\\\"; x=\"y", "attachment; filename=\"a__; x=_y\"; filename*=UTF-8''a%5C%22%3B%20x%3D%22y"),
            ("..%2fetc", "attachment; filename=\".._2fetc\"; filename*=UTF-8''..%252fetc"),
            ("a\r\nSet-Cookie: x", "attachment; filename=\"a__Set-Cookie: x\""),
            ("photo\u{202e}gpj.exe", "attachment; filename=\"photo_gpj.exe\""),
            ("'*", "attachment; filename=\"'*\""),
            ("", "attachment; filename=\"\""),
        ] {
            assert_eq!(attachment(name), header, "{name:?}");
        }
    }

    proptest! {
        /// No name breaks out of its quotes, and what was asked for comes out where nothing had to give way.
        #[test]
        fn every_name_makes_a_header(name in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
            let header = attachment(&name);
            let text = header.to_str().unwrap();
            let rest = text.strip_prefix("attachment; filename=\"").unwrap();
            let (plain, rest) = rest.split_once('"').unwrap();
            prop_assert!(!plain.contains(['\\', '%']));
            prop_assert_eq!(plain.chars().count(), name.chars().count());
            if let Some(encoded) = rest.strip_prefix("; filename*=UTF-8''") {
                prop_assert!(!encoded.contains(['"', ' ', ';', '\'']));
                let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8().unwrap();
                prop_assert_eq!(decoded.chars().count(), name.chars().count());
            } else {
                prop_assert_eq!(rest, "");
            }
        }
    }
}
