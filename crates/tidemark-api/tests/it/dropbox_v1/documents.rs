//! The documents against the code.

use std::collections::BTreeSet;
use tidemark_api::dropbox_v1::routes::ENDPOINTS;

const TABLE: &str = include_str!("../../../../../docs/protocols/dropbox-v1.md");

/// Every endpoint has a row that calls it served, and every row that does is of an endpoint.
#[test]
fn every_endpoint_is_documented() {
    let rows = TABLE.lines().filter_map(|line| {
        // A name, a state, a test, and what differs. The pages and token endpoints, which are routed elsewhere, stand in a
        // table that names no tests.
        let cells: Vec<_> = line.strip_prefix("| `")?.split('|').map(str::trim).collect();
        let [name, "done" | "partial", _, _, ""] = cells[..] else { return None };
        Some(name.trim_end_matches('`'))
    });
    let rows: BTreeSet<_> = rows.collect();
    let routes: BTreeSet<_> = ENDPOINTS.iter().map(|endpoint| endpoint.name).collect();
    assert_eq!(rows, routes);
}
