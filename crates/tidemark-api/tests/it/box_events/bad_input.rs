//! What goes wrong in the same way everywhere.

use crate::world::{Choices, World};
use axum::body::Body;
use http::header::{AUTHORIZATION, ORIGIN};
use http::{Method, Request};
use tidemark_api::box_events::routes::{ENDPOINTS, TokenPlace};
use tidemark_core::model::Access;
use tidemark_core::people::RateLimits;

/// Each endpoint, with something in place of what varies.
fn endpoints() -> impl Iterator<Item = (Method, String)> {
    endpoints_where(|_| true)
}

fn endpoints_where(fits: impl Fn(Option<TokenPlace>) -> bool) -> impl Iterator<Item = (Method, String)> {
    ENDPOINTS.iter().filter(move |endpoint| fits(endpoint.token())).map(|endpoint| {
        let (method, pattern) = endpoint.name.split_once(' ').expect("a method and a path");
        let word = |word: &str| if word.starts_with(':') { "7".to_owned() } else { word.to_owned() };
        let path = pattern.split('/').map(word).collect::<Vec<_>>().join("/");
        (method.parse().expect("a method"), path)
    })
}

/// A body would tell one client that its token is good.
#[tokio::test]
async fn without_a_good_token_the_answer_has_no_body() {
    let world = World::new().await;
    let signer = world.signer_for(&world.account, "Signer", Access::Full).await;
    let (signing, _) = signer.token.expect("it has one");
    for (method, path) in endpoints_where(|place| place.is_some()) {
        for token in [None, Some("wrong"), Some(&*signing), Some("")] {
            let mut request = Request::builder().method(&method).uri(&path);
            if let Some(token) = token {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            let answer = world.box_send(request.body(Body::from("{}")).unwrap()).await;
            assert_eq!((answer.status.as_u16(), answer.body.len()), (401, 0), "{method} {path} {token:?}");
            let challenge = answer.header("www-authenticate").expect("a challenge");
            assert!(challenge.starts_with("Bearer "), "{challenge}");
            assert_eq!(
                challenge.contains("error=\"invalid_token\""),
                token.is_some_and(|token| !token.is_empty()),
                "{challenge}"
            );
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        }
    }
}

#[tokio::test]
async fn a_token_in_the_query_proves_nothing_but_to_downloads() {
    let world = World::new().await;
    for (method, path) in endpoints_where(|place| place == Some(TokenPlace::Header)) {
        let request = Request::builder().method(&method).uri(format!("{path}?access_token={}", world.token));
        assert_eq!(world.box_send(request.body(Body::empty()).unwrap()).await.status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_refused_with_the_right_ones() {
    let world = World::new().await;
    for (_, path) in endpoints() {
        let answer = world.box_json(Method::PATCH, &path, &serde_json::json!({})).await;
        answer.box_refuses(405, "method_not_allowed");
        let allow = answer.header("allow").expect("what is allowed");
        let taken = endpoints().filter(|(_, other)| *other == path).map(|(method, _)| method);
        for method in taken {
            assert!(allow.split(", ").any(|allowed| allowed == method.as_str()), "{path}: {allow}");
        }
    }
}

#[tokio::test]
async fn what_is_no_id_is_no_endpoint_and_what_is_nothing_is_not_found() {
    let world = World::new().await;
    world.box_get("/2.0/folders/abc").await.box_refuses(405, "method_not_allowed");
    for path in
        ["/2.0", "/2.0/nothing", "/2.0/folders/0/nothing", "/api/2.0/nothing", "/2.0/folders/0/items/1"]
    {
        world.box_get(path).await.box_refuses(404, "not_found");
    }
}

#[tokio::test]
async fn a_browser_is_told_what_it_may_send() {
    let world = World::new().await;
    for (method, path) in endpoints() {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(&path)
            .header(ORIGIN, "https://app.example")
            .header("access-control-request-method", method.as_str())
            .header("access-control-request-headers", "authorization");
        let answer = world.box_send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0), "{path}");
        let methods = answer.header("access-control-allow-methods").expect("methods");
        assert!(methods.split(", ").any(|allowed| allowed == method.as_str()), "{method} {path}: {methods}");
        assert_eq!(answer.header("access-control-allow-headers"), Some("authorization"));
    }
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let rates = RateLimits { account_per_minute: std::num::NonZeroU32::new(2), ..RateLimits::default() };
    let world = World::with(Choices { rates, ..Choices::default() }).await;
    for _ in 0..2 {
        assert_eq!(world.box_get("/2.0/users/me").await.status, 200);
    }
    let answer = world.box_get("/2.0/users/me").await;
    answer.box_refuses(429, "rate_limit_exceeded");
    assert_eq!(answer.header("retry-after"), Some("30"));
}

#[tokio::test]
async fn broken_parameters_are_refused() {
    let world = World::new().await;
    let context = world.box_get("/2.0/folders/0?fields=%ff").await.box_refuses(400, "invalid_parameter");
    assert_eq!(context["errors"][0]["name"], "fields");
    let many = "a=1&".repeat(600);
    world.box_get(&format!("/2.0/users/me?{many}")).await.box_refuses(400, "bad_request");
    for body in ["[]", "{", "\"a\"", "{\"name\":1}"] {
        let request = world.ask(Method::POST, "/2.0/folders").body(Body::from(body)).unwrap();
        world.box_send(request).await.box_refuses(400, "bad_request");
    }
    // People are told what is wrong in words of the protocol.
    let body = r#"{"name":"a","parent":"0"}"#;
    let answer =
        world.box_send(world.ask(Method::POST, "/2.0/folders").body(Body::from(body)).unwrap()).await;
    answer.box_refuses(400, "bad_request");
    assert!(answer.field("message").contains("string \"0\", expected an object"), "{}", answer.text());
    let long = format!("{{\"name\":\"{}\"}}", "a".repeat(70_000));
    let request = world.ask(Method::POST, "/2.0/folders").body(Body::from(long)).unwrap();
    world.box_send(request).await.box_refuses(413, "request_entity_too_large");
}
