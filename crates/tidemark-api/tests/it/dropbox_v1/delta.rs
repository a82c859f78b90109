//! `/delta` and `/delta/latest_cursor`.

use crate::world::World;
use expect_test::expect;
use serde_json::{Value, json};
use tidemark_core::model::Access;

/// The paths of a page, deletions marked.
fn told(page: &Value) -> Vec<String> {
    let entries = page["entries"].as_array().expect("entries");
    let told = entries.iter().map(|entry| match &entry[1] {
        Value::Null => format!("-{}", entry[0].as_str().expect("a path")),
        _ => entry[0].as_str().expect("a path").to_owned(),
    });
    told.collect()
}

#[tokio::test]
async fn a_first_call_lists_everything_parents_first() {
    let world = World::new().await;
    world.file("/Notes/Todo.txt", "milk").await;
    let answer = world.post("/1/delta", "include_media_info=False").await;
    let mut page = answer.json();
    let cursor = page["cursor"].take();
    assert!(
        cursor.as_str().is_some_and(|c| c.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)))
    );
    expect![[r#"
        {
          "cursor": null,
          "entries": [
            [
              "/notes",
              {
                "bytes": 0,
                "icon": "folder",
                "is_dir": true,
                "modified": "Wed, 05 Feb 2014 09:07:03 +0000",
                "path": "/Notes",
                "rev": "100000001",
                "revision": 1,
                "root": "dropbox",
                "size": "0 bytes",
                "thumb_exists": false
              }
            ],
            [
              "/notes/todo.txt",
              {
                "bytes": 4,
                "client_mtime": "Wed, 05 Feb 2014 09:07:03 +0000",
                "icon": "page_white_text",
                "is_dir": false,
                "mime_type": "text/plain",
                "modified": "Wed, 05 Feb 2014 09:07:03 +0000",
                "path": "/Notes/Todo.txt",
                "rev": "200000001",
                "revision": 2,
                "root": "dropbox",
                "size": "4 bytes",
                "thumb_exists": false
              }
            ]
          ],
          "has_more": false,
          "reset": true
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&page).unwrap());
    let text = answer.text();
    let order: Vec<_> =
        ["\"reset\":", "\"cursor\":", "\"has_more\":", "\"entries\":"].map(|key| text.find(key)).into();
    assert!(order.is_sorted() && order[0].is_some(), "fields stand in a fixed order");
}

#[tokio::test]
async fn entries_are_what_metadata_says() {
    let world = World::new().await;
    world.file("/Notes/T%C3%A9xt.txt", "milk").await;
    let page = world.post("/1/delta", "").await.json();
    assert_eq!(page["entries"][1][0], "/notes/téxt.txt");
    assert_eq!(page["entries"][1][1], world.get("/1/metadata/auto/Notes/T%C3%A9xt.txt").await.json());
    let folder = world.get("/1/metadata/auto/Notes?list=false").await.json();
    assert_eq!(page["entries"][0], json!(["/notes", folder]));
}

#[tokio::test]
async fn a_cursor_tells_what_came_after_it_as_often_as_one_asks() {
    let world = World::new().await;
    world.file("/a", "a").await;
    let first = world.post("/1/delta", "").await.field("cursor");
    let answer = world.post("/1/delta", &format!("cursor={first}")).await.json();
    assert_eq!(
        (told(&answer), &answer["reset"], &answer["has_more"]),
        (vec![], &json!(false), &json!(false))
    );
    world.file("/b", "b").await;
    world.post("/1/fileops/delete", "root=auto&path=/a").await;
    world.post("/1/fileops/move", "root=auto&from_path=/b&to_path=/C").await;
    for _ in 0..2 {
        let page = world.post("/1/delta", &format!("cursor={first}")).await.json();
        assert_eq!(told(&page), ["-/a", "-/b", "/c"]);
        assert_eq!(page["reset"], false);
    }
}

#[tokio::test]
async fn pages_end_at_two_thousand_entries() {
    let world = World::new().await;
    for n in 0..2003 {
        world.file(&format!("/{n:04}"), "x").await;
    }
    let page = world.post("/1/delta", "").await.json();
    assert_eq!((told(&page).len(), &page["reset"], &page["has_more"]), (2000, &json!(true), &json!(true)));
    let page = world.post("/1/delta", &format!("cursor={}", page["cursor"].as_str().unwrap())).await.json();
    assert_eq!((told(&page).len(), &page["reset"], &page["has_more"]), (3, &json!(false), &json!(false)));
}

#[tokio::test]
async fn a_prefix_shows_one_folder_and_may_narrow() {
    let world = World::new().await;
    world.file("/Foo/Bar/baz", "x").await;
    world.file("/other", "x").await;
    let page = world.post("/1/delta", "path_prefix=/FOO/").await.json();
    assert_eq!(told(&page), ["/foo", "/foo/bar", "/foo/bar/baz"]);
    let cursor = page["cursor"].as_str().unwrap();
    world.file("/foo/bar/new", "x").await;
    world.file("/foo/new", "x").await;
    world.file("/other2", "x").await;
    for (prefix, expected) in [
        ("foo", vec!["/foo/bar/new", "/foo/new"]),
        ("%2FFoo%2Fbar", vec!["/foo/bar/new"]),
        ("/foo/zzz", vec![]),
    ] {
        let answer = world.post("/1/delta", &format!("cursor={cursor}&path_prefix={prefix}")).await;
        assert_eq!(told(&answer.json()), expected, "{prefix}");
    }
    for wider in ["", "/", "/other", "/foob"] {
        world.post("/1/delta", &format!("cursor={cursor}&path_prefix={wider}")).await.refuses(400);
    }
    world.post("/1/fileops/delete", "root=auto&path=/foo").await;
    let page = world.post("/1/delta", &format!("cursor={cursor}&path_prefix=/foo")).await.json();
    assert_eq!(told(&page).last().map(String::as_str), Some("-/foo"));
}

#[tokio::test]
async fn the_latest_cursor_is_now() {
    let world = World::new().await;
    world.file("/old", "x").await;
    let answer = world.post("/1/delta/latest_cursor", "path_prefix=/dir").await;
    assert_eq!(answer.json().as_object().map(serde_json::Map::len), Some(1));
    let cursor = answer.field("cursor");
    world.file("/dir/new", "x").await;
    let page = world.post("/1/delta", &format!("cursor={cursor}&path_prefix=/dir")).await.json();
    assert_eq!((told(&page), &page["reset"]), (vec!["/dir".into(), "/dir/new".into()], &json!(false)));
    world.post("/1/delta/latest_cursor", "include_media_info=perhaps").await.refuses(400);
}

#[tokio::test]
async fn the_cursor_alone_is_not_enough_for_another_account() {
    let mut world = World::new().await;
    let cursor = world.post("/1/delta", "").await.field("cursor");
    let other = world.person("bo@example.org").await;
    world.token = world.token_for(&other, "Other", Access::Full).await;
    let answer = world.post("/1/delta", &format!("cursor={cursor}")).await;
    expect![[r#"400 {"error":"The cursor is invalid"}"#]].assert_eq(&answer.shown());
}

#[tokio::test]
async fn a_bad_cursor_is_refused() {
    let world = World::new().await;
    let good = world.post("/1/delta", "").await.field("cursor");
    let cut = &good[..good.len() - 1];
    let flipped = format!("{}{}", if good.starts_with('A') { 'B' } else { 'A' }, &good[1..]);
    let long = "A".repeat(600_000);
    for bad in ["x", "AAEx...", "%00", "%F0%9F%8C%8A", cut, &flipped, &format!("{good}{good}"), &long] {
        world.post("/1/delta", &format!("cursor={bad}")).await.refuses(400);
    }
    world.post("/1/delta", "cursor=%FF").await.refuses(400);
    assert_eq!(world.post("/1/delta", "cursor=").await.json()["reset"], true, "empty is absent");
}

#[tokio::test]
async fn media_info_must_stay_what_it_was() {
    let world = World::new().await;
    let cursor = world.post("/1/delta", "include_media_info=true").await.field("cursor");
    world.post("/1/delta", &format!("cursor={cursor}&include_media_info=true")).await.json();
    world.post("/1/delta", &format!("cursor={cursor}")).await.refuses(400);
}

#[tokio::test]
async fn an_app_sees_its_folder_and_is_reset_when_that_goes() {
    let mut world = World::new().await;
    let full = world.token.clone();
    let app = world.token_for(&world.account, "Sketch Pad", Access::AppFolder).await;
    world.token = app.clone();
    world.file("/mine", "x").await;
    let page = world.post("/1/delta", "").await.json();
    assert_eq!((told(&page), &page["entries"][0][1]["root"]), (vec!["/mine".into()], &json!("app_folder")));
    world.token = full;
    world.file("/yours", "x").await;
    assert_eq!(world.post("/1/fileops/delete", "root=auto&path=/Apps/Sketch Pad").await.status, 200);
    world.token = app;
    let cursor = page["cursor"].as_str().unwrap();
    let page = world.post("/1/delta", &format!("cursor={cursor}")).await.json();
    assert_eq!((told(&page), &page["reset"]), (vec![], &json!(true)));
}

#[tokio::test]
async fn parameters_may_be_in_the_query_of_a_post_without_a_body() {
    let world = World::new().await;
    world.file("/a", "a").await;
    let cursor = world.post("/1/delta", "").await.field("cursor");
    let request = world.ask(http::Method::POST, &format!("/1/delta/?cursor={cursor}&locale=en"));
    let answer = world.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.json()["reset"], false);
}

/// A photo is told when what its camera noted is there: until then the page ends before it, and more follows.
#[tokio::test]
async fn files_appear_once_their_media_info_is_ready() {
    let world = World::new().await;
    world.file("/a.txt", "text").await;
    world.file("/b.jpg", "picture taken=1391591223000").await;
    world.file("/c.txt", "text").await;
    world.imaging.hold();
    let ask = async |cursor: &str| {
        world.post("/1/delta", &format!("include_media_info=true&cursor={cursor}")).await.json()
    };
    let page = ask("").await;
    assert_eq!((&page["entries"][0][0], &page["has_more"]), (&"/a.txt".into(), &true.into()));
    let mut page = ask(page["cursor"].as_str().unwrap()).await;
    assert_eq!((page["entries"].as_array().unwrap().len(), &page["has_more"]), (0, &true.into()));
    world.imaging.let_go(1);
    while page["entries"][0].is_null() {
        tokio::task::yield_now().await;
        page = ask(page["cursor"].as_str().unwrap()).await;
    }
    assert_eq!(page["entries"][0][1]["photo_info"]["time_taken"], "Wed, 05 Feb 2014 09:07:03 +0000");
    assert_eq!((&page["entries"][1][0], &page["has_more"]), (&"/c.txt".into(), &false.into()));
    assert_eq!(page["entries"][1][1].get("photo_info"), None);
    let plain = world.post("/1/delta", "").await.text();
    assert!(!plain.contains("photo_info"), "{plain}");
}
