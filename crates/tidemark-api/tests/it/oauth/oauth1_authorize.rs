//! `/1/oauth/authorize`: the person decides about a request token.

use crate::browser::{Browser, EMAIL, PASSWORD, REDIRECT, Reply, World, query};
use crate::signer::{Signer, form};
use http::header::CONTENT_SECURITY_POLICY;
use http::{Method, StatusCode};
use tidemark_core::model::{Access, App};
use tidemark_core::people::oauth1::REQUEST_TOKEN_LIFE;

const PAGE: &str = "/1/oauth/authorize";

async fn request_token(world: &World, app: &App) -> Signer {
    let mut program = Browser { tls: true, ..world.browser() };
    let path = format!("/1/oauth/request_token?{}", form(&Signer::new(app).plaintext()));
    let reply = program.send(Method::GET, &path, &[], "").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    Signer::new(app).with(&reply.body)
}

fn token(signer: &Signer) -> &str {
    &signer.token.as_ref().unwrap().0
}

/// Whether the request token can be exchanged now, which uses it up.
async fn is_allowed(world: &World, signer: &Signer) -> bool {
    let mut program = Browser { tls: true, ..world.browser() };
    let path = format!("/1/oauth/access_token?{}", form(&signer.plaintext()));
    let reply = program.send(Method::GET, &path, &[], "").await;
    assert!(matches!(reply.status.as_u16(), 200 | 401), "{}", reply.body);
    reply.status == StatusCode::OK
}

/// An app of OAuth 1's days, which has registered no address.
async fn old_app(world: &World) -> App {
    world.app_with(Access::Full, &[]).await
}

async fn open(browser: &mut Browser, signer: &Signer, rest: &str) -> Reply {
    browser.get(&format!("{PAGE}?oauth_token={}{rest}", token(signer))).await
}

fn assert_no_page(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    assert!(!reply.body.contains("<form"), "{}", reply.body);
    assert_eq!(reply.location(), "");
}

/// With a callback: the browser brings the app what it needs, and the token can be exchanged.
#[tokio::test]
async fn allow_sends_the_browser_back() {
    let world = World::with_ann().await;
    let app = old_app(&world).await;
    for path in [PAGE, "/1/oauth/authorize/", "/0/oauth/authorize", "/0/oauth/authorize/"] {
        let signer = request_token(&world, &app).await;
        let mut browser = world.signed_in().await;
        let fields = [("oauth_token", token(&signer)), ("oauth_callback", "http://app.example/cb?x=1&y=%20")];
        let page = browser.get(&format!("{path}?{}&locale=en", query(&fields))).await;
        assert!(page.body.contains("<strong>app.example</strong>"), "{}", page.body);
        assert!(page.body.contains(">Allow</button>") && page.body.contains(">Deny</button>"));
        assert!(
            !page.body.contains("<script")
                && page.header(CONTENT_SECURITY_POLICY).contains("default-src 'none'")
        );
        let reply = browser.submit(&page, &[("decision", "allow")]).await;
        assert_eq!(reply.status, StatusCode::FOUND);
        let expected = format!("http://app.example/cb?x=1&y=%20&uid=1&oauth_token={}", token(&signer));
        assert_eq!(reply.location(), expected);
        assert!(is_allowed(&world, &signer).await);
    }
}

/// A callback that some program put into its link unescaped arrives whole.
#[tokio::test]
async fn an_unescaped_callback_arrives_whole() {
    let world = World::with_ann().await;
    let app = old_app(&world).await;
    let signer = request_token(&world, &app).await;
    let mut browser = world.browser();
    let reply = open(&mut browser, &signer, "&oauth_callback=http://app.example:3000/cb?x=1&y=a+b%20c").await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "sign in first");
    let reply = browser.sign_in_at(reply.location(), EMAIL, PASSWORD).await;
    let page = browser.get(reply.location()).await;
    assert!(page.body.contains("<strong>app.example:3000</strong>"), "{}", page.body);
    let reply = browser.submit(&page, &[("decision", "allow")]).await;
    let expected = format!("http://app.example:3000/cb?x=1&y=a+b%20c&uid=1&oauth_token={}", token(&signer));
    assert_eq!(reply.location(), expected);
}

/// Deny is told, and is final.
#[tokio::test]
async fn deny_is_told_and_final() {
    let world = World::with_ann().await;
    let app = old_app(&world).await;
    let signer = request_token(&world, &app).await;
    let mut browser = world.signed_in().await;
    let page = open(&mut browser, &signer, "&oauth_callback=https://app.example/cb").await;
    // Anything but Allow is no.
    let reply = browser.submit(&page, &[("decision", "deny")]).await;
    assert_eq!(reply.status, StatusCode::FOUND);
    let expected = format!("https://app.example/cb?not_approved=true&oauth_token={}", token(&signer));
    assert_eq!(reply.location(), expected);
    assert!(!is_allowed(&world, &signer).await);
    assert_no_page(&browser.submit(&page, &[("decision", "allow")]).await);
    assert_no_page(&open(&mut browser, &signer, "").await);
    assert!(!is_allowed(&world, &signer).await);

    let signer = request_token(&world, &app).await;
    let page = open(&mut browser, &signer, "").await;
    let reply = browser.submit(&page, &[]).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.body.contains("Not allowed"), "{}", reply.body);
    assert!(!is_allowed(&world, &signer).await);
}

/// Without a callback the person is told to go back; the app asks when they press Enter there.
#[tokio::test]
async fn without_a_callback_the_person_goes_back_alone() {
    let world = World::with_ann().await;
    let app = world.app().await;
    for rest in ["", "&oauth_callback=", "&oauth_callback=oob"] {
        let signer = request_token(&world, &app).await;
        let mut browser = world.signed_in().await;
        let page = open(&mut browser, &signer, rest).await;
        assert!(page.body.contains("Afterwards you may return to the app."), "{}", page.body);
        let reply = browser.submit(&page, &[("decision", "allow")]).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::OK, ""));
        assert!(reply.body.contains("You may return to the app."), "{}", reply.body);
        let again = browser.submit(&page, &[("decision", "allow")]).await;
        assert!(again.body.contains("You may return to the app."), "pressing twice is no mistake");
        assert!(is_allowed(&world, &signer).await);
    }
}

/// Where the browser may be sent: web addresses, and of an app that has registered any, only those.
#[tokio::test]
async fn a_browser_is_sent_nowhere_else() {
    let world = World::with_ann().await;
    let (old, registered) = (old_app(&world).await, world.app().await);
    let bad_for_all = [
        "javascript:alert(1)",
        "data:text/html,x",
        "myapp://cb",
        "//evil.example/",
        "/login",
        "evil.example",
        "http://",
        "http://user:pw@app.example/",
        "http://app.example\\@evil.example/",
        "http://app.example/\r\nSet-Cookie: x=y",
        "http://app.example/#fragment",
        "http://app.example/a b",
        "http://app.example:port/",
        "http://\u{e4}pp.example/",
    ];
    let bad_for_registered = [
        "http://camera.example/cb",
        "https://camera.example/",
        "https://camera.example/cb/",
        "https://evil.example/cb",
    ];
    let mut browser = world.signed_in().await;
    for (app, bad) in
        [(&old, &bad_for_all[..]), (&registered, &bad_for_all), (&registered, &bad_for_registered)]
    {
        let signer = request_token(&world, app).await;
        for callback in bad {
            let rest = format!("&{}", query(&[("oauth_callback", callback)]));
            let page = open(&mut browser, &signer, &rest).await;
            assert_no_page(&page);
            assert!(page.body.contains("Nothing was allowed."), "{callback}");
            // And not by changing the form, either.
            let page = open(&mut browser, &signer, "").await;
            let filled = [("decision", "allow"), ("oauth_callback", *callback)];
            assert_no_page(&browser.submit(&page, &filled).await);
        }
        assert!(!is_allowed(&world, &signer).await, "nothing was");
    }
    for good in [REDIRECT, &format!("{REDIRECT}?session=1"), "http://localhost:5000/cb?x=2"] {
        let signer = request_token(&world, &registered).await;
        let rest = format!("&{}", query(&[("oauth_callback", good)]));
        let page = open(&mut browser, &signer, &rest).await;
        let reply = browser.submit(&page, &[("decision", "allow")]).await;
        assert!(reply.location().starts_with(good), "{good}: {}", reply.body);
    }
}

/// Another site can neither press the button nor know what the form must hold.
#[tokio::test]
async fn another_site_cannot_press_allow() {
    let world = World::with_ann().await;
    let app = old_app(&world).await;
    let signer = request_token(&world, &app).await;
    let mut browser = world.signed_in().await;
    let page = open(&mut browser, &signer, "").await;
    let (action, fields) = page.form();
    let form_token = page.field("form_token");
    let good: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain([("decision", "allow")])
        .collect();
    let without: Vec<_> = good.iter().copied().filter(|(name, _)| *name != "form_token").collect();
    for forged in ["", "x", &form_token[1..], &"A".repeat(43)] {
        let fields = [&without[..], &[("form_token", forged)]].concat();
        assert_eq!(browser.post(&action, &fields).await.status, StatusCode::FORBIDDEN, "{forged}");
    }
    assert_eq!(browser.post(&action, &without).await.status, StatusCode::FORBIDDEN);
    for header in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(browser.post_with(&action, &good, &[header]).await.status, StatusCode::FORBIDDEN);
    }
    // Everything in a link, as an image of another site could ask for it.
    let link = format!("{action}?{}", query(&good));
    assert_eq!(browser.get(&link).await.status, StatusCode::OK, "a page that asks");
    assert_eq!(browser.send(Method::POST, &link, &[], "").await.status, StatusCode::FORBIDDEN);
    // The proof of another browser, in which the same person is signed in.
    let mut other = world.signed_in().await;
    assert_eq!(other.post(&action, &good).await.status, StatusCode::FORBIDDEN);
    assert!(!is_allowed(&world, &signer).await);
    browser.post(&action, &good).await;
    assert!(is_allowed(&world, &signer).await, "only the page's own form counts");
}

/// Who has not signed in decides nothing, and comes back to the question afterwards.
#[tokio::test]
async fn signing_in_comes_first() {
    let world = World::with_ann().await;
    let app = old_app(&world).await;
    let signer = request_token(&world, &app).await;
    let mut browser = world.browser();
    let reply = open(&mut browser, &signer, "").await;
    assert!(reply.location().starts_with("/login?continue="), "{}", reply.location());
    let login = browser.get("/login").await;
    let fields = [
        ("form_token", login.field("form_token")),
        ("oauth_token", token(&signer).to_owned()),
        ("decision", "allow".into()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let reply = browser.post(PAGE, &fields).await;
    assert!(reply.location().starts_with("/login?continue="), "a valid form of nobody's decides nothing");
    assert!(!is_allowed(&world, &signer).await);
}

/// Request tokens that are none, or no longer, lead to a page that says so, and nowhere else.
#[tokio::test]
async fn unknown_request_tokens_are_told_to_the_person_only() {
    let world = World::with_ann().await;
    let app = old_app(&world).await;
    let mut browser = world.signed_in().await;
    let signer = request_token(&world, &app).await;
    let page = open(&mut browser, &signer, "").await;
    for query in [
        "",
        "oauth_token=",
        "oauth_token=nonsense",
        &format!("oauth_token={}x", token(&signer)),
        &format!("oauth_token={}", token(&signer).to_lowercase()),
        "oauth_token=nonsense&oauth_callback=https://evil.example/",
    ] {
        assert_no_page(&browser.get(&format!("{PAGE}?{query}")).await);
    }
    world.people.set_app_disabled(&app.key.0, true).await.unwrap();
    assert_no_page(&open(&mut browser, &signer, "").await);
    assert_no_page(&browser.submit(&page, &[("decision", "allow")]).await);
    world.people.set_app_disabled(&app.key.0, false).await.unwrap();
    world.clock.advance(REQUEST_TOKEN_LIFE);
    assert_no_page(&open(&mut browser, &signer, "").await);
    assert_no_page(&browser.submit(&page, &[("decision", "allow")]).await);
}

/// A person who was shut out while the page stood open allows nothing.
#[tokio::test]
async fn who_was_shut_out_allows_nothing() {
    let world = World::with_ann().await;
    let app = old_app(&world).await;
    let signer = request_token(&world, &app).await;
    let mut browser = world.signed_in().await;
    let page = open(&mut browser, &signer, "").await;
    world.people.set_disabled(EMAIL, true).await.unwrap();
    let reply = browser.submit(&page, &[("decision", "allow")]).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    world.people.set_disabled(EMAIL, false).await.unwrap();
    assert!(!is_allowed(&world, &signer).await);
}

/// What is in the address is shown as text.
#[tokio::test]
async fn nothing_of_the_address_becomes_markup() {
    let world = World::with_ann().await;
    let app = old_app(&world).await;
    let signer = request_token(&world, &app).await;
    let mut browser = world.signed_in().await;
    let rest = format!("&{}", query(&[("oauth_callback", "http://a.example/?'><script>alert(1)</script>")]));
    assert_no_page(&open(&mut browser, &signer, &rest).await);
    let rest = format!("&{}", query(&[("oauth_callback", "http://a.example/?x='&y=%22")]));
    let page = open(&mut browser, &signer, &rest).await;
    assert_eq!(page.field("oauth_callback"), "http://a.example/?x='&y=%22");
    assert!(!page.body.contains("Camera <&>"), "{}", page.body);
}
