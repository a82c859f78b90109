//! The Python clients: an environment for each, and the suite that runs in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::{INSTALL_LIMIT, Stamp, Suite, install_package};
use crate::{output, process, workspace};

/// What the Python clients are and how they are built: see the files themselves.
const PYTHON: &str = "tests/clients/python";
/// Interpreters that can build the oldest SDK: its set-up needs `lib2to3`, and a setuptools that 3.12 can't run.
const PYTHON_NAMES: [&str; 5] = ["python3", "python3.11", "python3.10", "python3.9", "python3.8"];
const PYTHON_MINORS: std::ops::RangeInclusive<u32> = 8..=11;

/// A client, and the environment in which it is installed.
struct Client {
    /// The folder of its tests in `suite`.
    name: &'static str,
    /// The folder of its environment in `target/clients`.
    environment: &'static str,
    /// What it is built with, if it is built here.
    tools: Option<&'static str>,
    /// What is installed, with the hash of each archive.
    list: &'static str,
    /// What must be there in the end.
    imports: &'static str,
}

const DROPBOX: Client = Client {
    name: "dropbox_python",
    environment: "python",
    tools: Some("build-requirements.txt"),
    list: "requirements.txt",
    imports: "dropbox.client, requests",
};
const BOXSDK: Client = Client {
    name: "boxsdk",
    environment: "boxsdk",
    tools: None,
    list: "boxsdk-requirements.txt",
    imports: "boxsdk",
};
const BOX_SDK_GEN: Client = Client {
    name: "box_sdk_gen",
    environment: "box-sdk-gen",
    tools: None,
    list: "box-sdk-gen-requirements.txt",
    imports: "box_sdk_gen",
};

/// The command that runs the suite of the SDK for the Dropbox Core API.
pub(crate) fn dropbox(suite: &Suite<'_>) -> Result<Command> {
    Ok(command(&DROPBOX.interpreter()?, DROPBOX.name, suite))
}

/// An interpreter that has the SDK for the Dropbox Core API, for programs that are written with it.
pub(crate) fn with_dropbox() -> Result<PathBuf> {
    DROPBOX.interpreter()
}

/// The command that runs the suite of Box's first SDK.
pub(crate) fn boxsdk(suite: &Suite<'_>) -> Result<Command> {
    Ok(command(&BOXSDK.interpreter()?, BOXSDK.name, suite))
}

/// The command that runs the suite of Box's generated SDK.
pub(crate) fn box_sdk_gen(suite: &Suite<'_>) -> Result<Command> {
    Ok(command(&BOX_SDK_GEN.interpreter()?, BOX_SDK_GEN.name, suite))
}

/// The command that runs the suite of a client that needs no packages of Python.
pub(super) fn bare(client: &str, suite: &Suite<'_>) -> Result<Command> {
    Ok(command(Path::new(&find_python()?), client, suite))
}

/// The command that runs the tests of a client.
fn command(interpreter: &Path, client: &str, suite: &Suite<'_>) -> Command {
    let folder = workspace::root().join(PYTHON);
    let mut command = Command::new(interpreter);
    command
        .args(["-X", "utf8", "-u", "-B", "-m", "suite", client])
        .args(suite.arguments())
        .env("PYTHONPATH", format!("{}:{}", folder.join("shim").display(), folder.display()))
        .current_dir(folder);
    command
}

impl Client {
    /// The interpreter of its environment; made at the first call, and again when its lists change.
    fn interpreter(&self) -> Result<PathBuf> {
        let folder = workspace::root().join("target/clients").join(self.environment);
        let interpreter = folder.join("bin/python");
        let tools = self.tools.map(|name| Path::new(PYTHON).join(name));
        let list = Path::new(PYTHON).join(self.list);
        let stamp = Stamp::of(&folder, tools.iter().chain([&list]))?;
        if stamp.is_current() && interpreter.exists() {
            return Ok(interpreter);
        }
        output::line(&format!("    building the environment of the Python client {}", self.name));
        make_environment(&folder)?;
        // Only the archives with these hashes are accepted; what is no wheel is built by the tools alone.
        let built = match &tools {
            Some(tools) => {
                pip(&interpreter, &["--only-binary", ":all:"], tools)?;
                "--no-build-isolation"
            }
            None => "--only-binary=:all:",
        };
        pip(&interpreter, &["--no-deps", built], &list)?;
        process::read(Command::new(&interpreter).args(["-c", &format!("import {}", self.imports)]))
            .context("the SDK is installed but cannot be imported")?;
        stamp.write()?;
        Ok(interpreter)
    }
}

fn make_environment(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    let python = find_python()?;
    let make = || process::read(Command::new(&python).args(["-m", "venv"]).arg(folder));
    if make().is_ok() {
        return Ok(());
    }
    // Debian packs `venv` apart from Python.
    if install_package("python3-venv")? {
        let _ = fs::remove_dir_all(folder);
    }
    make().map(drop).context("cannot make a virtual environment; on Debian: apt-get install python3-venv")
}

fn find_python() -> Result<String> {
    let ask = "import sys; print(sys.version_info.major, sys.version_info.minor)";
    let mut seen = Vec::new();
    for name in PYTHON_NAMES {
        let Ok(version) = process::read(Command::new(name).args(["-c", ask])) else { continue };
        let (major, minor) = version.trim().split_once(' ').context("python tells no version")?;
        if major == "3" && PYTHON_MINORS.contains(&minor.parse()?) {
            return Ok(name.to_owned());
        }
        seen.push(format!("{name} is {major}.{minor}"));
    }
    let (first, last) = (PYTHON_MINORS.start(), PYTHON_MINORS.end());
    let seen = if seen.is_empty() { "none found".to_owned() } else { seen.join(", ") };
    bail!(
        "the SDK of 2014 needs Python 3.{first} to 3.{last} ({seen}); on Debian 12: apt-get install python3-venv"
    )
}

fn pip(interpreter: &Path, options: &[&str], list: &Path) -> Result<()> {
    let log = workspace::scratch("logs")?.join("pip.log");
    let mut command = Command::new(interpreter);
    command
        .args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"])
        .arg("--require-hashes")
        .args(options)
        .arg("--requirement")
        .arg(list)
        .current_dir(workspace::root());
    let done = process::run(&mut command, &log, INSTALL_LIMIT, false)?;
    ensure!(done.success, "cannot install {} ({}):\n{}", list.display(), done.reason, done.output);
    Ok(())
}
