//! Signing in and out.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use futures_util::StreamExt as _;
use http::{Method, Request, StatusCode};
use tidemark_client::OWN_APP;
use tidemark_gallery::{App, Gallery, GalleryError, Options, Signing};
use tower::ServiceExt as _;

use crate::world::{GALLERY, SERVER, World};

/// The whole way: a page that asks to sign in, the server's consent, the session, and the way out, which revokes the token.
#[tokio::test(start_paused = true)]
async fn in_and_out() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let browser = world.browser();
    let page = browser.get("/albums").await;
    assert!(
        page.status == StatusCode::OK && page.text().contains("href=\"/sign-in?to=%2Falbums\""),
        "{}",
        page.text()
    );
    let asked = browser.begin().await;
    assert_eq!((&*asked["client_id"], &*asked["redirect_uri"]), (OWN_APP, "http://127.0.0.1:8766/"));
    assert_eq!(asked["code_challenge_method"], "S256");
    let back = world.allow(&ada, &asked).await;
    assert_eq!(browser.get(&back).await.header("location"), "/");
    let page = browser.get("/").await;
    assert!(page.text().contains("Ada &#60;script&#62; &#38; ") && page.text().contains("ada@example.org"));
    assert!(!page.text().contains("<script> &") && !page.text().contains(&browser.session()));
    assert_eq!(page.header("cache-control"), "no-store");
    // The same code again is worth nothing, and neither is somebody's way that has been gone.
    assert_eq!(browser.get(&back).await.status, StatusCode::BAD_REQUEST);
    let before = world.people.grants(ada.account.id).await.unwrap().len();
    let token = browser.form_token().await;
    let session = browser.session();
    let out = browser.ask(Method::POST, "/sign-out", &[], &format!("form_token={token}")).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(out.header("clear-site-data"), "\"cache\"");
    let after = world.people.grants(ada.account.id).await.unwrap().len();
    assert_eq!(after, before - 1, "the token is revoked");
    browser.set_session(&session);
    assert_eq!(browser.get("/api/timeline").await.status, StatusCode::UNAUTHORIZED, "the session is over");
    assert!(browser.get("/").await.text().contains("id=\"sign-in\""));
}

/// Nobody gets in on somebody else's way: not without the browser that began it, not with another state, not by saying no.
#[tokio::test(start_paused = true)]
async fn a_way_belongs_to_its_browser() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let (browser, other) = (world.browser(), world.browser());
    let asked = browser.begin().await;
    let back = world.allow(&ada, &asked).await;
    assert_eq!(other.get(&back).await.status, StatusCode::BAD_REQUEST);
    other.begin().await;
    assert_eq!(other.get(&back).await.status, StatusCode::BAD_REQUEST, "its own way has another state");
    assert_eq!(other.session(), "");
    assert_eq!(browser.get("/?code=x&state=y").await.status, StatusCode::BAD_REQUEST);
    let asked = browser.begin().await;
    let denied = browser.get(&format!("/?error=access_denied&state={}", asked["state"])).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    assert!(denied.text().contains("did not allow"));
    let asked = browser.begin().await;
    let bad = browser.get(&format!("/?code=wrong&state={}", asked["state"])).await;
    assert_eq!((bad.status, browser.session()), (StatusCode::BAD_GATEWAY, String::new()));
}

/// A cookie that we did not sign opens nothing, and nor does one whose session was never.
#[tokio::test(start_paused = true)]
async fn forged_cookies_open_nothing() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let browser = world.signed_in(&ada).await;
    let good = browser.session();
    let (secret, signature) = good.split_once('.').unwrap();
    let other = if secret.starts_with('A') { "B" } else { "A" };
    for bad in [
        String::new(),
        "1".to_owned(),
        ada.account.id.0.to_string(),
        secret.to_owned(),
        format!("{secret}."),
        format!("{other}{}.{signature}", &secret[1..]),
        format!("{secret}.{secret}"),
        format!("{secret}.{signature}x"),
    ] {
        browser.set_session(&bad);
        assert_eq!(browser.get("/api/timeline").await.status, StatusCode::UNAUTHORIZED, "{bad}");
    }
    browser.set_session(&good);
    assert_eq!(browser.get("/api/timeline").await.status, StatusCode::OK);
    let world = world.restarted();
    let browser = world.browser();
    browser.set_session(&good);
    assert_eq!(browser.get("/api/timeline").await.status, StatusCode::OK, "it outlives the process");
}

/// Signing out and sharing need the proof that a page of ours shows, of this very session.
#[tokio::test(start_paused = true)]
async fn other_sites_change_nothing() {
    let world = World::new().await;
    let (ada, bob) = (world.account("ada@example.org").await, world.account("bob@example.org").await);
    ada.put("/a.jpg", "picture").await;
    let (browser, other) = (world.signed_in(&ada).await, world.signed_in(&bob).await);
    let id = browser.until_pictures(&["a.jpg"]).await[0];
    let theirs = other.form_token().await;
    let ours = browser.form_token().await;
    for token in ["", "x", &theirs] {
        let out = browser.ask(Method::POST, "/sign-out", &[], &format!("form_token={token}")).await;
        assert_eq!(out.status, StatusCode::FORBIDDEN);
        let share = format!("/api/pictures/{id}/share");
        let shared = browser.ask(Method::POST, &share, &[("x-form-token", token)], "").await;
        assert_eq!(shared.status, StatusCode::FORBIDDEN);
    }
    let cross = [("sec-fetch-site", "cross-site"), ("x-form-token", &*ours)];
    let out = browser.ask(Method::POST, "/sign-out", &cross, &format!("form_token={ours}")).await;
    assert_eq!(out.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/sign-out").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let share = format!("/api/pictures/{id}/share");
    let shared = browser.ask(Method::POST, &share, &[("x-form-token", &ours)], "").await;
    assert!(shared.json()["url"].as_str().unwrap().starts_with("http"), "{}", shared.text());
}

/// A token that was revoked elsewhere ends the session when it is noticed.
#[tokio::test(start_paused = true)]
async fn a_revoked_token_ends_its_session() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    ada.put("/a.jpg", "picture").await;
    let browser = world.signed_in(&ada).await;
    let id = browser.until_pictures(&["a.jpg"]).await[0];
    let app = world.people.app(OWN_APP).await.unwrap();
    world.people.unlink(ada.account.id, &app.key).await.unwrap();
    assert_eq!(browser.get(&format!("/pictures/{id}")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/api/timeline").await.status, StatusCode::UNAUTHORIZED);
}

/// By OAuth 1: signed requests, and a token of OAuth 2 in the end; with a no, none.
#[tokio::test(start_paused = true)]
async fn by_oauth1() {
    let world = World::with_oauth1().await;
    let ada = world.account("ada@example.org").await;
    ada.put("/a.jpg", "picture").await;
    for allow in [false, true] {
        let browser = world.browser();
        let asked = browser.begin().await;
        let (token, callback) = (&asked["oauth_token"], &asked["oauth_callback"]);
        assert_eq!(callback, "http://127.0.0.1:8766/callback");
        world.people.decide(token, &ada.account, allow).await.unwrap();
        let other = browser.get("/callback?uid=1&oauth_token=other").await;
        assert_eq!(other.status, StatusCode::BAD_REQUEST);
        let asked = browser.begin().await;
        let token = &asked["oauth_token"];
        world.people.decide(token, &ada.account, allow).await.unwrap();
        let said = if allow { "uid=1" } else { "not_approved=true" };
        let back = browser.get(&format!("/callback?{said}&oauth_token={token}")).await;
        if allow {
            assert_eq!((back.status, back.header("location")), (StatusCode::SEE_OTHER, "/"));
            browser.until_pictures(&["a.jpg"]).await;
        } else {
            assert_eq!((back.status, browser.session()), (StatusCode::FORBIDDEN, String::new()));
        }
    }
}

/// Whoever calls the gallery by another name is led to the one that it has: no other name is ours.
#[tokio::test(start_paused = true)]
async fn there_is_one_name() {
    let world = World::new().await;
    let browser = world.browser();
    for host in ["localhost:8766", "127.0.0.1", "evil.example", "127.0.0.1:8766.evil.example"] {
        let answer = browser.get_with("/albums?x=1", "host", host).await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{host}");
        assert_eq!(answer.header("location"), format!("{GALLERY}/albums?x=1"));
        let answer = browser.ask(Method::POST, "/sign-out", &[("host", host)], "").await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    }
}

/// Every page forbids what it does not need.
#[tokio::test(start_paused = true)]
async fn pages_are_strict() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let browser = world.signed_in(&ada).await;
    for (path, status) in
        [("/", 200), ("/albums", 200), ("/albums/1", 200), ("/nothing", 404), ("/callback", 400)]
    {
        for visitor in [&browser, &world.browser()] {
            let page = visitor.get(path).await;
            assert_eq!(page.status.as_u16(), status, "{path}");
            let policy = page.header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"),
                "{policy}"
            );
            assert!(
                policy.contains("frame-ancestors 'none'") && policy.contains("require-trusted-types-for")
            );
            assert_eq!(page.header("x-content-type-options"), "nosniff");
            for inline in ["style=", "<style", "onclick=", "onload=", "javascript:", "<script>"] {
                assert!(!page.text().contains(inline), "{inline}");
            }
        }
    }
    let page = browser.get("/").await;
    let (_, rest) = page.text().split_once("src=\"/assets/").unwrap();
    let script = browser.get(&format!("/assets/{}", rest.split('"').next().unwrap())).await;
    assert_eq!(
        (script.status, script.header("content-type")),
        (StatusCode::OK, "text/javascript; charset=utf-8")
    );
    for path in ["/assets/x/nothing.js", "/assets/x/../Cargo.toml", "/assets/x/%2e%2e/Cargo.toml"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// A gallery that nobody could sign in to is refused, with what to do about it.
#[test]
fn what_cannot_work_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let open = |public_url: &str, key: &str, signing: Signing| {
        Gallery::open(crate::world::options_at(&folder, public_url, App { key: key.to_owned(), signing }))
    };
    let error = open("https://photos.example.org", OWN_APP, Signing::Code).unwrap_err();
    assert!(error.to_string().contains("--redirect-uri https://photos.example.org/callback"), "{error}");
    assert!(matches!(open("http://localhost:1", OWN_APP, Signing::Code), Err(GalleryError::NotHere(_))));
    let secret = || Signing::OAuth1 { secret: "s".to_owned() };
    assert!(matches!(open(GALLERY, OWN_APP, secret()), Err(GalleryError::NoSecret(_))));
    for bad in [
        "photos.example.org",
        "ftp://a",
        "https://a/b",
        "https://a/",
        "https://me@a",
        "https://",
        "https://A",
    ] {
        assert!(matches!(open(bad, "k", Signing::Code), Err(GalleryError::PublicUrl(_))), "{bad}");
    }
    let gallery = open("https://photos.example.org", "k", Signing::Code).unwrap();
    assert_eq!(gallery.url(), "https://photos.example.org/");
    assert!(!format!("{gallery:?}").contains(SERVER));
}

/// On a host of its own, under TLS, its cookies are nobody else's to set.
#[tokio::test(start_paused = true)]
async fn cookies_under_tls() {
    let folder = tempfile::tempdir().unwrap();
    let app = App { key: "k".to_owned(), signing: Signing::Code };
    let gallery =
        Gallery::open(crate::world::options_at(&folder, "https://photos.example.org", app)).unwrap();
    for (method, path, name) in [
        (Method::GET, "/sign-in", "__Host-tidemark-gallery-way="),
        (Method::POST, "/sign-out", "__Host-tidemark-gallery="),
    ] {
        let request = Request::builder().method(method).uri(path).header("host", "photos.example.org");
        let answer = gallery.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(
            cookie.starts_with(name) && cookie.contains("; Path=/; ") && cookie.ends_with("; Secure"),
            "{cookie}"
        );
    }
}

/// Below a path of another server every address, and every cookie, begins with that path.
#[tokio::test(start_paused = true)]
async fn below_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let app = App { key: "k".to_owned(), signing: Signing::Code };
    let options = crate::world::options_at(&folder, "https://cloud.example.org", app);
    let gallery = Gallery::open(Options { prefix: "/gallery".to_owned(), ..options }).unwrap();
    assert_eq!(gallery.url(), "https://cloud.example.org/gallery/");
    let ask = async |path: &str| {
        let request = Request::get(path).header("host", "cloud.example.org").body(Body::empty()).unwrap();
        let answer = gallery.router().oneshot(request).await.unwrap();
        let header =
            |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (status, location, cookie) = (answer.status(), header("location"), header("set-cookie"));
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, location, cookie, String::from_utf8(body.to_vec()).unwrap())
    };
    let (status, location, ..) = ask("/gallery").await;
    assert_eq!((status, &*location), (StatusCode::SEE_OTHER, "/gallery/"));
    let (_, _, _, page) = ask("/gallery/albums/7").await;
    assert!(
        page.contains("href=\"/gallery/sign-in?to=%2Falbums%2F7\"") && !page.contains("href=\"/assets"),
        "{page}"
    );
    let (_, location, cookie, _) = ask("/gallery/sign-in").await;
    assert!(
        location.contains("redirect_uri=https%3A%2F%2Fcloud.example.org%2Fgallery%2Fcallback"),
        "{location}"
    );
    assert!(
        cookie.contains("; Path=/gallery; HttpOnly; SameSite=Lax; ") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    assert!(cookie.starts_with("__Secure-tidemark-gallery-way="), "{cookie}");
    assert_eq!(ask("/").await.0, StatusCode::NOT_FOUND, "the rest of the host is somebody else's");
}

/// The app of a server's own gallery is made once, and goes where the gallery is, and nowhere else; where codes would travel in the
/// clear it does not go.
#[tokio::test(start_paused = true)]
async fn the_server_s_own_gallery_has_an_app() {
    let world = World::new().await;
    let app = async || world.people.app(tidemark_core::model::App::GALLERY).await.unwrap();
    for (uri, registered) in [
        ("http://127.0.0.1:8765/gallery/callback", "http://127.0.0.1/gallery/callback"),
        ("http://127.0.0.1:9876/gallery/callback", "http://127.0.0.1/gallery/callback"),
        ("https://a.example/gallery/callback", "https://a.example/gallery/callback"),
        ("https://b.example/gallery/callback", "https://b.example/gallery/callback"),
    ] {
        for _ in 0..2 {
            world.people.ensure_gallery_app(uri).await.unwrap();
            assert_eq!(app().await.redirect_uris, [registered]);
            assert!(tidemark_core::people::returns_to(&app().await, uri), "{uri}");
        }
    }
    assert!(world.people.ensure_gallery_app("http://b.example/gallery/callback").await.is_err());
    assert_eq!((app().await.redirect_uris.len(), app().await.is_public()), (1, false));
}

/// Whoever is shut out by the server is shut out here within a minute, although nothing else is asked of it: the page that is open is
/// told no more, and the next one asks to sign in.
#[tokio::test(start_paused = true)]
async fn a_token_that_ended_ends_its_session_within_a_minute() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let browser = world.signed_in(&ada).await;
    let is_in = async || browser.get("/").await.text().contains("data-form-token");
    assert!(is_in().await);
    let mut news = browser.open(Method::GET, "/events", &[], "").await.into_body().into_data_stream();
    let own = world.people.app(OWN_APP).await.unwrap();
    world.people.unlink(ada.account.id, &own.key).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(90), async { while news.next().await.is_some() {} });
    ended.await.expect("the page is told no more");
    assert!(!is_in().await);
}

/// Whoever begins to sign in over and over waits, and nobody elsewhere does; who is let in may come again.
#[tokio::test(start_paused = true)]
async fn ways_are_counted_by_place() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let here = world.browser_at("192.0.2.1");
    for _ in 0..59 {
        here.begin().await;
    }
    for _ in 0..3 {
        world.sign_in(&here, &ada).await;
    }
    here.begin().await;
    let answer = here.get("/sign-in").await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "10"));
    assert!(answer.text().contains("One moment, please"));
    world.sign_in(&world.browser_at("192.0.2.2"), &ada).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    here.begin().await;
}

/// In as many browsers as somebody may be signed in, the one that was used least lately is signed out for the next, and its token is
/// worth nothing any more.
#[tokio::test(start_paused = true)]
async fn nobody_is_signed_in_everywhere() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let first = world.browser();
    world.sign_in(&first, &ada).await;
    let tokens = async || {
        let linked = world.people.grants(ada.account.id).await.unwrap();
        linked.into_iter().filter(|(_, app)| app.key.0 == OWN_APP).count()
    };
    // One is that of a program of hers.
    assert_eq!(tokens().await, 2);
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.sign_in(&world.browser(), &ada).await;
    }
    assert_eq!(first.get("/api/timeline").await.status, StatusCode::UNAUTHORIZED);
    let given_back = async {
        while tokens().await > 51 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(600), given_back).await.expect("its token is given back");
}
