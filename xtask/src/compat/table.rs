//! The table itself: a row for each endpoint, a column for each client.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use super::declared::Client;
use super::record::Seen;

/// A client, and what was seen of it.
pub(super) struct Column<'a> {
    client: &'a Client,
    seen: BTreeMap<String, Seen>,
}

impl<'a> Column<'a> {
    /// Joins what is declared of a client with what was seen of it; they may not contradict each other.
    pub(super) fn new(
        client: &'a Client,
        seen: BTreeMap<String, Seen>,
        endpoints: &[String],
    ) -> Result<Self> {
        let known: BTreeSet<&String> = endpoints.iter().collect();
        let title = &client.title;
        for name in client.not_offered.iter().chain(client.notes.keys()) {
            ensure!(known.contains(name), "{title}: {name} is no endpoint of the table");
        }
        for name in &client.not_offered {
            ensure!(!seen.contains_key(name), "{title} calls {name}, which it is said not to offer");
        }
        for name in client.notes.keys() {
            ensure!(seen.contains_key(name), "{title} has a note on {name}, which it never called");
        }
        Ok(Self { client, seen })
    }

    fn cell(&self, endpoint: &String) -> &'static str {
        match self.seen.get(endpoint) {
            Some(Seen::Passed) => "pass",
            Some(Seen::Refused) => "refused",
            Some(Seen::Failed) => "FAILED",
            None if self.client.not_offered.contains(endpoint) => "–",
            None => "never called",
        }
    }
}

/// The table in Markdown, with its notes below.
pub(super) fn render(endpoints: &[String], columns: &[Column<'_>]) -> String {
    let mut notes: Vec<&str> = Vec::new();
    let mut out = String::from("| Endpoint |");
    for column in columns {
        out += &format!(" {} |", column.client.title);
    }
    out += "\n| --- |";
    out += &" --- |".repeat(columns.len());
    for endpoint in endpoints {
        out += &format!("\n| `{endpoint}` |");
        for column in columns {
            out += &format!(" {}", column.cell(endpoint));
            if let Some(note) = column.client.notes.get(endpoint) {
                let number = notes.iter().position(|known| known == note).unwrap_or_else(|| {
                    notes.push(note);
                    notes.len() - 1
                });
                out += &format!(" [{}]", number + 1);
            }
            out += " |";
        }
    }
    out.push('\n');
    for (index, note) in notes.iter().enumerate() {
        out += &format!("\n{}. {note}", index + 1);
    }
    if !notes.is_empty() {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::declared::Protocol;

    fn client(not_offered: &[&str], notes: &[(&str, &str)]) -> Client {
        Client {
            name: "box".to_owned(),
            title: "box 1.0".to_owned(),
            protocol: Protocol::DropboxV1,
            suite: "node".to_owned(),
            not_offered: not_offered.iter().map(ToString::to_string).collect(),
            notes: notes.iter().map(|(name, note)| (name.to_string(), note.to_string())).collect(),
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn seen(seen: &[(&str, Seen)]) -> BTreeMap<String, Seen> {
        seen.iter().map(|(name, seen)| (name.to_string(), *seen)).collect()
    }

    #[test]
    fn renders_cells_and_notes() {
        let endpoints = names(&["a", "b", "c", "d", "e"]);
        let client = client(&["d"], &[("a", "Said so."), ("b", "Said so.")]);
        let seen = seen(&[("a", Seen::Passed), ("b", Seen::Refused), ("c", Seen::Failed)]);
        let column = Column::new(&client, seen, &endpoints).unwrap();
        let expected = "\
            | Endpoint | box 1.0 |\n\
            | --- | --- |\n\
            | `a` | pass [1] |\n\
            | `b` | refused [1] |\n\
            | `c` | FAILED |\n\
            | `d` | – |\n\
            | `e` | never called |\n\
            \n\
            1. Said so.\n";
        assert_eq!(render(&endpoints, &[column]), expected);
    }

    #[test]
    fn declarations_may_not_contradict_the_runs() {
        let endpoints = names(&["a", "b"]);
        let called = || seen(&[("a", Seen::Passed)]);
        for wrong in [client(&["a"], &[]), client(&["c"], &[]), client(&[], &[("b", "Never called.")])] {
            assert!(Column::new(&wrong, called(), &endpoints).is_err());
        }
    }
}
