//! What is only kept to save time: it may be lost, and never harms.

use crate::world::World;
use bytes::Bytes;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use tidemark_core::model::{Content, Rendition, RenditionKey, Timestamp, digest_of};
use tidemark_core::store::{Kept, RenditionStore};
use tidemark_store_local::LocalRenditions;

fn key(number: usize) -> RenditionKey {
    let content = Content { size: 1, address: digest_of(&number.to_be_bytes()) };
    RenditionKey { content, rendition: Rendition::SheetPage }
}

fn page(size: usize) -> Kept {
    Kept { body: Some(Bytes::from(vec![7; size])), at: Timestamp(5) }
}

async fn has(cache: &LocalRenditions, number: usize) -> bool {
    cache.kept(&[key(number)]).await.unwrap()[0].is_some()
}

#[tokio::test]
async fn it_is_there_after_a_restart_unless_the_bound_was_lowered() {
    let world = World::new();
    let cache = LocalRenditions::open(world.path(), 1 << 20, 0).unwrap();
    for number in 0..10 {
        cache.keep(key(number), page(10_000)).await.unwrap();
    }
    drop(cache);
    let cache = LocalRenditions::open(world.path(), 1 << 20, 0).unwrap();
    assert!(has(&cache, 0).await && has(&cache, 9).await);
    drop(cache);
    let cache = LocalRenditions::open(world.path(), 25_000, 0).unwrap();
    assert!(!has(&cache, 1).await && has(&cache, 9).await);
    let file = world.path().join("cache");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o700);
}

/// Deleted, cut off, overwritten, or of another version: it begins anew.
#[tokio::test]
async fn whatever_becomes_of_its_files_it_opens() {
    let world = World::new();
    let file = world.path().join("cache/renditions.db");
    let harms: [fn(&std::path::Path); 4] = [
        |file| fs::remove_dir_all(file.parent().unwrap()).unwrap(),
        |file| fs::write(file, vec![b'x'; 10_000]).unwrap(),
        |file| fs::write(file, &fs::read(file).unwrap()[..1000]).unwrap(),
        |file| {
            let db = rusqlite::Connection::open(file).unwrap();
            db.pragma_update(None, "user_version", 99).unwrap();
        },
    ];
    for harm in harms {
        let cache = LocalRenditions::open(world.path(), 1 << 20, 0).unwrap();
        cache.keep(key(1), page(100)).await.unwrap();
        assert!(has(&cache, 1).await);
        drop(cache);
        for log in ["renditions.db-wal", "renditions.db-shm"] {
            let _ = fs::remove_file(file.with_file_name(log));
        }
        harm(&file);
        let cache = LocalRenditions::open(world.path(), 1 << 20, 0).unwrap();
        assert!(!has(&cache, 1).await);
        cache.keep(key(1), page(100)).await.unwrap();
        assert!(has(&cache, 1).await);
        drop(cache);
        fs::remove_dir_all(file.parent().unwrap()).unwrap();
    }
}

/// What is on the disk stays near what was allowed, however much goes through it.
#[tokio::test]
async fn its_files_do_not_grow() {
    let world = World::new();
    let cache = LocalRenditions::open(world.path(), 1 << 20, 0).unwrap();
    for number in 0..1000 {
        cache.keep(key(number), page(20_000 + number)).await.unwrap();
    }
    let files = fs::read_dir(world.path().join("cache")).unwrap();
    let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes < 8 << 20, "{bytes}");
}

/// Damage that shows only when something is looked for costs what was kept, and nothing that comes after.
#[tokio::test]
async fn what_turns_out_to_be_broken_is_begun_anew() {
    let world = World::new();
    let file = world.path().join("cache/renditions.db");
    let cache = LocalRenditions::open(world.path(), 1 << 20, 0).unwrap();
    for number in 0..10 {
        cache.keep(key(number), page(100)).await.unwrap();
    }
    drop(cache);
    let db = rusqlite::Connection::open(&file).unwrap();
    let number = |sql: &str| -> u32 { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    let root = number("SELECT rootpage FROM sqlite_schema WHERE name = 'rendition'") as usize;
    let size = number("PRAGMA page_size") as usize;
    db.query_row("PRAGMA wal_checkpoint(truncate)", [], |_| Ok(())).unwrap();
    drop(db);
    let mut bytes = fs::read(&file).unwrap();
    bytes[(root - 1) * size..root * size].fill(b'x');
    fs::write(&file, bytes).unwrap();
    let cache = LocalRenditions::open(world.path(), 1 << 20, 0).unwrap();
    assert!(cache.kept(&[key(1)]).await.is_err());
    assert!(!has(&cache, 1).await);
    cache.keep(key(1), page(100)).await.unwrap();
    assert!(has(&cache, 1).await);
}

/// The last of the device is for what people keep.
#[tokio::test]
async fn nothing_is_kept_in_the_reserve() {
    let world = World::new();
    let cache = LocalRenditions::open(world.path(), 1 << 20, 0).unwrap();
    cache.keep(key(1), page(100)).await.unwrap();
    drop(cache);
    let cache = LocalRenditions::open(world.path(), 1 << 20, u64::MAX).unwrap();
    cache.keep(key(2), page(100)).await.unwrap();
    assert!(has(&cache, 1).await && !has(&cache, 2).await);
}
