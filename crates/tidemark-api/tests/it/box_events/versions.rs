//! `/2.0/files/:id/versions`.

use crate::world::World;
use expect_test::expect;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn ids(page: &Value) -> Vec<&str> {
    page["entries"].as_array().unwrap().iter().map(|version| version["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_was_replaced_is_listed_and_what_is_there_is_not() {
    let world = World::new().await;
    let id = world.box_file("/a", "one").await;
    let uri = format!("/2.0/files/{id}/versions");
    assert_eq!(world.box_get(&uri).await.json()["total_count"], 0);
    world.advance(Duration::from_secs(60));
    world.file("/a", "second").await;
    world.file("/a", "third").await;
    let answer = world.box_get(&format!("{uri}?limit=1")).await;
    expect![[r#"200 {"total_count":2,"entries":[{"type":"file_version","id":"2","sha1":"352f7829a2384b001cc12b0c2613c756454a1f6a","name":"a","size":6,"created_at":"2014-02-05T09:08:03Z","modified_at":"2014-02-05T09:08:03Z","modified_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"uploader_display_name":"Ada King","trashed_at":null,"trashed_by":null,"restored_at":null,"restored_by":null,"purged_at":null,"version_number":"2"}],"offset":0,"limit":1,"order":[]}"#]].assert_eq(&answer.shown());
    let page = world.box_get(&uri).await.json();
    assert_eq!(ids(&page), ["2", "1"], "the newest first");
    assert_eq!(
        (&page["entries"][0]["version_number"], &page["entries"][1]["version_number"]),
        (&json!("2"), &json!("1"))
    );
    assert_eq!(ids(&world.box_get(&format!("{uri}?offset=1&limit=5")).await.json()), ["1"]);
    let present = world.box_get(&format!("/2.0/files/{id}")).await.json();
    assert_eq!(present["file_version"]["id"], "3");
    let one = world.box_get(&format!("{uri}/1?fields=size,name")).await;
    expect![[r#"200 {"type":"file_version","id":"1","name":"a","size":3}"#]].assert_eq(&one.shown());
    assert_eq!(world.box_get(&format!("{uri}/3")).await.json()["size"], 5);
}

/// A version goes with its file, and an edit of what is said of that is none.
#[tokio::test]
async fn versions_go_with_their_file() {
    let world = World::new().await;
    let id = world.box_file("/a", "one").await;
    world.file("/a", "two").await;
    let uri = format!("/2.0/files/{id}");
    world.box_json(Method::PUT, &uri, &json!({ "name": "b", "description": "said" })).await;
    world.file("/b", "three").await;
    let other = world.box_file("/a", "other").await;
    assert_eq!(ids(&world.box_get(&format!("{uri}/versions")).await.json()), ["2", "1"]);
    assert_eq!(world.box_get(&format!("/2.0/files/{other}/versions")).await.json()["total_count"], 0);
    world.box_get(&format!("/2.0/files/{other}/versions/1")).await.box_refuses(404, "not_found");
    world.box_get(&format!("{uri}/versions/3")).await.box_refuses(404, "not_found");
    world.box_get(&format!("{uri}/versions/99")).await.box_refuses(404, "not_found");
    world.box_get(&format!("{uri}/versions/x")).await.box_refuses(405, "method_not_allowed");
}

#[tokio::test]
async fn an_older_version_becomes_the_present_one_again() {
    let world = World::new().await;
    let id = world.box_file("/a", "one").await;
    world.file("/a", "two").await;
    let uri = format!("/2.0/files/{id}");
    let promote = async |version: &str| {
        let body = json!({ "type": "file_version", "id": version });
        world.box_json(Method::POST, &format!("{uri}/versions/current"), &body).await
    };
    let answer = promote("1").await;
    assert_eq!(answer.status, 201);
    let promoted = answer.json();
    assert_eq!(
        (&promoted["type"], &promoted["id"], &promoted["size"]),
        (&json!("file_version"), &json!("3"), &json!(3))
    );
    assert_eq!(world.get("/1/files/auto/a").await.text(), "one");
    assert_eq!(ids(&world.box_get(&format!("{uri}/versions")).await.json()), ["2", "1"], "all are kept");
    // The present one is that already.
    let head = world.head().await;
    assert_eq!((promote("3").await.status.as_u16(), world.head().await), (201, head));
    promote("99").await.box_refuses(404, "not_found");
    promote("x").await.box_refuses(400, "invalid_parameter");
    let answer = world.box_json(Method::POST, &format!("{uri}/versions/current"), &json!({})).await;
    answer.box_refuses(400, "bad_request");
    world
        .box_json(Method::POST, "/2.0/files/99/versions/current", &json!({ "id": "1" }))
        .await
        .box_refuses(404, "not_found");
}

/// It is gone from the histories of both protocols, until it is brought back.
#[tokio::test]
async fn a_past_version_can_be_deleted_and_brought_back() {
    let world = World::new().await;
    let id = world.box_file("/a", "one").await;
    world.file("/a", "second").await;
    world.file("/a", "third").await;
    let uri = format!("/2.0/files/{id}");
    let versions = async || world.box_get(&format!("{uri}/versions")).await.json();
    let revs = async || world.get("/1/revisions/auto/a").await.json().as_array().unwrap().len();
    let etag = world.box_get(&uri).await.field("etag");
    world.box_delete_if(&format!("{uri}/versions/1"), "99").await.box_refuses(412, "precondition_failed");
    let answer = world.box_delete_if(&format!("{uri}/versions/1"), &etag).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    assert_eq!(
        (ids(&versions().await), &versions().await["total_count"], revs().await),
        (vec!["2"], &json!(1), 2)
    );
    assert_eq!(world.box_get(&uri).await.field("etag"), etag, "the file is as it was");
    world.box_get(&format!("{uri}/versions/1")).await.box_refuses(404, "not_found");
    world.box_get(&format!("{uri}/content?version=1")).await.box_refuses(404, "not_found");
    let body = json!({ "id": "1" });
    let promoted = world.box_json(Method::POST, &format!("{uri}/versions/current"), &body).await;
    promoted.box_refuses(404, "not_found");
    world.box_delete(&format!("{uri}/versions/1")).await.box_refuses(404, "trashed");
    world.box_delete(&format!("{uri}/versions/99")).await.box_refuses(404, "not_found");
    let present = world.box_delete(&format!("{uri}/versions/3")).await;
    present.box_refuses(403, "access_denied_insufficient_permissions");

    let put = async |body: Value| world.box_json(Method::PUT, &format!("{uri}/versions/1"), &body).await;
    put(json!({ "trashed_at": "2014-02-05T09:07:03Z" })).await.box_refuses(400, "invalid_parameter");
    let back = put(json!({ "trashed_at": null })).await;
    assert_eq!(
        (back.status.as_u16(), &back.json()["id"], &back.json()["size"]),
        (200, &json!("1"), &json!(3))
    );
    assert_eq!((ids(&versions().await), revs().await), (vec!["2", "1"], 3));
    assert_eq!(put(json!({ "trashed_at": null })).await.status, 200, "once more is no harm");
    assert_eq!(world.box_get(&format!("{uri}/content?version=1")).await.status, 302);
}
