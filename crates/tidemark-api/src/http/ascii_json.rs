//! JSON in pure ASCII, for values that travel in a header.
//!
//! A header value is bytes without an agreed encoding, so metadata is told there with every other character written
//! as `\uXXXX` (two of them beyond the basic plane). The result is one line, since JSON escapes line breaks itself.

use std::io;

use http::HeaderValue;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Writes `value` as one line of ASCII JSON.
///
/// # Errors
/// What serialising `value` itself reports, such as a map whose keys are not strings.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    let mut out = Vec::with_capacity(128);
    value.serialize(&mut Serializer::with_formatter(&mut out, Ascii))?;
    Ok(String::from_utf8(out).expect("the formatter writes ASCII only"))
}

/// Writes `value` as a header value of ASCII JSON.
///
/// # Errors
/// As [`to_string`].
pub fn to_header<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<HeaderValue> {
    let text = to_string(value)?;
    Ok(HeaderValue::try_from(text).expect("ASCII JSON has no control characters"))
}

/// The compact format with everything outside printable ASCII escaped.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        // 0x7f is ASCII, yet no header may hold it.
        while let Some(at) = rest.find(|c: char| !c.is_ascii() || c == '\x7f') {
            writer.write_all(&rest.as_bytes()[..at])?;
            let c = rest[at..].chars().next().expect("find returned the start of a character");
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn escapes_every_plane_and_nothing_else() {
        let value = json!({"path": "/a é/日本/🎉\u{7f}\n\"\\", "size": 3});
        assert_eq!(
            to_string(&value).unwrap(),
            r#"{"path":"/a \u00e9/\u65e5\u672c/\ud83c\udf89\u007f\n\"\\","size":3}"#
        );
    }

    proptest! {
        /// Any string survives the header, and the header is one line of printable ASCII.
        #[test]
        fn round_trips(text in any::<String>()) {
            let header = to_header(&text).unwrap();
            prop_assert!(header.as_bytes().iter().all(|b| (0x20..0x7f).contains(b)));
            prop_assert_eq!(serde_json::from_slice::<String>(header.as_bytes()).unwrap(), text);
        }
    }
}
