//! Characters that do something else than to be seen. One list for what a name or an e-mail may have and for what pages show of
//! one: what is refused here is what is not shown there.

use unicode_security::confusable_detection::skeleton;

/// Whether a character changes the direction of the text around it (Unicode's explicit formatting, and its marks).
#[must_use]
pub fn turns_text(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether nothing is seen of a character (Unicode's default ignorables): fillers, joiners, variation selectors, tags.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    // (Nothing else has no skeleton.)
    skeleton(c.encode_utf8(&mut [0; 4])).next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_known() {
        for c in "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{200b}\u{200d}\u{202e}\u{2060}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\u{e0041}"
            .chars()
        {
            assert!(is_unseen(c), "{c:?}");
        }
        for c in "aé ß.\u{301}\u{3042}".chars() {
            assert!(!is_unseen(c), "{c:?}");
        }
    }
}
