//! What is downloaded is one version, whole, whatever breaks.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use tidemark_client::{ContentHash, DownloadOptions, Error, RefusalKind, RetryPolicy, TransportError};

use crate::script::{Script, says_with};
use crate::world::{Fault, World, noise, path};

const FILE: &str = "GET /1/files/auto/a";

async fn get(world: &World, options: &DownloadOptions) -> Result<Bytes, Error> {
    let download = world.client().download(&path("/a"), options).await?;
    let length = download.length;
    let pieces: Vec<Bytes> = download.into_stream().try_collect().await?;
    let bytes = Bytes::from(pieces.concat());
    assert_eq!(bytes.len() as u64, length);
    Ok(bytes)
}

/// A file, parts of it, and an older version.
#[tokio::test]
async fn any_part_of_any_version_can_be_had() {
    let world = World::new().await;
    let first = world.put("/a", noise(100_000, 1)).await;
    let bytes = noise(1 << 20, 2);
    world.put("/a", bytes.clone()).await;
    let part = |offset, length| DownloadOptions { offset, length, ..DownloadOptions::default() };
    for (offset, length, begin, end) in [
        (0, None, 0, 1 << 20),
        (0, Some(10), 0, 10),
        (0, Some(0), 0, 0),
        (5, Some(0), 5, 5),
        (1, Some(1), 1, 2),
        (1000, None, 1000, 1 << 20),
        ((1 << 20) - 1, None, (1 << 20) - 1, 1 << 20),
        ((1 << 20) - 1, Some(u64::MAX), (1 << 20) - 1, 1 << 20),
    ] {
        assert!(
            get(&world, &part(offset, length)).await.unwrap() == bytes[begin..end],
            "{offset} {length:?}"
        );
    }
    let behind = get(&world, &part(1 << 20, None)).await.unwrap_err();
    assert_eq!(behind.kind(), Some(RefusalKind::Range));
    let old = DownloadOptions { rev: first.rev, ..DownloadOptions::default() };
    assert!(get(&world, &old).await.unwrap() == noise(100_000, 1));
}

/// A file of no bytes is a file.
#[tokio::test]
async fn an_empty_file_is_whole() {
    let world = World::new().await;
    world.put("/a", "").await;
    assert_eq!(get(&world, &DownloadOptions::default()).await.unwrap(), "");
}

/// A body that breaks off goes on where it was: nothing twice, nothing missing; also within a part.
#[tokio::test(start_paused = true)]
async fn a_broken_download_goes_on() {
    let world = World::new().await;
    let bytes = noise(1 << 20, 3);
    world.put("/a", bytes.clone()).await;
    world.network.seen();
    let faults = [
        Fault::Cut(0),
        Fault::Cut(500_000),
        Fault::NotSent,
        Fault::Cut(1),
        Fault::Status(503),
        Fault::AnswerLost,
        Fault::Cut(99_999),
    ];
    world.network.next(faults);
    assert!(get(&world, &DownloadOptions::default()).await.unwrap() == bytes);
    assert_eq!(world.network.seen(), [FILE; 8]);

    let part = DownloadOptions { offset: 7, length: Some(900_000), ..DownloadOptions::default() };
    world.network.next(faults);
    assert!(get(&world, &part).await.unwrap() == bytes[7..900_007]);
    assert_eq!(world.network.seen(), [FILE; 8]);
}

/// A file that is replaced, moved or deleted while it is downloaded: what comes is still the version that was begun.
#[tokio::test(start_paused = true)]
async fn a_download_is_of_one_version() {
    for what in ["replaced", "moved", "deleted"] {
        let world = World::new().await;
        let client = world.client();
        let bytes = noise(1 << 20, 4);
        world.put("/a", bytes.clone()).await;
        world.network.next([Fault::Cut(1000)]);
        let mut download = client.download(&path("/a"), &DownloadOptions::default()).await.unwrap();
        let mut got = download.chunk().await.unwrap().unwrap().to_vec();
        match what {
            "replaced" => drop(world.put("/a", noise(1 << 20, 5)).await),
            "moved" => drop(client.move_to(&path("/a"), &path("/b"), None).await.unwrap()),
            _ => drop(client.delete(&path("/a"), None).await.unwrap()),
        }
        while let Some(piece) = download.chunk().await.unwrap() {
            got.extend_from_slice(&piece);
        }
        assert!(got == bytes, "{what}");
    }
}

/// When patience has ended, the caller may go on with the same download later.
#[tokio::test(start_paused = true)]
async fn a_download_can_be_taken_up_again() {
    let world = World::new().await;
    let bytes = noise(300_000, 6);
    world.put("/a", bytes.clone()).await;
    world.network.next([Fault::Cut(100_000), Fault::NotSent]);
    let client = world.client().with_retries(RetryPolicy::NEVER);
    let mut download = client.download(&path("/a"), &DownloadOptions::default()).await.unwrap();
    let (mut got, mut errors) = (Vec::new(), 0);
    loop {
        match download.chunk().await {
            Ok(Some(piece)) => got.extend_from_slice(&piece),
            Ok(None) => break,
            Err(error) => {
                assert!(error.is_passing());
                errors += 1;
            }
        }
    }
    assert!(got == bytes && errors == 2);
}

fn file(
    status: u16,
    headers: &[(&'static str, String)],
    bytes: u64,
    hash: ContentHash,
    body: &'static str,
) -> Result<http::Response<tidemark_client::Body>, TransportError> {
    says_with(status, ("content-type", "text/plain"), body).map(|mut answer| {
        let entry =
            format!(r#"{{"path":"/a","is_dir":false,"bytes":{bytes},"rev":"1a","content_hash":"{hash}"}}"#);
        answer.headers_mut().insert("x-dropbox-metadata", entry.parse().unwrap());
        for (name, value) in headers {
            answer.headers_mut().insert(*name, value.parse().unwrap());
        }
        answer
    })
}

/// Bytes that were changed on the way are told, however often one asks; unless the caller compares them itself.
#[tokio::test(start_paused = true)]
async fn changed_bytes_are_noticed() {
    let answer = || file(200, &[], 5, ContentHash::of(b"hello"), "hellO");
    let script = Script::new([answer(), answer()]);
    let mut download = script.client().download(&path("/a"), &DownloadOptions::default()).await.unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "hellO");
    for _ in 0..2 {
        assert!(matches!(download.chunk().await, Err(Error::Corrupted)));
    }
    let trusting = DownloadOptions { unverified: true, ..DownloadOptions::default() };
    let mut download = script.client().download(&path("/a"), &trusting).await.unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "hellO");
    assert_eq!(download.chunk().await.unwrap(), None);
}

/// Too few bytes are asked for again; what is behind the end is left.
#[tokio::test(start_paused = true)]
async fn a_file_ends_where_it_ends() {
    let hash = ContentHash::of(b"hello");
    let range = |text: &str| [("content-range", text.to_owned())];
    let script = Script::new([
        file(200, &[], 5, hash, "hel"),
        file(206, &range("bytes 3-4/5"), 5, hash, "lo and more"),
    ]);
    let download = script.client().download(&path("/a"), &DownloadOptions::default()).await.unwrap();
    let pieces: Vec<Bytes> = download.into_stream().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"hello");
    assert_eq!(script.asked()[1].line, "GET /1/files/auto/a?rev=1a&include_identity=true");
}

/// A server that sends another part, or another file, is not believed.
#[tokio::test(start_paused = true)]
async fn other_bytes_than_asked_for_are_nonsense() {
    let hash = ContentHash::of(b"hello");
    let range = |text: &str| [("content-range", text.to_owned())];
    let from_two = DownloadOptions { offset: 2, ..DownloadOptions::default() };
    for answer in [
        file(200, &[], 5, hash, "hello"),
        file(206, &[], 5, hash, "llo"),
        file(206, &range("bytes 1-4/5"), 5, hash, "ello"),
        file(206, &range("bytes 2-4/6"), 5, hash, "llo"),
        file(206, &range("bytes 2-5/5"), 5, hash, "llo"),
        file(204, &[], 5, hash, ""),
        says_with(206, ("content-range", "bytes 2-4/5"), "llo"),
        says_with(206, ("x-dropbox-metadata", r#"{"path":"/a","is_dir":true}"#), "llo"),
    ] {
        let script = Script::new([answer]);
        let error = script.client().download(&path("/a"), &from_two).await.unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{error:?}");
    }
    // The rest of another version.
    let mut other = file(206, &range("bytes 3-4/5"), 5, hash, "lo");
    let entry = r#"{"path":"/a","is_dir":false,"bytes":5,"rev":"1b"}"#;
    other.as_mut().unwrap().headers_mut().insert("x-dropbox-metadata", entry.parse().unwrap());
    let script = Script::new([file(200, &[], 5, hash, "hel"), other]);
    let mut download = script.client().download(&path("/a"), &DownloadOptions::default()).await.unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "hel");
    assert!(matches!(download.chunk().await, Err(Error::Malformed(_))));
}
