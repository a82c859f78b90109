//! Other people's clients: fetched and built by us, kept in `target/clients`, never changed.

pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod rclone;
pub(crate) mod shell;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{output, process, workspace};

/// Fetching and building takes no longer, or hangs.
pub(crate) const INSTALL_LIMIT: Duration = Duration::from_secs(600);

/// How a suite is run: all of them take these words.
pub(crate) struct Suite<'a> {
    /// The server's program.
    pub(crate) binary: &'a Path,
    /// Only tests whose id has one of these words; all if there is none.
    pub(crate) words: &'a [String],
    /// Where to note what each client called, and what came of it.
    pub(crate) record: Option<&'a Path>,
}

impl Suite<'_> {
    fn arguments(&self) -> Vec<OsString> {
        let mut arguments = vec!["--binary".into(), self.binary.into()];
        if let Some(folder) = self.record {
            arguments.extend(["--record".into(), folder.into()]);
        }
        for word in self.words {
            arguments.extend(["-k".into(), word.into()]);
        }
        arguments
    }
}

/// What an installation was made from: it is made again when that changes.
pub(crate) struct Stamp {
    file: PathBuf,
    wanted: String,
}

impl Stamp {
    /// The stamp in a folder of an installation that these lists describe.
    pub(crate) fn of(folder: &Path, lists: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<Self> {
        let mut wanted = String::new();
        for list in lists {
            wanted += &workspace::read(list.as_ref())?;
        }
        Ok(Self { file: folder.join("built-from.txt"), wanted })
    }

    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|built| built == self.wanted)
    }

    pub(crate) fn write(&self) -> Result<()> {
        Ok(fs::write(&self.file, &self.wanted)?)
    }
}

/// Installs a package of Debian's where that is ours to do: as root (in a container, say). Tells whether it did.
pub(crate) fn install_package(name: &str) -> Result<bool> {
    if !rustix::process::geteuid().is_root() || !Path::new("/usr/bin/apt-get").exists() {
        return Ok(false);
    }
    output::line(&format!("    installing {name}"));
    for arguments in
        [&["update", "--quiet"][..], &["install", "--quiet", "--yes", "--no-install-recommends", name]]
    {
        process::read(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments))?;
    }
    Ok(true)
}

/// Fetches a package of Debian's and unpacks it into a folder, so that nothing on the machine changes.
fn unpack_package(name: &str, folder: &Path) -> Result<()> {
    output::line(&format!("    fetching {name}"));
    let archives = folder.join("archives");
    fs::create_dir_all(&archives).with_context(|| format!("cannot make {}", archives.display()))?;
    let fetch = || process::read(Command::new("apt-get").args(["download", name]).current_dir(&archives));
    if fetch().is_err() {
        // Old lists name versions that are gone; renewing them takes the right to.
        let _ = process::read(Command::new("apt-get").args(["update", "--quiet"]));
        fetch()?;
    }
    for entry in fs::read_dir(&archives)? {
        process::read(Command::new("dpkg").arg("-x").arg(entry?.path()).arg(folder))?;
    }
    fs::remove_dir_all(&archives).with_context(|| format!("cannot remove {}", archives.display()))
}
