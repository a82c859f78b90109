//! A large tree, built the fast way: one folder by uploads, the others as its copies.

use anyhow::{Context as _, Result};

use crate::client::Client;
use crate::scripts::{noise, stamp, unique};
use crate::server::{Account, Tidemark};
use crate::wire;

/// Entries of one branch: a folder and its files.
const BRANCH: usize = 1000;

/// Uploads at a time.
const CLIENTS: usize = 8;

/// A folder full of branches.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) root: String,
    /// One of its folders, with [`BRANCH`] - 1 files in it.
    pub(crate) branch: String,
    /// All that is in it and itself.
    pub(crate) entries: usize,
}

impl Tree {
    /// Builds a tree of about so many entries.
    pub(crate) fn build(server: &Tidemark, account: Account, entries: usize) -> Result<Self> {
        let token = server.token(account)?;
        let root = format!("/tree-{}-{}", std::process::id(), unique());
        let branch = format!("{root}/00000");
        std::thread::scope(|scope| {
            let branch = &branch;
            let workers: Vec<_> = (0..CLIENTS)
                .map(|worker| {
                    scope.spawn(move || -> Result<()> {
                        let mut client = Client::connect(server.addr())?;
                        let mut body = noise(64);
                        for file in (1 + worker..BRANCH).step_by(CLIENTS) {
                            stamp(&mut body);
                            let path = format!("{branch}/{file:04}.txt");
                            client.expect(&wire::upload(token, &path, &body), 200)?;
                        }
                        Ok(())
                    })
                })
                .collect();
            workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
        })
        .context("could not upload the first branch of the tree")?;
        let branches = (entries / BRANCH).max(1);
        let mut client = Client::connect(server.addr())?;
        for copy in 1..branches {
            let to = format!("{root}/{copy:05}");
            client
                .expect(&wire::fileop(token, "copy", &[("from_path", &branch), ("to_path", &to)]), 200)
                .context("could not copy a branch of the tree")?;
        }
        Ok(Self { root, branch, entries: branches * BRANCH + 1 })
    }
}
