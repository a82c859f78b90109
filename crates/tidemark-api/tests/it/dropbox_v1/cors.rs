//! Programs in browsers, which come from other origins.

use crate::world::{Answer, World};
use axum::body::Body;
use http::{Method, Request};
use tidemark_api::dropbox_v1::routes::ENDPOINTS;

async fn preflight(world: &World, uri: &str, method: &Method, headers: &str) -> Answer {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri(uri)
        .header("origin", "https://app.example")
        .header("access-control-request-method", method.as_str())
        .header("access-control-request-headers", headers);
    world.send(request.body(Body::empty()).unwrap()).await
}

/// A browser asks without the token whether it may send one, and must be told so for every method of every endpoint.
#[tokio::test]
async fn every_endpoint_may_be_called_from_anywhere() {
    let world = World::new().await;
    for endpoint in ENDPOINTS {
        for method in endpoint.methods {
            let wanted = "authorization,content-type,if-none-match,range";
            let uri = format!("/1/{}", endpoint.name);
            let answer = preflight(&world, &uri, method, wanted).await;
            assert_eq!((answer.status.as_u16(), answer.text()), (204, String::new()), "{uri}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            assert_eq!(answer.header("access-control-allow-headers"), Some(wanted));
            let methods = answer.header("access-control-allow-methods").unwrap();
            assert!(methods.split(", ").any(|told| told == method.as_str()), "{uri}: {methods}");
            assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        }
    }
}

#[tokio::test]
async fn what_is_answered_can_be_read_from_anywhere() {
    let world = World::new().await;
    world.file("/a.txt", "hello").await;
    let ask = |method: Method, uri: &str, more: &[(&str, &str)]| {
        let mut request = Request::builder().method(method).uri(uri).header("origin", "https://app.example");
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        world.send(request.body(Body::empty()).unwrap())
    };
    let bearer = format!("Bearer {}", world.token);
    let known = ("authorization", bearer.as_str());
    let etag = world.get("/1/files/auto/a.txt").await.header("etag").unwrap().to_owned();
    let answers = [
        (200, ask(Method::GET, "/1/files/auto/a.txt", &[known]).await),
        (206, ask(Method::GET, "/1/files/auto/a.txt", &[known, ("range", "bytes=1-2")]).await),
        (304, ask(Method::GET, "/1/files/auto/a.txt", &[known, ("if-none-match", &etag)]).await),
        (404, ask(Method::GET, "/1/files/auto/nothing", &[known]).await),
        (404, ask(Method::GET, "/1/no_such_endpoint", &[known]).await),
        (405, ask(Method::PATCH, "/1/delta", &[known]).await),
        (401, ask(Method::GET, "/1/account/info", &[]).await),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{status}");
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for name in [
            "x-dropbox-metadata",
            "content-type",
            "content-range",
            "cache-control",
            "content-language",
            "etag",
            "expires",
            "last-modified",
            "pragma",
            "retry-after",
        ] {
            assert!(exposed.split(", ").any(|told| told == name), "{status} does not show {name}");
        }
    }
}

#[tokio::test]
async fn an_unknown_endpoint_is_no_endpoint_for_browsers_either() {
    let world = World::new().await;
    let answer = preflight(&world, "/1/no_such_endpoint", &Method::GET, "authorization").await;
    assert_eq!(answer.status.as_u16(), 404);
}
