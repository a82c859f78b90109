//! How fast it is on this machine: `cargo test --release -p tidemark-store-local -- --ignored --nocapture speed`.

#![allow(clippy::print_stdout, reason = "the figures are what this is for")]

use crate::world::{NS, World, put};
use bytes::Bytes;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tidemark_core::model::{Digest, EntryId, NameKey, Seq, digest_of};
use tidemark_core::store::{Appended, BlockStore as _, JournalStore as _};
use tidemark_store_local::{LocalStore, Options};

const SPAN: Duration = Duration::from_secs(2);

static NUMBERS: AtomicU64 = AtomicU64::new(0);

fn number() -> u64 {
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

/// Bytes that were never there before.
fn fresh(size: usize) -> (Digest, Bytes) {
    let mut bytes = vec![7; size];
    bytes[..8].copy_from_slice(&number().to_le_bytes());
    // A real digest would measure SHA-256.
    let mut digest = digest_of(&bytes[..8]);
    digest.0[0] ^= u8::try_from(size % 251).unwrap();
    (digest, bytes.into())
}

/// How often a second the work is done if so many do it over and over.
async fn rate<F: Future<Output = ()> + Send + 'static>(
    clients: usize,
    work: impl Fn() -> F + Clone + Send + 'static,
) -> f64 {
    let begun = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let work = work.clone();
            tokio::spawn(async move {
                let mut done = 0_u64;
                while begun.elapsed() < SPAN {
                    work().await;
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap();
    }
    done as f64 / begun.elapsed().as_secs_f64()
}

async fn append(store: Arc<LocalStore>, called: String, size: u64, digest: Digest) {
    let made = store.append(put(&called, size, digest)).await.unwrap();
    assert!(matches!(made, Appended::Committed { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn speed_of_writes() {
    let world = World::new();
    let store = world.open_with(Options::default());
    for clients in [1, 16, 64, 128] {
        let store = Arc::clone(&store);
        let each =
            rate(clients, move || append(Arc::clone(&store), number().to_string(), 1, Digest([1; 32])));
        println!("appends, {clients} clients: {:.0}/s", each.await);
    }
    for size in [1 << 10, 4 << 10, 16 << 10, 17 << 10, 64 << 10] {
        for clients in [1, 16, 64] {
            let store = Arc::clone(&store);
            let upload = move || {
                let store = Arc::clone(&store);
                async move {
                    let (digest, bytes) = fresh(size);
                    store.put(digest, bytes).await.unwrap();
                    append(store, format!("{size} {}", number()), size as u64, digest).await;
                }
            };
            println!("uploads of {size} bytes, {clients} clients: {:.0}/s", rate(clients, upload).await);
        }
    }
    for size in [17 << 10, 64 << 10, 256 << 10] {
        for clients in [1, 16, 64] {
            let (store, raw) = (Arc::clone(&store), raw_group(&world, clients, size));
            let put = move || {
                let store = Arc::clone(&store);
                async move {
                    let (digest, bytes) = fresh(size);
                    store.put(digest, bytes).await.unwrap();
                }
            };
            let rate = rate(clients, put).await;
            println!("segment puts of {size} bytes, {clients} clients: {rate:.0}/s, raw {raw:.0}/s");
        }
    }
    for clients in [1, 4] {
        let (store, raw) = (Arc::clone(&store), raw_group(&world, 1, 4 << 20) * 4.2);
        let put = move || {
            let store = Arc::clone(&store);
            async move {
                let (digest, bytes) = fresh(4 << 20);
                store.put(digest, bytes).await.unwrap();
            }
        };
        println!(
            "4 MiB puts, {clients} clients: {:.0} MB/s, raw {raw:.0} MB/s",
            rate(clients, put).await * 4.2
        );
    }
}

/// Appending so many blocks and syncing once, over and over, without anything around it: blocks a second.
fn raw_group(world: &World, blocks: usize, size: usize) -> f64 {
    let file = File::create(world.path().join("raw")).unwrap();
    let bytes = vec![7; size];
    let (begun, mut written) = (Instant::now(), 0);
    while begun.elapsed() < SPAN / 2 {
        for _ in 0..blocks {
            file.write_all_at(&bytes, written as u64 * size as u64).unwrap();
            written += 1;
        }
        file.sync_data().unwrap();
    }
    written as f64 / begun.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn speed_of_reads() {
    let world = World::new();
    let store = world.open_with(Options::default());
    let mut blocks = Vec::new();
    for _ in 0..40 {
        let many = (0..500).map(|_| {
            let (digest, bytes) = fresh(1 << 10);
            blocks.push(digest);
            let store = Arc::clone(&store);
            async move {
                store.put(digest, bytes).await.unwrap();
                append(store, number().to_string(), 1 << 10, digest).await;
            }
        });
        futures_util::future::join_all(many.collect::<Vec<_>>()).await;
    }
    let timed = |what: &str, begun: Instant, times: u64| {
        println!("{what}: {:.2} us", begun.elapsed().as_secs_f64() * 1e6 / times as f64);
    };
    let begun = Instant::now();
    for _ in 0..10_000 {
        store.head(NS).await.unwrap();
    }
    timed("head", begun, 10_000);
    let begun = Instant::now();
    for _ in 0..10_000 {
        store.read(NS).await.unwrap();
    }
    timed("snapshot", begun, 10_000);
    let begun = Instant::now();
    for _ in 0..10 {
        for digest in &blocks {
            store.get(*digest, 0..u32::MAX).await.unwrap().unwrap();
        }
    }
    timed("1 KiB block", begun, 200_000);
    let mut look = store.read(NS).await.unwrap();
    let begun = Instant::now();
    for n in 1..10_000 {
        look.entry(EntryId(n)).await.unwrap().unwrap();
    }
    timed("entry", begun, 10_000);
    let begun = Instant::now();
    for n in 1..10_000 {
        look.child(EntryId::ROOT, &NameKey::of(&n.to_string())).await.unwrap();
    }
    timed("child", begun, 10_000);
    let begun = Instant::now();
    let (mut count, mut after) = (0, None);
    loop {
        let page = look.children(EntryId::ROOT, after.as_ref(), 2000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.name.key());
        count += page.len() as u64;
    }
    timed("child in a page of 2000", begun, count);
    let begun = Instant::now();
    for after in 0..10 {
        look.changes(Seq(after * 2000), 2000).await.unwrap();
    }
    timed("change in a page of 2000", begun, 20_000);
}

/// The sizes that `Options` leaves to choose, one beside the other, round after round.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn speed_by_options() {
    for _ in 0..3 {
        for (wal, inline) in [(16, 16), (64, 16), (16, 4), (64, 4)] {
            let world = World::new();
            let options =
                Options { wal_bytes_max: wal << 20, inline_bytes_max: inline << 10, ..Options::default() };
            let store = world.open_with(options);
            print!("log {wal} MiB, inline {inline} KiB:");
            for (size, clients) in [(4 << 10, 1), (4 << 10, 64), (12 << 10, 1), (12 << 10, 64)] {
                let store = Arc::clone(&store);
                let upload = move || {
                    let store = Arc::clone(&store);
                    async move {
                        let (digest, bytes) = fresh(size);
                        store.put(digest, bytes).await.unwrap();
                        append(store, format!("{size} {}", number()), size as u64, digest).await;
                    }
                };
                print!(" {size} x {clients}: {:.0}/s", rate(clients, upload).await);
            }
            println!();
        }
    }
}
