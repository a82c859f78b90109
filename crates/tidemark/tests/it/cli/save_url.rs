//! Files from elsewhere: the way out of the real server, which may not lead inside.

use super::serve::Serving;
use super::{Tidemark, finish};
use rustix::process::Signal;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// A server on the loopback that says the same to everybody.
struct Origin {
    address: SocketAddr,
    seen: Arc<AtomicUsize>,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Origin {
    /// `rest` is said when [`Origin::open`] is called.
    fn start(said: &str, rest: &str) -> Origin {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new((Mutex::new(false), Condvar::new())));
        let origin = Origin { address, seen: seen.clone(), gate: gate.clone() };
        if rest.is_empty() {
            origin.open();
        }
        let (said, rest) = (said.to_owned(), rest.to_owned());
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                seen.fetch_add(1, Ordering::SeqCst);
                let (said, rest, opened) = (said.clone(), rest.clone(), gate.clone());
                std::thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let _ = stream.read(&mut [0; 4096]);
                    let _ = stream.write_all(said.as_bytes());
                    let (open, changed) = &*opened;
                    let _open = changed.wait_while(open.lock().unwrap(), |open| !*open).unwrap();
                    let _ = stream.write_all(rest.as_bytes());
                });
            }
        });
        origin
    }

    fn open(&self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_all();
    }

    /// Waits until so many have come.
    fn until_seen(&self, count: usize) {
        let begun = Instant::now();
        while self.seen() < count {
            assert!(begun.elapsed() < Duration::from_secs(20), "nobody comes");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

/// A client of a server.
struct Client<'a> {
    serving: &'a Serving,
    token: String,
}

impl Client<'_> {
    fn ask(&self, method: &str, path: &str) -> String {
        self.serving.ask(method, path, &format!("Authorization: Bearer {}\r\n", self.token))
    }

    fn json(&self, method: &str, path: &str) -> serde_json::Value {
        let answer = self.ask(method, path);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{method} {path}: {answer}");
        serde_json::from_str(body).unwrap()
    }

    /// Begins a job; answers its name.
    fn save(&self, path: &str, url: &str) -> String {
        let escaped: String = url.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let begun = self.json("POST", &format!("/1/save_url/auto{path}?url={escaped}"));
        begun["job"].as_str().unwrap().to_owned()
    }

    /// Waits until a job is as wanted, by looking; answers what it says.
    fn until(&self, job: &str, wanted: &[&str]) -> serde_json::Value {
        let begun = Instant::now();
        loop {
            let now = self.json("GET", &format!("/1/save_url_job/{job}"));
            if wanted.contains(&now["status"].as_str().unwrap()) {
                return now;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "it stays {now}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn ended(&self, job: &str) -> serde_json::Value {
        self.until(job, &["COMPLETE", "FAILED"])
    }

    fn names(&self) -> Vec<String> {
        let listing = self.json("GET", "/1/metadata/auto");
        let contents = listing["contents"].as_array().unwrap().iter();
        contents.map(|entry| entry["path"].as_str().unwrap().to_owned()).collect()
    }
}

fn world() -> (Tidemark, String) {
    let tidemark = Tidemark::with_ann();
    let (key, _) = tidemark.app();
    let token = tidemark.ok(&["token", "create", "--app", &key, "--user", "ann@example.org"], "");
    (tidemark, token.trim_end().to_owned())
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Whatever an address of this machine or its network is called, nobody is asked there.
#[test]
fn leads_nowhere_inside() {
    let (tidemark, token) = world();
    let origin = Origin::start(HELLO, "");
    let serving = Serving::start_with(&tidemark, &[]);
    let client = Client { serving: &serving, token };
    let port = origin.address.port();
    let hosts = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "localhost",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "[fd00::1]",
        "[fe80::1]",
    ];
    let jobs: Vec<_> =
        hosts.iter().map(|host| client.save("/f", &format!("http://{host}:{port}/"))).collect();
    for (job, host) in jobs.iter().zip(hosts) {
        let told = client.ended(job);
        assert_eq!(told["error"], "the URL leads to no address that is public", "{host}");
    }
    for url in
        ["file:///etc/passwd", "gopher://127.0.0.1/", "http://127.0.0.1:22/", "http://me:pw@127.0.0.1/"]
    {
        let escaped: String = url.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = client.ask("POST", &format!("/1/save_url/auto/f?url={escaped}"));
        assert!(answer.starts_with("HTTP/1.1 400 "), "{url}: {answer}");
    }
    assert_eq!((origin.seen(), client.names().len()), (0, 0));
}

/// The flag, the variable and the file each open one way, and no other; a redirect opens none.
#[test]
fn goes_where_the_operator_allows() {
    let (tidemark, token) = world();
    let (origin, other) = (Origin::start(HELLO, ""), Origin::start(HELLO, ""));
    let away =
        format!("HTTP/1.1 302 Found\r\nLocation: http://{}/\r\nContent-Length: 0\r\n\r\n", other.address);
    let away = Origin::start(&away, "");
    let allowed = [origin.address.to_string(), away.address.to_string()];
    let serving = Serving::start_with(
        &tidemark,
        &["--egress-allow", &allowed[0], "--egress-allow", &allowed[1], "--egress-file-max", "5"],
    );
    let client = Client { serving: &serving, token };
    let url = |origin: &Origin| format!("http://{}/", origin.address);
    assert_eq!(client.ended(&client.save("/f", &url(&origin)))["status"], "COMPLETE");
    assert_eq!(client.ended(&client.save("/f", &url(&origin)))["status"], "COMPLETE");
    assert!(client.ask("GET", "/1/files/auto/f%20(1)").ends_with("\r\n\r\nhello"));
    for refused in [url(&other), url(&away)] {
        let told = client.ended(&client.save("/g", &refused));
        assert_eq!(told["error"], "the URL leads to no address that is public");
    }
    let token = client.token;
    drop(serving);
    let large = Origin::start("HTTP/1.1 200 OK\r\n\r\nhello!", "");
    let serving = Serving::start_with(
        &tidemark,
        &["--egress-allow", "127.0.0.0/8,10.0.0.0/8", "--egress-file-max", "5"],
    );
    let client = Client { serving: &serving, token };
    assert_eq!(client.ended(&client.save("/g", &url(&away)))["status"], "COMPLETE");
    let told = client.ended(&client.save("/h", &url(&large)));
    assert_eq!(told["error"], "the file is larger than 5 bytes");
    assert_eq!(client.names(), ["/f", "/f (1)", "/g"]);
}

/// A job that was under way when the server was killed, or told to stop, is done by the next one, once.
#[test]
fn goes_on_after_a_restart() {
    for signal in [Signal::KILL, Signal::TERM] {
        let (tidemark, token) = world();
        let origin = Origin::start("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "lo");
        let allow = ["--egress-allow", "127.0.0.1"];
        let mut serving = Serving::start_with(&tidemark, &allow);
        let client = Client { serving: &serving, token };
        let job = client.save("/f", &format!("http://{}/", origin.address));
        origin.until_seen(1);
        client.until(&job, &["DOWNLOADING"]);
        let token = client.token;
        serving.signal(signal);
        let begun = Instant::now();
        serving.ended(Duration::from_secs(10));
        assert!(begun.elapsed() < Duration::from_secs(9), "a download keeps no server up");
        let serving = Serving::start_with(&tidemark, &allow);
        let client = Client { serving: &serving, token };
        origin.until_seen(2);
        client.until(&job, &["DOWNLOADING"]);
        origin.open();
        assert_eq!(client.ended(&job)["status"], "COMPLETE");
        assert_eq!(client.names(), ["/f"]);
        assert_eq!(origin.seen(), 2);
    }
}

/// A slip in the settings is told, and nothing is opened or made.
#[test]
fn slips_are_told() {
    let tidemark = Tidemark::new();
    for (flag, value, code, told) in [
        ("--egress-allow", "10.0.0.0/99", 2, "'10.0.0.0/99' is neither a network"),
        ("--egress-allow", "*.lan", 2, "'*.lan' is neither"),
        ("--egress-ca", "/nowhere.pem", 1, "could not read the certificates in /nowhere.pem"),
    ] {
        let mut command = tidemark.command(&["serve", "--listen", "127.0.0.1:0", flag, value]);
        command.arg("--data").arg(tidemark.data());
        let run = finish(command, "");
        assert!(run.code == code && run.err.contains(told), "{run:?}");
        assert!(!tidemark.data().exists());
    }
}
