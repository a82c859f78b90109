//! The app console: what people register, see and change of their own, and nothing of others'.

use crate::browser::{Browser, EMAIL, PASSWORD, World};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use std::time::Duration;
use tidemark_core::model::{Access, App, Attempt, Health, Timestamp};
use tidemark_core::store::{Watched, WebhookStore as _};

const HOOK: &str = "https://app.example/hook?key=hidden";

/// Ann, signed in, with an app of her own.
async fn with_app() -> (World, Browser, App) {
    let world = World::with_ann().await;
    let ann = world.people.account(EMAIL).await.unwrap();
    let app = world.people.register_owned_app(&ann, "Ann's app", Access::AppFolder).await.unwrap();
    let browser = world.signed_in().await;
    (world, browser, app)
}

/// Sends a form about an app, as a page of the app console would.
async fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> crate::browser::Reply {
    let form_token = browser.get("/apps").await.field("form_token");
    let mut all = vec![("form_token", form_token.as_str())];
    all.extend(fields);
    browser.post(path, &all).await
}

#[tokio::test]
async fn an_app_is_registered_and_belongs_to_whoever_did_it() {
    let world = World::with_ann().await;
    let mut ann = world.signed_in().await;
    let page = ann.get("/apps").await;
    assert!(page.body.contains("You have registered no app yet"));
    let reply = ann.submit(&page, &[("name", "Tide <tables>"), ("access", "app-folder")]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let page = ann.get(reply.location()).await;
    assert!(page.body.contains("The app is registered.") && page.body.contains("Tide &#60;tables&#62;"));
    let account = world.people.account(EMAIL).await.unwrap();
    let app = world.people.apps_of(account.id).await.unwrap().pop().unwrap();
    assert_eq!((app.name.as_str(), app.access), ("Tide <tables>", Access::AppFolder));
    assert!(page.body.contains(&app.key.0) && !page.body.contains(&app.secret));
    assert!(ann.get("/apps").await.body.contains(&format!("/apps/{}", app.key)));
    let page = ann.get("/apps").await;
    for (name, told) in
        [("Tide <tables>", "could not tell the two apart"), ("a/b", "another name"), ("", "another name")]
    {
        let reply = ann.submit(&page, &[("name", name), ("access", "app-folder")]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert!(reply.body.contains(told) && reply.body.contains("value=\"app-folder\" checked"), "{name}");
    }
}

/// To everybody else, an administrator included, there is no such app; and nobody is shown anything who is not signed in.
#[tokio::test]
async fn anothers_app_is_not_there() {
    let (world, mut ann, app) = with_app().await;
    world.hooks.answers(HOOK, 200);
    let hook = send(&mut ann, &format!("/apps/{}/webhooks", app.key), &[("uri", HOOK)]).await;
    assert_eq!(hook.status, StatusCode::SEE_OTHER);
    let registered = world.app().await;
    world.account("bob@example.org").await;
    let mut bob = world.browser();
    bob.sign_in("bob@example.org", PASSWORD).await;
    for (browser, key) in [(&mut bob, &app.key.0), (&mut ann, &registered.key.0)] {
        let base = format!("/apps/{key}");
        for path in ["", "/requests", "/requests.json", "/webhooks/1"] {
            let page = browser.get(&format!("{base}{path}")).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        }
        let fields =
            [("uri", "https://a.example/"), ("password", PASSWORD), ("paused", "1"), ("name", "Mine")];
        for path in [
            "/secret",
            "/redirects",
            "/redirects/remove",
            "/name",
            "/delete",
            "/pause",
            "/token",
            "/token/revoke",
            "/webhooks",
            "/webhooks/1/test",
            "/webhooks/1/enable",
            "/webhooks/1/replay",
            "/webhooks/1/remove",
        ] {
            let page = send(browser, &format!("{base}{path}"), &fields).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
            assert!(!page.body.contains(&app.secret) && !page.body.contains(&registered.secret));
            let forged = browser.post(&format!("{base}{path}"), &fields).await;
            assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path} takes forms of ours only");
        }
    }
    let after = world.people.app(&app.key.0).await.unwrap();
    assert_eq!((after.disabled, after.redirect_uris.len(), after.webhook_uris.len()), (false, 0, 1));
    assert_eq!((after.name.as_str(), world.people.apps().await.unwrap().len()), ("Ann's app", 2));
    assert!(world.hooks.told().is_empty());
    let mut stranger = world.browser();
    for path in ["/apps".to_owned(), format!("/apps/{}", app.key), format!("/apps/{}/requests.json", app.key)]
    {
        let reply = stranger.get(&path).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
        assert!(reply.location().starts_with("/login?continue="), "{}", reply.location());
    }
}

/// The password each time, and the secret once, where nothing keeps it.
#[tokio::test]
async fn the_secret_is_shown_for_the_password() {
    let (world, mut ann, app) = with_app().await;
    let path = format!("/apps/{}/secret", app.key);
    let refused = send(&mut ann, &path, &[("password", "wrong password")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("This is not your password.") && !refused.body.contains(&app.secret));
    let shown = send(&mut ann, &path, &[("password", PASSWORD)]).await;
    assert_eq!((shown.status, shown.header(CACHE_CONTROL)), (StatusCode::OK, "no-store"));
    assert!(shown.body.contains(&app.secret) && !shown.body.contains(PASSWORD));
    for path in ["", "/requests"] {
        assert!(!ann.get(&format!("/apps/{}{path}", app.key)).await.body.contains(&app.secret));
    }
    assert_eq!(ann.get(&path).await.location(), format!("/apps/{}", app.key));
    for _ in 0..10 {
        send(&mut ann, &path, &[("password", "wrong password")]).await;
    }
    let slowed = send(&mut ann, &path, &[("password", PASSWORD)]).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!slowed.body.contains(&app.secret));
    drop(world);
}

#[tokio::test]
async fn redirect_uris_come_and_go() {
    let (world, mut ann, app) = with_app().await;
    let path = format!("/apps/{}/redirects", app.key);
    for uri in ["https://a.example/cb", "http://localhost:5000/cb"] {
        let reply = send(&mut ann, &path, &[("uri", uri)]).await;
        assert_eq!(reply.location(), format!("/apps/{}?done=redirect#redirects", app.key));
    }
    for (uri, told) in [
        ("http://a.example/cb", "begins with https://"),
        ("javascript:alert(1)", "begins with https://"),
        ("https://a.example/cb", "already"),
        ("", "begins with https://"),
    ] {
        let reply = send(&mut ann, &path, &[("uri", uri)]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert!(reply.body.contains(told), "{uri}");
    }
    let remove = format!("{path}/remove");
    assert_eq!(
        send(&mut ann, &remove, &[("uri", "https://a.example/cb")]).await.status,
        StatusCode::SEE_OTHER
    );
    let last = send(&mut ann, &remove, &[("uri", "http://localhost:5000/cb")]).await;
    assert!(last.body.contains("last redirect URI"));
    let kept = world.people.app(&app.key.0).await.unwrap().redirect_uris;
    assert_eq!(kept, ["http://localhost:5000/cb"]);
}

/// The owner lets in again whom the owner shut out, and not whom an administrator did.
#[tokio::test]
async fn an_app_is_renamed() {
    let (world, mut ann, app) = with_app().await;
    world.app().await;
    let path = format!("/apps/{}/name", app.key);
    let reply = send(&mut ann, &path, &[("name", " Tide <table> ")]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    let page = ann.get(reply.location().split('#').next().unwrap()).await;
    assert!(page.body.contains("The app has its new name.") && page.body.contains("Tide &#60;table&#62;"));
    for (name, told) in [
        ("camera <&> co", "could not tell the two apart"),
        ("a/b", "another name"),
        ("Tide mark <>", "does not begin with “Tidemark”"),
    ] {
        let refused = send(&mut ann, &path, &[("name", name)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{name}");
        assert!(refused.body.contains(told) && refused.body.contains("id=\"name-problem\""), "{name}");
    }
    assert_eq!(world.people.app(&app.key.0).await.unwrap().name, "Tide <table>");
}

/// With everybody's permissions, its webhooks, and what was seen of it.
#[tokio::test]
async fn an_app_is_deleted_for_the_password() {
    let (world, mut ann, app) = with_app().await;
    let bob = world.account("bob@example.org").await;
    let (token, _) = world.people.issue_token(&bob, &app).await.unwrap();
    world.hooks.answers(HOOK, 200);
    send(&mut ann, &format!("/apps/{}/webhooks", app.key), &[("uri", HOOK)]).await;
    let path = format!("/apps/{}/delete", app.key);
    for wrong in ["", "wrong password"] {
        let refused = send(&mut ann, &path, &[("password", wrong)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(
            refused.body.contains("This is not your password.") && refused.body.contains("<details open>")
        );
    }
    assert!(world.people.authenticate(token.reveal()).await.is_ok());
    let reply = send(&mut ann, &path, &[("password", PASSWORD)]).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/apps?done=deleted"));
    let page = ann.get(reply.location()).await;
    assert!(page.body.contains("The app is deleted.") && !page.body.contains(&app.key.0));
    assert!(world.people.authenticate(token.reveal()).await.is_err());
    assert!(world.store.webhooks().await.unwrap().is_empty());
    assert_eq!(ann.get(&format!("/apps/{}", app.key)).await.status, StatusCode::NOT_FOUND);
    let again = send(&mut ann, &path, &[("password", PASSWORD)]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_app_is_paused() {
    let (world, mut ann, app) = with_app().await;
    let path = format!("/apps/{}/pause", app.key);
    assert!(send(&mut ann, &path, &[("paused", "1")]).await.location().contains("done=paused"));
    assert!(world.people.app(&app.key.0).await.unwrap().paused);
    let page = ann.get(&format!("/apps/{}", app.key)).await;
    assert!(page.body.contains("<strong>paused</strong>"));
    let refused = send(&mut ann, &format!("/apps/{}/token", app.key), &[]).await;
    assert!(refused.body.contains("lets nobody in at present"));
    assert!(send(&mut ann, &path, &[("paused", "0")]).await.location().contains("done=resumed"));
    world.people.set_app_disabled(&app.key.0, true).await.unwrap();
    let reply = send(&mut ann, &path, &[("paused", "0")]).await;
    assert!(
        ann.get(reply.location()).await.body.contains("An administrator of this server has shut the app out")
    );
    assert!(world.people.app(&app.key.0).await.unwrap().disabled);
}

/// Told once, in snippets that name this server; and it works until it is revoked.
#[tokio::test]
async fn a_token_for_trying() {
    let (world, mut ann, app) = with_app().await;
    let page = ann.get(&format!("/apps/{}", app.key)).await;
    assert!(
        page.body.contains("Authorization: Bearer TOKEN")
            && page.body.contains("http://files.example:8765/1/metadata")
    );
    let reply = send(&mut ann, &format!("/apps/{}/token", app.key), &[]).await;
    assert_eq!((reply.status, reply.header(CACHE_CONTROL)), (StatusCode::OK, "no-store"));
    let token =
        reply.body.split("Authorization: Bearer ").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(reply.body.contains(&format!("<code>{token}</code>")));
    let caller = world.people.authenticate(&token).await.unwrap();
    assert_eq!((caller.account.email.as_str(), &caller.app.key), (EMAIL, &app.key));
    let page = ann.get(&format!("/apps/{}", app.key)).await;
    assert!(!page.body.contains(&token) && page.body.contains("Revoke all my tokens (1)"));
    send(&mut ann, &format!("/apps/{}/token/revoke", app.key), &[]).await;
    assert!(world.people.authenticate(&token).await.is_err());
}

#[tokio::test]
async fn webhooks_are_added_tested_and_removed() {
    let (world, mut ann, app) = with_app().await;
    let path = format!("/apps/{}/webhooks", app.key);
    world.hooks.answers("https://app.example/broken", 500);
    for (uri, told) in [
        ("https://nowhere.example/", "--egress-allow 127.0.0.1"),
        ("https://app.example/broken", "answered with status 500"),
        ("ftp://app.example/", "begins with https:// or http://"),
    ] {
        let reply = send(&mut ann, &path, &[("uri", uri)]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert!(reply.body.contains(told) && reply.body.contains(uri), "{uri}");
    }
    world.hooks.answers(HOOK, 200);
    let reply = send(&mut ann, &path, &[("uri", HOOK)]).await;
    assert!(
        ann.get(reply.location().split('#').next().unwrap()).await.body.contains("answered the challenge")
    );
    let page = ann.get(&format!("{path}/1")).await;
    assert!(
        page.body.contains(HOOK)
            && page.body.contains("is told of changes")
            && page.body.contains("None yet.")
    );
    let tested = send(&mut ann, &format!("{path}/1/test"), &[]).await;
    assert!(tested.body.contains("answered with status 200"), "{}", tested.body);
    let account = world.people.account(EMAIL).await.unwrap().id;
    assert_eq!(world.hooks.told(), [(HOOK.to_owned(), vec![account])]);
    world.hooks.answers(HOOK, 503);
    let tested = send(&mut ann, &format!("{path}/1/test"), &[]).await;
    assert!(tested.body.contains("status 503, not with 2xx"));
    for id in ["2", "x", "18446744073709551616"] {
        assert_eq!(ann.get(&format!("{path}/{id}")).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(send(&mut ann, &format!("{path}/1/remove"), &[]).await.status, StatusCode::SEE_OTHER);
    assert!(world.people.app(&app.key.0).await.unwrap().webhook_uris.is_empty());
}

/// The log of an address, and its being taken up again after it was given up.
#[tokio::test]
async fn deliveries_are_logged() {
    let (world, mut ann, app) = with_app().await;
    world.hooks.answers(HOOK, 200);
    send(&mut ann, &format!("/apps/{}/webhooks", app.key), &[("uri", HOOK)]).await;
    let webhook = world.store.webhooks().await.unwrap().remove(0);
    let (at, disabled) = (Timestamp(1_700_000_000_000), Some(Timestamp(1_700_000_100_000)));
    let took = Duration::from_millis(37);
    let delivered = Attempt { at, took, accounts: 1, status: Some(204), failure: None };
    let failure = Some("it answered with status 500 <b>".to_owned());
    let failed = Attempt { accounts: 7, status: Some(500), failure, ..delivered.clone() };
    world.store.record(webhook.id, &delivered, Health::default(), &[]).await.unwrap();
    let given_up = Health { failures: 20, failing_since: Some(at), next_try: None, disabled };
    world.store.record(webhook.id, &failed, given_up, &[]).await.unwrap();
    let path = format!("/apps/{}/webhooks/{}", app.key, webhook.id.0);
    let page = ann.get(&path).await;
    for told in [
        "Delivered, status 204",
        "37 ms · 1 account<",
        "14 Nov 2023, 22:13:20 UTC",
        "Failed: it answered with status 500 &#60;b&#62;",
        "37 ms · 7 accounts<",
        "given up on 14 November 2023",
    ] {
        assert!(page.body.contains(told), "{told} is not in {}", page.body);
    }
    assert!(ann.get(&format!("/apps/{}", app.key)).await.body.contains("given up on"));
    let reply = send(&mut ann, &format!("{path}/enable"), &[]).await;
    assert!(ann.get(reply.location()).await.body.contains("is told of what it missed"));
    assert_eq!(world.store.webhooks().await.unwrap()[0].health, Health::default());
}

/// The button for `tidemark app webhook replay`: of everybody who allowed the app, and not while the address is given up.
#[tokio::test]
async fn deliveries_are_sent_again() {
    let (world, mut ann, app) = with_app().await;
    world.hooks.answers(HOOK, 200);
    send(&mut ann, &format!("/apps/{}/webhooks", app.key), &[("uri", HOOK)]).await;
    let id = world.store.webhooks().await.unwrap()[0].id;
    let path = format!("/apps/{}/webhooks/{}", app.key, id.0);
    let replay = format!("{path}/replay");
    assert!(!ann.get(&path).await.body.contains("Send again"), "nothing was sent yet");
    let at = Timestamp(1_700_000_000_000);
    let failure = Some("it answered with status 500".to_owned());
    let failed = Attempt { at, took: Duration::ZERO, accounts: 1, status: Some(500), failure };
    let failing =
        Health { failures: 1, failing_since: Some(at), next_try: Some(Timestamp(i64::MAX)), disabled: None };
    world.store.record(id, &failed, failing, &[]).await.unwrap();
    assert!(ann.get(&path).await.body.contains(&format!("action=\"{replay}\"")));

    let nobody = send(&mut ann, &replay, &[]).await;
    assert_eq!(nobody.status, StatusCode::SEE_OTHER);
    assert!(ann.get(nobody.location()).await.body.contains("Nobody allows the app"));
    let bob = world.account("bob@example.org").await;
    for (person, told) in [(world.people.account(EMAIL).await.unwrap(), "1 account."), (bob, "2 accounts.")] {
        world.people.issue_token(&person, &app).await.unwrap();
        let again = send(&mut ann, &replay, &[]).await;
        let page = ann.get(again.location()).await;
        assert!(page.body.contains(&format!("The app is told again at once, about {told}")), "{}", page.body);
    }
    let watches = world.store.watches(Watched::Again(10)).await.unwrap();
    assert_eq!(watches.iter().map(|watch| watch.again).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(world.store.webhooks().await.unwrap()[0].health, Health { next_try: None, ..failing });

    send(&mut ann, &format!("/apps/{}/pause", app.key), &[("paused", "1")]).await;
    let waiting = send(&mut ann, &replay, &[]).await;
    assert!(ann.get(waiting.location()).await.body.contains("as soon as it lets people in"));

    let given_up = Health { disabled: Some(at), next_try: None, ..failing };
    world.store.record(id, &failed, given_up, &[]).await.unwrap();
    assert!(!ann.get(&path).await.body.contains("Send again"), "it is enabled first");
    let refused = send(&mut ann, &replay, &[]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains("This webhook was given up. Enable it first."));
    let wrong = ann.get(&format!("{path}?done=replayed&accounts=x")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

/// Pages with scripts allow those of this server, and nothing that turns text into markup.
#[tokio::test]
async fn scripts_are_files_of_ours() {
    let (_world, mut ann, app) = with_app().await;
    for path in [format!("/apps/{}", app.key), format!("/apps/{}/requests", app.key)] {
        let page = ann.get(&path).await;
        let policy = page.header(CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains("script-src 'self';") && policy.contains("require-trusted-types-for 'script'")
        );
        let script =
            page.body.split("<script type=\"module\" src=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(ann.get(script).await.status, StatusCode::OK, "{script}");
        assert!(!page.body.contains(" style=") && !page.body.contains("<script>"));
    }
}

/// What an administrator has shut out stays, under its name.
#[tokio::test]
async fn an_app_that_is_shut_out_is_neither_renamed_nor_deleted() {
    let (world, mut ann, app) = with_app().await;
    world.people.set_app_disabled(&app.key.0, true).await.unwrap();
    for (act, field, value, status) in [
        ("name", "name", "Another", StatusCode::BAD_REQUEST),
        ("delete", "password", PASSWORD, StatusCode::FORBIDDEN),
    ] {
        let refused = send(&mut ann, &format!("/apps/{}/{act}", app.key), &[(field, value)]).await;
        assert_eq!(refused.status, status);
        assert!(
            refused.body.contains("role=\"alert\"") && refused.body.contains("it keeps its name"),
            "{act}"
        );
    }
    assert_eq!(world.people.app(&app.key.0).await.unwrap().name, "Ann's app");
}
