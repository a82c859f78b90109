//! Commands that are run for changes.

use super::Change;
use crate::exit::Failure;
use crate::output::complain;
use crate::words;
use anyhow::anyhow;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use tidemark_client::RemotePath;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

/// Runs a command for each change, in order.
pub(super) struct Commands {
    words: Vec<OsString>,
    jobs: NonZeroUsize,
    running: JoinSet<Ended>,
    /// What each of the running ones is about.
    about: Vec<RemotePath>,
    failed: u64,
}

struct Ended {
    about: RemotePath,
    status: std::io::Result<ExitStatus>,
}

/// All that the environment may tell of a change. Each is set or absent, whatever this program's own environment has.
const VARIABLES: [&str; 7] = [
    "TIDEMARK_KIND",
    "TIDEMARK_PATH",
    "TIDEMARK_REV",
    "TIDEMARK_BYTES",
    "TIDEMARK_MODIFIED",
    "TIDEMARK_ID",
    "TIDEMARK_CONTENT_HASH",
];

impl Commands {
    pub(super) fn new(exec: &[OsString], shell: bool, jobs: NonZeroUsize) -> Result<Commands, Failure> {
        let words = match (shell, exec) {
            (false, words) => words.to_vec(),
            (true, [text]) => vec!["/bin/sh".into(), "-c".into(), text.clone()],
            (true, _) => {
                return Err(Failure::Misunderstood(anyhow!(
                    "with --shell, the command is one text: quote it"
                )));
            }
        };
        // Rather now than at the first change, which may be far away.
        if let Some(program) = words.first()
            && !can_be_found(program)
        {
            return Err(cannot_run(program, MISSING));
        }
        Ok(Commands { words, jobs, running: JoinSet::new(), about: Vec::new(), failed: 0 })
    }

    /// How many have failed so far.
    pub(super) fn failed(&self) -> u64 {
        self.failed
    }

    /// Begins the command for a change, as soon as it may be; ends when it has begun or, if one at a time runs, ended.
    pub(super) async fn run(&mut self, change: &Change) -> Result<(), Failure> {
        let about = change.about();
        while self.running.len() >= self.jobs.get() || self.about.iter().any(|other| overlap(other, &about)) {
            self.next_ended().await;
        }
        self.begin(change, about)?;
        if self.jobs.get() == 1 {
            self.idle().await;
        }
        Ok(())
    }

    /// Waits until none runs.
    pub(super) async fn idle(&mut self) {
        while !self.running.is_empty() {
            self.next_ended().await;
        }
    }

    fn begin(&mut self, change: &Change, about: RemotePath) -> Result<(), Failure> {
        let (program, arguments) = self.words.split_first().expect("the command line has one word at least");
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped());
        // Of its own group: a terminal that sends Ctrl-C to the watch does not end it.
        command.process_group(0);
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.envs(change.variables());
        match command.spawn() {
            Ok(child) => {
                let mut line = serde_json::to_vec(&change.line()).expect("plain structs can be serialized");
                line.push(b'\n');
                self.about.push(about.clone());
                self.running.spawn(async move { Ended { status: ended(child, line).await, about } });
            }
            // It would be so for every other change, too: none is to blame.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
                let why = match error.kind() {
                    ErrorKind::PermissionDenied => "it may not be run",
                    // A script's interpreter.
                    _ if can_be_found(program) => "what runs it is not there",
                    _ => MISSING,
                };
                return Err(cannot_run(program, why));
            }
            Err(error) => self.note(&Ended { about, status: Err(error) }),
        }
        Ok(())
    }

    async fn next_ended(&mut self) {
        if let Some(Ok(ended)) = self.running.join_next().await {
            if let Some(at) = self.about.iter().position(|about| *about == ended.about) {
                self.about.swap_remove(at);
            }
            self.note(&ended);
        }
    }

    fn note(&mut self, ended: &Ended) {
        let what = match &ended.status {
            Ok(status) if status.success() => return,
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        self.failed += 1;
        complain(&format!("the command for '{}' failed: {what}", words::shown(ended.about.as_str())));
    }
}

/// Whether there is such a program, as far as that can be told without running it.
fn can_be_found(program: &OsStr) -> bool {
    if program.as_encoded_bytes().contains(&b'/') {
        return Path::new(program).exists();
    }
    // Where there is no PATH, these are what the system looks into.
    let folders = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    std::env::split_paths(&folders).any(|folder| folder.join(program).exists())
}

const MISSING: &str = "there is no such program";

fn cannot_run(program: &OsStr, why: &str) -> Failure {
    Failure::Broken(anyhow!("cannot run '{}': {why}", words::shown(&program.to_string_lossy())))
}

/// Gives a command its input, which it need not read, and waits for its end.
async fn ended(mut child: Child, line: Vec<u8>) -> std::io::Result<ExitStatus> {
    if let Some(mut input) = child.stdin.take() {
        tokio::spawn(async move {
            let _ = input.write_all(&line).await;
        });
    }
    child.wait().await
}

/// What happens to a folder happens to what is in it.
fn overlap(one: &RemotePath, other: &RemotePath) -> bool {
    // Gone paths come in the spelling that is for comparing.
    let key =
        |path: &RemotePath| RemotePath::new(&path.as_str().to_lowercase()).unwrap_or_else(|_| path.clone());
    let (one, other) = (key(one), key(other));
    one.is_within(&other) || other.is_within(&one)
}

impl Change {
    /// The path; a reset is about all of them.
    fn about(&self) -> RemotePath {
        match self {
            Change::Entry(entry) => entry.path.clone(),
            Change::Gone(path) => path.clone(),
            Change::Reset => RemotePath::root(),
        }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut told = Vec::new();
        match self {
            Change::Entry(entry) => {
                told.push(("TIDEMARK_KIND", super::entry::kind(entry).to_owned()));
                told.push(("TIDEMARK_PATH", entry.path.to_string()));
                told.extend(entry.id.as_ref().map(|id| ("TIDEMARK_ID", id.to_string())));
                told.extend(entry.modified.map(|time| ("TIDEMARK_MODIFIED", words::rfc3339(time))));
                if let Some(file) = entry.file() {
                    told.push(("TIDEMARK_REV", file.rev.to_string()));
                    told.push(("TIDEMARK_BYTES", file.bytes.to_string()));
                    told.extend(file.content_hash.map(|hash| ("TIDEMARK_CONTENT_HASH", hash.to_string())));
                }
            }
            Change::Gone(path) => {
                told.push(("TIDEMARK_KIND", "gone".to_owned()));
                told.push(("TIDEMARK_PATH", path.to_string()));
            }
            Change::Reset => told.push(("TIDEMARK_KIND", "reset".to_owned())),
        }
        debug_assert!(told.iter().all(|(name, _)| VARIABLES.contains(name)), "each is cleared before");
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_what_is_in_them_are_one_matter() {
        let path = |text: &str| RemotePath::new(text).unwrap();
        for (one, other, expected) in [
            ("/a", "/a", true),
            ("/A/b.txt", "/a", true),
            ("/a", "/a/B/c", true),
            ("/", "/x", true),
            ("/a", "/ab", false),
            ("/a/b", "/a/c", false),
        ] {
            assert_eq!(overlap(&path(one), &path(other)), expected, "{one} {other}");
            assert_eq!(overlap(&path(other), &path(one)), expected, "{other} {one}");
        }
    }
}
