//! The program of a shell and curl: nothing to build.

use std::process::Command;

use anyhow::{Result, ensure};

use super::{Suite, install_package};
use crate::workspace;

/// The command that runs the suite.
pub(crate) fn suite(suite: &Suite<'_>) -> Result<Command> {
    let has_curl = || Command::new("curl").arg("--version").output().is_ok_and(|done| done.status.success());
    ensure!(
        has_curl() || (install_package("curl")? && has_curl()),
        "the shell programs need curl; on Debian: apt-get install curl"
    );
    let mut command = Command::new("sh");
    command
        .arg("suite/main.sh")
        .args(suite.arguments())
        .current_dir(workspace::root().join("tests/clients/shell"));
    Ok(command)
}
