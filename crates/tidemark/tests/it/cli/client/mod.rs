//! The client's commands, against a server.

mod browser;
mod files;
mod hostile;
mod interrupted;
mod link;
mod profiles;
mod program;
mod proxy;
mod sync;
mod transfers;
mod watch;

use super::serve::Serving;
use super::{Run, Tidemark, finish};
use serde_json::Value;
use std::fs;
use std::io::ErrorKind::NotFound;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A server with Ann's account, and a machine that is linked to it.
pub(super) struct World {
    pub(super) tidemark: Tidemark,
    pub(super) serving: Serving,
    token: String,
}

impl World {
    /// With a link.
    pub(super) fn new() -> World {
        let world = World::unlinked();
        world.link(&world.url());
        world
    }

    pub(super) fn unlinked() -> World {
        let tidemark = Tidemark::with_ann();
        let (app, _) = tidemark.app();
        let token = tidemark.ok(&["token", "create", "--app", &app, "--user", "ann@example.org"], "");
        let serving = Serving::start(&tidemark);
        let world = World { tidemark, serving, token: token.trim().to_owned() };
        fs::create_dir(world.here("")).unwrap();
        world
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.serving.address)
    }

    /// Links to this address, which leads to the server.
    pub(super) fn link(&self, url: &str) {
        let run = self.run_with(&["link", url, "--token-stdin"], &self.token);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// A file or folder of the machine, in the folder in which commands run.
    pub(super) fn here(&self, name: &str) -> PathBuf {
        self.tidemark.data().with_file_name("here").join(name)
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.here(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.here(name)).unwrap()
    }

    /// What is in the folder, in order. An engine may be at work there: a folder that goes meanwhile holds nothing.
    pub(super) fn listed(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![self.here("")];
        while let Some(folder) = open.pop() {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == NotFound && folder != self.here("") => continue,
                entries => entries.unwrap(),
            };
            for entry in entries {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.here("")).unwrap().to_str().unwrap().to_owned();
                match path.is_dir() {
                    true => {
                        found.push(format!("{name}/"));
                        open.push(path);
                    }
                    false => found.push(name),
                }
            }
        }
        found.sort();
        found
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.tidemark.command(arguments);
        command.current_dir(self.here(""));
        command
    }

    pub(super) fn run_with(&self, arguments: &[&str], input: &str) -> Run {
        finish(self.command(arguments), input)
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "")
    }

    /// What it prints, when it does what it should and complains of nothing.
    #[track_caller]
    pub(super) fn ok(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{arguments:?}: {}", run.out);
        run.out
    }

    /// The same as JSON, a value a line.
    #[track_caller]
    pub(super) fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let out = self.ok(&[arguments, &["--json"]].concat());
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What it complains of, when it fails so and prints nothing.
    #[track_caller]
    pub(super) fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!((run.code, run.out.as_str()), (code, ""), "{arguments:?}: {}", run.err);
        assert!(run.err.starts_with("tidemark: "), "{}", run.err);
        run.err
    }

    /// Puts a text.
    #[track_caller]
    pub(super) fn put(&self, path: &str, text: &str) {
        let run = self.run_with(&["put", "-q", "-", path], text);
        assert_eq!((run.code, run.err.as_str()), (0, ""));
    }
}

/// Looks again and again until something is so.
#[track_caller]
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never came to pass: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Bytes of which no part is like another.
pub(super) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// The permissions of a file or folder.
pub(super) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}
