//! `/activity`: what happened in somebody's files.

use crate::browser::{EMAIL, PASSWORD, World};
use http::StatusCode;
use std::time::Duration;
use tidemark_core::model::Path;

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

/// Newest first, in words, with the way there.
#[tokio::test]
async fn what_happened_is_told() {
    let world = World::with_ann().await;
    let mut ann = world.signed_in().await;
    assert!(ann.get("/activity").await.body.contains("Nothing yet"));
    world.put("/Füchse & <b>/a b.txt", b"one").await;
    let tree = world.tree().await;
    world.clock.advance(Duration::from_secs(180));
    world.put("/Füchse & <b>/a b.txt", b"two").await;
    world
        .cloud
        .move_to(&tree, &path("/Füchse & <b>/a b.txt"), &path("/Füchse & <b>/c.txt"), false)
        .await
        .unwrap();
    world.cloud.delete(&tree, &path("/Füchse & <b>/c.txt")).await.unwrap();
    world.put("/gone/d.txt", b"three").await;
    world.cloud.delete(&tree, &path("/gone")).await.unwrap();
    let page = ann.get("/activity").await;
    assert_eq!(page.status, StatusCode::OK);
    let told = [
        "deleted <a href=\"/files\"><bdi>/gone</bdi>",
        "added <bdi>/gone/d.txt</bdi>",
        "deleted <a href=\"/files/F%C3%BCchse%20%26%20%3Cb%3E\"><bdi>/Füchse &#38; &#60;b&#62;/c.txt</bdi>",
        "renamed “a b.txt” to <a",
        "changed <a",
        "added <a",
        "created the folder <a",
    ];
    let mut rest = page.body.as_str();
    for text in told {
        let at = rest.find(text).unwrap_or_else(|| panic!("{text}: {rest}"));
        rest = &rest[at + text.len()..];
    }
    assert!(rest.contains("3 minutes ago"), "{rest}");
    assert!(!page.body.contains("<b>/"));

    world.account("bob@example.org").await;
    let mut bob = world.browser();
    bob.sign_in("bob@example.org", PASSWORD).await;
    assert!(bob.get("/activity").await.body.contains("Nothing yet"), "it is nobody else's business");
    assert_eq!(world.browser().get("/activity").await.location(), "/login?continue=/activity");
}

/// Each change stands on one page, whatever page that is.
#[tokio::test]
async fn a_long_story_is_told_page_by_page() {
    let world = World::with_ann().await;
    for n in 0..120 {
        world.put(&format!("/{n}.txt"), n.to_string().as_bytes()).await;
    }
    let mut ann = world.signed_in().await;
    let (mut next, mut seen) = ("/activity".to_owned(), Vec::new());
    loop {
        let page = ann.get(&next).await;
        let names = page.body.split("<bdi>/").skip(1).map(|rest| rest.split('.').next().unwrap().to_owned());
        seen.extend(names);
        match page.body.split("href=\"/activity?").nth(1) {
            Some(rest) => next = format!("/activity?{}", rest.split('"').next().unwrap()),
            None => break,
        }
    }
    assert_eq!(seen, (0..120).rev().map(|n| n.to_string()).collect::<Vec<_>>());
    for (query, status) in [
        ("before=0", StatusCode::OK),
        ("before=1", StatusCode::OK),
        ("before=18446744073709551615", StatusCode::OK),
        ("before=x", StatusCode::BAD_REQUEST),
        ("before=-1", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ann.get(&format!("/activity?{query}")).await.status, status, "{query}");
    }
    assert!(world.people.account(EMAIL).await.is_ok());
}
