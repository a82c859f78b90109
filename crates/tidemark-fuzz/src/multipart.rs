//! A multipart upload, through the whole adapter: the body is any bytes, and what it leaves behind must fit the answer.

use crate::world::World;
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;

/// The boundary is `X`; the body comes in pieces, as long as its first byte says.
pub(crate) fn run(data: &[u8]) {
    let Some((step, body)) = data.split_first() else { return };
    World::with(|world| world.runtime.block_on(post(world, usize::from(*step).max(1), body)));
}

async fn post(world: &World, step: usize, body: &[u8]) {
    let before = world.files().await;
    let mut request = world.form("/1/files/auto/in", step, body);
    request.headers_mut().insert(CONTENT_LENGTH, body.len().into());
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
