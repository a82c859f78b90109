//! What clients can make the server's process keep in memory: floods nothing, a parked poll about a kilobyte.
//!
//! Each of these runs in a process of its own, where no other test allocates. Clients live in the same process as bare
//! sockets: a file descriptor and no memory of ours.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tidemark_api::server::{Limits, raise_open_files_limit};

use super::support::{TestServer, eventually, quick};

const MIB: usize = 1024 * 1024;

/// Runs one of the ignored tests of this file in a process of its own.
fn alone(test: &str) {
    let exe = std::env::current_exe().unwrap();
    let name = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
    let output = Command::new(exe).args([&name, "--exact", "--ignored"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn floods_cost_nothing() {
    alone("alone_a_flood_of_fields");
    alone("alone_an_endless_body");
    alone("alone_an_endless_answer");
}

/// A regression that keeps hyper's buffers, or anything else of that size, shows at once.
#[test]
fn a_parked_poll_costs_about_a_kilobyte() {
    alone("alone_parked_polls");
}

/// Resident memory of this process, in bytes: what it has taken, and not the pages of the program itself, of which every
/// first run through some code brings in more.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// 100,000 header fields are refused with 431 while they are still arriving, and the client can read that.
#[tokio::test]
#[ignore = "run alone by floods_cost_nothing"]
async fn alone_a_flood_of_fields() {
    let server = TestServer::start(quick());
    let flood = format!("GET / HTTP/1.1\r\n{}\r\n", "x-field: some value\r\n".repeat(100_000));
    server.connect().await.get("/").await;
    let before = resident();
    for _ in 0..20 {
        let mut client = server.connect().await;
        // The server stops listening at some point, which is not an error for a reader of its answer.
        let _ = client.try_send(&flood).await;
        assert_eq!(client.answer().await.status, 431);
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 2 * MIB, "grew by {grown} bytes");
}

/// An endless body is refused where the handler's limit is, or drained as far as that goes, and then cut off.
#[tokio::test]
#[ignore = "run alone by floods_cost_nothing"]
async fn alone_an_endless_body() {
    let server = TestServer::start(Limits { discard_bytes_max: 8 * MIB as u64, ..quick() });
    let chunk = format!("{MIB:x}\r\n{}\r\n", "x".repeat(MIB));
    let before = resident();
    for path in ["/read", "/ignore", "/half"] {
        let mut client = server.connect().await;
        client.send(format!("POST {path} HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n")).await;
        let mut sent = 0;
        while sent < 200 && client.try_send(&chunk).await.is_ok() {
            sent += 1;
        }
        assert!(sent < 100, "{sent} MiB were taken by {path}");
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 8 * MIB, "grew by {grown} bytes");
}

/// An answer without an end neither fills the memory nor lasts when nobody reads it.
#[tokio::test]
#[ignore = "run alone by floods_cost_nothing"]
async fn alone_an_endless_answer() {
    let server = TestServer::start(quick());
    let before = resident();
    let mut client = server.connect().await;
    client.send("GET /endless HTTP/1.1\r\nhost: t\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    client.read_until_end_or_reset().await;
    let grown = resident().saturating_sub(before);
    assert!(grown < 4 * MIB, "grew by {grown} bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run alone by a_parked_poll_costs_about_a_kilobyte"]
async fn alone_parked_polls() {
    let cost = measure(3_000).await;
    assert!(cost.parked < 1_600 && cost.answered < 1_800 && cost.parked_again < 1_800, "{cost:?}");
}

/// The figure itself, with as many polls as the limit on open files allows; the failure tells it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "opens as many connections as it may, to measure"]
async fn alone_a_crowd() {
    let files = usize::try_from(raise_open_files_limit()).unwrap_or(usize::MAX);
    let count = (files / 2).saturating_sub(1_000).min(100_000);
    let cost = measure(count).await;
    assert!(cost.parked < 1_400, "{count} polls: {cost:?}");
}

/// Waited at by every client that measures, so that what the runtime and the allocator take once is not counted.
const WARM_UP: usize = 500;

/// How many clients connect at once.
const THREADS: usize = 4;

/// Opens connections that each have one long poll waiting. Several threads at once, as a crowd comes after a restart.
async fn open(server: &TestServer, count: usize) -> Vec<TcpStream> {
    let addr = server.addr;
    let waiting = server.world.waiting.load(Ordering::SeqCst);
    let opening = (0..THREADS).map(|thread| {
        let mine = (thread..count).step_by(THREADS);
        tokio::task::spawn_blocking(move || {
            mine.map(|number| poll(connect(addr, number))).collect::<Vec<_>>()
        })
    });
    let mut clients = Vec::new();
    for opened in futures_util::future::join_all(opening).await {
        clients.extend(opened.unwrap());
    }
    server.wait_for_waiting(waiting + count).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    clients
}

/// Connects from one of as many loopback addresses as it takes for all ports.
fn connect(server: SocketAddr, number: usize) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let source = [127, 0, 1 + u8::try_from(number / 20_000).unwrap(), 1];
    socket.bind(&SocketAddr::from((source, 0)).into()).unwrap();
    socket.connect(&server.into()).unwrap();
    socket.into()
}

/// Sends what a client of the old service sends.
fn poll(mut client: TcpStream) -> TcpStream {
    client
        .write_all(
            b"GET /poll HTTP/1.1\r\nhost: localhost\r\nuser-agent: OfficialDropboxPythonSDK/2.2.0\r\n\
              accept-encoding: identity\r\nauthorization: Bearer 0123456789abcdef0123456789abcdef\r\n\r\n",
        )
        .unwrap();
    client
}

/// Resident bytes for each connection.
#[derive(Debug)]
struct Cost {
    /// While its first poll is parked.
    parked: usize,
    /// Answered and kept alive.
    answered: usize,
    /// While its second poll is parked.
    parked_again: usize,
}

async fn measure(count: usize) -> Cost {
    let server = TestServer::start(Limits { idle_timeout: Duration::from_secs(600), ..Limits::default() });
    let warm_up = open(&server, WARM_UP).await;
    let before = resident();
    let each = || resident().saturating_sub(before) / count;
    let mut clients = open(&server, count).await;
    let parked = each();
    server.open_gate();
    eventually(|| server.world.waiting.load(Ordering::SeqCst) == 0).await;
    for client in &mut clients {
        let mut answer = [0; 512];
        let length = client.read(&mut answer).unwrap();
        assert!(answer[..length].ends_with(b"\r\n\r\nchanged"));
    }
    let answered = each();
    clients = clients.into_iter().map(poll).collect();
    server.wait_for_waiting(count).await;
    let cost = Cost { parked, answered, parked_again: each() };
    drop((clients, warm_up));
    cost
}
