//! `/2.0/search`.

use crate::world::World;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

impl World {
    /// The names that are found, in their order.
    async fn finds(&self, query: &str) -> String {
        let page = self.box_get(&format!("/2.0/search?{query}")).await.json();
        assert_eq!(page["type"], "search_results_items", "{page}");
        let names =
            page["entries"].as_array().expect("entries").iter().map(|entry| entry["name"].as_str().unwrap());
        names.collect::<Vec<_>>().join(" ")
    }
}

/// Four files and a folder, one of each second.
async fn filled() -> World {
    let world = World::new().await;
    for (path, body) in [
        ("/cat one.txt", "1"),
        ("/Pets/cat two.jpg", "22"),
        ("/Pets/old/cat three.TXT", "333"),
        ("/dog.txt", "4"),
    ] {
        world.file(&path.replace(' ', "%20"), body).await;
        world.advance(Duration::from_secs(1));
    }
    world.folder("/Cats").await;
    world
}

#[tokio::test]
async fn names_are_found_by_their_words() {
    let world = filled().await;
    assert_eq!(world.finds("query=cat").await, "Cats cat three.TXT cat two.jpg cat one.txt");
    assert_eq!(world.finds("query=CAT%20W").await, "cat two.jpg");
    assert_eq!(world.finds("query=%22cat%20two%22").await, "cat two.jpg");
    assert_eq!(world.finds("query=elephant").await, "");
    let page = world.box_get("/2.0/search?query=two").await.json();
    assert_eq!((&page["total_count"], &page["offset"], &page["limit"]), (&json!(1), &json!(0), &json!(30)));
    let found = &page["entries"][0];
    assert_eq!(
        (&found["type"], &found["size"], &found["item_status"]),
        (&json!("file"), &json!(2), &json!("active"))
    );
    assert_eq!(found["parent"]["name"], "Pets");
    assert_eq!(found["path_collection"]["entries"][0]["id"], "0");
    assert_eq!(found["sha1"].as_str().map(str::len), Some(40));
    assert!(found["created_at"].is_string() && found["owned_by"]["id"].is_string());
}

#[tokio::test]
async fn what_is_found_is_filtered() {
    let world = filled().await;
    let pets = world.box_get("/2.0/search?query=pets").await.json()["entries"][0]["id"].take();
    let old = world.box_get("/2.0/search?query=old").await.json()["entries"][0]["id"].take();
    let cats = world.box_get("/2.0/search?query=cats").await.json()["entries"][0]["id"].take();
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    for (filter, found) in [
        ("type=file".to_owned(), "cat three.TXT cat two.jpg cat one.txt"),
        ("type=folder".to_owned(), "Cats"),
        ("type=web_link".to_owned(), ""),
        ("file_extensions=txt".to_owned(), "cat three.TXT cat one.txt"),
        ("file_extensions=.JPG,png".to_owned(), "cat two.jpg"),
        (format!("ancestor_folder_ids={}", id(&pets)), "cat three.TXT cat two.jpg"),
        (format!("ancestor_folder_ids={},{}", id(&old), id(&cats)), "cat three.TXT"),
        ("ancestor_folder_ids=0".to_owned(), "Cats cat three.TXT cat two.jpg cat one.txt"),
        ("ancestor_folder_ids=99".to_owned(), ""),
        ("size_range=2,".to_owned(), "cat three.TXT cat two.jpg"),
        ("size_range=1,2&type=file".to_owned(), "cat two.jpg cat one.txt"),
        (
            "created_at_range=2014-02-05T09:07:04Z,2014-02-05T09:07:05Z&type=file".to_owned(),
            "cat three.TXT cat two.jpg",
        ),
        ("updated_at_range=,2014-02-05T09:07:03Z".to_owned(), "cat one.txt"),
        ("updated_at_range=2014-02-05T10:07:05%2B01:00,&type=file".to_owned(), "cat three.TXT"),
        ("content_types=name,description".to_owned(), "Cats cat three.TXT cat two.jpg cat one.txt"),
        ("content_types=comments".to_owned(), ""),
        ("owner_user_ids=1,7".to_owned(), "Cats cat three.TXT cat two.jpg cat one.txt"),
        ("owner_user_ids=7".to_owned(), ""),
    ] {
        assert_eq!(world.finds(&format!("query=cat&{filter}")).await, found, "{filter}");
    }
}

#[tokio::test]
async fn the_trash_is_searched_if_asked_for() {
    let world = filled().await;
    world.post("/1/fileops/delete", "root=auto&path=/cat%20one.txt").await;
    world.post("/1/fileops/delete", "root=auto&path=/Pets").await;
    assert_eq!(world.finds("query=cat").await, "Cats");
    assert_eq!(world.finds("query=cat&trash_content=non_trashed_only").await, "Cats");
    assert_eq!(world.finds("query=cat&trash_content=trashed_only").await, "cat one.txt");
    let all = world.finds("query=cat&trash_content=all_items").await;
    assert!(all.contains("Cats") && all.contains("cat one.txt"), "{all}");
    let trashed =
        world.box_get("/2.0/search?query=pets&trash_content=trashed_only").await.json()["entries"][0].take();
    assert_eq!((&trashed["type"], &trashed["item_status"]), (&json!("folder"), &json!("trashed")));
    assert_eq!(trashed["path_collection"]["entries"][0]["id"], "1");
    assert!(trashed["trashed_at"].is_string());
    let gone = format!("/2.0/folders/{}/trash", trashed["id"].as_str().unwrap());
    world.box_json(Method::DELETE, &gone, &json!({})).await;
    assert_eq!(world.finds("query=pets&trash_content=all_items").await, "");
}

#[tokio::test]
async fn what_is_found_is_sorted_and_paged() {
    let world = filled().await;
    assert_eq!(
        world.finds("query=cat&sort=modified_at&direction=ASC&type=file").await,
        "cat one.txt cat two.jpg cat three.TXT"
    );
    assert_eq!(
        world.finds("query=cat&sort=modified_at&type=file").await,
        "cat three.TXT cat two.jpg cat one.txt"
    );
    for (query, names, limit) in [
        ("limit=1", "Cats", 1),
        ("offset=1&limit=2", "cat three.TXT cat two.jpg", 2),
        ("offset=9", "", 30),
        ("limit=999", "Cats cat three.TXT cat two.jpg cat one.txt", 200),
        ("limit=0", "", 0),
    ] {
        assert_eq!(world.finds(&format!("query=cat&{query}")).await, names, "{query}");
        let page = world.box_get(&format!("/2.0/search?query=cat&{query}")).await.json();
        assert_eq!((&page["total_count"], &page["limit"]), (&json!(4), &json!(limit)), "{query}");
    }
    let named = world.box_get("/2.0/search?query=two&fields=name").await.json()["entries"][0].take();
    assert_eq!(named.as_object().unwrap().len(), 4, "{named}");
}

#[tokio::test]
async fn what_cannot_be_searched_says_why() {
    let world = filled().await;
    world.box_get("/2.0/search").await.box_refuses(400, "missing_parameter");
    for (query, code) in [
        ("limit=-1", "invalid_limit"),
        ("offset=10001", "invalid_offset"),
        ("type=song", "invalid_parameter"),
        ("trash_content=yes", "invalid_parameter"),
        ("sort=size", "invalid_parameter"),
        ("direction=up", "invalid_parameter"),
        ("size_range=1", "invalid_parameter"),
        ("size_range=a,b", "invalid_parameter"),
        ("created_at_range=yesterday,", "invalid_parameter"),
        ("ancestor_folder_ids=root", "invalid_parameter"),
        ("mdfilters=[]", "invalid_parameter"),
    ] {
        world.box_get(&format!("/2.0/search?query=cat&{query}")).await.box_refuses(400, code);
    }
    world
        .box_get(&format!("/2.0/search?query={}", "x".repeat(2_000)))
        .await
        .box_refuses(400, "invalid_parameter");
    world.box_get("/2.0/search?query=%22%22").await.box_refuses(400, "invalid_parameter");
    let many = vec!["1"; 200].join(",");
    world
        .box_get(&format!("/2.0/search?query=cat&ancestor_folder_ids={many}"))
        .await
        .box_refuses(400, "invalid_parameter");
}
