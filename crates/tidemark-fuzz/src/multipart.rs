//! A multipart upload, through the whole adapter: the body is any bytes, and what it leaves behind must fit the answer.

use crate::world::World;
use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;

/// The boundary is `X`; the body comes in pieces, as long as its first byte says.
pub(crate) fn run(data: &[u8]) {
    let Some((step, body)) = data.split_first() else { return };
    World::with(|world| world.runtime.block_on(post(world, usize::from(*step).max(1), body)));
}

async fn post(world: &World, step: usize, body: &[u8]) {
    let before = world.files().await;
    let pieces: Vec<_> = body.chunks(step).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let request = Request::builder()
        .method(Method::POST)
        .uri("/1/files/auto/in")
        .header(AUTHORIZATION, format!("Bearer {}", world.token))
        .header(CONTENT_TYPE, "multipart/form-data; boundary=X")
        .header(CONTENT_LENGTH, body.len())
        .body(Body::from_stream(futures_util::stream::iter(pieces)))
        .expect("a good request");
    let response = world.api.handle(request).await;
    let status = response.status();
    let answer = response.into_body().collect().await.expect("a whole answer").to_bytes();
    let after = world.files().await;
    match status {
        StatusCode::OK => assert!(after == before || after == before + 1, "{before} files, then {after}"),
        StatusCode::BAD_REQUEST
        | StatusCode::FORBIDDEN
        | StatusCode::CONFLICT
        | StatusCode::PAYLOAD_TOO_LARGE => {
            assert_eq!(after, before, "refused, and stored: {}", String::from_utf8_lossy(&answer));
        }
        other => panic!("{other}: {}", String::from_utf8_lossy(&answer)),
    }
    // Folders that were made on the way stay empty; the next run shall find the same world.
    if after > 100 {
        world.clear().await;
    }
}
