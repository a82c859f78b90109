//! Bytes in, bytes out: cutting into blocks, upload sessions, contention.

use crate::world::World;
use bytes::Bytes;
use std::sync::Arc;
use tidemark_core::cloud::{Cloud, CommitUploadError, Condition, IntakeError, Put, UploadError};
use tidemark_core::model::{
    AppKey, BLOCK_SIZE_MAX, ClientTimes, Content, Path, Sha1, UploadSession, digest_of,
};
use tidemark_core::store::{BlockStore, UploadStore};

fn some_bytes(size: usize) -> Bytes {
    (0..size).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<u8>>().into()
}

async fn take(cloud: &Cloud, bytes: &Bytes, piece: usize) -> Content {
    let mut intake = cloud.intake(u64::MAX);
    for piece in bytes.chunks(piece.max(1)) {
        intake.push(bytes.slice_ref(piece)).await.expect("memory takes it");
    }
    intake.finish().await.expect("memory takes it")
}

async fn give(cloud: &Cloud, content: Content, from: usize, to: usize) -> Vec<u8> {
    let mut out = cloud.open(content, from as u64..to as u64);
    let mut all = Vec::new();
    while let Some(piece) = out.next().await {
        all.extend_from_slice(&piece.expect("memory gives it"));
    }
    all
}

/// However bytes come in, the same bytes are the same content, and come out again, whole or in part.
#[tokio::test]
async fn what_goes_in_comes_out() {
    let world = World::new().await;
    for size in
        [0, 1, 1000, BLOCK_SIZE_MAX - 1, BLOCK_SIZE_MAX, BLOCK_SIZE_MAX + 1, 2 * BLOCK_SIZE_MAX, 9_000_000]
    {
        let bytes = some_bytes(size);
        let content = take(&world.cloud, &bytes, size).await;
        assert_eq!(content.size, size as u64);
        assert_eq!(take(&world.cloud, &bytes, 100_003).await, content, "{size}");
        for (from, to) in
            [(0, size), (0, 1), (size / 2, size), (BLOCK_SIZE_MAX - 5, BLOCK_SIZE_MAX + 5), (size, size + 9)]
        {
            let (start, end) = (from.min(size), to.min(size));
            assert!(give(&world.cloud, content, from, to).await == bytes[start..end], "{size}: {from}..{to}");
        }
        let hashes: Vec<u8> = bytes.chunks(BLOCK_SIZE_MAX).flat_map(|block| digest_of(block).0).collect();
        assert_eq!(content.hash().0, digest_of(&hashes), "the hash of the blocks' hashes");
    }
}

#[tokio::test]
async fn a_limit_is_a_limit() {
    let world = World::new().await;
    let mut intake = world.cloud.intake(10);
    intake.push(some_bytes(10)).await.expect("as many as allowed");
    assert!(matches!(intake.push(some_bytes(1)).await, Err(IntakeError::TooLarge { limit: 10 })));
}

fn put_at(path: &str, content: Content) -> Put {
    let path = Path::parse(path).expect("a good path");
    Put {
        at: path.into(),
        content,
        condition: Condition::Overwrite,
        autorename: true,
        times: ClientTimes::default(),
    }
}

/// Pieces of any size give the same content as the whole at once.
#[tokio::test]
async fn an_upload_in_pieces_is_the_same_content() {
    let world = World::new().await;
    let (cloud, scope, app) = (&world.cloud, world.whole().await, AppKey("app".into()));
    let bytes = some_bytes(2 * BLOCK_SIZE_MAX + 12_345);
    let whole = take(cloud, &bytes, bytes.len()).await;
    for piece in [BLOCK_SIZE_MAX, BLOCK_SIZE_MAX - 1, 3_000_000, 50_021, bytes.len()] {
        let mut session = cloud.begin_upload(&scope, &app).await.expect("few are open");
        for piece in bytes.chunks(piece) {
            let offset = session.offset();
            let mut chunk = cloud.chunk(session, offset, u64::MAX).expect("the right offset");
            for part in piece.chunks(70_000) {
                chunk.push(bytes.slice_ref(part)).await.expect("memory takes it");
            }
            session = cloud.finish_chunk(chunk).await.expect("memory takes it");
            assert_eq!(cloud.upload(&scope, &app, session.id).await.expect("it is open"), session);
        }
        assert_eq!(session.offset(), bytes.len() as u64);
        let at = format!("/{piece}");
        let item = cloud.commit_upload(&scope, &app, session.id, |content| put_at(&at, content)).await;
        assert_eq!(item.expect("a free path").entry.file().expect("a file").content, whole, "{piece}");
        let again = cloud.commit_upload(&scope, &app, session.id, |content| put_at("/again", content)).await;
        assert!(matches!(again, Err(CommitUploadError::Upload(UploadError::Closed))));
    }
}

/// It is computed on the way in, however the bytes come: nobody reads them for it.
#[tokio::test]
async fn the_sha1_is_noted_as_bytes_come_in() {
    for size in [0, 1, 100_000, BLOCK_SIZE_MAX, 2 * BLOCK_SIZE_MAX + 12_345] {
        let bytes = some_bytes(size);
        let expected = Sha1::of(&bytes);
        let world = World::new().await;
        let content = take(&world.cloud, &bytes, 77_777).await;
        assert_eq!(noted(&world, content).await, (size > 0).then_some(expected), "{size} bytes");
        assert_eq!(world.cloud.sha1s(&[content, content]).await.expect("memory"), [expected; 2]);

        let world = World::new().await;
        let content = in_pieces(&world, &bytes, |session| session).await;
        assert_eq!(noted(&world, content).await, (size > 0).then_some(expected), "{size} bytes in pieces");
    }
}

/// Of files that came before it was computed, it is found by reading, and then known.
#[tokio::test]
async fn the_sha1_of_older_files_is_found_once() {
    let world = World::new().await;
    let bytes = some_bytes(BLOCK_SIZE_MAX + 99);
    let older = |session| UploadSession { sha1: None, ..session };
    let content = in_pieces(&world, &bytes, older).await;
    assert_eq!(noted(&world, content).await, None);
    assert_eq!(world.cloud.sha1s(&[content]).await.expect("memory"), [Sha1::of(&bytes)]);
    assert_eq!(noted(&world, content).await, Some(Sha1::of(&bytes)));
}

async fn noted(world: &World, content: Content) -> Option<Sha1> {
    world.store.sha1s(&[content.address]).await.expect("memory")[0]
}

/// Uploads the bytes to a session that is changed before its first piece.
async fn in_pieces(world: &World, bytes: &Bytes, change: fn(UploadSession) -> UploadSession) -> Content {
    let (cloud, scope, app) = (&world.cloud, world.whole().await, AppKey("app".into()));
    let mut session = change(cloud.begin_upload(&scope, &app).await.expect("few are open"));
    for piece in bytes.chunks(1_000_003) {
        let mut chunk = cloud.chunk(session.clone(), session.offset(), u64::MAX).expect("the right offset");
        chunk.push(bytes.slice_ref(piece)).await.expect("memory takes it");
        session = cloud.finish_chunk(chunk).await.expect("memory takes it");
    }
    let item = cloud.commit_upload(&scope, &app, session.id, |content| put_at("/whole", content)).await;
    item.expect("a free path").entry.file().expect("a file").content
}

/// A session that begins with its first piece is there when the piece is, and not before.
#[tokio::test]
async fn a_first_piece_that_breaks_off_leaves_no_session() {
    let world = World::new().await;
    let (cloud, scope, app) = (&world.cloud, world.whole().await, AppKey("app".into()));
    let open = || async { world.store.open_uploads(scope.account).await.expect("memory counts").count };
    let bytes = some_bytes(BLOCK_SIZE_MAX + 5);

    let mut cut = cloud.first_chunk(&scope, &app, u64::MAX).await.expect("few are open");
    cut.push(bytes.clone()).await.expect("memory takes it");
    drop(cut);
    assert_eq!(open().await, 0);

    let mut chunk = cloud.first_chunk(&scope, &app, u64::MAX).await.expect("few are open");
    chunk.push(bytes.clone()).await.expect("memory takes it");
    let session = cloud.finish_chunk(chunk).await.expect("memory takes it");
    assert_eq!(open().await, 1);
    assert_eq!(cloud.upload(&scope, &app, session.id).await.expect("it is open"), session);
    let item = cloud.commit_upload(&scope, &app, session.id, |content| put_at("/whole", content)).await;
    let content = item.expect("a free path").entry.file().expect("a file").content;
    assert_eq!(content, take(cloud, &bytes, bytes.len()).await);
}

#[tokio::test]
async fn a_session_is_its_owners_and_goes_on_where_it_ended() {
    let world = World::new().await;
    let (cloud, scope, app) = (&world.cloud, world.whole().await, AppKey("app".into()));
    let session = cloud.begin_upload(&scope, &app).await.expect("few are open");
    let other = AppKey("other".into());
    assert!(matches!(cloud.upload(&scope, &other, session.id).await, Err(UploadError::Unknown)));

    let push = async |offset| {
        let session = cloud.upload(&scope, &app, session.id).await?;
        let mut chunk = cloud.chunk(session, offset, 100)?;
        chunk.push(some_bytes(10)).await?;
        cloud.finish_chunk(chunk).await
    };
    assert_eq!(push(0).await.expect("the first piece").offset(), 10);
    let Err(UploadError::Misplaced(told)) = push(0).await else { panic!("the same piece again") };
    assert_eq!(told.offset(), 10);

    // Two requests with the same piece at once: one is taken.
    let mut twins = Vec::new();
    for _ in 0..2 {
        let mut chunk = cloud.chunk(*told.clone(), 10, 100).expect("the right offset");
        chunk.push(some_bytes(5)).await.expect("memory takes it");
        twins.push(chunk);
    }
    let second = twins.pop().expect("two");
    assert_eq!(cloud.finish_chunk(twins.pop().expect("two")).await.expect("the first").offset(), 15);
    assert!(matches!(cloud.finish_chunk(second).await, Err(UploadError::Misplaced(_))));

    let session = cloud.upload(&scope, &app, session.id).await.expect("it is open");
    let mut chunk = cloud.chunk(session.clone(), 15, 3).expect("the right offset");
    assert!(matches!(chunk.push(some_bytes(4)).await, Err(UploadError::TooLarge { limit: 3 })));

    // A piece that began in time and came in too late.
    world.clock.advance(tidemark_core::cloud::UPLOAD_LIFE);
    let mut late = cloud.chunk(session.clone(), 15, 100).expect("the right offset");
    late.push(some_bytes(1)).await.expect("memory takes it");
    assert!(cloud.upload(&scope, &app, session.id).await.is_ok(), "its last instant");
    world.clock.advance(std::time::Duration::from_millis(1));
    assert!(matches!(cloud.finish_chunk(late).await, Err(UploadError::Unknown)));
    assert!(
        matches!(cloud.upload(&scope, &app, session.id).await, Err(UploadError::Unknown)),
        "it has expired"
    );
    assert_eq!(cloud.sweep().await.expect("memory"), 1);
}

/// Bytes that are there already are not committed again, and still their session has ended.
#[tokio::test]
async fn committing_equal_bytes_ends_the_session() {
    let world = World::new().await;
    let (cloud, scope, app) = (&world.cloud, world.whole().await, AppKey("an app".into()));
    let upload = async || {
        let mut chunk = cloud.first_chunk(&scope, &app, 100).await.expect("few are open");
        chunk.push(some_bytes(10)).await.expect("memory takes it");
        cloud.finish_chunk(chunk).await.expect("memory takes it").id
    };
    let commit = async |id| cloud.commit_upload(&scope, &app, id, |content| put_at("/x", content)).await;
    let (first, second) = (upload().await, upload().await);
    let item = commit(first).await.expect("a free path");
    assert_eq!(commit(second).await.expect("the same bytes"), item, "nothing was changed");
    for id in [first, second] {
        let again = commit(id).await;
        assert!(matches!(again, Err(CommitUploadError::Upload(UploadError::Closed))), "{again:?}");
    }
}

/// Everybody wants the same path at once: each gets its own, in the end, and none gets an error.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contention_costs_time_and_never_an_error() {
    let world = Arc::new(World::new().await);
    let scope = world.whole().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..60_usize {
        let (world, scope) = (Arc::clone(&world), scope.clone());
        tasks.spawn(async move {
            let content = take(&world.cloud, &some_bytes(n + 1), 100).await;
            let put = Put { condition: Condition::Add, ..put_at("/deep/down/file.txt", content) };
            world.cloud.put_file(&scope, &put).await.expect("a name is found").path
        });
    }
    let mut paths: Vec<String> = tasks.join_all().await.iter().map(ToString::to_string).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 60);
}
