//! `/copy_ref`, and `/fileops/copy` with what it gives.

use crate::world::{Answer, World};
use axum::body::Body;
use expect_test::expect;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use std::time::Duration;
use tidemark_core::model::Access;

async fn reference(world: &World, path: &str) -> String {
    world.get(&format!("/1/copy_ref/auto{path}")).await.field("copy_ref")
}

/// Copies a reference in the name of whose token this is.
async fn copy(world: &World, token: &str, reference: &str, to: &str) -> Answer {
    let request = Request::builder().method(Method::POST).uri("/1/fileops/copy");
    let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    let form = Body::from(format!("root=auto&from_copy_ref={reference}&to_path={to}"));
    world.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form).unwrap()).await
}

/// A token of the world's own app, given by another person.
async fn token_of_bo(world: &World) -> String {
    let bo = world.person("bo@example.org").await;
    let app = world.people.apps().await.unwrap().remove(0);
    world.people.issue_token(&bo, &app).await.unwrap().0.reveal().to_owned()
}

#[tokio::test]
async fn a_reference_is_opaque_and_lasts_thirty_years() {
    let world = World::new().await;
    world.file("/Dir/a.txt", "x").await;
    for (method, path) in
        [(Method::GET, "/1/copy_ref/auto/dir/a.txt"), (Method::POST, "/1/copy_ref/dropbox/dir")]
    {
        let answer = world.send(world.ask(method, path).body(Body::empty()).unwrap()).await;
        let reference = answer.field("copy_ref");
        assert!(
            reference.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            "{reference}"
        );
        assert!(reference.len() < 200, "{reference}");
        expect![[r#"200 {"copy_ref":"REF","expires":"Fri, 05 Feb 2044 09:07:03 +0000"}"#]]
            .assert_eq(&answer.shown().replace(&reference, "REF"));
    }
}

/// Folders and files go from one person's tree to another's, whole, with GET too.
#[tokio::test]
async fn another_person_copies_with_the_same_app() {
    let world = World::new().await;
    world.file("/Photos/a.jpg", "one").await;
    world.file("/Photos/sub/b.jpg", "two").await;
    let (folder, file) = (reference(&world, "/photos").await, reference(&world, "/Photos/a.jpg").await);
    let bo = token_of_bo(&world).await;
    let answer = copy(&world, &bo, &folder, "/New/From%20Ada").await;
    expect![[r#"200 {"path":"/New/From Ada","is_dir":true,"bytes":0,"size":"0 bytes","rev":"200000002","revision":2,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","icon":"folder","thumb_exists":false,"root":"dropbox"}"#]].assert_eq(&answer.shown());
    let uri = format!("/1/fileops/copy?root=auto&from_copy_ref={file}&to_path=/c.jpg&access_token={bo}");
    let answer = world.send(Request::builder().uri(uri).body(Body::empty()).unwrap()).await;
    expect![[r#"200 {"path":"/c.jpg","is_dir":false,"bytes":3,"size":"3 bytes","rev":"600000002","revision":6,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","client_mtime":"Wed, 05 Feb 2014 09:07:03 +0000","mime_type":"image/jpeg","icon":"page_white_picture","thumb_exists":true,"root":"dropbox"}"#]].assert_eq(&answer.shown());
    for (path, text) in
        [("new/from%20ada/a.jpg", "one"), ("New/From%20Ada/sub/b.jpg", "two"), ("c.jpg", "one")]
    {
        let uri = format!("/1/files/auto/{path}?access_token={bo}");
        let answer = world.send(Request::builder().uri(uri).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.text(), text, "{path}");
    }
    let delta = world.post("/1/delta", &format!("access_token={bo}")).await.json();
    assert_eq!(
        delta["entries"].as_array().map(Vec::len),
        Some(4),
        "the giver's own: nothing was added {delta}"
    );
}

/// Whatever is wrong with a reference, there is none.
#[tokio::test]
async fn what_stands_for_nothing_is_not_found() {
    let mut world = World::new().await;
    world.file("/a", "x").await;
    let good = reference(&world, "/a").await;
    let own = world.token.clone();
    let refused = async |world: &World, token: &str, reference: &str| {
        let answer = copy(world, token, reference, "/x").await;
        assert_eq!(answer.shown(), r#"404 {"error":"There is no such copy reference"}"#, "{reference}");
    };
    let url = world.get("/1/media/auto/a").await.field("url");
    let view = url.split('/').nth(5).unwrap();
    let long = "A".repeat(10_000);
    for forged in ["x", &good[1..], view, &long, "cDdxVGE5a0hwUmVmMDAx", "%00"] {
        refused(&world, &own, forged).await;
    }
    let other = world.token_for(&world.account, "Other", Access::Full).await;
    refused(&world, &other, &good).await;
    let bo = token_of_bo(&world).await;
    world.people.set_disabled("ada@example.org", true).await.unwrap();
    refused(&world, &bo, &good).await;
    world.people.set_disabled("ada@example.org", false).await.unwrap();
    world.post("/1/fileops/delete", "root=auto&path=/a").await;
    refused(&world, &bo, &good).await;
    world.file("/a", "another file").await;
    refused(&world, &bo, &good).await;
    world.token = own.clone();
    let next = reference(&world, "/a").await;
    world.advance(Duration::from_secs(10_957 * 24 * 60 * 60));
    refused(&world, &own, &next).await;
}

/// An app that a person has thrown out reads nothing of theirs by what it noted before, whoever else still lets it in.
#[tokio::test]
async fn a_reference_ends_with_the_permission() {
    let world = World::new().await;
    world.file("/a", "x").await;
    let (good, bo) = (reference(&world, "/a").await, token_of_bo(&world).await);
    let app = world.people.apps().await.unwrap().remove(0);
    let ada = world.people.account("ada@example.org").await.unwrap();
    assert_eq!(copy(&world, &bo, &good, "/one").await.status, 200);
    world.people.unlink(ada.id, &app.key).await.unwrap();
    let answer = copy(&world, &bo, &good, "/two").await;
    answer.refuses(404);
    assert_eq!(answer.shown(), copy(&world, &bo, "made-up", "/two").await.shown());
    world.people.issue_token(&ada, &app).await.unwrap();
    assert_eq!(copy(&world, &bo, &good, "/two").await.status, 200);
}

#[tokio::test]
async fn what_is_in_the_way_is_told_as_for_any_copy() {
    let world = World::new().await;
    world.file("/dir/a", "x").await;
    let (dir, own) = (reference(&world, "/dir").await, world.token.clone());
    let answer = copy(&world, &own, &dir, "/DIR/A").await;
    assert_eq!(answer.shown(), r#"403 {"error":"A file with that name already exists at path '/dir/a'"}"#);
    copy(&world, &own, &dir, "/dir/sub").await.refuses(403);
    copy(&world, &own, &dir, "/dir/a/sub").await.refuses(403);
    copy(&world, &own, &dir, "/").await.refuses(403);
    copy(&world, &own, &dir, "/../x").await.refuses(400);
    copy(&world, &own, &dir, "/desktop.ini").await.refuses(400);
    copy(&world, &own, &dir, "").await.refuses(400);
    assert_eq!(copy(&world, &own, &dir, "/dir2").await.status, 200);
    assert_eq!(world.get("/1/files/auto/dir2/a").await.text(), "x");
}

#[tokio::test]
async fn what_is_not_there_has_no_reference() {
    let mut world = World::new().await;
    world.file("/gone", "x").await;
    world.post("/1/fileops/delete", "root=auto&path=/gone").await;
    for path in ["gone", "never", "gone/x"] {
        world.get(&format!("/1/copy_ref/auto/{path}")).await.refuses(404);
    }
    world.get("/1/copy_ref/auto/").await.refuses(403);
    world.file("/secret", "x").await;
    world.token = world.token_for(&world.account, "Small", Access::AppFolder).await;
    world.get("/1/copy_ref/auto/secret").await.refuses(404);
    world.get("/1/copy_ref/auto/../secret").await.refuses(400);
    world.get("/1/copy_ref/dropbox/secret").await.refuses(403);
}
