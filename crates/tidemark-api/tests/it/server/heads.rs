//! Request heads: refused when broken, too large or too slow, and connections that are too many or idle.

use std::time::{Duration, Instant};

use tidemark_api::server::Limits;

use super::support::{TestServer, quick};

/// A connection serves one request after another, also several that arrive together.
#[tokio::test]
async fn keeps_alive_and_pipelines() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await.body, "hello");
    }
    client
        .send("GET / HTTP/1.1\r\nhost: t\r\n\r\nGET /ignore HTTP/1.1\r\nhost: t\r\n\r\nGET / HTTP/1.1\r\n")
        .await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(client.answer().await.status, 401);
    client.send("host: t\r\n\r\n").await;
    assert_eq!(client.answer().await.body, "hello");
}

/// Between two requests the connection gives up its buffers and is served all the same, also when the next head
/// arrives in pieces around that moment.
#[tokio::test]
async fn a_quiet_connection_goes_on() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await.body, "hello");
        tokio::time::sleep(Duration::from_millis(120)).await;
        client.send("GET / HT").await;
        tokio::time::sleep(Duration::from_millis(120)).await;
        client.send("TP/1.1\r\nhost: t\r\n\r\n").await;
        assert_eq!(client.answer().await.body, "hello");
    }
}

#[tokio::test]
async fn a_broken_head_is_400() {
    let server = TestServer::start(quick());
    for head in [
        "NOT HTTP\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nbad name: 1\r\n\r\n",
        "GET / HTTP/1.1\r\na: b\r\0\n\r\n",
        "POST /read HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        "POST /read HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "POST /read HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\u{7f}\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(head).await;
        assert_eq!(client.answer().await.status, 400, "{head:?}");
        client.closed().await;
    }
}

#[tokio::test]
async fn one_field_too_many_and_one_byte_too_many_are_431() {
    let server = TestServer::start(Limits { head_fields_max: 20, head_bytes_max: 9000, ..quick() });
    let head = |fields: usize, bytes: usize| {
        let fields = "x: y\r\n".repeat(fields);
        format!("GET / HTTP/1.1\r\nz: {}\r\n{fields}\r\n", "z".repeat(bytes))
    };
    for (text, status) in [(head(19, 1), 200), (head(20, 1), 431), (head(1, 8000), 200), (head(1, 9000), 431)]
    {
        let mut client = server.connect().await;
        client.send(text).await;
        assert_eq!(client.answer().await.status, status);
    }
    let mut client = server.connect().await;
    client.send(format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000))).await;
    assert!([414, 431].contains(&client.answer().await.status));
}

/// A head that arrives a byte at a time has as long as one that doesn't arrive, and is told so.
#[tokio::test]
async fn a_slow_head_is_408() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    let begun = Instant::now();
    for byte in "GET / HTTP/1.1\r\nhost: t\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy".bytes()
    {
        if client.try_send([byte]).await.is_err() || !client.is_silent_for(Duration::from_millis(20)).await {
            break;
        }
    }
    assert_eq!(client.answer().await.status, 408);
    client.closed().await;
    let took = begun.elapsed();
    assert!((250..1500).contains(&took.as_millis()), "{took:?}");
}

/// The same on a connection that has answered before.
#[tokio::test]
async fn a_slow_second_head_is_408() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.get("/").await;
    client.send("GET / HTTP/1.1\r\n").await;
    assert_eq!(client.answer().await.status, 408);
    client.closed().await;
}

/// A new connection has the time of a head to say something, an answered one the longer time of an idle one.
#[tokio::test]
async fn silence_ends_a_connection() {
    let server = TestServer::start(quick());
    let begun = Instant::now();
    assert!(server.connect().await.closed().await.is_empty());
    let new = begun.elapsed();
    assert!((250..1500).contains(&new.as_millis()), "{new:?}");

    let mut client = server.connect().await;
    client.get("/").await;
    let begun = Instant::now();
    assert!(client.closed().await.is_empty());
    let idle = begun.elapsed();
    assert!((1900..4000).contains(&idle.as_millis()), "{idle:?}");
}

#[tokio::test]
async fn http_1_0_and_close_are_respected() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.0\r\n\r\n").await;
    let text = String::from_utf8(client.closed().await).unwrap();
    assert!(text.starts_with("HTTP/1.0 200") && text.ends_with("hello"), "{text}");

    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nconnection: close\r\n\r\n").await;
    assert_eq!(client.answer().await.header("connection"), Some("close"));
    client.closed().await;

    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n").await;
        assert_eq!(client.answer().await.header("connection"), Some("keep-alive"));
    }
}

/// A handler that panics fails its own request, not the connection.
#[tokio::test]
async fn a_panic_is_500() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    assert_eq!(client.get("/panic").await.status, 500);
    assert_eq!(client.get("/").await.status, 200);
}

/// Who comes when the server is full is told so at once; a place that becomes free is given away again.
#[tokio::test]
async fn connections_are_capped() {
    let server = TestServer::start(Limits { connections_max: 2, ..quick() });
    let mut first = server.connect().await;
    let mut second = server.connect().await;
    assert_eq!((first.get("/").await.status, second.get("/").await.status), (200, 200));
    let mut third = server.connect().await;
    assert_eq!(third.answer().await.status, 503);
    third.closed().await;
    drop(first);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.connect().await.get("/").await.status, 200);
}

#[tokio::test]
async fn connections_of_one_peer_are_capped() {
    let limits = Limits { connections_per_peer_max: 1, loopback_exempt: false, ..quick() };
    let server = TestServer::start(limits);
    let mut first = server.connect().await;
    assert_eq!(first.get("/").await.status, 200);
    assert_eq!(server.connect().await.answer().await.status, 503);
    assert_eq!(first.get("/").await.status, 200);
}

/// A client that asks for a lot and reads nothing is dropped.
#[tokio::test]
async fn a_client_that_takes_nothing_is_dropped() {
    let server = TestServer::start(quick());
    let mut client = server.connect().await;
    client.send("GET /big HTTP/1.1\r\nhost: t\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let received = client.read_until_end_or_reset().await;
    assert!(received < 32 * 1024 * 1024, "{received} bytes were delivered");
}
