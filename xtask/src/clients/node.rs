//! The Node clients: packages of their time, and the suite that loads them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{INSTALL_LIMIT, Stamp, Suite};
use crate::{output, process, workspace};

const NODE: &str = "tests/clients/node";
/// What npm reads: `package-lock.json` has the hash of every archive.
const LISTS: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];
/// The first release whose test runner and `fetch` the suite can use.
const NODE_MAJOR_MIN: u32 = 20;

/// The command that runs the suite.
pub(crate) fn suite(suite: &Suite<'_>) -> Result<Command> {
    let modules = modules()?;
    let mut command = Command::new("node");
    command
        // The clients are older than what Node warns of; in a terminal of ours that helps nobody.
        .args(["--no-deprecation", "suite/main.js"])
        .args(suite.arguments())
        .env("NODE_PATH", modules)
        .env_remove("NODE_OPTIONS")
        .current_dir(workspace::root().join(NODE));
    Ok(command)
}

/// The folder of the installed packages; made at the first call, and again when the lists change.
fn modules() -> Result<PathBuf> {
    check_node()?;
    let folder = workspace::root().join("target/clients/node");
    let modules = folder.join("node_modules");
    let stamp = Stamp::of(&folder, LISTS.map(|name| Path::new(NODE).join(name)))?;
    if stamp.is_current() && modules.exists() {
        return Ok(modules);
    }
    output::line("    fetching the packages of the Node clients");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for name in LISTS {
        fs::write(folder.join(name), workspace::read(&Path::new(NODE).join(name))?)?;
    }
    let log = workspace::scratch("logs")?.join("npm.log");
    let mut npm = Command::new("npm");
    // Nothing that a package brings is run while it is installed.
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    let done = process::run(&mut npm, &log, INSTALL_LIMIT, false)?;
    ensure!(done.success, "cannot install the Node clients ({}):\n{}", done.reason, done.output);
    stamp.write()?;
    Ok(modules)
}

fn check_node() -> Result<()> {
    let version = process::read(Command::new("node").arg("--version"))
        .with_context(|| format!("the Node clients need Node {NODE_MAJOR_MIN} or later, with npm"))?;
    let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    let major: u32 = major.parse().with_context(|| format!("node tells no version: {}", version.trim()))?;
    ensure!(
        major >= NODE_MAJOR_MIN,
        "the Node clients need Node {NODE_MAJOR_MIN} or later; this is {}",
        version.trim()
    );
    Ok(())
}
