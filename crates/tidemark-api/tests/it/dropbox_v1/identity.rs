//! `include_identity`: what our own clients are told of entries besides.

use crate::internet::Says;
use crate::world::{Answer, World};
use axum::body::Body;
use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tidemark_core::model::{Access, BLOCK_SIZE_MAX, PART_SIZE, Sha1, digest_of};

/// As the protocol that has the hash defines it.
fn hash_of(bytes: &[u8]) -> String {
    let digests: Vec<u8> = bytes.chunks(4 << 20).flat_map(|block| digest_of(block).0).collect();
    HEXLOWER.encode(&digest_of(&digests).0)
}

fn header(answer: &Answer) -> Value {
    serde_json::from_str(answer.header("x-dropbox-metadata").expect("the header")).expect("JSON")
}

fn is_id(value: &Value) -> bool {
    let good = |id: &str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    };
    value.as_str().is_some_and(good)
}

/// Every call that tells entries tells which they are to who asks, and of live files what they hold; to nobody else does
/// any of them tell a word more.
#[tokio::test]
async fn every_answer_tells_identities_to_who_asks() {
    let world = World::new().await;
    let rev = world.file("/dir/a.txt", "one").await;
    world.file("/dir/a.txt", "two").await;
    world.file("/gone.txt", "gone").await;
    world.post("/1/fileops/delete", "root=auto&path=/gone.txt").await;
    let reference = world.get("/1/copy_ref/auto/dir/a.txt").await.field("copy_ref");
    let mut uploads = Vec::new();
    for _ in 0..2 {
        uploads.push(world.put("/1/chunked_upload", "in pieces").await.field("upload_id"));
    }

    // Each is asked plainly, then for identities: both are done, so that what the first one leaves is there for the other.
    let files_put = |n: usize| (Method::PUT, format!("/1/files_put/auto/put{n}?"), "put");
    let form = |uri: &str, form: String| (Method::POST, format!("{uri}?{form}"), "");
    let get = |uri: &str| (Method::GET, format!("{uri}{}", if uri.contains('?') { "" } else { "?" }), "");
    let asked = |n: usize| {
        vec![
            files_put(n),
            form(&format!("/1/commit_chunked_upload/auto/chunked{n}"), format!("upload_id={}", uploads[n])),
            form("/1/fileops/create_folder", format!("root=auto&path=/new{n}")),
            form("/1/fileops/copy", format!("root=auto&from_path=/dir&to_path=/copy{n}")),
            form("/1/fileops/copy", format!("root=auto&from_copy_ref={reference}&to_path=/ref{n}")),
            form("/1/fileops/move", format!("root=auto&from_path=/put{n}&to_path=/moved{n}")),
            form("/1/fileops/delete", format!("root=auto&path=/moved{n}")),
            form("/1/restore/auto/dir/a.txt", format!("rev={rev}")),
            form("/1/delta", String::new()),
            get("/1/metadata/auto/"),
            get("/1/metadata/auto/?include_deleted=true"),
            get("/1/metadata/auto/dir/a.txt?list=false"),
            get("/1/metadata/auto/dir/a.txt?include_media_info=true"),
            get("/1/metadata/auto/gone.txt"),
            get("/1/revisions/auto/dir/a.txt"),
            get("/1/search/auto/?query=a.txt"),
            get("/1/files/auto/dir/a.txt"),
        ]
    };
    let mut tells = 0;
    for (plain, wanting) in asked(0).into_iter().zip(asked(1)) {
        let ask = async |(method, uri, body): (Method, String, &'static str), more: &str| {
            let request = world.ask(method, &format!("{uri}{more}"));
            world.send(request.body(Body::from(body)).unwrap()).await
        };
        let uri = plain.1.clone();
        let told = |answer: &Answer| {
            assert_eq!(answer.status, 200, "{uri}: {}", answer.text());
            match answer.header("x-dropbox-metadata") {
                Some(_) => header(answer),
                None => answer.json(),
            }
        };
        let (answer, mut entries) = (told(&ask(plain, "&include_identity=false").await), Vec::new());
        entries_in(&answer, &mut entries);
        for entry in &entries {
            for more in ["id", "box_id", "content_hash"] {
                assert_eq!(entry.get(more), None, "{uri}: {entry}");
            }
        }
        let (answer, mut entries) = (told(&ask(wanting, "&include_identity=true").await), Vec::new());
        entries_in(&answer, &mut entries);
        assert!(!entries.is_empty(), "{uri} tells no entry");
        for entry in entries {
            let is_root = entry["path"] == "/";
            assert_eq!(is_id(&entry["id"]), !is_root, "{uri}: {entry}");
            let is_number = |id: &str| id.bytes().all(|b| b.is_ascii_digit());
            assert_eq!(entry["box_id"].as_str().is_some_and(is_number), !is_root, "{uri}: {entry}");
            let has_bytes = entry["is_dir"] == false && entry.get("is_deleted").is_none();
            assert_eq!(entry["content_hash"].is_string(), has_bytes, "{uri}: {entry}");
            tells += 1;
        }
    }
    assert!(tells > 40, "{tells}");

    // In a multipart form it may be a field, as everything else.
    let field = "--B\r\nContent-Disposition: form-data; name=\"include_identity\"\r\n\r\ntrue\r\n";
    let file =
        "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nform\r\n--B--\r\n";
    let request =
        world.ask(Method::POST, "/1/files/auto/").header("content-type", "multipart/form-data; boundary=B");
    let answer = world.send(request.body(Body::from(format!("{field}{file}"))).unwrap()).await;
    assert_eq!(answer.field("content_hash"), hash_of(b"form"));
}

/// All entry objects of an answer.
fn entries_in<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| entries_in(value, found)),
        Value::Object(map) => {
            if map.contains_key("is_dir") {
                found.push(value);
            }
            map.values().for_each(|value| entries_in(value, found));
        }
        _ => {}
    }
}

/// Refused before anything is done.
#[tokio::test]
async fn a_word_that_is_no_boolean_is_refused() {
    let world = World::new().await;
    let head = world.head().await;
    for answer in [
        world.put("/1/files_put/auto/a?include_identity=maybe", "a").await,
        world.post("/1/fileops/create_folder?include_identity=maybe", "root=auto&path=/a").await,
    ] {
        answer.refuses(400);
        assert!(answer.json()["error"]["include_identity"].is_string(), "{}", answer.text());
    }
    assert_eq!(world.head().await, head);
}

/// It survives edits, moves, deletion and restoring; a copy and another file at the same path have others.
#[tokio::test]
async fn an_id_is_of_the_entry_and_not_of_its_place() {
    let world = World::new().await;
    let id = async |path: &str| {
        world.get(&format!("/1/metadata/auto{path}?include_identity=true")).await.field("id")
    };
    world.file("/dir/a", "one").await;
    let (folder, file) = (id("/dir").await, id("/dir/a").await);
    world.file("/dir/a", "two").await;
    world.post("/1/fileops/move", "root=auto&from_path=/dir&to_path=/DIR2").await;
    world.post("/1/fileops/move", "root=auto&from_path=/dir2/a&to_path=/dir2/b").await;
    assert_eq!((id("/dir2").await, id("/dir2/b").await), (folder, file.clone()));
    world.post("/1/fileops/copy", "root=auto&from_path=/dir2/b&to_path=/dir2/c").await;
    assert_ne!(id("/dir2/c").await, file);
    let deleted = world.post("/1/fileops/delete?include_identity=true", "root=auto&path=/dir2/b").await;
    assert_eq!(deleted.field("id"), file);
    let head = format!("{:x}00000001", world.head().await - 2);
    let restored = world.post("/1/restore/auto/dir2/b?include_identity=true", &format!("rev={head}")).await;
    assert_eq!(restored.field("id"), file, "{}", restored.text());
    world.post("/1/fileops/delete", "root=auto&path=/dir2/b").await;
    world.file("/dir2/b", "another").await;
    assert_ne!(id("/dir2/b").await, file);
}

/// Whoever puts a backup back begins another life, in which numbers that were given out since the backup are given out again.
#[tokio::test]
async fn an_id_is_not_used_again_in_another_life() {
    let (one, other) = (World::new().await, World::new().await);
    other.advance(Duration::from_millis(1));
    let mut ids = Vec::new();
    for life in [one, other] {
        let answer = life.put("/1/files_put/auto/a?include_identity=true", "a").await;
        assert_eq!(answer.field("rev"), "100000001");
        ids.push(answer.field("id"));
    }
    assert_ne!(ids[0], ids[1]);
}

/// The folder of an app is its root, and has no more identity than any other; what lies in it has the one that everybody
/// is told.
#[tokio::test]
async fn an_app_folder_is_a_root() {
    let mut world = World::new().await;
    let whole = world.token.clone();
    world.token = world.token_for(&world.account, "Notes", Access::AppFolder).await;
    let inside = world.put("/1/files_put/auto/a?include_identity=true", "a").await.field("id");
    let root = world.get("/1/metadata/auto/?include_identity=true").await.json();
    assert_eq!((root.get("id"), &root["contents"][0]["id"]), (None, &json!(inside)));
    world.token = whole;
    let folder = world.get("/1/metadata/auto/Apps/Notes?include_identity=true").await.json();
    assert!(is_id(&folder["id"]), "{folder}");
    assert_eq!(folder["contents"][0]["id"], json!(inside));
}

/// What is told of a file's bytes says the same by whatever way they came.
#[derive(Clone, Copy, Debug)]
enum Way {
    Put,
    Chunks,
    Parts,
    SaveUrl,
}

const WAYS: [Way; 4] = [Way::Put, Way::Chunks, Way::Parts, Way::SaveUrl];

async fn upload(world: &World, way: Way, path: &str, bytes: &Bytes, piece: usize) {
    let pieces = || (0..bytes.len()).step_by(piece).map(|at| bytes.slice(at..bytes.len().min(at + piece)));
    match way {
        Way::Put => {
            let body = Body::from_stream(futures_util::stream::iter(
                pieces().map(Ok::<_, std::io::Error>).collect::<Vec<_>>(),
            ));
            let request = world.ask(Method::PUT, &format!("/1/files_put/auto{path}"));
            let answer = world.send(request.body(body).unwrap()).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        Way::Chunks => {
            let mut at = 0;
            let mut id = world.put("/1/chunked_upload", "").await.field("upload_id");
            for piece in pieces() {
                let next = at + piece.len();
                let uri = format!("/1/chunked_upload?upload_id={id}&offset={at}");
                id = world.put(&uri, piece).await.field("upload_id");
                at = next;
            }
            let uri = format!("/1/commit_chunked_upload/auto{path}");
            let answer = world.post(&uri, &format!("upload_id={id}")).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        Way::Parts => {
            let digest = |bytes: &[u8]| format!("sha={}", BASE64.encode(&Sha1::of(bytes).0));
            let new = json!({ "folder_id": "0", "file_size": bytes.len(), "file_name": path[1..] });
            let begun = world.box_json(Method::POST, "/api/2.0/files/upload_sessions", &new).await;
            let uri = format!("/api/2.0/files/upload_sessions/{}", begun.field("id"));
            let mut parts = Vec::new();
            for (index, part) in bytes.chunks(PART_SIZE as usize).enumerate() {
                let start = index * PART_SIZE as usize;
                let range = format!("bytes {start}-{}/{}", start + part.len() - 1, bytes.len());
                let request = world.ask(Method::PUT, &uri);
                let request = request.header("digest", digest(part)).header("content-range", range);
                let answer = world.box_send(request.body(Body::from(part.to_vec())).unwrap()).await;
                parts.push(answer.json()["part"].clone());
            }
            let request = world.ask(Method::POST, &format!("{uri}/commit")).header("digest", digest(bytes));
            let body = Body::from(json!({ "parts": parts }).to_string());
            let answer = world.box_send(request.body(body).unwrap()).await;
            assert_eq!(answer.status, 201, "{}", answer.text());
        }
        Way::SaveUrl => {
            let url = format!("http://files.example{path}");
            let pieces = pieces().map(Ok).collect();
            let says = Says { status: 200, length: Some(bytes.len() as u64), pieces, gate: None };
            world.internet.page(&url, says);
            let job =
                world.post(&format!("/1/save_url/auto{path}"), &format!("url={url}")).await.field("job");
            let runner = tokio::spawn(Arc::clone(&world.fetches).run());
            let look = async {
                while world.get(&format!("/1/save_url_job/{job}")).await.field("status") != "COMPLETE" {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(60), look).await.expect("it is got");
            runner.abort();
        }
    }
}

fn sizes() -> impl Strategy<Value = usize> {
    let block = BLOCK_SIZE_MAX;
    prop_oneof![
        1..5000usize,
        (1..4usize, 0..3usize).prop_map(move |(blocks, more)| blocks * block + more - 1),
        1..3 * block,
    ]
}

async fn check(bytes: &Bytes, piece: usize, ways: &[Way]) {
    let world = World::new().await;
    let expected = hash_of(bytes);
    for (n, way) in ways.iter().enumerate() {
        upload(&world, *way, &format!("/{n}"), bytes, piece).await;
        let copy = format!("root=auto&from_path=/{n}&to_path=/copy{n}&include_identity=true");
        let copy = world.post("/1/fileops/copy", &copy).await;
        assert_eq!(copy.field("content_hash"), expected, "a copy of {way:?}");
        let got = world.get(&format!("/1/files/auto/{n}?include_identity=true")).await;
        assert_eq!(header(&got)["content_hash"], json!(expected), "{way:?}");
        assert_eq!(hash_of(&got.body), expected, "{way:?}");
    }
}

fn some_bytes(size: usize, seed: u8) -> Bytes {
    (0..size).map(|at| (at % 251) as u8 ^ (at >> 16) as u8 ^ seed).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn equal_bytes_have_one_hash_whichever_way_they_came(
        size in sizes(),
        piece in prop_oneof![70_000..200_000usize, 1_000_000..6_000_000usize],
        seed in any::<u8>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(&some_bytes(size, seed), piece, &[Way::Put, Way::Chunks, Way::SaveUrl]));
    }
}

/// Only large files come in parts.
#[tokio::test]
async fn and_so_do_those_that_came_in_parts() {
    for (size, piece) in [(20_000_000, 3_000_001), (5 * BLOCK_SIZE_MAX, BLOCK_SIZE_MAX + 1)] {
        check(&some_bytes(size, 0), piece, &WAYS).await;
    }
}

/// Of nothing it is the hash of nothing.
#[tokio::test]
async fn an_empty_file_has_a_hash() {
    let world = World::new().await;
    let answer = world.put("/1/files_put/auto/empty?include_identity=true", "").await;
    assert_eq!(answer.field("content_hash"), hash_of(b""));
    assert_eq!(
        answer.field("content_hash"),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}
