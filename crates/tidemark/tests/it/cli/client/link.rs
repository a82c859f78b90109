//! `tidemark link` and `unlink`.

use super::browser::Browser;
use super::{World, mode, until};
use crate::cli::Run;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Stdio};

/// A link that is being made, and the page that it names.
fn begun(world: &World, flags: &[&str], browser: Option<&str>) -> (Child, BufReader<ChildStderr>, String) {
    let mut command = world.command(&["link", &world.url()]);
    command.args(flags).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(browser.map(|browser| ("BROWSER", browser)));
    let mut child = command.spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.trim().starts_with("http") {
        line.clear();
        assert_ne!(err.read_line(&mut line).unwrap(), 0, "it names a page");
    }
    (child, err, line.trim().to_owned())
}

fn ended(child: Child, mut err: BufReader<ChildStderr>) -> Run {
    let output = child.wait_with_output().unwrap();
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    Run { code: output.status.code().unwrap(), out: String::from_utf8(output.stdout).unwrap(), err: rest }
}

/// A person allows it in a browser on this machine: it comes back by itself, and knows who it is.
#[test]
fn a_browser_brings_the_code_back() {
    let world = World::unlinked();
    assert!(world.fails(5, &["ls"]).contains("run `tidemark link URL`"));
    let (child, err, page) = begun(&world, &[], Some("true"));
    let back = Browser::at(&world.serving).decide(&page, "allow").location().unwrap();
    assert!(back.starts_with("http://127.0.0.1:"), "{back}");
    let (host, path) = back.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let run = ended(child, err);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    assert!(run.out.starts_with("Hello, ann.") && run.out.contains("ann@example.org"), "{}", run.out);
    assert_eq!(world.ok(&["ls"]), "");
    // Nobody else can read the token, which is shown nowhere.
    let config = world.tidemark.data().with_file_name(".config/tidemark");
    let profile = config.join("profiles").read_dir().unwrap().next().unwrap().unwrap().path();
    assert_eq!((mode(&config), mode(&config.join("profiles")), mode(&profile)), (0o700, 0o700, 0o600));
    let text = fs::read_to_string(&profile).unwrap();
    let token = text.split("value = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(token.len() > 20 && !run.out.contains(&token), "{text}");

    // To end it is to end the token.
    assert!(
        world
            .serving
            .ask("GET", "/1/account/info", &format!("Authorization: Bearer {token}\r\n"))
            .contains(" 200 ")
    );
    assert!(world.ok(&["unlink"]).contains("is ended"));
    assert!(
        world
            .serving
            .ask("GET", "/1/account/info", &format!("Authorization: Bearer {token}\r\n"))
            .contains(" 401 ")
    );
    assert!(!profile.exists());
    world.fails(5, &["ls"]);
}

/// Without a browser on this machine the page is opened anywhere, and its code copied.
#[test]
fn a_code_can_be_copied() {
    let world = World::unlinked();
    for flags in [&["--no-browser"][..], &["--json"]] {
        let (mut child, err, page) = begun(&world, flags, None);
        let code = Browser::at(&world.serving).decide(&page, "allow").code();
        writeln!(child.stdin.take().unwrap(), "  {code} ").unwrap();
        let run = ended(child, err);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
        if flags == ["--json"] {
            let told: serde_json::Value = serde_json::from_str(&run.out).unwrap();
            assert_eq!((&told["email"], &told["token_in"]), (&"ann@example.org".into(), &"file".into()));
            assert_eq!(told["server"], world.url());
        }
    }
    // The second took the first one's place, whose token is ended.
    assert_eq!(world.json(&["account", "--all"]).len(), 1);
    let tokens = world.tidemark.ok(&["token", "list", "--user", "ann@example.org", "--json"], "");
    let tokens: serde_json::Value = serde_json::from_str(&tokens).unwrap();
    let ours = tokens.as_array().unwrap().iter().filter(|token| token["app_key"] == "tidemark");
    assert_eq!(ours.count(), 1, "{tokens}");
}

/// Whatever goes wrong, nothing is linked, and it says why.
#[test]
fn what_is_not_allowed_is_not_linked() {
    let world = World::unlinked();
    for (typed, told) in [("\n", "there was no code"), ("nonsense\n", "does not take this code")] {
        let (mut child, err, _) = begun(&world, &["--no-browser"], None);
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let run = ended(child, err);
        assert!(run.code == 4 && run.err.contains(told), "{}", run.err);
    }
    let (child, err, page) = begun(&world, &[], Some("true"));
    let back = Browser::at(&world.serving).decide(&page, "deny").location().unwrap();
    let (host, path) = back.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let run = ended(child, err);
    assert!(run.code == 4 && run.err.contains("was not allowed"), "{}", run.err);

    let run = world.run_with(&["link", &world.url(), "--token-stdin"], "wrong\n");
    assert_eq!(run.code, 5, "{}", run.err);
    assert!(run.err.contains("does not take this token: `tidemark token create`"), "{}", run.err);
    assert_eq!(world.run_with(&["link", &world.url(), "--token-stdin"], "no token\n").code, 5);
    assert!(world.fails(2, &["link", "cloud.example.org"]).contains("https://cloud.example.org"));
    assert_eq!(world.run(&["link", "http://127.0.0.1:1", "--token-stdin"]).code, 5, "nothing is no token");
    assert_eq!(world.run_with(&["link", "http://127.0.0.1:1", "--token-stdin"], "x").code, 7);
    assert_eq!(world.ok(&["account", "--all"]), "");
}

/// Nobody is sent to a page that is not there, nor asked for its code.
#[test]
fn a_server_is_there_before_its_page_is_named() {
    let world = World::unlinked();
    let told = world.fails(7, &["link", "http://127.0.0.1:1", "--no-browser"]);
    assert_eq!(
        told,
        "tidemark: there is no Tidemark at http://127.0.0.1:1: http://127.0.0.1:1 could not be reached: connection refused\n"
    );
    // Another page of the server stands for another server.
    let told = world.fails(7, &["link", &format!("{}/elsewhere", world.url()), "--no-browser"]);
    assert!(
        told.starts_with(&format!("tidemark: there is no Tidemark at {}/elsewhere: ", world.url())),
        "{told}"
    );
}

/// A token that was revoked is told of with the way to another one.
#[test]
fn a_token_that_has_ended_is_told_of() {
    let world = World::new();
    let name = world.json(&["account", "--all"])[0]["profile"].as_str().unwrap().to_owned();
    world.serving.ask(
        "POST",
        "/1/disable_access_token",
        &format!("Authorization: Bearer {}\r\nContent-Length: 0\r\n", world.token()),
    );
    for command in
        [&["ls"][..], &["get", "/x"], &["mv", "/x", "/y"], &["watch", "--once", "--since", "beginning"]]
    {
        let told = world.fails(5, command);
        assert_eq!(
            told,
            format!(
                "tidemark: the server does not take the token of the profile '{name}' any more: run `tidemark link {} \
                 --profile {name}` again\n",
                world.url()
            )
        );
    }
}

/// Ctrl-C ends the waiting for a browser.
#[test]
fn waiting_can_be_interrupted() {
    let world = World::unlinked();
    for (flags, browser) in [(&[][..], Some("true")), (&["--no-browser"], None)] {
        let (mut child, err, _) = begun(&world, flags, browser);
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
            .unwrap();
        until("it ends", || child.try_wait().unwrap().is_some());
        let run = ended(child, err);
        assert_eq!((run.code, run.err.as_str()), (130, "tidemark: interrupted\n"), "{flags:?}");
    }
}

/// A server that is gone does not hold the link; the token is kept until somebody says otherwise.
#[test]
fn a_link_ends_without_its_server() {
    let world = World::new();
    let World { tidemark, serving, .. } = &world;
    let pid = rustix::process::Pid::from_child(&serving.child);
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    until("it is gone", || TcpStream::connect(&serving.address).is_err());
    let told = world.fails(7, &["unlink"]);
    assert!(told.contains("--keep-token"), "{told}");
    assert_eq!(world.json(&["account", "--all"]).len(), 1);
    world.ok(&["unlink", "--keep-token"]);
    assert_eq!(world.json(&["account", "--all"]).len(), 0);
    let listed = tidemark.ok(&["token", "list", "--user", "ann@example.org"], "");
    assert_eq!(listed.lines().count(), 2, "it is valid: {listed}");
}
