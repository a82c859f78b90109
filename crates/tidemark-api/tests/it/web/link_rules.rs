//! Links that are not for everybody: passwords, audiences, names of their own, and what may only be looked at.

use crate::browser::{Browser, EMAIL, PASSWORD, Reply, World};
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, RANGE, RETRY_AFTER, SET_COOKIE,
};
use http::{Method, StatusCode};
use std::time::Duration;
use tidemark_core::model::{AccountId, Audience, Link, LinkAddress, LinkChange, Vanity, Visits};

const SECRET: &str = "open sesame";
const DEAD: &str = "This link leads nowhere. It may be mistyped, or no longer be shared.";

async fn password(world: &World, text: &str) -> LinkChange {
    LinkChange {
        password: Some(Some(world.people.link_password(AccountId(1), text).await.unwrap())),
        ..LinkChange::default()
    }
}

fn audience(audience: Audience) -> LinkChange {
    LinkChange { audience: Some(audience), ..LinkChange::default() }
}

fn named(name: &str) -> LinkChange {
    LinkChange { vanity: Some(Vanity::parse(name)), ..LinkChange::default() }
}

fn look_only() -> LinkChange {
    LinkChange { can_download: Some(false), ..LinkChange::default() }
}

fn page(link: &Link, rest: &str) -> String {
    format!("/s/{}/{rest}", link.key.0)
}

/// Ann's folder with a file and a picture, behind a password.
async fn protected() -> (World, Link) {
    let world = World::with_ann().await;
    world.put("/Plans/a.txt", b"the plan").await;
    world.put("/Plans/b.png", b"picture").await;
    let change = password(&world, SECRET).await;
    let link = world.share_with("/Plans", &change).await;
    (world, link)
}

/// Tells nothing of what is there, whatever was asked for.
fn assert_asks(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert!(reply.body.contains("<h1>This link has a password</h1>"), "{}", reply.body);
    assert!(reply.body.contains("<label for=\"password\">Password</label>"));
    assert_eq!(reply.header("x-robots-tag"), "noindex, nofollow, noarchive");
    assert_eq!(reply.header(ACCESS_CONTROL_ALLOW_ORIGIN), "", "no program of another page takes part");
    assert_eq!(reply.header(CACHE_CONTROL), "no-store");
    for told in ["Plans", "plan", "Ann", EMAIL] {
        assert!(!reply.body.contains(told), "{told} in {}", reply.body);
    }
}

async fn enter(browser: &mut Browser, path: &str, password: &str) -> Reply {
    let asked = browser.get(path).await;
    browser.submit(&asked, &[("password", password)]).await
}

#[tokio::test]
async fn a_password_is_asked_for_before_anything_is_shown() {
    let (world, link) = protected().await;
    let mut browser = world.browser();
    for rest in
        ["", "x", "x/a.txt", "x/a.txt?dl=1", "x/a.txt?raw=1", "x/b.png?thumb=1", "x/b.png?view=1", "x/none"]
    {
        assert_asks(&browser.get(&page(&link, rest)).await);
    }
    let head = browser.send(Method::HEAD, &page(&link, "x/a.txt?dl=1"), &[], "").await;
    assert_eq!(head.status, StatusCode::UNAUTHORIZED);
    let short = browser.get(&format!("/l/{}", link.key.0)).await;
    assert_eq!(
        (short.status, short.location()),
        (StatusCode::FOUND, &*format!("/s/{}", link.key.0)),
        "no name"
    );

    let in_it = enter(&mut browser, &page(&link, "x/a.txt"), SECRET).await;
    assert_eq!((in_it.status, in_it.location()), (StatusCode::SEE_OTHER, &*page(&link, "x/a.txt")));
    let cookie = in_it.header(SET_COOKIE);
    for attribute in [&*format!("; Path=/s/{};", link.key.0), "; HttpOnly; SameSite=Lax;", "Max-Age=86400"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains(SECRET));
    for (rest, text) in [("", "a.txt"), ("x/a.txt", "the plan"), ("x/a.txt?dl=1", "the plan")] {
        let shown = browser.get(&page(&link, rest)).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(shown.body.contains(text), "{rest}");
        assert_eq!(shown.header(ACCESS_CONTROL_ALLOW_ORIGIN), "", "it depends on a cookie");
    }
    assert_asks(&world.browser().get(&page(&link, "")).await);
}

#[tokio::test]
async fn a_proof_is_for_one_link_and_one_password() {
    let (world, link) = protected().await;
    world.put("/other.txt", b"x").await;
    let other = world.share_with("/other.txt", &password(&world, SECRET).await).await;
    let mut browser = world.browser();
    enter(&mut browser, &page(&link, ""), SECRET).await;
    assert_asks(&browser.get(&page(&other, "")).await);
    assert_eq!(browser.get(&page(&link, "")).await.status, StatusCode::OK);
    world.share_with("/Plans", &password(&world, "another one").await).await;
    assert_asks(&browser.get(&page(&link, "")).await);
    let old = enter(&mut browser, &page(&link, ""), SECRET).await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    enter(&mut browser, &page(&link, ""), "another one").await;
    assert_eq!(browser.get(&page(&link, "")).await.status, StatusCode::OK);
    world.clock.advance(Duration::from_secs(24 * 60 * 60));
    assert_asks(&browser.get(&page(&link, "")).await);
}

#[tokio::test]
async fn under_tls_the_proof_travels_by_tls_alone() {
    let (world, link) = protected().await;
    let mut browser = Browser { tls: true, ..world.browser() };
    let reply = enter(&mut browser, &page(&link, ""), SECRET).await;
    let cookie = reply.header(SET_COOKIE);
    assert!(cookie.starts_with("__Secure-tidemark-link=") && cookie.ends_with("; Secure"), "{cookie}");
    assert_eq!(browser.get(&page(&link, "")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn wrong_passwords_are_refused_and_guessing_waits() {
    let (world, link) = protected().await;
    let mut browser = world.browser();
    for _ in 0..5 {
        let refused = enter(&mut browser, &page(&link, "x/a.txt"), "sesame open").await;
        assert_asks(&refused);
        assert!(
            refused
                .body
                .contains("<p class=\"problem\" role=\"alert\" id=\"problem\">The password is wrong.</p>")
        );
        assert!(refused.body.contains("aria-invalid=\"true\" aria-describedby=\"problem\""));
        assert!(!refused.body.contains("sesame open"));
    }
    let held = enter(&mut browser, &page(&link, ""), SECRET).await;
    assert_eq!((held.status, held.header(RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "1"));
    assert!(held.body.contains("Too many attempts. Please try again in a second."));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(enter(&mut browser, &page(&link, ""), SECRET).await.status, StatusCode::SEE_OTHER);
}

/// Another site cannot make a browser try passwords, or fill one in by an address.
#[tokio::test]
async fn a_form_of_another_site_does_not_count() {
    let (world, link) = protected().await;
    let mut browser = world.browser();
    let forged = browser.post(&page(&link, ""), &[("password", SECRET)]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_asks(&browser.get(&page(&link, &format!("x?password={}", SECRET.replace(' ', "+")))).await);
    let asked = browser.get(&page(&link, "")).await;
    let cross = [("sec-fetch-site", "cross-site")];
    let fields = [("form_token", &*asked.field("form_token")), ("password", SECRET)];
    let forged = browser.post_with(&page(&link, ""), &fields, &cross).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_asks(&browser.get(&page(&link, "")).await);
}

#[tokio::test]
async fn passwords_for_what_is_not_there_lead_nowhere() {
    let (world, link) = protected().await;
    let mut browser = world.browser();
    let asked = browser.get(&page(&link, "")).await;
    let token = asked.field("form_token");
    let fields = [("form_token", &*token), ("password", SECRET)];
    for path in ["/s/abcdefghij01234/x", "/s/x", &*page(&link, "x/%2e%2e")] {
        let reply = browser.post(path, &fields).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(reply.body.contains(DEAD));
    }
    world.share_with("/Plans", &LinkChange { password: Some(None), ..LinkChange::default() }).await;
    let open = browser.post(&page(&link, "x"), &fields).await;
    assert_eq!((open.status, open.location()), (StatusCode::SEE_OTHER, &*page(&link, "x")), "it needs none");
    world.cloud.revoke_link(world.tree().await.account, link.id).await.unwrap();
    assert_eq!(browser.post(&page(&link, "x"), &fields).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn its_owner_needs_no_password() {
    let (world, link) = protected().await;
    let mut ann = world.signed_in().await;
    assert_eq!(ann.get(&page(&link, "x/a.txt?dl=1")).await.body, "the plan");
    world.account("bo@example.org").await;
    let mut bo = world.browser();
    bo.sign_in("bo@example.org", PASSWORD).await;
    let asked = bo.get(&page(&link, "")).await;
    assert_asks(&asked);
    assert!(!asked.body.contains("/login"), "whoever is signed in is not told to");
    let stranger = world.browser().get(&page(&link, "x")).await;
    assert!(stranger.body.contains(&format!("href=\"/login?continue=/s/{}/x\"", link.key.0)));
}

#[tokio::test]
async fn a_link_for_members_is_for_whoever_is_signed_in_and_one_for_its_owner_for_nobody_else() {
    let world = World::with_ann().await;
    world.account("bo@example.org").await;
    world.put("/a.txt", b"text").await;
    world.put("/b.txt", b"text").await;
    let members = world.share_with("/a.txt", &audience(Audience::Members)).await;
    let own = world.share_with("/b.txt", &audience(Audience::Owner)).await;
    let (mut stranger, mut ann, mut bo) = (world.browser(), world.signed_in().await, world.browser());
    bo.sign_in("bo@example.org", PASSWORD).await;

    for path in [page(&members, "x?dl=1"), page(&own, "x?raw=1"), format!("/l/{}", own.key.0)] {
        let reply = stranger.get(&path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
        assert!(reply.body.contains(DEAD));
    }
    // Where nothing ever was, a stranger sees the same, but for the address to come back to.
    let nowhere = stranger.get("/s/abcdefghij01234/x").await;
    let closed = stranger.get(&page(&own, "x")).await;
    assert_eq!(closed.body.replace(&own.key.0, "abcdefghij01234"), nowhere.body);
    assert_eq!(closed.headers, nowhere.headers);
    assert!(nowhere.body.contains("href=\"/login?continue=/s/abcdefghij01234/x\""));

    assert_eq!(bo.get(&page(&members, "x?raw=1")).await.body, "text");
    let others = bo.get(&page(&own, "x")).await;
    assert_eq!(others.status, StatusCode::NOT_FOUND);
    assert!(others.body.contains(DEAD) && !others.body.contains("/login"));
    assert_eq!(others.body, bo.get("/s/abcdefghij01234/x").await.body);
    assert_eq!(ann.get(&page(&members, "x?raw=1")).await.body, "text");
    let shown = ann.get(&page(&own, "x?raw=1")).await;
    assert_eq!((shown.body.as_str(), shown.header(ACCESS_CONTROL_ALLOW_ORIGIN)), ("text", ""));
    let long = ann.get(&format!("/l/{}", own.key.0)).await;
    assert_eq!(long.location(), page(&own, "b.txt"));
    ann.cookies.clear();
    assert_eq!(ann.get(&page(&own, "x")).await.status, StatusCode::NOT_FOUND, "signed out");
}

#[tokio::test]
async fn what_is_to_be_looked_at_cannot_be_had() {
    let world = World::with_ann().await;
    world.put("/dir/a.txt", &[b'x'; 70_000]).await;
    world.put("/dir/b.png", b"picture").await;
    world.put("/dir/c.pdf", b"document").await;
    world.put("/dir/d.mp3", b"sound").await;
    world.put("/dir/e.xlsx", b"picture of a sheet").await;
    let link = world.share_with("/dir", &look_only()).await;
    let mut browser = world.browser();
    let folder = browser.get(&page(&link, "x")).await;
    assert!(folder.body.contains("b.png?thumb=1") && !folder.body.contains("dl=1"), "{}", folder.body);
    let refused = browser.get(&page(&link, "x?dl=1")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("Not for download"));
    for name in ["a.txt", "b.png", "c.pdf", "d.mp3", "e.xlsx"] {
        let shown = browser.get(&page(&link, &format!("x/{name}"))).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(!shown.body.contains("dl=1") && !shown.body.contains("raw=1"), "{}", shown.body);
        for asked in ["dl=1", "raw=1", "dl=1&raw=1"] {
            for method in [Method::GET, Method::HEAD] {
                let path = page(&link, &format!("x/{name}?{asked}"));
                let refused = browser.send(method, &path, &[(RANGE.as_str(), "bytes=0-3")], "").await;
                assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
                assert_eq!(refused.header(CONTENT_TYPE), "text/html; charset=utf-8");
            }
        }
    }
    let text = browser.get(&page(&link, "x/a.txt")).await;
    assert!(text.body.contains("This is the beginning of the file.</p>"));
    let picture = browser.get(&page(&link, "x/b.png")).await;
    assert!(picture.body.contains(&format!("<img src=\"/s/{}/dir/b.png?view=1\"", link.key.0)));
    for (rest, kind) in
        [("b.png?view=1", "image/jpeg"), ("b.png?thumb=1", "image/jpeg"), ("e.xlsx?preview=1", "text/html")]
    {
        let made = browser.get(&page(&link, &format!("x/{rest}"))).await;
        assert_eq!(made.status, StatusCode::OK, "{rest}");
        assert!(made.header(CONTENT_TYPE).starts_with(kind), "{rest}");
        assert!(!made.body.contains("picture\u{0}"), "{rest}");
    }
    assert!(browser.get(&page(&link, "x/d.mp3")).await.body.contains("does not let others save it"));
}

/// The host that hands out bytes does so by any address, but not of what is not for download.
#[tokio::test]
async fn the_host_for_downloads_keeps_the_rules() {
    let world = World::with_ann().await;
    world.put("/a.txt", b"text").await;
    let link = world.share_with("/a.txt", &look_only()).await;
    let path = format!("http://dl.files.example{}", page(&link, "x"));
    assert_eq!(world.browser().get(&path).await.status, StatusCode::FORBIDDEN);
    world.share_with("/a.txt", &LinkChange { can_download: Some(true), ..LinkChange::default() }).await;
    assert_eq!(world.browser().get(&path).await.body, "text");
    assert_eq!(world.share("/a.txt").await.visits, Visits { downloads: 1, previews: 0 });
}

#[tokio::test]
async fn a_chosen_name_leads_to_the_page() {
    let world = World::with_ann().await;
    world.put("/a b.txt", b"text").await;
    let link = world.share_with("/a b.txt", &named("Summer-2024")).await;
    let mut browser = world.browser();
    for path in ["/v/Summer-2024", "/v/sUMMER-2024/", "/v/summer-2024?dl=1"] {
        let reply = browser.get(path).await;
        let query = path.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
        assert_eq!(reply.location(), page(&link, &format!("a%20b.txt{query}")), "{path}");
    }
    for path in ["/v/winter-2024", "/v/Summer-2024/x", "/v/..", "/v/", "/v/%53ummer-2024", "/v/summer%2d2024"]
    {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        browser.get(&format!("/v/{}", link.key.0)).await.status,
        StatusCode::NOT_FOUND,
        "a key is no name"
    );
    world.share_with("/a b.txt", &password(&world, SECRET).await).await;
    assert_eq!(
        browser.get("/v/summer-2024").await.location(),
        format!("/s/{}", link.key.0),
        "without its name"
    );
    world.cloud.revoke_link(world.tree().await.account, link.id).await.unwrap();
    assert_eq!(browser.get("/v/summer-2024").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_download_and_a_page_are_counted_once() {
    let world = World::with_ann().await;
    world.put("/a.txt", b"text").await;
    let link = world.share("/a.txt").await;
    let mut browser = world.browser();
    let counted = async || world.share("/a.txt").await.visits;
    for (rest, downloads, previews) in [
        ("x", 0, 1),
        ("x?raw=1", 0, 1),
        ("x?dl=1", 1, 1),
        ("x?thumb=1", 1, 1),
        ("x/none?dl=1", 1, 1),
        ("x", 1, 2),
    ] {
        browser.get(&page(&link, rest)).await;
        assert_eq!(counted().await, Visits { downloads, previews }, "{rest}");
    }
    let ranges = ["bytes=0-1", "bytes=2-3", "bytes=9-"];
    for (range, downloads) in ranges.into_iter().zip([2, 2, 2]) {
        browser.send(Method::GET, &page(&link, "x?dl=1"), &[(RANGE.as_str(), range)], "").await;
        assert_eq!(counted().await.downloads, downloads, "{range}");
    }
    for path in [page(&link, "x?dl=1"), page(&link, "x")] {
        browser.send(Method::HEAD, &path, &[], "").await;
    }
    assert_eq!(counted().await, Visits { downloads: 2, previews: 2 });
}

/// Whoever opened a page before sees nothing any more by the next click.
#[tokio::test]
async fn what_is_no_longer_shared_is_gone_at_once() {
    let (world, link) = protected().await;
    let mut browser = world.browser();
    enter(&mut browser, &page(&link, ""), SECRET).await;
    assert_eq!(browser.get(&page(&link, "x/a.txt?dl=1")).await.body, "the plan");
    let found = world.cloud.link(&LinkAddress::Key(link.key.clone())).await.unwrap().unwrap();
    world.cloud.unshare(&world.tree().await, found.referent.entry).await.unwrap();
    for rest in ["", "x/a.txt", "x/a.txt?dl=1", "x/b.png?thumb=1"] {
        let reply = browser.get(&page(&link, rest)).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
        assert!(reply.body.contains(DEAD));
    }
}

#[tokio::test]
async fn ones_own_links_say_what_their_rules_are() {
    let (world, _) = protected().await;
    for (path, change) in [
        ("/Plans/a.txt", audience(Audience::Members)),
        ("/Plans/b.png", LinkChange { can_download: Some(false), ..named("My-Picture") }),
    ] {
        world.share_with(path, &change).await;
    }
    let list = world.signed_in().await.get("/links").await;
    for text in [
        "· with a password",
        "· for people with an account here",
        "· to look at, not to download",
        "href=\"http://files.example:8765/v/My-Picture\"",
    ] {
        assert!(list.body.contains(text), "{text} in {}", list.body);
    }
}
