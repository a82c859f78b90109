//! `/links`: what somebody has shared, and how it ends.

use crate::browser::{EMAIL, PASSWORD, World};
use http::StatusCode;
use std::time::Duration;
use tidemark_core::model::Path;

async fn is_open(world: &World, key: &str) -> bool {
    world.browser().get(&format!("/s/{key}/x")).await.status == StatusCode::OK
}

#[tokio::test]
async fn lists_links_with_where_they_point() {
    let world = World::with_ann().await;
    let mut ann = world.signed_in().await;
    assert!(ann.get("/").await.body.contains("href=\"/links\""), "the way there");
    assert!(ann.get("/links").await.body.contains("You have shared nothing."));
    world.put("/Dir/<a>.txt", b"a").await;
    let (file, folder) = (world.share("/Dir/<a>.txt").await, world.share("/Dir").await);
    let shown = ann.get("/links").await;
    for text in [
        "<bdi>/Dir/&#60;a&#62;.txt</bdi>",
        "<bdi>/Dir</bdi></strong> <span class=\"hint\">folder</span>",
        "Camera &#60;&#38;&#62; Co · since 14 November 2023",
        &format!("value=\"http://files.example:8765/s/{}/%3Ca%3E.txt\"", file.key.0),
        &format!("href=\"http://files.example:8765/s/{}/Dir\"", folder.key.0),
    ] {
        assert!(shown.body.contains(text), "{text} in {}", shown.body);
    }
    world.cloud.delete(&world.tree().await, &Path::parse("/Dir").unwrap()).await.unwrap();
    let shown = ann.get("/links").await;
    for text in
        ["<bdi>Dir (deleted)</bdi>", "<bdi>&#60;a&#62;.txt (deleted)</bdi>", "The link to Dir (deleted)"]
    {
        assert!(shown.body.contains(text), "{text} in {}", shown.body);
    }
    assert!(!shown.body.contains("Open</a>"), "there is nothing to open");
    assert!(
        shown.body.contains(&format!("/l/{}\"", file.key.0)),
        "it can still be revoked, and may come back"
    );
}

/// Only whose it is ends it, and only with a form of ours.
#[tokio::test]
async fn revoking_ends_a_link_for_good() {
    let world = World::with_ann().await;
    world.put("/a", b"a").await;
    let link = world.share("/a").await;
    let mut ann = world.signed_in().await;
    let shown = ann.get("/links").await;
    assert_eq!(shown.field("link"), link.id.0.to_string());

    let forged = world.browser().submit(&shown, &[]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(
        ann.post("/links/revoke", &[("link", &link.id.0.to_string())]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        ann.get(&format!("/links/revoke?link={}", link.id.0)).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    world.account("bob@example.org").await;
    let mut bob = world.browser();
    bob.sign_in("bob@example.org", PASSWORD).await;
    assert!(bob.get("/links").await.body.contains("You have shared nothing."));
    let token = bob.get("/").await.field("form_token");
    for path in ["/links/revoke", "/links/expiry"] {
        let fields =
            [("form_token", token.as_str()), ("link", &link.id.0.to_string()), ("expires", "2000-01-01")];
        assert_eq!(bob.post(path, &fields).await.status, StatusCode::SEE_OTHER);
    }
    assert!(is_open(&world, &link.key.0).await);

    let reply = ann.submit(&shown, &[]).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/links"));
    assert!(!is_open(&world, &link.key.0).await);
    assert!(ann.get("/links").await.body.contains("You have shared nothing."));
    assert_ne!(world.share("/a").await.key, link.key);
}

#[tokio::test]
async fn a_link_can_be_given_a_last_day() {
    let world = World::with_ann().await;
    world.put("/a", b"a").await;
    let link = world.share("/a").await;
    let mut ann = world.signed_in().await;
    let token = ann.get("/links").await.field("form_token");
    let mut set = async |expires: &str| {
        let fields = [("form_token", token.as_str()), ("link", &link.id.0.to_string()), ("expires", expires)];
        let status = ann.post("/links/expiry", &fields).await.status;
        (status, ann.get("/links").await.body)
    };
    // It is 14 November 2023, 22:13 UTC.
    let (status, shown) = set("2023-11-15").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(shown.contains("until 15 November 2023") && shown.contains("value=\"2023-11-15\""), "{shown}");
    world.clock.advance(Duration::from_secs(25 * 60 * 60));
    assert!(is_open(&world, &link.key.0).await, "on its last day");
    world.clock.advance(Duration::from_secs(60 * 60));
    assert!(!is_open(&world, &link.key.0).await);
    let (_, shown) = set("2023-11-15").await;
    assert!(shown.contains("expired after 15 November 2023"));
    let (_, shown) = set("").await;
    assert!(!shown.contains("expired after") && is_open(&world, &link.key.0).await);
    for bad in ["tomorrow", "2023-02-30", "9999-12-31", "2023-11-15\r\nX: y"] {
        assert_eq!(set(bad).await.0, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert!(is_open(&world, &link.key.0).await);
}

#[tokio::test]
async fn many_links_have_pages() {
    let world = World::with_ann().await;
    for n in 0..120 {
        world.put(&format!("/{n:03}"), b"").await;
        world.share(&format!("/{n:03}")).await;
    }
    let mut ann = world.signed_in().await;
    let (mut path, mut seen) = ("/links".to_owned(), Vec::new());
    loop {
        let shown = ann.get(&path).await;
        seen.extend(shown.body.split("<bdi>/").skip(1).map(|rest| rest[..3].parse::<u32>().unwrap()));
        if path != "/links" {
            let reply = ann
                .post(
                    "/links/expiry",
                    &[
                        ("form_token", &shown.field("form_token")),
                        ("link", &shown.field("link")),
                        ("before", &shown.field("before")),
                    ],
                )
                .await;
            assert_eq!(reply.location(), path, "back to the same page");
        }
        let Some(at) = shown.body.find("\">Older</a>") else { break };
        path = shown.body[..at].rsplit('"').next().unwrap().to_owned();
    }
    assert_eq!(seen, (0..120).rev().collect::<Vec<_>>());
    for bad in ["-1", "x", "99999999999999999999999"] {
        assert_eq!(ann.get(&format!("/links?before={bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert!(ann.get("/links?before=0").await.body.contains("There are no more links."));
    assert_eq!(ann.get(&format!("/links?before={}", u64::MAX)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn strangers_are_asked_to_sign_in() {
    let world = World::with_ann().await;
    let mut stranger = world.browser();
    let reply = stranger.get("/links").await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/login?continue=/links"));
    let reply = stranger.sign_in_at("/login?continue=/links", EMAIL, PASSWORD).await;
    assert_eq!(reply.location(), "/links");
}
