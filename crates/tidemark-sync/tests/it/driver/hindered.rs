//! What stands in the way of a file that comes, and what somebody does meanwhile.

use std::fs;
use std::sync::atomic::Ordering;

use super::world::{Cloudy, Device};

/// How many files lie somewhere below.
fn files_in(folder: &std::path::Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let count = |entry: fs::DirEntry| if entry.path().is_dir() { files_in(&entry.path()) } else { 1 };
    entries.map(|entry| count(entry.unwrap())).sum()
}

#[tokio::test]
async fn what_may_not_be_replaced_is_fetched_once() {
    // Every try finds what the one before it has brought, and leaves nothing in the trash.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.write("a", "old");
    one.sync_all().await;
    let text = "new ".repeat(1 << 19);
    cloud.put("/a", &text).await;
    one.meddling.refuses_exchange.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        assert_eq!(one.sync().await.problems, 1);
    }
    assert_eq!(one.read("a").as_deref(), Some("old"));
    assert_eq!(one.traffic.bytes.load(Ordering::Relaxed), text.len() as u64);
    assert_eq!(files_in(&one.at(".tidemark/trash")), 0);
    one.meddling.refuses_exchange.store(false, Ordering::Relaxed);
    one.sync_all().await;
    assert_eq!(one.read("a"), Some(text));
    assert_eq!(files_in(&one.at(".tidemark/trash")), 1);
    assert_eq!(files_in(&one.at(".tidemark/staging")), 0);
}
