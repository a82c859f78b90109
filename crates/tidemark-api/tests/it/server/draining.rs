//! Shutting down: nobody who waits or works is cut off, and nobody keeps the server from ending.

use std::time::{Duration, Instant};

use tidemark_api::server::{Drained, Limits};
use tokio::net::TcpStream;

use super::support::{TestServer, quick};

/// Parked polls are told to come again, requests in progress finish, idle connections close, new ones are refused.
#[tokio::test]
async fn everybody_gets_an_answer() {
    let mut server = TestServer::start(quick());
    let (mut parked, mut busy, mut idle, mut new) =
        (server.connect().await, server.connect().await, server.connect().await, server.connect().await);
    parked.send("GET /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
    idle.get("/").await;
    server.wait_for_waiting(1).await;
    busy.send("GET /sleep HTTP/1.1\r\nhost: t\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(30)).await;

    server.shut_down();
    let told = Instant::now();
    let answer = parked.answer().await;
    assert_eq!(
        (answer.status, answer.body.as_str(), answer.header("connection")),
        (200, "drained", Some("close"))
    );
    assert!(told.elapsed() < Duration::from_millis(200), "{:?}", told.elapsed());
    assert!(idle.closed().await.is_empty() && new.closed().await.is_empty());
    assert!(TcpStream::connect(server.addr).await.is_err());
    let answer = busy.answer().await;
    assert_eq!((answer.body.as_str(), answer.header("connection")), ("slept", Some("close")));
    drop((parked, busy));
    assert_eq!(server.ended().await, Drained { cut_off: 0 });
}

/// A server with nothing to do ends at once.
#[tokio::test]
async fn an_idle_server_ends_at_once() {
    let mut server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.get("/").await;
    server.shut_down();
    let begun = Instant::now();
    assert_eq!(server.ended().await, Drained { cut_off: 0 });
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// A client that doesn't let go is cut off in the end.
#[tokio::test]
async fn the_end_comes() {
    let mut server = TestServer::start(Limits { drain_timeout: Duration::from_millis(200), ..quick() });
    let mut client = server.connect().await;
    client.send("GET /big HTTP/1.1\r\nhost: t\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.shut_down();
    assert_eq!(server.ended().await, Drained { cut_off: 1 });
}

/// With a notice, the server turns unready first and goes on serving for that long.
#[tokio::test]
async fn notice_is_given() {
    let mut server = TestServer::start(Limits { drain_notice: Duration::from_millis(300), ..quick() });
    let mut parked = server.connect().await;
    parked.send("GET /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
    server.wait_for_waiting(1).await;
    server.shut_down();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(server.drain.has_begun());
    assert_eq!(server.connect().await.get("/").await.body, "hello");
    assert!(parked.is_silent_for(Duration::from_millis(50)).await);
    assert_eq!(parked.answer().await.body, "drained");
    drop(parked);
    assert_eq!(server.ended().await, Drained { cut_off: 0 });
}
