//! POST `/2.0/files/:id/copy` and `/2.0/folders/:id/copy`.

use crate::world::{Answer, World};
use http::Method;
use serde_json::{Value, json};

impl World {
    async fn copy(&self, uri: &str, body: &Value) -> Answer {
        self.box_json(Method::POST, &format!("{uri}/copy"), body).await
    }
}

#[tokio::test]
async fn a_copy_is_another_item_with_the_same_bytes() {
    let world = World::new().await;
    let folder = world.box_folder("0", "d").await;
    let id = world.box_file("/a", "hello").await;
    let uri = format!("/2.0/files/{id}");
    let copy = world.copy(&uri, &json!({ "parent": { "id": folder } })).await;
    assert_eq!(copy.status, 201);
    let (copy, original) = (copy.json(), world.box_get(&uri).await.json());
    assert_ne!(copy["id"], original["id"]);
    assert_eq!(
        (&copy["name"], &copy["sha1"], &copy["parent"]["id"]),
        (&json!("a"), &original["sha1"], &json!(folder))
    );
    let named = world.copy(&uri, &json!({ "parent": { "id": "0" }, "name": "b" })).await;
    assert_eq!(named.json()["name"], "b");
}

#[tokio::test]
async fn an_older_version_can_be_copied() {
    let world = World::new().await;
    let id = world.box_file("/a", "old").await;
    let uri = format!("/2.0/files/{id}");
    let version = world.box_get(&uri).await.json()["file_version"]["id"].clone();
    world.file("/a", "new").await;
    let copy = world.copy(&uri, &json!({ "parent": { "id": "0" }, "name": "b", "version": version })).await;
    assert_eq!(copy.status, 201);
    assert_eq!(world.get("/1/files/auto/b").await.text(), "old");
    let other = world.box_file("/other", "other").await;
    let other = world.box_get(&format!("/2.0/files/{other}")).await.json()["file_version"]["id"].clone();
    for (version, status, code) in
        [(other, 404, "not_found"), (json!("99"), 404, "not_found"), (json!("x"), 400, "invalid_parameter")]
    {
        let body = json!({ "parent": { "id": "0" }, "name": "c", "version": version });
        world.copy(&uri, &body).await.box_refuses(status, code);
    }
}

#[tokio::test]
async fn a_folder_is_copied_with_all_that_is_in_it() {
    let world = World::new().await;
    let id = world.box_folder("0", "d").await;
    world.file("/d/f", "hello").await;
    let uri = format!("/2.0/folders/{id}");
    let copy = world.copy(&uri, &json!({ "parent": { "id": "0" }, "name": "e" })).await;
    assert_eq!(copy.status, 201);
    let copy = copy.json();
    assert_eq!((&copy["name"], &copy["item_collection"]["entries"][0]["name"]), (&json!("e"), &json!("f")));
    world.copy(&uri, &json!({ "parent": { "id": id } })).await.box_refuses(400, "cyclical_folder_structure");
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused() {
    let world = World::new().await;
    let id = world.box_file("/a", "hello").await;
    let uri = format!("/2.0/files/{id}");
    let taken = world.copy(&uri, &json!({ "parent": { "id": "0" } })).await;
    assert_eq!(taken.box_refuses(409, "item_name_in_use")["conflicts"]["id"], id);
    for (body, status, code, name) in [
        (json!({}), 400, "bad_request", "parent"),
        (json!({ "parent": { "id": "99" } }), 404, "not_found", "parent"),
        (json!({ "parent": { "id": id } }), 404, "not_found", "parent"),
        (json!({ "parent": { "id": "0" }, "name": ".." }), 400, "item_name_invalid", "name"),
    ] {
        let context = world.copy(&uri, &body).await.box_refuses(status, code);
        assert_eq!(context["errors"][0]["name"], name, "{body}");
    }
    let body = json!({ "parent": { "id": "0" }, "name": "root" });
    world.copy("/2.0/folders/0", &body).await.box_refuses(403, "access_denied_insufficient_permissions");
    world.copy("/2.0/files/99", &body).await.box_refuses(404, "not_found");
}
