//! `/apps/info`, `/apps/check_developer`, `/apps/check_redirect_uri`

use crate::world::{Answer, World};
use axum::body::Body;
use expect_test::expect;
use http::Request;
use http::header::HOST;
use tidemark_core::model::{Access, App};
use tidemark_core::people::NewApp;
use tidemark_core::store::{AccountChange, AccountStore as _};

async fn app(world: &World, access: Access) -> App {
    let redirect_uris = vec!["https://app.example/cb?a=b".to_owned()];
    let app = NewApp {
        name: "Camera".to_owned(),
        access,
        redirect_uris,
        same_name: true,
        owner: None,
        webhook_uris: Vec::new(),
    };
    world.people.register_app(app).await.unwrap()
}

/// Asks as a page does in which nobody has signed in.
async fn ask(world: &World, uri: &str) -> Answer {
    let request = Request::builder().uri(uri).header(HOST, "cloud.example");
    world.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn an_app_is_described_to_everybody() {
    let world = World::new().await;
    let full = app(&world, Access::Full).await;
    let answer = ask(&world, &format!("/1/apps/info?app_key={}", full.key.0)).await;
    let icon = answer.json()["icons"]["64x64"].as_str().unwrap().to_owned();
    expect![[r#"200 {"name":"Camera","icons":{"64x64":"ICON","256x256":"ICON"},"permissions":{"datastores":false,"files":"full_dropbox"}}"#]]
        .assert_eq(&answer.shown().replace(&icon, "ICON"));
    assert!(icon.starts_with("http://cloud.example/assets/") && icon.ends_with("/tidemark.svg"), "{icon}");
    let narrow = app(&world, Access::AppFolder).await;
    let answer = ask(&world, &format!("/1/apps/info?app_key={}", narrow.key.0)).await;
    assert_eq!(answer.json()["permissions"]["files"], "app_folder");
    assert!(!answer.text().contains(&narrow.secret));
}

#[tokio::test]
async fn an_app_that_is_shut_out_is_unknown() {
    let world = World::new().await;
    let app = app(&world, Access::Full).await;
    let key = &app.key.0;
    let uris = [
        format!("/1/apps/info?app_key={key}"),
        format!("/1/apps/check_developer?app_key={key}&uid={}", world.account.id.0),
        format!("/1/apps/check_redirect_uri?app_key={key}&redirect_uri=x"),
    ];
    for uri in &uris {
        assert_eq!(ask(&world, uri).await.status, 200, "{uri}");
    }
    world.people.set_app_disabled(key, true).await.unwrap();
    for uri in &uris {
        ask(&world, uri).await.refuses(400);
    }
}

#[tokio::test]
async fn whoever_administers_the_server_develops_its_apps() {
    let world = World::new().await;
    let key = app(&world, Access::Full).await.key.0;
    let is = async |uid: &str| {
        ask(&world, &format!("/1/apps/check_developer?app_key={key}&uid={uid}")).await.shown()
    };
    let (yes, no) = ("200 {\"is_developer\":true}", "200 {\"is_developer\":false}");
    let id = world.account.id;
    assert_eq!(is(&id.0.to_string()).await, no);
    world.accounts.change_account(id, AccountChange::Admin(true)).await.unwrap();
    assert_eq!(is(&id.0.to_string()).await, yes);
    world.accounts.change_account(id, AccountChange::Disabled(true)).await.unwrap();
    assert_eq!(is(&id.0.to_string()).await, no);
    for nobody in ["999999", "-1", "x", "18446744073709551616"] {
        assert_eq!(is(nobody).await, no, "{nobody}");
    }
    ask(&world, &format!("/1/apps/check_developer?app_key={key}")).await.refuses(400);
}

#[tokio::test]
async fn redirect_uris_are_compared_exactly() {
    let world = World::new().await;
    let key = app(&world, Access::Full).await.key.0;
    for (uri, registered) in [
        ("https://app.example/cb?a=b", true),
        ("https://app.example/cb", false),
        ("https://app.example/cb?a=b&c", false),
        ("https://APP.example/cb?a=b", false),
        ("https://elsewhere.example/", false),
    ] {
        let uri = uri.replace('?', "%3F").replace('&', "%26").replace('=', "%3D");
        let answer =
            ask(&world, &format!("/1/apps/check_redirect_uri?app_key={key}&redirect_uri={uri}")).await;
        assert_eq!(answer.shown(), format!("200 {{\"has_redirect_uri\":{registered}}}"), "{uri}");
    }
    ask(&world, &format!("/1/apps/check_redirect_uri?app_key={key}")).await.refuses(400);
}
