//! The documents against the code.

use std::collections::BTreeSet;
use tidemark_api::box_events::routes::ENDPOINTS;

const TABLE: &str = include_str!("../../../../../docs/protocols/box.md");

/// Every endpoint has a row that calls it served, and every row that does is of an endpoint.
#[test]
fn every_endpoint_is_documented() {
    let rows = TABLE.lines().filter_map(|line| {
        // A name, a state, a test, and what differs.
        let cells: Vec<_> = line.strip_prefix("| `")?.split('|').map(str::trim).collect();
        let [name, "done" | "partial", _, _, ""] = cells[..] else { return None };
        Some(name.trim_end_matches('`'))
    });
    let rows: BTreeSet<_> = rows.collect();
    let routes: BTreeSet<_> = ENDPOINTS.iter().map(|endpoint| endpoint.name).collect();
    assert_eq!(rows, routes);
}
