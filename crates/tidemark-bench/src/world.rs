//! What all cases share: the server, the peers, a folder on the disk that is measured, and how long to measure.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use tempfile::TempDir;

use crate::load::Plan;
use crate::peers::nginx::Nginx;
use crate::server::{Account, Tidemark};
use crate::tree::Tree;

/// How much to measure.
#[derive(Clone, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// One round of a rate.
    pub(crate) measure: Duration,
    pub(crate) warm_up: Duration,
    /// Wake-ups in a round.
    pub(crate) wakes: usize,
    /// Bytes of the large file.
    pub(crate) large_file: u64,
    /// Small files that are brought from one folder to another.
    pub(crate) synced_files: usize,
    /// Entries of the large tree.
    pub(crate) entries: usize,
    /// Numbers of parked polls.
    pub(crate) parked: Vec<usize>,
    /// How often the large tree is deleted, and so built.
    pub(crate) deletions: usize,
}

/// Everything there is to measure.
pub(crate) struct World {
    pub(crate) effort: Effort,
    /// Tidemark, or why it is not there.
    pub(crate) server: Result<Tidemark, String>,
    pub(crate) nginx: Result<Nginx, String>,
    /// Files that one process may open here.
    pub(crate) open_files: u64,
    /// Where the sources are.
    pub(crate) workspace: PathBuf,
    large: Option<Tree>,
    small: Option<Tree>,
    /// Where programs are unpacked that the machine does not have.
    packages: PathBuf,
    // Dropped last: the processes above live in it.
    folder: TempDir,
}

impl World {
    pub(crate) fn new(
        effort: Effort,
        folder: TempDir,
        server: Result<Tidemark, String>,
        nginx: Result<Nginx, String>,
        open_files: u64,
        workspace: PathBuf,
        packages: PathBuf,
    ) -> Self {
        Self { effort, server, nginx, open_files, workspace, large: None, small: None, packages, folder }
    }

    pub(crate) fn server(&self) -> Result<&Tidemark> {
        self.server.as_ref().map_err(|why| anyhow!("{why}"))
    }

    pub(crate) fn server_mut(&mut self) -> Result<&mut Tidemark> {
        self.server.as_mut().map_err(|why| anyhow!("{why}"))
    }

    pub(crate) fn nginx(&self) -> Result<&Nginx> {
        self.nginx.as_ref().map_err(|why| anyhow!("{why}"))
    }

    /// A folder on the same file system as the server's data.
    pub(crate) fn disk(&self) -> &Path {
        self.folder.path()
    }

    /// Where programs are unpacked that the machine does not have.
    pub(crate) fn packages(&self) -> &Path {
        &self.packages
    }

    /// Makes a folder for a case.
    pub(crate) fn make_folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.disk().join(name);
        std::fs::create_dir_all(&folder).with_context(|| format!("could not make the folder {name}"))?;
        Ok(folder)
    }

    /// So many clients, for as long as a round takes.
    pub(crate) fn plan(&self, addr: std::net::SocketAddr, clients: usize) -> Plan {
        Plan { addr, clients, warm_up: self.effort.warm_up, measure: self.effort.measure }
    }

    /// The large tree, built when it is first needed.
    pub(crate) fn large_tree(&mut self) -> Result<Tree> {
        if self.large.is_none() {
            self.large = Some(Tree::build(self.server()?, Account::LargeTree, self.effort.entries)?);
        }
        self.large.clone().context("the tree was built")
    }

    /// Gives the large tree away to a case that deletes it.
    pub(crate) fn take_large_tree(&mut self) -> Result<Tree> {
        let tree = self.large_tree()?;
        self.large = None;
        Ok(tree)
    }

    /// A tree of a single branch.
    pub(crate) fn small_tree(&mut self) -> Result<Tree> {
        if self.small.is_none() {
            self.small = Some(Tree::build(self.server()?, Account::SmallTree, 1)?);
        }
        self.small.clone().context("the tree was built")
    }
}
