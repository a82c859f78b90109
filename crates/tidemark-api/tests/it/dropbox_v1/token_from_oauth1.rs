//! `/oauth2/token_from_oauth1`.

use crate::signer::{form, header};
use crate::world::World;
use axum::body::Body;
use futures_util::stream;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{Method, Request};
use tidemark_core::model::{Access, AppKey};

const PATH: &str = "/1/oauth2/token_from_oauth1";

#[tokio::test]
async fn a_signature_gets_a_bearer_token_and_stays_good() {
    let world = World::new().await;
    let signer = world.signer_for(&world.account, "Old Camera", Access::AppFolder).await;
    let pairs = signer.plaintext();
    let typed =
        Request::builder().method(Method::POST).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let in_form = typed.uri(PATH).body(Body::from(form(&pairs))).unwrap();
    let signed = |uri| Request::builder().method(Method::POST).uri(uri).header(AUTHORIZATION, header(&pairs));
    let in_header = signed("/0/oauth2/token_from_oauth1/").body(Body::empty()).unwrap();
    for request in [in_form, in_header] {
        let answer = world.send(request).await;
        let token = answer.field("access_token");
        assert_eq!(answer.shown(), format!(r#"200 {{"access_token":"{token}","token_type":"bearer"}}"#));
        assert_eq!(answer.header(CACHE_CONTROL.as_str()), Some("no-store"));
        let caller = world.people.authenticate(&token).await.unwrap();
        assert_eq!(
            (caller.account.id, &caller.app.key.0),
            (world.account.id, &signer.key),
            "with the same reach"
        );
    }
    let again = Request::builder().uri("/1/account/info").header(AUTHORIZATION, header(&pairs));
    assert_eq!(world.send(again.body(Body::empty()).unwrap()).await.status, 200, "the old token stays valid");
}

#[tokio::test]
async fn a_bearer_token_is_not_exchanged() {
    let world = World::new().await;
    world.post(PATH, "").await.refuses(403);
}

/// A program that keeps such a request open, its form unfinished, has no token left when its person takes the permission
/// back.
#[tokio::test]
async fn a_permission_that_ends_meanwhile_gives_no_token() {
    let world = World::new().await;
    let signer = world.signer_for(&world.account, "Old Camera", Access::Full).await;
    let (people, account, app) = (world.people.clone(), world.account.id, AppKey(signer.key.clone()));
    let unlink = async move {
        assert_eq!(people.unlink(account, &app).await.unwrap(), 1);
        Ok::<_, std::io::Error>("x=y")
    };
    let request = Request::builder()
        .method(Method::POST)
        .uri(PATH)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(AUTHORIZATION, header(&signer.plaintext()))
        .body(Body::from_stream(stream::once(unlink)))
        .unwrap();
    world.send(request).await.refuses(401);
    assert_eq!(world.people.grants(account).await.unwrap().len(), 1, "the one of the test's own app");
}
