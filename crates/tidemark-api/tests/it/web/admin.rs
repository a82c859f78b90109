//! `/admin`: for administrators, and for nobody else.

use crate::browser::{Browser, EMAIL, PASSWORD, World};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidemark_api::telemetry::{Figures, Vitals};
use tidemark_core::model::{AccountId, Timestamp};
use tidemark_core::people::NewPerson;
use tidemark_core::store::AccountStore as _;
use tidemark_core::store::memory::ManualClock;

const ADMIN: &str = "root@example.org";

/// Ann, who is nobody special, and an administrator's browser.
async fn world() -> (World, Browser) {
    with_root(World::new()).await
}

async fn with_root(world: World) -> (World, Browser) {
    world.account(EMAIL).await;
    let person = NewPerson {
        email: ADMIN.into(),
        name: Some("Root".into()),
        password: PASSWORD.into(),
        quota: None,
        admin: true,
    };
    world.people.add_account(person).await.unwrap();
    let mut browser = world.browser();
    browser.sign_in(ADMIN, PASSWORD).await;
    (world, browser)
}

/// For others there is nothing here, whatever they send.
#[tokio::test]
async fn others_find_nothing() {
    let (world, mut admin) = world().await;
    let mut ann = world.signed_in().await;
    let token = ann.get("/account").await.field("form_token");
    let nowhere = ann.get("/nowhere").await.body;
    for path in [
        "/admin",
        "/admin/accounts/new",
        "/admin/accounts/1",
        "/admin/accounts/x",
        "/admin/server",
        "/admin/trends",
    ] {
        let reply = ann.get(path).await;
        assert_eq!((reply.status, &reply.body), (StatusCode::NOT_FOUND, &nowhere), "{path}");
        let to_sign_in = world.browser().get(path).await;
        assert!(to_sign_in.location().starts_with("/login?continue=/admin"), "{path}");
    }
    let fields = [("form_token", token.as_str()), ("act", "admin"), ("email", "x@y"), ("password", PASSWORD)];
    for path in ["/admin/accounts/1", "/admin/accounts/2", "/admin/accounts/new"] {
        assert_eq!(ann.post(path, &fields).await.status, StatusCode::NOT_FOUND);
        assert_eq!(admin.post(path, &fields).await.status, StatusCode::FORBIDDEN, "another browser's form");
    }
    assert_eq!(world.people.accounts().await.unwrap().len(), 2);
    assert!(!world.people.account(EMAIL).await.unwrap().admin);
    assert!(!ann.get("/account").await.body.contains("/admin"));
    assert!(admin.get("/account").await.body.contains("href=\"/admin\""));
}

/// Everybody is listed with what they keep; slips in the form for another account are told.
#[tokio::test]
async fn accounts_are_listed_and_added() {
    let (world, mut admin) = world().await;
    world.put("/a.txt", &[b'x'; 2_000]).await;
    world.people.set_quota(EMAIL, Some(1_000_000_000)).await.unwrap();
    let page = admin.get("/admin").await;
    for told in ["2 accounts", "Ann &#60;Lee&#62;", "2.0 KB of 1.0 GB", "not seen yet", "a moment ago"] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    let form = admin.get("/admin/accounts/new").await;
    let typed = [("name", "Bo"), ("email", "bo@example.org"), ("password", PASSWORD), ("quota", "10 GB")];
    for (field, slip, told) in [
        ("email", "bo", "not an e-mail address"),
        ("email", EMAIL, "already"),
        ("password", "short", "8 to 1024"),
        ("quota", "lots", "such as 10 GB"),
        ("name", "a\nb", "cannot be shown"),
    ] {
        let with = typed.map(|(name, value)| (name, if name == field { slip } else { value }));
        let again = admin.submit(&form, &with).await;
        assert_eq!(again.status, StatusCode::BAD_REQUEST, "{slip}");
        assert!(again.body.contains(told), "{told}: {}", again.body);
        assert_eq!(again.body.matches("aria-invalid=\"true\"").count(), 1, "{slip}");
        assert!(!again.body.contains(PASSWORD));
    }
    // (A box that nobody ticked is not sent.)
    let token = form.field("form_token");
    let fields = [&[("form_token", token.as_str())][..], &typed].concat();
    let added = admin.post("/admin/accounts/new", &fields).await;
    assert_eq!((added.status, added.location()), (StatusCode::SEE_OTHER, "/admin/accounts/3?done=added"));
    assert!(admin.get(added.location()).await.body.contains("value=\"10 GB\""));
    let bo = world.people.account("bo@example.org").await.unwrap();
    assert_eq!((bo.quota, bo.admin), (Some(10_000_000_000), false));
    assert_eq!(world.browser().sign_in("bo@example.org", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

/// Each of the forms does what it says.
#[tokio::test]
async fn an_account_is_changed() {
    let (world, mut admin) = world().await;
    let mut ann = world.signed_in().await;
    let page = admin.get("/admin/accounts/1").await;
    let token = page.field("form_token");
    let mut act = async |path: &str, act: &str, fields: &[(&str, &str)]| {
        let all = [&[("form_token", token.as_str()), ("act", act)][..], fields].concat();
        admin.post(path, &all).await
    };
    let ann_now = async || world.people.account(EMAIL).await.unwrap();
    let path = "/admin/accounts/1";
    assert_eq!(act(path, "quota", &[("quota", "1.5 MB")]).await.location(), "/admin/accounts/1?done=quota");
    assert_eq!(ann_now().await.quota, Some(1_500_000));
    assert_eq!(act(path, "quota", &[("quota", "x")]).await.status, StatusCode::BAD_REQUEST);
    act(path, "quota", &[("quota", "")]).await;
    assert_eq!(ann_now().await.quota, None);

    assert_eq!(ann.get("/account").await.status, StatusCode::OK);
    act(path, "sign-out", &[]).await;
    assert_eq!(ann.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(act(path, "password", &[("password", "short")]).await.status, StatusCode::BAD_REQUEST);
    act(path, "password", &[("password", "another one")]).await;
    assert_eq!(ann.sign_in(EMAIL, "another one").await.status, StatusCode::SEE_OTHER);
    act(path, "disable", &[]).await;
    assert!(ann_now().await.disabled);
    assert_eq!(ann.get("/account").await.status, StatusCode::SEE_OTHER);
    act(path, "enable", &[]).await;
    assert!(!ann_now().await.disabled);

    let own = "/admin/accounts/2";
    for (what, told) in [
        ("disable", "your own account"),
        ("password", "your own account"),
        ("no-admin", "Nobody would be left"),
    ] {
        let refused = act(own, what, &[("password", "another one")]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.body.contains(told), "{what}: {}", refused.body);
    }
    act(path, "admin", &[]).await;
    assert!(ann_now().await.admin);
    assert_eq!(act(own, "no-admin", &[]).await.location(), "/admin/accounts/2?done=admin");
    assert_eq!(act(path, "no-admin", &[]).await.status, StatusCode::NOT_FOUND, "no longer an administrator");
    assert!(ann_now().await.admin);

    ann.sign_in(EMAIL, "another one").await;
    let token = ann.get(own).await.field("form_token");
    for (path, act, status) in [
        (own, "x", StatusCode::BAD_REQUEST),
        (own, "", StatusCode::BAD_REQUEST),
        ("/admin/accounts/99", "disable", StatusCode::NOT_FOUND),
        ("/admin/accounts/-1", "disable", StatusCode::NOT_FOUND),
        ("/admin/accounts/99999999999999999999999", "disable", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(ann.post(path, &[("form_token", &token), ("act", act)]).await.status, status, "{path}");
    }
}

/// How the server is stands there without scripts, and is refreshed by one.
#[tokio::test]
async fn the_server_tells_how_it_is() {
    let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
    let figures = Arc::new(Mutex::new(Figures { free: Some(5_000_000_000), ..Figures::default() }));
    let trouble = Arc::new(Mutex::new(None));
    let measure = Arc::clone(&figures);
    let ready = Arc::clone(&trouble);
    let vitals = Arc::new(Vitals::new(
        Arc::new(move || *measure.lock().unwrap()),
        Arc::new(move || ready.lock().unwrap().clone().map_or(Ok(()), Err)),
        clock.clone(),
    ));
    let (world, mut admin) = with_root(World::configured(|site| site.watched(vitals.clone()))).await;
    world.put("/a.txt", &[b'x'; 2_000]).await;
    vitals.sample();
    for n in 1..=30 {
        clock.advance(Duration::from_secs(10));
        let n = f64::from(n);
        *figures.lock().unwrap() = Figures {
            commits: 20.0 * n,
            commit_seconds: 0.1 * n,
            requests: n,
            waiters: 3.0,
            free: Some(5_000_000_000),
        };
        vitals.sample();
    }
    let page = admin.get("/admin/server").await;
    assert!(page.header(CONTENT_SECURITY_POLICY).contains("require-trusted-types-for"));
    assert!(!page.body.contains(" style=") && !page.body.contains("<style"));
    for told in
        ["5 minutes", "5.0 GB", "2.0 KB", "2.0 a second", "5.0 ms", ">600<", ">30<", ">ready<", "<path d=\"M"]
    {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    assert!(page.body.contains("data-from=\"/admin/trends\""));
    let fresh = admin.get("/admin/trends").await;
    assert_eq!((fresh.status, fresh.header(CACHE_CONTROL)), (StatusCode::OK, "no-store"));
    assert_eq!(fresh.json()["charts"][0]["latest"], "2.0 a second");
    assert!(
        page.body.contains("an hour ago <time datetime=\"2023-11-14T21:18:20Z\">21:18 UTC</time>"),
        "{}",
        page.body
    );
    assert!(page.body.contains("<td>not known</td><td>not known</td><td>2.0 a second</td>"), "{}", page.body);
    assert_eq!(fresh.json()["charts"][0]["ticks"][2]["clock"], "22:18 UTC");
    let day = admin.get("/admin/trends?span=day").await.json();
    assert_eq!(day["charts"][2]["most"], "at most 3", "{day}");
    *trouble.lock().unwrap() = Some("the store is <read-only>".to_owned());
    assert!(admin.get("/admin/server").await.body.contains("not ready: the store is &#60;read-only&#62;"));

    let (_, mut unwatched) = self::world().await;
    assert!(unwatched.get("/admin/server").await.body.contains("Kept by 2 accounts"));
    assert_eq!(unwatched.get("/admin/trends").await.status, StatusCode::NOT_FOUND);
}

/// Others' e-mails are theirs to change, and are shown so that nothing in them turns the text around it.
#[tokio::test]
async fn an_email_is_changed() {
    let (world, mut admin) = world().await;
    let path = "/admin/accounts/1";
    let token = admin.get(path).await.field("form_token");
    let mut change =
        async |email| admin.post(path, &[("form_token", &token), ("act", "email"), ("email", email)]).await;
    for (email, told) in [(ADMIN, "with this e-mail already"), ("no address", "not an e-mail address")] {
        let refused = change(email).await;
        assert!(refused.status == StatusCode::BAD_REQUEST && refused.body.contains(told), "{}", refused.body);
    }
    let reply = change("anna@example.org").await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/admin/accounts/1?done=email"));
    let page = admin.get(reply.location()).await;
    assert!(
        page.body.contains("The e-mail is changed.") && page.body.contains("<bdi>anna@example.org</bdi>")
    );
    let own = [("form_token", token.as_str()), ("act", "email"), ("email", "root@example.net")];
    assert_eq!(admin.post("/admin/accounts/2", &own).await.status, StatusCode::BAD_REQUEST);
    assert!(world.people.account(ADMIN).await.is_ok());
    // Nobody is given such an e-mail any more, but some may have one.
    world.store.change_email(AccountId(1), "a\u{202e}b@example.org").await.unwrap();
    for path in ["/admin", path] {
        let page = admin.get(path).await;
        assert!(page.body.contains("<bdi>a\u{fffd}b@example.org</bdi>"), "{path}");
    }
}
