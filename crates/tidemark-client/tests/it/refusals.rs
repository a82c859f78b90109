//! What is made of answers that are refusals, nonsense, or worse.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use tidemark_client::{
    AccessToken, Body, Cursor, Error, ListOptions, PathError, RefusalKind, RemotePath, RetryPolicy, Server,
    ServerError, Timestamp,
};

use crate::script::{Script, says, says_with};
use crate::world::path;

async fn account(answer: Result<http::Response<Body>, tidemark_client::TransportError>) -> Error {
    let script = Script::new([answer]);
    script.client().with_retries(RetryPolicy::NEVER).account().await.unwrap_err()
}

/// Each status means one thing, and says whether something may have happened and whether waiting helps.
#[tokio::test]
async fn statuses_have_meanings() {
    let (rate, down) =
        (RefusalKind::RateLimited { retry_after: None }, RefusalKind::Unavailable { retry_after: None });
    for (status, kind, may_have_happened, is_passing) in [
        (301, RefusalKind::Elsewhere, false, false),
        (400, RefusalKind::BadRequest, false, false),
        (401, RefusalKind::Unauthorized, false, false),
        (403, RefusalKind::Forbidden, false, false),
        (404, RefusalKind::NotFound, false, false),
        (406, RefusalKind::TooLarge, false, false),
        (408, RefusalKind::TooSlow, false, true),
        (409, RefusalKind::Conflict, false, false),
        (412, RefusalKind::ChangedSince, false, false),
        (413, RefusalKind::TooLarge, false, false),
        (415, RefusalKind::Unsupported, false, false),
        (416, RefusalKind::Range, false, false),
        (418, RefusalKind::Other, true, false),
        (429, rate, false, true),
        (500, down, true, true),
        (502, down, true, true),
        (503, down, true, true),
        (507, RefusalKind::OutOfSpace, false, false),
        (599, down, true, true),
    ] {
        let error = account(says(status, r#"{"error": "No."}"#)).await;
        let refusal = error.refusal().unwrap();
        assert_eq!((refusal.status, refusal.kind, refusal.message.as_str()), (status, kind, "No."));
        assert_eq!(error.may_have_happened(), may_have_happened, "{status}");
        assert_eq!(error.is_passing(), is_passing, "{status}");
    }
    let error = account(says_with(429, ("retry-after", "17"), "")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(17)));
    assert_eq!(error.refusal().unwrap().message, "too many requests");
    let error = account(says_with(503, ("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT"), "")).await;
    assert_eq!(error.retry_after(), None);
}

/// A server's words are shown, but they move no cursor, turn no letters and fill no screen.
#[tokio::test]
async fn words_are_only_words() {
    for (body, shown) in [
        (r#"{"error": {"path": "bad name"}}"#.to_owned(), "path: bad name".to_owned()),
        (
            r#"{"error": "invalid_grant", "error_description": "It is old."}"#.to_owned(),
            "It is old.".to_owned(),
        ),
        (r#"{"error": "a\u001b[31mb\u0007\u202ec\r\nd"}"#.to_owned(), "a [31mb  c  d".to_owned()),
        (format!(r#"{{"error": "{}"}}"#, "x".repeat(10_000)), "x".repeat(500)),
        ("<html>\u{1b}[2J".to_owned(), "bad request".to_owned()),
        (r#"{"error": ["a"]}"#.to_owned(), "bad request".to_owned()),
        (r#"{"error": " "}"#.to_owned(), "bad request".to_owned()),
        (String::new(), "bad request".to_owned()),
    ] {
        assert_eq!(account(says(400, body)).await.refusal().unwrap().message, shown);
    }
}

/// What is no answer of this protocol is told as that, and its words are not repeated at length.
#[tokio::test]
async fn nonsense_is_none_of_the_protocols() {
    let good =
        r#"{"uid":1,"display_name":"A","email":"a","quota_info":{"quota":9007199254740991,"normal":1}}"#;
    let script = Script::new([says(200, good)]);
    assert_eq!(script.client().account().await.unwrap().quota.limit, None);
    for bad in [
        String::new(),
        "<html>Please sign in to the hotel's network".to_owned(),
        good[..good.len() - 1].to_owned(),
        "null".to_owned(),
        r#"{"uid":"1"}"#.to_owned(),
        "[".repeat(100_000),
    ] {
        let error = account(says(200, bad)).await;
        assert!(matches!(error, Error::Malformed(_)), "{error:?}");
        assert!(error.to_string().len() < 700 && error.source().is_none());
    }
}

/// Names that lead elsewhere never come out of an answer.
#[tokio::test]
async fn names_that_lead_elsewhere_are_none() {
    for bad in [
        "../../etc/passwd",
        "/..",
        "/a/../b",
        "/a/./b",
        "/a//b",
        "relative",
        "/a\\u0000b",
        "/a\\\\b",
        "/a\\nb",
        "/a\\u001b[2J",
    ] {
        let body = format!(r#"{{"path":"{bad}","is_dir":true}}"#);
        let script = Script::new([
            says(200, body.clone()),
            says(200, delta(bad, "null")),
            says(200, delta("/a", &body)),
        ]);
        let client = script.client();
        assert!(matches!(client.metadata(&path("/a")).await, Err(Error::Malformed(_))), "{bad}");
        assert!(matches!(client.delta(None, None).await, Err(Error::Malformed(_))), "{bad}");
        assert!(matches!(client.delta(None, None).await, Err(Error::Malformed(_))), "{bad}");
    }
}

fn delta(key: &str, entry: &str) -> String {
    format!(r#"{{"reset":false,"entries":[["{key}",{entry}]],"cursor":"c","has_more":false}}"#)
}

/// An answer without an end is not read to its end.
#[tokio::test]
async fn answers_have_a_limit() {
    let piece = Bytes::from(vec![b' '; 1 << 20]);
    let endless = || {
        let piece = piece.clone();
        let pieces = futures_util::stream::repeat_with(move || Ok(piece.clone()));
        Ok(http::Response::new(Body::Stream { length: None, stream: pieces.boxed() }))
    };
    assert!(matches!(account(endless()).await, Error::Malformed(_)));
    let script = Script::new([endless()]);
    assert!(matches!(
        script.client().list(&path("/"), &ListOptions::default()).await,
        Err(Error::Malformed(_))
    ));
    let refused = endless().map(|mut answer| {
        *answer.status_mut() = http::StatusCode::CONFLICT;
        answer
    });
    assert_eq!(account(refused).await.kind(), Some(RefusalKind::Conflict));
}

/// What opens something is not in what may be logged.
#[tokio::test]
async fn secrets_stay_out_of_debug() {
    let token = AccessToken::new("open-sesame").unwrap();
    let cursor = Cursor::new("open-sesame").unwrap();
    let script = Script::new([]);
    for text in [format!("{token:?}"), format!("{cursor:?}"), format!("{:?}", script.client())] {
        assert!(!text.contains("sesame"), "{text}");
    }
    for bad in ["", "a b", "a\nb", "ü"] {
        assert!(AccessToken::new(bad).is_err() && Cursor::new(bad).is_err());
    }
}

/// A long poll shows its cursor and no token; whatever else shows the token in its header only.
#[tokio::test]
async fn the_token_is_shown_where_it_belongs() {
    let script = Script::new([says(200, r#"{"changes":true,"backoff":60}"#), says(401, "")]);
    let client = script.client();
    let polled = client.longpoll(&Cursor::new("c+/=").unwrap(), Duration::from_secs(7)).await.unwrap();
    assert_eq!((polled.changes, polled.backoff), (true, Some(Duration::from_secs(60))));
    client.delete(&path("/a b"), Some(&Cursor::new("c").unwrap())).await.unwrap_err();
    let asked = script.asked();
    assert_eq!(asked[0].line, "GET /1/longpoll_delta?cursor=c%2B%2F%3D&timeout=30");
    assert_eq!(asked[0].authorization, None);
    assert!(asked[0].patience > Some(Duration::from_secs(30)));
    assert_eq!(asked[1].line, "POST /1/fileops/delete");
    assert_eq!(asked[1].authorization.as_deref(), Some("Bearer open-sesame"));
    assert_eq!(asked[1].body, "root=auto&include_identity=true&path=%2Fa+b&as_of=c");
    assert_eq!(asked[1].patience, None);
}

/// Identity is read where it is told, and a hash that is none is nonsense.
#[tokio::test]
async fn identity_is_read() {
    let entry = |hash: &str| {
        format!(
            r#"{{"path":"/a","is_dir":false,"bytes":1,"rev":"1a","id":"e7","content_hash":"{hash}",
                "client_mtime":"Wed, 05 Feb 2014 09:07:03 +0000","modified":"yesterday",
                "photo_info":"pending","unknown":[{{}}]}}"#
        )
    };
    let hash = "0f".repeat(32);
    let script =
        Script::new([says(200, entry(&hash)), says(200, entry("0f")), says(200, entry(&"0F".repeat(32)))]);
    let client = script.client();
    let told = client.metadata(&path("/a")).await.unwrap();
    assert_eq!(told.id.as_ref().map(tidemark_client::EntryId::as_str), Some("e7"));
    let file = told.file().unwrap();
    assert_eq!(file.content_hash.unwrap().to_string(), hash);
    assert_eq!(file.client_mtime, Some(Timestamp(1_391_591_223)));
    assert_eq!((told.modified, &file.media), (None, &Some(tidemark_client::Media::Pending)));
    for _ in 0..2 {
        assert!(matches!(client.metadata(&path("/a")).await, Err(Error::Malformed(_))));
    }
}

/// Addresses of servers are what people type, and nothing that would send a token elsewhere.
#[test]
fn addresses_are_of_servers() {
    for (typed, read) in [
        ("https://cloud.example", "https://cloud.example"),
        (" http://127.0.0.1:8765/ ", "http://127.0.0.1:8765"),
        ("https://Cloud.Example:443/tide//", "https://cloud.example/tide"),
        ("http://[::1]:80", "http://[::1]"),
    ] {
        assert_eq!(Server::new(typed).unwrap().as_str(), read);
    }
    for (typed, error) in [
        ("ftp://cloud.example", ServerError::Scheme),
        ("https://me@cloud.example", ServerError::TooMuch),
        ("https://:pw@cloud.example", ServerError::TooMuch),
        ("https://cloud.example/?x", ServerError::TooMuch),
        ("https://cloud.example/#x", ServerError::TooMuch),
        ("cloud.example", ServerError::Unreadable("cloud.example".to_owned())),
        ("", ServerError::Unreadable(String::new())),
    ] {
        assert_eq!(Server::new(typed), Err(error));
    }
}

/// Paths are taken apart and put together by whole names.
#[test]
fn paths_are_made_of_names() {
    let deep = path("/Photos/Venice/a.jpg");
    assert_eq!(deep.names().collect::<Vec<_>>(), ["Photos", "Venice", "a.jpg"]);
    assert_eq!((deep.name(), deep.parent()), (Some("a.jpg"), Some(path("/Photos/Venice"))));
    assert_eq!(path("/Photos/").join("x").unwrap().as_str(), "/Photos/x");
    let root = path("");
    assert!(root.is_root() && root == path("/") && root.name().is_none() && root.parent().is_none());
    assert_eq!((root.as_str(), root.names().count(), root.join("a").unwrap()), ("/", 0, path("/a")));
    assert!(deep.is_within(&root) && deep.is_within(&deep) && deep.is_within(&path("/Photos")));
    assert!(!deep.is_within(&path("/Photo")) && !path("/Photos").is_within(&deep));
    for (bad, error) in [
        ("a", PathError::Relative),
        ("//", PathError::Empty),
        ("/a//b", PathError::Empty),
        ("/a/..", PathError::Dots),
        ("/./a", PathError::Dots),
        ("/a\\b", PathError::Character),
        ("/a\0b", PathError::Character),
        ("/a\u{85}b", PathError::Character),
    ] {
        assert_eq!(RemotePath::new(bad), Err(error), "{bad:?}");
    }
    assert_eq!(RemotePath::new(&"/a".repeat(257)), Err(PathError::TooLong));
    assert_eq!(RemotePath::new(&format!("/{}", "a".repeat(1 << 20))), Err(PathError::TooLong));
    assert_eq!(path(&"/a".repeat(256)).join("a"), Err(PathError::TooLong));
    for bad in ["", ".", "..", "a/b", "/"] {
        assert!(root.join(bad).is_err(), "{bad}");
    }
}

/// Dates are read and written as the wire has them, whatever they are.
#[test]
fn dates_are_the_wires() {
    for (second, text) in [
        (1_391_591_223, "Wed, 05 Feb 2014 09:07:03 +0000"),
        (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
        (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
        (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 +0000"),
    ] {
        assert_eq!(Timestamp(second).to_string(), text);
        assert_eq!(Timestamp::parse(text), Some(Timestamp(second)));
    }
    assert_eq!(Timestamp(i64::MIN).to_string(), "Mon, 01 Jan 0001 00:00:00 +0000");
    assert_eq!(Timestamp(i64::MAX).to_string(), "Thu, 30 Dec 9999 21:59:59 +0000");
    for bad in ["", "yesterday", "2014-02-05T09:07:03Z", &"Wed, ".repeat(100)] {
        assert_eq!(Timestamp::parse(bad), None, "{bad}");
    }
}
