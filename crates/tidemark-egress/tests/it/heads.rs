//! What is sent, and what heads of responses are taken.

use crate::origin::{Answer, Origin, ask, gateway, get};
use bytes::Bytes;
use std::time::{Duration, Instant};
use tidemark_core::store::{EgressError, OutMethod, Outgoing};

#[tokio::test]
async fn a_request_says_who_asks_and_no_more() {
    let origin = Origin::start(|_| "HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(ask(&gateway(), get(&origin.url("/a?b=c#d"))).await, Ok((204, Ok(String::new()))));
    let request = origin.seen().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines.remove(0), "GET /a?b=c HTTP/1.1");
    lines.sort_unstable();
    let (agent, host) = (format!("user-agent: Tidemark/{}", env!("CARGO_PKG_VERSION")), origin.address);
    let host = format!("host: {host}");
    assert_eq!(lines, ["accept-encoding: identity", "accept: */*", "connection: close", &host, &agent]);
    assert_eq!(body, "");
}

#[tokio::test]
async fn a_post_carries_its_body_and_the_callers_headers() {
    let origin = Origin::start(|_| "HTTP/1.1 200 OK\r\n\r\nthanks").await;
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("X-Signature", "abc".to_owned()),
        ("user-agent", "Other/1".to_owned()),
        // What frames the message is not the caller's.
        ("host", "elsewhere".to_owned()),
        ("Content-Length", "1".to_owned()),
        ("Transfer-Encoding", "chunked".to_owned()),
    ];
    let body = Bytes::from_static(b"{\"a\":1}");
    let request = Outgoing { method: OutMethod::Post, headers, body, ..get(&origin.url("/hook")) };
    assert_eq!(ask(&gateway(), request).await, Ok((200, Ok("thanks".into()))));
    let request = origin.seen().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
    for line in
        ["content-type: application/json", "x-signature: abc", "user-agent: Other/1", "content-length: 7"]
    {
        assert!(head.contains(line), "{line} in {head}");
    }
    assert!(head.contains(&format!("host: {}", origin.address)) && !head.contains("chunked"), "{head}");
    assert_eq!(body, "{\"a\":1}");
}

#[tokio::test]
async fn headers_that_would_be_two_are_none() {
    for (name, value) in [("x", "a\r\nHost: y"), ("x y", "a"), ("", "a"), ("x", "a\0")] {
        let request = Outgoing { headers: vec![(name, value.to_owned())], ..get("http://127.0.0.1/") };
        assert_eq!(ask(&gateway(), request).await, Err(EgressError::Header), "{name}: {value}");
    }
}

#[tokio::test]
async fn a_head_must_come_in_time() {
    for said in ["", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let origin = Origin::start(move |_| Answer::Hang(said.to_owned())).await;
        let started = Instant::now();
        let request = Outgoing { patience: Duration::from_millis(200), ..get(&origin.url("/")) };
        assert_eq!(ask(&gateway(), request).await, Err(EgressError::TimedOut), "{said}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_head_has_a_limit() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(300 << 10));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: a\r\n".repeat(1000));
    for head in [long, many] {
        let origin = Origin::start(move |_| head.clone()).await;
        assert_eq!(ask(&gateway(), get(&origin.url("/"))).await, Err(EgressError::Unreachable));
    }
}

#[tokio::test]
async fn what_is_no_http_is_an_error() {
    for said in [
        "",
        "SSH-2.0-OpenSSH\r\n",
        "HTTP/1.1 two hundred\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
    ] {
        let origin = Origin::start(move |_| said).await;
        assert_eq!(ask(&gateway(), get(&origin.url("/"))).await, Err(EgressError::Unreachable), "{said}");
    }
}
