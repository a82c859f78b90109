//! Request bodies: read, refused, ignored, slow, endless.

use std::time::{Duration, Instant};

use tidemark_api::server::Limits;

use super::support::{TestServer, quick};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_body_is_read_to_its_end() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("POST /read HTTP/1.1\r\nhost: t\r\ncontent-length: 10\r\n\r\n0123456789").await;
    assert_eq!(client.answer().await.body, "read 10");
    client.send("POST /read HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
    client.send("4;x=y\r\ndefg\r\n0\r\ntrailer: 1\r\n\r\n").await;
    assert_eq!(client.answer().await.body, "read 7");
    assert_eq!(client.get("/").await.body, "hello");
}

#[tokio::test]
async fn a_body_that_stops_is_idle() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("POST /read HTTP/1.1\r\nhost: t\r\ncontent-length: 10\r\n\r\n0123").await;
    let begun = Instant::now();
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (408, "Idle"));
    assert!((350..1500).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    client.closed().await;
}

/// A body that trickles is never silent for long, and is refused all the same.
#[tokio::test]
async fn a_body_that_trickles_is_too_slow() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("POST /read HTTP/1.1\r\nhost: t\r\ncontent-length: 100000\r\n\r\n").await;
    let begun = Instant::now();
    while client.try_send("x").await.is_ok() && client.is_silent_for(Duration::from_millis(30)).await {
        assert!(begun.elapsed() < Duration::from_secs(5), "nobody minds");
    }
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (408, "TooSlow"));
}

/// A client that is faster than the minimum may take as long as it likes.
#[tokio::test]
async fn a_steady_body_is_served() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("POST /read HTTP/1.1\r\nhost: t\r\ncontent-length: 10000\r\n\r\n").await;
    for _ in 0..20 {
        client.send([b'x'; 500]).await;
        tokio::time::sleep(Duration::from_millis(80)).await;
    }
    assert_eq!(client.answer().await.body, "read 10000");
}

#[tokio::test]
async fn a_broken_chunk_is_malformed() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("POST /read HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (400, "Malformed"));
    client.closed().await;
}

#[tokio::test]
async fn a_declared_length_beyond_the_limit_is_refused_before_it_is_sent() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("POST /read HTTP/1.1\r\nhost: t\r\ncontent-length: 99999999999999\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 413);
}

/// A handler that doesn't want the body answers at once; the client, which sends everything before it reads, gets the
/// answer, and the connection goes on.
#[tokio::test]
async fn an_unwanted_body_is_drained() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    for path in ["/ignore", "/half", "/elsewhere"] {
        for framing in [format!("content-length: {}", 3 * MIB), "transfer-encoding: chunked".into()] {
            client.send(format!("POST {path} HTTP/1.1\r\nhost: t\r\n{framing}\r\n\r\n")).await;
            for _ in 0..3 {
                if framing.starts_with("transfer") {
                    client.send(format!("{MIB:x}\r\n")).await;
                }
                client.send("x".repeat(MIB)).await;
                if framing.starts_with("transfer") {
                    client.send("\r\n").await;
                }
            }
            if framing.starts_with("transfer") {
                client.send("0\r\n\r\n").await;
            }
            let answer = client.answer().await;
            assert!([200, 401, 409].contains(&answer.status), "{path}: {answer:?}");
            assert_eq!(client.get("/").await.body, "hello", "{path} {framing}");
        }
    }
}

/// The same with a client that reads while it sends: the answer is there long before the body's end.
#[tokio::test]
async fn the_answer_does_not_wait_for_an_unwanted_body() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("POST /ignore HTTP/1.1\r\nhost: t\r\ncontent-length: 100000\r\n\r\nsome").await;
    assert_eq!(client.answer().await.status, 401);
    client.send("x".repeat(100_000 - 4)).await;
    assert_eq!(client.get("/").await.body, "hello");
}

/// Who never finishes such a body does not keep the connection.
#[tokio::test]
async fn draining_ends() {
    let server = TestServer::start(Limits { discard_timeout: Duration::from_millis(300), ..quick() });
    let mut client = server.connect().await;
    client.send("POST /ignore HTTP/1.1\r\nhost: t\r\ncontent-length: 100000\r\n\r\nsome").await;
    assert_eq!(client.answer().await.status, 401);
    let begun = Instant::now();
    client.read_until_end_or_reset().await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

/// The client that asks first is told to go on when the handler reads, and not when it doesn't.
#[tokio::test]
async fn expect_continue_is_answered_when_the_body_is_wanted() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("POST /read HTTP/1.1\r\nhost: t\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 100);
    client.send("abcd").await;
    assert_eq!(client.answer().await.body, "read 4");

    client
        .send("POST /ignore HTTP/1.1\r\nhost: t\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n")
        .await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (401, Some("close")));
    client.closed().await;
}

/// A client that announces a body, asks first, and sends a bit of it unasked, leaves no connection without deadline.
#[tokio::test]
async fn expect_continue_with_a_small_body_is_served_and_idles_out() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client
        .send("POST /ignore HTTP/1.1\r\nhost: t\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\nabcd")
        .await;
    assert_eq!(client.answer().await.status, 401);
    client.closed().await;
}

/// A client that goes away in the middle frees its connection.
#[tokio::test]
async fn a_client_that_goes_away_frees_its_place() {
    let server = TestServer::start(Limits { connections_max: 1, ..quick() });
    let mut client = server.connect().await;
    client.send("POST /read HTTP/1.1\r\nhost: t\r\ncontent-length: 10\r\n\r\nabc").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(client);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.connect().await.get("/").await.status, 200);
}
