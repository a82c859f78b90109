//! `/shares`. (What its links lead to is tested with the pages.)

use crate::world::{Answer, World};
use axum::body::Body;
use expect_test::expect;
use futures_util::future::join_all;
use http::header::HOST;
use http::{Method, Request};
use tidemark_core::model::{Access, Audience, LinkRules, PasswordHash};
use tidemark_core::store::LinkStore as _;

/// An answer with the key of its link taken out.
fn shown(answer: &Answer) -> String {
    let url = answer.field("url");
    let key = url.split('/').nth(4).expect("a key");
    assert!(key.len() == 15 && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{url}");
    answer.shown().replace(key, "KEY")
}

#[tokio::test]
async fn a_file_or_a_folder_has_a_link() {
    let world = World::new().await;
    world.file("/Dir/a%20%C3%A9%22.txt", "x").await;
    let short = world.post("/1/shares/auto/dir/A%20%C3%A9%22.txt", "").await;
    expect![[r#"200 {"url":"http://localhost/l/KEY","expires":"Fri, 01 Jan 2100 00:00:00 +0000","visibility":"PUBLIC"}"#]]
        .assert_eq(&shown(&short));
    let long = world.get("/1/shares/dropbox/Dir/a%20%C3%A9%22.txt?short_url=False").await;
    expect![[r#"200 {"url":"http://localhost/s/KEY/a%20%C3%A9%22.txt","expires":"Fri, 01 Jan 2100 00:00:00 +0000","visibility":"PUBLIC"}"#]]
        .assert_eq(&shown(&long));
    let folder = world.post("/1/shares/auto/dir", "short_url=false").await;
    expect![[r#"200 {"url":"http://localhost/s/KEY/Dir","expires":"Fri, 01 Jan 2100 00:00:00 +0000","visibility":"PUBLIC"}"#]]
        .assert_eq(&shown(&folder));
}

#[tokio::test]
async fn asking_again_tells_the_same_link() {
    let world = World::new().await;
    world.file("/a", "x").await;
    let first = world.get("/1/shares/auto/a").await.field("url");
    let again = join_all((0..8).map(|_| world.get("/1/shares/auto/a"))).await;
    assert!(again.iter().all(|answer| answer.field("url") == first));
    world.post("/1/fileops/move", "root=auto&from_path=/a&to_path=/b/c").await;
    assert_eq!(world.get("/1/shares/auto/b/c").await.field("url"), first, "it follows the file");
    world.file("/a", "another").await;
    assert_ne!(world.get("/1/shares/auto/a").await.field("url"), first);
}

/// Links begin as the one who asks knows the server.
#[tokio::test]
async fn links_lead_to_the_server_that_was_asked() {
    let world = World::new().await;
    world.file("/a", "x").await;
    let request = world.ask(Method::GET, "/1/shares/auto/a").header(HOST, "files.example:8443");
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    assert!(answer.field("url").starts_with("http://files.example:8443/l/"), "{}", answer.text());
}

#[tokio::test]
async fn what_cannot_be_shared_says_why() {
    let mut world = World::new().await;
    world.file("/gone", "x").await;
    world.post("/1/fileops/delete", "root=auto&path=/gone").await;
    for root in ["auto", "auto/", "dropbox", "sandbox/%2F"] {
        let answer = world.get(&format!("/1/shares/{root}")).await;
        assert_eq!(answer.shown(), r#"400 {"error":{"path":"The root path is not allowed."}}"#, "{root}");
    }
    for path in ["Gone", "never", "gone/inside"] {
        world.get(&format!("/1/shares/auto/{path}")).await.refuses(404);
    }
    let answer = world.get("/1/shares/auto/Never").await;
    assert_eq!(answer.shown(), r#"404 {"error":"Path '/never' not found"}"#);
    world.token = world.token_for(&world.account, "Small", Access::AppFolder).await;
    world.get("/1/shares/dropbox/a").await.refuses(403);
    world.get("/1/shares/auto/a").await.refuses(404);
    let nobody = Request::builder().uri("/1/shares/auto/a").body(Body::empty()).unwrap();
    world.send(nobody).await.refuses(401);
}

/// An app with a folder of its own shares what is in it, and is told the account's link.
#[tokio::test]
async fn an_app_folder_is_shared_from_within() {
    let mut world = World::new().await;
    let whole = world.token.clone();
    world.token = world.token_for(&world.account, "Small", Access::AppFolder).await;
    world.file("/a", "x").await;
    let link = world.get("/1/shares/auto/a").await.field("url");
    world.token = whole;
    assert_eq!(world.get("/1/shares/auto/Apps/Small/a").await.field("url"), link);
}

/// A program gets the link that there is, and is told for whom it is; it never loosens what was laid down.
#[tokio::test]
async fn a_link_with_rules_is_told_with_them() {
    let world = World::new().await;
    world.file("/a", "x").await;
    let open = world.get("/1/shares/auto/a").await;
    let password = || Some(PasswordHash("hash".into()));
    for (audience, password, told) in [
        (Audience::Everybody, password(), "PASSWORD"),
        (Audience::Members, None, "TEAM_ONLY"),
        (Audience::Owner, None, "SHARED_FOLDER_ONLY"),
        (Audience::Everybody, None, "PUBLIC"),
    ] {
        let link = world.accounts.links(world.account.id, None, 1).await.unwrap().remove(0);
        let rules = LinkRules { audience, password, ..link.rules.clone() };
        world.accounts.set_link_rules(link.account, link.id, &link.rules, &rules).await.unwrap();
        for _ in 0..2 {
            let answer = world.get("/1/shares/auto/a").await;
            assert_eq!((answer.field("visibility"), answer.field("url")), (told.into(), open.field("url")));
        }
    }
}
