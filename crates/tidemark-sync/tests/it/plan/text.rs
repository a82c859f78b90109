//! Cases that can be read: three trees in, a plan out.
//!
//! A tree is its entries: `a/` is a folder, `a/x=1` a file of bytes 1, `a/x=1?` one on the disk whose bytes were not read yet.
//! What has the same path as something synced is that; `b=1<a` is what was synced as `a`, and `+a=1` is new all the same.

use std::collections::{BTreeMap, BTreeSet};

use tidemark_sync::plan::{Busy, Context, Direction, Everything, Plan, Record, Step, Why, plan};
use tidemark_sync::ports::{Identity, Stamp};
use tidemark_sync::trees::{
    Item, LocalFile, LocalId, LocalNode, MemoryTrees, Place, RemoteFile, RemoteId, RemoteNode, Rev, Trees,
};

use super::truth::content;
use super::world::agreed;

/// What is planned about everything in these trees.
fn check(trees: &str, expected: &str) {
    check_when(Direction::Both, trees, expected);
}

fn check_when(direction: Direction, text: &str, expected: &str) {
    check_while(direction, &Busy::new(), text, expected);
}

fn check_while(direction: Direction, busy: &Busy, text: &str, expected: &str) {
    let trees = parse(text);
    let mut items = BTreeSet::new();
    items.extend(trees.remotes().map(|node| Item::Remote(node.id.clone())));
    items.extend(trees.locals().map(|node| Item::Local(node.id)));
    items.extend(
        trees.synceds().flat_map(|node| [Item::Remote(node.remote.clone()), Item::Local(node.local)]),
    );
    let items: Vec<Item> = items.into_iter().collect();
    let context = Context {
        direction,
        device: "box",
        today: "2026-11-21",
        busy,
        selection: &Everything,
        steps_max: 100,
    };
    let Ok(planned) = plan(&trees, &items, &context);
    assert_eq!(show(&trees, &planned), expected, "{text}");
}

/// An entry of the text.
struct Entry<'a> {
    path: &'a str,
    /// What it was synced as; none if it is new.
    was: Option<&'a str>,
    bytes: Option<u32>,
    is_read: bool,
}

fn entries(text: &str) -> Vec<Entry<'_>> {
    let entry = |word| -> Entry<'_> {
        let (word, is_new) = (str::trim_start_matches(word, '+'), word.starts_with('+'));
        let (word, was) = word.split_once('<').map_or((word, None), |(word, was)| (word, Some(was)));
        let (path, bytes) = word.split_once('=').map_or((word, None), |(path, bytes)| (path, Some(bytes)));
        let path = path.trim_end_matches('/');
        let was = (!is_new).then(|| was.unwrap_or(path).trim_end_matches('/'));
        let is_read = !bytes.is_some_and(|bytes| bytes.ends_with('?'));
        let bytes = bytes.map(|bytes| bytes.trim_end_matches('?').parse().expect("a number"));
        Entry { path, was, bytes, is_read }
    };
    text.split_whitespace().map(entry).collect()
}

fn parse(text: &str) -> MemoryTrees {
    let part = |name: &str| {
        let parts = text.split('|').map(str::trim);
        parts.filter_map(|part| part.strip_prefix(name)).next().map(entries).unwrap_or_default()
    };
    let mut trees = MemoryTrees::new();
    let mut known = BTreeMap::from([("", 0)]);
    let mut next = 0;
    for entry in part("synced:") {
        next += 1;
        known.insert(entry.path, next);
        let (there, here) = (remote(&entry, next, &known), local(&entry, next, &known));
        trees.put_synced(agreed(&there, &here));
    }
    let mut places = known.clone();
    for entry in part("remote:") {
        next += 1;
        let number = entry.was.and_then(|was| known.get(was)).copied().unwrap_or(next);
        places.insert(entry.path, number);
        trees.put_remote(remote(&entry, number, &places));
    }
    places.clone_from(&known);
    for entry in part("local:") {
        next += 1;
        let number = entry.was.and_then(|was| known.get(was)).copied().unwrap_or(next);
        places.insert(entry.path, number);
        trees.put_local(local(&entry, number, &places));
    }
    trees
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn remote(entry: &Entry<'_>, number: i64, places: &BTreeMap<&str, i64>) -> RemoteNode {
    let (parent, name) = split(entry.path);
    let id = |number: i64| if number == 0 { RemoteId::root() } else { RemoteId::new(&format!("r{number}")) };
    let file = entry.bytes.map(|bytes| RemoteFile {
        rev: Rev::new(format!("rev{bytes}")).expect("a word"),
        content: content(bytes),
        modified_s: None,
    });
    RemoteNode { id: id(number), place: Place { parent: id(places[parent]), name: name.into() }, file }
}

fn local(entry: &Entry<'_>, number: i64, places: &BTreeMap<&str, i64>) -> LocalNode {
    let (parent, name) = split(entry.path);
    let file = entry.bytes.map(|bytes| {
        let identity = Identity { device: 1, inode: number.unsigned_abs(), born_ns: None };
        let stamp = Stamp { identity, size: content(bytes).size, modified_ns: 0, changed_ns: 0 };
        LocalFile { stamp, hash: entry.is_read.then(|| content(bytes).hash) }
    });
    LocalNode {
        id: LocalId(number),
        place: Place { parent: LocalId(places[parent]), name: name.into() },
        file,
    }
}

fn there(trees: &MemoryTrees, id: &RemoteId) -> String {
    let Ok(node) = trees.remote(id);
    let Ok(synced) = trees.synced(id);
    match node.map(|node| node.place).or(synced.map(|synced| synced.place)) {
        Some(place) => path(&there(trees, &place.parent), &place.name),
        None => String::new(),
    }
}

fn here(trees: &MemoryTrees, id: LocalId) -> String {
    let Ok(node) = trees.local(id);
    match node {
        Some(node) => path(&here(trees, node.place.parent), &node.place.name),
        None => {
            let Ok(synced) = trees.synced_local(id);
            synced
                .map(|synced| path(&here(trees, synced.local_parent), &synced.place.name))
                .unwrap_or_default()
        }
    }
}

fn path(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.into() } else { format!("{folder}/{name}") }
}

/// The plan by paths: records, steps, and what cannot go on without somebody.
fn show(trees: &MemoryTrees, planned: &Plan) -> String {
    let to_here = |to: &Place<LocalId>| path(&here(trees, to.parent), &to.name);
    let to_there = |to: &Place<RemoteId>| path(&there(trees, &to.parent), &to.name);
    let mut lines = Vec::new();
    for record in &planned.records {
        lines.push(match record {
            Record::Link { remote, .. } => format!("link {}", there(trees, remote)),
            Record::Rebase { remote } => format!("rebase {}", there(trees, remote)),
            Record::Forget { remote } => format!("forget {}", there(trees, remote)),
        });
    }
    for step in &planned.steps {
        lines.push(match step {
            Step::Hash { local } => format!("hash {}", here(trees, *local)),
            Step::Download { to, replaces: None, .. } => format!("download {}", to_here(to)),
            Step::Download { to, replaces: Some(_), .. } => format!("download over {}", to_here(to)),
            Step::MakeLocal { to, .. } => format!("make here {}", to_here(to)),
            Step::MoveLocal { local, to, conflict } => {
                let word = if *conflict { "move aside" } else { "move here" };
                format!("{word} {} -> {}", here(trees, *local), to_here(to))
            }
            Step::TrashLocal { local } => format!("trash {}", here(trees, *local)),
            Step::Upload { to, replaces: None, .. } => format!("upload {}", to_there(to)),
            Step::Upload { to, replaces: Some(_), .. } => format!("upload over {}", to_there(to)),
            Step::MakeRemote { to, .. } => format!("make there {}", to_there(to)),
            Step::MoveRemote { remote, to } => {
                format!("move there {} -> {}", there(trees, remote), to_there(to))
            }
            Step::DeleteRemote { remote } => format!("delete {}", there(trees, remote)),
        });
    }
    for waiting in planned.waiting.iter().filter(|waiting| waiting.why == Why::NameTaken) {
        lines.push(match &waiting.item {
            Item::Remote(id) => format!("name taken {}", there(trees, id)),
            Item::Local(id) => format!("name taken {}", here(trees, *id)),
        });
    }
    lines.join("; ")
}

#[test]
fn what_is_new_on_one_side_is_made_on_the_other() {
    check("synced: | remote: x=1 | local:", "download x");
    check("synced: | remote: a/ a/x=1 | local:", "make here a");
    check("synced: a/ | remote: a/ a/x=1 | local: a/", "download a/x");
    check("synced: | remote: | local: x=1?", "upload x");
    check("synced: | remote: | local: a/ a/x=1", "make there a");
}

#[test]
fn what_is_new_on_both_sides_is_linked_if_equal() {
    check("synced: | remote: a/ | local: a/", "link a");
    check("synced: | remote: x=1 | local: x=1", "link x");
    check("synced: | remote: x=1 | local: x=1?", "hash x");
    check("synced: | remote: x=1 | local: X=1", "move here X -> x");
}

#[test]
fn two_of_one_name_are_both_kept() {
    check("synced: | remote: x=1 | local: x=2", "move aside x -> x (box's conflicted copy 2026-11-21)");
    check("synced: | remote: x=1 | local: x/", "move aside x -> x (box's conflicted copy 2026-11-21)");
    check("synced: | remote: x/ | local: x=1?", "move aside x -> x (box's conflicted copy 2026-11-21)");
    check("synced: x=1 | remote: x=2 | local: x=3", "forget x");
    check("synced: x=1 | remote: x=2 | local: x=2", "rebase x");
}

#[test]
fn an_edit_goes_to_the_other_side() {
    check("synced: a/ a/x=1 | remote: a/ a/x=2 | local: a/ a/x=1", "download over a/x");
    check("synced: x=1 | remote: x=1 | local: x=2", "upload over x");
    check("synced: x=1 | remote: x=2 | local: x=1?", "hash x");
}

#[test]
fn what_is_gone_goes_unless_somebody_still_wants_it() {
    check("synced: x=1 | remote: | local: x=1", "trash x");
    check("synced: x=1 | remote: | local: x=4?", "hash x");
    check("synced: x=1 | remote: | local: x=2", "forget x");
    check("synced: x=1 | remote: x=1 | local:", "delete x");
    check("synced: x=1 | remote: x=2 | local:", "forget x");
    check("synced: x=1 | remote: | local:", "forget x");
    check("synced: a/ a/x=1 | remote: a/ a/x=1 | local:", "delete a");
    check("synced: a/ a/x=1 | remote: a/ a/x=2 | local:", "forget a; forget a/x");
    check("synced: a/ a/x=1 | remote: a/ a/x=1 a/y=2 | local:", "forget a");
    check("synced: a/ a/x=1 | remote: | local: a/ a/x=1", "trash a/x");
    check("synced: a/ | remote: | local: a/", "trash a");
    check("synced: a/ | remote: | local: a/ a/x=1", "forget a");
}

#[test]
fn a_move_is_a_move() {
    check("synced: a/ x=1 | remote: a/ a/x=1<x | local: a/ x=1", "move here x -> a/x");
    check("synced: a/ x=1 | remote: a/ x=1 | local: a/ a/y=1<x", "move there x -> a/y");
    check("synced: x=1 | remote: y=1<x | local: z=1<x", "move here z -> y");
    check("synced: x=1 | remote: y=1<x | local: y=1<x", "rebase y");
    check("synced: x=1 | remote: X=1<x | local: x=1", "move here x -> X");
    check("synced: a/ a/x=1 | remote: b/<a b/x=1<a/x | local: a/ a/x=1", "move here a -> b");
    check("synced: x=1 | remote: y=2<x | local: x=1", "move here x -> y");
}

#[test]
fn who_waits_for_itself_goes_out_of_the_way() {
    check(
        "synced: x=1 y=2 | remote: y=1<x x=2<y | local: x=1 y=2",
        "move here x -> .tidemark-moving-box-1 x",
    );
    check(
        "synced: x=1 y=2 | remote: x=1 y=2 | local: y=1<x x=2<y",
        "move there x -> .tidemark-moving-box-r1 x",
    );
    check("synced: a/ a/b/ | remote: a/ a/b/ | local: b/<a/b b/a/<a", "move there a/b -> b");
    check("synced: a/ a/b/ | remote: b/<a/b b/a/<a | local: a/ a/b/", "move here a/b -> b");
    check("synced: x=1 | remote: x=1 | local: +x/ x/y=1<x", "move there x -> .tidemark-moving-box-r1 x");
    check(
        "synced: x/ x/y=1 | remote: x/ x/y=1 | local: x=1<x/y",
        "move there x/y -> .tidemark-moving-box-r2 y",
    );
}

#[test]
fn one_folder_for_another_is_the_same() {
    check("synced: a/ a/x=1 | remote: a/ a/x=1 | local: +a/ a/x=1<a/x", "forget a; link a");
    check("synced: a/ a/x=1 | remote: +a/ | local: a/ a/x=1", "forget a; link a; trash a/x");
}

#[test]
fn a_folder_is_not_forgotten_while_something_is_under_way_in_it() {
    // What comes of that is known by its folder, and would be somebody's new file without.
    for around in [Item::Local(LocalId(1)), Item::Remote(RemoteId::new("r1"))] {
        let mut busy = Busy::new();
        busy.add_above(around);
        for trees in [
            "synced: a/ | remote: a/ a/x=1 | local:",
            "synced: a/ | remote: | local: a/ a/x=1",
            "synced: a/ | remote: a/ | local: +a/",
            "synced: a/ | remote: +a/ | local: a/",
        ] {
            check_while(Direction::Both, &busy, trees, "");
        }
    }
}

#[test]
fn names_that_differ_only_by_case_wait_for_somebody() {
    check("synced: x=1 | remote: x=1 | local: x=1 X=2", "name taken X");
    check("synced: e=1 x=2 | remote: e=1 x=2 | local: x=2 X=1<e", "name taken e; name taken X");
    check("synced: | remote: | local: x=1 X=2", "upload X; name taken x");
}

#[test]
fn one_side_alone_may_be_followed() {
    check_when(Direction::Down, "synced: x=1 | remote: x=1 | local: x=2", "");
    check_when(Direction::Down, "synced: x=1 | remote: x=2 | local: x=1", "download over x");
    check_when(Direction::Down, "synced: | remote: | local: x=1", "");
    check_when(Direction::Down, "synced: a/ | remote: a/ a/x=1 | local:", "forget a");
    check_when(Direction::Up, "synced: x=1 | remote: x=2 | local: x=1", "");
    check_when(Direction::Up, "synced: x=1 | remote: x=1 | local: x=2", "upload over x");
    check_when(Direction::Up, "synced: | remote: x=1 | local:", "");
    check_when(Direction::Up, "synced: a/ | remote: | local: a/ a/x=1", "forget a");
}

#[test]
fn nothing_is_planned_where_nothing_is_to_do() {
    check("synced: a/ a/x=1 | remote: a/ a/x=1 | local: a/ a/x=1", "");
    check("synced: | remote: | local:", "");
}
