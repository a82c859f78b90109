//! Names that apps of this server itself have: nobody else's app may look like one of them to whoever is asked to allow it.

use unicode_normalization::UnicodeNormalization;

/// What the names of the server's own apps begin with, as [`letters`] tells it.
const RESERVED: &str = "tidemark";

/// Whether an app of this name could be taken for the server's own: it begins with the server's name, in whatever case, with
/// whatever stands between the letters, in whatever form, and in letters of other scripts that look the same.
pub(super) fn is_reserved(name: &str) -> bool {
    let letters: String = letters(name).take(RESERVED.len()).collect();
    letters == RESERVED
}

/// The letters and digits of a text as they look: without marks, spaces and signs, small, and in Latin script where another one's
/// look like it.
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.nfkd().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).map(|c| match c {
        'τ' | 'т' => 't',
        'ι' | 'і' | 'ı' | 'ӏ' | 'l' | '1' | '|' => 'i',
        'ԁ' => 'd',
        'е' | 'ε' | 'ҽ' => 'e',
        'м' | 'ṃ' => 'm',
        'а' | 'α' | 'ɑ' => 'a',
        'г' | 'ʀ' => 'r',
        'к' | 'κ' => 'k',
        other => other,
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
        ] {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["", "Tide", "Tide table", "Tidem", "My Tidemark", "Camera", "Tied mark", "タイドマーク"]
        {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
