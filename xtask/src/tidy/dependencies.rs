//! The direction of dependencies: a crate is a rule, and this is the rule.

use std::path::Path;

use anyhow::Result;

use crate::workspace::{self, Metadata};

/// Which crates of ours each crate may import; the picture in ARCHITECTURE.md, as a table.
const MAY_IMPORT: [(&str, &[&str]); 15] = [
    (
        "tidemark",
        &[
            "tidemark-api",
            "tidemark-client",
            "tidemark-core",
            "tidemark-egress",
            "tidemark-gallery",
            "tidemark-media",
            "tidemark-store-local",
            "tidemark-sync",
        ],
    ),
    ("tidemark-api", &["tidemark-assets", "tidemark-core"]),
    ("tidemark-assets", &[]),
    ("tidemark-client", &[]),
    ("tidemark-core", &[]),
    ("tidemark-egress", &["tidemark-core"]),
    ("tidemark-gallery", &["tidemark-assets", "tidemark-client"]),
    ("tidemark-media", &["tidemark-core"]),
    ("tidemark-store-local", &["tidemark-core"]),
    ("tidemark-sync", &["tidemark-client"]),
    ("tidemark-testing", &["tidemark-api", "tidemark-client", "tidemark-core"]),
    ("tidemark-fuzz", &["tidemark-api", "tidemark-core", "tidemark-testing"]),
    (
        "tidemark-sim",
        &["tidemark-api", "tidemark-client", "tidemark-core", "tidemark-sync", "tidemark-testing"],
    ),
    ("tidemark-bench", &[]),
    ("xtask", &[]),
];

/// Which more of them a crate's tests may import: the other side of a wire, so that it is the real one.
const TESTS_MAY_IMPORT: [(&str, &[&str]); 4] = [
    ("tidemark-api", &["tidemark-testing"]),
    ("tidemark-client", &["tidemark-api", "tidemark-core", "tidemark-testing"]),
    ("tidemark-gallery", &["tidemark-core", "tidemark-testing"]),
    ("tidemark-sync", &["tidemark-core", "tidemark-testing"]),
];

/// What a crate may not know, whoever offers it: core no HTTP, no SQL and no clock; the API no store.
const MAY_NOT_KNOW: [(&str, &[&str]); 2] = [
    (
        "tidemark-core",
        &[
            "axum",
            "http",
            "http-body",
            "hyper",
            "hyper-util",
            "jiff",
            "reqwest",
            "rusqlite",
            "rustls",
            "serde",
        ],
    ),
    ("tidemark-api", &["rusqlite", "tokio-postgres"]),
];

/// The protocol adapters inside `tidemark-api`.
const ADAPTERS: [&str; 3] = ["dropbox_v1", "dropbox_v2", "box_events"];
const ADAPTERS_FOLDER: &str = "crates/tidemark-api/src";

/// Where the binary may name a store: the place that picks one.
const ASSEMBLY: &str = "crates/tidemark/src/assemble.rs";
const STORES: [&str; 2] = ["tidemark_store_local", "tidemark_store_cluster"];

/// Compares `cargo metadata` with the tables.
pub(super) fn direction() -> Result<Vec<String>> {
    let metadata = Metadata::load()?;
    let ours: Vec<&str> = metadata.members().map(|package| package.name.as_str()).collect();
    let mut complaints = Vec::new();
    for package in metadata.members() {
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == package.name) else {
            complaints.push(format!("{} is not in the table of {}", package.name, file!()));
            continue;
        };
        let forbidden =
            MAY_NOT_KNOW.iter().find(|(name, _)| *name == package.name).map_or(&[][..], |found| found.1);
        let with_tests =
            TESTS_MAY_IMPORT.iter().find(|(name, _)| *name == package.name).map_or(&[][..], |found| found.1);
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let in_tests = dependency.is_of_tests() && with_tests.contains(&name);
            let is_allowed = name == package.name || allowed.contains(&name) || in_tests;
            if ours.contains(&name) && !is_allowed {
                complaints.push(format!("{} imports {name}, against the picture", package.name));
            }
            if forbidden.contains(&name) {
                complaints.push(format!("{} may not know {name}", package.name));
            }
        }
    }
    Ok(complaints)
}

/// No adapter names another: what two of them share belongs below them.
pub(super) fn adapters() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for adapter in ADAPTERS {
        for path in workspace::files(&format!("{ADAPTERS_FOLDER}/{adapter}"))? {
            let text = workspace::read(&path)?;
            let others = ADAPTERS.iter().filter(|other| **other != adapter);
            for other in others.filter(|other| text.contains(&format!("{other}::"))) {
                complaints.push(format!("{} names {other}", path.display()));
            }
        }
    }
    Ok(complaints)
}

/// In the binary, only the assembly names a store.
pub(super) fn stores() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for path in workspace::files("crates/tidemark/src")? {
        let text = workspace::read(&path)?;
        for store in STORES.iter().filter(|store| text.contains(**store)) {
            if path != Path::new(ASSEMBLY) {
                complaints.push(format!("{} names {store}: only {ASSEMBLY} picks a store", path.display()));
            }
        }
    }
    Ok(complaints)
}
