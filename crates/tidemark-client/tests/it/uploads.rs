//! Files of every size arrive whole, whatever happens on the way.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use tidemark_client::{
    Body, Client, ContentHash, DownloadOptions, Error, Progress, RefusalKind, Source, Transport,
    TransportError, UploadOptions, UploadSession, WriteMode,
};
use tokio::sync::Semaphore;

use crate::script::{Script, says};
use crate::world::{Dice, Fault, World, exchange, noise, path};

const CHUNK: usize = 8 << 20;
const CHUNKED: &str = "PUT /1/chunked_upload";

async fn whole(client: &Client, at: &str) -> Bytes {
    let mut download = client.download(&path(at), &DownloadOptions::default()).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(piece) = download.chunk().await.unwrap() {
        bytes.extend_from_slice(&piece);
    }
    bytes.into()
}

/// Remembers what it was told.
#[derive(Default)]
struct Told {
    passed: Mutex<Vec<(u64, u64)>>,
    sessions: Mutex<Vec<UploadSession>>,
}

impl Progress for Told {
    fn passed(&self, bytes: u64, total: u64) {
        self.passed.lock().unwrap().push((bytes, total));
    }

    fn reached(&self, session: &UploadSession) {
        self.sessions.lock().unwrap().push(session.clone());
    }
}

impl Told {
    fn last(&self) -> UploadSession {
        // As it would be kept.
        let text = serde_json::to_string(self.sessions.lock().unwrap().last().unwrap()).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

fn watched(told: &Arc<Told>) -> UploadOptions {
    UploadOptions { progress: Some(told.clone()), ..UploadOptions::default() }
}

/// Around the sizes of blocks and chunks: what is read back is what was sent, and how far it is never goes back.
#[tokio::test(start_paused = true)]
async fn files_of_every_size_arrive() {
    let world = World::new().await;
    let client = world.client();
    for (number, size) in [0, 1, (4 << 20) - 1, 4 << 20, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 12_345]
        .into_iter()
        .enumerate()
    {
        let (at, bytes) = (format!("/{number}"), noise(size, 1 + number as u64));
        let told = Arc::new(Told::default());
        let uploaded = client.upload(&path(&at), &mut bytes.clone(), watched(&told)).await.unwrap();
        assert_eq!(uploaded.content_hash, ContentHash::of(&bytes));
        assert_eq!(uploaded.metadata.file().unwrap().bytes, size as u64);
        assert!(whole(&client, &at).await == bytes, "{size}");
        let passed = told.passed.lock().unwrap();
        assert!(passed.is_sorted() && passed.last() == Some(&(size as u64, size as u64)), "{size}");
    }
}

/// Each fault at each request of a large upload: it arrives once and whole.
#[tokio::test(start_paused = true)]
async fn large_uploads_survive_every_fault() {
    let bytes = noise(CHUNK + 5, 7);
    for fault in [
        Fault::NotSent,
        Fault::AnswerLost,
        Fault::AnswerLate,
        Fault::Cut(3),
        Fault::Status(503),
        Fault::StatusAfter(502),
        Fault::Status(429),
        Fault::Status(408),
    ] {
        for which in 0..3 {
            let world = World::new().await;
            let client = world.client();
            world.network.next(std::iter::repeat_n(Fault::None, which).chain([fault]));
            let uploaded = client.upload(&path("/big"), &mut bytes.clone(), UploadOptions::default()).await;
            let uploaded = uploaded.unwrap_or_else(|error| panic!("{fault:?} at {which}: {error:?}"));
            assert_eq!(world.network.faults_left(), 0);
            assert_eq!(uploaded.metadata.file().unwrap().bytes, bytes.len() as u64);
            assert!(whole(&client, "/big").await == bytes, "{fault:?} at {which}");
            assert_eq!(client.revisions(&path("/big"), None).await.unwrap().len(), 1);
        }
    }
}

/// A chunk that arrived, although nobody heard of it, is not sent again.
#[tokio::test(start_paused = true)]
async fn what_arrived_is_not_sent_again() {
    let world = World::new().await;
    let told = Arc::new(Told::default());
    world.network.next([Fault::None, Fault::AnswerLost]);
    let mut source = noise(2 * CHUNK, 3);
    world.client().upload(&path("/a"), &mut source, watched(&told)).await.unwrap();
    let commit = "POST /1/commit_chunked_upload/auto/a";
    // The third asks only where it stands.
    assert_eq!(world.network.seen(), [CHUNKED, CHUNKED, CHUNKED, commit]);
    assert!(world.network.carried() < 2 * CHUNK as u64 + 1000);
    assert!(told.passed.lock().unwrap().is_sorted());
}

/// When nobody knows whether the last step happened, the path tells; if it does not, the error says so.
#[tokio::test(start_paused = true)]
async fn a_commit_in_doubt_is_looked_after() {
    let bytes = noise(CHUNK + 1, 9);
    let world = World::new().await;
    let client = world.client();
    world.network.next([Fault::None, Fault::None, Fault::AnswerLost]);
    let uploaded = client.upload(&path("/a"), &mut bytes.clone(), UploadOptions::default()).await.unwrap();
    assert_eq!(uploaded.metadata, client.metadata(&path("/a")).await.unwrap());
    let commit = "POST /1/commit_chunked_upload/auto/a";
    let look = "GET /1/metadata/auto/a";
    assert_eq!(world.network.seen(), [CHUNKED, CHUNKED, commit, commit, look, look]);

    // It had not happened, and now something else is there: what is told is the first error, not that of the second try.
    let world = World::new().await;
    world.put("/a", "other").await;
    world.network.next([Fault::None, Fault::None, Fault::Status(502)]);
    let upload = world.client().upload(&path("/a"), &mut bytes.clone(), UploadOptions::default()).await;
    let error = upload.unwrap_err();
    assert!(error.may_have_happened() && error.refusal().unwrap().status == 502, "{error:?}");
}

/// Cut off anywhere, and resumed in another process: only what is missing is sent.
#[tokio::test(start_paused = true)]
async fn uploads_are_resumed() {
    let bytes = noise(4 * CHUNK + 99, 11);
    // Chunk by chunk: does not arrive at all; arrives and nobody hears of it.
    for (lost, after) in [(Fault::NotSent, 2), (Fault::AnswerLost, 2), (Fault::AnswerLost, 4)] {
        let world = World::new().await;
        let told = Arc::new(Told::default());
        let client = world.client();
        world.network.next(std::iter::repeat_n(Fault::None, after).chain(std::iter::repeat_n(lost, 1)));
        world.network.next(std::iter::repeat_n(Fault::NotSent, 20));
        let error = client.upload(&path("/a"), &mut bytes.clone(), watched(&told)).await.unwrap_err();
        assert!(error.is_passing());
        let session = told.last();
        assert_eq!((session.size(), session.offset()), (bytes.len() as u64, (after * CHUNK) as u64));
        world.network.seen();

        // A new network, and the same server.
        let world = world.reconnected();
        let options = UploadOptions { resume: Some(session), ..UploadOptions::default() };
        world.client().upload(&path("/a"), &mut bytes.clone(), options).await.unwrap();
        let sent = world.network.seen().iter().filter(|line| *line == CHUNKED).count();
        let had = after + usize::from(lost == Fault::AnswerLost);
        // One asks where it stands.
        assert_eq!(sent, 1 + (5 - had), "{lost:?} after {after}");
        assert!(whole(&world.client(), "/a").await == bytes);
    }
}

/// A file that was changed meanwhile, or an upload that the server has forgotten, begins anew: no file is ever sewn together.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_resumed_begins_anew() {
    let bytes = noise(3 * CHUNK, 13);
    let mut other = bytes.to_vec();
    other[5] ^= 1;
    let shorter = bytes.slice(..3 * CHUNK - 1);
    for (what, bytes, forgotten) in [
        ("changed", Bytes::from(other), false),
        ("shorter", shorter, false),
        ("forgotten", bytes.clone(), true),
    ] {
        let world = World::new().await;
        let told = Arc::new(Told::default());
        world.network.next([Fault::None, Fault::None]);
        world.network.next(std::iter::repeat_n(Fault::NotSent, 20));
        let mut source = noise(3 * CHUNK, 13);
        world.client().upload(&path("/a"), &mut source, watched(&told)).await.unwrap_err();
        if forgotten {
            world.clock.advance(Duration::from_secs(25 * 60 * 60));
        }
        let world = world.reconnected();
        let options = UploadOptions { resume: Some(told.last()), ..UploadOptions::default() };
        let uploaded = world.client().upload(&path("/a"), &mut bytes.clone(), options).await.unwrap();
        assert_eq!(uploaded.content_hash, ContentHash::of(&bytes), "{what}");
        assert!(whole(&world.client(), "/a").await == bytes, "{what}");
    }
}

/// An upload that has become a file cannot become another one.
#[tokio::test(start_paused = true)]
async fn a_finished_upload_is_not_resumed() {
    let world = World::new().await;
    let (client, bytes, told) = (world.client(), noise(2 * CHUNK, 17), Arc::new(Told::default()));
    client.upload(&path("/a"), &mut bytes.clone(), watched(&told)).await.unwrap();
    let options = UploadOptions { resume: Some(told.last()), ..UploadOptions::default() };
    client.upload(&path("/b"), &mut bytes.clone(), options).await.unwrap();
    assert!(whole(&client, "/b").await == bytes);
}

/// A file that shrinks while it is read is not sent as if it had not.
#[tokio::test]
async fn a_file_that_shrinks_is_told() {
    struct Shrinking(u64, u64);

    #[async_trait]
    impl Source for Shrinking {
        async fn read_at(&mut self, offset: u64, length: usize) -> io::Result<Bytes> {
            Ok(vec![1; length.min(self.1.saturating_sub(offset) as usize)].into())
        }

        fn size(&self) -> u64 {
            self.0
        }
    }

    let world = World::new().await;
    for (size, left) in [(100, 99), (1, 0), (3 * CHUNK as u64, CHUNK as u64 + 1)] {
        let upload = world.client();
        let mut source = Shrinking(size, left);
        let error = upload.upload(&path("/a"), &mut source, UploadOptions::default()).await.unwrap_err();
        assert!(matches!(&error, Error::Body(_)) && !error.may_have_happened(), "{error:?}");
        let there = world.client().metadata(&path("/a")).await;
        assert_eq!(there.unwrap_err().kind(), Some(RefusalKind::NotFound));
    }
}

/// A file that is read in small bits, and one that cannot be read.
#[tokio::test]
async fn reading_may_take_many_steps_or_fail() {
    struct Bits(Bytes, Option<u64>);

    #[async_trait]
    impl Source for Bits {
        async fn read_at(&mut self, offset: u64, length: usize) -> io::Result<Bytes> {
            if self.1.is_some_and(|bad| offset >= bad) {
                return Err(io::Error::other("a bad sector"));
            }
            let begin = offset as usize;
            Ok(self.0.slice(begin..self.0.len().min(begin + length.min(777_777))))
        }

        fn size(&self) -> u64 {
            self.0.len() as u64
        }
    }

    let world = World::new().await;
    let (client, bytes) = (world.client(), noise(CHUNK + 4_000_000, 19));
    let mut source = Bits(bytes.clone(), None);
    client.upload(&path("/a"), &mut source, UploadOptions::default()).await.unwrap();
    assert!(whole(&client, "/a").await == bytes);
    let mut source = Bits(bytes, Some(9_000_000));
    let error = client.upload(&path("/b"), &mut source, UploadOptions::default()).await.unwrap_err();
    assert!(matches!(&error, Error::Body(error) if error.to_string() == "a bad sector"));
}

/// The next chunk is read while the one before it is under way; and no more than one.
#[tokio::test]
async fn chunks_are_prepared_in_parallel() {
    /// Answers a chunk only when the next one has been read.
    struct Waiting {
        world: World,
        read: Arc<Semaphore>,
    }

    #[async_trait]
    impl Transport for Waiting {
        async fn send(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
            if request.uri().path() == "/1/chunked_upload" {
                self.read.acquire().await.unwrap().forget();
            }
            Ok(exchange(self.world.router(), request).await)
        }
    }

    /// Tells which chunks were read.
    struct Reading(Bytes, Arc<Semaphore>, Arc<Mutex<BTreeSet<u64>>>);

    #[async_trait]
    impl Source for Reading {
        async fn read_at(&mut self, offset: u64, length: usize) -> io::Result<Bytes> {
            self.2.lock().unwrap().insert(offset);
            // The first has nothing before it.
            self.1.add_permits(usize::from(offset > 0));
            self.0.read_at(offset, length).await
        }

        fn size(&self) -> u64 {
            self.0.len() as u64
        }
    }

    let world = World::new().await;
    let (read, offsets) = (Arc::new(Semaphore::new(0)), Arc::<Mutex<BTreeSet<u64>>>::default());
    let token = world.token.clone();
    let waiting = Arc::new(Waiting { world, read: read.clone() });
    let server = tidemark_client::Server::new(crate::world::BASE).unwrap();
    let client = Client::new(server, token, waiting, Arc::new(Dice));
    let bytes = noise(4 * CHUNK, 23);
    let mut source = Reading(bytes.clone(), read.clone(), offsets.clone());
    let destination = path("/a");
    let upload = client.upload(&destination, &mut source, UploadOptions::default());
    // The last has nothing after it.
    let last = async {
        while offsets.lock().unwrap().len() < 4 {
            tokio::task::yield_now().await;
        }
        read.add_permits(1);
    };
    let upload = tokio::time::timeout(Duration::from_secs(60), async { tokio::join!(upload, last).0 });
    upload.await.expect("chunks are read in time").unwrap();
    assert!(whole(&client, "/a").await == bytes);
}

/// What the server says it has is compared with what was sent.
#[tokio::test]
async fn changed_bytes_are_noticed() {
    let entry = |hash: &str| {
        format!(r#"{{"path":"/a","is_dir":false,"bytes":1,"rev":"1a","content_hash":"{hash}"}}"#)
    };
    let right = ContentHash::of(b"x").to_string();
    let script = Script::new([says(200, entry(&right)), says(200, entry(&"00".repeat(32)))]);
    let (client, at) = (script.client(), path("/a"));
    client.upload(&at, &mut Bytes::from("x"), UploadOptions::default()).await.unwrap();
    let error = client.upload(&at, &mut Bytes::from("x"), UploadOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::Corrupted) && error.may_have_happened());
    assert_eq!(
        script.asked()[0].line,
        "PUT /1/files_put/auto/a?overwrite=false&autorename=false&include_identity=true"
    );
}

/// A server that is somewhere else than where it can be is not believed.
#[tokio::test(start_paused = true)]
async fn offsets_that_cannot_be_are_nonsense() {
    for (status, offset) in [(200, 5), (200, 0), (400, 5), (400, u64::MAX)] {
        let state = format!(r#"{{"upload_id":"u","offset":{offset},"expires":"","error":"no"}}"#);
        let script = Script::new([says(status, state)]);
        let (client, mut source) = (script.client(), noise(2 * CHUNK, 29));
        let error = client.upload(&path("/a"), &mut source, UploadOptions::default()).await.unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{status} {offset}: {error:?}");
    }
}

/// Large files obey the same conditions as small ones.
#[tokio::test]
async fn large_writes_have_conditions() {
    let world = World::new().await;
    let (client, at) = (world.client(), path("/a"));
    world.put("/a", "small").await;
    let large = async |mode: WriteMode| {
        let options = UploadOptions { mode, ..UploadOptions::default() };
        client.upload(&at, &mut noise(CHUNK + 1, 31), options).await
    };
    let error = large(WriteMode::Create).await.unwrap_err();
    assert_eq!(error.kind(), Some(RefusalKind::Conflict));
    let rev = client.metadata(&at).await.unwrap().rev.unwrap();
    assert_eq!(large(WriteMode::Replace(rev)).await.unwrap().metadata.path, at);
    assert_eq!(large(WriteMode::Rename).await.unwrap().metadata.path, path("/a (1)"));
}

/// An account without room is told as that.
#[tokio::test]
async fn there_may_be_no_room() {
    let world = World::new().await;
    let mut source = noise(101 << 20, 37);
    let error = world.client().upload(&path("/a"), &mut source, UploadOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), Some(RefusalKind::OutOfSpace));
}
