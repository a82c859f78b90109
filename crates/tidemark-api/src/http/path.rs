//! Percent-decoding of a path, where every mistake is an error.
//!
//! A path names a file, so nothing is guessed: a `+` is a plus, an escape that is none is refused, and so are bytes
//! that are not UTF-8 and the NUL character, which no file system knows what to do with. Splitting at slashes is the
//! caller's business and can happen before (an escaped slash is then part of a name) or after.

use std::borrow::Cow;

/// Why a path can't be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A `%` that two hexadecimal digits don't follow; the position counts bytes of the raw path.
    #[error("invalid percent escape at byte {0} of the path")]
    BadEscape(usize),
    /// The decoded bytes are not UTF-8.
    #[error("path is not valid UTF-8")]
    NotUtf8,
    /// The path holds the NUL character.
    #[error("path contains a NUL character")]
    Nul,
}

/// Decodes `%XX` escapes of a raw path or of a part of one.
///
/// # Errors
/// [`PathError`] says what is wrong with the first mistake.
pub fn decode(raw: &str) -> Result<Cow<'_, str>, PathError> {
    let decoded = match raw.find('%') {
        None => Cow::Borrowed(raw),
        Some(first) => Cow::Owned(decode_escapes(raw.as_bytes(), first)?),
    };
    if decoded.contains('\0') { Err(PathError::Nul) } else { Ok(decoded) }
}

fn decode_escapes(raw: &[u8], first: usize) -> Result<String, PathError> {
    let mut out = Vec::with_capacity(raw.len());
    out.extend_from_slice(&raw[..first]);
    let mut at = first;
    while at < raw.len() {
        if raw[at] == b'%' {
            let byte = raw.get(at + 1..at + 3).and_then(hex_pair).ok_or(PathError::BadEscape(at))?;
            out.push(byte);
            at += 3;
        } else {
            out.push(raw[at]);
            at += 1;
        }
    }
    String::from_utf8(out).map_err(|_| PathError::NotUtf8)
}

/// The byte that two hexadecimal digits spell.
pub(super) fn hex_pair(digits: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    match digits {
        &[high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decodes_once_and_keeps_plus() {
        assert_eq!(decode("a%20b/%C3%A9%2B+%25.txt").unwrap(), "a b/é++%.txt");
        assert_eq!(decode("%2525").unwrap(), "%25");
        assert!(matches!(decode("/plain"), Ok(Cow::Borrowed("/plain"))));
    }

    #[test]
    fn refuses_each_mistake_by_name() {
        assert_eq!(decode("ab%2"), Err(PathError::BadEscape(2)));
        assert_eq!(decode("%"), Err(PathError::BadEscape(0)));
        assert_eq!(decode("%zz"), Err(PathError::BadEscape(0)));
        assert_eq!(decode("%+1"), Err(PathError::BadEscape(0)));
        assert_eq!(decode("%2é"), Err(PathError::BadEscape(0)));
        assert_eq!(decode("%ff"), Err(PathError::NotUtf8));
        assert_eq!(decode("%c0%af"), Err(PathError::NotUtf8));
        assert_eq!(decode("a%00b"), Err(PathError::Nul));
        assert_eq!(decode("a\0b"), Err(PathError::Nul));
    }

    proptest! {
        #[test]
        fn reads_back_what_an_encoder_wrote(text in "[^\0]*") {
            let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
            let decoded = decode(&encoded).unwrap();
            prop_assert_eq!(decoded.as_ref(), text.as_str());
        }

        /// Whatever arrives is decoded or refused, and never grows.
        #[test]
        fn never_panics(text in any::<String>()) {
            if let Ok(decoded) = decode(&text) {
                prop_assert!(decoded.len() <= text.len());
            }
        }
    }
}
