//! TLS, and HTTP/2 inside it: the same service, waits in place, limits of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use http::Request;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tidemark_api::server::{Drained, Limits, tls};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::support::{Client, TestServer, quick};

struct TlsServer {
    server: TestServer,
    root: CertificateDer<'static>,
}

impl TlsServer {
    fn start(limits: Limits) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let config = tls::load(&cert, &key).unwrap();
        let server = TestServer::start_with(limits, |router| router, |server| server.tls(config));
        Self { server, root: made.cert.der().clone() }
    }

    async fn connect(&self, protocol: &[u8]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(self.server.addr).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    async fn http1(&self) -> Client<TlsStream<TcpStream>> {
        Client::new(self.connect(b"http/1.1").await)
    }

    async fn http2(&self) -> http2::SendRequest<Full<Bytes>> {
        let stream = TokioIo::new(self.connect(b"h2").await);
        let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        sender
    }
}

fn request(method: &str, path: &str, body: &'static [u8]) -> Request<Full<Bytes>> {
    let uri = format!("https://localhost{path}");
    Request::builder().method(method).uri(uri).body(Full::new(Bytes::from_static(body))).unwrap()
}

async fn text(response: http::Response<hyper::body::Incoming>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn http1_inside_tls_keeps_alive_idles_and_parks_in_place() {
    let server = TlsServer::start(quick());
    let mut client = server.http1().await;
    assert_eq!(client.get("/").await.body, "hello");
    tokio::time::sleep(Duration::from_millis(200)).await;
    client.send("POST /read HTTP/1.1\r\nhost: t\r\ncontent-length: 3\r\n\r\nabc").await;
    assert_eq!(client.answer().await.body, "read 3");
    client.send("GET /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
    server.server.wait_for_waiting(1).await;
    assert!(client.is_silent_for(Duration::from_millis(700)).await);
    server.server.open_gate();
    assert_eq!(client.answer().await.body, "changed");
    assert_eq!(client.get("/").await.body, "hello");
    let begun = Instant::now();
    assert!(client.closed().await.is_empty());
    assert!((1900..4500).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn hanging_up_inside_tls_drops_the_answer() {
    let server = TlsServer::start(quick());
    let mut client = server.http1().await;
    client.send("GET /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
    server.server.wait_for_waiting(1).await;
    drop(client);
    server.server.wait_for_waiting(0).await;
}

#[tokio::test]
async fn http2_serves_many_at_once_and_parks_in_place() {
    let server = TlsServer::start(quick());
    let mut client = server.http2().await;
    let polls: Vec<_> = (0..20)
        .map(|_| {
            let answer = client.send_request(request("GET", "/park", b""));
            tokio::spawn(async move { text(answer.await.unwrap()).await })
        })
        .collect();
    server.server.wait_for_waiting(20).await;
    let answer = client.send_request(request("POST", "/read", b"abc")).await.unwrap();
    assert_eq!(text(answer).await, "read 3");
    let answer = client.send_request(request("POST", "/ignore", b"abc")).await.unwrap();
    assert_eq!(answer.status(), 401);
    server.server.open_gate();
    for poll in polls {
        assert_eq!(poll.await.unwrap(), "changed");
    }
}

/// A stream that is reset drops its answer, and no other.
#[tokio::test]
async fn resetting_a_stream_drops_its_answer() {
    let server = TlsServer::start(quick());
    let mut client = server.http2().await;
    let kept = client.send_request(request("GET", "/park", b""));
    let given_up = client.send_request(request("GET", "/park", b""));
    let kept = tokio::spawn(kept);
    let given_up = tokio::spawn(given_up);
    server.server.wait_for_waiting(2).await;
    given_up.abort();
    server.server.wait_for_waiting(1).await;
    server.server.open_gate();
    assert_eq!(text(kept.await.unwrap().unwrap()).await, "changed");
}

#[tokio::test]
async fn draining_answers_http2_and_tls() {
    let mut server = TlsServer::start(quick());
    let mut client = server.http2().await;
    let mut other = server.http1().await;
    let poll = tokio::spawn(client.send_request(request("GET", "/park", b"")));
    other.send("GET /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
    server.server.wait_for_waiting(2).await;
    server.server.shut_down();
    assert_eq!(text(poll.await.unwrap().unwrap()).await, "drained");
    assert_eq!(other.answer().await.body, "drained");
    drop((client, other));
    assert_eq!(server.server.ended().await, Drained { cut_off: 0 });
}

/// A handshake that doesn't come, or isn't one, ends the connection.
#[tokio::test]
async fn a_handshake_has_a_deadline() {
    let server = TlsServer::start(quick());
    let begun = Instant::now();
    assert!(server.server.connect().await.closed().await.is_empty());
    assert!((250..1500).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    let mut plain = server.server.connect().await;
    plain.send("GET / HTTP/1.1\r\nhost: t\r\n\r\n").await;
    plain.read_until_end_or_reset().await;
}

/// HTTP/2 without TLS is not spoken.
#[tokio::test]
async fn http2_needs_tls() {
    let server = TestServer::start(quick());
    let stream = TokioIo::new(TcpStream::connect(server.addr).await.unwrap());
    let (mut sender, connection) =
        http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let request = Request::builder().uri("http://localhost/").body(Empty::new()).unwrap();
    assert!(sender.send_request(request).await.is_err());
}

/// An HTTP/2 connection without requests is told to go away.
#[tokio::test]
async fn an_idle_http2_connection_ends() {
    let server = TlsServer::start(quick());
    let mut client = server.http2().await;
    assert_eq!(text(client.send_request(request("GET", "/", b"")).await.unwrap()).await, "hello");
    let begun = Instant::now();
    while !client.is_closed() {
        assert!(begun.elapsed() < Duration::from_secs(6));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(begun.elapsed() > Duration::from_millis(1500), "{:?}", begun.elapsed());
}

/// A client whose flow control holds back an answer for ever is dropped.
#[tokio::test]
async fn a_stuck_http2_answer_ends_the_connection() {
    let server = TlsServer::start(quick());
    let mut client = server.http2().await;
    let answer = client.send_request(request("GET", "/big", b"")).await.unwrap();
    let begun = Instant::now();
    while !client.is_closed() {
        assert!(begun.elapsed() < Duration::from_secs(6), "it stays for ever");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(answer.into_body().collect().await.is_err());
}

/// Too many header fields are refused on HTTP/2, too.
#[tokio::test]
async fn a_flood_of_http2_fields_is_refused() {
    let server = TlsServer::start(quick());
    let mut client = server.http2().await;
    let mut flood = request("GET", "/", b"");
    for number in 0..3000 {
        flood.headers_mut().append("x-field", format!("value {number}").parse().unwrap());
    }
    match client.send_request(flood).await {
        Ok(answer) => assert_eq!(answer.status(), 431),
        Err(error) => assert!(!error.is_timeout(), "{error}"),
    }
    assert_eq!(server.http1().await.get("/").await.body, "hello");
}

/// Frames of HTTP/2 by hand, for clients that no library wants to be.
mod frames {
    /// The preface and an empty SETTINGS.
    pub(super) const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![0, 0, u8::try_from(payload.len()).unwrap(), kind, flags];
        out.extend_from_slice(&stream.to_be_bytes());
        out.extend_from_slice(payload);
        out
    }

    /// HEADERS of `GET path`, the end of its stream. Methods and scheme are in HPACK's static table.
    pub(super) fn get(stream: u32, path: &str) -> Vec<u8> {
        let mut block = vec![0x82, 0x87, 0x01, 1, b't', 0x04, u8::try_from(path.len()).unwrap()];
        block.extend_from_slice(path.as_bytes());
        frame(1, 0x5, stream, &block)
    }

    pub(super) fn reset(stream: u32) -> Vec<u8> {
        frame(3, 0, stream, &8u32.to_be_bytes())
    }
}

/// A client that opens streams only to reset them is shown the door.
#[tokio::test]
async fn a_flood_of_resets_ends_the_connection() {
    let server = TlsServer::start(quick());
    let mut client = Client::new(server.connect(b"h2").await);
    client.send(frames::HELLO).await;
    let begun = Instant::now();
    for burst in 0..1000 {
        let streams = (0..100).map(|number| 2 * (burst * 100 + number) + 1);
        let burst: Vec<u8> =
            streams.flat_map(|id| [frames::get(id, "/park"), frames::reset(id)].concat()).collect();
        if client.try_send(&burst).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // Not because the flood was over, or idleness.
    assert!(begun.elapsed() < Duration::from_millis(1000), "{:?}", begun.elapsed());
    server.server.wait_for_waiting(0).await;
    assert_eq!(server.http1().await.get("/").await.body, "hello");
}

/// A client that doesn't answer pings is gone, whatever it is waiting for.
#[tokio::test]
async fn a_client_that_answers_no_ping_is_dropped() {
    let server = TlsServer::start(Limits { http2_ping_interval: Duration::from_millis(300), ..quick() });
    let mut client = Client::new(server.connect(b"h2").await);
    client.send([frames::HELLO, &frames::get(1, "/park")].concat()).await;
    server.server.wait_for_waiting(1).await;
    let begun = Instant::now();
    client.read_until_end_or_reset().await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    server.server.wait_for_waiting(0).await;
}

/// The deadlines of a body hold inside HTTP/2, and for its stream alone.
#[tokio::test]
async fn a_body_that_stops_is_idle_on_http2_too() {
    let server = TlsServer::start(quick());
    let stream = TokioIo::new(server.connect(b"h2").await);
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let begin =
        futures_util::stream::iter([Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(b"abc")))]);
    let stalled = BodyExt::boxed(StreamBody::new(begin.chain(futures_util::stream::pending())));
    let upload = Request::post("https://localhost/read").body(stalled).unwrap();
    let answer = client.send_request(upload).await.unwrap();
    assert_eq!(answer.status(), 408);
    assert_eq!(text(answer).await, "Idle");
    let nothing = BodyExt::boxed(Empty::new().map_err(|never| match never {}));
    let next = Request::get("https://localhost/").body(nothing).unwrap();
    assert_eq!(text(client.send_request(next).await.unwrap()).await, "hello");
}
