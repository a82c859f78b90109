//! A running server with one account, and its process as the kernel sees it.

use crate::cli::Tidemark;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(super) struct Server {
    pub(super) tidemark: Tidemark,
    child: Child,
    address: String,
    token: String,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Server {
    pub(super) fn start() -> Server {
        Server::start_with(&[])
    }

    pub(super) fn start_with(flags: &[&str]) -> Server {
        Server::start_by(flags, |command| command)
    }

    /// One that was started with less than everything, as the shell's `ulimit` has it.
    pub(super) fn start_within(limits: &str) -> Server {
        Server::start_by(&[], |command| {
            let mut shell = Command::new("/bin/sh");
            shell.arg("-c").arg(format!("{limits} && exec \"$0\" \"$@\"")).arg(command.get_program());
            shell.args(command.get_args()).env_clear();
            shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            shell
        })
    }

    fn start_by(flags: &[&str], wrap: impl FnOnce(Command) -> Command) -> Server {
        let tidemark = Tidemark::with_ann();
        let (key, _) = tidemark.app();
        let token = tidemark.ok(&["token", "create", "--app", &key, "--user", "ann@example.org"], "");
        let token = token.trim().to_owned();
        let mut command = tidemark.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(flags).arg("--data").arg(tidemark.data());
        let mut command = wrap(command);
        // Something that no worker may see.
        command.env("TIDEMARK_LOG", "info").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("Tidemark serves on http://").unwrap().to_owned();
        Server { tidemark, child, address, token }
    }

    fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let (token, length) = (&self.token, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n",
            self.address
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let split = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(answer[..split].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: answer[split + 4..].to_vec() }
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, b"")
    }

    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> String {
        let answer = self.send("PUT", &format!("/1/files_put/auto/{name}"), bytes);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        String::from_utf8(answer.body).unwrap()
    }

    /// Puts a picture and asks for its thumbnail.
    pub(super) fn thumbnail(&self, name: &str, bytes: &[u8]) -> Answer {
        self.put(name, bytes);
        self.get(&format!("/1/thumbnails/auto/{name}"))
    }

    /// The most memory that the server itself ever had, in bytes.
    pub(super) fn memory_max(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    /// The folders in `/proc` of the server's children, dead ones that nobody waited for among them.
    pub(super) fn children(&self) -> Vec<PathBuf> {
        let is_child = |folder: &PathBuf| {
            let stat = fs::read_to_string(folder.join("stat")).unwrap_or_default();
            // Behind the name, which may hold anything, stand the state and the parent.
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
            parent == Some(&self.child.id().to_string())
        };
        let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
        processes.filter(is_child).collect()
    }

    /// Waits for a worker that has given up everything; its folder in `/proc`.
    pub(super) fn confined_worker(&self) -> PathBuf {
        self.eventually(|| {
            let worker = self.children().pop()?;
            let status = fs::read_to_string(worker.join("status")).ok()?;
            // What it gives up last is the sign.
            status.contains("NoNewPrivs:\t1").then_some(worker)
        })
    }

    /// Waits until this is so.
    pub(super) fn eventually<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "it never was so");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|pair| pair.1)
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// A POST with parameters in the query; answers the body.
    pub(super) fn send_form(&self, path: &str, form: &str) -> String {
        self.send("POST", &format!("{path}?{form}"), b"").text()
    }
}
