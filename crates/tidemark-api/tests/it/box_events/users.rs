//! `/2.0/users`.

use crate::world::World;
use expect_test::expect;
use tidemark_core::store::{AccountChange, AccountStore as _};

#[tokio::test]
async fn who_calls_is_told_with_numbers_for_space() {
    let world = World::with_quota(1_000).await;
    world.file("/a", "hello").await;
    let mut user = world.box_get("/2.0/users/me").await.json();
    let avatar_url = user["avatar_url"].take();
    assert!(
        avatar_url.as_str().is_some_and(|url| url.starts_with("http://localhost/assets/")),
        "{avatar_url}"
    );
    expect![[r#"{"address":"","avatar_url":null,"created_at":"2014-02-05T09:07:03Z","id":"1","job_title":"","language":"en","login":"ada@example.org","max_upload_size":549755813888,"modified_at":"2014-02-05T09:07:03Z","name":"Ada King","notification_email":null,"phone":"","space_amount":1000,"space_used":5,"status":"active","timezone":"Etc/UTC","type":"user"}"#]].assert_eq(&user.to_string());
}

#[tokio::test]
async fn without_a_quota_the_space_is_a_number_that_a_double_holds() {
    let world = World::new().await;
    let answer = world.box_get("/2.0/users/me?fields=space_amount,space_used,nothing").await;
    expect![[r#"200 {"type":"user","id":"1","space_amount":9007199254740991,"space_used":0}"#]]
        .assert_eq(&answer.shown());
}

#[tokio::test]
async fn oneself_is_found_by_number_and_others_are_not() {
    let world = World::new().await;
    let bo = world.person("bo@example.org").await;
    let me = world.box_get("/2.0/users/me").await.json();
    assert_eq!(world.box_get("/2.0/users/1").await.json(), me);
    for id in [bo.id.0, 99] {
        world.box_get(&format!("/2.0/users/{id}")).await.box_refuses(404, "not_found");
        world.box_get(&format!("/2.0/users/{id}/avatar")).await.box_refuses(404, "not_found");
    }
    world.box_get("/2.0/users").await.box_refuses(403, "access_denied_insufficient_permissions");
    let avatar = world.box_get("/2.0/users/1/avatar").await;
    assert_eq!((avatar.status.as_u16(), avatar.header("content-type")), (200, Some("image/svg+xml")));
}

#[tokio::test]
async fn administrators_are_told_of_everybody() {
    let world = World::new().await;
    let bo = world.person("bo@example.org").await;
    world.accounts.change_account(world.account.id, AccountChange::Admin(true)).await.unwrap();
    let list = world.box_get("/2.0/users?limit=1&offset=1").await.json();
    assert_eq!((&list["total_count"], &list["limit"], &list["offset"]), (&2.into(), &1.into(), &1.into()));
    assert_eq!(list["entries"][0]["login"], "bo@example.org");
    assert_eq!(list["entries"].as_array().map(Vec::len), Some(1));
    assert!(list["order"].is_array());
    let found = world.box_get("/2.0/users?filter_term=BO").await.json();
    assert_eq!((&found["total_count"], &found["entries"][0]["id"]), (&1.into(), &bo.id.0.to_string().into()));
    assert_eq!(world.box_get(&format!("/2.0/users/{}", bo.id.0)).await.field("login"), "bo@example.org");
    assert_eq!(world.box_get(&format!("/2.0/users/{}/avatar", bo.id.0)).await.status, 200);
    world.box_get("/2.0/users?offset=x").await.box_refuses(400, "invalid_offset");
}

#[tokio::test]
async fn nobody_has_collections() {
    let world = World::new().await;
    let answer = world.box_get("/2.0/collections?limit=7").await;
    expect![[r#"200 {"total_count":0,"entries":[],"offset":0,"limit":7,"order":[]}"#]]
        .assert_eq(&answer.shown());
}
