//! The promises that every store makes, and that this one behaves as the reference does.

use crate::world::World;
use tidemark_core::model::Epoch;
use tidemark_core::store::conformance::{blocks, crowd, fetches, journal, renditions, search, uploads};
use tidemark_core::store::memory::MemoryStore;
use tidemark_store_local::{LocalRenditions, Options};

#[tokio::test(flavor = "multi_thread")]
async fn journals() {
    journal::suite(&*World::new().open()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn block_storage() {
    blocks::suite(&*World::new().open()).await;
}

/// Rolling over segments, waiting for room, and opening files again and again.
#[tokio::test(flavor = "multi_thread")]
async fn block_storage_with_tiny_limits() {
    let options = Options {
        segment_bytes_max: 100_000,
        pending_bytes_max: 10_000,
        file_writers_max: 1,
        readers_max: 1,
        batch_jobs_max: 2,
        wal_bytes_max: 100_000,
        ..Options::default()
    };
    blocks::suite(&*World::new().open_with(options)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upload_sessions() {
    let world = World::new();
    let store = world.open();
    uploads::suite(&*store, &*store).await;
}

#[tokio::test]
async fn a_cache_of_renditions() {
    let world = World::new();
    renditions::suite(&LocalRenditions::open(world.path(), 1 << 20, 0).unwrap()).await;
    // Each row counts for 200 bytes besides its body.
    let world = World::new();
    renditions::forgets_the_eldest(&LocalRenditions::open(world.path(), 30_000, 0).unwrap(), 100, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fetches_from_elsewhere() {
    fetches::suite(&*World::new().open()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names() {
    let world = World::new();
    let store = world.open();
    search::suite(&*store, &*store).await;
}

/// Hardly a name in each piece of the index.
#[tokio::test(flavor = "multi_thread")]
async fn names_with_tiny_limits() {
    let world = World::new();
    let store = world.open_with(Options { index_names_max: 3, wal_bytes_max: 4 << 20, ..Options::default() });
    search::suite(&*store, &*store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_as_in_memory() {
    let world = World::new();
    let (ours, reference) = (world.open(), MemoryStore::new(Epoch(1)));
    for seed in 0..60 {
        journal::compare(&reference, &*ours, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once() {
    let world = World::new();
    let store = world.open();
    for seed in 0..5 {
        crowd::suite(&store, seed).await;
    }
}

/// Batches of two, hardly any snapshots to go round, and a log that is folded away all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_with_tiny_limits() {
    let world = World::new();
    let store = world.open_with(Options {
        segment_bytes_max: 100_000,
        pending_bytes_max: 10_000,
        readers_max: 2,
        batch_jobs_max: 2,
        wal_bytes_max: 100_000,
        ..Options::default()
    });
    for seed in 0..3 {
        crowd::suite(&store, seed).await;
    }
}
