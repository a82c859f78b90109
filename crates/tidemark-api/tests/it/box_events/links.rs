//! `shared_link` of files and folders.

use crate::world::{Answer, World};
use expect_test::expect;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tidemark_core::model::Access;

impl World {
    /// What a PUT of this makes of an item's link.
    pub(crate) async fn box_share(&self, uri: &str, link: Value) -> Answer {
        self.box_json(Method::PUT, uri, &json!({ "shared_link": link })).await
    }
}

/// The key of a link that an item tells.
fn key(item: &Value) -> String {
    let url = item["shared_link"]["url"].as_str().expect("a link");
    url.strip_prefix("http://localhost/s/").expect("it is here").to_owned()
}

#[tokio::test]
async fn an_empty_object_makes_a_link_and_null_ends_it() {
    let world = World::new().await;
    world.file("/a%20%C3%A9.txt", "x").await;
    let item = world.box_share("/2.0/files/2", json!({})).await.json();
    let told = item["shared_link"].to_string().replace(&key(&item), "KEY");
    expect![[r#"{"access":"open","download_count":0,"download_url":"http://localhost/s/KEY/a%20%C3%A9.txt?dl=1","effective_access":"open","effective_permission":"can_download","is_password_enabled":false,"permissions":{"can_download":true,"can_edit":false,"can_preview":true},"preview_count":0,"unshared_at":null,"url":"http://localhost/s/KEY","vanity_name":null,"vanity_url":null}"#]].assert_eq(&told);
    assert_eq!(world.box_share("/2.0/files/2", json!({})).await.json()["shared_link"], item["shared_link"]);
    let described = world.box_json(Method::PUT, "/2.0/files/2", &json!({ "description": "d" })).await.json();
    assert_eq!(described["shared_link"], item["shared_link"], "what is not mentioned stays");
    let v1 = world.get("/1/shares/auto/a%20%C3%A9.txt").await.field("url");
    assert_eq!(v1, format!("http://localhost/l/{}", key(&item)), "one link for all protocols");
    for _ in 0..2 {
        let ended = world.box_share("/2.0/files/2", json!(null)).await;
        assert_eq!((ended.status.as_u16(), &ended.json()["shared_link"]), (200, &Value::Null));
    }
    assert_eq!(world.box_get("/2.0/files/2").await.json()["shared_link"], Value::Null);
}

#[tokio::test]
async fn a_folder_has_a_link_and_nothing_to_download() {
    let world = World::new().await;
    let folder = world.box_folder("0", "dir").await;
    let uri = format!("/2.0/folders/{folder}");
    let item = world.box_share(&uri, json!({ "access": "company" })).await.json();
    assert_eq!(
        (&item["shared_link"]["access"], &item["shared_link"]["download_url"]),
        (&json!("company"), &Value::Null)
    );
    assert_eq!(world.box_get(&uri).await.json()["shared_link"], item["shared_link"]);
    world
        .box_share("/2.0/folders/0", json!({}))
        .await
        .box_refuses(403, "access_denied_insufficient_permissions");
}

#[tokio::test]
async fn a_link_has_what_was_laid_down() {
    let world = World::new().await;
    world.file("/a", "x").await;
    let set = async |link: Value| world.box_share("/2.0/files/2", link).await.json()["shared_link"].take();
    let all = json!({
        "access": "open", "password": "open sesame", "unshared_at": "2014-02-06T00:00:00-07:00",
        "vanity_name": "My-Files", "permissions": { "can_download": false, "can_preview": true },
    });
    let told = set(all).await;
    assert_eq!(told["is_password_enabled"], true);
    assert_eq!(told["unshared_at"], "2014-02-06T07:00:00Z");
    assert_eq!(
        (&told["vanity_name"], &told["vanity_url"]),
        (&json!("My-Files"), &json!("http://localhost/v/My-Files"))
    );
    assert_eq!((&told["effective_permission"], &told["download_url"]), (&json!("can_preview"), &Value::Null));
    assert!(!told.to_string().contains("sesame") && !told.to_string().contains("argon2"));
    assert_eq!(
        set(json!({ "access": null, "permissions": {} })).await,
        told,
        "null is as good as nothing there"
    );
    let told = set(json!({ "password": null, "unshared_at": null, "vanity_name": null })).await;
    assert_eq!(told["is_password_enabled"], false);
    assert_eq!((&told["unshared_at"], &told["vanity_name"]), (&Value::Null, &Value::Null));
    assert_eq!(told["effective_permission"], "can_preview", "it was not mentioned");
    set(json!({ "password": "open sesame" })).await;
    let told = set(json!({ "access": "collaborators", "permissions": { "can_download": true } })).await;
    assert_eq!(
        (&told["effective_access"], &told["is_password_enabled"]),
        (&json!("collaborators"), &json!(false))
    );
    assert_eq!(told["effective_permission"], "can_download");
}

#[tokio::test]
async fn what_cannot_be_laid_down_changes_nothing() {
    let world = World::new().await;
    world.file("/a", "x").await;
    world.file("/b", "x").await;
    world.box_share("/2.0/files/3", json!({ "vanity_name": "taken-name" })).await;
    for (link, status, code, name) in [
        (json!({ "access": "everybody" }), 400, "invalid_parameter", "access"),
        (json!({ "password": "short" }), 400, "invalid_parameter", "password"),
        (json!({ "password": "open sesame", "access": "company" }), 400, "invalid_parameter", "password"),
        (json!({ "unshared_at": "2014-02-05T09:07:03Z" }), 400, "invalid_parameter", "unshared_at"),
        (json!({ "vanity_name": "a/b/c/d" }), 400, "invalid_parameter", "vanity_name"),
        (json!({ "vanity_name": "Taken-Name" }), 409, "conflict", "vanity_name"),
    ] {
        let context = world.box_share("/2.0/files/2", link.clone()).await.box_refuses(status, code);
        assert_eq!(context["errors"][0]["name"], name, "{link}");
        assert_eq!(world.box_get("/2.0/files/2").await.json()["shared_link"], Value::Null, "{link}");
    }
    for link in [json!([]), json!("open"), json!({ "password": 1 }), json!({ "unshared_at": "tomorrow" })] {
        world.box_share("/2.0/files/2", link).await.box_refuses(400, "bad_request");
    }
    world.box_share("/2.0/files/99", json!({})).await.box_refuses(404, "not_found");
}

/// One look for a whole list, and only if links are asked for.
#[tokio::test]
async fn lists_tell_links_that_are_asked_for() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        world.file(&format!("/{name}"), "x").await;
    }
    let shared = world.box_share("/2.0/files/3", json!({})).await.json()["shared_link"].take();
    let list = world.box_get("/2.0/folders/0/items?fields=name,shared_link").await.json();
    let links: Vec<&Value> =
        list["entries"].as_array().unwrap().iter().map(|entry| &entry["shared_link"]).collect();
    assert_eq!(links, [&Value::Null, &shared, &Value::Null]);
    let marked = world.box_get("/2.0/folders/0/items?usemarker=true&fields=shared_link").await.json();
    assert_eq!(marked["entries"][1]["shared_link"], shared);
    assert!(world.box_get("/2.0/folders/0/items").await.json()["entries"][1].get("shared_link").is_none());
}

#[tokio::test]
async fn a_link_that_has_ended_or_is_in_the_trash_is_not_told() {
    let world = World::new().await;
    world.file("/a", "x").await;
    world.box_share("/2.0/files/2", json!({ "unshared_at": "2014-02-05T09:07:04Z" })).await;
    world.advance(Duration::from_secs(1));
    assert_eq!(world.box_get("/2.0/files/2").await.json()["shared_link"], Value::Null);
    let item = world.box_share("/2.0/files/2", json!({})).await.json();
    world.box_json(Method::DELETE, "/2.0/files/2", &json!({})).await;
    assert_eq!(world.box_get("/2.0/files/2/trash").await.json()["shared_link"], Value::Null);
    world.box_json(Method::POST, "/2.0/files/2", &json!({})).await;
    assert_eq!(key(&world.box_get("/2.0/files/2").await.json()), key(&item));
}

#[tokio::test]
async fn a_link_is_told_with_the_event_that_it_began() {
    let world = World::new().await;
    world.file("/a", "x").await;
    world.box_share("/2.0/files/2", json!({})).await;
    world.box_share("/2.0/files/2", json!({ "access": "company" })).await;
    world.box_share("/2.0/files/2", json!(null)).await;
    let page = world.box_get("/2.0/events").await.json();
    let told: Vec<&str> = page["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["ITEM_UPLOAD", "ITEM_SHARED_CREATE", "ITEM_SHARED_UNSHARE"]);
}

#[tokio::test]
async fn an_app_shares_what_is_in_its_folder() {
    let mut world = World::new().await;
    world.token = world.token_for(&world.account, "Small", Access::AppFolder).await;
    world.file("/a", "x").await;
    let list = world.box_get("/2.0/folders/0/items").await.json();
    let id = list["entries"][0]["id"].as_str().expect("a file").to_owned();
    assert!(
        world.box_share(&format!("/2.0/files/{id}"), json!({})).await.json()["shared_link"]["url"]
            .is_string()
    );
    world
        .box_share("/2.0/folders/0", json!({}))
        .await
        .box_refuses(403, "access_denied_insufficient_permissions");
}
