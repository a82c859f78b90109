//! What somebody looks for in names, and how names are compared with it: case and accents do not count.

use super::Name;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The longest query, in characters: a few names' worth.
pub const QUERY_CHARS_MAX: usize = 1000;

/// The most words in a query.
pub const QUERY_WORDS_MAX: usize = 100;

/// The words of a query, folded. A name matches if it contains each of them, anywhere in it, the extension included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Never none; longest first, none inside another one: what contains the longer contains both.
    words: Box<[Box<str>]>,
}

/// Why a text is no query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Nothing to look for: no words, or nothing but accents.
    #[error("a query has no words")]
    Empty,
    /// More than [`QUERY_CHARS_MAX`].
    #[error("a query is longer than {QUERY_CHARS_MAX} characters")]
    TooLong,
    /// More than [`QUERY_WORDS_MAX`].
    #[error("a query has more than {QUERY_WORDS_MAX} words")]
    TooManyWords,
}

impl Words {
    /// Splits a query at white space.
    pub fn parse(query: &str) -> Result<Words, QueryError> {
        // Of no more of it than may be there.
        if query.chars().nth(QUERY_CHARS_MAX).is_some() {
            return Err(QueryError::TooLong);
        }
        let mut folded: Vec<Box<str>> =
            query.split_whitespace().map(fold).filter(|word| !word.is_empty()).map(Into::into).collect();
        if folded.len() > QUERY_WORDS_MAX {
            return Err(QueryError::TooManyWords);
        }
        folded.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        let mut words: Vec<Box<str>> = Vec::with_capacity(folded.len());
        for word in folded {
            if !words.iter().any(|longer| longer.contains(&*word)) {
                words.push(word);
            }
        }
        if words.is_empty() { Err(QueryError::Empty) } else { Ok(Words { words: words.into() }) }
    }

    /// The words, longest first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| &**word)
    }

    /// Whether a text that [`fold`] made contains all of them.
    #[must_use]
    pub fn are_in(&self, folded: &str) -> bool {
        self.words.iter().all(|word| folded.contains(&**word))
    }

    /// Whether a name contains all of them.
    #[must_use]
    pub fn match_name(&self, name: &Name) -> bool {
        self.are_in(&fold(name.as_str()))
    }
}

/// A text as it is searched: without case and accents.
///
/// Each character is folded for itself, once the text is composed: so a part of a name, cut out anywhere, folds to a part
/// of the folded name. Nothing grows: a character becomes one that stands for it, or nothing.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for composed in text.nfc() {
        if composed.is_ascii() {
            folded.push(composed.to_ascii_lowercase());
        } else {
            folded.extend(std::iter::once(composed).nfd().filter(|c| !is_accent(*c)).map(fold_case).nfc());
        }
    }
    folded
}

/// Marks that people leave out when they type: accents above, below and through a letter, Hebrew points, Arabic vowels.
/// Those without which it is another letter stay: nukta, the voicing of kana, virama, and vowels of Asian scripts.
fn is_accent(c: char) -> bool {
    matches!(canonical_combining_class(c), 1 | 10..=36 | 200..)
}

fn fold_case(c: char) -> char {
    unicode_case_mapping::case_folded(c).and_then(|folded| char::from_u32(folded.get())).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(query: &str, name: &str) -> bool {
        Words::parse(query).expect("a good query").match_name(&Name::parse(name).expect("a good name"))
    }

    #[test]
    fn case_and_accents_do_not_count() {
        for (query, name) in [
            ("tex", "text"),
            ("tex", "téxt"),
            ("téx", "text"),
            ("téx", "téxt"),
            ("TE\u{301}X", "te\u{301}xt"),
            ("uber", "Über.pdf"),
            ("ÜBER", "uber.pdf"),
            ("ΣΊΣΥΦΟΣ", "σισυφος"),
            ("istanbul", "İstanbul"),
            ("ой", "Мои документы.ои"),
            ("viet", "Việt"),
            ("שלום", "שָׁלוֹם"),
            ("مدرسة", "مَدْرَسَة"),
            ("x\u{338}y", "xy"),
        ] {
            assert!(matches(query, name), "{query:?} is in {name:?}");
        }
    }

    /// What would be another letter, or another word, is not the same.
    #[test]
    fn letters_stay_apart() {
        for (query, name) in [
            ("か", "が"),
            ("が", "か"),
            ("कि", "का"),
            ("가", "강"),
            ("ss", "straße"),
            ("กา", "กี"),
            ("o", "ø"),
            ("text", "tex t"),
        ] {
            assert!(!matches(query, name), "{query:?} is not in {name:?}");
        }
    }

    #[test]
    fn every_word_counts_in_any_order_at_any_place() {
        assert!(matches("cv my", "My CV.doc"));
        assert!(
            matches("  doc\tm\u{3000}V. ", "My CV.doc"),
            "any white space divides, and short words count"
        );
        assert!(!matches("my cv txt", "My CV.doc"));
        assert!(matches("a aa aaa a", "aaa"), "one place in a name may serve several words");
        assert!(!matches("aaa b", "aaa"));
    }

    #[test]
    fn the_longest_word_comes_first_and_none_twice() {
        let words = Words::parse("b report rep B bé ort port report").expect("good");
        assert_eq!(words.iter().collect::<Vec<_>>(), ["report", "be"]);
    }

    #[test]
    fn queries_are_bounded() {
        for blank in ["", "  \t ", "\u{301}", "\u{301} \u{302}"] {
            assert_eq!(Words::parse(blank), Err(QueryError::Empty), "{blank:?}");
        }
        assert!(Words::parse(&"é".repeat(QUERY_CHARS_MAX)).is_ok());
        assert_eq!(Words::parse(&"é".repeat(QUERY_CHARS_MAX + 1)), Err(QueryError::TooLong));
        assert!(Words::parse(&"a ".repeat(QUERY_WORDS_MAX)).is_ok());
        assert_eq!(Words::parse(&"a ".repeat(QUERY_WORDS_MAX + 1)), Err(QueryError::TooManyWords));
    }

    proptest! {
        /// Whatever part of a name somebody types, in whatever form and case, the name is found.
        #[test]
        fn every_part_of_a_name_finds_it(text in "\\PC{1,24}", from in 0..24usize, len in 1..24usize) {
            let Ok(name) = Name::parse(&text) else { return Ok(()) };
            let part: String = name.as_str().chars().skip(from).take(len).collect();
            for query in [part.clone(), part.nfd().collect(), part.nfc().collect()] {
                match Words::parse(&query) {
                    Ok(words) => prop_assert!(words.match_name(&name), "{:?} in {:?}", query, name),
                    Err(error) => prop_assert_eq!(error, QueryError::Empty),
                }
            }
        }

        /// Names that are one to a folder are one to a search. (But for the Greek iota that is written below a letter: to
        /// a key it is a letter, as it is in capitals.)
        #[test]
        fn names_with_one_key_fold_alike(text in "\\PC{1,20}") {
            let Ok(name) = Name::parse(&text) else { return Ok(()) };
            prop_assume!(!text.nfd().any(|c| c == '\u{345}'));
            prop_assert_eq!(fold(name.key().as_str()), fold(name.as_str()));
        }

        #[test]
        fn what_is_folded_stays_as_it_is(text in "\\PC{0,20}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
            prop_assert!(once.chars().count() <= text.nfc().count());
        }
    }
}
