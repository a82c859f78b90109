//! The tests of the web pages: Node's packages for them, a browser, and the programs in `tests/web` that go through the pages.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::clients::{install_package, python};
use crate::npm::Packages;
use crate::{process, workspace};

/// Where the pictures of the README are.
const PICTURES: &str = "docs/pictures";
const TESTS: &str = "tests/web";
const PACKAGES: Packages =
    Packages { purpose: "the tests of the web pages", lists: TESTS, folder: "target/web" };
/// Names that the browser has on the systems we know.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The command that runs all tests of the pages, or those whose id has one of these words. `slow` says that the binary may be
/// one without optimisation.
pub(crate) fn journeys(binary: &Path, slow: bool, words: &[String]) -> Result<Command> {
    let mut command = program("main.js", binary)?;
    command.arg("--python").arg(python::with_dropbox()?);
    if slow {
        command.arg("--slow");
    }
    for word in words {
        command.args(["-k", word]);
    }
    Ok(command)
}

/// Fetches what drives a browser, for programs that find it where it then is.
pub(crate) fn prepare() -> Result<()> {
    PACKAGES.install()?;
    browser().map(drop)
}

/// Which pages are shown.
#[derive(Args)]
pub(crate) struct Options {
    /// Show the pages of this binary, instead of building the release
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// `cargo xtask screenshots`.
pub(crate) fn screenshots(options: &Options) -> Result<bool> {
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => {
            let build = ["build", "--release", "--locked", "--package", "tidemark"];
            ensure!(process::cargo(&build).status()?.success(), "there is no binary to show");
            workspace::root().join("target/release/tidemark")
        }
    };
    let mut command = program("screenshots.js", &binary)?;
    command.arg("--pictures").arg(workspace::root().join(PICTURES));
    Ok(command.status()?.success())
}

/// One of our programs there, with what all of them are told.
fn program(name: &str, binary: &Path) -> Result<Command> {
    let mut command = Command::new("node");
    command
        .arg(workspace::root().join(TESTS).join(name))
        .arg("--binary")
        .arg(binary)
        .arg("--packages")
        .arg(PACKAGES.install()?)
        .args(["--chromium", &browser()?])
        .arg("--out")
        .arg(workspace::scratch("web")?)
        .env_remove("NODE_OPTIONS")
        .current_dir(workspace::root());
    Ok(command)
}

/// The path of a browser; Debian's is installed where that is ours to do.
fn browser() -> Result<String> {
    let found = || BROWSERS.iter().find_map(|name| on_path(name));
    if let Some(path) = found() {
        return Ok(path.to_string_lossy().into_owned());
    }
    if install_package("chromium")?
        && let Some(path) = found()
    {
        return Ok(path.to_string_lossy().into_owned());
    }
    bail!("the web pages are tested in Chromium, and there is none; on Debian: apt-get install chromium")
}

fn on_path(name: &str) -> Option<PathBuf> {
    let found = process::read(Command::new("sh").args(["-c", "command -v -- \"$1\"", "sh", name])).ok()?;
    Some(PathBuf::from(found.trim()))
}
