//! `/shared_folders`

use crate::world::World;
use axum::body::Body;
use http::{Method, Request};
use tidemark_core::model::Access;

#[tokio::test]
async fn there_are_none() {
    let world = World::new().await;
    for uri in ["", "/", "?include_membership=true", "?include_membership=False", "?id="] {
        assert_eq!(world.get(&format!("/1/shared_folders{uri}")).await.shown(), "200 []", "{uri}");
    }
    assert_eq!(world.post("/1/shared_folders", "include_membership=1").await.shown(), "200 []");
    for uri in ["/439041101", "/439041101/", "?id=439041101", "/1?include_membership=false", "/%FF"] {
        world.get(&format!("/1/shared_folders{uri}")).await.refuses(404);
    }
    world.post("/1/shared_folders", "id=439041101").await.refuses(404);
    world.get("/1/shared_folders/a/b").await.refuses(404);
}

#[tokio::test]
async fn an_app_that_sees_its_own_folder_only_may_not_ask() {
    let world = World::new().await;
    let token = world.token_for(&world.account, "Narrow", Access::AppFolder).await;
    for uri in ["/1/shared_folders", "/1/shared_folders/439041101"] {
        let request = Request::builder().method(Method::GET).uri(format!("{uri}?access_token={token}"));
        world.send(request.body(Body::empty()).unwrap()).await.refuses(403);
    }
}
