//! Names that apps of this server itself have: nobody else's app may look like one of them to whoever is asked to allow it.

use crate::model::is_unseen;
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// What the names of the server's own apps begin with.
const RESERVED: &str = "tidemark";

/// Whether an app of this name could be taken for the server's own: it begins with the server's name, in whatever case, with
/// whatever stands between the letters, in whatever form, and in letters and signs of other scripts that look the same.
pub(super) fn is_reserved(name: &str) -> bool {
    // A sign that looks like a letter may stand for it, or between letters.
    [true, false].into_iter().any(|signs| look(name, signs).starts_with(&look(RESERVED, false)))
}

/// What a text looks like at a glance: without marks and spaces, small, and in Latin script where other letters (and, if asked for,
/// signs) look like it.
fn look(text: &str, signs: bool) -> String {
    let seen = text.nfkd().filter(|c| !is_unseen(*c));
    let latin = seen.flat_map(|c| {
        match (latin(c), c.is_alphanumeric()) {
            (Some(latin), true) => latin,
            (Some(latin), false) if signs => latin,
            (None, true) => c.to_lowercase().collect(),
            (_, false) => String::new(),
        }
        .chars()
        .collect::<Vec<_>>()
    });
    latin.fold(String::new(), |mut look, c| {
        // Pairs of letters look like one, too.
        match c {
            'l' | '1' => look.push('i'),
            'm' => look.push_str("rn"),
            'd' => look.push_str("ci"),
            c => look.push(c),
        }
        look
    })
}

/// The small Latin letters and digits that a character looks like; nothing if it looks like none.
fn latin(c: char) -> Option<String> {
    let is_latin = |text: &String| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
    let like = |c: char| Some(skeleton(c.encode_utf8(&mut [0; 4])).collect::<String>()).filter(is_latin);
    let small = c.to_lowercase().next().unwrap_or(c);
    let latin = like(c).or_else(|| small_capital(small).map(String::from)).or_else(|| like(small))?;
    Some(latin.to_ascii_lowercase())
}

/// Letters that look like the small form of a capital, which Unicode's table of look-alikes takes for letters of their own.
fn small_capital(c: char) -> Option<char> {
    Some(match c {
        'τ' | 'т' => 't',
        'ε' | 'ҽ' => 'e',
        'м' => 'm',
        'г' | 'ʀ' => 'r',
        'к' | 'κ' => 'k',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_the_servers_own_is_known() {
        for name in [
            "Tidemark",
            "TIDEMARK",
            "tidemark on the web",
            "Tidemarks",
            " Tidemark",
            "Tide mark",
            "Tide\u{a0}mark",
            "Tide\u{2003}mark Gallery",
            "Tide\u{200b}mark",
            "Tide\u{ad}mark",
            "\u{202e}Tidemark",
            "T.i.d.e-m_a_r_k",
            "“Tidemark” Gallery",
            "Ｔｉｄｅｍａｒｋ",
            "𝐓𝐢𝐝𝐞𝐦𝐚𝐫𝐤",
            "Tídémark",
            "Тіdеmаrк",
            "Tldemark",
            "T1demark",
            "T|demark",
            "Tide|mark",
            "TIDE\u{39c}ARK",
            "\u{3164}Tidemark",
            "\u{115f}Tide\u{1160}mark",
            "\u{ffa0}Tidemark",
            "\u{a4d4}\u{a4f2}\u{a4d3}\u{a4f0}\u{a4df}\u{a4ee}\u{a4e3}\u{a4d7}",
            "\u{13a2}\u{13a5}\u{13a0}\u{13ac}\u{13b7}\u{13aa}\u{13d2}\u{13e6}",
            "Tidernark",
            "Ticlemark",
            "Tid\u{212e}mark",
        ] {
            assert!(is_reserved(name), "{name:?} {:?}", look(name, true));
        }
        for name in [
            "",
            "Tide",
            "Tide table",
            "Tidem",
            "My Tidemark",
            "Camera",
            "Tied mark",
            "Tidemann",
            "タイドマーク",
        ] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
