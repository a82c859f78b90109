//! `/2.0/folders`.

use crate::world::World;
use axum::body::Body;
use expect_test::expect;
use http::Method;
use serde_json::{Value, json};
use tidemark_core::model::Access;

#[tokio::test]
async fn the_root_has_no_dates_no_parent_and_a_page_of_its_children() {
    let world = World::new().await;
    world.file("/b.txt", "hello").await;
    world.file("/A.txt", "hi").await;
    world.folder("/photos").await;
    let answer = world.box_get("/2.0/folders/0").await;
    expect![[r#"200 {"type":"folder","id":"0","etag":null,"sequence_id":null,"name":"All Files","created_at":null,"modified_at":null,"content_created_at":null,"content_modified_at":null,"description":"","size":7,"path_collection":{"total_count":0,"entries":[]},"created_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"modified_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"owned_by":{"type":"user","id":"1","name":"Ada King","login":"ada@example.org"},"trashed_at":null,"purged_at":null,"shared_link":null,"parent":null,"item_status":"active","folder_upload_email":null,"item_collection":{"total_count":3,"entries":[{"type":"folder","id":"4","etag":"3","sequence_id":"3","name":"photos"},{"type":"file","id":"3","etag":"2","sequence_id":"2","name":"A.txt","sha1":"c22b5f9178342609428d6f51b2c5af4c0bde6a42","file_version":{"type":"file_version","id":"2","sha1":"c22b5f9178342609428d6f51b2c5af4c0bde6a42"}},{"type":"file","id":"2","etag":"1","sequence_id":"1","name":"b.txt","sha1":"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d","file_version":{"type":"file_version","id":"1","sha1":"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"}}],"offset":0,"limit":100,"order":[{"by":"type","direction":"ASC"},{"by":"name","direction":"ASC"}]}}"#]].assert_eq(&answer.shown());
}

#[tokio::test]
async fn a_folder_inside_others_tells_the_way_to_it() {
    let world = World::new().await;
    let outer = world.box_folder("0", "Outer").await;
    let inner = world.box_folder(&outer, "Inner").await;
    let folder = world.box_get(&format!("/2.0/folders/{inner}")).await.json();
    assert_eq!(folder["parent"]["name"], "Outer");
    let way: Vec<_> = folder["path_collection"]["entries"].as_array().unwrap().iter().collect();
    assert_eq!((way.len(), &way[0]["id"], &way[1]["id"]), (2, &json!("0"), &json!(outer)));
    assert_eq!(folder["path_collection"]["total_count"], 2);
    assert_eq!(folder["created_at"], "2014-02-05T09:07:03Z");
    assert_eq!(folder["etag"], folder["sequence_id"]);
}

#[tokio::test]
async fn whoever_has_a_state_already_is_told_nothing_else() {
    let world = World::new().await;
    let id = world.box_folder("0", "a").await;
    let uri = format!("/2.0/folders/{id}");
    let etag = world.box_get(&uri).await.field("etag");
    for tag in [etag.clone(), format!("\"{etag}\"")] {
        let answer = world.box_get_with(&uri, "if-none-match", &tag).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0));
    }
    assert_eq!(world.box_get_with(&uri, "if-none-match", "99").await.status, 200);
    assert_eq!(world.box_get_with("/2.0/folders/0", "if-none-match", "*").await.status, 200);
}

#[tokio::test]
async fn a_listing_is_sorted_and_paged() {
    let world = World::new().await;
    for (path, body) in [("/b", "22"), ("/a", "333"), ("/c", "1")] {
        world.file(path, body).await;
    }
    world.folder("/z").await;
    let names = async |query: &str| {
        let page = world.box_get(&format!("/2.0/folders/0?{query}")).await.json()["item_collection"].take();
        let names = page["entries"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap());
        assert_eq!(page["total_count"], 4);
        names.collect::<String>()
    };
    for (query, expected) in [
        ("", "zabc"),
        ("direction=DESC", "zcba"),
        ("sort=size", "zcba"),
        ("sort=size&direction=desc", "zabc"),
        ("sort=id", "zbac"),
        ("sort=date&direction=DESC", "zcab"),
        ("offset=1&limit=2", "ab"),
        ("offset=4", ""),
        ("offset=9999", ""),
        ("limit=0", ""),
        ("limit=100000", "zabc"),
    ] {
        assert_eq!(names(query).await, expected, "{query}");
    }
    for (query, code) in [
        ("limit=-1", "invalid_limit"),
        ("limit=x", "invalid_limit"),
        ("offset=-1", "invalid_offset"),
        ("offset=10001", "invalid_offset"),
        ("sort=colour", "invalid_parameter"),
        ("direction=up", "invalid_parameter"),
    ] {
        world.box_get(&format!("/2.0/folders/0?{query}")).await.box_refuses(400, code);
    }
}

#[tokio::test]
async fn fields_that_are_asked_for_are_told() {
    let world = World::new().await;
    world.folder("/d").await;
    let some = world.box_get("/2.0/folders/0?fields=item_collection&limit=1").await.json();
    assert_eq!((&some["item_collection"]["entries"][0]["name"], some.get("name")), (&json!("d"), None));
    let answer = world.box_get("/2.0/folders/0?fields=name,nothing,permissions").await;
    expect![[r#"200 {"type":"folder","id":"0","etag":null,"name":"All Files","permissions":{"can_delete":false,"can_download":true,"can_invite_collaborator":false,"can_rename":false,"can_set_share_access":false,"can_share":false,"can_upload":true}}"#]].assert_eq(&answer.shown());
}

#[tokio::test]
async fn a_new_folder_is_told_as_it_is() {
    let world = World::new().await;
    let body = json!({ "name": "New", "parent": { "id": "0" }, "folder_upload_email": null });
    let answer = world.box_json(Method::POST, "/2.0/folders?fields=name,parent", &body).await;
    expect![[r#"201 {"type":"folder","id":"2","etag":"1","name":"New","parent":{"type":"folder","id":"0","etag":null,"sequence_id":null,"name":"All Files"}}"#]].assert_eq(&answer.shown());
}

/// The oldest client says nothing of it, and there are tools that call every body a form.
#[tokio::test]
async fn a_body_is_an_object_whatever_it_is_called() {
    let world = World::new().await;
    for (n, called) in [
        None,
        Some("application/json"),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("x"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut request = world.ask(Method::POST, "/2.0/folders");
        if let Some(called) = called {
            request = request.header("content-type", called);
        }
        let body = json!({ "name": n.to_string(), "parent": { "id": "0" } }).to_string();
        let answer = world.box_send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, 201, "{called:?}: {}", answer.text());
    }
}

/// Programs that keep ids as numbers are understood wherever a body has one.
#[tokio::test]
async fn an_id_may_be_a_number() {
    let world = World::new().await;
    let made =
        world.box_json(Method::POST, "/2.0/folders", &json!({ "name": "d", "parent": { "id": 0 } })).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let folder: u64 = made.field("id").parse().unwrap();
    let uri = format!("/2.0/files/{}", world.box_file("/a", "old").await);
    let version: u64 =
        world.box_get(&uri).await.json()["file_version"]["id"].as_str().unwrap().parse().unwrap();
    world.file("/a", "new").await;
    let body = json!({ "parent": { "id": folder }, "version": version });
    let copy = world.box_json(Method::POST, &format!("{uri}/copy"), &body).await;
    assert_eq!((copy.status.as_u16(), &copy.json()["size"]), (201, &json!(3)), "{}", copy.text());
    let body = json!({ "type": "file_version", "id": version });
    assert_eq!(world.box_json(Method::POST, &format!("{uri}/versions/current"), &body).await.status, 201);
    let body = json!({ "name": "b", "parent": { "id": folder } });
    assert_eq!(world.box_json(Method::PUT, &uri, &body).await.status, 200);
}

/// The conflict is a list here, and nowhere else.
#[tokio::test]
async fn a_name_that_is_taken_is_refused_with_a_list_of_what_has_it() {
    let world = World::new().await;
    world.file("/Taken", "hello").await;
    let body = json!({ "name": "taken", "parent": { "id": "0" } });
    let answer = world.box_json(Method::POST, "/2.0/folders", &body).await;
    let context = answer.box_refuses(409, "item_name_in_use");
    expect![[r#"{"conflicts":[{"etag":"1","file_version":{"id":"1","sha1":"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d","type":"file_version"},"id":"2","name":"Taken","sequence_id":"1","sha1":"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d","type":"file"}]}"#]].assert_eq(&context.to_string());
}

#[tokio::test]
async fn what_cannot_be_a_folder_is_refused() {
    let world = World::new().await;
    world.file("/file", "hello").await;
    let at = |parent: Value, name: Value| json!({ "name": name, "parent": parent });
    let root = json!({ "id": "0" });
    for (body, status, code) in [
        (json!({}), 400, "bad_request"),
        (at(Value::Null, "a".into()), 400, "bad_request"),
        (at(json!({}), "a".into()), 400, "bad_request"),
        (at(root.clone(), Value::Null), 400, "bad_request"),
        (at(root.clone(), "".into()), 400, "item_name_invalid"),
        (at(root.clone(), "..".into()), 400, "item_name_invalid"),
        (at(root.clone(), "a/b".into()), 400, "item_name_invalid"),
        (at(root.clone(), "a\\b".into()), 400, "item_name_invalid"),
        (at(root.clone(), "a ".into()), 400, "item_name_invalid"),
        (at(root.clone(), "a\u{1}".into()), 400, "item_name_invalid"),
        (at(root.clone(), "a".repeat(256).into()), 400, "item_name_too_long"),
        (at(json!({ "id": "x" }), "a".into()), 400, "invalid_parameter"),
        (at(json!({ "id": 0.5 }), "a".into()), 400, "invalid_parameter"),
        (at(json!({ "id": u64::MAX }), "a".into()), 404, "not_found"),
        (at(json!([]), "a".into()), 400, "bad_request"),
        (at(json!({ "id": "1" }), "a".into()), 404, "not_found"),
        (at(json!({ "id": "2" }), "a".into()), 404, "not_found"),
        (at(json!({ "id": "99" }), "a".into()), 404, "not_found"),
    ] {
        world.box_json(Method::POST, "/2.0/folders", &body).await.box_refuses(status, code);
    }
    assert_eq!(world.head().await, 1, "nothing was made");
}

#[tokio::test]
async fn an_app_with_a_folder_of_its_own_sees_that_as_everything() {
    let mut world = World::new().await;
    let outside = world.box_folder("0", "outside").await;
    world.token = world.token_for(&world.account, "Narrow", Access::AppFolder).await;
    let inside = world.box_folder("0", "inside").await;
    let root = world.box_get("/2.0/folders/0").await.json();
    assert_eq!(
        (&root["id"], &root["name"], &root["parent"]),
        (&json!("0"), &json!("All Files"), &Value::Null)
    );
    assert_eq!(root["item_collection"]["total_count"], 1);
    let inside = world.box_get(&format!("/2.0/folders/{inside}")).await.json();
    assert_eq!(
        (&inside["parent"]["id"], &inside["path_collection"]["total_count"]),
        (&json!("0"), &json!(1))
    );
    world.box_get(&format!("/2.0/folders/{outside}")).await.box_refuses(404, "not_found");
}

#[tokio::test]
async fn what_is_no_folder_is_not_found() {
    let world = World::new().await;
    world.file("/file", "hello").await;
    for id in ["1", "2", "99", "18446744073709551615", "99999999999999999999"] {
        let context = world.box_get(&format!("/2.0/folders/{id}")).await.box_refuses(404, "not_found");
        assert_eq!(context["errors"][0]["name"], "item", "{id}");
    }
}
