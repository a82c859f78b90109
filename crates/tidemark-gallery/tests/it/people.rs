//! Several people in one gallery.

use http::{Method, StatusCode};

use crate::world::World;

/// What is somebody's is nobody else's: not by number, not by month, not by album, not by link.
#[tokio::test(start_paused = true)]
async fn nobody_sees_what_is_another_s() {
    let world = World::new().await;
    let (ada, bob) = (world.account("ada@example.org").await, world.account("bob@example.org").await);
    ada.put("/Private/a.jpg", "picture of Ada").await;
    bob.put("/b.jpg", "picture of Bob").await;
    let (hers, his) = (world.signed_in(&ada).await, world.signed_in(&bob).await);
    let id = hers.until_pictures(&["a.jpg"]).await[0];
    his.until_pictures(&["b.jpg"]).await;
    let told = hers.get(&format!("/api/pictures/{id}")).await.json();
    let (rev, album) = (told["rev"].as_str().unwrap(), told["album"].as_i64().unwrap());
    let paths = [
        format!("/pictures/{id}"),
        format!("/pictures/{id}/original"),
        format!("/thumbnails/{id}/{rev}/grid"),
        format!("/api/pictures/{id}"),
        format!("/api/albums/{album}"),
    ];
    let stranger = world.browser();
    for path in &paths {
        assert_eq!(hers.get(path).await.status, StatusCode::OK, "{path}");
        assert_eq!(his.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(his.get_with(path, "if-none-match", "*").await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(stranger.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let of_album = his.get(&format!("/api/timeline?album={album}")).await.json();
    assert_eq!(of_album["months"].as_array().unwrap().len(), 0);
    assert_eq!(
        his.get(&format!("/api/timeline/201402?album={album}")).await.json()["pictures"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    let token = his.form_token().await;
    for path in [format!("/api/albums/{album}/share"), format!("/api/pictures/{id}/share")] {
        let shared = his.ask(Method::POST, &path, &[("x-form-token", &token)], "").await;
        assert_eq!(shared.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/api/timeline", "/api/timeline/201402", "/api/albums", "/events"] {
        assert_eq!(stranger.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

/// Somebody else who signs in in the same browser has it to themselves.
#[tokio::test(start_paused = true)]
async fn another_person_in_the_same_browser() {
    let world = World::new().await;
    let (ada, bob) = (world.account("ada@example.org").await, world.account("bob@example.org").await);
    ada.put("/a.jpg", "picture").await;
    bob.put("/b.jpg", "picture").await;
    let browser = world.signed_in(&ada).await;
    browser.until_pictures(&["a.jpg"]).await;
    let before = browser.session();
    world.sign_in(&browser, &bob).await;
    browser.until_pictures(&["b.jpg"]).await;
    let old = world.browser();
    old.set_session(&before);
    assert_eq!(old.get("/api/timeline").await.status, StatusCode::UNAUTHORIZED);
}

/// Two browsers of one person: each has a session and a token of its own.
#[tokio::test(start_paused = true)]
async fn two_browsers() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    ada.put("/a.jpg", "picture").await;
    let (one, two) = (world.signed_in(&ada).await, world.signed_in(&ada).await);
    let token = two.form_token().await;
    assert!(one.form_token().await != token);
    two.ask(Method::POST, "/sign-out", &[], &format!("form_token={token}")).await;
    assert_eq!(two.get("/api/timeline").await.status, StatusCode::UNAUTHORIZED);
    one.until_pictures(&["a.jpg"]).await;
    ada.put("/b.jpg", "picture").await;
    one.until_pictures(&["b.jpg", "a.jpg"]).await;
}
