//! Parked polls: woken, abandoned, kept alive, beside pipelined requests.

use std::time::{Duration, Instant};

use super::support::{TestServer, quick};

/// The answer carries the handler's head and the future's body, and the connection goes on, parked again or not.
#[tokio::test]
async fn a_parked_poll_is_woken_and_goes_on() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    for round in 0..3 {
        client.send("GET /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
        server.wait_for_waiting(1).await;
        assert!(client.is_silent_for(Duration::from_millis(50)).await);
        server.open_gate();
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "changed"), "round {round}");
        assert_eq!(answer.header("x-head"), Some("kept"));
        assert_eq!(answer.header("content-length"), Some("7"));
        assert!(answer.header("date").is_some_and(|date| date.ends_with("GMT")));
        assert_eq!(answer.header("connection"), None);
        server.world.gate.send_replace(false);
        server.wait_for_waiting(0).await;
        assert_eq!(client.get("/").await.body, "hello");
    }
}

/// A poll that outlasts every deadline of an idle connection is still there.
#[tokio::test]
async fn a_parked_poll_has_no_deadline_of_ours() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("GET /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
    assert!(client.is_silent_for(Duration::from_millis(2500)).await);
    server.open_gate();
    assert_eq!(client.answer().await.body, "changed");
    // After the answer the connection is idle, and the deadline is there again.
    let begun = Instant::now();
    assert!(client.closed().await.is_empty());
    assert!((1900..4000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
}

/// An answer that is there at once is not parked at all.
#[tokio::test]
async fn an_answer_that_is_ready_is_sent_at_once() {
    let server = TestServer::start(quick());
    server.open_gate();
    let mut client = server.connect().await;
    for _ in 0..3 {
        assert_eq!(client.get("/park").await.body, "changed");
    }
}

/// The future is dropped when the client hangs up, or only half so, or resets.
#[tokio::test]
async fn hanging_up_drops_the_answer() {
    let server = TestServer::start(quick());
    for reset in [false, true] {
        let mut client = server.connect().await;
        client.send("GET /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
        server.wait_for_waiting(1).await;
        if reset {
            socket2::SockRef::from(&*client.stream()).set_linger(Some(Duration::ZERO)).unwrap();
        }
        drop(client);
        server.wait_for_waiting(0).await;
    }
}

/// Requests that arrive behind a parked one wait for it, wherever they were when it was parked.
#[tokio::test]
async fn pipelined_requests_wait_their_turn() {
    let server = TestServer::start(quick());
    let park = "GET /park HTTP/1.1\r\nhost: t\r\n\r\n";
    let next = "POST /read HTTP/1.1\r\nhost: t\r\ncontent-length: 3\r\n\r\nabc";

    // In the same packet, so that hyper has read it; then more, which stays in the kernel.
    let mut client = server.connect().await;
    client.send(format!("{park}{next}")).await;
    server.wait_for_waiting(1).await;
    client.send(next).await;
    assert!(client.is_silent_for(Duration::from_millis(50)).await);
    server.open_gate();
    assert_eq!(client.answer().await.body, "changed");
    assert_eq!(client.answer().await.body, "read 3");
    assert_eq!(client.answer().await.body, "read 3");
    server.world.gate.send_replace(false);

    // Only after it was parked, in several pieces.
    let mut client = server.connect().await;
    client.send(park).await;
    server.wait_for_waiting(1).await;
    let (head, tail) = next.split_at(20);
    client.send(next).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    client.send(head).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    server.open_gate();
    assert_eq!(client.answer().await.body, "changed");
    assert_eq!(client.answer().await.body, "read 3");
    client.send(tail).await;
    assert_eq!(client.answer().await.body, "read 3");
}

/// A request before the parked one in the same packet is answered before.
#[tokio::test]
async fn earlier_answers_are_not_lost() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    let get = "GET / HTTP/1.1\r\nhost: t\r\n\r\n";
    client.send(format!("{}GET /park HTTP/1.1\r\nhost: t\r\n\r\n", get.repeat(20))).await;
    for _ in 0..20 {
        assert_eq!(client.answer().await.body, "hello");
    }
    server.wait_for_waiting(1).await;
    server.open_gate();
    assert_eq!(client.answer().await.body, "changed");
}

/// While a large answer is stuck on its way out, the poll behind it waits in place, and nothing of the answer is lost.
#[tokio::test]
async fn an_unflushed_answer_keeps_the_connection_unparked() {
    let server =
        TestServer::start(tidemark_api::server::Limits { write_timeout: Duration::from_secs(10), ..quick() });
    let mut client = server.connect().await;
    client.send("GET /big HTTP/1.1\r\nhost: t\r\n\r\nGET /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.open_gate();
    assert_eq!(client.answer().await.body.len(), 32 * 1024 * 1024);
    assert_eq!(client.answer().await.body, "changed");
}

/// A pipelining client that hangs up is noticed behind the bytes that nobody reads.
#[tokio::test]
async fn hanging_up_behind_unread_bytes_is_noticed() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("GET /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
    server.wait_for_waiting(1).await;
    client.send("GET / HTTP/1.1\r\n").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(client);
    server.wait_for_waiting(0).await;
}

#[tokio::test]
async fn http_1_0_and_close_are_respected() {
    let server = TestServer::start(quick());
    for (head, connection) in [
        ("GET /park HTTP/1.0\r\n\r\n", Some("close")),
        ("GET /park HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", Some("keep-alive")),
        ("GET /park HTTP/1.1\r\nhost: t\r\nconnection: Close\r\n\r\n", Some("close")),
        ("GET /park HTTP/1.1\r\nhost: t\r\nconnection: te, close\r\n\r\n", Some("close")),
        ("GET /park HTTP/1.1\r\nhost: t\r\n\r\n", None),
    ] {
        server.world.gate.send_replace(false);
        let mut client = server.connect().await;
        client.send(head).await;
        server.wait_for_waiting(1).await;
        server.open_gate();
        let answer = client.answer().await;
        assert_eq!((answer.body.as_str(), answer.header("connection")), ("changed", connection), "{head}");
        assert!(answer.head.starts_with(if head.contains("1.0") {
            "HTTP/1.0 200 OK"
        } else {
            "HTTP/1.1 200 OK"
        }));
        if connection == Some("close") {
            assert!(client.closed().await.is_empty());
        } else {
            assert_eq!(client.get("/").await.body, "hello");
        }
    }
}

/// A poll with a body is parked if the body was read, and what was not read is never taken for a request.
#[tokio::test]
async fn a_poll_with_an_unread_body_is_no_way_to_smuggle() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    let smuggled = "GET /panic HTTP/1.1\r\nhost: t\r\n\r\n";
    let length = smuggled.len();
    client
        .send(format!("POST /park HTTP/1.1\r\nhost: t\r\ncontent-length: {length}\r\n\r\n{smuggled}"))
        .await;
    server.wait_for_waiting(1).await;
    server.open_gate();
    assert_eq!(client.answer().await.body, "changed");
    assert_eq!(client.get("/").await.body, "hello");
}

/// An answer to HEAD has no body, parked or not.
#[tokio::test]
async fn head_waits_in_place() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("HEAD /park HTTP/1.1\r\nhost: t\r\n\r\n").await;
    server.wait_for_waiting(1).await;
    server.open_gate();
    let answer = String::from_utf8(client.read_for(Duration::from_millis(200)).await).unwrap();
    assert!(answer.contains("Content-Length: 7") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert_eq!(client.get("/").await.body, "hello");
}
