//! An upload as Box's protocol has it, through the whole adapter: what is said of the file, and then the file, as any bytes.
//! What it leaves behind must fit the answer.

use crate::world::World;
use http::StatusCode;
use http_body_util::BodyExt as _;

/// The boundary is `X`; the body comes in pieces without a length, each as long as its first byte says.
pub(crate) fn run(data: &[u8]) {
    let Some((step, body)) = data.split_first() else { return };
    World::with(|world| world.runtime.block_on(post(world, usize::from(*step).max(1), body)));
}

async fn post(world: &World, step: usize, body: &[u8]) {
    let before = world.files().await;
    let request = world.form("/api/2.0/files/content", step, body);
    let response = world.box_events.handle(request).await;
    let status = response.status();
    let answer = response.into_body().collect().await.expect("a whole answer").to_bytes();
    let json: serde_json::Value = serde_json::from_slice(&answer).expect("an answer in JSON");
    let after = world.files().await;
    match status {
        StatusCode::CREATED => {
            assert_eq!((after, &json["total_count"]), (before + 1, &1.into()), "{json}");
            assert!(json["entries"][0]["sha1"].is_string(), "{json}");
        }
        StatusCode::BAD_REQUEST
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::CONFLICT
        | StatusCode::PAYLOAD_TOO_LARGE => {
            assert_eq!((after, &json["type"]), (before, &"error".into()), "refused, and stored: {json}");
        }
        other => panic!("{other}: {json}"),
    }
    // The next run shall find the same world.
    if after > 100 {
        world.clear().await;
    }
}
