//! How bodies come, and how they end.

use crate::origin::{Answer, Origin, ask, gateway, get, whole};
use std::time::{Duration, Instant};
use tidemark_core::store::{Egress as _, EgressError, Outgoing};

#[tokio::test]
async fn a_body_ends_as_its_framing_says() {
    for (said, length, body) in [
        ("Content-Length: 5\r\n\r\nhello", Some(5), "hello"),
        ("\r\nhello", None, "hello"),
        (
            "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n",
            None,
            "hello",
        ),
        ("Content-Length: 0\r\n\r\n", Some(0), ""),
        // Nothing is decompressed: it would be as large as its sender likes.
        ("Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", Some(3), "abc"),
    ] {
        let origin = Origin::start(move |_| format!("HTTP/1.1 200 OK\r\n{said}")).await;
        let response = gateway().send(get(&origin.url("/"))).await.unwrap();
        assert_eq!(response.length, length, "{said}");
        assert_eq!(whole(response).await, (200, Ok(body.to_owned())), "{said}");
    }
}

#[tokio::test]
async fn a_body_that_ends_early_is_an_error() {
    for said in [
        "Content-Length: 6\r\n\r\nhello",
        "Content-Length: 6\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "Transfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloxx0\r\n\r\n",
    ] {
        let origin = Origin::start(move |_| format!("HTTP/1.1 200 OK\r\n{said}")).await;
        assert_eq!(
            ask(&gateway(), get(&origin.url("/"))).await,
            Ok((200, Err(EgressError::Broken))),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_body_may_not_pause_for_long() {
    let origin =
        Origin::start(|_| Answer::Hang("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello".into())).await;
    let started = Instant::now();
    let request = Outgoing { patience: Duration::from_millis(300), ..get(&origin.url("/")) };
    assert_eq!(ask(&gateway(), request).await, Ok((200, Err(EgressError::TimedOut))));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn whoever_has_had_enough_ends_the_connection() {
    // The server would send for ever; it is done when it cannot.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        crate::origin::read_request(&mut stream).await;
        let piece = vec![b'x'; 64 << 10];
        let head = &b"HTTP/1.1 200 OK\r\n\r\n"[..];
        tokio::io::AsyncWriteExt::write_all(&mut stream, head).await.unwrap();
        while tokio::io::AsyncWriteExt::write_all(&mut stream, &piece).await.is_ok() {}
    });
    let mut response = gateway().send(get(&url)).await.unwrap();
    let mut taken = 0;
    while taken < 1 << 20 {
        taken += response.body.next().await.unwrap().unwrap().len();
    }
    drop(response);
    tokio::time::timeout(Duration::from_secs(10), server).await.expect("the server could go on").unwrap();
}
