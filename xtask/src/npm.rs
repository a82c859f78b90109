//! Packages of Node's: fetched by hash as their lists say, kept in `target`, never changed and never in the tree.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::clients::{INSTALL_LIMIT, Stamp};
use crate::{output, process, workspace};

/// What npm reads: `package-lock.json` has the hash of every archive.
const LISTS: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];
/// The first release whose test runner and `fetch` the suites can use.
const NODE_MAJOR_MIN: u32 = 20;

/// Packages that a suite stands on.
pub(crate) struct Packages {
    /// What they are for, in words.
    pub(crate) purpose: &'static str,
    /// Where their lists are.
    pub(crate) lists: &'static str,
    /// Where they are installed.
    pub(crate) folder: &'static str,
}

impl Packages {
    /// The folder that holds `node_modules`; made at the first call, and again when the lists change.
    pub(crate) fn install(&self) -> Result<PathBuf> {
        self.check_node()?;
        let folder = workspace::root().join(self.folder);
        let stamp = Stamp::of(&folder, LISTS.map(|name| Path::new(self.lists).join(name)))?;
        if stamp.is_current() && folder.join("node_modules").exists() {
            return Ok(folder);
        }
        output::line(&format!("    fetching the packages of {}", self.purpose));
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for name in LISTS {
            fs::write(folder.join(name), workspace::read(&Path::new(self.lists).join(name))?)?;
        }
        let log = workspace::scratch("logs")?.join("npm.log");
        let mut npm = Command::new("npm");
        // Nothing that a package brings is run while it is installed.
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
        let done = process::run(&mut npm, &log, INSTALL_LIMIT, false)?;
        ensure!(
            done.success,
            "cannot install the packages of {} ({}):\n{}",
            self.purpose,
            done.reason,
            done.output
        );
        stamp.write()?;
        Ok(folder)
    }

    fn check_node(&self) -> Result<()> {
        let wanted = format!("for {}, Node {NODE_MAJOR_MIN} or later with npm is needed", self.purpose);
        let version = process::read(Command::new("node").arg("--version")).with_context(|| wanted.clone())?;
        let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
        let major: u32 =
            major.parse().with_context(|| format!("node tells no version: {}", version.trim()))?;
        ensure!(major >= NODE_MAJOR_MIN, "{wanted}; this is {}", version.trim());
        Ok(())
    }
}
