//! `/files_put`.

use crate::world::{Choices, World};
use axum::body::Body;
use bytes::Bytes;
use expect_test::expect;
use futures_util::stream::{self, FuturesUnordered};
use futures_util::{FutureExt as _, StreamExt as _};
use http::Method;
use http_body::{Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tidemark_api::dropbox_v1::Settings;
use tidemark_core::model::Access;
use tidemark_core::store::StoreError;

#[tokio::test]
async fn a_put_answers_the_entry_as_it_is_stored() {
    let world = World::new().await;
    let answer =
        world.put("/1/files_put/auto/Notes/todo.txt?overwrite=False&locale=en_US&mute=1", "milk\n").await;
    expect![[r#"
        200
        access-control-allow-origin: *
        cache-control: no-cache
        content-type: application/json

        {"path":"/Notes/todo.txt","is_dir":false,"bytes":5,"size":"5 bytes","rev":"200000001","revision":2,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","client_mtime":"Wed, 05 Feb 2014 09:07:03 +0000","mime_type":"text/plain","icon":"page_white_text","thumb_exists":false,"root":"dropbox"}"#]].assert_eq(&answer.shown_whole());
}

#[tokio::test]
async fn put_and_post_do_the_same_whatever_the_type_says() {
    let world = World::new().await;
    for (n, kind) in
        ["application/x-www-form-urlencoded", "text/plain; charset=utf8", "application/octet-stream", ""]
            .into_iter()
            .enumerate()
    {
        let uri = format!("/1/files_put/auto/{n}");
        let mut request = world.ask(if n % 2 == 0 { Method::POST } else { Method::PUT }, &uri);
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        let answer = world.send(request.body(Body::from("access_token=x&overwrite=maybe")).unwrap()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["bytes"].as_u64()),
            (200, Some(30)),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn conflicts_get_the_documented_names() {
    let world = World::new().await;
    let first = world.file("/todo.txt", "one").await;
    for (query, path) in [
        // Equal bytes change nothing, unless a new name is wanted.
        ("", "/todo.txt"),
        ("overwrite=false", "/todo (1).txt"),
        ("overwrite=false", "/todo (2).txt"),
    ] {
        let answer = world.put(&format!("/1/files_put/auto/todo.txt?{query}"), "one").await;
        assert_eq!(answer.field("path"), path, "{query}");
    }
    assert_eq!(world.put("/1/files_put/auto/TODO.txt", "one").await.field("rev"), first, "no new revision");
    let second =
        world.put(&format!("/1/files_put/auto/todo.txt?parent_rev={first}&overwrite=false"), "two").await;
    assert_eq!(second.field("path"), "/todo.txt");
    for path in ["/todo (conflicted copy).txt", "/todo (conflicted copy 2).txt"] {
        let answer = world.put(&format!("/1/files_put/auto/todo.txt?parent_rev={first}"), "three").await;
        assert_eq!(answer.field("path"), path);
    }
    for query in ["overwrite=false&autorename=false".to_owned(), format!("parent_rev={first}&autorename=0")] {
        world.put(&format!("/1/files_put/auto/todo.txt?{query}"), "four").await.refuses(409);
    }
    world.folder("/dir").await;
    let answer = world.put("/1/files_put/auto/dir", "over a folder").await;
    assert_eq!(answer.field("path"), "/dir (1)");
    world.put("/1/files_put/auto/dir?autorename=false", "over a folder").await.refuses(409);
}

#[tokio::test]
async fn a_rev_of_another_path_is_accepted_where_nothing_is() {
    let world = World::new().await;
    let rev = world.file("/a", "a").await;
    let answer = world.put(&format!("/1/files_put/auto/b?parent_rev={rev}"), "b").await;
    assert_eq!(answer.field("path"), "/b");
    let answer = world.put("/1/files_put/auto/c?parent_rev=ffff00000001", "c").await;
    expect![[r#"400 {"error":{"parent_rev":"There never was such a rev"}}"#]].assert_eq(&answer.shown());
    world.get("/1/metadata/auto/c").await.refuses(404);
}

#[tokio::test]
async fn names_keep_their_spelling_and_are_found_without_case() {
    let world = World::new().await;
    world.file("/Caf%C3%A9/R%C3%A9sum%C3%A9.TXT", "x").await;
    // Decomposed and in capitals, it is the same file; folders keep the spelling of whoever made them.
    let answer = world.put("/1/files_put/auto/CAFE%CC%81/re%CC%81sume%CC%81.txt", "y").await;
    assert_eq!(answer.field("path"), "/Café/Résumé.TXT");
    let answer = world.put("/1/files_put/auto/a%20b+c%25.txt", "z").await;
    assert_eq!(answer.field("path"), "/a b+c%.txt");
}

#[tokio::test]
async fn a_body_in_chunks_is_taken() {
    let world = World::new().await;
    let pieces = stream::iter(["one ", "", "two"].map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece))));
    let request =
        world.ask(Method::PUT, "/1/files_put/auto/chunked.txt").body(Body::from_stream(pieces)).unwrap();
    let answer = world.send(request).await;
    assert_eq!(answer.json()["bytes"], 7);
    assert_eq!(world.get("/1/files/auto/chunked.txt").await.text(), "one two");
}

#[tokio::test]
async fn an_empty_file_is_a_file_but_no_body_at_all_is_an_error() {
    let world = World::new().await;
    let answer = world.put("/1/files_put/auto/empty", "").await;
    assert_eq!((answer.status.as_u16(), answer.json()["bytes"].as_u64()), (200, Some(0)));
    let request = world.ask(Method::PUT, "/1/files_put/auto/nothing").body(Body::empty()).unwrap();
    world.send(request).await.refuses(411);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let world = World::new().await;
    let pieces = [Ok(Bytes::from("half")), Err(std::io::Error::other("gone"))];
    let body = Body::from_stream(stream::iter(pieces));
    let request = world.ask(Method::PUT, "/1/files_put/auto/cut.txt").body(body).unwrap();
    world.send(request).await.refuses(400);
    world.get("/1/metadata/auto/cut.txt").await.refuses(404);
    assert_eq!(world.post("/1/delta", "").await.json()["entries"], serde_json::json!([]));
}

#[tokio::test]
async fn what_is_too_large_is_refused_at_once_or_when_it_shows() {
    let world = World::new().await;
    const MAX: usize = 150 << 20;
    let refused = |body| async {
        let request = world.ask(Method::PUT, "/1/files_put/auto/large").body(body).unwrap();
        let answer = world.send(request).await;
        answer.refuses(413);
    };
    refused(Body::from(vec![0; MAX + 1])).await;
    let piece = Bytes::from(vec![0; 1 << 20]);
    let endless = stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()));
    refused(Body::from_stream(endless)).await;
    world.get("/1/metadata/auto/large").await.refuses(404);
}

#[tokio::test]
async fn a_full_account_is_told_so_and_can_still_delete() {
    let world = World::with_quota(10).await;
    world.file("/a", "12345678").await;
    let answer = world.put("/1/files_put/auto/b", "123").await;
    expect![[r#"507 {"error":"The account is over its storage quota"}"#]].assert_eq(&answer.shown());
    assert_eq!(world.post("/1/fileops/delete", "root=auto&path=/a").await.status, 200);
    world.file("/b", "123").await;
}

#[tokio::test]
async fn a_file_is_no_folder() {
    let world = World::new().await;
    world.file("/a", "a").await;
    let answer = world.put("/1/files_put/auto/a/b", "b").await;
    expect![[r#"403 {"error":"A folder of the path is a file"}"#]].assert_eq(&answer.shown());
}

/// A body of this declared length, of which nothing can be had.
fn unread(length: u64) -> Body {
    struct Unread(u64);
    impl http_body::Body for Unread {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            panic!("the body was asked for")
        }
        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.0)
        }
    }
    Body::new(Unread(length))
}

#[tokio::test]
async fn what_cannot_fit_is_refused_before_it_is_read() {
    let world = World::with_quota(1000).await;
    let old = vec![b'x'; 900];
    assert_eq!(world.put("/1/files_put/auto/old", old).await.status, 200);
    for (uri, length) in [
        ("/1/files_put/auto/new", 101),
        ("/1/files_put/auto/old", 1001),
        ("/1/chunked_upload", 1001),
        ("/1/chunked_upload?offset=900&upload_id=AAAAAAAAAAAAAAAAAAAAAA", 101),
    ] {
        world.send(world.ask(Method::POST, uri).body(unread(length)).unwrap()).await.refuses(507);
    }
    // What is replaced makes room.
    assert_eq!(world.put("/1/files_put/auto/old", vec![b'y'; 1000]).await.status, 200);
    // Of a form, the beginning must be read to know where it goes.
    let begins = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"new\"\r\n\r\n";
    let body = format!("{begins}{}\r\n--B--\r\n", "x".repeat(2 << 20));
    let request =
        world.ask(Method::POST, "/1/files/auto/").header("content-type", "multipart/form-data; boundary=B");
    // Storing a block would be told otherwise.
    world.store.fail(None, Some(|| StoreError::ReadOnly));
    world.send(request.body(Body::from(body)).unwrap()).await.refuses(507);
}

/// A body that has begun to arrive and goes on for ever.
fn stalled() -> Body {
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"x"))]);
    Body::from_stream(first.chain(stream::pending()))
}

/// Each keeps a block in memory for as long as its client likes.
#[tokio::test]
async fn an_account_has_so_many_uploads_under_way_at_once() {
    let settings = Settings { uploads_per_account_max: 3, ..Settings::default() };
    let mut world = World::with(Choices { settings, ..Choices::default() }).await;
    let mut under_way = FuturesUnordered::new();
    for uri in ["/1/files_put/auto/a", "/1/chunked_upload", "/1/files/auto/"] {
        let request = world.ask(Method::POST, uri).header("content-type", "multipart/form-data; boundary=B");
        under_way.push(world.api.handle(request.body(stalled()).unwrap()));
    }
    assert!(under_way.next().now_or_never().is_none(), "all three wait for more");
    let large = || vec![b'x'; 100_000];
    for uri in ["/1/files_put/auto/b", "/1/chunked_upload", "/1/files/auto/"] {
        let request = world.ask(Method::POST, uri).header("content-type", "multipart/form-data; boundary=B");
        world.send(request.body(Body::from(large())).unwrap()).await.refuses(429);
    }
    world.file("/small", "small").await;
    let bo = world.person("bo@example.org").await;
    let (ada, bo) = (world.token.clone(), world.token_for(&bo, "Other", Access::Full).await);
    drop(under_way);
    world.token = bo;
    assert_eq!(world.put("/1/files_put/auto/b", large()).await.status, 200);
    world.token = ada;
    assert_eq!(world.put("/1/files_put/auto/b", large()).await.status, 200, "who hung up makes room");
}

const STATED: &str = "Sun%2C+31+Dec+1989+23%3A59%3A58+%2B0100";

/// Our own clients say when a file was changed, and are told it back as an instant.
#[tokio::test]
async fn a_stated_time_is_kept_with_the_bytes() {
    let world = World::new().await;
    let told = async |uri: &str| world.get(&format!("/1/metadata/auto{uri}")).await.field("client_mtime");
    let stated = "Sun, 31 Dec 1989 22:59:58 +0000";
    let answer = world.put(&format!("/1/files_put/auto/a?client_mtime={STATED}"), "one").await;
    assert_eq!((answer.field("client_mtime").as_str(), told("/a").await.as_str()), (stated, stated));
    world.post("/1/fileops/move", "root=auto&from_path=/a&to_path=/b").await;
    assert_eq!(told("/b").await, stated);
    let upload = world.put("/1/chunked_upload", "in pieces").await.field("upload_id");
    let form = format!("upload_id={upload}&client_mtime={STATED}");
    let answer = world.post("/1/commit_chunked_upload/auto/c", &form).await;
    assert_eq!((answer.field("client_mtime").as_str(), told("/c").await.as_str()), (stated, stated));
    // Equal bytes are left alone, whatever is said of them; other bytes have no time but what is said of them.
    let head = world.head().await;
    let answer = world.put("/1/files_put/auto/b?client_mtime=1+Jan+2000+00:00:00+GMT", "one").await;
    assert_eq!((answer.field("client_mtime").as_str(), world.head().await), (stated, head));
    let answer = world.put("/1/files_put/auto/b", "two").await;
    assert_eq!(answer.field("client_mtime"), answer.field("modified"));
}

#[tokio::test]
async fn a_stated_time_that_is_none_is_refused() {
    let world = World::new().await;
    let upload = world.put("/1/chunked_upload", "in pieces").await.field("upload_id");
    for bad in ["yesterday", "1391591223", "Wed, 05 Feb 2014 09:07:03 +0000", "%00"] {
        let uri = format!("/1/files_put/auto/a?client_mtime={}", bad.replace(' ', "%20"));
        let refused = world.put(&uri, "a").await;
        refused.refuses(400);
        assert!(refused.json()["error"]["client_mtime"].is_string(), "{}", refused.text());
        let form = format!("upload_id={upload}&client_mtime={bad}");
        world.post("/1/commit_chunked_upload/auto/a", &form).await.refuses(400);
    }
    assert_eq!(world.head().await, 0);
}
