//! The tables of compatibility: which client called which endpoint, and whether its tests passed.
//!
//! While a suite of clients runs, it notes every request of a client and the outcome of every test. The tables are
//! made from these notes; what they cannot tell stands in `tests/clients/compat.toml`, a sentence each.

mod declared;
mod paths;
mod record;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::{output, tidy, workspace};
use declared::{Client, Protocol};

/// A table of a protocol's endpoints and its clients.
struct Table {
    /// Holds it, between two marks.
    document: &'static str,
    protocol: Protocol,
    described: tidy::Protocol,
    /// What of the protocol a request asks for.
    find: record::Find,
}

const TABLES: [Table; 2] = [
    Table {
        document: "docs/protocols/dropbox-v1-clients.md",
        protocol: Protocol::DropboxV1,
        described: tidy::DROPBOX_V1,
        find: paths::dropbox_v1,
    },
    Table {
        document: "docs/protocols/box-clients.md",
        protocol: Protocol::Box,
        described: tidy::BOX_EVENTS,
        find: paths::box_events,
    },
];

const BEGIN: &str = "<!-- made by `cargo xtask compat`, and compared by the test command: -->\n";
const END: &str = "<!-- end of what was made -->\n";

/// `cargo xtask compat`: writes the tables as the last runs of the suites have them.
pub(crate) fn write() -> Result<bool> {
    for table in &TABLES {
        let text = workspace::read(Path::new(table.document))?;
        let made = table.made(&text)?;
        let word = if made == text { "as it was" } else { "written" };
        let file = workspace::root().join(table.document);
        fs::write(&file, made).with_context(|| format!("cannot write {}", table.document))?;
        output::line(&format!("{}: {word}", table.document));
    }
    Ok(true)
}

/// Whether each table is what the last runs of the suites have shown; tells the rows that are not.
pub(crate) fn check() -> Result<Vec<bool>> {
    TABLES.iter().map(Table::check).collect()
}

impl Table {
    fn check(&self) -> Result<bool> {
        let text = workspace::read(Path::new(self.document))?;
        let made = self.made(&text)?;
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
        Ok(tidy::report(&format!("{} has what the runs show", self.document), &complaints))
    }

    /// The document with the table that the last runs give.
    fn made(&self, text: &str) -> Result<String> {
        let endpoints = self.described.endpoints()?;
        let clients = declared::clients()?;
        let mut columns = Vec::new();
        for client in clients.iter().filter(|client| client.protocol == self.protocol) {
            let file = notes(client);
            let text = fs::read_to_string(&file).with_context(|| {
                format!("no notes of {}; first: cargo xtask test --only {}", client.title, client.suite)
            })?;
            let seen = record::read(&text, &endpoints, self.find)
                .with_context(|| format!("in {}", file.display()))?;
            columns.push(table::Column::new(client, seen, &endpoints)?);
        }
        with_table(text, &table::render(&endpoints, &columns)).with_context(|| self.document.to_owned())
    }
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

fn with_table(text: &str, table: &str) -> Result<String> {
    let marked = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = marked.context("there is no place for the table")?;
    ensure!(!after.contains(BEGIN), "there are two places for the table");
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
