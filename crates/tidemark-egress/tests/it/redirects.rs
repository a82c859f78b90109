//! Where redirects lead.

use crate::origin::{Origin, ask, gateway, get};
use bytes::Bytes;
use std::time::Duration;
use tidemark_core::store::{EgressError, OutMethod, Outgoing};
use tidemark_egress::{Gateway, Rules};

fn to(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 4\r\n\r\nmove")
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A server whose `/` redirects like this, and which answers for everything else.
async fn redirecting(status: u16, location: &str) -> Origin {
    let location = location.to_owned();
    Origin::start(move |request| match request.starts_with("GET / ") || request.starts_with("POST / ") {
        true => to(status, &location),
        false => HELLO.to_owned(),
    })
    .await
}

#[tokio::test]
async fn every_kind_of_redirect_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        for location in ["/there", "there", "?there", "/there#fragment", "/th\u{e9}re"] {
            let origin = redirecting(status, location).await;
            assert_eq!(
                ask(&gateway(), get(&origin.url("/"))).await,
                Ok((200, Ok("hello".into()))),
                "{location}"
            );
        }
    }
    for status in [300, 304, 305, 399] {
        let origin = redirecting(status, "/there").await;
        assert_eq!(ask(&gateway(), get(&origin.url("/"))).await.unwrap().0, status);
    }
    let nowhere = Origin::start(|_| "HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nno").await;
    assert_eq!(ask(&gateway(), get(&nowhere.url("/"))).await, Ok((302, Ok("no".into()))));
}

#[tokio::test]
async fn who_follows_none_is_told_of_it() {
    let origin = redirecting(302, "/there").await;
    let request = Outgoing { redirects_max: 0, ..get(&origin.url("/")) };
    assert_eq!(ask(&gateway(), request).await, Ok((302, Ok("move".into()))));
}

#[tokio::test]
async fn circles_end() {
    let origin = Origin::start(|_| to(302, "/again")).await;
    let request = Outgoing { redirects_max: 3, ..get(&origin.url("/")) };
    assert_eq!(ask(&gateway(), request).await, Err(EgressError::Redirects));
    assert_eq!(origin.seen().len(), 4);
    let request =
        Outgoing { redirects_max: usize::MAX, patience: Duration::from_millis(300), ..get(&origin.url("/")) };
    assert_eq!(ask(&gateway(), request).await, Err(EgressError::TimedOut), "all of them share the time");
}

#[tokio::test]
async fn a_redirect_is_judged_like_a_first_address() {
    let inside = Origin::start(|_| HELLO).await;
    let port = inside.address.port();
    for (location, refused) in [
        (format!("http://127.0.0.2:{port}/"), EgressError::Forbidden),
        (format!("http://[::1]:{port}/"), EgressError::Forbidden),
        (format!("http://[::ffff:7f00:2]:{port}/"), EgressError::Forbidden),
        (format!("//0x7f.2:{port}/"), EgressError::Forbidden),
        ("http://169.254.169.254/latest/meta-data/".to_owned(), EgressError::Forbidden),
        ("file:///etc/passwd".to_owned(), EgressError::Url),
        ("ftp://127.0.0.1/".to_owned(), EgressError::Url),
        ("http://me:pw@127.0.0.1/".to_owned(), EgressError::Url),
        ("http://127.0.0.1:25/".to_owned(), EgressError::Port),
        (format!("/{}", "a".repeat(9000)), EgressError::Url),
    ] {
        let origin = redirecting(302, &location).await;
        // Only this one server is allowed.
        let rules = Rules { allow: vec![origin.address.to_string().parse().unwrap()] };
        let gateway = Gateway::new(rules, Vec::new());
        assert_eq!(ask(&gateway, get(&origin.url("/"))).await, Err(refused), "{location}");
    }
    assert!(inside.seen().is_empty());
}

#[tokio::test]
async fn a_post_stays_one_unless_it_is_told_to_look_elsewhere() {
    for (status, method) in [(301, "POST"), (302, "POST"), (303, "GET"), (307, "POST"), (308, "POST")] {
        let origin = redirecting(status, "/there").await;
        let headers = vec![("content-type", "text/plain".to_owned()), ("x-key", "k".to_owned())];
        let (method_out, body) = (OutMethod::Post, Bytes::from_static(b"body"));
        let request = Outgoing { method: method_out, headers, body, ..get(&origin.url("/")) };
        assert_eq!(ask(&gateway(), request).await, Ok((200, Ok("hello".into()))));
        let second = origin.seen().remove(1);
        assert!(second.starts_with(&format!("{method} /there ")), "{second}");
        assert_eq!(second.ends_with("\r\n\r\nbody"), method == "POST", "{second}");
        assert_eq!(second.contains("content-type: text/plain"), method == "POST", "{second}");
        assert!(second.contains("x-key: k"), "the same server: {second}");
    }
}

#[tokio::test]
async fn headers_stay_with_the_server_that_they_were_for() {
    let other = Origin::start(|_| HELLO).await;
    let origin = redirecting(307, &other.url("/")).await;
    let headers = vec![
        ("Content-Type", "text/plain".to_owned()),
        ("authorization", "Bearer x".to_owned()),
        ("x-key", "k".to_owned()),
    ];
    let (method, body) = (OutMethod::Post, Bytes::from_static(b"body"));
    let request = Outgoing { method, headers, body, ..get(&origin.url("/")) };
    assert_eq!(ask(&gateway(), request).await, Ok((200, Ok("hello".into()))));
    assert!(origin.seen().remove(0).contains("authorization: Bearer x"));
    let second = other.seen().remove(0);
    assert!(second.contains("content-type: text/plain") && second.ends_with("body"), "{second}");
    assert!(!second.contains("Bearer") && !second.contains("x-key"), "{second}");
    assert!(second.contains(&format!("host: {}", other.address)), "{second}");
}
