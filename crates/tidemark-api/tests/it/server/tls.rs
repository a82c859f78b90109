//! TLS, and HTTP/2 inside it: the same service, waits in place, limits of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty, Full};
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
