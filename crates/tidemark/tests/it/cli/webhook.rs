//! Webhooks from end to end: the program, a server of an app's, and files that change.

use super::serve::Serving;
use super::{Tidemark, finish};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);
/// Longer than a notification takes that is not waited for; a slow look is further away, but restarts look at once.
const SHORT: Duration = Duration::from_millis(1_500);

/// A server of an app's: echoes challenges, and takes notifications.
pub(super) struct Receiver {
    pub(super) uri: String,
    notifications: mpsc::Receiver<Notification>,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// What comes before the challenge that is echoed.
    before: Mutex<&'static str>,
    /// How the next notifications are answered; 0 is not at all. Then with 200.
    answers: Mutex<VecDeque<u16>>,
    stop: AtomicBool,
}

struct Notification {
    at: Instant,
    head: String,
    body: String,
}

impl Receiver {
    pub(super) fn start(path: &str) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("http://{}{path}", listener.local_addr().unwrap());
        let (sender, notifications) = mpsc::channel();
        let shared = Arc::new(Shared::default());
        let accepting = std::thread::spawn({
            let shared = shared.clone();
            move || {
                // Connections that are not answered stay open as long as this lives.
                let mut silent = Vec::new();
                for stream in listener.incoming() {
                    if shared.stop.load(Ordering::SeqCst) {
                        return;
                    }
                    silent.extend(serve(stream.unwrap(), &shared, &sender));
                }
            }
        });
        Receiver { uri, notifications, shared, accepting: Some(accepting) }
    }

    fn answer(&self, answers: &[u16]) {
        self.shared.answers.lock().unwrap().extend(answers);
    }

    fn next(&self) -> Notification {
        self.notifications.recv_timeout(LONG).expect("a notification comes")
    }

    fn nothing(&self) {
        match self.notifications.recv_timeout(SHORT) {
            Err(RecvTimeoutError::Timeout) => {}
            told => panic!("{:?}", told.map(|told| told.body)),
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let address = self.uri.trim_start_matches("http://").split('/').next().unwrap();
        let _ = TcpStream::connect(address);
        let _ = self.accepting.take().unwrap().join();
    }
}

/// Answers one request; hands the connection back if it is not to be answered.
fn serve(stream: TcpStream, shared: &Shared, sender: &mpsc::Sender<Notification>) -> Option<TcpStream> {
    let at = Instant::now();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let mut reader = BufReader::new(&stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return None;
        }
    }
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let challenge =
        head.lines().next().unwrap().split("challenge=").nth(1).and_then(|rest| rest.split(' ').next());
    let (status, answer) = match challenge {
        Some(word) if head.starts_with("GET ") => (200, format!("{}{word}", shared.before.lock().unwrap())),
        _ => {
            let status = shared.answers.lock().unwrap().pop_front().unwrap_or(200);
            let _ = sender.send(Notification { at, head, body: String::from_utf8(body).unwrap() });
            (status, String::new())
        }
    };
    if status == 0 {
        return Some(stream);
    }
    let length = answer.len();
    let head = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = (&stream).write_all((head + &answer).as_bytes());
    None
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// An app that wants to be told at a receiver, and that one person has allowed.
struct Hooked {
    tidemark: Tidemark,
    receiver: Receiver,
    key: String,
    secret: String,
    token: String,
}

impl Hooked {
    fn new(access: &str) -> Hooked {
        let (tidemark, receiver) = (Tidemark::with_ann(), Receiver::start("/hook?x=1"));
        let app =
            tidemark.ok(&["app", "add", "Hooked", "--access", access, "--webhook-uri", &receiver.uri], "");
        let app: Value = serde_json::from_str(&app).unwrap();
        let [key, secret] = ["app_key", "app_secret"].map(|name| app[name].as_str().unwrap().to_owned());
        let token = token(&tidemark, &key);
        Hooked { tidemark, receiver, key, secret, token }
    }

    fn webhook(&self, what: &str, rest: &[&str]) -> String {
        let arguments = [&["app", "webhook", what, &self.key, &self.receiver.uri], rest].concat();
        self.tidemark.ok(&arguments, "")
    }
}

fn token(tidemark: &Tidemark, key: &str) -> String {
    tidemark.ok(&["token", "create", "--app", key, "--user", "ann@example.org"], "").trim().to_owned()
}

fn put(serving: &Serving, token: &str, name: &str) {
    let mut stream = TcpStream::connect(&serving.address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let head = format!(
        "PUT /1/files_put/auto/{name} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 1\r\n\
         Connection: close\r\n\r\nx"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// Registered with the challenge, allowed, a file put: the app's server is told, at once, signed.
#[test]
fn a_change_is_told_with_a_signature() {
    let hooked = Hooked::new("full");
    let serving = Serving::start(&hooked.tidemark);
    hooked.receiver.nothing();
    let began = Instant::now();
    put(&serving, &hooked.token, "a");
    let told = hooked.receiver.next();
    assert!(told.at - began < SHORT, "{:?}", told.at - began);
    assert_eq!(told.body, r#"{"delta":{"users":[1]}}"#);
    assert!(told.head.starts_with("POST /hook?x=1 HTTP/1.1\r\n"), "{}", told.head);
    assert_eq!(header(&told.head, "content-type"), Some("application/json"));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(hooked.secret.as_bytes()).unwrap();
    mac.update(told.body.as_bytes());
    let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
    assert_eq!(header(&told.head, "x-dropbox-signature"), Some(&*signature));
    assert!(!told.head.contains(&hooked.secret));
    hooked.receiver.nothing();
}

/// Killed between a change and the app's answer, and killed before anybody was told: the next start tells.
#[test]
fn a_killed_server_tells_after_its_restart() {
    let hooked = Hooked::new("full");
    hooked.receiver.answer(&[0]);
    let serving = Serving::start(&hooked.tidemark);
    put(&serving, &hooked.token, "a");
    hooked.receiver.next();
    drop(serving);
    let serving = Serving::start(&hooked.tidemark);
    assert_eq!(hooked.receiver.next().body, r#"{"delta":{"users":[1]}}"#);
    hooked.receiver.nothing();
    // One that fails, so that the kill falls into the wait before the next try.
    hooked.receiver.answer(&[500]);
    put(&serving, &hooked.token, "b");
    hooked.receiver.next();
    drop(serving);
    let _serving = Serving::start(&hooked.tidemark);
    assert_eq!(hooked.receiver.next().body, r#"{"delta":{"users":[1]}}"#);
    hooked.receiver.nothing();
}

/// What fails is sent again, and everybody can see why; asked to, it tells again, while the server runs.
#[test]
fn failures_are_retried_listed_and_replayed() {
    let hooked = Hooked::new("full");
    let serving = Serving::start(&hooked.tidemark);
    hooked.receiver.answer(&[500, 404]);
    put(&serving, &hooked.token, "a");
    let times: Vec<Instant> = (0..3).map(|_| hooked.receiver.next().at).collect();
    assert!(
        times[1] - times[0] >= Duration::from_millis(500) && times[2] - times[1] >= Duration::from_secs(1)
    );
    hooked.receiver.nothing();
    let log = hooked.webhook("log", &[]);
    let outcomes: Vec<&str> = log.lines().map(|line| line.rsplit("  ").next().unwrap()).collect();
    let expected =
        ["OUTCOME", "delivered, status 200", "it answered with status 404", "it answered with status 500"];
    assert_eq!(outcomes, expected, "{log}");
    let log: Value = serde_json::from_str(&hooked.webhook("log", &["--json"])).unwrap();
    let numbers = (&log[0]["users"], &log[0]["status"], &log[1]["status"], &log[0]["failure"]);
    assert_eq!(numbers, (&1.into(), &200.into(), &404.into(), &Value::Null));
    let list = || hooked.tidemark.ok(&["app", "webhook", "list", &hooked.key], "");
    let uri = &hooked.receiver.uri;
    assert_eq!(list(), format!("{:w$}  STATE\n{uri}  working\n", "ADDRESS", w = uri.len()));

    assert_eq!(hooked.webhook("replay", &[]), format!("{uri} is told again of 1 person.\n"));
    let asked = Instant::now();
    assert_eq!(hooked.receiver.next().body, r#"{"delta":{"users":[1]}}"#);
    assert!(asked.elapsed() < Duration::from_secs(5));
    hooked.webhook("replay", &["--user", "ann@example.org"]);
    hooked.receiver.next();
    hooked.receiver.nothing();

    // An address that says it is gone is given up, and taken up again once it is there.
    hooked.receiver.answer(&[410]);
    put(&serving, &hooked.token, "b");
    hooked.receiver.next();
    put(&serving, &hooked.token, "c");
    hooked.receiver.nothing();
    assert!(list().contains("  disabled "), "{}", list());
    let replay = hooked.tidemark.run(&["app", "webhook", "replay", &hooked.key, uri], "");
    assert_eq!((replay.code, replay.out.as_str()), (4, ""));
    assert!(replay.err.contains("it is told nothing until it is enabled"), "{}", replay.err);
    hooked.webhook("enable", &[]);
    assert_eq!(hooked.receiver.next().body, r#"{"delta":{"users":[1]}}"#);
    hooked.receiver.nothing();
}

/// An app with a folder of its own hears nothing of what happens elsewhere.
#[test]
fn an_app_with_a_folder_is_told_of_its_folder_only() {
    let hooked = Hooked::new("app-folder");
    let (camera, _) = hooked.tidemark.app();
    let elsewhere = token(&hooked.tidemark, &camera);
    let serving = Serving::start(&hooked.tidemark);
    put(&serving, &elsewhere, "a");
    hooked.receiver.nothing();
    put(&serving, &hooked.token, "mine");
    hooked.receiver.next();
    put(&serving, &elsewhere, "b");
    hooked.receiver.nothing();
    put(&serving, &elsewhere, "Apps/Hooked/put%20there");
    hooked.receiver.next();
}

/// Added to an app that people use already, tried out, and removed.
#[test]
fn webhooks_come_and_go_while_the_server_runs() {
    let tidemark = Tidemark::with_ann();
    let (key, _) = tidemark.app();
    let token = token(&tidemark, &key);
    let serving = Serving::start(&tidemark);
    put(&serving, &token, "old");
    // What was under way just before the registration may be told.
    std::thread::sleep(Duration::from_secs(6));
    let receiver = Receiver::start("/");
    let webhook = |what| tidemark.ok(&["app", "webhook", what, &key, &receiver.uri], "");
    assert_eq!(webhook("add"), format!("{} is told of changes from now on.\n", receiver.uri));
    receiver.nothing();
    assert!(webhook("test").contains("and a notification with status 200"));
    assert_eq!(receiver.next().body, r#"{"delta":{"users":[]}}"#);
    put(&serving, &token, "new");
    assert_eq!(receiver.next().body, r#"{"delta":{"users":[1]}}"#);
    webhook("remove");
    put(&serving, &token, "newer");
    receiver.nothing();
    assert_eq!(tidemark.ok(&["app", "webhook", "list", &key, "--json"], ""), "[]\n");
}

/// An address that does not prove that it wants to be told is not registered, and neither is its app.
#[test]
fn refusals_say_what_was_expected_and_what_came() {
    let tidemark = Tidemark::with_ann();
    let receiver = Receiver::start("/hook");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{nobody}/");
    let add = |uri: &str| {
        tidemark.run(
            &["app", "add", "A", "--access", "full", "--webhook-uri", &receiver.uri, "--webhook-uri", uri],
            "",
        )
    };
    let run = add(&nobody);
    let told = format!(
        "tidemark: '{nobody}' did not answer the challenge: it should answer GET with the challenge, and did not: the \
         host cannot be reached\n"
    );
    assert_eq!((run.code, run.out.as_str(), run.err), (4, "", told));
    *receiver.shared.before.lock().unwrap() = "challenge: ";
    let run = add(&receiver.uri);
    assert_eq!((run.code, run.out.as_str()), (4, ""));
    assert!(run.err.contains("should answer GET with the challenge '"), "{}", run.err);
    assert!(run.err.contains("and nothing else, and answered 'challenge: "), "{}", run.err);
    assert_eq!(tidemark.ok(&["app", "list", "--json"], ""), "[]\n");

    let (key, _) = tidemark.app();
    let uri = receiver.uri.as_str();
    let webhook = |what: &str, rest: &[&str]| tidemark.run(&[&["app", "webhook", what], rest].concat(), "");
    for (what, rest, code, told) in [
        ("add", &[&key, uri][..], 4, "did not answer the challenge"),
        ("add", &[&key, "a.example"], 4, "webhook URI"),
        ("add", &["nosuchkey", uri], 3, "no app with the key"),
        ("list", &["nosuchkey"], 3, "no app with the key"),
        ("remove", &[&key, uri], 3, "has no webhook at"),
        ("log", &[&key, uri], 3, "has no webhook at"),
        ("test", &[&key, uri], 3, "has no webhook at"),
        ("enable", &[&key, uri], 3, "has no webhook at"),
        ("replay", &[&key, uri], 3, "has no webhook at"),
        ("replay", &[&key, uri, "--user", "bob@example.org"], 3, "no account for 'bob"),
    ] {
        let run = webhook(what, rest);
        assert_eq!(run.code, code, "{what} {rest:?}: {run:?}");
        assert!(run.err.contains(told) && run.out.is_empty(), "{what} {rest:?}: {run:?}");
    }
    *receiver.shared.before.lock().unwrap() = "";
    assert_eq!(webhook("add", &[&key, uri]).code, 0);
    let again = webhook("add", &[&key, uri]);
    assert!(again.code == 4 && again.err.contains("already"), "{again:?}");
    let help = webhook("--help", &[]).out;
    for told in ["X-Dropbox-Signature", "replay", "enable", "challenge"] {
        assert!(help.contains(told), "{told}");
    }
}

/// What the environment says of the way out counts for the commands that ask addresses, as it does for the server.
#[test]
fn the_environment_counts_for_commands_that_ask() {
    let tidemark = Tidemark::with_ann();
    let (key, _) = tidemark.app();
    let mut command = tidemark.command(&["app", "webhook", "add", &key, "https://127.0.0.1:1/"]);
    command.arg("--data").arg(tidemark.data()).env("TIDEMARK_EGRESS_CA", "/nowhere.pem");
    let run = finish(command, "");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("--egress-ca") && run.err.contains("/nowhere.pem"), "{}", run.err);
}
