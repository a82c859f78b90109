//! `/account/info`, `/disable_access_token`, `/unlink_access_token`.

use crate::world::World;
use axum::body::Body;
use expect_test::expect;
use http::{Method, Request};

#[tokio::test]
async fn info_has_every_field_that_some_client_needs() {
    let world = World::with_quota(50 << 30).await;
    world.file("/a.txt", "hello").await;
    let request =
        world.ask(Method::GET, "/1/account/info?locale=en").header("host", "cloud.example.org:8765");
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    expect![[r#"200 {"uid":1,"display_name":"Ada King","email":"ada@example.org","email_verified":true,"name_details":{"given_name":"Ada","surname":"King","familiar_name":"Ada"},"country":"ZZ","locale":"en","is_paired":false,"team":null,"referral_link":"http://cloud.example.org:8765/","quota_info":{"quota":53687091200,"normal":5,"shared":0,"datastores":0}}"#]].assert_eq(&answer.shown());
}

/// Our own clients ask, so as not to take another server's files for this one's.
#[tokio::test]
async fn info_tells_which_server_this_is() {
    let (world, same) = (World::new().await, World::new().await);
    let plain = world.get("/1/account/info").await.json();
    let id = world.get("/1/account/info?include_identity=true").await.field("server_id");
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
    assert_eq!(plain.get("server_id"), None);
    // Whoever asks and however often, and whatever happened since: these two have one key.
    same.file("/a", "a").await;
    assert_eq!(same.post("/1/account/info", "include_identity=1").await.field("server_id"), id);
}

#[tokio::test]
async fn info_takes_post_and_version_zero_and_slashes() {
    let world = World::new().await;
    let expected = world.get("/1/account/info").await.text();
    for answer in [
        world.post("/1/account/info", "").await,
        world.get("/0/account/info").await,
        world.get("/1/account/info/").await,
        world.get("//1//account//info?").await,
    ] {
        assert_eq!(answer.shown(), format!("200 {expected}"));
    }
}

#[tokio::test]
async fn info_without_a_quota_tells_a_number_that_a_double_holds() {
    let world = World::new().await;
    let quota = world.get("/1/account/info").await.json()["quota_info"]["quota"].as_u64();
    assert_eq!(quota, Some((1 << 53) - 1));
}

#[tokio::test]
async fn a_token_that_was_given_back_is_worth_nothing() {
    for endpoint in ["/1/disable_access_token", "/1/unlink_access_token"] {
        let world = World::new().await;
        let request = world.ask(Method::POST, endpoint).header("content-length", "0");
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.shown(), "200 {}");
        let answer = world.get("/1/account/info").await;
        answer.refuses(401);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"Tidemark\""));
        assert_eq!(answer.field("error"), "The given OAuth 2 access token doesn't exist or has expired.");
    }
}

#[tokio::test]
async fn a_token_may_come_in_the_header_the_query_or_the_form() {
    let world = World::new().await;
    let token = &world.token;
    let ask = |method, uri: String, headers: &[(&str, String)], body: String| {
        let request = Request::builder().method(method).uri(uri);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        world.send(request.body(Body::from(body)).unwrap())
    };
    let info = || "/1/account/info".to_owned();
    let form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned());
    for answer in [
        ask(Method::GET, info(), &[("authorization", format!("Bearer {token}"))], String::new()).await,
        ask(Method::GET, info(), &[("authorization", format!("bearer   {token} "))], String::new()).await,
        ask(Method::GET, format!("/1/account/info?access_token={token}"), &[], String::new()).await,
        ask(Method::POST, info(), &[form], format!("access_token={token}")).await,
        ask(Method::POST, info(), &[], format!("access_token={token}")).await,
    ] {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    for answer in [
        ask(Method::GET, info(), &[], String::new()).await,
        ask(Method::GET, info(), &[("authorization", "Bearer".into())], String::new()).await,
        ask(Method::GET, info(), &[("authorization", "Bearer  ".into())], String::new()).await,
        ask(Method::GET, info(), &[("authorization", format!("Basic {token}"))], String::new()).await,
        ask(Method::GET, info(), &[("authorization", format!("Bearer x{token}"))], String::new()).await,
        ask(Method::GET, info(), &[("authorization", format!("Bearer {}", "x".repeat(9000)))], String::new())
            .await,
        ask(Method::POST, info(), &[("content-type", "text/plain".into())], format!("access_token={token}"))
            .await,
    ] {
        answer.refuses(401);
    }
}
