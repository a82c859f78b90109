//! The whole over a connection: protocol, router and server.

use crate::world::World;
use axum::Router;
use axum::extract::Request;
use std::net::SocketAddr;
use std::time::Duration;
use tidemark_api::server::{Limits, Server, bind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// As the binary mounts it: the fallback of a router with pages of its own.
fn serve(world: &World) -> SocketAddr {
    let api = world.api.clone();
    let handle = move |request: Request| {
        let api = api.clone();
        async move { api.handle(request).await }
    };
    let router =
        Router::new().route("/1/oauth2/token", axum::routing::any(|| async { "a page" })).fallback(handle);
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Server::new(router, Limits::default()).run(vec![listener], std::future::pending()));
    address
}

struct Client {
    stream: TcpStream,
    read: Vec<u8>,
    token: String,
}

struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    }
}

impl Client {
    async fn new(world: &World, address: SocketAddr) -> Client {
        Client {
            stream: TcpStream::connect(address).await.unwrap(),
            read: Vec::new(),
            token: world.token.clone(),
        }
    }

    /// Sends a request line and headers, with the token.
    async fn head(&mut self, line: &str, headers: &str) {
        let token = &self.token;
        self.raw(&format!(
            "{line} HTTP/1.1\r\nHost: cloud\r\nAuthorization: Bearer {token}\r\n{headers}\r\n"
        ))
        .await;
    }

    async fn raw(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    async fn answer(&mut self) -> Answer {
        timeout(PATIENCE, self.read_answer(true)).await.expect("an answer in time")
    }

    async fn read_answer(&mut self, has_body: bool) -> Answer {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await;
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let mut answer = Answer { head, body: String::new() };
        if has_body {
            let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
            while self.read.len() < length {
                self.more().await;
            }
            answer.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        }
        answer
    }

    async fn more(&mut self) {
        assert_ne!(
            self.stream.read_buf(&mut self.read).await.unwrap(),
            0,
            "closed too early: {:?}",
            self.read
        );
    }
}

#[tokio::test]
async fn one_connection_puts_lists_and_gets() {
    let world = World::new().await;
    let mut client = Client::new(&world, serve(&world)).await;
    client.head("PUT /1/files_put/auto/a%20b.txt?overwrite=False", "Content-Length: 5\r\n").await;
    client.raw("hello").await;
    let answer = client.answer().await;
    assert_eq!(answer.status(), "200", "{}", answer.body);
    // As curl and Python send what they can't measure.
    client.head("PUT /1/files_put/auto/chunked", "Transfer-Encoding: chunked\r\n").await;
    client.raw("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.status(), "200");
    client.head("GET /1/metadata/auto/?", "Content-Length: 0\r\n").await;
    let answer = client.answer().await;
    assert!(
        answer.body.contains("\"path\":\"/a b.txt\"") && answer.body.contains("\"bytes\":11"),
        "{}",
        answer.body
    );
    assert_eq!(answer.header("transfer-encoding"), None);
    client.head("HEAD /1/files/auto/a%20b.txt", "").await;
    let head = client.read_answer(false).await;
    client.head("GET /1/files/auto/a%20b.txt", "").await;
    let get = client.answer().await;
    assert_eq!((head.header("content-length"), get.body.as_str()), (Some("5"), "hello"));
    assert_eq!(head.header("x-dropbox-metadata"), get.header("x-dropbox-metadata"));
    client.head("GET /1/files/auto/a%20b.txt", "Range: bytes=1-2\r\n").await;
    let part = client.answer().await;
    assert_eq!(
        (part.status(), part.header("content-range"), part.body.as_str()),
        ("206", Some("bytes 1-2/5"), "el")
    );
    // Neither a length nor chunks: nothing was said of a body.
    client.head("PUT /1/files_put/auto/nothing", "").await;
    assert_eq!(client.answer().await.status(), "411");
    client.head("POST /1/delta", "").await;
    let delta = client.answer().await;
    assert_eq!(delta.status(), "200", "a POST without a body is a POST without parameters: {}", delta.body);
    client.head("POST /1/oauth2/token", "Content-Length: 0\r\n").await;
    assert_eq!(client.answer().await.body, "a page");
}

#[tokio::test]
async fn a_large_download_has_a_length_and_no_chunks() {
    let world = World::new().await;
    let bytes: String = "0123456789abcdef".repeat(200_000);
    world.put("/1/files_put/auto/large", bytes.clone()).await;
    let mut client = Client::new(&world, serve(&world)).await;
    client.head("GET /1/files/auto/large", "").await;
    let answer = client.answer().await;
    assert_eq!(
        (answer.header("content-length"), answer.header("transfer-encoding")),
        (Some("3200000"), None)
    );
    assert!(answer.body == bytes);
}

/// The client has sent all it had by the time it reads; nothing may be reset under it.
#[tokio::test]
async fn a_refused_upload_can_read_why() {
    let world = World::new().await;
    let address = serve(&world);
    let body = "x".repeat(8 << 20);
    for (line, token, status) in [
        ("PUT /1/files_put/auto/a", "wrong", "401"),
        ("PUT /1/files_put/auto/desktop.ini", "", "400"),
        ("PUT /1/files_put/nowhere/a", "", "400"),
        ("PUT /1/chunked_upload?upload_id=AAAAAAAAAAAAAAAAAAAAAA", "", "404"),
        ("POST /1/nothing", "", "404"),
        ("DELETE /1/files_put/auto/a", "", "405"),
    ] {
        let mut client = Client::new(&world, address).await;
        if !token.is_empty() {
            client.token = token.to_owned();
        }
        client.head(line, &format!("Content-Length: {}\r\n", body.len())).await;
        client.raw(&body).await;
        let answer = client.answer().await;
        assert_eq!(answer.status(), status, "{line}: {}", answer.body);
        assert!(answer.body.starts_with("{\"error\":"), "{line}: {}", answer.body);
    }
    let mut client = Client::new(&world, address).await;
    client.head("PUT /1/files_put/auto/huge", &format!("Content-Length: {}\r\n", (150 << 20) + 1)).await;
    assert_eq!(client.answer().await.status(), "413", "told before it is sent");
}

#[tokio::test]
async fn an_upload_that_is_cut_off_leaves_nothing() {
    let world = World::new().await;
    let address = serve(&world);
    for headers in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut client = Client::new(&world, address).await;
        client.head("PUT /1/files_put/auto/cut", headers).await;
        client.raw("32\r\nnot all of it").await;
        client.stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, client.stream.read_to_end(&mut rest)).await.expect("the server ends it");
    }
    world.get("/1/metadata/auto/cut").await.refuses(404);
}

#[tokio::test]
async fn a_parked_poll_is_answered_by_a_change_and_its_connection_goes_on() {
    let world = World::new().await;
    let address = serve(&world);
    let cursor = world.post("/1/delta/latest_cursor", "").await.field("cursor");
    let mut client = Client::new(&world, address).await;
    for n in 0..3 {
        let cursor = if n == 0 {
            cursor.clone()
        } else {
            world.post("/1/delta/latest_cursor", "").await.field("cursor")
        };
        client
            .raw(&format!(
                "GET /1/longpoll_delta?cursor={cursor}&timeout=120 HTTP/1.1\r\nHost: cloud\r\n\r\n"
            ))
            .await;
        while world.hub.waiting() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let silent = timeout(Duration::from_millis(50), client.stream.read_buf(&mut client.read)).await;
        assert!(silent.is_err(), "not a byte before the answer");
        world.put(&format!("/1/files_put/auto/{n}"), "x").await;
        let answer = client.answer().await;
        assert_eq!((answer.status(), answer.body.as_str()), ("200", "{\"changes\": true}"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    client.head("GET /1/account/info", "").await;
    assert_eq!(client.answer().await.status(), "200");
}
