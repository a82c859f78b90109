//! `/files`: GET, HEAD, and POST with a multipart form.

use crate::world::{Answer, World};
use axum::body::Body;
use bytes::Bytes;
use expect_test::expect;
use futures_util::stream;
use http::Method;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn a_download_has_every_documented_header() {
    let world = World::new().await;
    world.file("/Notes/t%C3%A9xt.txt", "hello").await;
    let answer = world.get("/1/files/auto/notes/T%C3%89XT.txt").await;
    expect![[r#"
        200
        accept-ranges: bytes
        access-control-allow-origin: *
        cache-control: private, max-age=0
        content-length: 5
        content-security-policy: sandbox; default-src 'none'; img-src 'self' data:; media-src 'self' data:; style-src 'unsafe-inline'
        content-type: text/plain; charset=utf-8
        etag: "200000001"
        referrer-policy: no-referrer
        x-content-type-options: nosniff
        x-dropbox-metadata: {"path":"/Notes/t\u00e9xt.txt","is_dir":false,"bytes":5,"size":"5 bytes","rev":"200000001","revision":2,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","client_mtime":"Wed, 05 Feb 2014 09:07:03 +0000","mime_type":"text/plain","icon":"page_white_text","thumb_exists":false,"root":"dropbox"}

        hello"#]].assert_eq(&answer.shown_whole());
    let metadata = world.get("/1/metadata/auto/Notes/t%C3%A9xt.txt").await.json();
    let header: serde_json::Value =
        serde_json::from_str(answer.header("x-dropbox-metadata").unwrap()).unwrap();
    assert_eq!(header, metadata);
}

/// A page that somebody uploaded could tell its own URL to others, and with it the token that it was opened with.
#[tokio::test]
async fn a_file_that_a_browser_shows_tells_nobody_where_it_was_had() {
    let world = World::new().await;
    for (name, is_saved) in [
        ("page.html", true),
        ("PAGE.HTM", true),
        ("page.xhtml", true),
        ("drawing.svg", true),
        ("feed.xml", true),
        ("sheet.xsl", true),
        ("help.mht", false),
        ("notes.txt", false),
        ("photo.jpg", false),
        ("report.pdf", false),
    ] {
        world.file(&format!("/{name}"), "<img src=https://example.org/ referrerpolicy=unsafe-url>").await;
        let answer = world.get(&format!("/1/files/auto/{name}?access_token={}", world.token)).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("sandbox;") && policy.contains("default-src 'none'"), "{policy}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{name}");
        assert_eq!(answer.header("content-disposition").is_some(), is_saved, "{name}");
    }
}

#[tokio::test]
async fn head_tells_the_same_without_the_bytes() {
    let world = World::new().await;
    world.file("/a.bin", "hello").await;
    let head = world.ask(Method::HEAD, "/1/files/auto/a.bin").header("range", "bytes=1-2");
    let (get, head) =
        (world.get("/1/files/auto/a.bin").await, world.send(head.body(Body::empty()).unwrap()).await);
    assert_eq!((head.status, head.headers, head.body.len()), (get.status, get.headers, 0));
}

#[tokio::test]
async fn ranges_are_served() {
    let world = World::new().await;
    world.file("/a", "0123456789").await;
    for (range, status, content_range, body) in [
        ("bytes=1-4", 206, Some("bytes 1-4/10"), "1234"),
        ("bytes=7-", 206, Some("bytes 7-9/10"), "789"),
        ("bytes=-3", 206, Some("bytes 7-9/10"), "789"),
        ("bytes=0-99", 206, Some("bytes 0-9/10"), "0123456789"),
        ("bytes=4-1", 200, None, "0123456789"),
        ("bytes=0-1,3-4", 200, None, "0123456789"),
        ("pages=1-2", 200, None, "0123456789"),
    ] {
        let answer = world.get_with("/1/files/auto/a", "range", range).await;
        let seen = (answer.status.as_u16(), answer.header("content-range"), answer.text());
        assert_eq!(seen, (status, content_range, body.to_owned()), "{range}");
        assert_eq!(answer.header("content-length"), Some(&*body.len().to_string()));
    }
    let answer = world.get_with("/1/files/auto/a", "range", "bytes=10-").await;
    answer.refuses(416);
    assert_eq!(answer.header("content-range"), Some("bytes */10"));
}

#[tokio::test]
async fn the_etag_is_the_rev() {
    let world = World::new().await;
    let rev = world.file("/a", "one").await;
    let tag = format!("\"{rev}\"");
    assert_eq!(world.get("/1/files/auto/a").await.header("etag"), Some(&*tag));
    let answer = world.get_with("/1/files/auto/a", "if-none-match", &tag).await;
    assert_eq!((answer.status.as_u16(), answer.header("etag"), answer.body.len()), (304, Some(&*tag), 0));
    assert_eq!(answer.header("content-type"), None);
    assert_eq!(world.get_with("/1/files/auto/a", "if-none-match", "\"1\"").await.status, 200);
    world.get_with("/1/files/auto/a", "if-match", "\"1\"").await.refuses(412);
    world.file("/a", "two").await;
    assert_eq!(world.get_with("/1/files/auto/a", "if-none-match", &tag).await.text(), "two");
}

#[tokio::test]
async fn old_revisions_can_be_had_even_of_a_deleted_file() {
    let world = World::new().await;
    let (one, two) = (world.file("/a", "one").await, world.file("/a", "second").await);
    world.post("/1/fileops/delete", "root=auto&path=a").await;
    world.get("/1/files/auto/a").await.refuses(404);
    for (rev, text) in [(&one, "one"), (&two, "second")] {
        let answer = world.get(&format!("/1/files/auto/a?rev={rev}")).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, text.to_owned()));
        let metadata: serde_json::Value =
            serde_json::from_str(answer.header("x-dropbox-metadata").unwrap()).unwrap();
        assert_eq!((&metadata["rev"], &metadata["bytes"]), (&rev.as_str().into(), &text.len().into()));
    }
    world.get("/1/files/auto/a?rev=ffff00000001").await.refuses(404);
}

#[tokio::test]
async fn large_files_come_back_whole_and_in_part() {
    let world = World::new().await;
    let bytes: Vec<u8> = (0..9u32 << 20).map(|n| (n % 251) as u8).collect();
    assert_eq!(world.put("/1/files_put/auto/large.bin", bytes.clone()).await.status, 200);
    let answer = world.get("/1/files/auto/large.bin").await;
    assert_eq!(answer.header("content-length"), Some(&*bytes.len().to_string()));
    assert!(answer.body == bytes);
    let (from, to) = (4_194_300, 8_388_700);
    let answer = world.get_with("/1/files/auto/large.bin", "range", &format!("bytes={from}-{to}")).await;
    assert!(answer.body == bytes[from..=to]);
}

#[tokio::test]
async fn a_folder_or_nothing_is_not_to_be_had() {
    let world = World::new().await;
    world.folder("/dir").await;
    let answer = world.get("/1/files/auto/dir").await;
    expect![[r#"404 {"error":"File not found"}"#]].assert_eq(&answer.shown());
    world.get("/1/files/auto/").await.refuses(404);
    world.get("/1/files/auto/never").await.refuses(404);
}

async fn upload(world: &World, uri: &str, body: &str) -> Answer {
    let request = world.ask(Method::POST, uri).header("content-type", "multipart/form-data; boundary=B");
    world.send(request.body(Body::from(body.replace('\n', "\r\n"))).unwrap()).await
}

#[tokio::test]
async fn a_form_uploads_into_a_folder() {
    let world = World::new().await;
    let body = "--B\nContent-Disposition: form-data; name=\"file\"; filename=\"/t\u{e9}xt.txt\"\nContent-Type: text/plain\n\nhello\n--B--\n";
    let answer = upload(&world, "/1/files/auto/Some/Folder", body).await;
    expect![[r#"200 {"path":"/Some/Folder/téxt.txt","is_dir":false,"bytes":5,"size":"5 bytes","rev":"300000001","revision":3,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","client_mtime":"Wed, 05 Feb 2014 09:07:03 +0000","mime_type":"text/plain","icon":"page_white_text","thumb_exists":false,"root":"dropbox"}"#]].assert_eq(&answer.shown());
    assert_eq!(upload(&world, "/1/files/auto/?overwrite=false", body).await.field("path"), "/téxt.txt");
    assert_eq!(upload(&world, "/1/files/auto/?overwrite=false", body).await.field("path"), "/téxt (1).txt");
}

#[tokio::test]
async fn the_fields_of_a_form_are_parameters_wherever_they_stand() {
    let world = World::new().await;
    world.file("/a.txt", "old").await;
    let field = "--B\nContent-Disposition: form-data; name=\"overwrite\"\n\nFalse\n";
    let file = "--B\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\n\nnew\n";
    let before = upload(&world, "/1/files/auto/?overwrite=true", &format!("{field}{file}--B--\n")).await;
    let after = upload(&world, "/1/files/auto/?overwrite=true", &format!("{file}{field}--B--\n")).await;
    assert_eq!((before.field("path"), after.field("path")), ("/a (1).txt".into(), "/a (2).txt".into()));
}

#[tokio::test]
async fn a_bad_form_is_refused_and_leaves_nothing() {
    let world = World::new().await;
    let file = |name: &str| {
        format!("--B\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\n\nx\n")
    };
    let many = "--B\nContent-Disposition: form-data; name=\"x\"\n\n\n".repeat(40);
    for (body, status) in [
        (String::new(), 400),
        ("--B--\n".into(), 400),
        ("no form at all".into(), 400),
        (file("cut.txt"), 400),
        (file("a.txt") + &file("b.txt") + "--B--\n", 400),
        (file("") + "--B--\n", 400),
        (file("../up.txt") + "--B--\n", 400),
        (file("a/b.txt") + "--B--\n", 400),
        (file("thumbs.db") + "--B--\n", 400),
        (many + &file("a.txt") + "--B--\n", 400),
        (format!("--B\nContent-Disposition: form-data; name=\"x\"\n\n{}\n--B--\n", "x".repeat(5000)), 413),
        ("--B\nContent-Disposition: form-data; name=\"file2\"\n\nx\n--B--\n".into(), 400),
    ] {
        upload(&world, "/1/files/auto/", &body).await.refuses(status);
    }
    let request = world.ask(Method::POST, "/1/files/auto/").header("content-type", "text/plain");
    world.send(request.body(Body::from("x")).unwrap()).await.refuses(400);
    assert_eq!(world.post("/1/delta", "").await.json()["entries"], serde_json::json!([]));
}

/// A form that begins like this and then never ends; counts the bytes that were asked for.
async fn flood(world: &World, begins: &'static str, goes_on: &'static [u8]) -> (Answer, usize) {
    let (asked, limit) = (Arc::new(AtomicUsize::new(0)), 64 << 20);
    let counter = Arc::clone(&asked);
    let pieces = stream::unfold(Bytes::from_static(begins.as_bytes()), move |piece| {
        let sent = counter.fetch_add(piece.len(), Ordering::Relaxed);
        let next = (sent < limit).then(|| (Ok::<_, Infallible>(piece), Bytes::from_static(goes_on)));
        std::future::ready(next)
    });
    let request = world.ask(Method::POST, "/1/files/auto/");
    let request = request.header("content-type", "multipart/form-data; boundary=B");
    let answer = world.send(request.body(Body::from_stream(pieces)).unwrap()).await;
    (answer, asked.load(Ordering::Relaxed))
}

/// What belongs to no part is kept in memory, and searched again whenever more of it arrives.
#[tokio::test]
async fn a_form_without_end_is_refused_before_much_of_it_was_read() {
    let world = World::new().await;
    let header = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"; x=";
    for (begins, goes_on) in [("", &[b'x'; 8192][..]), (header, &[b'x'; 8192]), ("--B", &[b' '; 8192])] {
        let (answer, asked) = flood(&world, begins, goes_on).await;
        answer.refuses(400);
        assert!(asked < 1 << 20, "{asked} bytes were read of {begins:?}");
    }
}

#[tokio::test]
async fn a_large_file_of_a_form_arrives_whole() {
    let world = World::new().await;
    let bytes: String = (0..1u32 << 20).map(|n| char::from(b'a' + (n % 23) as u8)).collect();
    let head = "--B\nContent-Disposition: form-data; name=\"file\"; filename=\"large.txt\"\n\n";
    let answer = upload(&world, "/1/files/auto/", &format!("{head}{bytes}\n--B--\n")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(world.get("/1/files/auto/large.txt").await.text() == bytes);
}
