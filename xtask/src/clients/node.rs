//! The Node clients: packages of their time, and the suite that loads them.

use std::process::Command;

use anyhow::Result;

use super::Suite;
use crate::npm::Packages;
use crate::workspace;

const NODE: &str = "tests/clients/node";
const PACKAGES: Packages =
    Packages { purpose: "the Node clients", lists: NODE, folder: "target/clients/node" };

/// The command that runs the suite.
pub(crate) fn suite(suite: &Suite<'_>) -> Result<Command> {
    let folder = PACKAGES.install()?;
    let mut command = Command::new("node");
    command
        // The clients are older than what Node warns of; in a terminal of ours that helps nobody.
        .args(["--no-deprecation", "suite/main.js"])
        .args(suite.arguments())
        .env("NODE_PATH", folder.join("node_modules"))
        .env_remove("NODE_OPTIONS")
        .current_dir(workspace::root().join(NODE));
    Ok(command)
}
