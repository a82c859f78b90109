//! What every page promises by its headers.

use crate::browser::{Reply, World};
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use tidemark_core::model::{LinkChange, PasswordHash};

fn assert_guarded(page: &Reply) {
    assert_contained(page);
    assert!(!page.header(CONTENT_SECURITY_POLICY).contains("script-src"), "{:?}", page.headers);
    assert!(!page.body.contains("<script"));
}

/// With a script of ours, and no other.
fn assert_alive(page: &Reply) {
    assert_contained(page);
    let policy = page.header(CONTENT_SECURITY_POLICY);
    assert!(policy.contains("script-src 'self';") && policy.contains("trusted-types 'none'"), "{policy}");
    let ours = "<script type=\"module\" src=\"/assets/";
    assert_eq!((page.body.matches("<script").count(), page.body.matches(ours).count()), (1, 1));
}

fn assert_contained(page: &Reply) {
    assert_eq!(page.header(CONTENT_TYPE), "text/html; charset=utf-8");
    assert_eq!(page.header(CACHE_CONTROL), "no-store");
    assert_eq!(page.header(REFERRER_POLICY), "no-referrer");
    assert_eq!(page.header(X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(page.header(X_FRAME_OPTIONS), "DENY");
    let policy = page.header(CONTENT_SECURITY_POLICY);
    for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "style-src 'self'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for inline in ["<style", " style=", " onclick=", "javascript:"] {
        assert!(!page.body.contains(inline), "{inline}");
    }
    assert!(page.body.starts_with("<!doctype html>\n<html lang=\"en\">"));
    assert!(page.body.contains("name=\"viewport\""));
}

/// Every page, with nothing inline, for nobody's frame, cache or Referer.
#[tokio::test]
async fn every_page_is_guarded() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let mut stranger = world.browser();
    for path in ["/", "/help", "/login", "/setup?token=x", "/nowhere", "/1/oauth2/authorize"] {
        assert_guarded(&stranger.get(path).await);
    }
    let mut ann = world.signed_in().await;
    let consent = format!("/1/oauth2/authorize?response_type=code&client_id={}", app.key);
    for path in ["/account", "/activity", "/apps", "/login?again=1", &consent] {
        assert_guarded(&ann.get(path).await);
    }
    let page = ann.get(&consent).await;
    assert_guarded(&ann.submit(&page, &[("decision", "allow")]).await);
    world.put("/dir/a.txt", b"text").await;
    let (folder, file) = (world.share("/dir").await, world.share("/dir/a.txt").await);
    let locked = LinkChange { password: Some(Some(PasswordHash("x".into()))), ..LinkChange::default() };
    world.put("/locked.txt", b"text").await;
    let locked = world.share_with("/locked.txt", &locked).await;
    let asked = stranger.get(&format!("/s/{}", locked.key.0)).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    assert_guarded(&asked);
    assert_guarded(&stranger.submit(&asked, &[("password", "short")]).await);
    let ann_account = world.people.account(crate::browser::EMAIL).await.unwrap();
    world.people.issue_token(&ann_account, &app).await.unwrap();
    assert_alive(&ann.get("/links").await);
    for path in [
        "/links/revoke?link=1",
        &format!("/linked-apps/revoke?app={}", app.key.0),
        &format!("/s/{}/dir", folder.key.0),
        &format!("/s/{}/a.txt", file.key.0),
        "/s/x",
        "/l/x",
        "/v/x",
    ] {
        assert_guarded(&ann.get(path).await);
        if !path.starts_with("/link") {
            assert_guarded(&stranger.get(path).await);
        }
    }
    let root = tidemark_core::people::NewPerson {
        email: "root@example.org".into(),
        name: None,
        password: crate::browser::PASSWORD.into(),
        quota: None,
        admin: true,
    };
    world.people.add_account(root).await.unwrap();
    let mut root = world.browser();
    root.sign_in("root@example.org", crate::browser::PASSWORD).await;
    for path in ["/admin", "/admin/accounts/new", "/admin/accounts/1", "/admin/accounts/99"] {
        assert_guarded(&root.get(path).await);
    }
    let forged = ann.post("/logout", &[]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_guarded(&forged);
    let fresh = World::new();
    let link = fresh.people.setup_link().await.unwrap().unwrap();
    let setup = fresh.browser().get(&format!("/setup?token={}", link.reveal())).await;
    assert_eq!(setup.status, StatusCode::OK);
    assert_guarded(&setup);
}

/// Redirects carry secrets in their address, so they are kept and passed on as little as pages.
#[tokio::test]
async fn redirects_are_not_kept_either() {
    let world = World::with_ann().await;
    let reply = world.browser().sign_in(crate::browser::EMAIL, crate::browser::PASSWORD).await;
    assert_eq!((reply.status, reply.header(CACHE_CONTROL)), (StatusCode::SEE_OTHER, "no-store"));
    assert_eq!(reply.header(REFERRER_POLICY), "no-referrer");
}

/// Scripts and styles may be kept for ever, under an address that changes with them; what an older page asks for may not, nor what
/// is still being written.
#[tokio::test]
async fn assets_are_kept() {
    let world = World::new();
    let page = world.browser().get("/").await;
    let named = |end: &str| {
        let urls = page.body.split('"').filter(|text| text.starts_with("/assets/"));
        urls.into_iter().find(|url| url.ends_with(end)).expect("the page names it").to_owned()
    };
    let style = named("/styles/pages.css");
    for (url, kind) in [(&style, "text/css; charset=utf-8"), (&named("/tidemark.svg"), "image/svg+xml")] {
        let asset = world.browser().get(url).await;
        assert_eq!((asset.status, asset.header(CONTENT_TYPE)), (StatusCode::OK, kind));
        assert_eq!(asset.header(X_CONTENT_TYPE_OPTIONS), "nosniff");
        let kept = if cfg!(debug_assertions) { "no-cache" } else { "public, max-age=31536000, immutable" };
        assert_eq!(asset.header(CACHE_CONTROL), kept);
    }
    let other = world.browser().get("/assets/0123456789abcdef/styles/pages.css").await;
    assert_eq!((other.status, other.header(CACHE_CONTROL)), (StatusCode::OK, "no-cache"));
    for nothing in
        ["styles/none.css", "../Cargo.toml", "styles", "styles/../../Cargo.toml", "%2e%2e/Cargo.toml"]
    {
        let url = style.replace("styles/pages.css", nothing);
        assert_eq!(world.browser().get(&url).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
}
