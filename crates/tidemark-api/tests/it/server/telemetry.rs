//! Telemetry around a router: ids, health, metrics, the access log.

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Extension, Router};
use bytes::Bytes;
use http::HeaderName;
use std::time::Duration;
use tidemark_api::server::{ConnectionInfo, Drain, park};
use tidemark_api::telemetry::{Exposition, IdHeader, Telemetry, install, observe, os_entropy};

use tower::ServiceExt as _;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::support::{TestServer, quick};

/// The process has one recorder, whatever number of tests ask for it.
pub(crate) fn exposition() -> Exposition {
    static INSTALLED: OnceLock<Exposition> = OnceLock::new();
    INSTALLED.get_or_init(|| install().unwrap()).clone()
}

fn start(drain: Drain, healthy: Arc<AtomicBool>) -> TestServer {
    start_with(drain, healthy, false)
}

fn start_with(drain: Drain, healthy: Arc<AtomicBool>, metrics_public: bool) -> TestServer {
    let telemetry = Telemetry {
        exposition: exposition(),
        metrics_public,
        drain,
        ready: Arc::new(move || match healthy.load(Ordering::SeqCst) {
            true => Ok(()),
            false => Err("the journal is read-only".to_owned()),
        }),
        entropy: os_entropy,
        inspector: None,
    };
    TestServer::start_with(quick(), |router| observe(router, telemetry), |server| server)
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let server = start(Drain::new(), Arc::new(true.into()));
    let mut client = server.connect().await;
    let mut ids = Vec::new();
    for path in ["/", "/absent", "/healthz", "/ignore", "/panic"] {
        let answer = client.get(path).await;
        let id = answer.header("x-dropbox-request-id").unwrap().to_owned();
        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        ids.push(id);
    }
    client.send("GET /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
    server.wait_for_waiting(1).await;
    server.open_gate();
    ids.push(client.answer().await.header("x-dropbox-request-id").unwrap().to_owned());
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

/// A protocol may have a header of its own for it, also where an answer waits without its HTTP machinery.
#[tokio::test]
async fn an_answers_protocol_says_where_its_id_is() {
    let own = Extension(IdHeader(HeaderName::from_static("box-request-id")));
    let parked = own.clone();
    let answer = move || async move { (own, "x") };
    let wait = move || async move {
        let answer = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Bytes::from_static(b"x")
        };
        park((parked, "").into_response(), answer, Bytes::new())
    };
    let telemetry = Telemetry {
        exposition: exposition(),
        metrics_public: false,
        drain: Drain::new(),
        ready: Arc::new(|| Ok(())),
        entropy: os_entropy,
        inspector: None,
    };
    let router =
        |router: Router| observe(router.route("/own", get(answer)).route("/wait", get(wait)), telemetry);
    let server = TestServer::start_with(quick(), router, |server| server);
    for path in ["/own", "/wait"] {
        let answer = server.connect().await.get(path).await;
        assert!(answer.header("box-request-id").is_some(), "{path}");
        assert!(answer.header("x-dropbox-request-id").is_none(), "{path}");
    }
}

/// What a client calls the server begins the addresses that it is told: it says so once, and it says a host.
#[tokio::test]
async fn a_request_names_one_host() {
    let server = start(Drain::new(), Arc::new(true.into()));
    let mut client = server.connect().await;
    for (head, status) in [
        ("GET / HTTP/1.1\r\n", 400),
        ("GET /healthz HTTP/1.1\r\n", 400),
        ("GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n", 400),
        ("GET / HTTP/1.1\r\nhost: evil.example:80@x\r\n", 400),
        ("GET / HTTP/1.1\r\nhost:\r\n", 400),
        ("GET http://u@a/ HTTP/1.1\r\nhost: a\r\n", 400),
        ("GET http://a/ HTTP/1.1\r\nhost: b\r\n", 200),
        ("GET / HTTP/1.0\r\nconnection: keep-alive\r\n", 200),
        ("GET / HTTP/1.1\r\nhost: a:80\r\n", 200),
    ] {
        client.send(format!("{head}\r\n")).await;
        assert_eq!(client.answer().await.status, status, "{head}");
    }
    client.send("GET /1/account/info HTTP/1.1\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!((answer.status, answer.body.as_str()), (400, "{\"error\":\"The request names no host\"}"));
}

/// Old clients fail over an answer without a body of their protocol.
#[tokio::test]
async fn a_handler_that_panics_is_told_in_the_words_of_who_asks() {
    let server = start(Drain::new(), Arc::new(true.into()));
    let mut client = server.connect().await;
    let answer = client.get("/1/panic").await;
    assert_eq!((answer.status, answer.body.as_str()), (500, "{\"error\":\"Something went wrong\"}"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let answer = client.get("/panic").await;
    assert_eq!((answer.status, answer.header("content-type")), (500, Some("text/html; charset=utf-8")));
}

#[tokio::test]
async fn health_and_readiness() {
    let (drain, healthy) = (Drain::new(), Arc::new(AtomicBool::new(true)));
    let server = start(drain, healthy.clone());
    let mut client = server.connect().await;
    assert_eq!(client.get("/healthz").await.status, 200);
    assert_eq!(client.get("/readyz").await.body, "ready\n");
    healthy.store(false, Ordering::SeqCst);
    let answer = client.get("/readyz").await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "the journal is read-only\n"));
    assert_eq!(client.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn metrics_are_not_told_to_everybody_unless_they_are_public() {
    for metrics_public in [false, true] {
        let server = start_with(Drain::new(), Arc::new(true.into()), metrics_public);
        let mut client = server.connect().await;
        assert_eq!(client.get("/metrics").await.status, 200);
        for header in ["X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1"] {
            client.send(format!("GET /metrics HTTP/1.1\r\nhost: t\r\n{header}\r\n\r\n")).await;
            let status = if metrics_public { 200 } else { 403 };
            assert_eq!(client.answer().await.status, status, "{header}");
        }
    }
}

/// From another machine, as far as the router can tell.
#[tokio::test]
async fn metrics_are_not_told_to_other_machines() {
    for (peer, status) in
        [("192.0.2.1:1", 403), ("[2001:db8::1]:1", 403), ("127.0.0.1:1", 200), ("[::1]:1", 200)]
    {
        let telemetry = Telemetry {
            exposition: exposition(),
            metrics_public: false,
            drain: Drain::new(),
            ready: Arc::new(|| Ok(())),
            entropy: os_entropy,
            inspector: None,
        };
        let mut request =
            http::Request::get("/metrics").header("host", "t").body(axum::body::Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectionInfo { peer: peer.parse().unwrap(), tls: true });
        let answer = observe(Router::new(), telemetry).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{peer}");
    }
}

#[tokio::test]
async fn metrics_count_what_was_served() {
    let server = start(Drain::new(), Arc::new(true.into()));
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.get("/ignore?oauth_token=secret-in-query").await;
    }
    let text = client.get("/metrics").await.body;
    let counted = text
        .lines()
        .find(|line| line.starts_with("http_requests_total{") && line.contains(r#"status="401""#))
        .unwrap_or_else(|| panic!("not counted:\n{text}"));
    assert!(counted.contains(r#"route="other""#) && counted.contains(r#"method="GET""#), "{counted}");
    assert!(counted.rsplit(' ').next().unwrap().parse::<f64>().unwrap() >= 3.0, "{counted}");
    for name in
        ["http_request_seconds_bucket", "http_connections ", "http_received_bytes_total", "# HELP http_sent"]
    {
        assert!(text.contains(name), "{name} is missing:\n{text}");
    }
    assert!(!text.contains("secret-in-query"));
}

/// Keeps the lines of the access log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "access"
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(format!("{} ", event.metadata().level()));
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// One line for each request, with what an operator asks for and nothing that a user would not want to be there.
#[tokio::test]
async fn the_access_log_tells_enough_and_not_too_much() {
    let lines = Lines::default();
    let _logging = tracing::subscriber::set_default(lines.clone());
    let server = start(Drain::new(), Arc::new(true.into()));
    let mut client = server.connect().await;
    client
        .send(
            "POST /read?access_token=SECRET1 HTTP/1.1\r\nhost: t\r\nauthorization: Bearer SECRET2\r\n\
             cookie: s=SECRET3\r\ncontent-length: 7\r\n\r\nSECRET4",
        )
        .await;
    let id = client.answer().await.header("x-dropbox-request-id").unwrap().to_owned();
    client.send("GET /park?cursor=SECRET5 HTTP/1.1\r\nhost: t\r\n\r\n").await;
    server.wait_for_waiting(1).await;
    drop(client);
    let mut client = server.connect().await;
    client.get("/healthz").await;
    client.send("GET /endless HTTP/1.1\r\nhost: t\r\n\r\n").await;
    // Only what has begun can be broken off.
    while client.read_for(Duration::from_millis(5)).await.is_empty() {}
    drop(client);
    let mut client = server.connect().await;
    client
        .send(
            "GET /panic?oauth_token=SECRET6&oauth_signature=SECRET7%26SECRET8 HTTP/1.1\r\nhost: t\r\n\
             authorization: OAuth oauth_consumer_key=\"k\", oauth_signature=\"SECRET9%26SECRET0\"\r\n\r\n",
        )
        .await;
    let failed = client.answer().await;
    super::support::eventually(|| lines.0.lock().unwrap().len() == 5).await;

    let lines = lines.0.lock().unwrap();
    let line = &lines[0];
    for part in
        [&*format!("id={id}"), "INFO", "peer=127.0.0.1:", "method=POST", "path=\"/read\"", "status=200"]
    {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(
        line.contains("bytes=6") && line.contains("outcome=\"complete\"") && line.contains("millis="),
        "{line}"
    );
    assert!(lines[1].contains("outcome=\"parked\"") && lines[1].contains("path=\"/park\""), "{}", lines[1]);
    assert!(lines[2].starts_with("DEBUG"), "{}", lines[2]);
    assert!(lines[3].contains("outcome=\"aborted\""), "{}", lines[3]);
    let id = failed.header("x-dropbox-request-id").unwrap();
    for part in [&*format!("id={id}"), "path=\"/panic\"", "status=500"] {
        assert!(lines[4].contains(part), "{part} is not in {}", lines[4]);
    }
    assert!(lines.iter().all(|line| !line.contains("SECRET")), "{lines:?}");
}
