//! What a program tries that is let at one folder, or at somebody else's tree: every way in that there is, to what lies
//! outside.

use crate::world::{Answer, World};
use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{Method, Request};
use serde_json::{Value, json};
use std::time::Duration;
use tidemark_api::box_events::routes::{ENDPOINTS, route};
use tidemark_core::model::Access;

/// In the names and texts of all that must not be seen.
const SECRET: &str = "hush";

/// Secrets, there and in the trash.
struct Outside {
    file: String,
    version: String,
    inner: String,
    folder: String,
    trashed_file: String,
    trashed_folder: String,
    session: String,
    link: String,
}

impl Outside {
    async fn new(world: &World) -> Outside {
        let inner = world.box_file("/hush/hush-inner.jpg", "hush").await;
        let folder = world.box_get(&format!("/2.0/files/{inner}")).await.json()["parent"]["id"].clone();
        let file = world.box_file("/hush.jpg", "hush one").await;
        world.file("/hush.jpg", "hush two").await;
        let versions = world.box_get(&format!("/2.0/files/{file}/versions")).await.json();
        let trashed_file = world.box_file("/hush-gone.jpg", "hush").await;
        let trashed_folder = world.box_folder("0", "hush-gone").await;
        world.box_delete(&format!("/2.0/files/{trashed_file}")).await;
        world.box_delete(&format!("/2.0/folders/{trashed_folder}")).await;
        let begun = json!({ "folder_id": "0", "file_size": 20_000_000, "file_name": "hush.bin" });
        let begun = world.box_json(Method::POST, "/api/2.0/files/upload_sessions", &begun).await;
        let link = json!({ "shared_link": { "access": "collaborators" } });
        let link = world.box_json(Method::PUT, &format!("/2.0/files/{file}"), &link).await.json();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Outside {
            version: text(&versions["entries"][0]["id"]),
            folder: text(&folder),
            session: begun.field("id"),
            link: text(&link["shared_link"]["url"]),
            file,
            inner,
            trashed_file,
            trashed_folder,
        }
    }
}

/// A body with everything that any endpoint looks for, which leads to this folder.
fn wishes(folder: &str, version: &str) -> Value {
    json!({
        "name": "taken.jpg", "parent": { "id": folder }, "description": "d", "shared_link": {}, "size": 5,
        "type": "file_version", "id": version, "trashed_at": null, "version": version,
        "folder_id": folder, "file_size": 20_000_000, "file_name": "taken.jpg", "parts": [],
    })
}

async fn ask(world: &World, method: &Method, uri: &str, body: &Value) -> Answer {
    let request = world.ask(method.clone(), uri).header("digest", "sha=2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
    let is_form = method == Method::POST && uri.starts_with("/api/") && uri.contains("/content");
    let request = match is_form {
        true => {
            let attributes = json!({ "name": "taken.jpg", "parent": body["parent"] });
            let form = format!(
                "--b\r\nContent-Disposition: form-data; name=\"attributes\"\r\n\r\n{attributes}\r\n--b\r\n\
                 Content-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\ntaken\r\n--b--\r\n"
            );
            request.header(CONTENT_TYPE, "multipart/form-data; boundary=b").body(Body::from(form))
        }
        false => {
            request.header("content-range", "bytes 0-8388607/20000000").body(Body::from(body.to_string()))
        }
    };
    world.box_send(request.expect("a good request")).await
}

/// Every endpoint that names something, with each secret in its place.
fn ways_in(outside: &Outside) -> Vec<(Method, String)> {
    let mut ways = Vec::new();
    for endpoint in ENDPOINTS {
        let (method, pattern) = endpoint.name.split_once(' ').expect("a method and a path");
        let ids = match pattern {
            _ if pattern.contains("/users/") => continue,
            _ if pattern.contains("/folders/:id") => vec![&outside.folder, &outside.trashed_folder],
            _ if pattern.contains("/files/:id") => vec![&outside.file, &outside.inner, &outside.trashed_file],
            _ if pattern.contains(":session") => vec![&outside.session],
            _ => continue,
        };
        for id in ids {
            let path =
                pattern.replace(":id", id).replace(":session", id).replace(":version", &outside.version);
            ways.push((method.parse().expect("a method"), path));
        }
    }
    ways
}

async fn tries_everything(world: &World, outside: &Outside) {
    let before = world.head().await;
    for (method, uri) in ways_in(outside) {
        let answer = ask(world, &method, &uri, &wishes("0", &outside.version)).await;
        match uri.contains("upload_sessions/") {
            true => answer.box_refuses(403, "forbidden"),
            false => answer.box_refuses(404, "not_found"),
        };
        assert!(!answer.text().contains(SECRET), "{method} {uri}: {}", answer.text());
    }
    let boxapi = format!("shared_link={}", outside.link);
    for uri in ["/2.0/shared_items".to_owned(), format!("/2.0/files/{}", outside.file)] {
        let answer = world.box_get_with(&uri, "boxapi", &boxapi).await;
        answer.box_refuses(404, "not_found");
    }
    for uri in [
        "/2.0/events?stream_position=0".to_owned(),
        "/2.0/search?query=hush&trash_content=all_items".to_owned(),
        format!("/2.0/search?query=hush&ancestor_folder_ids={}", outside.folder),
        "/2.0/folders/trash/items".to_owned(),
        "/2.0/folders/trash/items?usemarker=true".to_owned(),
        "/2.0/folders/0/items".to_owned(),
        "/2.0/folders/0".to_owned(),
    ] {
        let answer = world.box_get(&uri).await;
        assert_eq!(answer.status, 200, "{uri}: {}", answer.text());
        assert!(!answer.text().contains(SECRET), "{uri}: {}", answer.text());
    }
    assert_eq!(world.head().await, before, "nothing was done");
}

#[tokio::test]
async fn an_app_with_a_folder_of_its_own_reaches_nothing_outside() {
    let mut world = World::new().await;
    let outside = Outside::new(&world).await;
    for (method, uri) in ways_in(&outside) {
        if method == Method::GET
            && uri.contains(&format!("/files/{}", outside.file))
            && !uri.ends_with("/trash")
        {
            let answer = world.box_get(&uri).await;
            assert!(
                !answer.text().contains("\"not_found\""),
                "the owner is let in: {uri}: {}",
                answer.text()
            );
        }
    }
    world.token = world.token_for(&world.account, "Own", Access::AppFolder).await;
    let mine = world.box_folder("0", "mine").await;
    tries_everything(&world, &outside).await;

    // With what is its own, to a place outside; and with the versions of others.
    world.file("/mine/a.jpg", "a").await;
    world.file("/mine/b.jpg", "b").await;
    let children = world.box_get(&format!("/2.0/folders/{mine}/items")).await.json();
    let id = |index: usize| children["entries"][index]["id"].as_str().expect("an id").to_owned();
    let (own, trashed) = (id(0), id(1));
    world.box_delete(&format!("/2.0/files/{trashed}")).await;
    let before = world.head().await;
    for folder in [&outside.folder, &outside.trashed_folder, &outside.file] {
        for (method, uri) in [
            (Method::PUT, format!("/2.0/files/{own}")),
            (Method::PUT, format!("/2.0/folders/{mine}")),
            (Method::POST, format!("/2.0/files/{own}/copy")),
            (Method::POST, format!("/2.0/folders/{mine}/copy")),
            (Method::POST, "/2.0/folders".to_owned()),
            (Method::OPTIONS, "/2.0/files/content".to_owned()),
            (Method::POST, "/api/2.0/files/content".to_owned()),
            (Method::POST, "/api/2.0/files/upload_sessions".to_owned()),
        ] {
            let mut wishes = wishes(folder, "1");
            wishes.as_object_mut().expect("an object").remove("version");
            let answer = ask(&world, &method, &uri, &wishes).await;
            assert_eq!(answer.status, 404, "{method} {uri} into {folder}: {}", answer.text());
            assert!(!answer.text().contains(SECRET), "{method} {uri}: {}", answer.text());
        }
    }
    let version = &outside.version;
    for (method, uri) in [
        (Method::GET, format!("/2.0/files/{own}/content?version={version}")),
        (Method::GET, format!("/2.0/files/{own}/versions/{version}")),
        (Method::PUT, format!("/2.0/files/{own}/versions/{version}")),
        (Method::DELETE, format!("/2.0/files/{own}/versions/{version}")),
        (Method::POST, format!("/2.0/files/{own}/versions/current")),
        (Method::POST, format!("/2.0/files/{own}/copy")),
    ] {
        let answer = ask(&world, &method, &uri, &wishes("0", version)).await;
        assert_eq!(answer.status, 404, "{method} {uri}: {}", answer.text());
    }
    assert_eq!(world.head().await, before, "nothing was done");
    // What cannot go back to where it was goes no further, either.
    world.box_delete(&format!("/2.0/folders/{mine}?recursive=true")).await;
    let before = world.head().await;
    for folder in [&outside.folder, &outside.trashed_folder] {
        let uri = format!("/2.0/files/{trashed}");
        let answer = world.box_json(Method::POST, &uri, &json!({ "parent": { "id": folder } })).await;
        assert!(matches!(answer.status.as_u16(), 403 | 404), "{}", answer.text());
    }
    assert_eq!(world.head().await, before, "nothing was done");
}

#[tokio::test]
async fn nobody_reaches_anothers_tree_by_its_numbers() {
    let mut world = World::new().await;
    let outside = Outside::new(&world).await;
    let bo = world.person("bo@example.org").await;
    world.token = world.token_for(&bo, "Other", Access::Full).await;
    tries_everything(&world, &outside).await;
}

/// What the server hands out as a credential is good for what it was made for, and for nothing else.
#[tokio::test(start_paused = true)]
async fn what_is_sealed_opens_one_door_only() {
    let world = World::new().await;
    let file = world.box_file("/a", "a").await;
    let location = world.box_get(&format!("/2.0/files/{file}/content")).await;
    let download = location.header("location").expect("an address").to_owned();
    let download = download.split('/').nth(5).expect("a word").to_owned();
    let asked = world.ask(Method::OPTIONS, "/2.0/events").body(Body::empty()).unwrap();
    let realtime = world.box_send(asked).await.json()["entries"][0]["url"].clone();
    let (_, channel) = realtime.as_str().expect("an address").split_once("channel=").expect("a channel");
    let channel = channel.split('&').next().expect("a word").to_owned();
    let cursor = world.post("/1/delta", "").await.field("cursor");
    let copy = world.get("/1/copy_ref/auto/a").await.field("copy_ref");
    let open = async |uri: String| world.box_send(Request::get(uri).body(Body::empty()).unwrap()).await;

    assert_eq!(open(format!("/d/1/{download}/download")).await.status, 200);
    for word in [&channel, &cursor, &copy] {
        let uri = format!("/d/1/{word}/download");
        assert!(route(&Method::GET, &uri).is_ok(), "it is asked for");
        open(uri).await.box_refuses(404, "not_found");
    }
    let poll = async |word: &str| {
        let begun = tokio::time::Instant::now();
        open(format!("/subscribe?channel={word}&stream_position=0")).await;
        begun.elapsed()
    };
    assert_eq!(poll(&channel).await, Duration::ZERO, "there is something");
    for word in [&download, &cursor, &copy] {
        assert_eq!(poll(word).await, Duration::from_secs(5), "it is no channel");
    }
    let token = |word: &str| format!("Bearer {word}");
    for word in [&download, &channel] {
        let request = Request::get("/2.0/users/me").header("authorization", token(word));
        assert_eq!(world.box_send(request.body(Body::empty()).unwrap()).await.status, 401);
    }
    // Whoever is shut out has handed out nothing.
    world.people.set_disabled(&world.account.email, true).await.expect("writable");
    open(format!("/d/1/{download}/download")).await.box_refuses(404, "not_found");
}
