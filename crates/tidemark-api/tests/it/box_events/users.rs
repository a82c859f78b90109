//! `/2.0/users`.

use crate::world::{Choices, World};
use expect_test::expect;

#[tokio::test]
async fn who_calls_is_told_with_numbers_for_space() {
    let world = World::with(Choices { quota: Some(1_000), ..Choices::default() }).await;
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
