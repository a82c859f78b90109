//! `/media`, and `/view`, where its links lead.

use crate::world::{Answer, World};
use axum::body::Body;
use expect_test::expect;
use http::{Method, Request};
use std::time::Duration;
use tidemark_core::model::Access;

const LIFE: Duration = Duration::from_secs(4 * 60 * 60);

/// The link to the file at a path, without its host.
async fn link(world: &World, path: &str) -> String {
    let url = world.post(&format!("/1/media/auto/{path}"), "").await.field("url");
    url.strip_prefix("http://localhost").expect("this server").to_owned()
}

/// Asks as a page of another site does: without a token.
async fn follow(world: &World, method: Method, uri: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.send(request.body(Body::empty()).unwrap()).await
}

async fn get(world: &World, uri: &str) -> Answer {
    follow(world, Method::GET, uri, &[]).await
}

#[tokio::test]
async fn a_link_leads_to_the_bytes_for_four_hours() {
    let world = World::new().await;
    world.file("/Dir/a%20%C3%A9.txt", "hello").await;
    let answer = world.get("/1/media/auto/dir/A%20%C3%A9.TXT").await;
    let url = answer.field("url");
    let token = url.split('/').nth(5).expect("a token");
    expect![[r#"200 {"url":"http://localhost/1/view/TOKEN/a%20%C3%A9.txt","expires":"Wed, 05 Feb 2014 13:07:03 +0000"}"#]]
        .assert_eq(&answer.shown().replace(token, "TOKEN"));
    let seen = get(&world, url.strip_prefix("http://localhost").unwrap()).await;
    expect![[r#"
        200
        accept-ranges: bytes
        access-control-allow-origin: *
        cache-control: private, max-age=0
        content-length: 5
        content-security-policy: sandbox; default-src 'none'; img-src 'self' data:; media-src 'self' data:; style-src 'unsafe-inline'
        content-type: text/plain; charset=utf-8
        etag: "2cf24dba5fb0a30e26e83b2ac5b9e29e"
        referrer-policy: no-referrer
        x-content-type-options: nosniff

        hello"#]].assert_eq(&seen.shown_whole());
    world.advance(LIFE - Duration::from_millis(1));
    assert_eq!(get(&world, url.strip_prefix("http://localhost").unwrap()).await.status, 200);
    world.advance(Duration::from_millis(1));
    let late = get(&world, url.strip_prefix("http://localhost").unwrap()).await;
    assert_eq!(late.shown(), r#"404 {"error":"File not found"}"#);
}

#[tokio::test]
async fn bytes_come_in_parts_and_on_conditions() {
    let world = World::new().await;
    world.file("/a.mp4", "0123456789").await;
    let link = link(&world, "a.mp4").await;
    let head = follow(&world, Method::HEAD, &link, &[]).await;
    assert_eq!(
        (head.status.as_u16(), head.text().as_str(), head.header("content-length")),
        (200, "", Some("10"))
    );
    assert_eq!(head.header("content-type"), Some("video/mp4"));
    let etag = head.header("etag").unwrap();
    let part = follow(&world, Method::GET, &link, &[("range", "bytes=3-5"), ("if-range", etag)]).await;
    assert_eq!(
        (part.status.as_u16(), part.text().as_str(), part.header("content-range")),
        (206, "345", Some("bytes 3-5/10"))
    );
    let same = follow(&world, Method::GET, &link, &[("if-none-match", etag)]).await;
    assert_eq!((same.status.as_u16(), same.body.len()), (304, 0));
    follow(&world, Method::GET, &link, &[("range", "bytes=10-")]).await.refuses(416);
    follow(&world, Method::GET, &link, &[("if-match", "\"x\"")]).await.refuses(412);
    follow(&world, Method::POST, &link, &[]).await.refuses(405);
    world.file("/a.mp4", "changed").await;
    let whole = follow(&world, Method::GET, &link, &[("range", "bytes=3-5"), ("if-range", etag)]).await;
    assert_eq!(
        (whole.status.as_u16(), whole.text().as_str()),
        (200, "changed"),
        "parts of two files are not mixed"
    );
}

/// By identity: moved and edited it is still the file, deleted it is nothing, and another in its place is another.
#[tokio::test]
async fn a_link_follows_its_file() {
    let world = World::new().await;
    world.file("/a.txt", "one").await;
    let link = link(&world, "a.txt").await;
    world.post("/1/fileops/move", "root=auto&from_path=/a.txt&to_path=/b/page.html").await;
    world.file("/a.txt", "other").await;
    let moved = get(&world, &link).await;
    assert_eq!((moved.text().as_str(), moved.header("content-disposition")), ("one", Some("attachment")));
    world.post("/1/fileops/delete", "root=auto&path=/b").await;
    get(&world, &link).await.refuses(404);
}

#[tokio::test]
async fn only_files_have_bytes() {
    let world = World::new().await;
    world.file("/dir/gone", "x").await;
    world.post("/1/fileops/delete", "root=auto&path=/dir/gone").await;
    for path in ["", "/", "dir", "dir/gone", "never"] {
        world.get(&format!("/1/media/auto/{path}")).await.refuses(404);
    }
}

/// What was made up, changed or made for something else is nothing.
#[tokio::test]
async fn forged_links_are_not_found() {
    let world = World::new().await;
    world.file("/a.txt", "x").await;
    let good = link(&world, "a.txt").await;
    let token = good.split('/').nth(3).unwrap();
    let copy_ref = world.get("/1/copy_ref/auto/a.txt").await.field("copy_ref");
    let cursor = world.post("/1/delta/latest_cursor", "").await.field("cursor");
    let mut flipped = token.to_owned();
    flipped.replace_range(40..41, if &token[40..41] == "A" { "B" } else { "A" });
    let long = "A".repeat(5_000);
    for token in ["", "x", &token[1..], &flipped, &copy_ref, &cursor, &long, "%2e%2e", "a%00", "%FF"] {
        for rest in ["", "/", "/a.txt"] {
            let answer = get(&world, &format!("/1/view/{token}{rest}")).await;
            assert_eq!(answer.shown(), r#"404 {"error":"File not found"}"#, "{token}{rest}");
        }
    }
    for rest in ["", "/", "/x", "/..", "/a/b", "/%FF"] {
        assert_eq!(
            get(&world, &format!("/1/view/{token}{rest}")).await.text(),
            "x",
            "the name is for people: {rest}"
        );
    }
    assert_eq!(get(&world, &format!("//0//view//{token}//a")).await.text(), "x");
    // Nor is it good for what it was not made for.
    let form = format!("root=auto&to_path=/b&from_copy_ref={token}");
    world.post("/1/fileops/copy", &form).await.refuses(404);
}

/// Who is shut out shows nothing; what leaves an app's folder is out of the app's reach.
#[tokio::test]
async fn a_link_reaches_no_farther_than_its_maker() {
    let mut world = World::new().await;
    world.file("/mine", "x").await;
    let mine = link(&world, "mine").await;
    let whole = world.token.clone();
    world.token = world.token_for(&world.account, "Small", Access::AppFolder).await;
    world.file("/a", "x").await;
    let inside = link(&world, "a").await;
    world.token = whole;
    assert_eq!(get(&world, &inside).await.text(), "x");
    world.post("/1/fileops/move", "root=auto&from_path=/Apps/Small/a&to_path=/private").await;
    get(&world, &inside).await.refuses(404);
    world.people.set_disabled("ada@example.org", true).await.unwrap();
    get(&world, &mine).await.refuses(404);
    world.people.set_disabled("ada@example.org", false).await.unwrap();
    assert_eq!(get(&world, &mine).await.text(), "x");
    let (app, ada) = (world.people.apps().await.unwrap().remove(0), world.account.id);
    for shut_out in [true, false] {
        world.people.set_app_disabled(&app.key.0, shut_out).await.unwrap();
        assert_eq!(get(&world, &mine).await.status, if shut_out { 404 } else { 200 });
    }
    world.people.unlink(ada, &app.key).await.unwrap();
    get(&world, &mine).await.refuses(404);
}
