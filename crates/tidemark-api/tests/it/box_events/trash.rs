//! The trash: `/2.0/folders/trash/items`, `/2.0/files/:id/trash`, `/2.0/folders/:id/trash`, and bringing back.

use crate::world::{Answer, World};
use expect_test::expect;
use http::Method;
use serde_json::{Value, json};
use tidemark_core::model::Access;

impl World {
    async fn restore(&self, uri: &str, body: &Value) -> Answer {
        self.box_json(Method::POST, uri, body).await
    }
}

fn names(page: &Value) -> String {
    let entries = page["entries"].as_array().unwrap().iter();
    entries.map(|entry| entry["name"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

/// The strictest client needs all of these, and that they are not null.
#[tokio::test]
async fn what_is_in_the_trash_is_told_as_that() {
    let world = World::new().await;
    world.folder("/d").await;
    let file = world.box_file("/d/a", "hello").await;
    world.box_delete(&format!("/2.0/files/{file}")).await;
    let answer = world.box_get(&format!("/2.0/files/{file}/trash")).await;
    expect![[r#"200 {"type":"file","id":"3","etag":"3","sequence_id":"3","name":"a","sha1":"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d","file_version":{"type":"file_version","id":"2","sha1":"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"},"created_at":"2014-02-05T09:07:03Z","modified_at":"2014-02-05T09:07:03Z","content_created_at":"2014-02-05T09:07:03Z","content_modified_at":"2014-02-05T09:07:03Z","description":"","size":5,"path_collection":{"total_count":1,"entries":[{"type":"folder","id":"1","etag":null,"sequence_id":null,"name":"Trash"}]},"created_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"modified_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"owned_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"trashed_at":"2014-02-05T09:07:03Z","purged_at":null,"shared_link":null,"parent":{"type":"folder","id":"2","etag":"1","sequence_id":"1","name":"d"},"item_status":"trashed"}"#]].assert_eq(&answer.shown());
    let folder = world.box_folder("0", "e").await;
    world.file("/e/f", "hello").await;
    world.box_delete(&format!("/2.0/folders/{folder}?recursive=true")).await;
    let trashed = world.box_get(&format!("/2.0/folders/{folder}/trash")).await.json();
    for name in [
        "name",
        "description",
        "size",
        "path_collection",
        "created_by",
        "modified_by",
        "owned_by",
        "item_status",
    ] {
        assert!(!trashed[name].is_null(), "{name}");
    }
    assert_eq!((&trashed["size"], &trashed["item_status"]), (&json!(5), &json!("trashed")));
    assert_eq!(trashed["path_collection"]["entries"][0]["id"], "1");
}

#[tokio::test]
async fn the_trash_is_listed_by_numbers_and_by_markers() {
    let world = World::new().await;
    let folder = world.box_folder("0", "z").await;
    world.file("/z/inside", "x").await;
    let mut files = Vec::new();
    for (path, body) in [("/b", "22"), ("/a", "1"), ("/c", "333")] {
        files.push(world.box_file(path, body).await);
    }
    for id in &files {
        world.box_delete(&format!("/2.0/files/{id}")).await;
    }
    world.box_delete(&format!("/2.0/folders/{folder}?recursive=true")).await;
    let page = world.box_get("/2.0/folders/trash/items?limit=2").await.json();
    assert_eq!((names(&page).as_str(), &page["total_count"], &page["limit"]), ("z a", &json!(4), &json!(2)));
    let page = world.box_get("/2.0/folders/trash/items?sort=size&direction=DESC&offset=1").await.json();
    assert_eq!(names(&page), "c b a");
    let (mut marker, mut found) = (String::new(), Vec::new());
    loop {
        let fields = "fields=name,item_status,created_at,content_modified_at,parent";
        let uri = format!("/2.0/folders/trash/items?usemarker=true&limit=3&marker={marker}&{fields}");
        let page = world.box_get(&uri).await.json();
        for entry in page["entries"].as_array().unwrap() {
            assert_eq!((&entry["item_status"], &entry["parent"]["id"]), (&json!("trashed"), &json!("0")));
            // One client takes a null here for a broken answer.
            assert!(entry["created_at"].is_string() && entry["content_modified_at"].is_string());
        }
        found.push(names(&page));
        assert_eq!((page.get("offset"), page.get("total_count")), (None, None));
        match page.get("next_marker").expect("it is there, though it be null") {
            Value::Null => break,
            next => marker = next.as_str().unwrap().to_owned(),
        }
        // An empty one makes one client list for ever.
        assert!(!marker.is_empty() && found.len() < 9);
    }
    assert_eq!(found, ["a b c", "z"]);
    for query in [
        "usemarker=true&sort=name",
        "usemarker=true&offset=1",
        "usemarker=true&direction=ASC",
        "marker=x",
        "usemarker=true&marker=x",
        "usemarker=true&marker=________________________",
    ] {
        world
            .box_get(&format!("/2.0/folders/trash/items?{query}"))
            .await
            .box_refuses(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn what_was_deleted_comes_back_where_it_was() {
    let world = World::new().await;
    let folder = world.box_folder("0", "d").await;
    let file = world.box_file("/d/a", "hello").await;
    let uri = format!("/2.0/files/{file}");
    world.box_delete(&uri).await;
    // What is said of elsewhere counts only if it must.
    let answer = world.restore(&uri, &json!({ "name": "b", "parent": { "id": "0" } })).await;
    assert_eq!(answer.status, 201);
    let restored = answer.json();
    assert_eq!((&restored["name"], &restored["parent"]["id"]), (&json!("a"), &json!(folder)));
    assert_eq!((&restored["item_status"], &restored["trashed_at"]), (&json!("active"), &Value::Null));
    world.box_delete(&format!("/2.0/folders/{folder}?recursive=true")).await;
    let answer = world.restore(&format!("/2.0/folders/{folder}"), &json!({})).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["item_collection"]["total_count"]), (201, &json!(1)));
    assert_eq!(world.get("/1/files/auto/d/a").await.text(), "hello");
}

/// The link of what was deleted is good again when it comes back. But the answer does not tell it: the strictest client
/// takes an object there for a broken answer.
#[tokio::test]
async fn a_link_comes_back_and_is_told_from_then_on() {
    let world = World::new().await;
    let (folder, file) = (world.box_folder("0", "d").await, world.box_file("/a", "hello").await);
    for uri in [format!("/2.0/files/{file}"), format!("/2.0/folders/{folder}")] {
        let shared = world.box_json(Method::PUT, &uri, &json!({ "shared_link": {} })).await.json();
        assert!(shared["shared_link"]["url"].is_string());
        world.box_delete(&uri).await;
        assert_eq!(world.box_get(&format!("{uri}/trash")).await.json()["shared_link"], Value::Null);
        let restored = world.restore(&uri, &json!({})).await;
        assert_eq!((restored.status.as_u16(), &restored.json()["shared_link"]), (201, &Value::Null));
        assert_eq!(world.box_get(&uri).await.json()["shared_link"], shared["shared_link"]);
    }
}

#[tokio::test]
async fn what_cannot_go_back_goes_elsewhere() {
    let world = World::new().await;
    let folder = world.box_folder("0", "d").await;
    let file = world.box_file("/d/a", "hello").await;
    let uri = format!("/2.0/files/{file}");
    world.box_delete(&uri).await;
    let other = world.box_file("/d/A", "other").await;
    let refused = world.restore(&uri, &json!({})).await;
    assert_eq!(refused.box_refuses(409, "item_name_in_use")["conflicts"]["id"], other);
    let restored = world.restore(&uri, &json!({ "name": "b" })).await.json();
    assert_eq!((&restored["name"], &restored["parent"]["id"]), (&json!("b"), &json!(folder)));
    world.box_delete(&uri).await;
    world.box_delete(&format!("/2.0/folders/{folder}?recursive=true")).await;
    let refused = world.restore(&uri, &json!({})).await.box_refuses(404, "not_found");
    assert_eq!(refused["errors"][0]["name"], "parent");
    world.restore(&uri, &json!({ "parent": { "id": "99" } })).await.box_refuses(404, "not_found");
    world.restore(&uri, &json!({ "name": "a/b" })).await.box_refuses(400, "item_name_invalid");
    let restored = world.restore(&uri, &json!({ "parent": { "id": "0" } })).await.json();
    assert_eq!((&restored["name"], &restored["parent"]["id"]), (&json!("b"), &json!("0")));
}

#[tokio::test]
async fn what_is_purged_is_gone() {
    let world = World::new().await;
    let file = world.box_file("/a", "hello").await;
    let uri = format!("/2.0/files/{file}");
    world.box_delete(&uri).await;
    let answer = world.box_delete(&format!("{uri}/trash")).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    for answer in [
        world.box_get(&uri).await,
        world.box_get(&format!("{uri}/trash")).await,
        world.restore(&uri, &json!({})).await,
        world.box_delete(&format!("{uri}/trash")).await,
    ] {
        answer.box_refuses(404, "not_found");
    }
    assert_eq!(world.box_get("/2.0/folders/trash/items").await.json()["total_count"], 0);
    world.get("/1/revisions/auto/a").await.refuses(404);
}

#[tokio::test]
async fn what_is_not_in_the_trash_is_refused() {
    let mut world = World::new().await;
    let (folder, file) = (world.box_folder("0", "d").await, world.box_file("/a", "hello").await);
    for uri in [format!("/2.0/files/{file}"), format!("/2.0/folders/{folder}")] {
        world.box_get(&format!("{uri}/trash")).await.box_refuses(404, "not_trashed");
        world.box_delete(&format!("{uri}/trash")).await.box_refuses(404, "not_trashed");
        world.restore(&uri, &json!({})).await.box_refuses(404, "not_trashed");
    }
    world.box_delete(&format!("/2.0/files/{file}")).await;
    // By the wrong name, or by whom it is none of.
    world.box_get(&format!("/2.0/folders/{file}/trash")).await.box_refuses(404, "not_found");
    world.box_delete(&format!("/2.0/folders/{file}/trash")).await.box_refuses(404, "not_found");
    for uri in ["/2.0/files/99/trash", "/2.0/folders/0/trash", "/2.0/folders/1/trash"] {
        world.box_get(uri).await.box_refuses(404, "not_found");
    }
    world.token = world.token_for(&world.account, "Narrow", Access::AppFolder).await;
    world.box_get(&format!("/2.0/files/{file}/trash")).await.box_refuses(404, "not_found");
    assert_eq!(world.box_get("/2.0/folders/trash/items").await.json()["total_count"], 0);
}
