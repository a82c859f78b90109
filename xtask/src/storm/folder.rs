//! A folder that is kept in sync, by a process of its own.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// What the sync keeps for itself in a folder.
pub(super) const OWN: &str = ".tidemark";

pub(super) struct Folder {
    binary: PathBuf,
    /// Whatever belongs to this machine of the two.
    home: PathBuf,
    device: String,
    port: u16,
    token: String,
    process: Option<Child>,
}

/// What is in a folder: bytes by path, none for a folder.
pub(super) type Picture = BTreeMap<String, Option<Vec<u8>>>;

impl Folder {
    pub(super) fn prepare(binary: &Path, place: &Path, number: u32, port: u16, token: &str) -> Result<Self> {
        let device = format!("device{number}");
        let home = place.join(&device);
        fs::create_dir_all(home.join("files")).with_context(|| format!("cannot make {}", home.display()))?;
        let (binary, token) = (binary.to_owned(), token.to_owned());
        Ok(Self { binary, home, device, port, token, process: None })
    }

    /// The folder.
    pub(super) fn root(&self) -> PathBuf {
        self.home.join("files")
    }

    pub(super) fn start(&mut self) -> Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(self.home.join("log"))?;
        let mut command = Command::new(&self.binary);
        command.arg("sync").arg(self.root()).args(["--device", &self.device, "--json"]);
        command.env("TIDEMARK_SERVER", format!("http://127.0.0.1:{}", self.port));
        command.env("TIDEMARK_TOKEN", &self.token);
        for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            command.env(variable, &self.home);
        }
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let started = command.spawn().with_context(|| format!("cannot start {}", self.binary.display()))?;
        self.process = Some(started);
        Ok(())
    }

    pub(super) fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill().context("cannot kill a sync")?;
            process.wait()?;
        }
        Ok(())
    }

    pub(super) fn is_alive(&mut self) -> Result<bool> {
        match &mut self.process {
            Some(process) => Ok(process.try_wait()?.is_none()),
            None => Ok(false),
        }
    }

    /// What is in it; none if it changes while it is looked at.
    pub(super) fn picture(&self) -> Result<Option<Picture>> {
        let mut picture = Picture::new();
        let root = self.root();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { return Ok(None) };
            for entry in entries {
                let entry = entry?;
                let path = entry.path();
                let name = path.strip_prefix(&root)?.to_str().context("a name that is no text")?.to_owned();
                if name == OWN {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    picture.insert(name, None);
                    folders.push(path);
                } else {
                    let Ok(bytes) = fs::read(&path) else { return Ok(None) };
                    picture.insert(name, Some(bytes));
                }
            }
        }
        Ok(Some(picture))
    }

    /// The bytes of all files that the sync has put away.
    pub(super) fn put_away(&self) -> Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        let mut folders = vec![self.root().join(OWN)];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else {
                    found.push(fs::read(entry.path())?);
                }
            }
        }
        Ok(found)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It may be dead already, which is what we want.
        let _ = self.kill();
    }
}
