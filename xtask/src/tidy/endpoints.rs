//! The table of endpoints in the documents against the routes in the code, in both directions, and its tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use crate::workspace;

/// A protocol, by where it is told of.
pub(crate) struct Protocol {
    /// Holds the table `ENDPOINTS`, with at most one `name: "..."` to a line.
    routes: &'static str,
    /// Holds a table whose columns are an endpoint, its state and its test.
    document: &'static str,
    /// Where the tests lie that the table names.
    tests: &'static str,
    /// The name of an endpoint that a document spells like this.
    name: fn(&str) -> String,
}

pub(crate) const DROPBOX_V1: Protocol = Protocol {
    routes: "crates/tidemark-api/src/dropbox_v1/routes.rs",
    document: "docs/protocols/dropbox-v1.md",
    tests: "crates/tidemark-api/tests/it/dropbox_v1",
    name: dropbox_v1_name,
};

pub(crate) const BOX_EVENTS: Protocol = Protocol {
    routes: "crates/tidemark-api/src/box_events/routes.rs",
    document: "docs/protocols/box.md",
    tests: "crates/tidemark-api/tests/it/box_events",
    // A method and a path, as they are.
    name: str::to_owned,
};

/// An endpoint in any other state (planned, left out) has no route yet.
const SERVED: [&str; 2] = ["done", "partial"];

/// Every route is documented as served, every endpoint that is documented as served has a route, and a test.
pub(super) fn documented() -> Result<Vec<String>> {
    let complaints = [DROPBOX_V1, BOX_EVENTS].iter().map(complaints).collect::<Result<Vec<_>>>()?;
    Ok(complaints.concat())
}

fn complaints(protocol: &Protocol) -> Result<Vec<String>> {
    let Protocol { routes: source, document, tests, name } = protocol;
    let routes = routes(&read_if_there(source)?);
    let rows = rows(&read_if_there(document)?, *name);
    let mut complaints = Vec::new();
    if routes.is_empty() {
        complaints.push(format!("{source} names no endpoint"));
    }
    for name in routes.iter().filter(|name| !rows.contains_key(*name)) {
        complaints.push(format!("{document} does not tell that `{name}` is served"));
    }
    for (name, test) in &rows {
        if !routes.contains(name) {
            complaints.push(format!("{source} has no route for `{name}`"));
        }
        if test.is_empty() || !workspace::root().join(tests).join(test).exists() {
            complaints.push(format!("{document} names no test for `{name}` that exists: {test:?}"));
        }
    }
    Ok(complaints)
}

fn read_if_there(path: &str) -> Result<String> {
    if workspace::root().join(path).exists() { workspace::read(Path::new(path)) } else { Ok(String::new()) }
}

fn routes(source: &str) -> BTreeSet<String> {
    source
        .lines()
        .filter_map(|line| line.split_once("name: \"")?.1.split('"').next())
        .map(str::to_owned)
        .collect()
}

impl Protocol {
    /// Every endpoint of its document, served or not, in the document's order.
    pub(crate) fn endpoints(&self) -> Result<Vec<String>> {
        let rows = table_rows(&workspace::read(Path::new(self.document))?, self.name);
        Ok(rows.into_iter().flat_map(|row| row.names).collect())
    }
}

/// The endpoints that the tables call served, each with its test. A table without tests is of what is routed elsewhere:
/// pages and token endpoints.
fn rows(document: &str, name: fn(&str) -> String) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for row in table_rows(document, name) {
        let Some(test) = row.test else { continue };
        if SERVED.iter().any(|served| row.state.starts_with(served)) {
            found.extend(row.names.into_iter().map(|name| (name, test.clone())));
        }
    }
    found
}

/// A row of a table that has a column for the state.
struct Row {
    names: Vec<String>,
    /// In lower case.
    state: String,
    /// Nothing in a table without a column for it; empty where none is named.
    test: Option<String>,
}

fn table_rows(document: &str, name: fn(&str) -> String) -> Vec<Row> {
    let mut found = Vec::new();
    let mut columns = None;
    for line in document.lines() {
        let Some(row) = line.trim().strip_prefix('|') else {
            columns = None;
            continue;
        };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let column = |title: &str| cells.iter().position(|cell| cell.eq_ignore_ascii_case(title));
        if let Some(state) = column("state") {
            columns = Some((state, column("test")));
            continue;
        }
        let Some((state, test)) = columns else { continue };
        let cell = |column: usize| cells.get(column).copied().unwrap_or_default();
        let test = test.map(|test| code_spans(cell(test)).next().unwrap_or_default().to_owned());
        let names = code_spans(cells[0]).map(name).collect();
        found.push(Row { names, state: cell(state).to_lowercase(), test });
    }
    found
}

fn code_spans(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// `GET /1/files/<root>/<path>` is the endpoint `files`.
fn dropbox_v1_name(span: &str) -> String {
    let path = span.rsplit(' ').next().unwrap_or(span);
    let path = path.strip_prefix("/1/").unwrap_or(path).trim_start_matches('/');
    path.split(['<', '{', '?']).next().unwrap_or_default().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_sides() {
        let source = "pub const ENDPOINTS: &[Endpoint] = &[\n  Endpoint {\n    name: \"files_put\",\n  },\n  \
                      Endpoint { name: \"GET /2.0/x/:id\", verb: Verb::X },\n];";
        let document = "\
            | Endpoint | State | Test |\n|---|---|---|\n\
            | `PUT /1/files_put/<root>/<path>` | done | `files_put.rs` |\n\
            | `/1/delta/latest_cursor` | Done, with limits | |\n\
            | `/1/shares` | planned | |\n\
            | `/1/oauth2/token_from_oauth1` | done | `token.rs` |\n\n\
            | Endpoint | State |\n|---|---|\n| `/1/oauth2/token` | done |\n\n\
            | Other | Table |\n|---|---|\n| `nothing` | done |\n";
        assert_eq!(routes(source), BTreeSet::from(["files_put".to_owned(), "GET /2.0/x/:id".to_owned()]));
        let served = [
            ("delta/latest_cursor", ""),
            ("files_put", "files_put.rs"),
            ("oauth2/token_from_oauth1", "token.rs"),
        ];
        assert_eq!(
            rows(document, dropbox_v1_name),
            served.map(|(name, test)| (name.to_owned(), test.to_owned())).into()
        );
    }

    #[test]
    fn names_endpoints() {
        assert_eq!(dropbox_v1_name("GET /1/files/<root>/<path>"), "files");
        assert_eq!(dropbox_v1_name("fileops/copy"), "fileops/copy");
        assert_eq!(dropbox_v1_name("/1/metadata/{root}/{path}?list"), "metadata");
    }
}
