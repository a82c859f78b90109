//! Documents that tell the truth: what they name exists, and their links lead somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::workspace::{self, Metadata, has_extension};

/// The first component of a path in this workspace, as documents write it.
const TOP: [&str; 8] = ["crates/", "docs/", "tests/", "xtask/", "fuzz/", "web/", "fixtures/", ".ci/"];
/// Crates are called so, and so may other things be: the binary's own files, for one.
const CRATE_PREFIX: &str = "tidemark-";

/// Every path and every crate in back-ticks exists. A path may begin at the top, or in the folder of every crate that
/// has it (`tests/it/main.rs`).
pub(super) fn names() -> Result<Vec<String>> {
    let metadata = Metadata::load()?;
    let crates: Vec<&str> = metadata.members().map(|package| package.name.as_str()).collect();
    let mut tops = vec![Path::new("")];
    for package in metadata.members() {
        tops.push(package.folder()?);
    }
    let mut complaints = Vec::new();
    for document in documents()? {
        for (line, span) in code_spans(&workspace::read(&document)?) {
            let missing: Vec<String> = if TOP.iter().any(|top| span.starts_with(top)) {
                braces(&span).into_iter().filter(|path| !exists(path, &tops)).collect()
            } else if is_crate_name(&span) && !crates.contains(&span.as_str()) {
                vec![span]
            } else {
                Vec::new()
            };
            complaints.extend(
                missing.iter().map(|name| {
                    format!("{}:{line} names `{name}`, which does not exist", document.display())
                }),
            );
        }
    }
    Ok(complaints)
}

/// Every relative link leads to a file or folder.
pub(super) fn links() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for document in documents()? {
        let folder = document.parent().unwrap_or(Path::new(""));
        for (line, target) in link_targets(&workspace::read(&document)?) {
            let path = target.split('#').next().unwrap_or_default();
            let foreign = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            if !foreign && !workspace::root().join(folder).join(path).exists() {
                complaints
                    .push(format!("{}:{line} links to {target}, which does not exist", document.display()));
            }
        }
    }
    Ok(complaints)
}

/// The glossary has each word once. What means something else elsewhere says where: `Part (command line)`.
pub(super) fn glossary() -> Result<Vec<String>> {
    let document = Path::new("docs/GLOSSARY.md");
    let mut complaints = Vec::new();
    for (line, word) in repeated_words(&workspace::read(document)?) {
        complaints.push(format!("{}:{line} has {word} for the second time", document.display()));
    }
    Ok(complaints)
}

/// The words in the first column of a table that stand there more than once, with the lines of all but their first places.
fn repeated_words(table: &str) -> Vec<(usize, String)> {
    let mut known = BTreeSet::new();
    let rows = lines_of_prose(table)
        .filter_map(|(line, row)| Some((line, row.strip_prefix('|')?.split('|').next()?)));
    let words =
        rows.flat_map(|(line, cell)| cell.split(',').map(move |word| (line, word.trim().to_lowercase())));
    words.filter(|(_, word)| !known.insert(word.clone())).collect()
}

fn documents() -> Result<Vec<PathBuf>> {
    Ok(workspace::files("")?.into_iter().filter(|path| has_extension(path, &["md"])).collect())
}

/// A path with `*`, `<...>` or `...` is a pattern, not a name.
fn exists(path: &str, tops: &[&Path]) -> bool {
    let pattern = path.contains(['*', '<', '…']) || path.contains("...");
    let path = path.split(':').next().unwrap_or(path);
    pattern || tops.iter().any(|top| workspace::root().join(top).join(path).exists())
}

fn is_crate_name(span: &str) -> bool {
    span.strip_prefix(CRATE_PREFIX).is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
    })
}

/// The spans in single back-ticks outside of fenced blocks, with their line numbers.
fn code_spans(text: &str) -> Vec<(usize, String)> {
    lines_of_prose(text)
        .flat_map(|(number, line)| {
            let spans: Vec<String> = line.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            spans.into_iter().map(move |span| (number, span))
        })
        .collect()
}

/// The targets of `[text](target)`, with their line numbers.
fn link_targets(text: &str) -> Vec<(usize, String)> {
    lines_of_prose(text)
        .flat_map(|(number, line)| {
            let targets: Vec<String> = line
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split([')', ' ']).next())
                .map(str::to_owned)
                .collect();
            targets.into_iter().map(move |target| (number, target))
        })
        .collect()
}

fn lines_of_prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn braces(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let Some((choices, after)) = rest.split_once('}') else { return vec![path.to_owned()] };
    choices.split(',').flat_map(|choice| braces(&format!("{before}{}{after}", choice.trim()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_and_links_outside_of_fences() {
        let text = "see `crates/a` and `b`\n```\n`not/this` [nor](this)\n```\n[x](docs/y.md#z), [w](v)\n";
        assert_eq!(code_spans(text), [(1, "crates/a".to_owned()), (1, "b".to_owned())]);
        assert_eq!(link_targets(text), [(5, "docs/y.md#z".to_owned()), (5, "v".to_owned())]);
    }

    #[test]
    fn finds_words_that_are_there_twice() {
        let table = "| Ours | What |\n| --- | --- |\n| Pair, Part | one |\n| Part (sync) | other |\n| Walk, pair | Part |\n";
        assert_eq!(repeated_words(table), [(5, "pair".to_owned())]);
    }

    #[test]
    fn expands_braces() {
        assert_eq!(braces("a/{b,c}/{d,e}"), ["a/b/d", "a/b/e", "a/c/d", "a/c/e"]);
        assert_eq!(braces("a/b"), ["a/b"]);
    }

    #[test]
    fn knows_a_crate_name() {
        assert!(is_crate_name("tidemark-api"));
        assert!(!is_crate_name("tidemark-"));
        assert!(!is_crate_name("tidemark-api/src"));
    }
}
