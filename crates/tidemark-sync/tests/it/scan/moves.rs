//! Who is who after something moved, was replaced, came or went.

use std::fs;

use tidemark_sync::ports::Disk as _;
use tidemark_sync::trees::{LocalId, Place};

use super::World;
use crate::disk::path;

#[tokio::test]
async fn what_moves_stays_what_it_is() {
    // Whoever looks at only one of both places finds the other.
    for places in [&["a/x", "b/x", "a/d", "b/e"][..], &["b/x", "b/e"], &["a", "b"], &["b"]] {
        let mut world = World::with(&["a/x", "a/d/inner/y", "b/"]).await;
        let ids = ["a/x", "a/d", "a/d/inner/y"].map(|name| world.id(name));
        world.mv("a/x", "b/x");
        world.mv("a/d", "b/e");
        let scanned = world.scan_at(places).await;
        assert_eq!(scanned.changes, 2, "looking at {places:?}");
        assert_eq!(["b/x", "b/e", "b/e/inner/y"].map(|name| world.id(name)), ids);
        world.check().await;
        assert_eq!(world.scan_everything().await.changes, 0);
    }
}

#[tokio::test]
async fn only_the_old_place_was_looked_at() {
    // Then it is gone for now, and comes back as something new.
    let mut world = World::with(&["a/x", "b/"]).await;
    let id = world.id("a/x");
    world.mv("a/x", "b/x");
    world.scan_at(&["a/x"]).await;
    assert_eq!(world.names(), ["a", "b"]);
    world.scan_at(&["b/x"]).await;
    assert_ne!(world.id("b/x"), id);
}

/// A world in which a file and a folder are on their way from `a` to `b`, by our doing, and their numbers.
async fn moving() -> (World, [LocalId; 3]) {
    let mut world = World::with(&["a/x", "a/d/inner/y", "b/"]).await;
    let ids = ["a/x", "a/d", "a/d/inner/y"].map(|name| world.id(name));
    let to = |name: &str| Place { parent: world.id("b"), name: name.into() };
    world.ours.moving = vec![(ids[0], to("x")), (ids[1], to("e"))];
    (world, ids)
}

#[tokio::test]
async fn what_we_move_is_looked_for_where_it_goes() {
    // Only the old place was looked at; something else is there by now, or not even the folder that it was in.
    for since in ["", "others came", "the folder went"] {
        let (mut world, ids) = moving().await;
        world.mv("a/x", "b/x");
        world.mv("a/d", "b/e");
        match since {
            "others came" => world.make(&["a/x", "a/d/z"]),
            "the folder went" => world.rm("a"),
            _ => {}
        }
        let places = if since == "the folder went" { &["a"][..] } else { &["a/x", "a/d"] };
        world.scan_at(places).await;
        assert_eq!(["b/x", "b/e", "b/e/inner/y"].map(|name| world.id(name)), ids, "{since}");
        world.check().await;
    }
}

#[tokio::test]
async fn what_we_move_may_be_where_it_was_and_may_be_gone() {
    // It is not moved yet.
    let (mut world, ids) = moving().await;
    assert_eq!(world.scan_at(&["a/x", "a/d"]).await.changes, 0);
    // It was, and is put back while it is looked for.
    for (from, to) in [("a/x", "b/x"), ("a/d", "b/e")] {
        world.mv(from, to);
        let (at, back) = (world.at(to), world.at(from));
        let hasty = Box::new(move || fs::rename(at, back).expect("renamed"));
        *world.disk.hasty.lock().expect("whole") = Some((path(to), hasty));
        world.scan_at(&[from]).await;
    }
    assert_eq!(["a/x", "a/d", "a/d/inner/y"].map(|name| world.id(name)), ids);
    world.check().await;
    // Somebody has thrown it away.
    world.rm("a/x");
    world.rm("a/d");
    world.scan_at(&["a/x", "a/d"]).await;
    assert_eq!(world.names(), ["a", "b"]);
}

#[tokio::test]
async fn a_folder_that_is_new_everywhere_is_looked_through() {
    let mut world = World::with(&[]).await;
    world.make(&["a/b/c/d/e", "a/b/f", "a/g/"]);
    world.scan_at(&["a/b/c/d/e"]).await;
    world.check().await;
}

#[tokio::test]
async fn swaps_and_rotations_are_moves() {
    for kind in ["", "/"] {
        let names = ["a", "b", "c", "d/e"].map(|name| format!("{name}{kind}"));
        let mut world = World::with(&names.each_ref().map(String::as_str)).await;
        let [a, b, c, e] = ["a", "b", "c", "d/e"].map(|name| world.id(name));
        for (from, to) in [("a", "t"), ("b", "a"), ("c", "b"), ("d/e", "c"), ("t", "d/e")] {
            world.mv(from, to);
        }
        world.scan_at(&["a", "b", "c", "d/e", "t"]).await;
        assert_eq!(["d/e", "a", "b", "c"].map(|name| world.id(name)), [a, b, c, e], "{kind}");
        world.check().await;
    }
}

#[tokio::test]
async fn folders_may_turn_inside_out() {
    let mut world = World::with(&["a/b/c/x", "a/y"]).await;
    let [a, b, c, x] = ["a", "a/b", "a/b/c", "a/b/c/x"].map(|name| world.id(name));
    world.mv("a/b/c", "c");
    world.mv("a/b", "c/b");
    world.mv("a", "c/b/a");
    world.scan_everything().await;
    assert_eq!(["c/b/a", "c/b", "c", "c/x"].map(|name| world.id(name)), [a, b, c, x]);
}

#[tokio::test]
async fn what_is_saved_stays_what_it_is() {
    // As editors do: over it, or with the old one under another name and away.
    let mut world = World::with(&["note", "folder/x"]).await;
    let ids = ["note", "folder", "folder/x"].map(|name| world.id(name));
    world.write("note.tmp", "new");
    world.mv("note.tmp", "note");
    world.scan_at(&["note.tmp", "note"]).await;
    assert_eq!(world.id("note"), ids[0]);
    world.check().await;
    // With a backup that is ignored, and stays.
    world.mv("note", "note~");
    world.write("note", "newer");
    world.scan_at(&["note", "note~"]).await;
    assert_eq!((world.id("note"), world.names().len()), (ids[0], 3));
    world.rm("note~");
    // So slowly that the new one was seen before.
    world.write("note.tmp", "newest");
    world.scan_at(&["note.tmp"]).await;
    world.mv("note.tmp", "note");
    world.scan_at(&["note.tmp", "note"]).await;
    assert_eq!(world.id("note"), ids[0]);
    world.check().await;
    // A whole folder, too.
    world.rm("folder");
    world.make(&["folder/x", "folder/y"]);
    world.scan_at(&["folder"]).await;
    assert_eq!(["folder", "folder/x"].map(|name| world.id(name)), ids[1..]);
    world.check().await;
}

#[tokio::test]
async fn files_in_turn_are_moves() {
    // As logs are rotated: the oldest goes, and each takes the place of the one before.
    let mut world = World::with(&["log", "log.1", "log.2"]).await;
    let [log, first, second] = ["log", "log.1", "log.2"].map(|name| world.id(name));
    world.mv("log.1", "log.2");
    world.mv("log", "log.1");
    world.write("log", "fresh");
    world.scan_everything().await;
    assert_eq!((world.id("log.2"), world.id("log.1")), (first, log));
    assert!(![log, first, second].contains(&world.id("log")));
}

#[tokio::test]
async fn a_file_that_becomes_a_folder_is_another() {
    let mut world = World::with(&["a", "b/x", "c"]).await;
    let [a, b, x] = ["a", "b", "b/x"].map(|name| world.id(name));
    world.rm("a");
    world.mv("b/x", "t");
    world.rm("b");
    world.make(&["a/y", "b"]);
    world.mv("t", "a/x");
    world.scan_at(&["a", "b"]).await;
    assert!(world.id("a") != a && world.id("b") != b);
    assert_eq!(world.id("a/x"), x, "what was in the folder is in the other now");
    world.check().await;
    // A file into a folder of its own name.
    world.mv("c", "t");
    world.make(&["c/"]);
    world.mv("t", "c/c");
    world.scan_everything().await;
    // A folder moves away, and another comes with something out of it.
    let [a, x] = ["a", "a/x"].map(|name| world.id(name));
    world.mv("a", "old");
    world.make(&["a/"]);
    world.mv("old/x", "a/x");
    world.scan_everything().await;
    assert_eq!(["old", "a/x"].map(|name| world.id(name)), [a, x]);
}

#[tokio::test]
async fn second_names_are_nodes_of_their_own() {
    let mut world = World::with(&["a"]).await;
    let a = world.id("a");
    fs::hard_link(world.at("a"), world.at("b")).expect("linked");
    world.scan_at(&["b"]).await;
    world.scan_everything().await;
    let b = world.id("b");
    assert!(world.id("a") == a && a != b);
    world.mv("a", "c");
    world.scan_at(&["c"]).await;
    assert_eq!((world.id("c"), world.id("b")), (a, b), "that one moved which is not in its place");
    world.rm("b");
    world.scan_everything().await;
    assert_eq!(world.id("c"), a);
}

#[tokio::test]
async fn what_changed_under_another_name_is_seen() {
    // A file with several names changes through one of them, and only of that one is told: where it stays, moves, or is new.
    // Or it goes, or something else takes its place.
    for last in ["stays", "moves", "is new", "goes", "is another"] {
        let mut world = World::with(&["a", "b"]).await;
        fs::hard_link(world.at("a"), world.at("d")).expect("linked");
        world.scan_everything().await;
        world.write("d", "changed");
        let told = match last {
            "moves" => {
                world.mv("d", "e");
                "e"
            }
            "is new" => {
                fs::hard_link(world.at("d"), world.at("e")).expect("linked");
                "e"
            }
            "goes" => {
                world.rm("d");
                "d"
            }
            "is another" => {
                world.rm("d");
                world.make(&["d/inside"]);
                "d"
            }
            _ => "d",
        };
        world.scan_at(&[told]).await;
        world.scan_at(&["d"]).await;
        world.check().await;
    }
}

#[tokio::test]
async fn numbers_that_are_given_again_are_told_apart() {
    // Where no time of birth is known, only an unchanged file is believed to have moved.
    let mut world = World::new();
    world.disk.hides_birth = true;
    world.make(&["a", "b", "d/x"]);
    world.scan_everything().await;
    let [a, b, d] = ["a", "b", "d"].map(|name| world.id(name));
    world.mv("a", "moved");
    world.mv("d", "e");
    // The same inode with other bytes, in another place: for all that can be seen, another file.
    world.mv("b", "other");
    world.write("other", "something else");
    world.scan_everything().await;
    assert_eq!((world.id("moved"), world.id("e")), (a, d));
    assert_ne!(world.id("other"), b);
}

#[tokio::test]
async fn the_way_to_a_place_may_have_changed() {
    // Somebody is told of a file in a folder that was renamed since, and knows neither.
    let mut world = World::with(&["a/b/x"]).await;
    let [a, x] = ["a", "a/b/x"].map(|name| world.id(name));
    world.mv("a", "z");
    world.write("z/b/x", "edited");
    world.scan_at(&["z/b/x"]).await;
    assert_eq!((world.id("z"), world.id("z/b/x")), (a, x));
    world.check().await;
    world.scan_at(&["a/b/x", "a", "gone/for/good"]).await;
    world.check().await;
}

#[tokio::test]
async fn letters_of_a_name_may_change() {
    for case_insensitive in [false, true] {
        let mut world = World::with(&["note", "folder/x"]).await;
        world.disk.case_insensitive = case_insensitive;
        let ids = ["note", "folder", "folder/x"].map(|name| world.id(name));
        world.mv("note", "Note");
        world.mv("folder", "FOLDER");
        world.scan_at(&["note", "Note", "FOLDER", "folder"]).await;
        assert_eq!(["Note", "FOLDER", "FOLDER/x"].map(|name| world.id(name)), ids);
        world.write("FOLDER/y", "");
        world.scan_at(&["FOLDER"]).await;
        world.check().await;
        if case_insensitive {
            // Somebody goes by the name that it had.
            world.write("FOLDER/z", "");
            world.scan_at(&["folder/z"]).await;
            world.check().await;
        }
    }
}

#[tokio::test]
async fn what_answers_to_its_old_name_still_is_not_in_two_places() {
    // Where letters do not count, a file or folder that only got others is what it was, under whichever name it is looked at.
    for kind in ["", "/"] {
        for told in [Some(&["C"][..]), Some(&["c"]), Some(&["c", "C"]), None] {
            let mut world = World::with(&[&format!("c{kind}")]).await;
            world.disk.case_insensitive = true;
            let id = world.id("c");
            world.mv("c", "C");
            let scanned = match told {
                Some(places) => world.scan_at(places).await,
                None => world.scan_everything().await,
            };
            let what = format!("c{kind}, looking at {told:?}");
            assert_eq!((scanned.changes, world.names()), (1, vec!["C".to_owned()]), "{what}");
            assert_eq!(world.id("C"), id, "{what}");
            assert_eq!(world.scan_everything().await.changes, 0, "{what}");
        }
    }
}

/// What we put into a file's place may have to give way to what somebody wrote into that file in the last instant: until it is known
/// that it stays, it is not taken for what is there. Whatever else is, is somebody's.
#[tokio::test]
async fn what_we_put_into_a_place_is_not_seen_yet() {
    let mut world = World::with(&["f/a", "f/b", "g/in"]).await;
    let (before, folder) = (world.known(), world.id("g"));
    for name in ["f/a", "f/b"] {
        world.write("new", "other bytes");
        world.mv("new", name);
    }
    let seen = world.disk.look(&path("f/a")).await.expect("looked at").expect("there");
    world.ours.placing = vec![(Place { parent: world.id("f"), name: "a".into() }, seen.stamp.identity)];
    for place in ["f", "f/a"] {
        world.scan_at(&[place]).await;
        assert_eq!(world.known()["f/a"], before["f/a"], "{place}");
    }
    assert_ne!(world.known()["f/b"], before["f/b"], "another is seen");
    // Nothing is in the place for an instant, where names cannot be exchanged.
    world.mv("f/a", "ours");
    world.scan_at(&["f"]).await;
    assert_eq!(world.known()["f/a"], before["f/a"]);
    // What somebody moves there is what it was.
    world.mv("g", "f/a");
    world.scan_everything().await;
    assert_eq!((world.id("f/a"), world.names().len()), (folder, 5));
    // Once it is over, whatever is there counts.
    world.mv("f/a", "g");
    world.mv("ours", "f/a");
    world.ours.placing.clear();
    world.scan_everything().await;
    assert_eq!(world.names(), ["f", "f/a", "f/b", "g", "g/in"]);
}
