//! What the runs cannot tell: the clients' names, what they have no call for, and differences known to us.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace;

const FILE: &str = "tests/clients/compat.toml";

/// A protocol that has a table.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Protocol {
    DropboxV1,
    Box,
}

/// A client as `compat.toml` describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Client {
    /// The name of its notes.
    pub(super) name: String,
    /// What the table calls it.
    pub(super) title: String,
    /// The protocol in whose table it stands.
    pub(super) protocol: Protocol,
    /// The step of the test command that runs it.
    pub(super) suite: String,
    /// Endpoints that it has no call for.
    #[serde(default)]
    pub(super) not_offered: Vec<String>,
    /// What to know of an endpoint that it calls: a sentence.
    #[serde(default)]
    pub(super) notes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    client: Vec<Client>,
}

pub(super) fn clients() -> Result<Vec<Client>> {
    let declared: Declared =
        toml::from_str(&workspace::read(Path::new(FILE))?).with_context(|| format!("cannot read {FILE}"))?;
    Ok(declared.client)
}
