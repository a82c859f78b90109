//! `/2.0/files/:id/content`, and `/d/1/:token/download`, where it leads.

use crate::world::{Answer, World};
use axum::body::Body;
use http::header::RANGE;
use http::{Method, Request};
use serde_json::json;
use std::time::Duration;
use tidemark_core::model::Access;

impl World {
    /// Asks without any credential.
    async fn open(&self, address: &str, range: Option<&str>) -> Answer {
        let mut request = Request::builder().uri(address);
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        self.box_send(request.body(Body::empty()).unwrap()).await
    }

    /// Where the bytes of a file are.
    async fn location(&self, uri: &str) -> String {
        let answer = self.box_get(uri).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (302, 0), "{}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer.header("location").expect("an address").to_owned()
    }
}

#[tokio::test]
async fn the_bytes_are_where_the_answer_says_without_a_token() {
    let world = World::new().await;
    let id = world.box_file("/a%20b.html", "hello").await;
    let location = world.location(&format!("/2.0/files/{id}/content")).await;
    assert!(location.starts_with("http://localhost/d/1/") && location.ends_with("/download"), "{location}");
    let answer = world.open(&location, None).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "hello"));
    for (name, value) in [
        ("content-length", "5"),
        ("content-type", "text/html; charset=utf-8"),
        ("content-disposition", "attachment; filename=\"a b.html\""),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("accept-ranges", "bytes"),
        ("access-control-allow-origin", "*"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert!(answer.header("content-security-policy").is_some_and(|policy| policy.starts_with("sandbox;")));
    let part = world.open(&location, Some("bytes=1-2")).await;
    assert_eq!((part.status.as_u16(), part.text().as_str()), (206, "el"));
    assert_eq!(part.header("content-range"), Some("bytes 1-2/5"));
    let head = Request::builder().method(Method::HEAD).uri(&location).body(Body::empty()).unwrap();
    let head = world.box_send(head).await;
    assert_eq!((head.status.as_u16(), head.header("content-length"), head.body.len()), (200, Some("5"), 0));
    let tag = answer.header("etag").expect("a tag").to_owned();
    let again = Request::builder().uri(&location).header("if-none-match", &tag).body(Body::empty()).unwrap();
    assert_eq!(world.box_send(again).await.status, 304);
}

/// Some clients drop the range on the way to the address.
#[tokio::test]
async fn a_part_is_given_at_once() {
    let world = World::new().await;
    let id = world.box_file("/a", "hello").await;
    let uri = format!("/2.0/files/{id}/content");
    for (range, text) in [("bytes=1-2", "el"), ("bytes=3-", "lo"), ("bytes=-1", "o"), ("bytes=0-99", "hello")]
    {
        let part = world.box_get_with(&uri, "range", range).await;
        assert_eq!((part.status.as_u16(), part.text().as_str()), (206, text), "{range}");
    }
    let several = world.box_get_with(&uri, "range", "bytes=0-0,2-2").await;
    assert_eq!((several.status.as_u16(), several.text().as_str()), (200, "hello"));
    let beyond = world.box_get_with(&uri, "range", "bytes=5-").await;
    beyond.box_refuses(416, "requested_page_out_of_range");
    assert_eq!(beyond.header("content-range"), Some("bytes */5"));
    let head = world.ask(Method::HEAD, &uri).body(Body::empty()).unwrap();
    assert_eq!(world.box_send(head).await.status, 302);
}

#[tokio::test]
async fn an_address_stays_with_its_version() {
    let world = World::new().await;
    let id = world.box_file("/a", "old").await;
    let uri = format!("/2.0/files/{id}/content");
    let location = world.location(&uri).await;
    let old = world.box_get(&format!("/2.0/files/{id}")).await.json()["file_version"]["id"].clone();
    let old = old.as_str().unwrap();
    world.file("/a", "new").await;
    assert_eq!(world.open(&location, None).await.text(), "old");
    assert_eq!(world.open(&world.location(&uri).await, None).await.text(), "new");
    let asked = world.location(&format!("{uri}?version={old}")).await;
    assert_eq!(world.open(&asked, None).await.text(), "old");
    let part = world.box_get_with(&format!("{uri}?version={old}"), "range", "bytes=0-1").await;
    assert_eq!(part.text(), "ol");
    let other = world.box_file("/other", "x").await;
    let other = world.box_get(&format!("/2.0/files/{other}")).await.json()["file_version"]["id"].clone();
    for (version, status, code) in [
        (other.as_str().unwrap(), 404, "not_found"),
        ("99", 404, "not_found"),
        ("x", 400, "invalid_parameter"),
    ] {
        world.box_get(&format!("{uri}?version={version}")).await.box_refuses(status, code);
    }
}

#[tokio::test]
async fn an_address_ends_by_itself_and_with_what_it_stands_on() {
    let mut world = World::new().await;
    let id = world.box_file("/a", "hello").await;
    let uri = format!("/2.0/files/{id}/content");
    let first = world.location(&uri).await;
    world.advance(Duration::from_secs(15 * 60 - 1));
    assert_eq!(world.open(&first, None).await.status, 200);
    world.advance(Duration::from_secs(1));
    world.open(&first, None).await.box_refuses(404, "not_found");
    // The file goes to the trash, and comes back.
    let second = world.location(&uri).await;
    world.box_delete(&format!("/2.0/files/{id}")).await;
    world.open(&second, None).await.box_refuses(404, "not_found");
    world.box_json(Method::POST, &format!("/2.0/files/{id}"), &json!({})).await;
    assert_eq!(world.open(&second, None).await.status, 200);
    // The program is thrown out.
    world.post("/1/disable_access_token", "").await;
    world.open(&second, None).await.box_refuses(404, "not_found");
    // One of a folder's own program, out of which it is moved.
    let wide = world.token_for(&world.account, "Wide", Access::Full).await;
    world.token = world.token_for(&world.account, "Narrow", Access::AppFolder).await;
    world.file("/f", "hello").await;
    let inside = world.box_get("/2.0/folders/0/items").await.json()["entries"][0]["id"].clone();
    let third = world.location(&format!("/2.0/files/{}/content", inside.as_str().unwrap())).await;
    assert_eq!(world.open(&third, None).await.status, 200);
    world.token = wide;
    world.post("/1/fileops/move", "root=auto&from_path=/Apps/Narrow/f&to_path=/f").await;
    world.open(&third, None).await.box_refuses(404, "not_found");
}

#[tokio::test]
async fn what_is_no_address_leads_nowhere() {
    let world = World::new().await;
    let id = world.box_file("/a", "hello").await;
    let location = world.location(&format!("/2.0/files/{id}/content")).await;
    let token = location.split('/').rev().nth(1).unwrap();
    let direct = world.post("/1/media/auto/a", "").await.field("url");
    let other_kind = direct.split('/').rev().nth(1).unwrap();
    for token in ["x", &token[1..], &token[..token.len() - 1], other_kind, &"A".repeat(9_000)] {
        world.open(&format!("/d/1/{token}/download"), None).await.box_refuses(404, "not_found");
    }
    world.open(&format!("/d/1/{token}"), None).await.box_refuses(404, "not_found");
    assert!(world.get(&format!("/1/view/{token}/a")).await.status.is_client_error());
    world.box_get("/2.0/files/99/content").await.box_refuses(404, "not_found");
    world.box_get("/2.0/files/1/content").await.box_refuses(404, "not_found");
}

/// For what opens an address without being able to send headers.
#[tokio::test]
async fn a_token_may_stand_in_the_query() {
    let world = World::new().await;
    let id = world.box_file("/a", "hello").await;
    let uri = format!("/2.0/files/{id}/content?access_token={}", world.token);
    assert_eq!(world.open(&uri, None).await.status, 302);
    assert_eq!(world.open(&uri, Some("bytes=0-0")).await.text(), "h");
    let wrong = world.open(&format!("/2.0/files/{id}/content?access_token=wrong"), None).await;
    assert_eq!((wrong.status.as_u16(), wrong.body.len()), (401, 0));
}
