//! Telemetry around a router: ids, health, metrics.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tidemark_api::server::Drain;
use tidemark_api::telemetry::{Exposition, Telemetry, install, observe, os_entropy};

use super::support::{TestServer, quick};

/// The process has one recorder, whatever number of tests ask for it.
pub(super) fn exposition() -> Exposition {
    static INSTALLED: OnceLock<Exposition> = OnceLock::new();
    INSTALLED.get_or_init(|| install().unwrap()).clone()
}

fn start(drain: Drain, healthy: Arc<AtomicBool>) -> TestServer {
    let telemetry = Telemetry {
        exposition: exposition(),
        drain,
        ready: Arc::new(move || match healthy.load(Ordering::SeqCst) {
            true => Ok(()),
            false => Err("the journal is read-only".to_owned()),
        }),
        entropy: os_entropy,
    };
    TestServer::start_with(quick(), |router| observe(router, telemetry), |server| server)
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let server = start(Drain::new(), Arc::new(true.into()));
    let mut client = server.connect().await;
    let mut ids = Vec::new();
    for path in ["/", "/absent", "/healthz", "/ignore"] {
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
    assert_eq!(ids.len(), 5);
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
