//! The documents against the code.

use std::collections::BTreeSet;
use tidemark_api::dropbox_v1::routes::ENDPOINTS;

const TABLE: &str = include_str!("../../../../../docs/protocols/dropbox-v1.md");

/// Every endpoint has a row that calls it served, and every row that does is of an endpoint.
#[test]
fn every_endpoint_is_documented() {
    let rows = TABLE.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
        let name = cells.next()?.trim_end_matches('`');
        let state = cells.next()?;
        let elsewhere = name.starts_with("oauth");
        (matches!(state, "done" | "partial") && !elsewhere).then_some(name)
    });
    let rows: BTreeSet<_> = rows.collect();
    let routes: BTreeSet<_> = ENDPOINTS.iter().map(|endpoint| endpoint.name).collect();
    assert_eq!(rows, routes);
}
