//! A server on a loopback port, and a client that sends exactly the bytes it is told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use bytes::Bytes;
use http::StatusCode;
use tidemark_api::http::{BodyError, body};
use tidemark_api::server::{Drain, Drained, Limits, Server, bind, park};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than anything here takes, shorter than anybody's patience.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// The limits of most tests: everything that waits is short.
pub(super) fn quick() -> Limits {
    Limits {
        handshake_timeout: Duration::from_millis(300),
        head_timeout: Duration::from_millis(300),
        idle_timeout: Duration::from_secs(2),
        buffers_timeout: Duration::from_millis(50),
        body_idle_timeout: Duration::from_millis(400),
        body_rate_min: 1000,
        body_rate_window: Duration::from_millis(600),
        write_timeout: Duration::from_millis(500),
        discard_timeout: Duration::from_secs(2),
        linger_timeout: Duration::from_secs(1),
        drain_timeout: Duration::from_secs(5),
        ..Limits::default()
    }
}

/// What the handlers share with the test.
#[derive(Clone)]
pub(super) struct World {
    /// Opens the gate that parked polls wait at.
    pub(super) gate: watch::Sender<bool>,
    /// Polls that wait at this moment.
    pub(super) waiting: Arc<AtomicUsize>,
}

pub(super) struct TestServer {
    pub(super) addr: SocketAddr,
    pub(super) world: World,
    pub(super) drain: Drain,
    shutdown: Option<oneshot::Sender<()>>,
    running: JoinHandle<std::io::Result<Drained>>,
}

impl TestServer {
    pub(super) fn start(limits: Limits) -> Self {
        Self::start_with(limits, |router| router, |server| server)
    }

    pub(super) fn start_with(
        limits: Limits,
        wrap: impl FnOnce(Router) -> Router,
        configure: impl FnOnce(Server) -> Server,
    ) -> Self {
        let world = World { gate: watch::Sender::new(false), waiting: Arc::default() };
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = listener.local_addr().unwrap();
        let drain = Drain::new();
        let server = configure(Server::new(wrap(router(world.clone())), limits).drain(drain.clone()));
        let (shutdown, told) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(vec![listener], async { drop(told.await) }));
        Self { addr, world, drain, shutdown: Some(shutdown), running }
    }

    pub(super) async fn connect(&self) -> Client<TcpStream> {
        let stream = TcpStream::connect(self.addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Client::new(stream)
    }

    /// Tells the server to shut down.
    pub(super) fn shut_down(&mut self) {
        drop(self.shutdown.take());
    }

    /// Waits for the server to end after [`TestServer::shut_down`].
    pub(super) async fn ended(self) -> Drained {
        timeout(PATIENCE, self.running).await.expect("the server ends").unwrap().unwrap()
    }

    pub(super) fn open_gate(&self) {
        self.world.gate.send_replace(true);
    }

    /// Waits until that many polls wait, and the connections have settled.
    pub(super) async fn wait_for_waiting(&self, count: usize) {
        eventually(|| self.world.waiting.load(Ordering::SeqCst) == count).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits for a condition that should come true soon.
pub(super) async fn eventually(mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "it never came true");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn router(world: World) -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/read", any(read))
        .route("/ignore", any(|| async { (StatusCode::UNAUTHORIZED, "no") }))
        .route("/half", post(half))
        .route("/elsewhere", post(elsewhere))
        .route("/panic", get(panic))
        .route("/1/panic", get(panic))
        .route("/big", get(|| async { vec![b'x'; 32 * 1024 * 1024] }))
        .route("/endless", get(endless))
        .route("/sleep", get(sleep))
        .route("/park", any(park_at_gate))
        .route("/poll", get(poll))
        .with_state(world)
}

async fn read(request: Body) -> Response {
    match body::read(request, 1024 * 1024).await {
        Ok(bytes) => format!("read {}", bytes.len()).into_response(),
        Err(error) => refuse(error),
    }
}

fn refuse(error: BodyError) -> Response {
    (error.status(), format!("{error:?}")).into_response()
}

/// Answers after the first chunk.
async fn half(request: Body) -> Response {
    let mut body = body::limited(request, u64::MAX).unwrap();
    body.chunk().await.unwrap();
    (StatusCode::CONFLICT, "enough").into_response()
}

/// Answers at once, while another task still holds the body for a moment.
async fn elsewhere(request: Body) -> &'static str {
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(request);
    });
    "elsewhere"
}

async fn panic() -> &'static str {
    panic!("as the test asked")
}

async fn endless() -> Body {
    const CHUNK: Bytes = Bytes::from_static(&[b'x'; 65536]);
    Body::from_stream(futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(CHUNK)))
}

async fn sleep() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "slept"
}

struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn park_at_gate(State(world): State<World>) -> Response {
    world.waiting.fetch_add(1, Ordering::SeqCst);
    let waiting = Waiting(world.waiting.clone());
    let mut gate = world.gate.subscribe();
    let answer = async move {
        let _waiting = waiting;
        let _ = gate.wait_for(|open| *open).await;
        Bytes::from_static(b"changed")
    };
    park([("x-head", "kept")].into_response(), answer, Bytes::from_static(b"drained"))
}

/// As a real long poll waits: for a word from a hub, with a timeout of its own.
async fn poll(State(world): State<World>) -> Response {
    world.waiting.fetch_add(1, Ordering::SeqCst);
    let waiting = Waiting(world.waiting.clone());
    let mut gate = world.gate.subscribe();
    let answer = async move {
        let _waiting = waiting;
        let _ = timeout(Duration::from_secs(480), gate.changed()).await;
        Bytes::from_static(b"changed")
    };
    let head =
        [("content-type", "application/json"), ("x-dropbox-request-id", "0123456789abcdef0123456789abcdef")];
    park(head.into_response(), answer, Bytes::from_static(b"drained"))
}

/// A client over any stream.
pub(super) struct Client<S> {
    stream: S,
    read: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, read: Vec::new() }
    }

    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Sends unless the server has closed already.
    pub(super) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref()).await
    }

    /// Sends a request without a body, on a connection that stays.
    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: t\r\n\r\n")).await;
        self.answer().await
    }

    /// Reads one answer with a `Content-Length`, or a `1xx` head alone.
    pub(super) async fn answer(&mut self) -> Answer {
        timeout(PATIENCE, self.read_answer()).await.expect("an answer in time")
    }

    async fn read_answer(&mut self) -> Answer {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(
                self.read_more().await > 0,
                "closed before an answer: {:?}",
                String::from_utf8_lossy(&self.read)
            );
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length {
            assert!(self.read_more().await > 0, "closed in the middle of an answer");
        }
        answer.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        answer
    }

    async fn read_more(&mut self) -> usize {
        self.stream.read_buf(&mut self.read).await.unwrap()
    }

    /// Waits for the server to close, and returns what came before; a reset fails the test.
    pub(super) async fn closed(&mut self) -> Vec<u8> {
        let reading = async { while self.read_more().await > 0 {} };
        timeout(PATIENCE, reading).await.expect("the server closes in time");
        std::mem::take(&mut self.read)
    }

    /// Whether nothing arrives, and the connection stays open, for that long.
    pub(super) async fn is_silent_for(&mut self, duration: Duration) -> bool {
        timeout(duration, self.stream.read_buf(&mut self.read)).await.is_err()
    }

    /// What arrives in that time.
    pub(super) async fn read_for(&mut self, duration: Duration) -> Vec<u8> {
        let reading = async { while self.read_more().await > 0 {} };
        let _ = timeout(duration, reading).await;
        std::mem::take(&mut self.read)
    }

    /// How many bytes arrive until the connection ends, in whichever way.
    pub(super) async fn read_until_end_or_reset(&mut self) -> usize {
        let mut count = std::mem::take(&mut self.read).len();
        let mut space = vec![0; 65536];
        loop {
            match timeout(PATIENCE, self.stream.read(&mut space)).await.expect("the server closes in time") {
                Ok(0) | Err(_) => return count,
                Ok(more) => count += more,
            }
        }
    }

    pub(super) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }
}
