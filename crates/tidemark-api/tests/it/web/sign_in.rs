//! `/login` and `/logout`, and who may send forms.

use crate::browser::{EMAIL, PASSWORD, World};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{Method, StatusCode};
use std::time::Duration;
use tidemark_api::http::Origin;

/// One form with one e-mail and one password field; in, and out again.
#[tokio::test]
async fn signs_in_and_out() {
    let world = World::with_ann().await;
    let mut browser = world.browser();
    let page = browser.get("/login").await;
    for (what, count) in [("<form ", 1), ("type=\"email\"", 1), ("type=\"password\"", 1)] {
        assert_eq!(page.body.matches(what).count(), count, "{what}");
    }
    let before = browser.cookies.clone();
    let reply = browser.submit(&page, &[("email", "ANN@example.org"), ("password", PASSWORD)]).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"));
    let cookie = reply.header(SET_COOKIE);
    assert!(cookie.starts_with("tidemark-session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000"), "{cookie}");

    let home = browser.get("/account").await;
    assert!(home.body.contains(EMAIL));
    assert!(home.body.contains("Ann &#60;Lee&#62; &#38; &#34;Co&#34;"), "names are shown, not interpreted");
    assert_eq!(browser.get("/login").await.location(), "/", "already signed in");
    assert_eq!(browser.get("/").await.location(), "/files");

    let session = browser.cookies["tidemark-session"].clone();
    let out = browser.post("/logout", &[("form_token", &home.field("form_token"))]).await;
    assert_eq!((out.status, out.location()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(browser.cookies, before, "the session's cookie is gone");
    assert_eq!(out.header("clear-site-data"), "\"storage\"", "and what its pages kept");
    browser.cookies.insert("tidemark-session".into(), session);
    assert!(!browser.get("/account").await.body.contains(EMAIL), "and so is the session itself");
}

/// It is not told whether the e-mail or the password was wrong, nor is the password sent back.
#[tokio::test]
async fn a_refusal_tells_nothing() {
    let world = World::with_ann().await;
    world.account("off@example.org").await;
    world.people.set_disabled("off@example.org", true).await.unwrap();
    let mut bodies = Vec::new();
    for (email, password) in [
        (EMAIL, "wrong guess"),
        ("nobody@example.org", "wrong guess"),
        ("off@example.org", PASSWORD),
        ("", ""),
    ] {
        let mut browser = world.browser();
        let reply = browser.sign_in(email, password).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert!(!reply.headers.contains_key(SET_COOKIE));
        assert!(password.is_empty() || !reply.body.contains(password));
        assert_eq!(reply.field("email"), email);
        let mark = " aria-invalid=\"true\" aria-describedby=\"problem\"";
        assert_eq!(reply.body.matches(mark).count(), 2, "either may be wrong");
        bodies.push(reply.body.replace(email, "").replace(&reply.field("form_token"), ""));
    }
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[1], bodies[2]);
}

/// Only to pages of this server, whatever the link says.
#[tokio::test]
async fn goes_on_to_this_server_only() {
    let world = World::with_ann().await;
    for (target, goes_to) in [
        ("/help", "/help"),
        ("%2Fhelp%3Fa%3Db%26c", "/help?a=b&c"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/%5Cevil.example/", "/"),
        ("%2F%2Fevil.example", "/"),
        ("/%09/evil.example", "/"),
        ("/%0d%0aSet-Cookie:x", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ] {
        let path = format!("/login?continue={target}");
        let mut browser = world.browser();
        assert_eq!(browser.sign_in_at(&path, EMAIL, PASSWORD).await.location(), goes_to, "{target}");
        assert_eq!(browser.get(&path).await.location(), goes_to, "already signed in, {target}");
        // The field in the form is no more trusted than the link.
        let mut browser = world.browser();
        let page = browser.get("/login").await;
        let fields = [("email", EMAIL), ("password", PASSWORD), ("continue", "//evil.example")];
        assert_eq!(browser.submit(&page, &fields).await.location(), "/");
    }
}

/// A form counts only in the browser it was shown to, and only if no other site sent it.
#[tokio::test]
async fn another_sites_form_does_nothing() {
    let world = World::with_ann().await;
    let mut ann = world.signed_in().await;
    let token = ann.get("/account").await.field("form_token");
    let mut stranger = world.browser();
    let strangers_token = stranger.get("/login").await.field("form_token");
    let still_in =
        async |mut browser: crate::browser::Browser| browser.get("/account").await.body.contains(EMAIL);

    for bad in ["", "x", &strangers_token, &token[1..], &format!("{token}A")] {
        assert_eq!(
            ann.post("/logout", &[("form_token", bad)]).await.status,
            StatusCode::FORBIDDEN,
            "{bad:?}"
        );
    }
    let by_query = ann.post(&format!("/logout?form_token={token}"), &[]).await;
    assert_eq!(by_query.status, StatusCode::FORBIDDEN);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "https://files.example:8765.evil.example"),
        ("origin", "files.example:8765"),
    ] {
        let reply = ann.post_with("/logout", &[("form_token", &token)], &[(name, value)]).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert!(still_in(ann.clone()).await);
    for (name, value) in [
        ("sec-fetch-site", "same-origin"),
        ("origin", "null"),
        ("origin", "http://files.example:8765"),
        ("origin", "https://FILES.example:8765"),
    ] {
        let mut ann = world.signed_in().await;
        let token = ann.get("/account").await.field("form_token");
        let reply = ann.post_with("/logout", &[("form_token", &token)], &[(name, value)]).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{name}: {value}");
    }
    // Signing somebody in as somebody else is an attack, too.
    let fields = [("email", EMAIL), ("password", PASSWORD), ("form_token", strangers_token.as_str())];
    let mut victim = world.browser();
    assert_eq!(victim.post("/login", &fields).await.status, StatusCode::FORBIDDEN);
    victim.get("/login").await;
    assert_eq!(victim.post("/login", &fields).await.status, StatusCode::FORBIDDEN);
}

/// Signing in gives a new session, and ends the one that the browser brought.
#[tokio::test]
async fn a_session_is_never_inherited() {
    let world = World::with_ann().await;
    world.account("bob@example.org").await;
    let mut browser = world.signed_in().await;
    let anns = browser.cookies["tidemark-session"].clone();
    let page = browser.get("/login?again=1&continue=/help").await;
    assert_eq!(page.status, StatusCode::OK);
    let reply = browser.submit(&page, &[("email", "bob@example.org"), ("password", PASSWORD)]).await;
    assert_eq!(reply.location(), "/help");
    assert!(browser.get("/account").await.body.contains("bob@example.org"));
    assert!(world.people.session(&anns).await.unwrap().is_none());

    let mut planted = world.browser();
    planted.cookies.insert("tidemark-session".into(), "A".repeat(43));
    let reply = planted.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    assert_ne!(planted.cookies["tidemark-session"], "A".repeat(43));
}

/// Guessing has to wait, and is told how long; the right password from elsewhere has not.
#[tokio::test]
async fn guessing_has_to_wait() {
    let world = World::with_ann().await;
    let mut guesser = world.browser();
    for _ in 0..5 {
        assert_eq!(guesser.sign_in(EMAIL, "wrong guess").await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(guesser.sign_in(EMAIL, "wrong guess").await.status, StatusCode::TOO_MANY_REQUESTS);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(guesser.sign_in(EMAIL, "wrong guess").await.status, StatusCode::UNAUTHORIZED);
    let wait = guesser.sign_in(EMAIL, PASSWORD).await;
    assert_eq!((wait.status, wait.header(RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "2"));
    assert!(wait.body.contains("try again in 2 seconds"));
    assert!(!wait.body.contains("aria-invalid"), "nothing that was typed is to blame");

    let mut ann = world.browser();
    ann.peer = "192.0.2.2:4711";
    assert_eq!(ann.sign_in(EMAIL, PASSWORD).await.status, StatusCode::SEE_OTHER);
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(guesser.sign_in(EMAIL, PASSWORD).await.status, StatusCode::SEE_OTHER);
}

/// Behind a proxy, people are told apart by what it appended; otherwise nobody's claim counts.
#[tokio::test]
async fn a_proxy_tells_people_apart() {
    let proxied = World::configured(|site| site.at(Origin { behind_proxy: true, public: None }));
    let direct = World::new();
    for (world, told_apart) in [(&proxied, true), (&direct, false)] {
        world.account(EMAIL).await;
        let mut browser = world.browser();
        let token = browser.get("/login").await.field("form_token");
        let mut attempt = async |password: &str, forwarded: &str| {
            let fields = [("form_token", token.as_str()), ("email", EMAIL), ("password", password)];
            browser.post_with("/login", &fields, &[("x-forwarded-for", forwarded)]).await.status
        };
        for claim in 0..5 {
            let forwarded = format!("198.51.100.{claim}, 203.0.113.7");
            assert_eq!(attempt("wrong guess", &forwarded).await, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(attempt(PASSWORD, "203.0.113.7").await, StatusCode::TOO_MANY_REQUESTS);
        let other = attempt(PASSWORD, "203.0.113.7, 203.0.113.8").await;
        assert_eq!(other == StatusCode::SEE_OTHER, told_apart);
    }
}

/// Before there is an account, nobody is asked to sign in.
#[tokio::test]
async fn nobody_signs_in_before_there_is_an_account() {
    let world = World::new();
    let reply = world.browser().get("/login").await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"));
}

/// Under TLS the cookies are for TLS only, and only those that TLS set count.
#[tokio::test]
async fn cookies_are_bound_to_tls() {
    let direct = World::with_ann().await;
    let proxied = World::configured(|site| site.at(Origin { behind_proxy: true, public: None }));
    proxied.account(EMAIL).await;
    for (world, tls) in [(&direct, true), (&proxied, false)] {
        let mut browser = world.browser();
        browser.tls = tls;
        let page = browser.get("/login").await;
        let form = page.header(SET_COOKIE);
        assert!(form.starts_with("__Host-tidemark-form=") && form.ends_with("; Secure"), "{form}");
        let reply = browser.submit(&page, &[("email", EMAIL), ("password", PASSWORD)]).await;
        let session = reply.header(SET_COOKIE);
        assert!(
            session.starts_with("__Host-tidemark-session=") && session.ends_with("; Secure"),
            "{session}"
        );
        assert!(browser.get("/account").await.body.contains(EMAIL));
        let value = browser.cookies.remove("__Host-tidemark-session").unwrap();
        browser.cookies.insert("tidemark-session".into(), value);
        assert!(!browser.get("/account").await.body.contains(EMAIL));
    }
}

/// A session ends after a month, and with a new password.
#[tokio::test]
async fn a_session_ends() {
    let world = World::with_ann().await;
    let (mut old, mut other) = (world.signed_in().await, world.signed_in().await);
    world.people.set_password(EMAIL, "another one").await.unwrap();
    assert!(!old.get("/account").await.body.contains(EMAIL));
    assert_eq!(other.sign_in(EMAIL, "another one").await.status, StatusCode::SEE_OTHER);
    world.clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
    assert!(!other.get("/account").await.body.contains(EMAIL));
}

/// Bad input is refused in words, and nothing is read without an end.
#[tokio::test]
async fn bad_forms_are_refused() {
    let world = World::with_ann().await;
    let mut browser = world.browser();
    let token = browser.get("/login").await.field("form_token");
    let huge = "x".repeat(70_000);
    let reply = browser.post("/login", &[("form_token", &token), ("email", &huge)]).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let many = format!("form_token={token}&{}", "a=b&".repeat(1_000));
    assert_eq!(browser.send(Method::POST, "/login", &kind, &many).await.status, StatusCode::BAD_REQUEST);
    let reply = browser.send(Method::POST, "/login", &kind, "email=%ff").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    for email in ["\0", "a@b\u{202e}", &"x".repeat(60_000)] {
        let fields = [("form_token", token.as_str()), ("email", email), ("password", "wrong guess")];
        assert_eq!(browser.post("/login", &fields).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(browser.send(Method::PUT, "/login", &[], "").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(browser.send(Method::GET, "/logout", &[], "").await.status, StatusCode::METHOD_NOT_ALLOWED);
}
