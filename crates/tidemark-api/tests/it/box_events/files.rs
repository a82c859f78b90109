//! `/2.0/files/:id`: being told, and being deleted.

use crate::world::World;
use expect_test::expect;
use http::Method;
use serde_json::{Value, json};
use tidemark_core::model::Access;

#[tokio::test]
async fn a_file_is_told_with_all_that_belongs_to_it() {
    let world = World::new().await;
    world.folder("/Docs").await;
    let id = world.box_file("/Docs/a.txt", "hello").await;
    let answer = world.box_get(&format!("/2.0/files/{id}")).await;
    expect![[r#"200 {"type":"file","id":"3","etag":"2","sequence_id":"2","name":"a.txt","sha1":"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d","file_version":{"type":"file_version","id":"2","sha1":"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"},"created_at":"2014-02-05T09:07:03Z","modified_at":"2014-02-05T09:07:03Z","content_created_at":"2014-02-05T09:07:03Z","content_modified_at":"2014-02-05T09:07:03Z","description":"","size":5,"path_collection":{"total_count":2,"entries":[{"type":"folder","id":"0","etag":null,"sequence_id":null,"name":"All Files"},{"type":"folder","id":"2","etag":"1","sequence_id":"1","name":"Docs"}]},"created_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"modified_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"owned_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"trashed_at":null,"purged_at":null,"shared_link":null,"parent":{"type":"folder","id":"2","etag":"1","sequence_id":"1","name":"Docs"},"item_status":"active"}"#]].assert_eq(&answer.shown());
}

#[tokio::test]
async fn on_request_there_is_more() {
    let world = World::new().await;
    let id = world.box_file("/a.TXT", "hello").await;
    let uri = format!(
        "/2.0/files/{id}?fields=extension,lock,tags,permissions,comment_count,is_package,size,secret"
    );
    let mut file = world.box_get(&uri).await.json();
    let permissions = file["permissions"].take();
    assert_eq!(permissions.as_object().unwrap().len(), 12);
    assert!(permissions.as_object().unwrap().values().all(Value::is_boolean));
    expect![[r#"{"comment_count":0,"etag":"1","extension":"txt","id":"2","is_package":false,"lock":null,"permissions":null,"size":5,"tags":[],"type":"file"}"#]].assert_eq(&file.to_string());
}

#[tokio::test]
async fn whoever_has_a_state_already_is_told_nothing_else() {
    let world = World::new().await;
    let id = world.box_file("/a", "hello").await;
    let uri = format!("/2.0/files/{id}");
    let etag = world.box_get(&uri).await.field("etag");
    let answer = world.box_get_with(&uri, "if-none-match", &etag).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0));
    world.file("/a", "changed").await;
    assert_eq!(world.box_get_with(&uri, "if-none-match", &etag).await.status, 200);
}

#[tokio::test]
async fn what_is_no_file_is_not_found() {
    let mut world = World::new().await;
    let folder = world.box_folder("0", "d").await;
    let file = world.box_file("/d/f", "hello").await;
    for id in [&*folder, "0", "1", "99"] {
        let answer = world.box_get(&format!("/2.0/files/{id}")).await;
        let context = answer.box_refuses(404, "not_found");
        assert_eq!(context["errors"][0]["message"], format!("There is no item f_{id}"));
    }
    world.box_get(&format!("/2.0/folders/{file}")).await.box_refuses(404, "not_found");
    // With the folder around it, it is in the trash, too.
    world.box_delete(&format!("/2.0/folders/{folder}?recursive=true")).await;
    world.box_get(&format!("/2.0/files/{file}")).await.box_refuses(404, "trashed");
    world.box_get(&format!("/2.0/folders/{folder}")).await.box_refuses(404, "trashed");
    // Whoever cannot see it is not told even that.
    world.token = world.token_for(&world.account, "Narrow", Access::AppFolder).await;
    world.box_get(&format!("/2.0/files/{file}")).await.box_refuses(404, "not_found");
}

#[tokio::test]
async fn a_deleted_file_is_in_the_trash() {
    let world = World::new().await;
    let id = world.box_file("/a", "hello").await;
    let uri = format!("/2.0/files/{id}");
    let answer = world.box_delete(&uri).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    world.box_get(&uri).await.box_refuses(404, "trashed");
    world.box_delete(&uri).await.box_refuses(404, "trashed");
    world.get("/1/metadata/auto/a").await.json();
}

/// Bare, as most clients send it, or in quotes.
#[tokio::test]
async fn a_delete_can_be_asked_for_on_a_condition() {
    let world = World::new().await;
    for quote in ["", "\""] {
        let id = world.box_file("/a", "hello").await;
        let uri = format!("/2.0/files/{id}");
        let old = world.box_get(&uri).await.field("etag");
        world.file("/a", "changed").await;
        let new = world.box_get(&uri).await.field("etag");
        let answer = world.box_delete_if(&uri, &format!("{quote}{old}{quote}")).await;
        answer.box_refuses(412, "precondition_failed");
        world.box_delete_if(&uri, "nonsense").await.box_refuses(412, "precondition_failed");
        assert_eq!(world.box_delete_if(&uri, &format!("{quote}{new}{quote}")).await.status, 204);
        world.box_delete_if(&uri, &new).await.box_refuses(404, "trashed");
    }
    let id = world.box_file("/b", "hello").await;
    assert_eq!(world.box_delete_if(&format!("/2.0/files/{id}"), "*").await.status, 204);
}

#[tokio::test]
async fn a_folder_with_something_in_it_is_deleted_on_demand_only() {
    let world = World::new().await;
    let (full, empty) = (world.box_folder("0", "full").await, world.box_folder("0", "empty").await);
    world.file("/full/f", "hello").await;
    for query in ["", "?recursive=false", "?recursive=False"] {
        let answer = world.box_delete(&format!("/2.0/folders/{full}{query}")).await;
        answer.box_refuses(400, "folder_not_empty");
    }
    assert_eq!(world.box_delete(&format!("/2.0/folders/{full}?recursive=True")).await.status, 204);
    assert_eq!(world.box_delete(&format!("/2.0/folders/{empty}")).await.status, 204);
    let refused = world.box_delete("/2.0/folders/0?recursive=true").await;
    refused.box_refuses(403, "access_denied_insufficient_permissions");
    world.box_delete("/2.0/folders/1?recursive=true").await.box_refuses(404, "not_found");
    let folder = world.box_folder("0", "c").await;
    let uri = format!("/2.0/folders/{folder}");
    world.box_delete_if(&uri, "1").await.box_refuses(412, "precondition_failed");
    let etag = world.box_get(&uri).await.field("etag");
    assert_eq!(world.box_delete_if(&uri, &etag).await.status, 204);
    let list = world.box_json(Method::GET, "/2.0/folders/0/items", &json!({})).await.json();
    assert_eq!(list["total_count"], 0);
}
