//! Patterns of paths on the server: `/Photos/*.jpg`, `/2024/**/*.md`.
//!
//! `*` stands for any part of a name, `?` for one character, `[a-z]` for one of these and `[!a-z]` for one of the others; `**`
//! alone between slashes for any number of folders. A backslash takes the next character's meaning away: no name on a server
//! has one. Case does not count, as it does not on the server.

use anyhow::{Context, anyhow};
use tidemark_client::RemotePath;

/// A path as somebody wrote it, which may stand for many.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
    /// It ends with a slash: whoever wrote it means a folder.
    pub(crate) wants_folder: bool,
}

/// What stands between two slashes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// This name.
    Name(String),
    /// Names like this.
    Like(Glob),
    /// Any folders, one inside another, or none.
    Folders,
}

/// A pattern of names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Glob(Vec<Token>);

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// This character.
    Letter(char),
    /// Any one character.
    Any,
    /// Any characters, or none.
    Many,
    /// One character that is in one of the ranges; or, negated, in none.
    OneOf { ranges: Vec<(char, char)>, negated: bool },
}

impl Pattern {
    /// Reads a pattern. The first slash may be left out.
    pub(crate) fn new(text: &str) -> anyhow::Result<Pattern> {
        let mut parts = Vec::new();
        let (names, wants_folder) = split(text);
        for name in names {
            parts.push(Part::new(name).with_context(|| format!("'{text}' is no path"))?);
        }
        let pattern = Pattern { parts, wants_folder };
        // Names that can be nowhere are told at once, and not looked for.
        pattern.beginning().with_context(|| format!("'{text}' is no path"))?;
        Ok(pattern)
    }

    /// The path that it is, if it stands for one alone.
    pub(crate) fn path(&self) -> Option<RemotePath> {
        let (path, rest) = self.beginning().expect("it was checked");
        rest.is_empty().then_some(path)
    }

    /// How far it stands for one folder, and the parts behind it.
    pub(crate) fn beginning(&self) -> anyhow::Result<(RemotePath, &[Part])> {
        let mut path = RemotePath::root();
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Name(name) => path = path.join(name)?,
                Part::Like(_) | Part::Folders => return Ok((path, &self.parts[index..])),
            }
        }
        Ok((path, &[]))
    }
}

/// Reads a path that stands for itself alone, whatever characters are in it.
pub(crate) fn plain(text: &str) -> anyhow::Result<RemotePath> {
    let mut path = RemotePath::root();
    for name in split(text).0 {
        path = path.join(&unescaped(name)).with_context(|| format!("'{text}' is no path"))?;
    }
    Ok(path)
}

/// Whether somebody means a folder by it.
pub(crate) fn wants_folder(text: &str) -> bool {
    text.is_empty() || text.ends_with('/')
}

/// The names between the slashes, and whether there is one at the end.
fn split(text: &str) -> (impl Iterator<Item = &str>, bool) {
    (text.split('/').filter(|name| !name.is_empty()), wants_folder(text))
}

fn unescaped(name: &str) -> String {
    let (mut text, mut letters) = (String::new(), name.chars());
    while let Some(letter) = letters.next() {
        text.push(if letter == '\\' { letters.next().unwrap_or('\\') } else { letter });
    }
    text
}

impl Part {
    fn new(name: &str) -> anyhow::Result<Part> {
        if name == "**" {
            return Ok(Part::Folders);
        }
        let tokens = tokens(name)?;
        let letters: Option<String> = tokens.iter().map(Token::letter).collect();
        Ok(letters.map_or_else(|| Part::Like(Glob(tokens)), Part::Name))
    }
}

fn tokens(name: &str) -> anyhow::Result<Vec<Token>> {
    let (mut tokens, mut letters) = (Vec::new(), name.chars().peekable());
    while let Some(letter) = letters.next() {
        let token = match letter {
            '*' if tokens.last() == Some(&Token::Many) => continue,
            '*' => Token::Many,
            '?' => Token::Any,
            '[' => {
                let negated = letters.next_if(|letter| matches!(letter, '!' | '^')).is_some();
                let mut ranges: Vec<(char, char)> = Vec::new();
                loop {
                    let first = match letters.next().with_context(|| format!("'[' has no ']' in '{name}'"))? {
                        ']' if !ranges.is_empty() => break,
                        '\\' => letters.next().context("a backslash at the end stands for nothing")?,
                        letter => letter,
                    };
                    // A hyphen at the end is one.
                    let mut ahead = letters.clone();
                    let last = match (ahead.next(), ahead.next()) {
                        (Some('-'), Some(last)) if last != ']' => {
                            letters = ahead;
                            if last == '\\' { letters.next().unwrap_or(last) } else { last }
                        }
                        _ => first,
                    };
                    if last < first {
                        return Err(anyhow!("'{first}-{last}' is no range"));
                    }
                    ranges.push((first, last));
                }
                Token::OneOf { ranges, negated }
            }
            '\\' => Token::Letter(letters.next().context("a backslash at the end stands for nothing")?),
            letter => Token::Letter(letter),
        };
        tokens.push(token);
    }
    Ok(tokens)
}

impl Glob {
    /// Whether a name is like this.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        // The last `*`, and how far what it stands for reaches: nothing before it need be looked at again.
        let (mut token, mut letter) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while letter < name.len() {
            match self.0.get(token) {
                Some(Token::Many) => {
                    star = Some((token + 1, letter));
                    token += 1;
                }
                Some(one) if one.takes(name[letter]) => (token, letter) = (token + 1, letter + 1),
                _ => match star {
                    Some((behind, reach)) => {
                        star = Some((behind, reach + 1));
                        (token, letter) = (behind, reach + 1);
                    }
                    None => return false,
                },
            }
        }
        self.0[token..].iter().all(|token| *token == Token::Many)
    }
}

impl Token {
    fn letter(&self) -> Option<char> {
        match self {
            Token::Letter(letter) => Some(*letter),
            Token::Any | Token::Many | Token::OneOf { .. } => None,
        }
    }

    fn takes(&self, letter: char) -> bool {
        match self {
            Token::Letter(own) => same(*own, letter),
            Token::Any => true,
            Token::Many => false,
            Token::OneOf { ranges, negated } => {
                let within =
                    |letter: char| ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter));
                let any =
                    within(letter) || letter.to_lowercase().any(within) || letter.to_uppercase().any(within);
                any != *negated
            }
        }
    }
}

fn same(one: char, other: char) -> bool {
    one == other || one.to_lowercase().eq(other.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let glob = Glob(tokens(pattern).unwrap());
        for name in yes {
            assert!(glob.matches(name), "{pattern} should match {name}");
        }
        for name in no {
            assert!(!glob.matches(name), "{pattern} should not match {name}");
        }
    }

    #[test]
    fn names_are_matched_as_in_a_shell_but_for_case() {
        check("*", &["", "a", ".hidden", "a.b"], &[]);
        check("*.jpg", &["a.jpg", ".jpg", "B.JPG", "a.jpg.jpg"], &["a.jpeg", "jpg", "a.jpg "]);
        check("a?c", &["abc", "aüc", "a*c", "A?C"], &["ac", "abbc"]);
        check("a*b*c", &["abc", "aXbYc", "abcbc", "abbbc"], &["ab", "acb", "abcd"]);
        check("[a-cx]1", &["a1", "B1", "x1"], &["d1", "a", "11"]);
        check("[!a-c]", &["d", "1", "ü"], &["a", "B", "dd"]);
        check("[^a]", &["b"], &["a"]);
        check("[]x]", &["]", "x"], &["[]"]);
        check("[a-]", &["a", "-"], &["b"]);
        check("[\\]a]", &["]", "a"], &["\\"]);
        check("\\*\\?\\[a]", &["*?[a]"], &["xx[a]", "*?a"]);
        check("**a", &["a", "ba"], &["b"]);
        check("ÄÖ*", &["äöü"], &["aou"]);
    }

    /// It takes a time that grows with the lengths, whatever is asked.
    #[test]
    fn a_hostile_name_takes_no_time() {
        let glob = Glob(tokens(&"a*".repeat(100)).unwrap());
        assert!(!glob.matches(&format!("{}b", "a".repeat(50))));
        let glob = Glob(tokens(&format!("{}b", "*a".repeat(60))).unwrap());
        assert!(!glob.matches(&"a".repeat(200)));
    }

    #[test]
    fn patterns_begin_with_what_is_known() {
        let beginning = |text: &str| {
            let pattern = Pattern::new(text).unwrap();
            let (path, rest) = pattern.beginning().unwrap();
            (path.as_str().to_owned(), rest.len())
        };
        for (text, path, rest) in [
            ("/", "/", 0),
            ("", "/", 0),
            ("a/b", "/a/b", 0),
            ("//a//b/", "/a/b", 0),
            ("/a/*/b", "/a", 2),
            ("**/x", "/", 2),
            ("/a\\*/b", "/a*/b", 0),
            ("/a/b[1].txt", "/a", 1),
            ("/a/b\\[1].txt", "/a/b[1].txt", 0),
        ] {
            assert_eq!(beginning(text), (path.to_owned(), rest), "{text}");
        }
        assert!(Pattern::new("/a/").unwrap().wants_folder && !Pattern::new("/a").unwrap().wants_folder);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in ["a/..", "./a", "a\u{1b}b", "[a", "a/[]", "x\\", "[z-a]", "a\\\\b"] {
            assert!(Pattern::new(text).is_err(), "{text}");
        }
        for text in ["a/..", "..", "a\nb"] {
            assert!(plain(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_plain_path_is_what_it_says() {
        for (text, path) in [("a*b", "/a*b"), ("/a\\*b/", "/a*b"), ("[x]", "/[x]"), ("", "/")] {
            assert_eq!(plain(text).unwrap().as_str(), path, "{text}");
        }
    }
}
