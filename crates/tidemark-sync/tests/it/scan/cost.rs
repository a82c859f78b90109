//! What a scan costs.

use std::sync::atomic::Ordering;

use super::World;

#[tokio::test]
async fn what_did_not_change_costs_a_listing_a_folder() {
    let mut world = World::new();
    for folder in 0..30 {
        let names: Vec<String> = (0..40).map(|file| format!("d{}/e{folder}/f{file}", folder % 3)).collect();
        world.make(&names.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let first = world.scan_everything().await;
    assert_eq!((first.folders, first.changes), (34, 1233));
    let looked = world.disk.looked.load(Ordering::Relaxed);
    let listed = world.disk.listed.load(Ordering::Relaxed);
    let again = world.scan(tidemark_sync::observe::local::Looks::everywhere()).await;
    assert_eq!((again.folders, again.changes), (34, 0));
    assert_eq!(world.disk.listed.load(Ordering::Relaxed) - listed, 34);
    assert_eq!(world.disk.looked.load(Ordering::Relaxed), looked, "nothing is looked at by itself");
    assert_eq!(world.disk.opened.load(Ordering::Relaxed), 0, "no file is read");
}

#[tokio::test]
async fn a_change_in_a_large_folder_does_not_list_it() {
    let mut world = World::new();
    let names: Vec<String> = (0..2500).map(|file| format!("large/{file}")).collect();
    world.make(&names.iter().map(String::as_str).collect::<Vec<_>>());
    world.scan_everything().await;
    assert_eq!(world.scan_everything().await.changes, 0, "more than a page");
    world.write("large/7", "edited");
    world.rm("large/8");
    let listed = world.disk.listed.load(Ordering::Relaxed);
    assert_eq!(world.scan_at(&["large/7", "large/8"]).await.changes, 2);
    assert_eq!(world.disk.listed.load(Ordering::Relaxed), listed);
    world.check().await;
}
