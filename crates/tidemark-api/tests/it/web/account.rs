//! `/account`: what is linked and how it is unlinked, sessions, and the password; `/help`.

use crate::browser::{EMAIL, PASSWORD, World};
use http::StatusCode;
use std::time::Duration;
use tidemark_api::http::Origin;
use tidemark_core::store::{AccountChange, AccountStore, AppChange};

/// The pages lead to the server's own gallery, if it has one.
#[tokio::test]
async fn leads_to_the_gallery_that_there_is() {
    for gallery in [None, Some("/gallery")] {
        let world = World::configured(|site| site.beside(gallery));
        world.account(EMAIL).await;
        let mut browser = world.signed_in().await;
        for page in ["/files", "/links", "/account", "/apps"] {
            let leads = browser.get(page).await.body.contains("<a href=\"/gallery/\">Gallery</a>");
            assert_eq!(leads, gallery.is_some(), "{page}");
        }
    }
}

/// An app stands there once, however often it was allowed, and Revoke ends all of it.
#[tokio::test]
async fn shows_linked_apps_and_revokes_them() {
    let world = World::with_ann().await;
    let mut browser = world.signed_in().await;
    assert!(browser.get("/account").await.body.contains("No app can reach your files"));

    let (ann, app) = (world.people.account(EMAIL).await.unwrap(), world.app().await);
    let (first, _) = world.people.issue_token(&ann, &app).await.unwrap();
    world.clock.advance(Duration::from_secs(40 * 24 * 60 * 60 / 2));
    let (second, _) = world.people.issue_token(&ann, &app).await.unwrap();
    let home = browser.get("/account").await;
    assert_eq!(home.body.matches("Camera &#60;&#38;&#62; Co</bdi></strong>").count(), 1);
    assert!(
        home.body.contains("All your files · since 14 November 2023 · linked 2 times · not used yet"),
        "{}",
        home.body
    );
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
    assert_eq!(stranger.get("/account").await.location(), "/login?continue=/account");
    assert!(world.people.authenticate(first.reveal()).await.is_ok());

    let reply = browser.submit(&asked, &[]).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/account?done=unlinked"));
    for token in [first, second] {
        assert!(world.people.authenticate(token.reveal()).await.is_err());
    }
    let done = browser.get(reply.location()).await;
    assert!(done.body.contains("No app can reach your files"));
    assert!(done.body.contains("role=\"status\">The app is revoked."));
    assert_eq!(browser.get(&asking).await.status, StatusCode::NOT_FOUND);
    assert!(!browser.get("/account").await.body.contains("role=\"status\""));
}

/// One person's Revoke does not touch another's.
#[tokio::test]
async fn revoking_is_personal() {
    let world = World::with_ann().await;
    let (bob, app) = (world.account("bob@example.org").await, world.app().await);
    let (token, _) = world.people.issue_token(&bob, &app).await.unwrap();
    let mut ann = world.signed_in().await;
    let form = ann.get("/account").await.field("form_token");
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

/// A program that was used says so; our own pages are no program.
#[tokio::test]
async fn the_last_use_is_told() {
    let world = World::with_ann().await;
    world.people.ensure_own_apps().await.unwrap();
    let mut browser = world.signed_in().await;
    let (ann, app) = (world.people.account(EMAIL).await.unwrap(), world.app().await);
    let (token, _) = world.people.issue_token(&ann, &app).await.unwrap();
    world.people.authenticate(token.reveal()).await.unwrap();
    world.clock.advance(Duration::from_secs(3 * 60));
    let page = browser.get("/account").await;
    assert!(
        page.body.contains("used <time datetime=\"2023-11-14T22:13:20Z\">3 minutes ago</time>"),
        "{}",
        page.body
    );
    let form = page.field("form_token");
    assert_eq!(browser.post("/session/token", &[("form_token", &form)]).await.status, StatusCode::OK);
    let page = browser.get("/account").await;
    assert!(!page.body.contains("Tidemark on the web"));
    let asking = browser.get("/linked-apps/revoke?app=tidemark-pages").await;
    assert_eq!(asking.status, StatusCode::NOT_FOUND);
    browser.post("/linked-apps/revoke", &[("form_token", &form), ("app", "tidemark-pages")]).await;
    assert_eq!(world.people.grants(ann.id).await.unwrap().len(), 2, "it ends with the session only");
}

/// Somebody sees where they are signed in, and ends one session, or all others.
#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let world = World::with_ann().await;
    world.account("bob@example.org").await;
    let mut here = world.signed_in().await;
    world.clock.advance(Duration::from_secs(7_200));
    let mut phone = world.browser();
    phone.peer = "[2001:db8::1]:4711";
    let page = phone.get("/login").await;
    let fields =
        [("form_token", page.field("form_token")), ("email", EMAIL.into()), ("password", PASSWORD.into())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let agent = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0";
    phone.post_with("/login", &fields, &[("user-agent", agent)]).await;
    let mut third = world.signed_in().await;

    let page = here.get("/account").await;
    assert_eq!(page.body.matches("this browser").count(), 1);
    assert!(page.body.contains("<strong>Firefox on Android</strong>"), "{}", page.body);
    assert!(page.body.contains("from 2001:db8::/64") && page.body.contains("from 192.0.2.1"));
    assert!(page.body.contains("Signed in <time datetime=\"2023-11-14T22:13:20Z\">2 hours ago</time>"));
    let token = page.field("form_token");
    let number = page.body.split("name=\"session\" value=\"").nth(2).unwrap().split('"').next().unwrap();

    let mut bob = world.browser();
    bob.sign_in("bob@example.org", PASSWORD).await;
    let of_bob = bob.get("/account").await.field("form_token");
    bob.post("/account/sessions/end", &[("form_token", &of_bob), ("session", number)]).await;
    assert_eq!(phone.get("/account").await.status, StatusCode::OK, "not theirs to end");
    let forged = here.post("/account/sessions/end", &[("form_token", &of_bob), ("session", number)]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    for bad in ["", "x", "-1"] {
        let reply = here.post("/account/sessions/end", &[("form_token", &token), ("session", bad)]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let reply = here.post("/account/sessions/end", &[("form_token", &token), ("session", number)]).await;
    assert_eq!(reply.location(), "/account?done=ended");
    assert_eq!(phone.get("/account").await.location(), "/login?continue=/account");
    assert_eq!(third.get("/account").await.status, StatusCode::OK);
    let reply = here.post("/account/sessions/end-others", &[("form_token", &token)]).await;
    assert_eq!(reply.location(), "/account?done=ended-others");
    assert_eq!(third.get("/account").await.status, StatusCode::SEE_OTHER);
    let page = here.get(reply.location()).await;
    assert!(page.body.contains("role=\"status\">Everywhere else, you are signed out."));
    assert!(!page.body.contains("sessions/end"), "there is nothing more to end");
    assert_eq!(bob.get("/account").await.status, StatusCode::OK);
}

/// The current one is asked for, and guessing is slowed down as it is at the door.
#[tokio::test]
async fn the_password_is_changed() {
    let world = World::with_ann().await;
    let (mut here, mut other) = (world.signed_in().await, world.signed_in().await);
    let page = here.get("/account").await;
    assert_eq!(page.form().0, "/account/password");
    let change = async |browser: &mut crate::browser::Browser, current: &str, new: &str| {
        browser.submit(&page, &[("current", current), ("new", new)]).await
    };
    let short = change(&mut here, PASSWORD, "short").await;
    assert_eq!(short.status, StatusCode::BAD_REQUEST);
    assert!(
        short.body.contains("A password has 8 to 1024 characters.") && short.body.contains("<details open>")
    );
    let wrong = change(&mut here, "wrong guess", "another one").await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert!(wrong.body.contains("The current password is wrong."));
    for secret in [PASSWORD, "wrong guess", "another one"] {
        assert!(!wrong.body.contains(secret) && !short.body.contains(secret));
    }
    let forged = change(&mut other, PASSWORD, "another one").await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN, "that form was not shown there");
    let done = change(&mut here, PASSWORD, "another one").await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/account?done=password"));
    assert_eq!(here.get("/account").await.status, StatusCode::OK);
    assert_eq!(other.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(other.sign_in(EMAIL, "another one").await.status, StatusCode::SEE_OTHER);
    for _ in 0..5 {
        assert_eq!(change(&mut here, "wrong guess", "yet another").await.status, StatusCode::FORBIDDEN);
    }
    let wait = change(&mut here, "another one", "yet another").await;
    assert_eq!((wait.status, wait.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    assert!(wait.body.contains("Too many attempts."));
}

/// What is kept, and how much of what may be.
#[tokio::test]
async fn storage_is_told() {
    let world = World::with_ann().await;
    world.put("/a.txt", &[b'x'; 3_000]).await;
    let mut ann = world.signed_in().await;
    assert!(ann.get("/account").await.body.contains("<p>3.0 KB used</p>"));
    world.people.set_quota(EMAIL, Some(4_000)).await.unwrap();
    let page = ann.get("/account").await;
    assert!(
        page.body.contains("3.0 KB of 4.0 KB used") && page.body.contains("value=\"75\""),
        "{}",
        page.body
    );
    world.people.set_quota(EMAIL, Some(0)).await.unwrap();
    assert!(ann.get("/account").await.body.contains("value=\"100\""));
}

#[tokio::test]
async fn the_name_is_changed() {
    let world = World::with_ann().await;
    let mut ann = world.signed_in().await;
    let form = ann.get("/account").await.field("form_token");
    let mut change = async |name| ann.post("/account/name", &[("form_token", &form), ("name", name)]).await;
    let long = "x".repeat(101);
    for bad in [" ", "Ann\u{202e}eeL", "Ann\u{200f}", &long] {
        let refused = change(bad).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.body.contains("A name has 1 to 100 characters"), "{}", refused.body);
    }
    let reply = change(" Ann <Lee>").await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/account?done=name"));
    let page = ann.get(reply.location()).await;
    assert!(
        page.body.contains("Your name is changed.") && page.body.contains("<bdi>Ann &#60;Lee&#62;</bdi>")
    );
    assert_eq!(ann.post("/account/name", &[("name", "Forged")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.people.account(EMAIL).await.unwrap().name, "Ann <Lee>");
}

/// By administrators: what is on others' pages about somebody is not theirs to choose. Nobody else learns who has an account.
#[tokio::test]
async fn people_do_not_choose_their_email() {
    let world = World::with_ann().await;
    world.account("bob@example.org").await;
    let mut ann = world.signed_in().await;
    let page = ann.get("/account").await;
    assert!(page.body.contains("ask an administrator") && !page.body.contains("action=\"/account/email\""));
    let mut told = Vec::new();
    for email in ["bob@example.org", "support@example.org", "no address"] {
        let fields = [
            ("form_token", page.field("form_token")),
            ("email", email.into()),
            ("password", PASSWORD.into()),
        ];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let refused = ann.post("/account/email", &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        told.push(refused.body);
    }
    assert!(told.iter().all(|page| page.contains("Ask an administrator") && *page == told[0]));
    assert!(world.people.account(EMAIL).await.is_ok());
}

/// For the password, and to what nobody else has.
#[tokio::test]
async fn an_administrators_email_is_changed() {
    let world = World::with_ann().await;
    let id = world.people.account(EMAIL).await.unwrap().id;
    world.store.change_account(id, AccountChange::Admin(true)).await.unwrap();
    world.account("bob@example.org").await;
    let mut ann = world.signed_in().await;
    let form = ann.get("/account").await.field("form_token");
    let mut change = async |email, password| {
        ann.post("/account/email", &[("form_token", &form), ("email", email), ("password", password)]).await
    };
    for (email, password, status, told) in [
        ("ann.lee@example.org", "wrong password", StatusCode::FORBIDDEN, "This is not your password."),
        ("no address", PASSWORD, StatusCode::BAD_REQUEST, "This is not an e-mail address."),
        (
            "BOB@example.org",
            PASSWORD,
            StatusCode::BAD_REQUEST,
            "Somebody else has an account with this e-mail.",
        ),
    ] {
        let refused = change(email, password).await;
        assert_eq!(refused.status, status, "{told}");
        assert!(
            refused.body.contains(told) && refused.body.contains(&format!("value=\"{email}\"")),
            "{told}"
        );
    }
    let reply = change("ann.lee@example.org", PASSWORD).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/account?done=email"));
    let page = ann.get(reply.location()).await;
    assert!(page.body.contains("Your e-mail is changed.") && page.body.contains("ann.lee@example.org"));
    let mut elsewhere = world.browser();
    assert_eq!(elsewhere.sign_in(EMAIL, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(elsewhere.sign_in("ann.lee@example.org", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

/// Marks that turn the text around them are no part of what people read.
#[tokio::test]
async fn hostile_app_names_do_no_harm() {
    let world = World::with_ann().await;
    let ann = world.people.account(EMAIL).await.unwrap();
    let app =
        world.people.register_owned_app(&ann, "Camera", tidemark_core::model::Access::Full).await.unwrap();
    // No app is called so any more, but some may have been.
    let hostile = AppChange::Name("Camera\u{200f}gpj".to_owned());
    world.store.change_app(&app.key, hostile).await.unwrap();
    world.people.issue_token(&ann, &app).await.unwrap();
    let mut browser = world.signed_in().await;
    let consent = format!("/1/oauth2/authorize?response_type=code&client_id={}", app.key);
    let unlink = format!("/linked-apps/revoke?app={}", app.key);
    for path in ["/account", "/apps", &format!("/apps/{}", app.key), &unlink, &consent] {
        let page = browser.get(path).await;
        assert!(page.body.contains("Camera\u{fffd}gpj") && !page.body.contains('\u{200f}'), "{path}");
    }
}

/// Whoever is signed in finds the way from pages that say what went wrong, too; nobody else is told more.
#[tokio::test]
async fn dead_ends_have_a_way_out() {
    let world = World::with_ann().await;
    let (mut ann, mut stranger) = (world.signed_in().await, world.browser());
    for (path, status) in [
        ("/nowhere", StatusCode::NOT_FOUND),
        ("/apps/nosuchapp", StatusCode::NOT_FOUND),
        ("/links/revoke?link=99", StatusCode::NOT_FOUND),
        ("/links?before=x", StatusCode::BAD_REQUEST),
        ("/admin", StatusCode::NOT_FOUND),
    ] {
        let page = ann.get(path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(
            page.body.contains("aria-label=\"Parts of Tidemark\"") && page.body.contains("To your files"),
            "{path}"
        );
        assert!(
            page.body.contains(EMAIL) && page.header(http::header::CACHE_CONTROL) == "no-store",
            "{path}"
        );
    }
    let page = ann.get("/1/oauth2/authorize?client_id=none").await;
    assert!(!page.body.contains("Parts of Tidemark"), "whoever an app has sent goes back to it");
    for path in ["/nowhere", "/1/oauth2/authorize?client_id=none"] {
        let page = stranger.get(path).await;
        assert!(
            page.body.contains("To the start page") && !page.body.contains("Parts of Tidemark"),
            "{path}"
        );
    }
    assert!(ann.get("/help").await.body.contains("aria-label=\"Parts of Tidemark\""));
    assert!(!stranger.get("/help").await.body.contains("Parts of Tidemark"));
    let api = ann.get("/1/nowhere").await;
    assert_eq!(api.header(http::header::CONTENT_TYPE), "application/json");
}
