//! The server process: started, killed, started again on the same data folder.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

const START_MAX: Duration = Duration::from_secs(30);
const EMAIL: &str = "tester@example.org";
/// What the server prints before its port.
const URL: &str = "http://127.0.0.1:";
/// Words in the names of files and folders that hold unfinished data.
const TEMPORARY: [&str; 3] = ["tmp", "temp", "partial"];

pub(crate) struct Server {
    binary: PathBuf,
    folder: PathBuf,
    process: Child,
    port: u16,
    /// Which port it is told to take; zero for any.
    wanted: u16,
}

impl Server {
    /// Starts it for the first time.
    pub(crate) fn start(binary: PathBuf, folder: PathBuf) -> Result<Self> {
        let process = spawn(&binary, &folder, 0)?;
        let mut server = Self { binary, folder, process, port: 0, wanted: 0 };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// From now on it starts where it is now, so that others find it again.
    pub(crate) fn keep_port(&mut self) {
        self.wanted = self.port;
    }

    pub(crate) fn start_again(&mut self) -> Result<()> {
        self.process = spawn(&self.binary, &self.folder, self.wanted)?;
        self.wait_until_ready()
    }

    /// Starts it and kills it before it may have come up.
    pub(crate) fn start_and_kill(&mut self, after: Duration) -> Result<()> {
        self.process = spawn(&self.binary, &self.folder, self.wanted)?;
        thread::sleep(after);
        self.kill()
    }

    pub(crate) fn kill(&mut self) -> Result<()> {
        self.process.kill().context("cannot kill the server")?;
        self.process.wait()?;
        Ok(())
    }

    pub(crate) fn is_alive(&mut self) -> Result<bool> {
        Ok(self.process.try_wait()?.is_none())
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Adds an account and an app by the admin commands, beside the running server; returns a token.
    pub(crate) fn register(&self) -> Result<String> {
        self.admin(
            &["user", "add", EMAIL, "--password-stdin", "--name", "Tester"],
            "correct horse battery\n",
        )?;
        let app: Value =
            serde_json::from_str(&self.admin(&["app", "add", "Tester", "--access", "full"], "")?)
                .context("`app add` prints no JSON")?;
        let key = app["app_key"].as_str().context("`app add` prints no app_key")?;
        self.admin(&["token", "create", "--app", key, "--user", EMAIL], "")
    }

    /// Unfinished data of killed requests must be gone once the server is up.
    pub(crate) fn check_temporary_files(&self) -> Result<()> {
        let mut folders = vec![data(&self.folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if is_temporary(path.strip_prefix(&self.folder)?) {
                    bail!("an orphaned temporary file: {}", path.display());
                }
            }
        }
        Ok(())
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < START_MAX {
            if let Some(port) = port_in(&fs::read_to_string(output(&self.folder))?) {
                self.port = port;
                return Ok(());
            }
            let log = log(&self.folder);
            ensure!(self.is_alive()?, "the server does not start; its output: {}", log.display());
            thread::sleep(Duration::from_millis(5));
        }
        bail!("the server told no URL within {} s", START_MAX.as_secs())
    }

    fn admin(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--data").arg(data(&self.folder));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().expect("standard input was asked for");
        // A command that reads nothing may be gone already; how it ended tells whether that was right.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let done = child.wait_with_output()?;
        ensure!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr).trim());
        Ok(String::from_utf8(done.stdout)?.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already, which is what we want.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// What the server printed since its last start: there it tells its URL.
fn output(folder: &Path) -> PathBuf {
    folder.join("output.txt")
}

/// What the server logged in all its lives.
fn log(folder: &Path) -> PathBuf {
    folder.join("log.txt")
}

fn spawn(binary: &Path, folder: &Path, port: u16) -> Result<Child> {
    let log = OpenOptions::new().create(true).append(true).open(log(folder))?;
    Command::new(binary)
        .arg("serve")
        .arg("--data")
        .arg(data(folder))
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .stdin(Stdio::null())
        .stdout(File::create(output(folder))?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("cannot start {}", binary.display()))
}

/// The port in a URL that is there to its end.
fn port_in(output: &str) -> Option<u16> {
    let rest = output.split(URL).nth(1)?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
    rest[..end].parse().ok()
}

fn is_temporary(path: &Path) -> bool {
    path.iter().any(|part| {
        let part = part.to_string_lossy().to_lowercase();
        part.split(|letter: char| !letter.is_alphanumeric()).any(|word| TEMPORARY.contains(&word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_port() {
        assert_eq!(port_in("Tidemark: http://127.0.0.1:4711/\n"), Some(4711));
        assert_eq!(port_in("http://127.0.0.1:47"), None, "more digits may come");
        assert_eq!(port_in("nothing yet"), None);
    }

    #[test]
    fn knows_temporary_files() {
        for path in ["data/tmp/x", "data/blocks/ab/cd.tmp", "data/.tmp-1", "data/x.partial"] {
            assert!(is_temporary(Path::new(path)), "{path}");
        }
        for path in ["data/tidemark.db-wal", "data/blocks/ab/cdef", "data/template"] {
            assert!(!is_temporary(Path::new(path)), "{path}");
        }
    }
}
