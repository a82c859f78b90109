//! Rules about what is nobody's business.

use std::sync::atomic::Ordering;

use tidemark_sync::observe::local::Looks;
use tidemark_sync::ports::DiskFault;
use tidemark_sync::rules::RulesFault;
use tidemark_sync::state::WhyLeftOut;

use super::World;
use crate::disk::path;

#[tokio::test]
async fn what_is_ignored_is_not_seen() {
    let mut world = World::new();
    world.make(&["a.log", "build/x", "d/.note.swp", "d/keep.log", "d/x", "e/x"]);
    world.write(".tidemarkignore", "*.log\n/build/\n");
    world.write("d/.tidemarkignore", "!keep.log\n");
    world.scan(Looks::everywhere()).await;
    assert_eq!(world.names(), [".tidemarkignore", "d", "d/.tidemarkignore", "d/keep.log", "d/x", "e", "e/x"]);
    assert_eq!(world.scan(Looks::everywhere()).await.changes, 0);
    // Also when only a place is looked at.
    world.make(&["e/b.log", "build/y", "e/y"]);
    world.scan_at(&["e/b.log", "build/y", "e/y"]).await;
    assert_eq!(world.names().len(), 8);
}

#[tokio::test]
async fn rules_that_change_count_at_once_for_what_is_not_known_yet() {
    let mut world = World::with(&["d/a.x", "d/b/a.x", "e/a.x"]).await;
    world.write("d/.tidemarkignore", "*.x\n*.y\n");
    world.make(&["d/new.x", "d/b/new.y"]);
    world.scan_at(&["d/.tidemarkignore"]).await;
    let names = ["d", "d/.tidemarkignore", "d/a.x", "d/b", "d/b/a.x", "e", "e/a.x"];
    assert_eq!(world.names(), names, "what is synced already stays");
    // Something that is ignored and known may still change and go.
    world.write("d/a.x", "edited");
    assert_eq!(world.scan_at(&["d/a.x"]).await.changes, 1);
    world.rm("d/.tidemarkignore");
    world.scan_at(&["d/.tidemarkignore"]).await;
    world.check().await;
    assert_eq!(world.names().len(), 8);
}

#[tokio::test]
async fn rules_above_a_place_count_although_nobody_looked_there() {
    // After a start, the first look may be at one place only.
    let mut world = World::with(&["d/e/x"]).await;
    world.rules = tidemark_sync::rules::IgnoreRules::new();
    world.write("d/.tidemarkignore", "*.log\n");
    world.make(&["d/e/a.log", "d/e/b"]);
    world.scan_at(&["d/e/a.log", "d/e/b"]).await;
    assert_eq!(world.names(), ["d", "d/.tidemarkignore", "d/e", "d/e/b", "d/e/x"]);
}

#[tokio::test]
async fn rules_move_with_their_folder() {
    let mut world = World::new();
    world.write("d/.tidemarkignore", "*.log\n");
    world.scan_everything().await;
    world.mv("d", "e");
    world.make(&["e/a.log", "d/a.log"]);
    world.scan(Looks::everywhere()).await;
    assert_eq!(world.names(), ["d", "d/a.log", "e", "e/.tidemarkignore"]);
}

#[tokio::test]
async fn rules_that_are_not_followed_are_told() {
    let mut world = World::new();
    world.write(".tidemarkignore", "[z-a]\n*.log\n");
    world.make(&["a.log"]);
    world.scan(Looks::everywhere()).await;
    assert_eq!(world.left_out()[0].why, WhyLeftOut::Rules(RulesFault::Pattern(1)));
    let opened = world.disk.opened.load(Ordering::Relaxed);
    world.scan(Looks::everywhere()).await;
    assert_eq!(world.left_out()[0].why, WhyLeftOut::Rules(RulesFault::Pattern(1)));
    assert_eq!(world.disk.opened.load(Ordering::Relaxed), opened, "told again without reading them again");
    world.write(".tidemarkignore", &"x\n".repeat(20_000));
    world.scan(Looks::everywhere()).await;
    assert_eq!(world.left_out()[0].why, WhyLeftOut::Rules(RulesFault::TooLong));
    world.write(".tidemarkignore", "y");
    world.disk.refuse(&path(".tidemarkignore"), Some(DiskFault::Broken));
    world.scan(Looks::everywhere()).await;
    assert_eq!(world.left_out()[0].why, WhyLeftOut::Rules(RulesFault::Unreadable));
}
