//! The page of files, and the token that its scripts call the API with.

use crate::browser::{Browser, EMAIL, PASSWORD, Reply, World};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};

/// The value of a `<meta>` of the page.
fn meta(page: &Reply, name: &str) -> String {
    let (_, after) = page.body.split_once(&format!("<meta name=\"{name}\" content=\"")).expect("such a meta");
    after.split('"').next().unwrap().to_owned()
}

async fn page_token(browser: &mut Browser) -> String {
    let page = browser.get("/files").await;
    let reply = browser.post("/session/token", &[("form_token", &meta(&page, "form-token"))]).await;
    assert_eq!((reply.status, reply.header(CACHE_CONTROL)), (StatusCode::OK, "no-store"));
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

async fn world() -> World {
    let world = World::with_ann().await;
    world.people.ensure_own_apps().await.unwrap();
    world
}

/// The page has scripts of ours alone, and none of them can make markup of text.
#[tokio::test]
async fn the_page_runs_nothing_but_our_files() {
    let world = world().await;
    let page = world.signed_in().await.get("/files/Photos/2026").await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header(CONTENT_SECURITY_POLICY);
    for rule in [
        "default-src 'none'",
        "script-src 'self';",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"));
    assert_eq!(page.body.matches("<script").count(), 1);
    assert!(page.body.contains("<script type=\"module\" src=\"/assets/"));
}

/// Whoever is not signed in is led through the sign-in page to the folder that they asked for.
#[tokio::test]
async fn a_stranger_signs_in_first() {
    let world = world().await;
    let mut browser = world.browser();
    let away = browser.get("/files/Photos/a%20b").await;
    assert_eq!(
        (away.status, away.location()),
        (StatusCode::SEE_OTHER, "/login?continue=/files/Photos/a%2520b")
    );
    let back = browser.sign_in_at(away.location(), EMAIL, PASSWORD).await;
    assert_eq!(back.location(), "/files/Photos/a%20b");
}

/// Every page of a session gets the same token; it is Ann's, and other browsers have others.
#[tokio::test]
async fn a_session_has_one_token() {
    let world = world().await;
    let (mut one, mut other) = (world.signed_in().await, world.signed_in().await);
    let token = page_token(&mut one).await;
    assert_eq!(page_token(&mut one).await, token);
    assert_ne!(page_token(&mut other).await, token);
    let caller = world.people.authenticate(&token).await.unwrap();
    assert_eq!((caller.account.email.as_str(), caller.app.key.0.as_str()), (EMAIL, "tidemark-pages"));
}

/// Without the proof that one of our pages asks, or without a session, there is none.
#[tokio::test]
async fn only_our_pages_get_it() {
    let world = world().await;
    let mut ann = world.signed_in().await;
    assert_eq!(ann.post("/session/token", &[]).await.status, StatusCode::FORBIDDEN);
    let form_token = meta(&ann.get("/files").await, "form-token");
    let fields = [("form_token", form_token.as_str())];
    let elsewhere = ann.post_with("/session/token", &fields, &[("origin", "https://evil.example")]).await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    let crossing = ann.post_with("/session/token", &fields, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(crossing.status, StatusCode::FORBIDDEN);
    let mut stranger = world.browser();
    let form_token = stranger.get("/login").await.field("form_token");
    let reply = stranger.post("/session/token", &[("form_token", &form_token)]).await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::UNAUTHORIZED, "null"));
}

/// Whatever ends a session ends its token: signing out, a new password, being shut out.
#[tokio::test]
async fn it_ends_with_the_session() {
    let world = world().await;
    let (mut one, mut other) = (world.signed_in().await, world.signed_in().await);
    let (first, second) = (page_token(&mut one).await, page_token(&mut other).await);
    let form_token = meta(&one.get("/files").await, "form-token");
    one.post("/logout", &[("form_token", &form_token)]).await;
    assert!(world.people.authenticate(&first).await.is_err());
    assert!(world.people.authenticate(&second).await.is_ok(), "the other browser goes on");
    world.people.set_password(EMAIL, "another good password").await.unwrap();
    assert!(world.people.authenticate(&second).await.is_err());
}

/// An administrator who shuts the pages' app out has no tokens given to them.
#[tokio::test]
async fn the_pages_can_be_shut_out() {
    let world = world().await;
    let mut ann = world.signed_in().await;
    let token = page_token(&mut ann).await;
    world.people.set_app_disabled("tidemark-pages", true).await.unwrap();
    assert!(world.people.authenticate(&token).await.is_err());
    let form_token = meta(&ann.get("/files").await, "form-token");
    let reply = ann.post("/session/token", &[("form_token", &form_token)]).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

/// No program can be allowed to speak for the pages.
#[tokio::test]
async fn nobody_else_can_ask_in_their_name() {
    let world = world().await;
    let mut ann = world.signed_in().await;
    let url = "/1/oauth2/authorize?client_id=tidemark-pages&response_type=code&code_challenge=\
               E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    assert_eq!(ann.get(url).await.status, StatusCode::BAD_REQUEST);
}
