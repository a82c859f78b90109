//! The table of endpoints in the documents against the routes in the code, in both directions.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use crate::workspace;

/// Holds the table `ENDPOINTS`, with one `name: "..."` to a line.
const ROUTES: &str = "crates/tidemark-api/src/dropbox_v1/routes.rs";
/// Holds tables whose header names an endpoint and its state.
const DOCUMENT: &str = "docs/protocols/dropbox-v1.md";
/// An endpoint in any other state (planned, left out) has no route yet.
const SERVED: [&str; 2] = ["done", "partial"];
/// Pages and token endpoints of OAuth stand in the document, and are routed beside the table.
const ROUTED_ELSEWHERE: [&str; 2] = ["oauth/", "oauth2/"];

/// Every route is documented as served, and every endpoint that is documented as served has a route.
pub(super) fn documented() -> Result<Vec<String>> {
    let routes = match workspace::root().join(ROUTES).exists() {
        true => routes(&workspace::read(Path::new(ROUTES))?),
        false => BTreeSet::new(),
    };
    let rows = match workspace::root().join(DOCUMENT).exists() {
        true => rows(&workspace::read(Path::new(DOCUMENT))?),
        false => BTreeSet::new(),
    };
    let mut complaints = Vec::new();
    if routes.is_empty() {
        complaints.push(format!("{ROUTES} names no endpoint"));
    }
    complaints.extend(
        routes.difference(&rows).map(|name| format!("{DOCUMENT} does not tell that `{name}` is served")),
    );
    complaints.extend(rows.difference(&routes).map(|name| format!("{ROUTES} has no route for `{name}`")));
    Ok(complaints)
}

fn routes(source: &str) -> BTreeSet<String> {
    source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("name: \"")?.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// The endpoints that the tables call served: the first code span of a row whose column "State" says so.
fn rows(document: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut state_column = None;
    for line in document.lines() {
        let Some(row) = line.trim().strip_prefix('|') else {
            state_column = None;
            continue;
        };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        if let Some(column) = cells.iter().position(|cell| cell.eq_ignore_ascii_case("state")) {
            state_column = Some(column);
            continue;
        }
        let state = state_column.and_then(|column| cells.get(column)).map(|state| state.to_lowercase());
        if state.is_some_and(|state| SERVED.iter().any(|served| state.starts_with(served))) {
            let spans = cells[0].split('`').skip(1).step_by(2);
            let names = spans.map(endpoint_name);
            found
                .extend(names.filter(|name| !ROUTED_ELSEWHERE.iter().any(|prefix| name.starts_with(prefix))));
        }
    }
    found
}

/// `GET /1/files/<root>/<path>` is the endpoint `files`.
fn endpoint_name(span: &str) -> String {
    let path = span.rsplit(' ').next().unwrap_or(span);
    let path = path.strip_prefix("/1/").unwrap_or(path).trim_start_matches('/');
    path.split(['<', '{', '?']).next().unwrap_or_default().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_sides() {
        let source =
            "pub const ENDPOINTS: &[Endpoint] = &[\n  Endpoint {\n    name: \"files_put\",\n  },\n];";
        let document = "\
            | Endpoint | State | Test |\n|---|---|---|\n\
            | `PUT /1/files_put/<root>/<path>` | done | x |\n\
            | `/1/delta/latest_cursor` | Done, with limits | x |\n\
            | `/1/shares` | planned | |\n\
            | `/1/oauth2/token` | done | |\n\n\
            | Other | Table |\n|---|---|\n| `nothing` | done |\n";
        assert_eq!(routes(source), BTreeSet::from(["files_put".to_owned()]));
        assert_eq!(
            rows(document),
            BTreeSet::from(["delta/latest_cursor".to_owned(), "files_put".to_owned()])
        );
    }

    #[test]
    fn names_endpoints() {
        assert_eq!(endpoint_name("GET /1/files/<root>/<path>"), "files");
        assert_eq!(endpoint_name("fileops/copy"), "fileops/copy");
        assert_eq!(endpoint_name("/1/metadata/{root}/{path}?list"), "metadata");
    }
}
