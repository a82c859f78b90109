//! What people want of a sync folder, and change their minds about.

use std::fs;

use tidemark_sync::driver::Direction;
use tidemark_sync::state::Setting;

use super::world::{Cloudy, Device, path, tree};

fn excluded(paths: &[&str]) -> Setting {
    Setting::Excluded(paths.iter().map(|text| path(text)).collect())
}

#[tokio::test]
async fn what_one_direction_left_alone_is_looked_at_in_another() {
    // What was changed is told, and what was removed comes back: nobody had meant it for the other side.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    for name in ["edited", "removed", "same", "of/a/folder"] {
        one.write(name, name);
    }
    one.sync_all().await;
    let before = cloud.tree().await;
    one.options.direction = Direction::Down;
    one.sync_all().await;
    one.write("edited", "anew");
    fs::remove_file(one.at("removed")).unwrap();
    fs::remove_dir_all(one.at("of")).unwrap();
    one.sync_all().await;
    assert_eq!(cloud.tree().await, before);
    one.options.direction = Direction::Both;
    one.sync_all().await;
    let mut expected = before;
    expected.insert("edited".into(), "anew".into());
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected.clone()));

    one.options.direction = Direction::Up;
    cloud.delete("/removed").await;
    cloud.put("/edited", "there").await;
    cloud.put("/new", "there").await;
    one.sync_all().await;
    assert_eq!(one.tree(), expected);
    one.options.direction = Direction::Both;
    one.sync_all().await;
    expected.insert("edited".into(), "there".into());
    expected.insert("new".into(), "there".into());
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));
}

#[tokio::test]
async fn what_is_only_here_is_sent_when_its_place_is_wanted_again() {
    // Whether the server has the folder or not.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    cloud.put("/there/old", "1").await;
    one.state.set(&excluded(&["/there", "/here"])).unwrap();
    one.write("there/new", "2");
    one.write("here/deep/new", "3");
    one.sync_all().await;
    assert_eq!(cloud.tree().await, tree(&[("there/", ""), ("there/old", "1")]));
    one.state.set(&excluded(&[])).unwrap();
    one.sync_all().await;
    let expected = tree(&[
        ("here/", ""),
        ("here/deep/", ""),
        ("here/deep/new", "3"),
        ("there/", ""),
        ("there/new", "2"),
        ("there/old", "1"),
    ]);
    assert_eq!((one.tree(), cloud.tree().await), (expected.clone(), expected));
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

#[tokio::test]
async fn what_went_to_the_trash_as_unwanted_is_not_deleted_on_the_server() {
    // It was thrown away here; nobody wrote that down before it was killed, and then it is wanted again.
    let cloud = Cloudy::new().await;
    let mut one = Device::new(&cloud, "one");
    for name in ["f/large", "g"] {
        one.write(name, name);
    }
    one.sync_all().await;
    let all = cloud.tree().await;
    one.state.set(&excluded(&["/f"])).unwrap();
    one.state.set(&Setting::ExcludedBefore(vec![path("/f")])).unwrap();
    fs::remove_dir_all(one.at("f")).unwrap();
    one.state.set(&excluded(&[])).unwrap();
    one.sync_all().await;
    assert_eq!((one.tree(), cloud.tree().await), (all.clone(), all));
}
