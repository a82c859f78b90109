//! Over a connection, as clients see it.

use crate::world::{Choices, World};
use axum::Router;
use axum::extract::Request;
use std::time::Duration;
use tidemark_api::server::{Limits, Server, bind};
use tidemark_core::people::RateLimits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Answers a request with the server's bytes, to the end of the connection.
async fn exchange(world: &World, request: &str) -> String {
    let api = world.box_events.clone();
    let router = Router::new().fallback(move |request: Request| {
        let api = api.clone();
        async move { api.handle(request).await }
    });
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Server::new(router, Limits::default()).run(vec![listener], std::future::pending()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let token = &world.token;
    let head = format!("Host: cloud\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n");
    stream.write_all(request.replace("HEAD\r\n", &head).as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(Duration::from_secs(20), stream.read_to_string(&mut answer)).await.expect("in time").unwrap();
    answer
}

/// There is a client that looks for this header letter by letter.
#[tokio::test]
async fn retry_after_is_spelled_as_it_is_written_in_the_documents() {
    let rates = RateLimits { account_per_minute: std::num::NonZeroU32::new(1), ..RateLimits::default() };
    let world = World::with(Choices { rates, ..Choices::default() }).await;
    assert_eq!(world.box_get("/2.0/users/me").await.status, 200);
    let answer = exchange(&world, "GET /2.0/users/me HTTP/1.1\r\nHEAD\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    assert!(answer.contains("\r\nRetry-After: 60\r\n"), "{answer}");
}

/// A body without a type, as the oldest client sends it, and addresses that begin as the client calls the server.
#[tokio::test]
async fn a_body_may_say_nothing_of_its_type() {
    let world = World::new().await;
    let body = r#"{"name":"a","parent":{"id":"0"}}"#;
    let request =
        format!("POST /2.0/folders/ HTTP/1.1\r\nHEAD\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let answer = exchange(&world, &request).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let answer = exchange(&world, "GET /2.0/users/me?fields=avatar_url HTTP/1.1\r\nHEAD\r\n\r\n").await;
    assert!(answer.contains("\"avatar_url\":\"http://cloud/"), "{answer}");
}
