//! How things are written for people, and how other people's words are shown.

use std::borrow::Cow;
use std::time::Duration;
use tidemark_client::Timestamp;

pub(crate) use tidemark_api::{count, size};

/// How long something takes, as people write it: a whole number and one of the units `s`, `m`, `h` and `d`. None if it is
/// not written so, no time at all, or longer than so many seconds.
pub(crate) fn span(text: &str, seconds_max: u64) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse::<u64>().ok().filter(|_| digits)?;
    let seconds = number.checked_mul(factor)?;
    (1..=seconds_max).contains(&seconds).then(|| Duration::from_secs(seconds))
}

/// A time to the second, as programs read it (RFC 3339, UTC).
pub(crate) fn rfc3339(time: Timestamp) -> String {
    jiff::Timestamp::from_second(time.0).unwrap_or_default().to_string()
}

/// A time to the minute, as people read it, where they are.
pub(crate) fn when(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_second(time.0).unwrap_or_default();
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Somebody's words as they can be shown: whatever is in them, they move no cursor, colour nothing and turn no direction of
/// writing. What cannot be shown is escaped.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match is_hidden(letter) {
            true => shown.extend(letter.escape_unicode()),
            false => shown.push(letter),
        }
    }
    Cow::Owned(shown)
}

/// Characters that are not seen, but do something to those that are.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_to_programs_in_one_way() {
        assert_eq!(rfc3339(Timestamp(0)), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(Timestamp(1_391_591_223)), "2014-02-05T09:07:03Z");
    }

    /// A name can neither clear the screen nor pretend to have another end.
    #[test]
    fn what_is_not_seen_is_shown() {
        assert_eq!(shown("plain ünïcödé 日本"), "plain ünïcödé 日本");
        for (text, expected) in [
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\r\nb", "a\\u{d}\\u{a}b"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("exe.\u{202e}txt", "exe.\\u{202e}txt"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
