//! The command line: what it prints, how it ends.

mod app;
mod client;
mod folder;
mod oauth1;
mod save_url;
mod serve;
mod settings;
mod token;
mod user;
mod webhook;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A data folder, and the program on it.
pub(crate) struct Tidemark {
    folder: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Tidemark {
    pub(crate) fn new() -> Tidemark {
        Tidemark { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The program, with nothing of the environment that could disturb it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidemark"));
        command.args(arguments).env_clear().env("HOME", self.folder.path());
        command
    }

    /// Runs it on the data folder, with `input` on standard input.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Run {
        let mut command = self.command(arguments);
        command.arg("--data").arg(self.data());
        finish(command, input)
    }

    /// The same, for what must succeed; answers what it printed.
    pub(crate) fn ok(&self, arguments: &[&str], input: &str) -> String {
        let run = self.run(arguments, input);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{arguments:?}: {}", run.out);
        run.out
    }

    /// With one account.
    pub(crate) fn with_ann() -> Tidemark {
        let tidemark = Tidemark::new();
        tidemark.ok(&["user", "add", "ann@example.org", "--password-stdin"], "correct horse\n");
        tidemark
    }

    /// Registers an app; answers its key and secret.
    pub(crate) fn app(&self) -> (String, String) {
        let app: serde_json::Value =
            serde_json::from_str(&self.ok(&["app", "add", "Camera", "--access", "full"], "")).unwrap();
        (app["app_key"].as_str().unwrap().to_owned(), app["app_secret"].as_str().unwrap().to_owned())
    }
}

pub(crate) fn finish(mut command: Command, input: &str) -> Run {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A run that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
