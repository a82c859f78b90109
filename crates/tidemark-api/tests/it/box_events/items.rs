//! `/2.0/folders/:id/items`.

use crate::world::World;
use expect_test::expect;
use serde_json::{Value, json};

/// What rclone asks for. It rejects the whole answer if a date is null, and files whose status it doesn't find.
const RCLONE: &str = "fields=type,id,sequence_id,etag,sha1,name,size,created_at,modified_at,content_created_at,\
                      content_modified_at,item_status,shared_link,owned_by";

fn names(page: &Value) -> String {
    let entries = page["entries"].as_array().unwrap().iter();
    entries.map(|entry| entry["name"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_page_by_numbers_says_how_many_there_are() {
    let world = World::new().await;
    world.file("/b", "1").await;
    world.folder("/c").await;
    world.file("/a", "22").await;
    let answer = world.box_get("/2.0/folders/0/items?limit=2").await;
    expect![[r#"200 {"total_count":3,"entries":[{"type":"folder","id":"3","etag":"2","sequence_id":"2","name":"c"},{"type":"file","id":"4","etag":"3","sequence_id":"3","name":"a","sha1":"12c6fc06c99a462375eeb3f43dfd832b08ca9e17","file_version":{"type":"file_version","id":"3","sha1":"12c6fc06c99a462375eeb3f43dfd832b08ca9e17"}}],"offset":0,"limit":2,"order":[{"by":"type","direction":"ASC"},{"by":"name","direction":"ASC"}]}"#]].assert_eq(&answer.shown());
    let rest = world.box_get("/2.0/folders/0/items?limit=2&offset=2&sort=size&direction=DESC").await.json();
    assert_eq!((names(&rest).as_str(), &rest["total_count"]), ("b", &json!(3)));
    assert_eq!(rest["order"][1], json!({ "by": "size", "direction": "DESC" }));
}

/// An empty marker at the end makes one client list for ever, and an offset makes another count.
#[tokio::test]
async fn a_page_by_markers_says_where_to_go_on() {
    let world = World::new().await;
    for name in ["/b", "/a", "/C", "/d", "/e"] {
        world.file(name, "x").await;
    }
    let (mut marker, mut pages) = (String::from("0"), Vec::new());
    loop {
        let uri = format!("/2.0/folders/0/items?usemarker=True&limit=2&marker={marker}&{RCLONE}");
        let page = world.box_get(&uri).await.json();
        assert_eq!((page.get("offset"), page.get("total_count"), &page["limit"]), (None, None, &json!(2)));
        for entry in page["entries"].as_array().unwrap() {
            assert_eq!((&entry["item_status"], &entry["size"]), (&json!("active"), &json!(1)));
            for date in ["created_at", "modified_at", "content_created_at", "content_modified_at"] {
                assert_eq!(entry[date], "2014-02-05T09:07:03Z");
            }
        }
        pages.push(names(&page));
        match page.get("next_marker").expect("it is there, though it be null") {
            Value::Null => break,
            next => marker = next.as_str().unwrap().to_owned(),
        }
    }
    assert_eq!(pages, ["a b", "C d", "e"]);
    // What comes meanwhile is told, and what goes is not missed.
    let first = world.box_get("/2.0/folders/0/items?useMarker=true&limit=2").await.json();
    let marker = first["next_marker"].as_str().unwrap();
    world.post("/1/fileops/delete", "root=auto&path=/b").await;
    world.file("/bb", "x").await;
    let second = world.box_get(&format!("/2.0/folders/0/items?usemarker=true&marker={marker}")).await.json();
    assert_eq!((names(&second).as_str(), &second["next_marker"]), ("bb C d e", &Value::Null));
}

#[tokio::test]
async fn fields_of_a_list_tell_what_is_around_it() {
    let world = World::new().await;
    let outer = world.box_folder("0", "Outer").await;
    world.file("/Outer/f", "hello").await;
    let uri = format!("/2.0/folders/{outer}/items?fields=parent,path_collection,permissions,extension");
    let page = world.box_get(&uri).await.json();
    let entry = &page["entries"][0];
    assert_eq!(entry["parent"]["name"], "Outer");
    assert_eq!(entry["path_collection"]["entries"].as_array().unwrap().len(), 2);
    assert_eq!((&entry["extension"], &entry["permissions"]["can_upload"]), (&json!(""), &json!(true)));
    assert_eq!(entry.get("name"), None);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::new().await;
    world.file("/f", "hello").await;
    for (query, code) in [
        ("marker=Zg", "invalid_parameter"),
        ("usemarker=false&marker=Zg", "invalid_parameter"),
        ("usemarker=maybe", "invalid_parameter"),
        ("usemarker=true&marker=!", "invalid_parameter"),
        ("usemarker=true&marker=_w", "invalid_parameter"),
        ("offset=10001", "invalid_offset"),
        ("limit=many", "invalid_limit"),
    ] {
        world.box_get(&format!("/2.0/folders/0/items?{query}")).await.box_refuses(400, code);
    }
    for id in ["2", "99", "1"] {
        world.box_get(&format!("/2.0/folders/{id}/items")).await.box_refuses(404, "not_found");
    }
    let folder = world.box_folder("0", "d").await;
    world.post("/1/fileops/delete", "root=auto&path=/d").await;
    world.box_get(&format!("/2.0/folders/{folder}/items")).await.box_refuses(404, "trashed");
}
