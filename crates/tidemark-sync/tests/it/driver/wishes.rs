//! What people want of a sync folder, and change their minds about.

use std::fs;

use tidemark_sync::state::Setting;

use super::world::{Cloudy, Device, path, tree};

fn excluded(paths: &[&str]) -> Setting {
    Setting::Excluded(paths.iter().map(|text| path(text)).collect())
}

#[tokio::test]
async fn what_is_moved_to_where_nothing_is_wanted_stays_on_the_server() {
    // It is in no place that both sides have, and waits for nothing.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    one.write("a", "1");
    one.sync_all().await;
    one.state.set(&excluded(&["/x"])).unwrap();
    fs::create_dir(one.at("x")).unwrap();
    fs::rename(one.at("a"), one.at("x/a")).unwrap();
    one.sync_all().await;
    assert_eq!(one.tree(), tree(&[("a", "1"), ("x/", ""), ("x/a", "1")]));
    assert_eq!(cloud.tree().await, tree(&[("a", "1")]));
    assert_eq!(one.state.counts().unwrap().dirty, 0);
}

#[tokio::test]
async fn what_is_not_wanted_here_is_not_deleted_with_its_folder() {
    // Somebody said so, and removed the folder around it, before anything was done about either.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    for name in ["f/large", "f/small", "g"] {
        one.write(name, name);
    }
    one.sync_all().await;
    one.state.set(&excluded(&["/f/large"])).unwrap();
    fs::remove_dir_all(one.at("f")).unwrap();
    one.sync_all().await;
    let there = cloud.tree().await;
    assert_eq!(there.get("f/large").map(String::as_str), Some("f/large"), "{there:?}");
    assert_eq!(there.get("f/small"), None);
}
