//! What is told when a store fails: the status, and nothing of what went wrong inside.

use crate::faults::Fault;
use crate::world::World;
use axum::body::Body;
use http::Method;
use tidemark_core::store::StoreError;

const SECRET: &str = "/var/lib/secret";

const FAULTS: [(Fault, u16); 4] = [
    (|| StoreError::Full, 507),
    (|| StoreError::ReadOnly, 503),
    (|| StoreError::Unavailable { what: SECRET, source: Some(SECRET.into()) }, 503),
    (|| StoreError::Corrupt(SECRET.into()), 500),
];

#[tokio::test]
async fn a_store_that_cannot_write_refuses_and_goes_on_reading() {
    let world = World::new().await;
    let rev = world.file("/a", "one").await;
    world.file("/a", "two").await;
    let id = world.put("/1/chunked_upload", "0123").await.field("upload_id");
    for (fault, status) in FAULTS {
        world.store.fail(None, Some(fault));
        for answer in [
            world.put("/1/files_put/auto/b", "b").await,
            world.put("/1/chunked_upload", "x").await,
            world.put(&format!("/1/chunked_upload?upload_id={id}&offset=4"), "x").await,
            world.post(&format!("/1/commit_chunked_upload/auto/c?upload_id={id}"), "").await,
            world.post("/1/fileops/create_folder", "root=auto&path=/d").await,
            world.post("/1/fileops/copy", "root=auto&from_path=/a&to_path=/e").await,
            world.post("/1/fileops/move", "root=auto&from_path=/a&to_path=/e").await,
            world.post("/1/fileops/delete", "root=auto&path=/a").await,
            world.post("/1/restore/auto/a", &format!("rev={rev}")).await,
        ] {
            answer.refuses(status);
            assert!(!answer.text().contains(SECRET));
            assert_eq!(answer.header("retry-after").is_some(), status == 503);
        }
        assert_eq!(world.get("/1/files/auto/a").await.text(), "two");
    }
    world.store.fail(None, None);
    assert_eq!(world.get("/1/metadata/auto").await.json()["contents"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_store_that_cannot_read_refuses_everything() {
    let world = World::new().await;
    let rev = world.file("/a", "one").await;
    let cursor = world.post("/1/delta", "").await.field("cursor");
    for (fault, status) in FAULTS {
        world.store.fail(Some(fault), None);
        for answer in [
            world.get("/1/account/info").await,
            world.get("/1/files/auto/a").await,
            world.get(&format!("/1/files/auto/a?rev={rev}")).await,
            world.get("/1/metadata/auto").await,
            world.get("/1/metadata/auto?hash=00").await,
            world.get("/1/metadata/auto?list=false").await,
            world.get("/1/search/auto?query=abc").await,
            world.post("/1/delta", &format!("cursor={cursor}")).await,
            world.post("/1/delta/latest_cursor", "").await,
            world.get("/1/revisions/auto/a").await,
            world.put("/1/files_put/auto/b", "b").await,
        ] {
            answer.refuses(status);
            assert!(!answer.text().contains(SECRET));
        }
        // A poll can't know, so it sends its client to ask.
        let answer = world.get(&format!("/1/longpoll_delta?cursor={cursor}")).await;
        assert_eq!(answer.json(), serde_json::json!({ "changes": true }));
    }
}

/// The length was promised already, so all that is left is to break off.
#[tokio::test]
async fn a_download_that_cannot_go_on_breaks_off() {
    let world = World::new().await;
    let bytes = vec![7; 1 << 20];
    world.put("/1/files_put/auto/large", bytes).await;
    let request = world.ask(Method::GET, "/1/files/auto/large").body(Body::empty()).unwrap();
    let response = world.api.handle(request).await;
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-length"].to_str().unwrap()),
        (200, "1048576")
    );
    world.store.fail(Some(|| StoreError::Corrupt(SECRET.into())), None);
    assert!(axum::body::to_bytes(response.into_body(), usize::MAX).await.is_err());
}
