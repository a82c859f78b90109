//! `GET /2.0/events`.

use crate::world::{Choices, World};
use expect_test::expect;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tidemark_core::model::Access;

async fn page(world: &World, query: &str) -> Value {
    let answer = world.box_get(&format!("/2.0/events?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page = answer.json();
    assert_eq!(page["chunk_size"], page["entries"].as_array().expect("entries").len(), "one client compares");
    assert!(page["next_stream_position"].as_u64().is_some_and(|next| next >= 1), "{page}");
    page
}

/// `type of source, its path, its sequence` for each event.
fn shown(page: &Value) -> Vec<String> {
    let line = |event: &Value| {
        let source = &event["source"];
        let around = source["path_collection"]["entries"].as_array().expect("folders around");
        let around: String =
            around.iter().skip(1).map(|folder| format!("{}/", folder["name"].as_str().unwrap())).collect();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let trashed = if source["item_status"] == "trashed" { " trashed" } else { "" };
        format!(
            "{} {} {} /{around}{} @{}{trashed}",
            word(&event["event_type"]),
            word(&source["type"]),
            word(&source["id"]),
            word(&source["name"]),
            word(&source["sequence_id"])
        )
    };
    page["entries"].as_array().expect("entries").iter().map(line).collect()
}

#[tokio::test]
async fn every_kind_of_change_is_told_whichever_protocol_made_it() {
    let world = World::new().await;
    world.folder("/F").await;
    world.file("/F/a", "one").await;
    world.file("/F/a", "two").await;
    world.post("/1/fileops/move", "root=auto&from_path=/F/a&to_path=/F/b").await;
    world.post("/1/fileops/move", "root=auto&from_path=/F/b&to_path=/b").await;
    world.post("/1/fileops/move", "root=auto&from_path=/b&to_path=/F/c").await;
    world.post("/1/fileops/copy", "root=auto&from_path=/F/c&to_path=/d").await;
    world.post("/1/fileops/delete", "root=auto&path=/d").await;
    let rev = world.get("/1/revisions/auto/d").await.json()[1]["rev"].as_str().unwrap().to_owned();
    world.post("/1/restore/auto/d", &format!("rev={rev}")).await;
    let revisions = world.get("/1/revisions/auto/F/c").await.json();
    let rev = revisions[0]["rev"].as_str().unwrap().to_owned();
    world.file("/F/c", "three").await;
    world.post("/1/restore/auto/F/c", &format!("rev={rev}")).await;
    world.post("/1/shares/auto/F", "").await;
    world.post("/1/shares/auto/F", "").await;
    world.box_json(Method::POST, "/2.0/folders", &json!({ "name": "G", "parent": { "id": "0" } })).await;
    let page = page(&world, "stream_position=0&limit=500").await;
    let lines = shown(&page);
    expect![[r#"
        ITEM_CREATE folder 2 /F @1
        ITEM_UPLOAD file 3 /F/a @2
        ITEM_UPLOAD file 3 /F/a @3
        ITEM_RENAME file 3 /F/b @4
        ITEM_MOVE file 3 /b @5
        ITEM_MOVE file 3 /F/c @6
        ITEM_RENAME file 3 /F/c @6
        ITEM_COPY file 8 /d @7
        ITEM_TRASH file 8 /d @8 trashed
        ITEM_UNDELETE_VIA_TRASH file 8 /d @9
        ITEM_UPLOAD file 3 /F/c @10
        ITEM_MAKE_CURRENT_VERSION file 3 /F/c @11
        ITEM_SHARED_CREATE folder 2 /F @1
        ITEM_CREATE folder 14 /G @13"#]]
    .assert_eq(&lines.join("\n"));
    let ids: BTreeSet<&str> =
        page["entries"].as_array().unwrap().iter().map(|event| event["event_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), lines.len(), "each has an id of its own");
    assert!(ids.iter().all(|id| id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    assert_eq!(page["next_stream_position"], 27);
}

#[tokio::test]
async fn an_event_tells_its_source_as_it_was() {
    let world = World::new().await;
    world.file("/a", "one").await;
    world.advance(Duration::from_secs(60));
    world.file("/a", "other").await;
    let page = page(&world, "stream_position=0").await;
    let mut first = page["entries"][0].clone();
    first["event_id"].take();
    expect![[r#"
        {
          "created_at": "2014-02-05T09:07:03Z",
          "created_by": {
            "id": "1",
            "login": "ada@example.org",
            "name": "Ada King",
            "type": "user"
          },
          "event_id": null,
          "event_type": "ITEM_UPLOAD",
          "recorded_at": "2014-02-05T09:07:03Z",
          "session_id": null,
          "source": {
            "content_created_at": "2014-02-05T09:07:03Z",
            "content_modified_at": "2014-02-05T09:07:03Z",
            "created_at": "2014-02-05T09:07:03Z",
            "created_by": {
              "id": "1",
              "login": "ada@example.org",
              "name": "Ada King",
              "type": "user"
            },
            "description": "",
            "etag": "1",
            "file_version": {
              "id": "1",
              "sha1": "fe05bcdcdc4928012781a5f1a2a77cbb5398e106",
              "type": "file_version"
            },
            "id": "2",
            "item_status": "active",
            "modified_at": "2014-02-05T09:07:03Z",
            "modified_by": {
              "id": "1",
              "login": "ada@example.org",
              "name": "Ada King",
              "type": "user"
            },
            "name": "a",
            "owned_by": {
              "id": "1",
              "login": "ada@example.org",
              "name": "Ada King",
              "type": "user"
            },
            "parent": {
              "etag": null,
              "id": "0",
              "name": "All Files",
              "sequence_id": null,
              "type": "folder"
            },
            "path_collection": {
              "entries": [
                {
                  "etag": null,
                  "id": "0",
                  "name": "All Files",
                  "sequence_id": null,
                  "type": "folder"
                }
              ],
              "total_count": 1
            },
            "purged_at": null,
            "sequence_id": "1",
            "sha1": "fe05bcdcdc4928012781a5f1a2a77cbb5398e106",
            "shared_link": null,
            "size": 3,
            "trashed_at": null,
            "type": "file"
          },
          "type": "event"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&first).unwrap());
    assert_eq!(page["entries"][1]["source"]["size"], 5);
}

/// Whatever the size of the pages, they tell the same events in the same order, each once; a change that is two events is
/// told over two pages if need be.
#[tokio::test]
async fn pages_lead_through_everything_once() {
    let world = World::new().await;
    world.folder("/F").await;
    for n in 0..5 {
        world.file(&format!("/{n}"), "x").await;
        world.post("/1/fileops/move", &format!("root=auto&from_path=/{n}&to_path=/F/m{n}")).await;
    }
    let whole = page(&world, "").await;
    assert_eq!(whole["chunk_size"], 16);
    for limit in [1, 2, 3, 7, 16] {
        let (mut position, mut told) = (0, Vec::new());
        loop {
            let page = page(&world, &format!("stream_position={position}&limit={limit}")).await;
            let entries = page["entries"].as_array().unwrap();
            if entries.is_empty() {
                assert_eq!(page["next_stream_position"], position, "at the end it stays");
                break;
            }
            assert!(entries.len() <= limit);
            told.extend(entries.clone());
            assert!(page["next_stream_position"].as_u64().unwrap() > position, "it goes on");
            position = page["next_stream_position"].as_u64().unwrap();
        }
        assert_eq!(Value::Array(told), whole["entries"], "pages of {limit}");
    }
}

#[tokio::test]
async fn positions_are_numbers_from_one_on() {
    let world = World::new().await;
    for query in ["stream_position=now", "stream_position=0", "", "limit=0&stream_position=now"] {
        assert_eq!(page(&world, query).await, json!({"chunk_size":0,"next_stream_position":1,"entries":[]}));
    }
    world.file("/a", "a").await;
    let now = page(&world, "stream_position=now&limit=0").await;
    assert_eq!(now, json!({"chunk_size":0,"next_stream_position":3,"entries":[]}));
    for (position, count, next) in [("1", 1, 3), ("2", 1, 3), ("3", 0, 3), ("99", 0, 3)] {
        let page = page(&world, &format!("stream_position={position}")).await;
        assert_eq!(
            (&page["chunk_size"], &page["next_stream_position"]),
            (&json!(count), &json!(next)),
            "{position}"
        );
    }
    assert_eq!(
        page(&world, "stream_position=1&limit=0").await["next_stream_position"],
        1,
        "nothing is skipped"
    );
    for query in ["stream_position=soon", "stream_position=-1", "limit=many", "stream_type=other"] {
        world.box_get(&format!("/2.0/events?{query}")).await.box_refuses(400, "invalid_parameter");
    }
    for stream in ["admin_logs", "admin_logs_streaming"] {
        world
            .box_get(&format!("/2.0/events?stream_type={stream}"))
            .await
            .box_refuses(403, "insufficient_scope");
    }
    let fields = page(&world, "stream_position=0&fields=type,id").await;
    assert!(fields["entries"][0]["source"]["parent"]["id"].is_string(), "fields are not looked at");
}

/// What is older than the operator keeps is told no more: whoever asks for it begins with the oldest that is.
#[tokio::test]
async fn old_events_end() {
    let mut choices = Choices::default();
    choices.box_settings.event_retention = Duration::from_secs(3600);
    let world = World::with(choices).await;
    for name in ["/a", "/b", "/c"] {
        world.file(name, "x").await;
        world.advance(Duration::from_secs(1801));
    }
    // The first two are older than an hour now, the third half an hour.
    for query in ["stream_position=0", "stream_position=3", "stream_position=5", "stream_position=0&limit=1"]
    {
        let page = page(&world, query).await;
        assert_eq!(shown(&page), ["ITEM_UPLOAD file 4 /c @3"], "{query}");
        assert_eq!(page["next_stream_position"], 7);
    }
    world.advance(Duration::from_secs(1801));
    let page = page(&world, "stream_position=0").await;
    assert_eq!((&page["chunk_size"], &page["next_stream_position"]), (&json!(0), &json!(7)));
}

/// An app with a folder of its own is told what happens there, by numbers and names that say nothing of what is around it.
#[tokio::test]
async fn an_app_is_told_of_its_own_folder() {
    let world = World::new().await;
    let own = world.token_for(&world.account, "Own", Access::AppFolder).await;
    let upload = async |path: &str| world.put(&format!("/1/files_put/dropbox{path}"), "x").await;
    let ask = async |query: &str| {
        let request = http::Request::builder().uri(format!("/2.0/events?{query}"));
        let request = request.header("authorization", format!("Bearer {own}"));
        let answer = world.box_send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let start = ask("stream_position=now").await["next_stream_position"].clone();
    upload("/secret").await;
    upload("/Apps/Own/mine").await;
    upload("/beside").await;
    let told = ask(&format!("stream_position={start}")).await;
    assert_eq!(told["chunk_size"], 1);
    let source = &told["entries"][0]["source"];
    assert_eq!((&source["name"], &source["parent"]["id"]), (&json!("mine"), &json!("0")));
    assert_eq!(source["path_collection"]["total_count"], 1);
    assert_eq!(told["next_stream_position"], ask("stream_position=now").await["next_stream_position"]);
}

/// What left an app's folder is told as it was there. What it is now, and by which link it is shown, is others' business.
#[tokio::test]
async fn what_has_left_an_apps_folder_is_told_as_it_was_there() {
    let mut world = World::new().await;
    let wide = world.token.clone();
    world.token = world.token_for(&world.account, "Own", Access::AppFolder).await;
    let own = world.token.clone();
    world.file("/f", "known").await;
    let file = world.box_get("/2.0/folders/0/items").await.json()["entries"][0]["id"].clone();
    let file = format!("/2.0/files/{}", file.as_str().expect("an id"));
    let folder = format!("/2.0/folders/{}", world.box_folder("0", "d").await);
    world.box_json(Method::PUT, &file, &json!({ "description": "known" })).await;
    world.box_json(Method::PUT, &file, &json!({ "shared_link": { "access": "open" } })).await;
    world.token = wide;
    for item in [&file, &folder] {
        let out = json!({ "parent": { "id": "0" }, "shared_link": {} });
        assert_eq!(world.box_json(Method::PUT, item, &out).await.status, 200);
    }
    world.file("/f", "secret bytes").await;
    world.file("/d/in", "secret bytes").await;
    world.box_json(Method::PUT, &file, &json!({ "description": "secret" })).await;
    let now = world.box_get(&file).await.json();
    let (sha1, url) = (now["sha1"].as_str().expect("one"), now["shared_link"]["url"].as_str().expect("one"));
    world.token = own;
    let told = page(&world, "stream_position=0").await;
    let text = told.to_string();
    for secret in ["secret", sha1, url] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let lines = shown(&told);
    assert!(lines.iter().all(|line| !line.starts_with("ITEM_SHARED")), "{lines:?}");
    for event in told["entries"].as_array().expect("entries") {
        let source = &event["source"];
        assert_eq!(source["shared_link"], Value::Null, "{event}");
        let size = if source["type"] == "file" { 5 } else { 0 };
        assert_eq!(source["size"], size, "{event}");
    }
    assert_eq!(lines.iter().filter(|line| line.starts_with("ITEM_TRASH")).count(), 2, "{lines:?}");
}

/// However much happened elsewhere before: what is too old is not told to who sees a part, either.
#[tokio::test]
async fn old_events_end_for_a_part_of_a_tree_too() {
    let mut choices = Choices::default();
    choices.box_settings.event_retention = Duration::from_secs(3600);
    let mut world = World::with(choices).await;
    world.folder("/few").await;
    for n in 0..100 {
        world.folder(&format!("/few/{n}")).await;
    }
    // More than are looked at at once.
    for n in 0..100 {
        let copied = format!("root=auto&from_path=/few&to_path=/many{n}");
        assert_eq!(world.post("/1/fileops/copy", &copied).await.status, 200);
    }
    world.token = world.token_for(&world.account, "Own", Access::AppFolder).await;
    world.file("/old", "x").await;
    world.advance(Duration::from_secs(3601));
    world.file("/new", "x").await;
    let page = page(&world, "stream_position=0").await;
    let names: Vec<&Value> =
        page["entries"].as_array().expect("entries").iter().map(|event| &event["source"]["name"]).collect();
    assert_eq!(names, ["new"]);
}
