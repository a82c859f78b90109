//! `/api/2.0/files/content`, `/api/2.0/files/:id/content`, and the question before them.

use crate::world::{Answer, Choices, World};
use axum::body::Body;
use bytes::Bytes;
use expect_test::expect;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use http::{Method, Request};
use serde_json::{Value, json};
use std::convert::Infallible;
use tidemark_api::dropbox_v1::Settings;
use tidemark_core::model::{Access, Sha1};
use tidemark_core::store::StoreError;

const NEW: &str = "/api/2.0/files/content";

fn version(id: &str) -> String {
    format!("/api/2.0/files/{id}/content")
}

/// The part with what is said of a file.
fn attributes(said: &Value) -> String {
    format!("--B\r\nContent-Disposition: form-data; name=\"attributes\"\r\n\r\n{said}\r\n")
}

/// The part with its bytes, called and named as `disposition` says.
fn file(disposition: &str, bytes: &str) -> String {
    let head = format!("--B\r\nContent-Disposition: form-data; {disposition}\r\n");
    format!("{head}Content-Type: application/octet-stream\r\n\r\n{bytes}\r\n")
}

const FILE: &str = "name=\"file\"; filename=\"unused\"";

impl World {
    fn form(&self, uri: &str) -> http::request::Builder {
        self.ask(Method::POST, uri).header("content-type", "multipart/form-data; boundary=B")
    }

    /// Sends a form of these parts.
    async fn box_form(&self, uri: &str, parts: &[String]) -> Answer {
        let body = format!("{}--B--\r\n", parts.concat());
        self.box_send(self.form(uri).body(Body::from(body)).unwrap()).await
    }

    /// Uploads a new file.
    async fn box_upload(&self, said: &Value, bytes: &str) -> Answer {
        self.box_form(NEW, &[attributes(said), file(FILE, bytes)]).await
    }

    async fn preflight(&self, uri: &str, body: &Value) -> Answer {
        self.box_json(Method::OPTIONS, uri, body).await
    }

    async fn text_of(&self, path: &str) -> String {
        self.get(&format!("/1/files/auto{path}")).await.text()
    }
}

fn place(name: &str, parent: &str) -> Value {
    json!({ "name": name, "parent": { "id": parent } })
}

#[tokio::test]
async fn a_new_file_is_told_as_a_list_of_one() {
    let world = World::new().await;
    let folder = world.box_folder("0", "in").await;
    let said = json!({ "name": "a.txt", "parent": { "id": folder }, "description": "mine",
        "content_created_at": "2012-12-12T10:53:43-08:00", "content_modified_at": "2012-12-12T10:53:43.5Z" });
    let answer = world.box_upload(&said, "hello").await;
    expect![[r#"201 {"total_count":1,"entries":[{"type":"file","id":"3","etag":"3","sequence_id":"3","name":"a.txt","sha1":"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d","file_version":{"type":"file_version","id":"2","sha1":"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"},"created_at":"2014-02-05T09:07:03Z","modified_at":"2014-02-05T09:07:03Z","content_created_at":"2012-12-12T18:53:43Z","content_modified_at":"2012-12-12T10:53:43Z","description":"mine","size":5,"path_collection":{"total_count":2,"entries":[{"type":"folder","id":"0","etag":null,"sequence_id":null,"name":"All Files"},{"type":"folder","id":"2","etag":"1","sequence_id":"1","name":"in"}]},"created_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"modified_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"owned_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"trashed_at":null,"purged_at":null,"shared_link":null,"parent":{"type":"folder","id":"2","etag":"1","sequence_id":"1","name":"in"},"item_status":"active"}]}"#]].assert_eq(&answer.shown());
    assert_eq!(world.text_of("/in/a.txt").await, "hello");
    let fields = format!("{NEW}?fields=name,content_modified_at");
    let answer = world.box_form(&fields, &[attributes(&place("b", "0")), file(FILE, "")]).await;
    expect![[r#"201 {"total_count":1,"entries":[{"type":"file","id":"5","etag":"4","name":"b","content_modified_at":"2014-02-05T09:07:03Z"}]}"#]].assert_eq(&answer.shown());
}

/// Each of these is what some client sends: other names of the part, of the file, and none at all.
#[tokio::test]
async fn the_file_is_the_part_that_is_a_file() {
    let world = World::new().await;
    for (n, disposition) in [
        FILE,
        "name=\"file\"; filename=\"\"",
        "name=\"content\"; filename=\"unused\"",
        "name=\"file\"; filename=\"file\"",
        "name=\"contents\"; filename=\"a name.txt\"",
        "filename=\"x\"; name=\"whatever\"",
        "name=file; filename=file; filename*=utf-8''file",
        "name=\"file\"; filename*=utf-8''%C3%A9.txt",
        "name=\"file\"; filename=\"na\u{ef}ve \u{1f30a}.txt\"",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{n}.txt");
        let parts = [attributes(&place(&name, "0")), file(disposition, "hello")];
        let answer = world.box_form(NEW, &parts).await;
        assert_eq!(answer.status, 201, "{disposition}: {}", answer.text());
        assert_eq!(world.text_of(&format!("/{name}")).await, "hello");
    }
    // Without quotes where they are not needed, and with them around the boundary.
    let body = "--b-1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=attributes\r\n\r\n\
                {\"name\":\"bare\",\"parent\":{\"id\":\"0\"}}\r\n--b-1\r\nContent-Disposition: form-data; name=file; \
                filename=file; filename*=utf-8''file\r\n\r\nhello\r\n--b-1--\r\n";
    let request =
        world.ask(Method::POST, NEW).header("content-type", "multipart/form-data; boundary=\"b-1\"");
    let answer = world.box_send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    // Other fields are passed over, and null is as good as nothing.
    let said = json!({ "name": "null", "parent": { "id": "0" }, "description": null,
        "content_created_at": null, "content_modified_at": null });
    let other = "--B\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n".to_owned();
    let parts = [other.clone(), attributes(&said), other.clone(), file(FILE, "hello"), other];
    assert_eq!(world.box_form(NEW, &parts).await.status, 201);
}

/// Without a length, in pieces, as one client sends what it does not know the size of.
#[tokio::test]
async fn a_body_may_come_in_chunks() {
    let world = World::new().await;
    let bytes = "0123456789".repeat(1_000_000);
    let body = format!("{}{}--B--\r\n", attributes(&place("a", "0")), file(FILE, &bytes));
    let pieces: Vec<_> = body.as_bytes().chunks(70_001).map(Bytes::copy_from_slice).collect();
    let body = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, Infallible>)));
    let answer = world.box_send(world.form(NEW).body(body).unwrap()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let entry = &answer.json()["entries"][0];
    assert_eq!((&entry["size"], &entry["sha1"]), (&json!(bytes.len()), &json!(sha1(&bytes))));
}

fn sha1(text: &str) -> String {
    Sha1::of(text.as_bytes()).to_string()
}

#[tokio::test]
async fn a_new_version_keeps_the_file() {
    let world = World::new().await;
    let id = world.box_file("/a", "one").await;
    let uri = version(&id);
    // One client sends no attributes if nothing is said.
    let answer = world.box_form(&uri, &[file(FILE, "two")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json();
    assert_eq!((&told["total_count"], &told["entries"][0]["id"]), (&json!(1), &json!(id)));
    assert_eq!(told["entries"][0]["sha1"], sha1("two"));
    // A name is a new name, and a parent makes no difference.
    let said =
        json!({ "name": "B.txt", "parent": { "id": "77" }, "content_modified_at": "2012-12-12T10:53:43Z" });
    let told = world.box_form(&uri, &[attributes(&said), file(FILE, "three")]).await.json();
    let entry = &told["entries"][0];
    assert_eq!((&entry["id"], &entry["name"]), (&json!(id), &json!("B.txt")));
    assert_eq!(entry["content_modified_at"], "2012-12-12T10:53:43Z");
    assert_eq!(world.text_of("/B.txt").await, "three");
    // A name that something else has refuses both.
    world.box_folder("0", "taken").await;
    let said = json!({ "name": "Taken" });
    let answer = world.box_form(&uri, &[attributes(&said), file(FILE, "four")]).await;
    let context = answer.box_refuses(409, "item_name_in_use");
    assert_eq!(context["conflicts"]["name"], "taken");
    assert_eq!(world.text_of("/B.txt").await, "three");
    let folder = world.box_folder("0", "d").await;
    for missing in [&folder, "0", "1", "99"] {
        let answer = world.box_form(&version(missing), &[file(FILE, "x")]).await;
        answer.box_refuses(404, "not_found");
    }
    world.box_delete(&format!("/2.0/files/{id}")).await;
    world.box_form(&uri, &[file(FILE, "x")]).await.box_refuses(404, "trashed");
}

#[tokio::test]
async fn a_version_may_be_for_one_state_only() {
    let world = World::new().await;
    let id = world.box_file("/a", "one").await;
    let etag = world.box_get(&format!("/2.0/files/{id}")).await.field("etag");
    let send = async |tag: &str| {
        let body = format!("{}--B--\r\n", file(FILE, "two"));
        let request = world.form(&version(&id)).header("if-match", tag);
        world.box_send(request.body(Body::from(body)).unwrap()).await
    };
    send("99").await.box_refuses(412, "precondition_failed");
    assert_eq!(send(&format!("\"{etag}\"")).await.status, 200);
    send(&etag).await.box_refuses(412, "precondition_failed");
}

/// One object, which a client looks for, and the same for a folder.
#[tokio::test]
async fn a_conflict_tells_what_is_there() {
    let world = World::new().await;
    let id = world.box_file("/A.txt", "hello").await;
    let folder = world.box_folder("0", "dir").await;
    for (name, kind, id) in [("a.TXT", "file", &id), ("DIR", "folder", &folder)] {
        for answer in [
            world.box_upload(&place(name, "0"), "other").await,
            world.preflight("/2.0/files/content/", &place(name, "0")).await,
        ] {
            let context = answer.box_refuses(409, "item_name_in_use");
            let conflict = &context["conflicts"];
            assert_eq!((&conflict["type"], &conflict["id"]), (&json!(kind), &json!(id)), "{context}");
        }
    }
    assert_eq!(world.text_of("/A.txt").await, "hello");
}

#[tokio::test]
async fn what_is_said_comes_first_and_is_good() {
    let world = World::new().await;
    let said = || attributes(&place("a", "0"));
    for parts in [vec![file(FILE, "x")], vec![file(FILE, "x"), said()], vec![said(), file(FILE, "x"), said()]]
    {
        world.box_form(NEW, &parts).await.box_refuses(400, "metadata_after_file_contents");
    }
    let id = world.box_file("/there", "one").await;
    let answer = world.box_form(&version(&id), &[file(FILE, "x"), attributes(&json!({}))]).await;
    answer.box_refuses(400, "metadata_after_file_contents");
    for parts in [vec![said()], vec![said(), file(FILE, "x"), file(FILE, "y")]] {
        world.box_form(NEW, &parts).await.box_refuses(400, "invalid_parameter");
    }
    for (said, status, code) in [
        (json!({ "parent": { "id": "0" } }), 400, "bad_request"),
        (json!({ "name": "x" }), 400, "bad_request"),
        (json!({ "name": null, "parent": null }), 400, "bad_request"),
        (json!([]), 400, "bad_request"),
        (place("", "0"), 400, "item_name_invalid"),
        (place("a/b", "0"), 400, "item_name_invalid"),
        (place("a\\b", "0"), 400, "item_name_invalid"),
        (place("a ", "0"), 400, "item_name_invalid"),
        (place("..", "0"), 400, "item_name_invalid"),
        (place(&"a".repeat(256), "0"), 400, "item_name_too_long"),
        (place("x", "abc"), 400, "invalid_parameter"),
        (place("x", "1"), 404, "not_found"),
        (place("x", "99"), 404, "not_found"),
        (place("x", &id), 404, "not_found"),
        (json!({ "name": "x", "parent": { "id": "0" }, "content_modified_at": "today" }), 400, "bad_request"),
        (
            json!({ "name": "x", "parent": { "id": "0" }, "content_created_at": "1969-01-01T00:00:00Z" }),
            400,
            "bad_request",
        ),
    ] {
        let context = world.box_upload(&said, "hello").await.box_refuses(status, code);
        if status == 404 {
            assert_eq!(context["errors"][0]["name"], "parent", "{said}");
        }
    }
    let long = json!({ "name": "x", "parent": { "id": "0" }, "description": "x".repeat(70_000) });
    world.box_upload(&long, "hello").await.box_refuses(413, "request_entity_too_large");
    for (kind, body, status, code) in [
        ("application/json", "{}", 415, "unsupported_media_type"),
        ("multipart/form-data", "x", 415, "unsupported_media_type"),
        ("multipart/form-data; boundary=B", "--B\r\n", 400, "bad_request"),
        ("multipart/form-data; boundary=B", "", 400, "bad_request"),
    ] {
        let request = world.ask(Method::POST, NEW).header("content-type", kind);
        world.box_send(request.body(Body::from(body)).unwrap()).await.box_refuses(status, code);
    }
    assert_eq!(world.head().await, 1, "nothing was stored");
}

/// Whatever the header is called: it is the SHA-1, in hex.
#[tokio::test]
async fn bytes_that_were_changed_on_their_way_are_refused() {
    let world = World::new().await;
    let send = async |name: &str, digest: &str| {
        let body = format!("{}{}--B--\r\n", attributes(&place(name, "0")), file(FILE, "hello"));
        let request = world.form(NEW).header("content-md5", digest);
        world.box_send(request.body(Body::from(body)).unwrap()).await
    };
    assert_eq!(send("a", &sha1("hello")).await.status, 201);
    assert_eq!(send("b", &sha1("hello").to_uppercase()).await.status, 201);
    for bad in [&*sha1("other"), "", "5d41402abc4b2a76b9719d911017c592", "XUFAKrxLKna5cZ2REBfFkg=="] {
        send("c", bad).await.box_refuses(400, "bad_digest");
    }
    assert_eq!(world.get("/1/metadata/auto/c").await.status, 404);
}

/// Before the bytes come, where their length is said, and as soon as they are too many, where it is not.
#[tokio::test]
async fn what_there_is_no_room_for_is_refused() {
    let world = World::with_quota(1_000).await;
    let id = world.box_file("/old", "hello").await;
    world.box_upload(&place("a", "0"), &"x".repeat(996)).await.box_refuses(403, "storage_limit_exceeded");
    assert_eq!(world.box_upload(&place("a", "0"), &"x".repeat(500)).await.status, 201);
    // In place of what is there, there is room for more.
    let send = async |size| world.box_form(&version(&id), &[file(FILE, &"y".repeat(size))]).await;
    send(501).await.box_refuses(403, "storage_limit_exceeded");
    assert_eq!(send(500).await.status, 200);
    // Storing a block would be told otherwise.
    world.store.fail(None, Some(|| StoreError::ReadOnly));
    let large = "x".repeat(6 << 20);
    world.box_upload(&place("b", "0"), &large).await.box_refuses(403, "storage_limit_exceeded");
    let body = format!("{}{}", attributes(&place("b", "0")), file(FILE, &large));
    let endless = stream::iter([Ok::<_, Infallible>(Bytes::from(body))]).chain(stream::pending());
    let answer = world.box_send(world.form(NEW).body(Body::from_stream(endless)).unwrap()).await;
    answer.box_refuses(403, "storage_limit_exceeded");
}

#[tokio::test]
async fn a_question_before_an_upload_is_answered_with_where_to_send_it() {
    let world = World::with_quota(1_000).await;
    let id = world.box_file("/there", "hello").await;
    let ask = |uri: &str| world.ask(Method::OPTIONS, uri).header("host", "cloud.example");
    let told = json!({ "upload_url": "http://cloud.example/api/2.0/files/content", "upload_token": "" });
    for body in [
        "",
        "{}",
        r#"{"name":"new","parent":{"id":"0"}}"#,
        r#"{"name":"new","parent":{"id":"0"},"size":995}"#,
        r#"{"name":"new","parent":{"id":"0"},"size":0}"#,
        r#"{"name":"new","parent":{"id":"0"},"size":null}"#,
    ] {
        let answer = world.box_send(ask("/2.0/files/content").body(Body::from(body)).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, told.clone()), "{body}");
    }
    let uri = format!("/2.0/files/{id}/content");
    let answer = world.box_send(ask(&uri).body(Body::from(r#"{"size":1000}"#)).unwrap()).await;
    assert_eq!(answer.json()["upload_url"], format!("http://cloud.example{}", version(&id)));
    // The address works.
    let upload = world.box_form(&version(&id), &[file(FILE, "two")]).await;
    assert_eq!(upload.status, 200);

    let new = |size: u64| json!({ "name": "new", "parent": { "id": "0" }, "size": size });
    let preflight = async |body: &Value| world.preflight("/2.0/files/content", body).await;
    preflight(&new(998)).await.box_refuses(403, "storage_limit_exceeded");
    preflight(&new(1 << 50)).await.box_refuses(403, "file_size_limit_exceeded");
    preflight(&place("new", "99")).await.box_refuses(404, "not_found");
    preflight(&place("a/b", "0")).await.box_refuses(400, "item_name_invalid");
    preflight(&json!({ "name": "x" })).await.box_refuses(400, "bad_request");
    world.preflight(&uri, &json!({ "size": 1_001 })).await.box_refuses(403, "storage_limit_exceeded");
    world.preflight("/2.0/files/99/content", &json!({})).await.box_refuses(404, "not_found");
    world.box_folder("0", "taken").await;
    let answer = world.preflight(&uri, &json!({ "name": "taken", "size": 1 })).await;
    assert_eq!(answer.box_refuses(409, "item_name_in_use")["conflicts"]["type"], "folder");
    assert_eq!(
        world.preflight(&uri, &json!({ "name": "There", "size": 1 })).await.status,
        200,
        "its own name"
    );
    assert_eq!(world.preflight(&uri, &json!({ "name": null })).await.status, 200);
}

/// What only a browser sends is a browser's question.
#[tokio::test]
async fn a_browsers_question_is_another_one() {
    let world = World::new().await;
    let request = Request::options("/2.0/files/content").header("origin", "https://app.example");
    let asks = request.header("access-control-request-method", "OPTIONS");
    assert_eq!(world.box_send(asks.body(Body::empty()).unwrap()).await.status, 204);
    let request = world.ask(Method::OPTIONS, "/2.0/files/content").header("origin", "https://app.example");
    let answer = world.box_send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, Some("*")));
}

/// Each keeps some blocks in memory for as long as its client likes; all protocols count together.
#[tokio::test]
async fn an_account_has_so_many_uploads_under_way_at_once() {
    let settings = Settings { uploads_per_account_max: 2, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    let stalled = || {
        let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"--B"))]);
        Body::from_stream(first.chain(stream::pending()))
    };
    let mut one = Box::pin(world.box_events.handle(world.form(NEW).body(stalled()).unwrap()));
    let other = world.ask(Method::PUT, "/1/files_put/auto/b").body(stalled()).unwrap();
    let mut two = Box::pin(world.api.handle(other));
    assert!((&mut one).now_or_never().is_none() && (&mut two).now_or_never().is_none());
    let large = "x".repeat(100_000);
    let answer = world.box_upload(&place("a", "0"), &large).await;
    answer.box_refuses(429, "rate_limit_exceeded");
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_eq!(world.box_upload(&place("small", "0"), "x").await.status, 201, "small ones are not counted");
    drop(two);
    assert_eq!(world.box_upload(&place("a", "0"), &large).await.status, 201);
}

/// Whoever reaches an app's own folder puts files there, and nowhere else.
#[tokio::test]
async fn an_app_with_a_folder_of_its_own_uploads_there() {
    let mut world = World::new().await;
    let outside = world.box_folder("0", "outside").await;
    let whole = world.token.clone();
    world.token = world.token_for(&world.account, "Narrow", Access::AppFolder).await;
    let told = world.box_upload(&place("a", "0"), "hello").await.json();
    assert_eq!(told["entries"][0]["parent"]["id"], "0");
    let answer = world.box_upload(&place("a", &outside), "hello").await;
    answer.box_refuses(404, "not_found");
    world.token = whole;
    assert_eq!(world.text_of("/Apps/Narrow/a").await, "hello");
}
