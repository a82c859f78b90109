//! `/api/2.0/files/upload_sessions`: files in parts.

use crate::world::{Answer, Choices, World};
use axum::body::Body;
use bytes::Bytes;
use data_encoding::BASE64;
use expect_test::expect;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use http::Method;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;
use tidemark_api::dropbox_v1::Settings;
use tidemark_core::model::{Access, PART_SIZE, Sha1};

const SESSIONS: &str = "/api/2.0/files/upload_sessions";

const PART: usize = PART_SIZE as usize;

/// The smallest file that is worth a session: three parts, of which the last is shorter.
const SIZE: usize = 20_000_000;

fn some_bytes() -> Bytes {
    (0..SIZE).map(|at| (at % 251) as u8 ^ (at >> 20) as u8).collect::<Vec<u8>>().into()
}

/// As a `Digest` header says it.
fn digest(bytes: &[u8]) -> String {
    format!("sha={}", BASE64.encode(&Sha1::of(bytes).0))
}

fn new(name: &str) -> Value {
    json!({ "folder_id": "0", "file_size": SIZE, "file_name": name })
}

impl World {
    /// Begins a session for a new file, and answers where it is.
    async fn session(&self, name: &str) -> String {
        let answer = self.box_json(Method::POST, SESSIONS, &new(name)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        format!("{SESSIONS}/{}", answer.field("id"))
    }

    /// Sends a part with these headers; nothing for one that is left out.
    async fn part_as(&self, uri: &str, digest: &str, range: &str, body: impl Into<Body>) -> Answer {
        let mut request = self.ask(Method::PUT, uri);
        for (name, value) in [("digest", digest), ("content-range", range)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        self.box_send(request.body(body.into()).unwrap()).await
    }

    /// Sends the part of this whole that has this index.
    async fn part(&self, uri: &str, whole: &Bytes, index: usize) -> Answer {
        let (start, end) = (index * PART, whole.len().min((index + 1) * PART));
        let bytes = whole.slice(start..end);
        let range = format!("bytes {start}-{}/{}", end - 1, whole.len());
        self.part_as(uri, &digest(&bytes), &range, bytes).await
    }

    async fn send_all(&self, uri: &str, whole: &Bytes) -> Vec<Value> {
        let mut parts = Vec::new();
        for index in 0..3 {
            let answer = self.part(uri, whole, index).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            parts.push(answer.json()["part"].clone());
        }
        parts
    }

    async fn commit(&self, uri: &str, digest: &str, body: &Value) -> Answer {
        self.commit_if(uri, digest, body, &[]).await
    }

    async fn commit_if(&self, uri: &str, digest: &str, body: &Value, conditions: &[(&str, &str)]) -> Answer {
        let mut request = self.ask(Method::POST, &format!("{uri}/commit"));
        for (name, value) in [("digest", digest)].iter().chain(conditions) {
            request = request.header(*name, *value);
        }
        self.box_send(request.body(Body::from(body.to_string())).unwrap()).await
    }
}

#[tokio::test]
async fn a_session_tells_where_its_requests_go() {
    let world = World::new().await;
    let request = world.ask(Method::POST, SESSIONS).header("host", "cloud.example");
    let answer = world.box_send(request.body(Body::from(new("a").to_string())).unwrap()).await;
    expect![[r#"201 {"id":"8E8F6841378F772C40DB2F07E876776D","type":"upload_session","part_size":8388608,"total_parts":3,"num_parts_processed":0,"session_expires_at":"2014-02-12T09:07:03Z","session_endpoints":{"upload_part":"http://cloud.example/api/2.0/files/upload_sessions/8E8F6841378F772C40DB2F07E876776D","commit":"http://cloud.example/api/2.0/files/upload_sessions/8E8F6841378F772C40DB2F07E876776D/commit","list_parts":"http://cloud.example/api/2.0/files/upload_sessions/8E8F6841378F772C40DB2F07E876776D/parts","abort":"http://cloud.example/api/2.0/files/upload_sessions/8E8F6841378F772C40DB2F07E876776D","status":"http://cloud.example/api/2.0/files/upload_sessions/8E8F6841378F772C40DB2F07E876776D"}}"#]].assert_eq(&answer.shown());
    let state = world.box_get(&format!("{SESSIONS}/{}", answer.field("id"))).await;
    assert_eq!((state.status.as_u16(), &state.json()["id"]), (200, &answer.json()["id"]));
}

/// In any order, as clients send them that send several at once; lists are paged by offset.
#[tokio::test]
async fn parts_make_up_a_file() {
    let world = World::new().await;
    let whole = some_bytes();
    let uri = world.session("a.bin").await;
    for (index, size) in [(2, SIZE - 2 * PART), (0, PART), (1, PART)] {
        let answer = world.part(&uri, &whole, index).await;
        let sha1 = Sha1::of(&whole[index * PART..index * PART + size]).to_string();
        let part_id = format!("0000000{index}");
        let part = json!({ "part_id": part_id, "offset": index * PART, "size": size, "sha1": sha1 });
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "part": part })));
    }
    assert_eq!(world.box_get(&uri).await.json()["num_parts_processed"], 3);
    let list = world.box_get(&format!("{uri}/parts")).await.json();
    let offsets: Vec<_> =
        list["entries"].as_array().unwrap().iter().map(|part| part["offset"].clone()).collect();
    assert_eq!(offsets, [json!(0), json!(PART), json!(2 * PART)]);
    assert_eq!((&list["total_count"], &list["offset"], &list["limit"]), (&json!(3), &json!(0), &json!(100)));
    assert_eq!(list["order"], json!([]));
    for (query, expected) in
        [("offset=1&limit=1", vec!["00000001"]), ("offset=2", vec!["00000002"]), ("offset=3", vec![])]
    {
        let page = world.box_get(&format!("{uri}/parts?{query}")).await.json();
        let ids: Vec<_> =
            page["entries"].as_array().unwrap().iter().map(|part| part["part_id"].clone()).collect();
        assert_eq!((ids, &page["total_count"]), (expected.into_iter().map(Value::from).collect(), &json!(3)));
    }
    let said = json!({ "parts": list["entries"], "attributes": { "content_modified_at": "2012-12-12T10:53:43Z", "description": "mine",
        "content_created_at": null } });
    let answer = world.commit(&uri, &digest(&whole), &said).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let told = answer.json();
    let entry = &told["entries"][0];
    assert_eq!(
        (&told["total_count"], &entry["size"], &entry["name"]),
        (&json!(1), &json!(SIZE), &json!("a.bin"))
    );
    assert_eq!(entry["sha1"], Sha1::of(&whole).to_string());
    assert_eq!(
        (&entry["content_modified_at"], &entry["description"]),
        (&json!("2012-12-12T10:53:43Z"), &json!("mine"))
    );
    assert_eq!(world.get("/1/files/auto/a.bin").await.body, whole);
}

/// Without a length, as one client frames its parts; the word for the hash in any case.
#[tokio::test]
async fn a_part_may_come_in_chunks() {
    let world = World::new().await;
    let whole = some_bytes();
    let uri = world.session("a").await;
    let bytes = whole.slice(..PART);
    let pieces: Vec<_> =
        bytes.chunks(70_001).map(|piece| Ok::<_, Infallible>(bytes.slice_ref(piece))).collect();
    let (digest, range) = (digest(&bytes).replace("sha=", "SHA="), format!("bytes 0-{}/{SIZE}", PART - 1));
    let answer = world.part_as(&uri, &digest, &range, Body::from_stream(stream::iter(pieces))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["part"]["sha1"], Sha1::of(&bytes).to_string());
}

/// Clients send parts again whose answer was lost.
#[tokio::test]
async fn a_part_stays_what_it_is() {
    let world = World::new().await;
    let whole = some_bytes();
    let uri = world.session("a").await;
    let first = world.part(&uri, &whole, 2).await;
    let again = world.part(&uri, &whole, 2).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, first.json()));
    assert_eq!(world.box_get(&uri).await.json()["num_parts_processed"], 1);
    let other = Bytes::from(vec![7; SIZE]);
    world.part(&uri, &other, 2).await.box_refuses(409, "range_overlaps_existing_part");
}

#[tokio::test]
async fn a_part_that_is_not_what_it_says_is_refused() {
    let world = World::new().await;
    let whole = some_bytes();
    let uri = world.session("a").await;
    let last = whole.slice(2 * PART..);
    let (good, end) = (digest(&last), SIZE - 1);
    let range = format!("bytes {}-{end}/{SIZE}", 2 * PART);
    let send = async |digest: &str, range: &str, body: &Bytes| {
        world.part_as(&uri, digest, range, body.clone()).await
    };
    send(&digest(b"other"), &range, &last).await.box_refuses(412, "precondition_failed");
    for bad in ["", "sha=", "sha=AAAA", "md5=AAAA", &good.replace("sha=", "")] {
        let answer = send(bad, &range, &last).await;
        assert_eq!(answer.status, 400, "{bad}: {}", answer.text());
    }
    send(&good, "", &last).await.box_refuses(400, "bad_request");
    for bad in [
        "bytes".to_owned(),
        format!("bytes {}-{end}/{}", 2 * PART, SIZE + 1),
        format!("bytes {}-{end}/{SIZE}", 2 * PART + 1),
        format!("bytes {}-{}/{SIZE}", 2 * PART, end - 1),
        format!("bytes {}-{}/{SIZE}", 3 * PART, 3 * PART + 9),
        format!("bytes 0-{end}/{SIZE}"),
        format!("bytes {end}-{}/{SIZE}", 2 * PART),
    ] {
        send(&good, &bad, &last).await.box_refuses(416, "range_not_satisfiable");
    }
    let short = last.slice(1..);
    send(&digest(&short), &range, &short).await.box_refuses(416, "range_not_satisfiable");
    let long = Bytes::from(vec![0; PART + 1]);
    let whole_part = format!("bytes 0-{}/{SIZE}", PART - 1);
    send(&digest(&long), &whole_part, &long).await.box_refuses(413, "request_entity_too_large");
    assert_eq!(world.box_get(&uri).await.json()["num_parts_processed"], 0);
    let range = format!("bytes {}-{end}/*", 2 * PART);
    assert_eq!(send(&good, &range, &last).await.status, 200, "the total need not be said");
}

#[tokio::test]
async fn a_commit_needs_every_part_and_the_right_whole() {
    let world = World::new().await;
    let whole = some_bytes();
    let uri = world.session("a").await;
    for index in [0, 2] {
        world.part(&uri, &whole, index).await;
    }
    let parts = world.box_get(&format!("{uri}/parts")).await.json()["entries"].clone();
    let good = digest(&whole);
    // One client waits and tries again.
    for body in [json!({}), json!({ "parts": parts })] {
        world.commit(&uri, &good, &body).await.box_refuses(400, "parts_mismatch");
    }
    world.part(&uri, &whole, 1).await;
    world.commit(&uri, &good, &json!({ "parts": parts })).await.box_refuses(400, "parts_mismatch");
    world.commit(&uri, &digest(b"other"), &json!({})).await.box_refuses(412, "precondition_failed");
    let request = world.ask(Method::POST, &format!("{uri}/commit")).body(Body::from("{}")).unwrap();
    world.box_send(request).await.box_refuses(400, "bad_request");
    let bad = json!({ "attributes": { "content_modified_at": "today" } });
    world.commit(&uri, &good, &bad).await.box_refuses(400, "bad_request");
    assert_eq!(world.commit(&uri, &good, &json!({ "attributes": null })).await.status, 201);
}

/// Once, however often it is asked for: whoever lost the answer is told again.
#[tokio::test]
async fn a_commit_happens_once() {
    let world = World::new().await;
    let whole = some_bytes();
    let uri = world.session("a").await;
    world.send_all(&uri, &whole).await;
    let good = digest(&whole);
    let first = world.commit(&uri, &good, &json!({})).await;
    let head = world.head().await;
    let again = world.commit(&uri, &good, &json!({})).await;
    assert_eq!((again.status.as_u16(), again.json()), (201, first.json()));
    assert_eq!(world.head().await, head);
    world.commit(&uri, &digest(b"other"), &json!({})).await.box_refuses(410, "session_expired");
    for answer in [world.box_get(&uri).await, world.part(&uri, &whole, 0).await, world.box_delete(&uri).await]
    {
        answer.box_refuses(410, "session_expired");
    }
}

/// A client that gave up waiting asks again while the first commit is still under way.
#[tokio::test]
async fn two_commits_at_once_are_answered_alike() {
    let world = World::new().await;
    let whole = some_bytes();
    let uri = world.session("a").await;
    world.send_all(&uri, &whole).await;
    let (good, head) = (digest(&whole), world.head().await);
    let (body, none) = (json!({}), []);
    let (one, other) =
        tokio::join!(world.commit_if(&uri, &good, &body, &none), world.commit_if(&uri, &good, &body, &none));
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (201, 201), "{} {}", one.text(), other.text());
    assert_eq!((one.json(), world.head().await), (other.json(), head + 1));
}

#[tokio::test]
async fn a_session_for_a_version_keeps_the_file() {
    let world = World::new().await;
    let whole = some_bytes();
    let id = world.box_file("/a", "one").await;
    let begin = format!("/api/2.0/files/{id}/upload_sessions");
    let answer = world
        .box_json(Method::POST, &begin, &json!({ "file_id": id, "file_size": SIZE, "file_name": "b" }))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let uri = format!("{SESSIONS}/{}", answer.field("id"));
    world.send_all(&uri, &whole).await;
    let etag = world.box_get(&format!("/2.0/files/{id}")).await.field("etag");
    let good = digest(&whole);
    let commit = async |name: &str, tag: &str| world.commit_if(&uri, &good, &json!({}), &[(name, tag)]).await;
    commit("if-match", "99").await.box_refuses(412, "precondition_failed");
    assert_eq!(commit("if-none-match", &etag).await.status, 304);
    let told = commit("if-match", &etag).await;
    assert_eq!(told.status, 201, "{}", told.text());
    assert_eq!(
        (&told.json()["entries"][0]["id"], &told.json()["entries"][0]["name"]),
        (&json!(id), &json!("b"))
    );
    assert_eq!(
        commit("if-match", &etag).await.status,
        201,
        "told once more, though the tag has changed by it"
    );
    // One that nothing is there of yet has no tag.
    let uri = world.session("new").await;
    world.send_all(&uri, &whole).await;
    let answer = world.commit_if(&uri, &good, &json!({}), &[("if-match", "1")]).await;
    answer.box_refuses(412, "precondition_failed");
}

/// A name that was free when the session began may be taken when it ends, and another one may be said then.
#[tokio::test]
async fn a_conflict_is_told_at_the_end_too() {
    let world = World::new().await;
    let whole = some_bytes();
    let uri = world.session("a").await;
    world.send_all(&uri, &whole).await;
    let id = world.box_file("/a", "faster").await;
    let good = digest(&whole);
    let context = world.commit(&uri, &good, &json!({})).await.box_refuses(409, "item_name_in_use");
    assert_eq!(context["conflicts"]["id"], id);
    let told = world.commit(&uri, &good, &json!({ "attributes": { "name": "b" } })).await;
    assert_eq!((told.status.as_u16(), &told.json()["entries"][0]["name"]), (201, &json!("b")));
}

#[tokio::test]
async fn a_session_that_could_not_end_well_does_not_begin() {
    let world = World::with_quota(30_000_000).await;
    let id = world.box_file("/there", "hello").await;
    let begin = async |body: Value| world.box_json(Method::POST, SESSIONS, &body).await;
    for (field, value, status, code) in [
        ("folder_id", json!(null), 400, "missing_destination"),
        ("folder_id", json!("abc"), 400, "invalid_folder_id"),
        ("folder_id", json!([0]), 400, "invalid_folder_id"),
        ("folder_id", json!(-1), 400, "invalid_folder_id"),
        ("folder_id", json!(u64::MAX), 404, "not_found"),
        ("folder_id", json!("99"), 404, "not_found"),
        ("folder_id", json!(id), 404, "not_found"),
        ("file_size", json!(null), 400, "missing_file_size"),
        ("file_size", json!("20000000"), 400, "invalid_file_size"),
        ("file_size", json!(-1), 400, "invalid_file_size"),
        ("file_size", json!(2.5), 400, "invalid_file_size"),
        ("file_size", json!(19_999_999), 400, "file_size_too_small"),
        ("file_size", json!(40_000_000), 403, "storage_limit_exceeded"),
        ("file_size", json!(1_u64 << 50), 403, "file_size_limit_exceeded"),
        ("file_name", json!(null), 400, "missing_file_name"),
        ("file_name", json!("a/b"), 400, "item_name_invalid"),
        ("file_name", json!("There"), 409, "item_name_in_use"),
    ] {
        let mut body = new("a");
        body[field] = value;
        let context = begin(body.clone()).await.box_refuses(status, code);
        if status == 409 {
            assert_eq!(context["conflicts"]["id"], id, "{body}");
        }
    }
    let version = async |id: &str, body: &Value| {
        world.box_json(Method::POST, &format!("/api/2.0/files/{id}/upload_sessions"), body).await
    };
    version("99", &json!({ "file_size": SIZE })).await.box_refuses(404, "not_found");
    world.box_folder("0", "taken").await;
    let answer = version(&id, &json!({ "file_size": SIZE, "file_name": "taken" })).await;
    answer.box_refuses(409, "item_name_in_use");
    assert_eq!(version(&id, &json!({ "file_size": SIZE })).await.status, 201);
    assert_eq!(begin(json!({ "folder_id": 0, "file_size": SIZE, "file_name": "number" })).await.status, 201);
    // What open ones declare has a limit, too.
    let answer = begin(new("more")).await;
    assert_eq!(answer.status, 201);
    let answer = begin(new("too many")).await;
    answer.box_refuses(429, "rate_limit_exceeded");
    assert!(answer.header("retry-after").is_some());
}

/// Only who began it may go on, with the same app; and it ends.
#[tokio::test]
async fn a_session_is_its_beginners_and_ends() {
    let mut world = World::new().await;
    let whole = some_bytes();
    let uri = world.session("a").await;
    let mine = world.token.clone();
    let bo = world.person("bo@example.org").await;
    for token in [
        world.token_for(&bo, "Other", Access::Full).await,
        world.token_for(&world.account, "Another app", Access::Full).await,
    ] {
        world.token = token;
        for answer in [
            world.box_get(&uri).await,
            world.box_get(&format!("{uri}/parts")).await,
            world.part(&uri, &whole, 0).await,
            world.commit(&uri, &digest(&whole), &json!({})).await,
            world.box_delete(&uri).await,
        ] {
            answer.box_refuses(403, "forbidden");
        }
    }
    world.token = mine;
    assert_eq!(world.box_get(&uri.to_lowercase()).await.status, 200, "a number in hex has no case");
    let answer = world.box_delete(&uri).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    for uri in [
        &*uri,
        &format!("{SESSIONS}/7"),
        &format!("{SESSIONS}/{}", "0".repeat(32)),
        &format!("{SESSIONS}/{}", "g".repeat(32)),
    ] {
        for answer in [
            world.box_get(uri).await,
            world.box_get(&format!("{uri}/parts")).await,
            world.part(uri, &whole, 0).await,
            world.commit(uri, &digest(&whole), &json!({})).await,
            world.box_delete(uri).await,
        ] {
            answer.box_refuses(404, "not_found");
        }
    }
    let uri = world.session("b").await;
    world.advance(Duration::from_secs(7 * 24 * 60 * 60 + 1));
    world.part(&uri, &whole, 0).await.box_refuses(410, "session_expired");
    world.box_get(&uri).await.box_refuses(410, "session_expired");
}

/// A list of parts may be as large as an upload, and all of it is kept in memory while it comes.
#[tokio::test]
async fn a_commit_counts_as_an_upload_while_its_list_comes_in() {
    let settings = Settings { uploads_per_account_max: 1, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    let uri = format!("{}/commit", world.session("a").await);
    let commit = |body| world.ask(Method::POST, &uri).header("digest", digest(b"")).body(body).unwrap();
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{\"parts\":["))]);
    let stalled = Body::from_stream(first.chain(stream::pending()));
    let mut one = Box::pin(world.box_events.handle(commit(stalled)));
    assert!((&mut one).now_or_never().is_none());
    let list = json!({ "parts": vec![json!({ "part_id": "0123456789ABCDEF" }); 3_000] }).to_string();
    let answer = world.box_send(commit(list.clone().into())).await;
    answer.box_refuses(429, "rate_limit_exceeded");
    drop(one);
    world.box_send(commit(list.into())).await.box_refuses(400, "parts_mismatch");
}
