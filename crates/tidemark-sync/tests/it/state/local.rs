//! What the disk was seen to have.

use tidemark_client::ContentHash;
use tidemark_sync::ports::LocalPath;
use tidemark_sync::state::{LocalChange, LocalSeen, State, StateError};
use tidemark_sync::trees::{LocalId, NameKey, Trees as _};

use super::world::{add, drain, identity, local, place, seen_file, seen_folder, stamp};

/// The disk's tree, a line for each node: path and inode.
fn listing(state: &State) -> Vec<String> {
    let (mut lines, mut folders) = (Vec::new(), vec![LocalId::ROOT]);
    while let Some(folder) = folders.pop() {
        let mut after: Option<Box<str>> = None;
        loop {
            let children = state.local_children(folder, after.as_deref(), 2).unwrap();
            let Some(last) = children.last() else { break };
            after = Some(last.place.name.clone());
            for child in children {
                let path = state.local_path(child.id).unwrap().unwrap();
                let inode = state.local_seen(child.id).unwrap().unwrap().identity().inode;
                assert_eq!(state.local_by_path(&path).unwrap().as_ref(), Some(&child));
                lines.push(format!("{path} {inode}"));
                folders.extend(child.file.is_none().then_some(child.id));
            }
        }
    }
    lines.sort();
    lines
}

fn moved(id: LocalId, parent: LocalId, name: &str, seen: LocalSeen) -> LocalChange {
    LocalChange::Move { id, to: place(parent, name), seen }
}

#[test]
fn what_is_seen_again_is_no_news() {
    // A node is to be looked at when its bytes or its place may have changed; its hash stays as long as its stamp.
    let mut state = State::in_memory().unwrap();
    let folder = add(&mut state, LocalId::ROOT, "F", seen_folder(1));
    let file = add(&mut state, folder, "x", seen_file(2, 10));
    assert_eq!(drain(&mut state), [local(folder), local(file)]);
    assert!(state.set_hash(file, &stamp(2, 10), ContentHash([1; 32])).unwrap());
    assert!(!state.set_hash(file, &stamp(2, 11), ContentHash([2; 32])).unwrap());
    assert_eq!(drain(&mut state), [local(file)]);
    state.observe(&[LocalChange::Set { id: file, seen: seen_file(2, 10) }]).unwrap();
    assert_eq!(add(&mut state, folder, "x", seen_file(2, 10)), file);
    state.observe(&[LocalChange::Set { id: folder, seen: seen_folder(9) }]).unwrap();
    assert_eq!(drain(&mut state), []);
    let hash = |state: &State| state.local(file).unwrap().unwrap().file.unwrap().hash;
    assert_eq!(hash(&state), Some(ContentHash([1; 32])));
    state.observe(&[LocalChange::Set { id: file, seen: seen_file(3, 10) }]).unwrap();
    assert_eq!(hash(&state), None);
    assert_eq!(drain(&mut state), [local(file)]);
    assert_eq!(listing(&state), ["F 9", "F/x 3"]);
    assert_eq!(state.local_by_identity(&identity(3)).unwrap()[0].id, file);
    assert_eq!(state.local_by_identity(&identity(2)).unwrap(), []);
}

#[test]
fn names_are_swapped_and_rotated() {
    // In one call, what moves to a place never takes what moves away from it along.
    let mut state = State::in_memory().unwrap();
    let [a, b, c] = [("a", 1), ("b", 2), ("c", 3)]
        .map(|(name, inode)| add(&mut state, LocalId::ROOT, name, seen_folder(inode)));
    add(&mut state, a, "x", seen_file(4, 1));
    drain(&mut state);
    let root = LocalId::ROOT;
    let changes = [
        moved(a, root, "b", seen_folder(1)),
        moved(b, root, "c", seen_folder(2)),
        moved(c, root, "a", seen_folder(3)),
    ];
    assert_eq!(state.observe(&changes).unwrap(), [a, b, c]);
    assert_eq!(listing(&state), ["a 3", "b 1", "b/x 4", "c 2"]);
    assert_eq!(drain(&mut state), [local(a), local(b), local(c)]);
    // One goes into the other, while that comes out of it.
    state.observe(&[moved(b, a, "in", seen_folder(2))]).unwrap();
    let changes = [moved(a, b, "turned", seen_folder(1)), moved(b, root, "b", seen_folder(2))];
    state.observe(&changes).unwrap();
    assert_eq!(listing(&state), ["a 3", "b 2", "b/turned 1", "b/turned/x 4"]);
    let cycle = state.observe(&[moved(b, a, "in", seen_folder(2))]).unwrap_err();
    assert!(matches!(cycle, StateError::Cycle));
    assert_eq!(listing(&state), ["a 3", "b 2", "b/turned 1", "b/turned/x 4"]);
}

#[test]
fn what_leaves_a_folder_is_not_removed_with_it() {
    // In whatever order the two are told, and also if a name was only stood in between.
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let mut state = State::in_memory().unwrap();
        let folder = add(&mut state, LocalId::ROOT, "f", seen_folder(1));
        let file = add(&mut state, folder, "x", seen_file(2, 1));
        add(&mut state, folder, "y", seen_file(3, 1));
        let changes = [
            LocalChange::Remove { id: folder },
            moved(file, LocalId::ROOT, "f", seen_file(2, 1)),
            LocalChange::Add { place: place(LocalId::ROOT, "new"), seen: seen_file(4, 1) },
        ];
        let changes = order.map(|n: usize| changes[n].clone());
        state.observe(&changes).unwrap();
        assert_eq!(listing(&state), ["f 2", "new 4"]);
    }
    let mut state = State::in_memory().unwrap();
    let file = add(&mut state, LocalId::ROOT, "x", seen_file(1, 1));
    let on_the_way = moved(file, LocalId::ROOT, "/aside", seen_file(1, 1));
    state.observe(&[on_the_way, moved(file, LocalId::ROOT, "y", seen_file(1, 1))]).unwrap();
    assert_eq!(listing(&state), ["y 1"]);
}

#[test]
fn a_file_that_became_a_folder_is_another_node() {
    // What was is gone, with all below.
    let mut state = State::in_memory().unwrap();
    let old = add(&mut state, LocalId::ROOT, "x", seen_folder(1));
    add(&mut state, old, "y", seen_file(2, 1));
    let new = state.observe(&[LocalChange::Set { id: old, seen: seen_file(3, 1) }]).unwrap()[0];
    assert_ne!(new, old);
    assert_eq!(listing(&state), ["x 3"]);
    assert_eq!(drain(&mut state), [local(new)]);
    assert_eq!(state.counts().unwrap().local.folders, 0);
}

#[test]
fn names_of_one_key_stand_side_by_side() {
    // A disk that tells them apart may have both; each is found by its name, and both by their key.
    let mut state = State::in_memory().unwrap();
    let upper = add(&mut state, LocalId::ROOT, "\u{c4}", seen_file(1, 1));
    let lower = add(&mut state, LocalId::ROOT, "a\u{308}", seen_file(2, 1));
    let both = state.local_at(LocalId::ROOT, &NameKey::of("\u{e4}")).unwrap();
    assert_eq!(both.iter().map(|node| node.id).collect::<Vec<_>>(), [lower, upper]);
    let by_name =
        |name| state.local_by_path(&LocalPath::root().join(name).unwrap()).unwrap().map(|node| node.id);
    assert_eq!((by_name("\u{c4}"), by_name("\u{e4}")), (Some(upper), None));
}

#[test]
fn what_cannot_be_is_refused_as_a_whole() {
    // Unknown nodes, files as folders and names that lead elsewhere: nothing of such a call is kept.
    let mut state = State::in_memory().unwrap();
    let file = add(&mut state, LocalId::ROOT, "x", seen_file(1, 1));
    drain(&mut state);
    let good = LocalChange::Add { place: place(LocalId::ROOT, "good"), seen: seen_file(2, 1) };
    let unknown = LocalId(99);
    for bad in [
        LocalChange::Set { id: unknown, seen: seen_file(1, 1) },
        LocalChange::Set { id: LocalId::ROOT, seen: seen_folder(1) },
        LocalChange::Add { place: place(unknown, "y"), seen: seen_file(3, 1) },
        LocalChange::Add { place: place(file, "y"), seen: seen_file(3, 1) },
        LocalChange::Add { place: place(LocalId::ROOT, ".."), seen: seen_file(3, 1) },
        LocalChange::Add { place: place(LocalId::ROOT, "a/b"), seen: seen_file(3, 1) },
        moved(file, LocalId::ROOT, "", seen_file(1, 1)),
    ] {
        let refused = state.observe(&[good.clone(), bad]).unwrap_err();
        assert!(matches!(refused, StateError::Unknown(_)), "{refused}");
    }
    assert_eq!(listing(&state), ["x 1"]);
    assert_eq!(drain(&mut state), []);
}

#[test]
fn numbers_are_never_given_again() {
    // Otherwise what somebody still says about one that is gone would be said about another.
    let mut state = State::in_memory().unwrap();
    let first = add(&mut state, LocalId::ROOT, "x", seen_file(1, 1));
    state.observe(&[LocalChange::Remove { id: first }]).unwrap();
    assert!(add(&mut state, LocalId::ROOT, "x", seen_file(1, 1)) > first);
}
