//! PUT `/2.0/files/:id` and `/2.0/folders/:id`.

use crate::world::{Answer, World};
use axum::body::Body;
use expect_test::expect;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

impl World {
    async fn update(&self, uri: &str, body: &Value) -> Answer {
        self.box_json(Method::PUT, uri, body).await
    }

    async fn update_if(&self, uri: &str, body: &Value, tag: &str) -> Answer {
        let request = self.ask(Method::PUT, uri).header("if-match", tag).body(Body::from(body.to_string()));
        self.box_send(request.unwrap()).await
    }
}

#[tokio::test]
async fn name_place_and_description_change_together() {
    let world = World::new().await;
    let folder = world.box_folder("0", "there").await;
    let id = world.box_file("/a.txt", "hello").await;
    let uri = format!("/2.0/files/{id}");
    let before = world.head().await;
    let body = json!({
        "name": "b.txt",
        "parent": { "id": folder },
        "description": "said",
        "content_modified_at": "2013-01-02T03:04:05.678-08:00",
        "tags": ["ignored"],
        "lock": { "access": "lock" },
    });
    let file = world.update(&uri, &body).await.json();
    assert_eq!(
        (&file["name"], &file["parent"]["id"], &file["description"]),
        (&json!("b.txt"), &json!(folder), &json!("said"))
    );
    assert_eq!(file["content_modified_at"], "2013-01-02T11:04:05Z");
    assert_eq!(file["content_created_at"], "2014-02-05T09:07:03Z");
    assert_eq!(world.head().await, before + 2, "one change for the place, one for the rest");
    assert_eq!(file, world.box_get(&uri).await.json(), "it is told as it is");
    let seen = world.get("/1/metadata/auto/there/b.txt").await.json();
    assert_eq!(seen["client_mtime"], "Wed, 02 Jan 2013 11:04:05 +0000");
}

/// Clients send null for what they do not want to change, and bodies without anything.
#[tokio::test]
async fn what_is_not_said_stays() {
    let world = World::new().await;
    let id = world.box_file("/a.txt", "hello").await;
    let uri = format!("/2.0/files/{id}");
    let said = world.update(&uri, &json!({ "description": "said" })).await.json();
    let head = world.head().await;
    let nulls = json!({ "name": null, "parent": null, "description": null, "content_modified_at": null });
    for body in [
        json!({}),
        nulls,
        json!({ "name": "a.txt" }),
        json!({ "parent": { "id": "0" } }),
        json!({ "parent": { "id": null } }),
    ] {
        let answer = world.update(&uri, &body).await;
        assert_eq!(answer.json(), said, "{body}");
    }
    let nothing = world.box_send(world.ask(Method::PUT, &uri).body(Body::empty()).unwrap()).await;
    assert_eq!((nothing.json(), world.head().await), (said, head));
    let unsaid = world.update(&uri, &json!({ "description": "" })).await.json();
    assert_eq!(unsaid["description"], "");
    let long = world.update(&uri, &json!({ "description": "x".repeat(1_000) })).await.field("description");
    assert_eq!(long.len(), 255);
}

#[tokio::test]
async fn a_name_can_be_spelled_anew() {
    let world = World::new().await;
    let id = world.box_folder("0", "photos").await;
    let uri = format!("/2.0/folders/{id}?fields=name");
    let answer = world.update(&uri, &json!({ "name": "Photos" })).await;
    expect![[r#"200 {"type":"folder","id":"2","etag":"2","name":"Photos"}"#]].assert_eq(&answer.shown());
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_with_what_has_it() {
    let world = World::new().await;
    let taken = world.box_folder("0", "Taken").await;
    let other = world.box_folder("0", "other").await;
    let id = world.box_file("/other/taken", "hello").await;
    for body in [json!({ "parent": { "id": "0" } }), json!({ "parent": { "id": "0" }, "name": "TAKEN" })] {
        let answer = world.update(&format!("/2.0/files/{id}"), &body).await;
        let context = answer.box_refuses(409, "item_name_in_use");
        assert_eq!(
            (&context["conflicts"]["id"], &context["conflicts"]["type"]),
            (&json!(taken), &json!("folder"))
        );
    }
    let answer = world.update(&format!("/2.0/folders/{other}"), &json!({ "name": "taken" })).await;
    assert_eq!(answer.box_refuses(409, "item_name_in_use")["conflicts"]["name"], "Taken");
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let outer = world.box_folder("0", "outer").await;
    let inner = world.box_folder(&outer, "inner").await;
    let file = world.box_file("/f", "hello").await;
    let head = world.head().await;
    let (outer, root, file_uri) =
        (format!("/2.0/folders/{outer}"), "/2.0/folders/0".to_owned(), format!("/2.0/files/{file}"));
    for (uri, body, status, code) in [
        (&outer, json!({ "parent": { "id": inner } }), 400, "cyclical_folder_structure"),
        (&outer, json!({ "parent": { "id": outer.rsplit('/').next() } }), 400, "cyclical_folder_structure"),
        (&outer, json!({ "parent": { "id": file } }), 404, "not_found"),
        (&outer, json!({ "parent": { "id": "99" } }), 404, "not_found"),
        (&outer, json!({ "parent": { "id": "1" } }), 404, "not_found"),
        (&outer, json!({ "parent": { "id": "x" } }), 400, "invalid_parameter"),
        (&outer, json!({ "name": "a/b" }), 400, "item_name_invalid"),
        (&outer, json!({ "name": "" }), 400, "item_name_invalid"),
        (&outer, json!({ "name": 1 }), 400, "bad_request"),
        (&root, json!({ "name": "renamed" }), 403, "access_denied_insufficient_permissions"),
        (&file_uri, json!({ "content_modified_at": "yesterday" }), 400, "bad_request"),
        (&file_uri, json!({ "content_modified_at": "1969-12-31T23:59:59Z" }), 400, "bad_request"),
    ] {
        world.update(uri, &body).await.box_refuses(status, code);
    }
    assert_eq!(world.head().await, head);
}

/// A move is done whatever the client supposes; nothing else is.
#[tokio::test]
async fn a_condition_counts_unless_it_moves() {
    let world = World::new().await;
    let folder = world.box_folder("0", "d").await;
    let id = world.box_file("/a", "hello").await;
    let uri = format!("/2.0/files/{id}");
    let old = world.box_get(&uri).await.field("etag");
    world.file("/a", "changed").await;
    for body in [json!({ "name": "b" }), json!({ "description": "said" }), json!({})] {
        world.update_if(&uri, &body, &old).await.box_refuses(412, "precondition_failed");
    }
    let new = world.box_get(&uri).await.field("etag");
    assert_eq!(world.update_if(&uri, &json!({ "name": "b" }), &new).await.status, 200);
    world
        .update_if(&uri, &json!({ "parent": { "id": "0" } }), &new)
        .await
        .box_refuses(412, "precondition_failed");
    let moved = world.update_if(&uri, &json!({ "parent": { "id": folder } }), &old).await;
    assert_eq!((moved.status.as_u16(), moved.json()["parent"]["id"].clone()), (200, json!(folder)));
}

/// One client compares it, and would copy everything again that was only renamed.
#[tokio::test]
async fn a_files_own_time_stays_when_it_is_renamed() {
    let world = World::new().await;
    let id = world.box_file("/a", "hello").await;
    let uri = format!("/2.0/files/{id}");
    world.advance(Duration::from_secs(60));
    let renamed = world.update(&uri, &json!({ "name": "b" })).await.json();
    assert_eq!(renamed["content_modified_at"], "2014-02-05T09:07:03Z");
    assert_eq!(renamed["modified_at"], "2014-02-05T09:08:03Z");
    world.advance(Duration::from_secs(60));
    world.file("/b", "changed").await;
    let changed = world.box_get(&uri).await.json();
    assert_eq!(changed["content_modified_at"], "2014-02-05T09:09:03Z");
    assert_eq!(changed["content_created_at"], "2014-02-05T09:07:03Z");
}
