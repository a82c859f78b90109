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
    assert!(ann.get("/account").await.body.contains("href=\"/links\""), "the way there");
    assert!(ann.get("/links").await.body.contains("You have shared nothing."));
    world.put("/Dir/<a>.txt", b"a").await;
    let (file, folder) = (world.share("/Dir/<a>.txt").await, world.share("/Dir").await);
    let shown = ann.get("/links").await;
    for text in [
        "<bdi>/Dir/&#60;a&#62;.txt</bdi>",
        "<bdi>/Dir</bdi> <span class=\"hint\">folder</span>",
        "Camera &#60;&#38;&#62; Co · since 14 November 2023",
        &format!("href=\"http://files.example:8765/l/{}\"", file.key.0),
        &format!(">http://files.example:8765/l/{}</a>", folder.key.0),
        "<span class=\"unseen\"> of the link to /Dir</span></label>",
    ] {
        assert!(shown.body.contains(text), "{text} in {}", shown.body);
    }
    world.cloud.delete(&world.tree().await, &Path::parse("/Dir").unwrap()).await.unwrap();
    let shown = ann.get("/links").await;
    for text in ["<bdi>Dir (deleted)</bdi>", "<bdi>&#60;a&#62;.txt (deleted)</bdi>"] {
        assert!(shown.body.contains(text), "{text} in {}", shown.body);
    }
    assert!(!shown.body.contains("href=\"http"), "there is nothing to open");
    assert!(
        shown.body.contains(&format!("/l/{}<", file.key.0)),
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
    let asking = format!("/links/revoke?link={}", link.id.0);
    assert!(ann.get("/links").await.body.contains(&format!("href=\"{asking}\"")), "the way there");
    let asked = ann.get(&asking).await;
    assert_eq!((asked.status, asked.field("link")), (StatusCode::OK, link.id.0.to_string()));
    assert!(
        asked.body.contains("Revoke the link to <bdi>/a</bdi>?") && asked.body.contains("cannot be undone")
    );

    let forged = world.browser().submit(&asked, &[]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let bare = ann.post("/links/revoke", &[("link", &link.id.0.to_string())]).await;
    assert_eq!(bare.status, StatusCode::FORBIDDEN);
    world.account("bob@example.org").await;
    let mut bob = world.browser();
    bob.sign_in("bob@example.org", PASSWORD).await;
    assert!(bob.get("/links").await.body.contains("You have shared nothing."));
    assert_eq!(bob.get(&asking).await.status, StatusCode::NOT_FOUND);
    let token = bob.get("/account").await.field("form_token");
    for path in ["/links/revoke", "/links/expiry"] {
        let fields =
            [("form_token", token.as_str()), ("link", &link.id.0.to_string()), ("expires", "2030-01-01")];
        let reply = bob.post(path, &fields).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/links?done=gone"));
    }
    assert!(is_open(&world, &link.key.0).await);

    let reply = ann.submit(&asked, &[]).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/links?done=revoked"));
    assert!(!is_open(&world, &link.key.0).await);
    let shown = ann.get(reply.location()).await;
    assert!(shown.body.contains("You have shared nothing."));
    assert!(shown.body.contains("role=\"status\">The link is revoked."), "{}", shown.body);
    let again = ann.submit(&asked, &[]).await;
    assert!(ann.get(again.location()).await.body.contains("role=\"status\">That link was revoked already."));
    assert_eq!(ann.get(&asking).await.status, StatusCode::NOT_FOUND);
    assert!(!ann.get("/links").await.body.contains("role=\"status\""));
    assert!(!ann.get("/links?done=%3Cb%3E").await.body.contains("role=\"status\""), "nothing is echoed");
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
        let reply = ann.post("/links/expiry", &fields).await;
        match reply.status {
            StatusCode::SEE_OTHER => {
                let (page, place) = reply.location().split_once('#').unwrap();
                let shown = ann.get(page).await.body;
                assert!(
                    shown.contains(&format!("<li id=\"{place}\""))
                        && shown.contains("role=\"status\">Saved: ")
                );
                (reply.status, shown)
            }
            status => (status, reply.body),
        }
    };
    // It is 14 November 2023, 22:13 UTC.
    let (status, shown) = set("2023-11-15").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    for text in [
        "until 15 November 2023",
        "Saved: its last day is 15 November 2023.",
        "min=\"2023-11-14\" max=\"2099-12-31\" value=\"2023-11-15\"",
    ] {
        assert!(shown.contains(text), "{text} in {shown}");
    }
    world.clock.advance(Duration::from_secs(25 * 60 * 60));
    assert!(is_open(&world, &link.key.0).await, "on its last day");
    world.clock.advance(Duration::from_secs(60 * 60 + 47 * 60));
    assert!(!is_open(&world, &link.key.0).await);
    assert!(world.signed_in().await.get("/links").await.body.contains("expired after 15 November 2023"));
    let (_, shown) = set("").await;
    assert!(!shown.contains("expired after") && is_open(&world, &link.key.0).await);
    assert!(shown.contains("it goes on until you revoke it"));
    for (bad, told) in [
        ("tomorrow", "This is no day of the calendar."),
        ("2023-02-30", "This is no day of the calendar."),
        ("2023-11-15\r\nX: y", "This is no day of the calendar."),
        ("2023-11-15", "This day is over."),
        ("9999-12-31", "The last day may be 31 December 2099."),
    ] {
        let (status, shown) = set(bad).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(shown.contains(&format!("role=\"alert\" id=\"problem\">{told}")), "{bad}: {shown}");
        let field = shown.split("<input ").find(|tag| tag.contains("type=\"date\"")).unwrap();
        for mark in
            [&format!("value=\"{bad}\"")[..], "aria-invalid=\"true\" aria-describedby=\"problem\" autofocus"]
        {
            assert!(field.contains(mark), "{mark} in {field}");
        }
        assert!(shown.contains("<details open>"));
    }
    assert!(is_open(&world, &link.key.0).await);
    let fields = [("form_token", token.as_str()), ("link", "99"), ("expires", "2001-01-01")];
    let lost = ann.post("/links/expiry", &fields).await;
    assert_eq!(lost.status, StatusCode::BAD_REQUEST);
    assert!(lost.body.contains("That link was revoked already.") && !lost.body.contains("role=\"alert\""));
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
            let target = format!("{path}&done=saved&link={}#link-{0}", shown.field("link"));
            assert_eq!(reply.location(), target, "back to the same place");
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
