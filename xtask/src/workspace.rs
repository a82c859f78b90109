//! The workspace as files and as `cargo metadata` describes it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::process;

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 5] = ["target", ".git", ".cache", "node_modules", "__pycache__"];

/// The top folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in a folder of the workspace")
}

/// A folder for what a command leaves behind; made if it is missing.
pub(crate) fn scratch(name: &str) -> Result<PathBuf> {
    let folder = root().join("target/xtask").join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// All files of ours below a folder, as paths from the workspace's top, in order.
pub(crate) fn files(below: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            let foreign = path.file_name().is_some_and(|name| FOREIGN.iter().any(|known| name == *known));
            if path.is_dir() && !foreign {
                folders.push(path);
            } else if path.is_file() {
                found.push(path.strip_prefix(root())?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a file of the workspace as text.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| format!("cannot read {}", path.display()))
}

/// Whether a file name ends in one of these extensions.
pub(crate) fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|found| extensions.iter().any(|extension| found == *extension))
}

/// What `cargo metadata` says, as far as we look.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
}

/// A package: one of ours, or one that ours need.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression.
    pub(crate) license: Option<String>,
    /// Where it comes from; none for a package on this disk.
    pub(crate) source: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) manifest_path: PathBuf,
}

/// An arrow between packages, of whatever kind (normal, build, dev).
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `build` or `dev`; none for a normal one.
    pub(crate) kind: Option<String>,
}

impl Dependency {
    /// Whether only tests and examples need it.
    pub(crate) fn is_of_tests(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

impl Metadata {
    /// Asks cargo, for the packages of this machine's platform.
    pub(crate) fn load() -> Result<Self> {
        let version = process::read(std::process::Command::new("rustc").arg("-vV"))?;
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .context("rustc does not tell its platform")?;
        let arguments = ["metadata", "--format-version", "1", "--filter-platform", host];
        let metadata: Self = serde_json::from_str(&process::read(&mut process::cargo(&arguments))?)
            .context("cannot read what cargo says about the workspace")?;
        ensure!(!metadata.workspace_members.is_empty(), "cargo knows no package in this workspace");
        Ok(metadata)
    }

    /// Our own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.is_member(package))
    }

    /// Everybody else's.
    pub(crate) fn foreign(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| !self.is_member(package))
    }

    fn is_member(&self, package: &Package) -> bool {
        self.workspace_members.contains(&package.id)
    }
}

impl Package {
    /// Its folder, as a path from the workspace's top.
    pub(crate) fn folder(&self) -> Result<&Path> {
        let folder = self.manifest_path.parent().context("a manifest lies in a folder")?;
        Ok(folder.strip_prefix(root())?)
    }
}
