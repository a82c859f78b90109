//! How fast it is on this machine: `cargo test --release -p tidemark-store-local -- --ignored --nocapture speed`.

#![allow(clippy::print_stdout, reason = "the figures are what this is for")]

use crate::search;
use crate::world::{NS, World, draft, put};
use bytes::Bytes;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tidemark_core::cloud::SearchLimits;
use tidemark_core::model::{
    ClientTimes, Content, Digest, EntryId, EntryRef, Name, NameKey, NewNode, Seq, Step, digest_of,
};
use tidemark_core::store::{Appended, BlockStore as _, JournalStore as _, NameIndex as _};
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

/// A name as people give them, by number.
fn name_of(number: u64) -> String {
    const PARTS: [&str; 24] = [
        "holiday", "report", "img", "scan", "invoice", "draft", "final", "copy", "berlin", "anna", "budget",
        "notes", "meeting", "photo", "contract", "letter", "music", "video", "backup", "list", "plan", "tax",
        "garden", "school",
    ];
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x94d0_49bb_1331_11eb;
    let mut draw = || {
        state ^= state >> 27;
        state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        PARTS[usize::try_from(state >> 33).unwrap() % PARTS.len()]
    };
    let (one, two) = (draw(), draw());
    format!("{one} {two} {number:07}.{}", ["jpg", "pdf", "txt"][usize::try_from(number % 3).unwrap()])
}

/// A million files in a thousand folders, looked for by name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn speed_of_search() {
    const FOLDERS: u64 = 1000;
    let world = World::new();
    let store = world.open_with(Options::default());
    for folder in 0..FOLDERS {
        let create = |parent, name: String, node| Step::Create {
            parent,
            name: Name::new(&name).unwrap(),
            node,
            copied: false,
        };
        let content = Content { size: 1, address: Digest([1; 32]) };
        let file = NewNode::File { content, times: ClientTimes::default() };
        let root = EntryRef::Existing(EntryId::ROOT);
        let mut steps = vec![create(root, format!("folder {folder:04}"), NewNode::Folder)];
        steps.extend((1..1000).map(|n| create(EntryRef::Created(0), name_of(folder * 1000 + n), file)));
        store.append(draft(steps)).await.unwrap();
    }
    let head = store.head(NS).await.unwrap().seq;
    store.close().await;
    let index = world.path().join("search.db");
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", index.display()));
    }
    let begun = Instant::now();
    let store = world.open_with(Options::default());
    println!("opened without an index in {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    store.reach(NS, head).await.unwrap();
    println!("index of {} changes made in {:.2} s", head.0, begun.elapsed().as_secs_f64());
    println!("search.db: {:.1} MB", std::fs::metadata(&index).unwrap().len() as f64 / 1e6);
    let cloud = search::cloud_with(&store, SearchLimits::default());
    for (what, base, query) in [
        ("one name", "/", "0777777"),
        ("a rare word", "/", "7777"),
        ("a common word", "/", "holiday"),
        ("in nearly every name", "/", "0"),
        ("two words", "/", "anna 777"),
        ("two common words, one match", "/", "jpg garden school 0123"),
        ("no match", "/", "nothing like it"),
        ("no match of common words", "/", "jpg pdf"),
        ("no match, a letter", "/", "ø"),
        ("a small folder", "/folder 0777", "holiday"),
    ] {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..200 {
            let begun = Instant::now();
            found = search::search(&cloud, base, query, 1000).await.unwrap().len();
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        println!("{what}: {found} found, p50 {:.2} ms, p99 {:.2} ms", times[100], times[197]);
    }
    // Names that are everywhere but where somebody looks.
    let begun = Instant::now();
    let all: Vec<_> = (0..10).map(|n| format!("/folder {n:04}")).collect();
    for base in &all {
        let large = search::cloud_with(
            &store,
            SearchLimits { walk_always: 0, walk_max: 0, ..SearchLimits::default() },
        );
        assert!(search::search(&large, base, "jpg", 1000).await.unwrap().len() <= 1000);
    }
    println!("every third name elsewhere: {:.2} ms", begun.elapsed().as_secs_f64() * 1e3 / all.len() as f64);
}

/// What the index costs those who write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn speed_of_writes_beside_the_index() {
    for round in 0..5 {
        let world = World::new();
        let store = world.open_with(Options::default());
        for clients in [1, 64] {
            let (first, store) = (number(), Arc::clone(&store));
            let put = move || append(Arc::clone(&store), name_of(number()), 1, Digest([1; 32]));
            let each = rate(clients, put).await;
            println!("round {round}: {clients} clients: {each:.0}/s ({} files)", number() - first);
        }
        let (begun, head) = (Instant::now(), store.head(NS).await.unwrap().seq);
        store.reach(NS, head).await.unwrap();
        println!("round {round}: the index had {:.1} ms to go", begun.elapsed().as_secs_f64() * 1e3);
    }
}
