//! The table of compatibility: which client called which endpoint, and whether its tests passed.
//!
//! While a suite of clients runs, it notes every request of a client and the outcome of every test. The table is
//! made from these notes; what they cannot tell stands in `tests/clients/compat.toml`, a sentence each.

mod declared;
mod record;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::{output, tidy, workspace};
use declared::Client;

/// Holds the table, between two marks.
const DOCUMENT: &str = "docs/protocols/dropbox-v1-clients.md";
const BEGIN: &str = "<!-- made by `cargo xtask compat`, and compared by the test command: -->\n";
const END: &str = "<!-- end of what was made -->\n";

/// `cargo xtask compat`: writes the table as the last runs of the suites have it.
pub(crate) fn write() -> Result<bool> {
    let document = workspace::root().join(DOCUMENT);
    let text = workspace::read(Path::new(DOCUMENT))?;
    let made = with_table(&text, &table()?)?;
    let word = if made == text { "as it was" } else { "written" };
    fs::write(&document, made).with_context(|| format!("cannot write {DOCUMENT}"))?;
    output::line(&format!("{DOCUMENT}: {word}"));
    Ok(true)
}

/// Whether the table is what the last runs of the suites have shown; tells the rows that are not.
pub(crate) fn check() -> Result<bool> {
    let text = workspace::read(Path::new(DOCUMENT))?;
    let made = with_table(&text, &table()?)?;
    let changed = |new: &str, old: &str| -> Vec<String> {
        new.lines().filter(|line| !old.lines().any(|other| other == *line)).map(str::to_owned).collect()
    };
    let mut complaints: Vec<String> =
        changed(&made, &text).into_iter().map(|line| format!("the runs show: {line}")).collect();
    complaints.extend(changed(&text, &made).into_iter().map(|line| format!("the table has: {line}")));
    if made != text && complaints.is_empty() {
        complaints.push("the runs show the rows in another order".to_owned());
    }
    if made != text {
        complaints.push("if that is as it should be: cargo xtask compat".to_owned());
    }
    Ok(tidy::report(&format!("{DOCUMENT} has what the runs show"), &complaints))
}

/// Makes room for the notes of a suite; its older ones are removed.
pub(crate) fn begin(suite: &str) -> Result<PathBuf> {
    let folder = workspace::root().join("target/compat");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for client in declared::clients()?.iter().filter(|client| client.suite == suite) {
        let notes = notes(client);
        if notes.exists() {
            fs::remove_file(&notes).with_context(|| format!("cannot remove {}", notes.display()))?;
        }
    }
    Ok(folder)
}

fn notes(client: &Client) -> PathBuf {
    workspace::root().join("target/compat").join(format!("{}.jsonl", client.name))
}

fn table() -> Result<String> {
    let endpoints = tidy::endpoint_names()?;
    let clients = declared::clients()?;
    let mut columns = Vec::new();
    for client in &clients {
        let file = notes(client);
        let text = fs::read_to_string(&file).with_context(|| {
            format!("no notes of {}; first: cargo xtask test --only {}", client.title, client.suite)
        })?;
        let seen = record::read(&text, &endpoints).with_context(|| format!("in {}", file.display()))?;
        columns.push(table::Column::new(client, seen, &endpoints)?);
    }
    Ok(table::render(&endpoints, &columns))
}

fn with_table(text: &str, table: &str) -> Result<String> {
    let marked = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = marked.with_context(|| format!("{DOCUMENT} has no place for the table"))?;
    ensure!(!after.contains(BEGIN), "{DOCUMENT} has two places for the table");
    Ok(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_takes_the_place_of_the_last_one() {
        let text = format!("# Title\n\n{BEGIN}\nold\n\n{END}\nMore.\n");
        let made = with_table(&text, "new\n").unwrap();
        assert_eq!(made, format!("# Title\n\n{BEGIN}\nnew\n\n{END}\nMore.\n"));
        assert_eq!(with_table(&made, "new\n").unwrap(), made);
        assert!(with_table("# Title\n", "new\n").is_err());
    }
}
