//! `/chunked_upload` and `/commit_chunked_upload`.

use crate::world::World;
use axum::body::Body;
use bytes::Bytes;
use expect_test::expect;
use futures_util::stream;
use http::Method;
use std::time::Duration;
use tidemark_core::model::Access;
use tidemark_core::store::UploadStore;

#[tokio::test]
async fn chunks_become_a_file() {
    let world = World::new().await;
    let answer = world.put("/1/chunked_upload", "0123456789").await;
    expect![[r#"200 {"upload_id":"jo9oQTePdyxA2y8H6HZ3bQ","offset":10,"expires":"Thu, 06 Feb 2014 09:07:03 +0000"}"#]].assert_eq(&answer.shown());
    let id = answer.field("upload_id");
    assert_eq!(id.len(), 22);
    let answer = world.put(&format!("/1/chunked_upload/?upload_id={id}&offset=10"), "abcdef").await;
    assert_eq!((answer.field("upload_id"), answer.json()["offset"].as_u64()), (id.clone(), Some(16)));
    let form = format!("upload_id={id}&overwrite=False");
    let answer = world.post("/1/commit_chunked_upload//auto/Dir/whole.txt", &form).await;
    expect![[r#"200 {"path":"/Dir/whole.txt","is_dir":false,"bytes":16,"size":"16 bytes","rev":"200000001","revision":2,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","client_mtime":"Wed, 05 Feb 2014 09:07:03 +0000","mime_type":"text/plain","icon":"page_white_text","thumb_exists":false,"root":"dropbox"}"#]].assert_eq(&answer.shown());
    assert_eq!(world.get("/1/files/auto/dir/whole.txt").await.text(), "0123456789abcdef");
    let again = world.post("/1/commit_chunked_upload/auto/again.txt", &form).await;
    expect![[r#"400 {"error":{"upload_id":"The upload is already completed"}}"#]].assert_eq(&again.shown());
    world.put(&format!("/1/chunked_upload?upload_id={id}&offset=16"), "more").await.refuses(400);
}

#[tokio::test]
async fn a_large_upload_in_odd_pieces_comes_back_whole() {
    let world = World::new().await;
    let bytes: Vec<u8> = (0..13u32 << 20).map(|n| (n % 241) as u8).collect();
    let mut uri = "/1/chunked_upload?offset=0".to_owned();
    for piece in bytes.chunks(3_000_001) {
        let answer = world.put(&uri, piece.to_vec()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        uri = format!(
            "/1/chunked_upload?upload_id={}&offset={}",
            answer.field("upload_id"),
            answer.json()["offset"]
        );
    }
    let id = uri.split(['=', '&']).nth(1).unwrap();
    let answer = world.post(&format!("/1/commit_chunked_upload/auto/large?upload_id={id}"), "").await;
    assert_eq!(answer.json()["bytes"].as_u64(), Some(bytes.len() as u64));
    assert!(world.get("/1/files/auto/large").await.body == bytes);
}

#[tokio::test]
async fn a_misplaced_chunk_is_told_where_to_go() {
    let world = World::new().await;
    let id = world.put("/1/chunked_upload", "0123456789").await.field("upload_id");
    for offset in [0, 5, 11] {
        let answer = world.put(&format!("/1/chunked_upload?upload_id={id}&offset={offset}"), "x").await;
        assert_eq!((answer.status.as_u16(), answer.json()["offset"].as_u64()), (400, Some(10)));
        assert_eq!(answer.field("upload_id"), id);
        assert_eq!(
            answer.field("error"),
            format!("Submitted input out of alignment: got [{offset}] expected [10]")
        );
        assert_eq!(answer.field("expires").len(), 31);
    }
    world.put("/1/chunked_upload?offset=3", "x").await.refuses(400);
}

#[tokio::test]
async fn a_chunk_that_breaks_off_is_as_if_it_never_came() {
    let world = World::new().await;
    let break_off = async |uri: &str| {
        let pieces = [Ok(Bytes::from(vec![0; 5 << 20])), Err(std::io::Error::other("gone"))];
        let request = world.ask(Method::PUT, uri).body(Body::from_stream(stream::iter(pieces))).unwrap();
        world.send(request).await.refuses(400);
    };
    break_off("/1/chunked_upload").await;
    assert_eq!(world.store.open_uploads(world.account.id).await.unwrap().count, 0, "not even a session");
    let id = world.put("/1/chunked_upload", "0123").await.field("upload_id");
    let uri = format!("/1/chunked_upload?upload_id={id}&offset=4");
    break_off(&uri).await;
    assert_eq!(world.put(&uri, "4567").await.json()["offset"], 8);
    world.post(&format!("/1/commit_chunked_upload/auto/a?upload_id={id}"), "").await;
    assert_eq!(world.get("/1/files/auto/a").await.text(), "01234567");
}

#[tokio::test]
async fn uploads_belong_to_their_account_and_app_and_expire() {
    let mut world = World::new().await;
    let mine = world.token.clone();
    let id = world.put("/1/chunked_upload", "0123").await.field("upload_id");
    let uri = format!("/1/chunked_upload?upload_id={id}&offset=4");
    let commit = format!("/1/commit_chunked_upload/auto/a?upload_id={id}");
    let other = world.person("bo@example.org").await;
    for account in [&other, &world.account.clone()] {
        world.token = world.token_for(account, "Another", Access::Full).await;
        world.put(&uri, "x").await.refuses(404);
        world.post(&commit, "").await.refuses(400);
    }
    world.token = mine;
    world.advance(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(world.put(&uri, "4").await.status, 200);
    world.advance(Duration::from_secs(2));
    world.put(&format!("/1/chunked_upload?upload_id={id}&offset=5"), "x").await.refuses(404);
    world.post(&commit, "").await.refuses(400);
}

#[tokio::test]
async fn commits_follow_the_rules_of_uploads() {
    let world = World::new().await;
    let rev = world.file("/a.txt", "old").await;
    for (query, expected) in [
        ("overwrite=false".to_owned(), Ok("/a (1).txt")),
        ("autorename=false&overwrite=false".into(), Err(409)),
        ("parent_rev=ffff00000001".into(), Err(400)),
        (format!("parent_rev={rev}"), Ok("/a.txt")),
        (format!("parent_rev={rev}"), Ok("/a (conflicted copy).txt")),
    ] {
        let id = world.put("/1/chunked_upload", "new").await.field("upload_id");
        let answer =
            world.post(&format!("/1/commit_chunked_upload/auto/a.txt?upload_id={id}&{query}"), "").await;
        match expected {
            Ok(path) => assert_eq!(answer.field("path"), path, "{query}"),
            Err(status) => {
                answer.refuses(status);
                // The bytes are still there for another try.
                let answer = world
                    .post(&format!("/1/commit_chunked_upload/auto/other-{status}?upload_id={id}"), "")
                    .await;
                assert_eq!(answer.status, 200, "{}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_upload_is_404_for_a_chunk_and_400_for_a_commit() {
    let world = World::new().await;
    for id in ["AAAAAAAAAAAAAAAAAAAAAA", "short", "%2F%2F", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        world.put(&format!("/1/chunked_upload?upload_id={id}&offset=0"), "x").await.refuses(404);
        world.post(&format!("/1/commit_chunked_upload/auto/a?upload_id={id}"), "").await.refuses(400);
    }
    world.post("/1/commit_chunked_upload/auto/a", "").await.refuses(400);
}
