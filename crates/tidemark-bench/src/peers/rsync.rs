//! rsync, told to make durable what it writes.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::debian;

/// The command that makes `to` equal to `from`.
pub(crate) fn command(packages: &Path, from: &Path, to: &Path) -> Result<Command> {
    let mut command = debian::program(packages, "rsync", &["rsync", "libpopt0", "libxxhash0"])?;
    // Times to the nanosecond: files are changed twice within a second. The slash behind a folder means what is in it.
    command
        .args(["--archive", "--delete", "--fsync", "--modify-window=-1"])
        .arg(from.join(""))
        .arg(to.join(""));
    Ok(command)
}
