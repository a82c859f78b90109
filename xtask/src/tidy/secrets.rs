//! Secrets: compared in a time that tells nothing about them.
//!
//! The types do much of it: `Secret` cannot be compared at all, and MACs are verified by their crate. What remains are
//! texts, such as an app's secret; this finds where one of them stands beside `==`.

use std::path::Path;

use anyhow::Result;

use crate::workspace::{self, has_extension};

/// Where secrets are handled.
const FOLDERS: [&str; 3] =
    ["crates/tidemark-core/src/people", "crates/tidemark-api/src/oauth", "crates/tidemark-api/src/web"];
/// Names that secrets, and what is made of them, have there; alone or as a part, as in `token_secret`.
const WORDS: [&str; 9] =
    ["secret", "token", "signature", "seal", "mac", "verifier", "challenge", "digest", "password"];
/// What is kept is compared with what is kept: nobody has sent either.
const KEPT: [&str; 1] = ["now.password == account.password"];

/// No secret is compared with `==` or `!=`.
pub(super) fn check() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for folder in FOLDERS {
        for path in workspace::files(folder)?.iter().filter(|path| has_extension(path, &["rs"])) {
            if !path.components().any(|part| part.as_os_str() == "tests") {
                complaints.extend(complain(path, &workspace::read(path)?));
            }
        }
    }
    Ok(complaints)
}

fn complain(path: &Path, text: &str) -> Vec<String> {
    // A field or a line that only tests have ends nothing.
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let (mut complaints, mut before) = (Vec::new(), "");
    for (index, line) in code.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        // A long comparison stands on two lines, the second of which begins with the operator.
        let goes_on = OPERATORS.iter().any(|operator| line.trim_start().starts_with(operator));
        let whole =
            if goes_on { format!("{} {}", before.trim(), line.trim()) } else { line.trim().to_owned() };
        if !KEPT.iter().any(|kept| whole.contains(kept)) && compares(&whole) {
            complaints.push(format!("{}:{} compares a secret: {whole}", path.display(), index + 1));
        }
        before = line;
    }
    complaints
}

const OPERATORS: [&str; 2] = ["==", "!="];

/// Views of a text, and the inside of a wrapper, are as secret as it is.
const VIEWS: [&str; 10] = [
    ".as_str()",
    ".as_bytes()",
    ".as_slice()",
    ".as_ref()",
    ".as_deref()",
    ".reveal()",
    ".clone()",
    ".to_owned()",
    ".trim()",
    ".0",
];

fn compares(line: &str) -> bool {
    OPERATORS.iter().any(|operator| {
        line.match_indices(operator).any(|(at, _)| {
            is_secret(left_name(&line[..at])) || is_secret(right_name(&line[at + operator.len()..]))
        })
    })
}

/// The last name of what stands before an operator.
fn left_name(before: &str) -> &str {
    let before = viewed(before.trim_end());
    let start = before.rfind(|c: char| !is_of_name(c)).map_or(0, |at| at + 1);
    &before[start..]
}

/// The last name of what stands behind an operator: a field, or a method.
fn right_name(after: &str) -> &str {
    let after = after.trim_start_matches([' ', '&', '*']);
    let end = after.find(|c: char| !is_of_name(c) && !".()".contains(c)).unwrap_or(after.len());
    let mut chain = &after[..end];
    // What closes something around the comparison.
    while chain.ends_with(')') && !chain.ends_with("()") {
        chain = &chain[..chain.len() - 1];
    }
    viewed(chain).rsplit('.').next().unwrap_or_default()
}

/// What this is a view of.
fn viewed(mut chain: &str) -> &str {
    while let Some(inner) = VIEWS.iter().find_map(|view| chain.strip_suffix(view)) {
        chain = inner;
    }
    chain
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Constants are no secrets.
fn is_secret(name: &str) -> bool {
    name.split('_').any(|part| WORDS.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_secrets_beside_operators() {
        for bad in [
            "if app.secret == presented {",
            "if presented != &app.secret {",
            ".filter(|token_secret| expected==*token_secret)",
            "signature == ours",
            "a == 1 && mac != theirs.mac",
            "if app.secret.as_str() == presented {",
            "presented.as_bytes() == app.secret.as_bytes()",
            "known.is_some_and(|token| hash == token.0)",
            "(presented != issued.token.reveal())",
        ] {
            assert!(compares(bad), "{bad}");
        }
        for good in [
            "secret.len() == SECRET_LENGTH",
            "name != SIGNATURE",
            "tokens == 3",
            "method == Method::GET && is_secret",
            "grant.proof == Proof::Bearer",
            "let secret = a == b;",
            "limit == secret.len()",
        ] {
            assert!(!compares(good), "{good}");
        }
    }

    #[test]
    fn tells_where() {
        let text = "// a.secret == b\n#[cfg(test)]\ncount: u32,\nif a.secret == b {}\n#[cfg(test)]\nmod tests;\n\
            if a.mac == b {}\n\n#[cfg(test)]\nmod tests { a.secret == b }\n";
        let expected =
            ["a.rs:4 compares a secret: if a.secret == b {}", "a.rs:7 compares a secret: if a.mac == b {}"];
        assert_eq!(complain(Path::new("a.rs"), text), expected);
        let two_lines = "let same = a.secret\n    == b;";
        let complaint = "a.rs:2 compares a secret: let same = a.secret == b;";
        assert_eq!(complain(Path::new("a.rs"), two_lines), [complaint]);
    }
}
