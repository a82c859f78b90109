//! `/`: what is linked, and how it is unlinked.

use crate::browser::{EMAIL, World};
use http::StatusCode;
use std::time::Duration;
use tidemark_api::http::Origin;

/// An app stands there once, however often it was allowed, and Revoke ends all of it.
#[tokio::test]
async fn shows_linked_apps_and_revokes_them() {
    let world = World::with_ann().await;
    let mut browser = world.signed_in().await;
    assert!(browser.get("/").await.body.contains("No app can reach your files"));

    let (ann, app) = (world.people.account(EMAIL).await.unwrap(), world.app().await);
    let (first, _) = world.people.issue_token(&ann, &app).await.unwrap();
    world.clock.advance(Duration::from_secs(40 * 24 * 60 * 60 / 2));
    let (second, _) = world.people.issue_token(&ann, &app).await.unwrap();
    let home = browser.get("/").await;
    assert_eq!(home.body.matches("Camera &#60;&#38;&#62; Co</strong>").count(), 1);
    assert!(home.body.contains("All your files · since 14 November 2023"), "since the first time");
    for secret in [first.reveal(), second.reveal(), &app.secret] {
        assert!(!home.body.contains(secret));
    }

    let asking = format!("/linked-apps/revoke?app={}", app.key.0);
    assert!(home.body.contains(&format!("href=\"{asking}\"")), "the way there");
    let asked = browser.get(&asking).await;
    assert_eq!((asked.status, asked.field("app")), (StatusCode::OK, app.key.0.clone()));
    assert!(asked.body.contains("Revoke <bdi>Camera &#60;&#38;&#62; Co</bdi>?"));
    let mut stranger = world.browser();
    let forged = stranger.submit(&asked, &[]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(stranger.get(&asking).await.location(), "/login?continue=/");
    assert!(world.people.authenticate(first.reveal()).await.is_ok());

    let reply = browser.submit(&asked, &[]).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/?done=unlinked"));
    for token in [first, second] {
        assert!(world.people.authenticate(token.reveal()).await.is_err());
    }
    let done = browser.get(reply.location()).await;
    assert!(done.body.contains("No app can reach your files"));
    assert!(done.body.contains("role=\"status\">The app is revoked."));
    assert_eq!(browser.get(&asking).await.status, StatusCode::NOT_FOUND);
    assert!(!browser.get("/").await.body.contains("role=\"status\""));
}

/// One person's Revoke does not touch another's.
#[tokio::test]
async fn revoking_is_personal() {
    let world = World::with_ann().await;
    let (bob, app) = (world.account("bob@example.org").await, world.app().await);
    let (token, _) = world.people.issue_token(&bob, &app).await.unwrap();
    let mut ann = world.signed_in().await;
    let form = ann.get("/").await.field("form_token");
    ann.post("/linked-apps/revoke", &[("form_token", &form), ("app", &app.key.0)]).await;
    assert!(world.people.authenticate(token.reveal()).await.is_ok());
}

/// Commands that can be copied as they stand, but for what only their reader knows.
#[tokio::test]
async fn the_help_names_this_server() {
    let world = World::with_ann().await;
    for mut browser in [world.browser(), world.signed_in().await] {
        let help = browser.get("/help").await;
        assert!(help.body.contains("http://files.example:8765/1/files_put/auto/notes.txt"), "{}", help.body);
        assert!(!help.body.contains('$'));
    }
    assert!(world.signed_in().await.get("/help").await.body.contains(&format!("--user</span> {EMAIL}")));
    let public = Some("https://cloud.example".to_owned());
    let world = World::configured(|site| site.at(Origin { behind_proxy: true, public }));
    assert!(world.browser().get("/help").await.body.contains("https://cloud.example/1/metadata/auto/"));
}
