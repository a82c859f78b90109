//! The real transport, over real connections.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use tidemark_api::server::{self, Limits};
use tidemark_client::{
    AccessToken, Body, ChangeEvent, Client, DownloadOptions, Error, Failure, HttpOptions, HttpTransport,
    HttpTransportError, RefusalKind, RetryPolicy, Server, SystemEntropy, Transport, UploadOptions,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::world::{World, noise, path};
use futures_util::StreamExt as _;

/// A server at a port of its own, until it is dropped.
pub(crate) struct Served {
    pub(crate) address: String,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
}

impl Served {
    pub(crate) fn plain(router: Router) -> Served {
        Served::with(router, "http", |server| server)
    }

    fn with(
        router: Router,
        scheme: &str,
        configure: impl FnOnce(server::Server) -> server::Server,
    ) -> Served {
        let listener = server::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        let server = configure(server::Server::new(router, Limits::default()));
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            server.run(vec![listener], async { drop(stopped.await) }).await.unwrap();
        });
        Served { address, stop: Some(stop), running: Some(running) }
    }

    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        self.running.take().unwrap().await.unwrap();
    }
}

fn client(address: &str, token: &AccessToken, options: &HttpOptions) -> Client {
    let transport = Arc::new(HttpTransport::new(options).unwrap());
    let client =
        Client::new(Server::new(address).unwrap(), token.clone(), transport, Arc::new(SystemEntropy));
    client.with_retries(RetryPolicy::NEVER)
}

/// Files go there and back, changes come, and long polls wait, over one client.
#[tokio::test]
async fn a_server_is_spoken_with() {
    let world = World::new().await;
    let served = Served::plain(world.router());
    let client = client(&served.address, &world.token, &HttpOptions::default());
    let bytes = noise((16 << 20) + 77, 1);
    client.upload(&path("/a"), &mut bytes.clone(), UploadOptions::default()).await.unwrap();
    let mut download = client.download(&path("/a"), &DownloadOptions::default()).await.unwrap();
    let mut got = Vec::new();
    while let Some(piece) = download.chunk().await.unwrap() {
        got.extend_from_slice(&piece);
    }
    assert!(got == bytes);

    let cursor = client.latest_cursor(None).await.unwrap();
    let mut changes = client.changes(Some(cursor), None);
    assert!(matches!(changes.next().await.unwrap().unwrap(), ChangeEvent::CaughtUp(_)));
    let (event, _) = tokio::join!(changes.next(), async {
        client.upload(&path("/b"), &mut Bytes::from("x"), UploadOptions::default()).await.unwrap()
    });
    assert!(matches!(event.unwrap().unwrap(), ChangeEvent::Entry(entry) if entry.path == path("/b")));
    drop(changes);
    served.stop().await;
    // Nobody is there any more.
    let error = client.account().await.unwrap_err();
    assert!(!error.may_have_happened() || matches!(error, Error::Broken(_)), "{error:?}");
    let error = client.account().await.unwrap_err();
    assert!(matches!(error, Error::NotSent(_)), "{error:?}");
}

/// An authority of one's own is trusted if it is given, and not otherwise.
#[tokio::test]
async fn certificates_are_checked() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let config = server::tls::load(&cert, &key).unwrap();
    let world = World::new().await;
    let served = Served::with(world.router(), "https", |server| server.tls(config));
    let trusting =
        HttpOptions { extra_authorities: Some(made.cert.pem().into_bytes()), ..HttpOptions::default() };
    let account = client(&served.address, &world.token, &trusting).account().await.unwrap();
    assert_eq!(account.email, "ada@example.org");
    let error = client(&served.address, &world.token, &HttpOptions::default()).account().await.unwrap_err();
    assert!(matches!(error, Error::NotSent(_)), "{error:?}");
    // Nor under another name.
    let other = served.address.replace("localhost", "127.0.0.1");
    let error = client(&other, &world.token, &trusting).account().await.unwrap_err();
    assert!(matches!(error, Error::NotSent(_)), "{error:?}");
    served.stop().await;

    for bad in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let options = HttpOptions { extra_authorities: Some(bad.into()), ..HttpOptions::default() };
        assert!(matches!(HttpTransport::new(&options), Err(HttpTransportError::Authorities(_))), "{bad}");
    }
}

/// A server that reads a request's head, answers so, and then keeps the connection or not. Tells what it read.
fn rude(answer: &'static str, keeps: bool) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            assert!(stream.read_buf(&mut head).await.unwrap() > 0, "the head is whole");
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        if keeps {
            // Until the client has had enough of it.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        String::from_utf8_lossy(&head).into_owned()
    });
    (address, serving)
}

/// Not patient.
fn quick() -> HttpOptions {
    HttpOptions { idle_timeout: Duration::from_millis(200), ..HttpOptions::default() }
}

/// Silence at any point ends in time, and is told from a connection that breaks.
#[tokio::test]
async fn silence_and_breaks_are_told_apart() {
    let token = AccessToken::new("t").unwrap();
    for (answer, keeps, failure) in [
        ("", true, Failure::TimedOut),
        ("HTTP/1.1 200 OK\r\n", true, Failure::TimedOut),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{", true, Failure::TimedOut),
        ("", false, Failure::Broken),
        ("HTTP/1.1 200 OK\r\n", false, Failure::Broken),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{", false, Failure::Broken),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{", false, Failure::Broken),
        ("nonsense\r\n\r\n", true, Failure::Broken),
    ] {
        let (address, serving) = rude(answer, keeps);
        let error = client(&address, &token, &quick()).account().await.unwrap_err();
        let told = match &error {
            Error::TimedOut(error) | Error::Broken(error) | Error::NotSent(error) => error.failure(),
            other => panic!("{answer:?}: {other:?}"),
        };
        assert_eq!(told, failure, "{answer:?}: {error:?}");
        assert!(error.may_have_happened());
        serving.await.unwrap();
    }
}

/// A redirect is not followed, and so the token goes nowhere else.
#[tokio::test]
async fn redirects_are_not_followed() {
    let (elsewhere, other) = rude("HTTP/1.1 200 OK\r\n\r\n", false);
    let answer = format!("HTTP/1.1 307 Elsewhere\r\nLocation: {elsewhere}/\r\nContent-Length: 0\r\n\r\n");
    let (address, serving) = rude(answer.leak(), false);
    let token = AccessToken::new("open-sesame").unwrap();
    let error = client(&address, &token, &quick()).account().await.unwrap_err();
    assert_eq!(error.kind(), Some(RefusalKind::Elsewhere));
    assert!(!other.is_finished());
    other.abort();
    let head = serving.await.unwrap().to_lowercase();
    assert!(head.starts_with("get /1/account/info?include_identity=true http/1.1\r\n"), "{head}");
    let agent = concat!("\r\nuser-agent: tidemark/", env!("CARGO_PKG_VERSION"), "\r\n");
    assert!(head.contains(agent) && head.contains("\r\nauthorization: bearer open-sesame\r\n"), "{head}");
    assert!(!head.contains("accept-encoding"), "{head}");
}

/// What is sent says how long it is, also when it goes in pieces.
#[tokio::test]
async fn lengths_are_said() {
    let token = AccessToken::new("t").unwrap();
    for size in [0, 5, 1_000_000] {
        let (address, serving) = rude("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", true);
        let client = client(&address, &token, &quick());
        let mut source = noise(size, 3);
        let error = client.upload(&path("/a"), &mut source, UploadOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), Some(RefusalKind::Forbidden), "{error:?}");
        drop(client);
        let head = serving.await.unwrap().to_lowercase();
        assert!(head.contains(&format!("\r\ncontent-length: {size}\r\n")), "{head}");
        assert!(!head.contains("transfer-encoding") && head.matches("content-length").count() == 1, "{head}");
    }
}

/// Everything may be done in tasks that move from thread to thread.
#[test]
fn futures_may_move() {
    fn may_move<T: Send>(_: T) {}
    let token = AccessToken::new("t").unwrap();
    let client = client("http://127.0.0.1:1", &token, &quick());
    let (at, mut source) = (path("/a"), Bytes::new());
    may_move(client.upload(&at, &mut source, UploadOptions::default()));
    may_move(client.account());
    may_move(client.changes(None, None));
    may_move(async {
        let mut download = client.download(&at, &DownloadOptions::default()).await?;
        download.chunk().await
    });
}

/// An error tells neither the token nor the address, in which there may be a cursor.
#[tokio::test]
async fn errors_keep_secrets() {
    let token = AccessToken::new("open-sesame").unwrap();
    let cursor = tidemark_client::Cursor::new("sesame-cursor").unwrap();
    let (address, serving) = rude("", false);
    let client = client(&address, &token, &quick());
    for _ in 0..2 {
        let error = client.longpoll(&cursor, Duration::ZERO).await.unwrap_err();
        let mut told = format!("{error:?} {error}");
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            told.push_str(&format!(" {deeper} {deeper:?}"));
            cause = deeper;
        }
        assert!(!told.contains("sesame") && !told.contains("longpoll"), "{told}");
    }
    serving.await.unwrap();
}

/// A slow request is not a stuck one: as long as something moves, it may take longer than silence may.
#[tokio::test]
async fn slow_uploads_are_not_cut() {
    let world = World::new().await;
    let served = Served::plain(world.router());
    let transport = HttpTransport::new(&quick()).unwrap();
    let pieces = futures_util::stream::unfold(0, |number| async move {
        tokio::time::sleep(Duration::from_millis(60)).await;
        (number < 10).then(|| (Ok(Bytes::from_static(b"0123456789")), number + 1))
    });
    let request = http::Request::put(format!("{}/1/files_put/auto/slow", served.address))
        .header("authorization", format!("Bearer {}", world.token.reveal()))
        .header("content-length", 100)
        .body(Body::Stream { length: Some(100), stream: pieces.boxed() })
        .unwrap();
    assert_eq!(transport.send(request).await.unwrap().status(), 200);
    // One that stops in the middle is.
    let stuck = futures_util::stream::once(async { Ok(Bytes::from_static(b"0")) });
    let stuck = stuck.chain(futures_util::stream::pending());
    let request = http::Request::put(format!("{}/1/files_put/auto/stuck", served.address))
        .header("authorization", format!("Bearer {}", world.token.reveal()))
        .header("content-length", 100)
        .body(Body::Stream { length: Some(100), stream: stuck.boxed() })
        .unwrap();
    assert_eq!(transport.send(request).await.unwrap_err().failure(), Failure::TimedOut);
    served.stop().await;
}
