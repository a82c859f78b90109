//! `tidemark serve`, and the admin commands beside it.

use super::Tidemark;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Serving {
    pub(super) child: Child,
    out: BufReader<ChildStdout>,
    pub(crate) address: String,
}

impl Serving {
    pub(crate) fn start(tidemark: &Tidemark) -> Serving {
        Serving::start_with(tidemark, &[])
    }

    pub(crate) fn start_with(tidemark: &Tidemark, flags: &[&str]) -> Serving {
        Serving::start_at(tidemark, "127.0.0.1:0", flags)
    }

    pub(crate) fn start_at(tidemark: &Tidemark, listen: &str, flags: &[&str]) -> Serving {
        let mut command = tidemark.command(&["serve", "--listen", listen]);
        command.args(flags).arg("--data").arg(tidemark.data()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address =
            line.trim_end().strip_prefix("Tidemark serves on http://").expect("it tells its URL first");
        Serving { child, address: address.to_owned(), out }
    }

    /// The next line on standard output.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The exit code, if it ends within this time.
    pub(super) fn ended(&mut self, within: Duration) -> Option<i32> {
        let begun = Instant::now();
        loop {
            match self.child.try_wait().unwrap() {
                Some(status) => return status.code(),
                None if begun.elapsed() > within => return None,
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// The whole answer to a GET.
    pub(crate) fn get(&self, path: &str) -> String {
        self.ask("GET", path, "")
    }

    /// The whole answer to a request with these headers, each ending its line, and no body.
    pub(super) fn ask(&self, method: &str, path: &str, headers: &str) -> String {
        self.ask_with(method, path, headers, "")
    }

    /// The same with a body, of which the headers tell.
    pub(super) fn ask_with(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let host = &self.address;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The link is printed while there is no account, and is worthless as soon as there is one, whoever added it.
#[test]
fn prints_a_setup_link_while_there_is_no_account() {
    let tidemark = Tidemark::new();
    let mut serving = Serving::start(&tidemark);
    assert!(serving.line().contains("no account yet"));
    let link = serving.line();
    let path = link.trim().strip_prefix(&format!("http://{}", serving.address)).unwrap().to_owned();
    assert!(path.starts_with("/setup?token="), "{path}");
    assert!(serving.get(&path).contains("Make the account"));
    assert!(serving.get("/").contains("no account yet"));

    tidemark.ok(&["user", "add", "ann@example.org", "--password-stdin"], "correct horse\n");
    assert!(serving.get(&path).starts_with("HTTP/1.1 403 "));
    assert!(serving.get("/").contains("Sign in"));

    drop(serving);
    let mut serving = Serving::start(&tidemark);
    serving.child.kill().unwrap();
    assert_eq!(serving.line(), "", "no link any more");
}

/// An app that is shut out by a command is unknown to the running server at once.
#[test]
fn admin_commands_take_hold_at_once() {
    let tidemark = Tidemark::with_ann();
    let serving = Serving::start(&tidemark);
    let (key, _) = tidemark.app();
    let page = format!("/1/oauth2/authorize?response_type=code&client_id={key}");
    assert!(serving.get(&page).starts_with("HTTP/1.1 303 "));
    tidemark.ok(&["app", "remove", &key], "");
    assert!(serving.get(&page).starts_with("HTTP/1.1 400 "));
}

/// Programs are told what is spoken here, and people that there is nothing.
#[test]
fn who_asks_for_another_protocol_is_told_so() {
    let tidemark = Tidemark::new();
    let serving = Serving::start(&tidemark);
    for path in ["/2/files/list_folder", "/3.0/folders/0", "/api/v1/x"] {
        let answer = serving.ask("POST", path, "Content-Length: 0\r\n");
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
        assert!(answer.contains("Content-Type: application/json\r\n"), "{answer}");
        assert!(answer.contains("{\"error\":\"This server has no such API"), "{answer}");
    }
    let page = serving.get("/nothing");
    assert!(page.starts_with("HTTP/1.1 404 ") && page.contains("text/html"), "{page}");
}

/// The flags reach those who count.
#[test]
fn accounts_and_apps_may_ask_so_often() {
    let tidemark = Tidemark::with_ann();
    let (key, _) = tidemark.app();
    let token = tidemark.ok(&["token", "create", "--app", &key, "--user", "ann@example.org"], "");
    let bearer = format!("Authorization: Bearer {}\r\n", token.trim_end());
    for flag in ["--account-requests-per-minute", "--app-requests-per-minute"] {
        let serving = Serving::start_with(&tidemark, &[flag, "1"]);
        let ask = || serving.ask("GET", "/1/account/info", &bearer);
        assert!(ask().starts_with("HTTP/1.1 200 "));
        let refused = ask();
        assert!(
            refused.starts_with("HTTP/1.1 429 ") && refused.contains("Retry-After: "),
            "{flag}: {refused}"
        );
    }
}

/// Behind a proxy, people reach the server by another name, which only they know.
#[test]
fn tells_that_the_link_may_need_another_name() {
    let tidemark = Tidemark::new();
    let mut serving = Serving::start_with(&tidemark, &["--behind-proxy"]);
    let [_, link, hint] = [(); 3].map(|()| serving.line());
    assert!(link.contains("/setup?token="), "{link}");
    assert_eq!(
        hint,
        format!(
            "Where people reach the server by another name, put that in place of http://{}",
            serving.address
        )
    );
}

/// Each guess runs on whatever thread is free, and hashes in 19 MiB. What strangers send must not stay in memory.
#[cfg(target_os = "linux")]
#[test]
fn guessing_passwords_does_not_make_the_server_larger() {
    let tidemark = Tidemark::with_ann();
    let serving = Serving::start(&tidemark);
    let page = serving.get("/login");
    let between = |text: &str, before: &str, after: &str| {
        let (_, rest) = text.split_once(before).unwrap();
        rest.split_once(after).unwrap().0.to_owned()
    };
    let cookie = between(&page, "Set-Cookie: ", ";");
    let proof = between(&page, "name=\"form_token\" value=\"", "\"");
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", serving.child.id())).unwrap();
        between(&status, "VmRSS:", " kB").trim().parse::<usize>().unwrap() >> 10
    };
    let before = resident();
    for n in 0..40 {
        let form = format!("form_token={proof}&email=nobody{n}%40example.org&password=wrong+guess");
        let headers = format!(
            "Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        assert!(serving.ask("POST", "/login", &headers).starts_with("HTTP/1.1 401 "));
    }
    let grown = resident() - before;
    assert!(grown < 100, "{before} MiB, and {grown} more after 40 guesses");
}

/// The operator has said what people call the server: nothing is left to be guessed.
#[test]
fn the_set_up_link_begins_with_the_public_url() {
    let tidemark = Tidemark::new();
    let flags = ["--behind-proxy", "--public-url", "https://cloud.example.org"];
    let mut serving = Serving::start_with(&tidemark, &flags);
    let [_, link] = [(); 2].map(|()| serving.line());
    assert!(link.trim_start().starts_with("https://cloud.example.org/setup?token="), "{link}");
    serving.signal(Signal::TERM);
    assert_eq!(serving.line(), "", "and no hint");
}

/// What an operator may have overlooked is warned of: a misspelled variable, and passwords in the clear.
#[test]
fn warns_of_what_may_be_a_slip() {
    let tidemark = Tidemark::with_ann();
    let mut command = tidemark.command(&["serve", "--listen", "0.0.0.0:0", "--data"]);
    command.arg(tidemark.data()).env("TIDEMARK_LISTN", "x").env("TIDEMARK_V1_COUNTRY", "GB");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let told = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let warnings = told.filter(|line| line.contains("WARN")).take(2).collect::<Vec<_>>();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(warnings[0].contains("TIDEMARK_LISTN is set, and is no setting"), "{warnings:?}");
    assert!(warnings[1].contains("cross the network for everybody to read"), "{warnings:?}");
}

/// Told once, it waits for what is in progress; told again, it does not; either way it ends in order.
#[test]
fn a_second_signal_cuts_off_what_is_in_progress() {
    let tidemark = Tidemark::with_ann();
    let mut serving = Serving::start(&tidemark);
    let mut stream = TcpStream::connect(&serving.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head =
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\nExpect: 100-continue";
    write!(stream, "POST /login HTTP/1.1\r\nHost: {}\r\n{head}\r\n\r\n", serving.address).unwrap();
    let mut asked = [0; 12];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100", "it is being read");
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(Duration::from_millis(500)), None, "a request is in progress");
    serving.signal(Signal::INT);
    assert_eq!(serving.ended(Duration::from_secs(10)), Some(0));

    let mut serving = Serving::start(&tidemark);
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(Duration::from_secs(10)), Some(0));
}

/// In a folder from before, too, and in none twice; and whoever has shut it out has done so for good.
#[test]
fn there_is_an_app_for_our_own_programs() {
    let tidemark = Tidemark::with_ann();
    tidemark.ok(&["app", "add", "Older", "--access", "full"], "");
    let own = || {
        let listed: serde_json::Value =
            serde_json::from_str(&tidemark.ok(&["app", "list", "--json"], "")).unwrap();
        let listed = listed.as_array().unwrap().clone();
        listed.into_iter().filter(|app| app["app_key"] == "tidemark").collect::<Vec<_>>()
    };
    assert!(own().is_empty());
    drop(Serving::start(&tidemark));
    let [app] = own().try_into().unwrap();
    assert_eq!((&app["access"], &app["disabled"]), (&"full".into(), &false.into()));
    tidemark.ok(&["app", "remove", "tidemark"], "");
    let serving = Serving::start(&tidemark);
    let [app] = own().try_into().unwrap();
    assert_eq!(app["disabled"], true);
    assert!(serving.get("/oauth2/authorize?client_id=tidemark&response_type=code").contains(" 400 "));
}
