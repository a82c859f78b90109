//! Chromium under measurement: driven by a program of the web pages' tests, which is asked and answers line by line.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::process::Running;

/// Names that the browser has on the systems we know.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// The program, below the workspace, and where its packages are.
const PROGRAM: &str = "tests/web/measure.js";
const PACKAGES: &str = "target/web";

/// A browser, and who drives it.
pub(crate) struct Browser {
    // It ends when nothing more is asked; the process behind it is dropped last.
    lines: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
    _running: Running,
}

impl Browser {
    /// Starts it, or says what is missing.
    pub(crate) fn start(workspace: &Path) -> Result<Self> {
        let node = on_path("node").context("node is not installed")?;
        let chromium = BROWSERS.iter().find_map(|name| on_path(name)).context("chromium is not installed")?;
        let packages = workspace.join(PACKAGES);
        if !packages.join("node_modules/playwright-core").exists() {
            bail!("what drives the browser is not fetched: `cargo xtask bench` does that, with npm");
        }
        let mut command = Command::new(node);
        command.arg(workspace.join(PROGRAM)).arg("--packages").arg(packages);
        command.arg("--chromium").arg(chromium).env_remove("NODE_OPTIONS");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut running = Running::start(&mut command)?;
        let lines = RefCell::new((running.stdin()?, BufReader::new(running.stdout()?)));
        let browser = Self { lines, _running: running };
        browser.ask(&serde_json::json!({ "ask": "leave" })).context("the browser does not start")?;
        Ok(browser)
    }

    /// What it measured.
    pub(crate) fn ask(&self, question: &Value) -> Result<Value> {
        let (input, output) = &mut *self.lines.borrow_mut();
        writeln!(input, "{question}").context("the browser has ended")?;
        let mut line = String::new();
        output.read_line(&mut line)?;
        let answer: Value = serde_json::from_str(&line).context("the browser has ended")?;
        match answer["error"].as_str() {
            Some(error) => bail!("in the browser: {}", error.lines().next().unwrap_or_default()),
            None => Ok(answer),
        }
    }
}

/// A figure of an answer.
pub(crate) fn figure(answer: &Value, name: &str) -> Result<f64> {
    answer[name].as_f64().with_context(|| format!("the browser told no {name}"))
}

fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}
