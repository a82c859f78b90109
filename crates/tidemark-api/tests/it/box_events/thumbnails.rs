//! `/2.0/files/:id/thumbnail.png` and `.jpg`.

use crate::world::World;
use serde_json::json;

#[tokio::test]
async fn a_picture_has_a_small_one() {
    let world = World::new().await;
    world.file("/a.png", "picture of a cat").await;
    for (name, kind, text) in [
        ("thumbnail.png", "image/png", "Png in 256x256 of picture of a cat"),
        ("thumbnail.jpg?max_width=94&max_height=160", "image/jpeg", "Jpeg in 94x160 of picture of a cat"),
        (
            "thumbnail.png?min_width=32&max_width=32&min_height=32&max_height=32",
            "image/png",
            "Png in 32x32 of picture of a cat",
        ),
        ("thumbnail.jpg?min_height=320", "image/jpeg", "Jpeg in 256x320 of picture of a cat"),
    ] {
        let answer = world.box_get(&format!("/2.0/files/2/{name}")).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, text), "{name}");
        assert_eq!(answer.header("content-type"), Some(kind));
        let tag = answer.header("etag").expect("a tag").to_owned();
        let again = world.box_get_with(&format!("/2.0/files/2/{name}"), "if-none-match", &tag).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{name}");
    }
}

#[tokio::test]
async fn what_has_none_has_a_placeholder() {
    let world = World::new().await;
    world.file("/a.txt", "picture of nothing").await;
    world.file("/b.png", "").await;
    for id in [2, 3] {
        let answer = world.box_get(&format!("/2.0/files/{id}/thumbnail.png")).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (302, 0));
        assert!(answer.header("location").is_some_and(|url| url.starts_with("http://localhost/assets/")));
    }
}

#[tokio::test]
async fn what_cannot_be_made_says_why() {
    let world = World::new().await;
    world.file("/a.png", "broken").await;
    world.folder("/dir.png").await;
    world.box_get("/2.0/files/2/thumbnail.png").await.box_refuses(404, "preview_cannot_be_generated");
    for size in ["max_width=31", "max_height=321", "min_width=x", "min_width=200&max_width=100"] {
        let refused = world.box_get(&format!("/2.0/files/2/thumbnail.jpg?{size}")).await;
        refused.box_refuses(400, "requested_preview_unavailable");
    }
    for id in [3, 99] {
        world.box_get(&format!("/2.0/files/{id}/thumbnail.png")).await.box_refuses(404, "not_found");
    }
    world.box_get("/2.0/files/2/thumbnail.gif").await.box_refuses(404, "not_found");
    world.post("/1/fileops/delete", "root=auto&path=/a.png").await;
    world.box_get("/2.0/files/2/thumbnail.png").await.box_refuses(404, "trashed");
}

/// Whoever may only look at a file may look at this.
#[tokio::test]
async fn a_shared_picture_has_one_for_guests() {
    let world = World::new().await;
    world.file("/a.png", "picture of a cat").await;
    let rules = json!({ "permissions": { "can_download": false } });
    let link = world.box_share("/2.0/files/2", rules).await.json()["shared_link"]["url"].take();
    let header = format!("shared_link={}", link.as_str().unwrap());
    let bo = world.person("bo@example.org").await;
    let token = world.token_for(&bo, "Reader", tidemark_core::model::Access::Full).await;
    let world = world.using(&token);
    let id = world.box_get_with("/2.0/shared_items", "boxapi", &header).await.field("id");
    let uri = format!("/2.0/files/{id}/thumbnail.png");
    assert_eq!(
        world.box_get_with(&uri, "boxapi", &header).await.text(),
        "Png in 256x256 of picture of a cat"
    );
    world.box_get(&uri).await.box_refuses(404, "not_found");
}
