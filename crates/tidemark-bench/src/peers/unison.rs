//! Unison, with its archives in a folder of its own. It makes nothing durable.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::debian;

/// The command that makes both folders the same.
pub(crate) fn command(packages: &Path, own: &Path, one: &Path, other: &Path) -> Result<Command> {
    let mut command = debian::program(packages, "unison-2.52", &["unison-2.52"])?;
    command.env("UNISON", own).env("HOME", own);
    command.args(["-ui", "text", "-batch", "-auto", "-silent", "-confirmbigdel=false"]);
    command.arg(one).arg(other);
    Ok(command)
}
