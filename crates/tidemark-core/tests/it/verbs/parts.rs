//! Upload sessions that take parts in any order.

use crate::world::World;
use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tidemark_core::cloud::{
    BeginPartsError, Cloud, CommitPartsError, CommitUploadError, Condition, Item, PART_SESSION_LIFE,
    PartError, PartSessionError, Put, PutError, Reach, Scope, Spot, UploadError,
};
use tidemark_core::model::{
    AppKey, ClientTimes, Content, Digest, EntryId, FILE_SIZE_MAX, Name, PART_SIZE, Path, Sha1, UploadId,
    UploadPart, UploadTarget,
};
use tidemark_core::store::memory::MemoryStore;
use tidemark_core::store::{BlockStore, StoreError};

const PART: usize = PART_SIZE as usize;

/// A block store that counts what is read from it.
struct Reads(Arc<MemoryStore>, AtomicUsize);

#[async_trait]
impl BlockStore for Reads {
    async fn put(&self, digest: Digest, bytes: Bytes) -> Result<(), StoreError> {
        self.0.put(digest, bytes).await
    }

    async fn note_sha1(&self, address: Digest, sha1: Sha1) -> Result<(), StoreError> {
        self.0.note_sha1(address, sha1).await
    }

    async fn sha1s(&self, addresses: &[Digest]) -> Result<Vec<Option<Sha1>>, StoreError> {
        self.0.sha1s(addresses).await
    }

    async fn get(&self, digest: Digest, range: Range<u32>) -> Result<Option<Bytes>, StoreError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.get(digest, range).await
    }
}

/// A person with an app, and a cloud that counts what it reads.
struct Uploader {
    world: World,
    reads: Arc<Reads>,
    cloud: Cloud,
    scope: Scope,
    app: AppKey,
}

impl Uploader {
    async fn new() -> Uploader {
        Uploader::with_quota(None).await
    }

    async fn with_quota(quota: Option<u64>) -> Uploader {
        let world = World::with_quota(quota).await;
        let reads = Arc::new(Reads(Arc::clone(&world.store), AtomicUsize::new(0)));
        let (cloud, scope) = (world.keeping(reads.clone()), world.whole().await);
        Uploader { world, reads, cloud, scope, app: AppKey("app".into()) }
    }

    /// The server ends, and begins anew.
    fn restart(&mut self) {
        self.cloud = self.world.keeping(self.reads.clone());
    }

    fn read(&self) -> usize {
        self.reads.1.swap(0, Ordering::Relaxed)
    }

    async fn begin(&self, target: UploadTarget, size: usize) -> Result<UploadId, BeginPartsError> {
        self.cloud.begin_parts(&self.scope, &self.app, target, size as u64).await.map(|session| session.id)
    }

    async fn part_as(
        &self,
        id: UploadId,
        at: usize,
        bytes: &Bytes,
        sha1: Sha1,
    ) -> Result<UploadPart, PartError> {
        let range = at as u64..(at + bytes.len()) as u64;
        let mut part = self.cloud.part(&self.scope, &self.app, id, range, sha1).await?;
        for piece in bytes.chunks(1_000_003) {
            part.push(bytes.slice_ref(piece)).await?;
        }
        self.cloud.finish_part(part).await
    }

    /// The part of this whole that has this index.
    async fn part(&self, id: UploadId, whole: &Bytes, index: usize) -> Result<UploadPart, PartError> {
        let at = index * PART;
        let bytes = whole.slice(at..whole.len().min(at + PART));
        self.part_as(id, at, &bytes, Sha1::of(&bytes)).await
    }

    async fn commit(&self, id: UploadId, sha1: Sha1) -> Result<Item, CommitPartsError> {
        self.cloud.commit_parts(&self.scope, &self.app, id, sha1, put).await
    }

    async fn put(&self, path: &str, bytes: &Bytes) -> Item {
        let mut intake = self.cloud.intake(u64::MAX);
        intake.push(bytes.clone()).await.expect("memory takes it");
        let content = intake.finish().await.expect("memory takes it");
        let at = Path::parse(path).expect("a good path").into();
        let put = Put {
            at,
            content,
            condition: Condition::Overwrite,
            autorename: false,
            times: ClientTimes::default(),
        };
        self.cloud.put_file(&self.scope, &put).await.expect("nothing is in its way")
    }
}

fn put(content: Content, target: &UploadTarget) -> (Put, Option<Name>) {
    let (condition, name) = match target {
        UploadTarget::New { .. } => (Condition::Add, None),
        UploadTarget::Version { name, .. } => (Condition::Replace(None), name.clone()),
    };
    let at = Spot::from(target);
    (Put { at, content, condition, autorename: false, times: ClientTimes::default() }, name)
}

fn named(name: &str) -> UploadTarget {
    UploadTarget::New { folder: EntryId::ROOT, name: Name::new(name).expect("a good name") }
}

/// Bytes of which no two blocks are equal.
fn some_bytes(size: usize) -> Bytes {
    (0..size)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8 ^ (at >> 20) as u8)
        .collect::<Vec<u8>>()
        .into()
}

/// However the parts come, the file is the same, its SHA-1 is known, and hardly a byte was read for it.
#[tokio::test]
async fn parts_make_up_the_whole() {
    let size = |parts: usize| (parts - 1) * PART + 12_345;
    let longest = some_bytes(size(10));
    for (order, parts_read) in [
        (&[0, 1, 2, 3, 4, 5][..], 0),
        // As five at once may arrive.
        (&[4, 3, 2, 1, 0, 5], 0),
        (&[1, 2, 0, 5, 3, 4], 0),
        // Eight are held, and they are those whose turn comes first; the last is read, once.
        (&[9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 1),
    ] {
        let parts = order.len();
        let whole = longest.slice(..size(parts));
        let sha1 = Sha1::of(&whole);
        let mut uploader = Uploader::new().await;
        let id = uploader.begin(named("whole"), whole.len()).await.expect("there is room");
        for index in order {
            let part = uploader.part(id, &whole, *index).await.expect("its turn does not matter");
            assert_eq!(part.index as usize, *index);
        }
        let listed = uploader.cloud.session_in_parts(&uploader.scope, &uploader.app, id).await;
        let (session, plan) = listed.expect("it is open");
        assert_eq!((plan.received as usize, plan.parts() as usize), (parts, parts));
        let all = u32::try_from(parts).expect("few");
        for (skip, limit, expected) in
            [(0, 100, 0..all), (3, 2, 3..5), (all - 1, 5, all - 1..all), (all, 5, 0..0)]
        {
            let parts = uploader.cloud.parts(&session, skip, limit).await.expect("memory lists them");
            assert_eq!(parts.iter().map(|part| part.index).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        }
        // A commit with another SHA-1 costs its reading, and the good one no more.
        let wrong = uploader.commit(id, Sha1::of(b"something else")).await;
        assert!(matches!(wrong, Err(CommitPartsError::Digest)), "{wrong:?}");
        uploader.restart();
        let item = uploader.commit(id, sha1).await.expect("all have come");
        assert_eq!(uploader.read(), parts_read, "{order:?}: the last part is one block");
        let content = item.entry.file().expect("a file").content;
        let expected = uploader.put("/at once", &whole).await.entry.file().expect("a file").content;
        assert_eq!(content, expected, "{order:?}");
        assert_eq!(uploader.world.store.sha1s(&[content.address]).await.expect("memory"), [Some(sha1)]);
    }
}

/// Parts that come in their order are never read, even if the server is restarted between them; one that came early and
/// was lost from memory with the restart is read once, and does not keep the SHA-1 from going on.
#[tokio::test]
async fn a_restart_loses_nothing() {
    let whole = some_bytes(5 * PART);
    let mut uploader = Uploader::new().await;
    let id = uploader.begin(named("in order"), whole.len()).await.expect("there is room");
    for index in 0..5 {
        uploader.part(id, &whole, index).await.expect("in order");
        uploader.restart();
    }
    uploader.commit(id, Sha1::of(&whole)).await.expect("all have come");
    assert_eq!(uploader.read(), 0);

    let id = uploader.begin(named("early"), whole.len()).await.expect("there is room");
    uploader.part(id, &whole, 1).await.expect("early");
    uploader.restart();
    for index in [0, 2, 3, 4] {
        uploader.part(id, &whole, index).await.expect("in order");
    }
    uploader.commit(id, Sha1::of(&whole)).await.expect("all have come");
    assert_eq!(uploader.read(), 2, "the two blocks of the part that came early");
}

/// All at once, as some clients send them: nothing is lost or read.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parts_come_at_once() {
    let whole = some_bytes(4 * PART + 1);
    let uploader = Arc::new(Uploader::new().await);
    let id = uploader.begin(named("at once"), whole.len()).await.expect("there is room");
    // Each twice, as if a client had lost its patience.
    let tasks: Vec<_> = [4, 2, 0, 1, 3, 0, 2, 4, 1, 3]
        .into_iter()
        .map(|index| {
            let (uploader, whole) = (Arc::clone(&uploader), whole.clone());
            tokio::spawn(async move { uploader.part(id, &whole, index).await.expect("whoever is first") })
        })
        .collect();
    for task in tasks {
        task.await.expect("no part panics");
    }
    let item = uploader.commit(id, Sha1::of(&whole)).await.expect("all have come");
    assert_eq!(item.entry.file().expect("a file").content.size, whole.len() as u64);
    assert_eq!(uploader.read(), 0);
}

/// What was taken stays: the same part once more is the same, another one in its place is refused.
#[tokio::test]
async fn a_part_never_changes() {
    let whole = some_bytes(PART + 100);
    let uploader = Uploader::new().await;
    let id = uploader.begin(named("a"), whole.len()).await.expect("there is room");
    let first = uploader.part(id, &whole, 0).await.expect("a part");
    assert_eq!(uploader.part(id, &whole, 0).await.expect("the same"), first);
    let other = some_bytes(PART - 1).iter().chain(b"x").copied().collect::<Bytes>();
    let refused = uploader.part(id, &other, 0).await;
    assert!(matches!(&refused, Err(PartError::Overlap(there)) if *there == first), "{refused:?}");

    // Two that are under way at once: one is taken.
    let (one, two) = (Bytes::from_static(&[1; 100]), Bytes::from_static(&[2; 100]));
    let mut parts = Vec::new();
    for bytes in [&one, &two] {
        let range = PART as u64..PART as u64 + 100;
        let part = uploader.cloud.part(&uploader.scope, &uploader.app, id, range, Sha1::of(bytes)).await;
        let mut part = part.expect("nothing is there yet");
        part.push(bytes.clone()).await.expect("memory takes it");
        parts.push(part);
    }
    let second = parts.pop().expect("two");
    uploader.cloud.finish_part(parts.pop().expect("two")).await.expect("the first");
    assert!(matches!(uploader.cloud.finish_part(second).await, Err(PartError::Overlap(_))));
    let expected: Vec<u8> = whole[..PART].iter().chain(&one).copied().collect();
    uploader.commit(id, Sha1::of(&expected)).await.expect("the first was taken, and no byte of the second");
}

/// A part that is not what it says leaves nothing behind, and can be sent again.
#[tokio::test]
async fn a_bad_part_is_not_taken() {
    let whole = some_bytes(2 * PART + 100);
    let uploader = Uploader::new().await;
    let id = uploader.begin(named("a"), whole.len()).await.expect("there is room");
    let refused = uploader.part_as(id, 0, &whole.slice(..PART), Sha1::of(b"other")).await;
    assert!(matches!(refused, Err(PartError::Digest)), "{refused:?}");
    for (at, size) in
        [(0, 0), (0, PART - 1), (0, PART + 1), (1, PART), (100, 100), (2 * PART, 99), (3 * PART, 1)]
    {
        let bytes = some_bytes(size);
        let refused = uploader.part_as(id, at, &bytes, Sha1::of(&bytes)).await;
        assert!(matches!(refused, Err(PartError::Misplaced)), "{size} at {at}: {refused:?}");
    }
    // The range is good, and the body is not so long, or longer.
    let begin = async || {
        let range = 0..PART as u64;
        let part =
            uploader.cloud.part(&uploader.scope, &uploader.app, id, range, Sha1::of(&whole[..PART])).await;
        part.expect("a good range")
    };
    let mut short = begin().await;
    short.push(whole.slice(..PART - 1)).await.expect("memory takes it");
    assert!(matches!(uploader.cloud.finish_part(short).await, Err(PartError::Length)));
    assert!(matches!(begin().await.push(whole.slice(..PART + 1)).await, Err(PartError::Length)));

    let (_, plan) = uploader.cloud.session_in_parts(&uploader.scope, &uploader.app, id).await.expect("open");
    assert_eq!(plan.received, 0);
    for index in 0..2 {
        uploader.part(id, &whole, index).await.expect("a good part");
    }
    let early = uploader.commit(id, Sha1::of(&whole)).await;
    assert!(matches!(early, Err(CommitPartsError::Incomplete)), "{early:?}");
    uploader.part(id, &whole, 2).await.expect("a good part");
    uploader.commit(id, Sha1::of(&whole)).await.expect("all have come");
}

/// Whoever has lost the answer asks again and gets the same file; nobody gets a second one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_is_committed_once() {
    let whole = some_bytes(PART + 5);
    let sha1 = Sha1::of(&whole);
    let uploader = Arc::new(Uploader::new().await);
    let upload = async |target| {
        let id = uploader.begin(target, whole.len()).await.expect("there is room");
        for index in 0..2 {
            uploader.part(id, &whole, index).await.expect("a part");
        }
        id
    };
    let id = upload(named("a")).await;
    let rivals: Vec<_> = (0..8)
        .map(|_| {
            let uploader = Arc::clone(&uploader);
            tokio::spawn(async move { uploader.commit(id, sha1).await.expect("the file is there") })
        })
        .collect();
    let mut items = Vec::new();
    for rival in rivals {
        items.push(rival.await.expect("no commit panics"));
    }
    let first = items.pop().expect("eight");
    assert!(items.iter().all(|item| item.entry.id == first.entry.id && item.entry.seq == first.entry.seq));
    let listing = uploader.cloud.list(&uploader.scope, &Path::root(), 9, false).await.expect("the root");
    assert_eq!(listing.children.len(), 1);

    // It says nothing to who does not know what was committed.
    let other = uploader.commit(id, Sha1::of(b"other")).await;
    assert!(matches!(other, Err(CommitPartsError::Session(PartSessionError::Closed))), "{other:?}");
    let part = uploader.part(id, &whole, 0).await;
    assert!(matches!(part, Err(PartError::Session(PartSessionError::Closed))), "{part:?}");

    // The bytes that the file has already: nothing is committed, and still it is told as often as it is asked.
    let version = UploadTarget::Version { file: first.entry.id, name: None };
    let id = upload(version).await;
    for _ in 0..2 {
        assert_eq!(uploader.commit(id, sha1).await.expect("so it is").entry.seq, first.entry.seq);
    }

    // A new version under another name is one commit, too.
    let version = UploadTarget::Version { file: first.entry.id, name: Some(Name::new("c").expect("good")) };
    let id = upload(version).await;
    let renamed = uploader.commit(id, sha1).await.expect("a free name");
    assert_eq!((renamed.entry.id, renamed.path.as_str()), (first.entry.id, "/c"));
    assert_eq!(uploader.commit(id, sha1).await.expect("so it is"), renamed);

    // Once the file has changed, or is gone, there is nothing to be told.
    uploader.put("/c", &some_bytes(3)).await;
    let late = uploader.commit(id, sha1).await;
    assert!(matches!(late, Err(CommitPartsError::Session(PartSessionError::Closed))), "{late:?}");
    let id = upload(named("b")).await;
    let item = uploader.commit(id, sha1).await.expect("a free name");
    uploader.cloud.delete(&uploader.scope, item.entry.id).await.expect("it is there");
    let late = uploader.commit(id, sha1).await;
    assert!(matches!(late, Err(CommitPartsError::Session(PartSessionError::Closed))), "{late:?}");
}

/// It is its beginner's alone, takes parts alone, and ends when it is given up or too old.
#[tokio::test]
async fn a_session_in_parts_is_its_beginners() {
    let uploader = Uploader::new().await;
    let (cloud, scope, app, world) = (&uploader.cloud, &uploader.scope, &uploader.app, &uploader.world);
    let id = uploader.begin(named("a"), 100).await.expect("there is room");
    let why =
        async |scope: &Scope, app: &AppKey, id| cloud.session_in_parts(scope, app, id).await.expect_err("no");
    let other = AppKey("other".into());
    assert!(matches!(why(scope, &other, id).await, PartSessionError::NotYours));
    let bo = world.person("bo@example.org", None).await;
    let theirs = world.cloud.scope(&bo, Reach::Whole).await.expect("memory does not fail");
    assert!(matches!(why(&theirs, app, id).await, PartSessionError::NotYours));
    assert!(matches!(cloud.abort_parts(&theirs, app, id).await, Err(PartSessionError::NotYours)));
    let commit = cloud.commit_parts(&theirs, app, id, Sha1::of(b""), put).await;
    assert!(matches!(commit, Err(CommitPartsError::Session(PartSessionError::NotYours))), "{commit:?}");
    assert!(matches!(why(scope, app, UploadId([9; 16])).await, PartSessionError::Unknown));

    // The two shapes do not know one another.
    let pieces = cloud.begin_upload(scope, app).await.expect("few are open");
    assert!(matches!(why(scope, app, pieces.id).await, PartSessionError::Unknown));
    assert!(matches!(cloud.upload(scope, app, id).await, Err(UploadError::Unknown)));
    let commit = cloud.commit_upload(scope, app, id, |content| put(content, &named("b")).0).await;
    assert!(matches!(commit, Err(CommitUploadError::Upload(UploadError::Unknown))), "{commit:?}");

    // A part that began before its session was given up, or too old, comes too late.
    let bytes = some_bytes(100);
    let begin = async |id| {
        let mut part = cloud.part(scope, app, id, 0..100, Sha1::of(&bytes)).await.expect("it is open");
        part.push(bytes.clone()).await.expect("memory takes it");
        part
    };
    let late = begin(id).await;
    cloud.abort_parts(scope, app, id).await.expect("it is open");
    assert!(matches!(cloud.finish_part(late).await, Err(PartError::Session(PartSessionError::Unknown))));
    assert!(matches!(cloud.abort_parts(scope, app, id).await, Err(PartSessionError::Unknown)));
    let commit = uploader.commit(id, Sha1::of(&bytes)).await;
    assert!(matches!(commit, Err(CommitPartsError::Session(PartSessionError::Unknown))), "{commit:?}");

    let id = uploader.begin(named("a"), 100).await.expect("there is room");
    let late = begin(id).await;
    world.clock.advance(PART_SESSION_LIFE);
    cloud.session_in_parts(scope, app, id).await.expect("its last instant");
    world.clock.advance(Duration::from_millis(1));
    assert!(matches!(cloud.finish_part(late).await, Err(PartError::Session(PartSessionError::Expired))));
    assert!(matches!(why(scope, app, id).await, PartSessionError::Expired));
    assert_eq!(cloud.sweep().await.expect("memory"), 3);
    assert!(matches!(why(scope, app, id).await, PartSessionError::Unknown));
}

/// What could not be put is refused before its bytes come, and judged once more when they are there.
#[tokio::test]
async fn there_must_be_room_and_a_place() {
    let uploader = Uploader::with_quota(Some(1000)).await;
    let there = uploader.put("/there", &some_bytes(400)).await.entry.id;
    let refused = async |target, size| uploader.begin(target, size).await.expect_err("it could not be put");
    let version = |file| UploadTarget::Version { file, name: None };
    assert!(matches!(refused(named("There"), 1).await, BeginPartsError::Put(PutError::Conflict)));
    assert!(matches!(refused(version(EntryId(99)), 1).await, BeginPartsError::Put(PutError::RootGone)));
    uploader.put("/x", &some_bytes(1)).await;
    let renamed = UploadTarget::Version { file: there, name: Some(Name::new("X").expect("good")) };
    assert!(matches!(refused(renamed, 1).await, BeginPartsError::Put(PutError::Conflict)));
    uploader.cloud.delete(&uploader.scope, Path::parse("/x").expect("good")).await.expect("it is there");
    let nowhere = UploadTarget::New { folder: EntryId(99), name: Name::new("x").expect("good") };
    assert!(matches!(refused(nowhere, 1).await, BeginPartsError::Put(PutError::RootGone)));
    assert!(matches!(refused(named("x"), 0).await, BeginPartsError::Empty));
    assert!(matches!(refused(named("x"), 601).await, BeginPartsError::Put(PutError::OverQuota)));
    assert!(matches!(refused(version(there), 1001).await, BeginPartsError::Put(PutError::OverQuota)));
    let too_large = usize::try_from(FILE_SIZE_MAX + 1).expect("64 bits");
    assert!(matches!(
        refused(named("x"), too_large).await,
        BeginPartsError::TooLarge { limit: FILE_SIZE_MAX }
    ));

    // Both fit when they begin, and one does when they end.
    let (one, two) = (some_bytes(600), some_bytes(599));
    let mut ids = Vec::new();
    for (name, bytes) in [("one", &one), ("two", &two)] {
        let id = uploader.begin(named(name), bytes.len()).await.expect("it fits");
        uploader.part(id, bytes, 0).await.expect("a part");
        ids.push(id);
    }
    // What all that are open declare has a limit, too.
    assert!(matches!(refused(version(there), 802).await, BeginPartsError::TooManyOpen));
    uploader.begin(version(there), 801).await.expect("twice the quota, together");
    uploader.commit(ids[0], Sha1::of(&one)).await.expect("it fits");
    let refused = uploader.commit(ids[1], Sha1::of(&two)).await;
    assert!(matches!(refused, Err(CommitPartsError::Put(PutError::OverQuota))), "{refused:?}");
    // Nothing was lost: with more room, it goes.
    uploader.cloud.delete(&uploader.scope, Path::parse("/one").expect("good")).await.expect("it is there");
    uploader.commit(ids[1], Sha1::of(&two)).await.expect("it fits now");
}
