//! Who is let in with which token, and what the others are told.

use crate::world::{Answer, World};
use axum::body::Body;
use expect_test::expect;
use http::{Method, Request, header};
use serde_json::json;
use std::time::Duration;
use tidemark_api::box_events::routes::ENDPOINTS;
use tidemark_core::model::{Access, App};

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn call(world: &World, token: &str) -> Answer {
    let request = Request::get("/2.0/users/me").header(header::AUTHORIZATION, format!("Bearer {token}"));
    world.box_send(request.body(Body::empty()).expect("a good request")).await
}

async fn app(world: &World) -> App {
    world.people.apps().await.expect("readable").remove(0)
}

/// A token that has expired, one that never was, and one whose owner is shut out, are told apart; none of the answers has a
/// body. One client looks for `expired_token` in the header before it tries again.
#[tokio::test]
async fn what_is_wrong_with_a_token_stands_in_the_header() {
    let world = World::new().await;
    let app = app(&world).await;
    let (token, _) = world.people.issue_token_for(&world.account, &app, HOUR).await.expect("it is given");
    assert_eq!(call(&world, token.reveal()).await.status, 200);
    let told = |answer: &Answer| {
        assert_eq!((answer.status.as_u16(), answer.body.len()), (401, 0));
        answer.header("www-authenticate").expect("a challenge").to_owned()
    };
    world.clock.advance(HOUR);
    expect![[r#"Bearer realm="Service", error="invalid_token", error_description="The access token provided has expired (expired_token).""#]]
        .assert_eq(&told(&call(&world, token.reveal()).await));
    expect![[r#"Bearer realm="Service", error="invalid_token", error_description="The access token provided is invalid.""#]]
        .assert_eq(&told(&call(&world, "never was one").await));
    world.people.set_disabled(&world.account.email, true).await.expect("writable");
    expect![[r#"Bearer realm="Service", error="invalid_token", error_description="The account or the app of the access token provided is disabled.""#]]
        .assert_eq(&told(&call(&world, &world.token).await));
}

/// The other protocol takes such a token as well, and says in its own words that it has expired.
#[tokio::test]
async fn a_token_that_expires_is_good_for_the_other_protocol_too() {
    let world = World::new().await;
    let app = app(&world).await;
    let (token, _) = world.people.issue_token_for(&world.account, &app, HOUR).await.expect("it is given");
    let ask = async || {
        let request = Request::get("/1/account/info");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()));
        world.send(request.body(Body::empty()).expect("a good request")).await
    };
    assert_eq!(ask().await.status, 200);
    world.clock.advance(HOUR);
    expect![[r#"401 {"error":"The given OAuth 2 access token doesn't exist or has expired."}"#]]
        .assert_eq(&ask().await.shown());
}

/// What was meant for somebody else's files must not be done with one's own.
#[tokio::test]
async fn nobody_acts_as_another() {
    let world = World::new().await;
    let own = world.account.id.0.to_string();
    assert_eq!(world.box_get_with("/2.0/users/me", "As-User", &own).await.status, 200);
    for other in ["2", "", "me"] {
        let answer = world.box_get_with("/2.0/users/me", "as-user", other).await;
        answer.box_refuses(403, "access_denied_insufficient_permissions");
    }
}

/// An app with a folder of its own reaches nothing around it, whatever it is asked with: by the numbers of files, folders
/// and versions, there or in the trash, and as the place to put something.
#[tokio::test]
async fn nothing_outside_an_apps_folder_is_reached_by_number() {
    let mut world = World::new().await;
    let folder = world.box_folder("0", "outside").await;
    let gone_folder = world.box_folder("0", "gone").await;
    let (file, gone) = (world.box_file("/outside/f", "one").await, world.box_file("/g", "one").await);
    world.file("/outside/f", "two").await;
    world.box_delete(&format!("/2.0/files/{gone}")).await;
    world.box_delete(&format!("/2.0/folders/{gone_folder}")).await;
    let version =
        world.box_get(&format!("/2.0/files/{file}/versions")).await.json()["entries"][0]["id"].clone();
    let version = version.as_str().expect("an old version");
    world.token = world.token_for(&world.account, "Narrow", Access::AppFolder).await;
    let inside = world.box_folder("0", "inside").await;
    let mine = world.box_file("/Apps/Narrow/mine", "mine").await;
    let head = world.head().await;
    let form = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\nx\r\n--B--\r\n";
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.name.contains("/:id")) {
        let (method, pattern) = endpoint.name.split_once(' ').expect("a method and a path");
        if pattern.contains("/users/") {
            continue;
        }
        for id in [&folder, &gone_folder, &file, &gone] {
            let path = pattern.replace(":id", id).replace(":version", version);
            let body = match (method, path.starts_with("/api/") && path.ends_with("/content")) {
                (_, true) => form.to_owned(),
                ("GET" | "DELETE", false) => String::new(),
                (_, false) => json!({ "name": "x", "parent": { "id": "0" }, "id": version, "shared_link": {},
                    "file_size": 20_000_000, "file_name": "x", "trashed_at": null })
                .to_string(),
            };
            let request = world.ask(method.parse().expect("a method"), &format!("{path}?recursive=true"));
            let request = request.header("content-type", "multipart/form-data; boundary=B");
            let answer = world.box_send(request.body(Body::from(body)).expect("a good request")).await;
            answer.box_refuses(404, "not_found");
        }
    }
    // Nor is it where something goes.
    for parent in [&folder, &gone_folder, &file, &gone] {
        let to = json!({ "name": "x", "parent": { "id": parent }, "folder_id": parent,
            "file_size": 20_000_000, "file_name": "x" });
        for (method, path) in [
            (Method::POST, "/2.0/folders".to_owned()),
            (Method::PUT, format!("/2.0/files/{mine}")),
            (Method::PUT, format!("/2.0/folders/{inside}")),
            (Method::POST, format!("/2.0/files/{mine}/copy")),
            (Method::POST, format!("/2.0/folders/{inside}/copy")),
            (Method::OPTIONS, "/2.0/files/content".to_owned()),
            (Method::POST, "/api/2.0/files/upload_sessions".to_owned()),
        ] {
            world.box_json(method, &path, &to).await.box_refuses(404, "not_found");
        }
        let search = world.box_get(&format!("/2.0/search?query=f&ancestor_folder_ids={parent}")).await.json();
        assert_eq!(search["total_count"], 0);
    }
    world
        .box_get(&format!("/2.0/files/{mine}/content?version={version}"))
        .await
        .box_refuses(404, "not_found");
    let copy = json!({ "name": "x", "parent": { "id": "0" }, "version": version });
    world
        .box_json(Method::POST, &format!("/2.0/files/{mine}/copy"), &copy)
        .await
        .box_refuses(404, "not_found");
    assert_eq!(world.head().await, head, "nothing was done");
}
