//! What steps led to, and what was decided.

use tidemark_sync::plan::{Plan, Record, Waiting, Why};
use tidemark_sync::state::{LocalChange, MassCounts, Placed, Sent, State};
use tidemark_sync::trees::{LocalId, Place, RemoteId, SyncedNode, Trees as _};

use super::world::{
    add, dirty, drain, file, folder, gone, local, place, remote, remote_file, rid, seen_file, seen_folder,
    stamp, tell,
};

/// A file was sent from the stamp `(1, data)`.
pub(crate) fn sent(local: LocalId, id: &str, to: Place<RemoteId>, data: u8) -> Sent {
    let stamp = Some(stamp(1, data.into()));
    Sent { local, remote: rid(id), to, file: Some(remote_file(data)), stamp }
}

fn link(state: &mut State, remote: &str, local: LocalId) {
    let records = vec![Record::Link { remote: rid(remote), local }];
    state.decide(&Plan { records, ..Plan::default() }).unwrap();
}

fn forget(state: &mut State, remote: &str) {
    let records = vec![Record::Forget { remote: rid(remote) }];
    state.decide(&Plan { records, ..Plan::default() }).unwrap();
}

/// A folder with a file in it on both sides, linked: `d` and `d/x`.
fn linked() -> (State, LocalId, LocalId) {
    let mut state = State::in_memory().unwrap();
    tell(&mut state, vec![folder("/d", "d"), file("/d/x", "x", 1)]);
    let d = add(&mut state, LocalId::ROOT, "d", seen_folder(9));
    let x = add(&mut state, d, "x", seen_file(1, 1));
    link(&mut state, "d", d);
    link(&mut state, "x", x);
    drain(&mut state);
    (state, d, x)
}

#[test]
fn links_and_partings_call_for_a_look_at_the_children() {
    // A pair has one mark; when it is no pair any more, each has its own. What is directly in it is looked at as well.
    let mut state = State::in_memory().unwrap();
    tell(&mut state, vec![folder("/d", "d"), file("/d/x", "x", 1)]);
    let d = add(&mut state, LocalId::ROOT, "d", seen_folder(9));
    let x = add(&mut state, d, "x", seen_file(1, 1));
    assert_eq!(dirty(&state, 9), [remote("d"), remote("x"), local(d), local(x)]);
    drain(&mut state);
    link(&mut state, "d", d);
    assert_eq!(drain(&mut state), [remote("d"), remote("x"), local(x)]);
    link(&mut state, "x", x);
    drain(&mut state);
    forget(&mut state, "d");
    assert_eq!(drain(&mut state), [remote("d"), remote("x"), local(d)]);
    assert!(state.synced(&rid("x")).unwrap().is_some());
    // What is gone on its side gets no mark.
    state.observe(&[LocalChange::Remove { id: x }]).unwrap();
    assert_eq!(dirty(&state, 9), [remote("x")]);
    forget(&mut state, "x");
    assert_eq!(drain(&mut state), [remote("x")]);
    assert_eq!(state.synced_local(x).unwrap(), None);
}

#[test]
fn the_roots_are_linked_for_ever() {
    // They are in all trees, and in no listing.
    let (state, ..) = linked();
    let (there, here) = (RemoteId::root(), LocalId::ROOT);
    assert_eq!(state.remote(&there).unwrap().unwrap().id, there);
    assert_eq!(state.local(here).unwrap().unwrap().id, here);
    assert_eq!(state.synced(&there).unwrap(), state.synced_local(here).unwrap());
    let names = |nodes: Vec<SyncedNode>| nodes.into_iter().map(|node| node.remote).collect::<Vec<_>>();
    assert_eq!(names(state.synced_children(&there, None, 9).unwrap()), [rid("d")]);
    assert_eq!(names(state.synced_children(&rid("d"), None, 9).unwrap()), [rid("x")]);
    assert_eq!(names(state.synced_children(&rid("d"), Some(&rid("x")), 9).unwrap()), []);
}

#[test]
fn what_waits_keeps_its_number() {
    // Whoever walks over all goes on behind it, so that it keeps nothing else from being looked at.
    let mut state = State::in_memory().unwrap();
    let ids = ["1", "2", "3"].map(|name| add(&mut state, LocalId::ROOT, name, seen_file(1, 1)));
    let [one, two, three] = ids.map(local);
    let wait = |item: &_| Waiting { item: tidemark_sync::trees::Item::clone(item), why: Why::Others };
    let batch = state.dirty(0, 2).unwrap();
    assert_eq!(dirty(&state, 2), [one.clone(), two.clone()]);
    state.decide(&Plan { waiting: vec![wait(&one)], settled: vec![two.clone()], ..Plan::default() }).unwrap();
    let behind = state.dirty(batch[1].0, 9).unwrap();
    assert_eq!(behind.iter().map(|(_, item)| item).collect::<Vec<_>>(), [&three]);
    assert_eq!(state.dirty(behind[0].0, 9).unwrap(), []);
    assert_eq!(dirty(&state, 9), [one.clone(), three.clone()]);
    // To be looked at already, it keeps its number; what was settled gets a new one.
    state.touch(&[three.clone(), two.clone(), one.clone()]).unwrap();
    assert_eq!(dirty(&state, 9), [one, three, two]);
}

#[test]
fn a_download_is_seen_and_agreed_on_at_once() {
    // A new file is in the disk's tree with its hash, and as it was brought.
    let (mut state, d, _) = linked();
    tell(&mut state, vec![file("/d/new", "n", 2)]);
    let mut done = Placed {
        remote: rid("n"),
        from: place(rid("d"), "new"),
        to: place(d, "new"),
        replaces: None,
        seen: seen_file(5, 2),
        file: Some(remote_file(2)),
    };
    let id = state.placed(&done).unwrap();
    let pair = state.synced(&rid("n")).unwrap().unwrap();
    assert_eq!(pair.place, place(rid("d"), "new"));
    assert_eq!((pair.local, pair.local_parent, pair.file), (id, d, Some(remote_file(2))));
    let hash = |state: &State| state.local(id).unwrap().unwrap().file.unwrap().hash;
    assert_eq!(hash(&state), Some(remote_file(2).content.hash));
    // New bytes for it, while it was moved on both sides: nothing is agreed on about that.
    state.observe(&[LocalChange::Move { id, to: place(d, "here"), seen: seen_file(5, 2) }]).unwrap();
    tell(&mut state, vec![gone("/d/new"), file("/d/there", "n", 3)]);
    done.replaces = Some(id);
    (done.seen, done.file) = (seen_file(6, 3), Some(remote_file(3)));
    assert_eq!(state.placed(&done).unwrap(), id);
    let pair = state.synced(&rid("n")).unwrap().unwrap();
    assert_eq!((&*pair.place.name, pair.file), ("new", Some(remote_file(3))));
    assert_eq!(&*state.local(id).unwrap().unwrap().place.name, "here");
    assert_eq!(hash(&state), Some(remote_file(3).content.hash));
    // Into a folder that is no pair any more: it is what the server had there all the same, and nobody's new file.
    forget(&mut state, "d");
    tell(&mut state, vec![file("/d/late", "l", 4)]);
    drain(&mut state);
    let late = Placed {
        remote: rid("l"),
        from: place(rid("d"), "late"),
        to: place(d, "late"),
        replaces: None,
        seen: seen_file(7, 4),
        file: Some(remote_file(4)),
    };
    let id = state.placed(&late).unwrap();
    let pair = state.synced_local(id).unwrap().unwrap();
    assert_eq!((pair.remote, pair.place), (rid("l"), place(rid("d"), "late")));
    assert_eq!(drain(&mut state), [remote("l")]);
}

#[test]
fn an_upload_is_agreed_on_as_it_was_read() {
    // If the file is another by now, its hash is not known, and it is to be looked at; what was sent is agreed on.
    let (mut state, d, x) = linked();
    state.observe(&[LocalChange::Set { id: x, seen: seen_file(1, 2) }]).unwrap();
    let hash = |state: &State| state.local(x).unwrap().unwrap().file.unwrap().hash;
    state.sent(&sent(x, "x", place(rid("d"), "x"), 2)).unwrap();
    assert_eq!(hash(&state), Some(remote_file(2).content.hash));
    assert_eq!(state.synced(&rid("x")).unwrap().unwrap().file, Some(remote_file(2)));
    state.observe(&[LocalChange::Set { id: x, seen: seen_file(1, 4) }]).unwrap();
    drain(&mut state);
    state.sent(&sent(x, "x", place(rid("d"), "x"), 3)).unwrap();
    assert_eq!(hash(&state), None);
    assert_eq!(state.synced(&rid("x")).unwrap().unwrap().file, Some(remote_file(3)));
    assert_eq!(drain(&mut state), [remote("x")]);
    // The remote tree waits to be told.
    assert_eq!(state.remote(&rid("x")).unwrap().unwrap().file, Some(remote_file(1)));
    // It went while it was sent: then it is missing here.
    let new = add(&mut state, d, "new", seen_file(1, 5));
    state.observe(&[LocalChange::Remove { id: new }]).unwrap();
    state.sent(&sent(new, "n", place(rid("d"), "new"), 5)).unwrap();
    tell(&mut state, vec![file("/d/new", "n", 5)]);
    assert_eq!(drain_missing(&mut state).gone_locally, 1);
}

fn drain_missing(state: &mut State) -> MassCounts {
    let counts = state.missing_counts().unwrap();
    drain(state);
    counts
}

#[test]
fn a_move_agrees_on_nothing_about_bytes() {
    // Somebody else edited the file just before we moved it: their bytes are still to be brought here.
    let (mut state, _, x) = linked();
    let mut done = sent(x, "x", place(RemoteId::root(), "moved"), 7);
    done.stamp = None;
    state.sent(&done).unwrap();
    let pair = state.synced(&rid("x")).unwrap().unwrap();
    assert_eq!((pair.place, pair.local_parent), (place(RemoteId::root(), "moved"), LocalId::ROOT));
    assert_eq!(pair.file, Some(remote_file(1)));
    // A new revision of the same bytes is agreed on.
    let mut same = remote_file(1);
    same.rev = tidemark_client::Rev::new("moved").unwrap();
    done.file = Some(same.clone());
    state.sent(&done).unwrap();
    assert_eq!(state.synced(&rid("x")).unwrap().unwrap().file, Some(same));
}

#[test]
fn a_local_move_keeps_the_hash() {
    // The bytes are those that they were, whatever a rename does to the stamp; both sides' places are compared later.
    let (mut state, _, x) = linked();
    state.set_hash(x, &stamp(1, 1), remote_file(1).content.hash).unwrap();
    drain(&mut state);
    let mut after = stamp(1, 1);
    after.changed_ns += 1;
    state.moved_local(x, &place(LocalId::ROOT, "y"), Some(&after), false).unwrap();
    let node = state.local(x).unwrap().unwrap();
    assert_eq!(node.place, place(LocalId::ROOT, "y"));
    let seen = node.file.unwrap();
    assert_eq!((seen.stamp, seen.hash), (after, Some(remote_file(1).content.hash)));
    assert_eq!(&*state.synced(&rid("x")).unwrap().unwrap().place.name, "x");
    assert_eq!(drain(&mut state), [remote("x")]);
    let records = vec![Record::Rebase { remote: rid("x") }];
    state.decide(&Plan { records, ..Plan::default() }).unwrap();
    assert_eq!(state.synced(&rid("x")).unwrap().unwrap().local_parent, LocalId::ROOT);
    // The observer was first: nothing is left to say.
    state.observe(&[LocalChange::Remove { id: x }]).unwrap();
    state.moved_local(x, &place(LocalId::ROOT, "z"), None, false).unwrap();
    assert_eq!(state.local(x).unwrap(), None);
}

#[test]
fn what_follows_the_server_is_where_both_agree() {
    // A deletion that comes right behind our own move is not taken for one of something that somebody moved here.
    let (mut state, _, x) = linked();
    state.moved_local(x, &place(LocalId::ROOT, "y"), None, true).unwrap();
    let pair = state.synced(&rid("x")).unwrap().unwrap();
    assert_eq!((pair.place, pair.local_parent), (place(RemoteId::root(), "y"), LocalId::ROOT));
    assert_eq!(pair.file, Some(remote_file(1)));
}

#[test]
fn what_was_looked_for_while_we_moved_it_is_agreed_on_again() {
    // It was not where it had been, so it counted as gone before the move was told. In its new place it was not seen yet, or is
    // nobody's; anything else there is no part of what was agreed on.
    let there = place(LocalId::ROOT, "y");
    for (seen, follows, is_found) in [
        (None, true, true),
        (Some(seen_file(1, 1)), true, true),
        (Some(seen_file(1, 2)), true, false),
        (Some(seen_file(2, 1)), true, false),
        (Some(seen_folder(1)), true, false),
        (None, false, false),
        (Some(seen_file(1, 1)), false, false),
    ] {
        let what = format!("{seen:?}, follows: {follows}");
        let (mut state, _, x) = linked();
        tell(&mut state, vec![gone("/d/x"), file("/y", "x", 1)]);
        state.observe(&[LocalChange::Remove { id: x }]).unwrap();
        let seen = seen.map(|seen| add(&mut state, LocalId::ROOT, "y", seen));
        assert_eq!(state.missing_counts().unwrap().gone_locally, 1, "{what}");
        state.moved_local(x, &there, Some(&stamp(1, 1)), follows).unwrap();

        let pair = state.synced(&rid("x")).unwrap().unwrap();
        let known = state.known_child(LocalId::ROOT, "y").unwrap().map(|known| known.id);
        assert_eq!(state.missing_counts().unwrap().gone_locally, u64::from(!is_found), "{what}");
        if !is_found {
            assert_eq!((pair.local, &*pair.place.name, known), (x, "x", seen), "{what}");
            continue;
        }
        assert_eq!(Some(pair.local), known, "{what}");
        assert!(seen.is_none_or(|seen| seen == pair.local), "{what}");
        assert_eq!((pair.place, pair.local_parent), (place(RemoteId::root(), "y"), LocalId::ROOT), "{what}");
        assert_eq!(pair.file, Some(remote_file(1)), "{what}");
        let here = state.local(pair.local).unwrap().unwrap().file.unwrap();
        assert_eq!((here.stamp, here.hash), (stamp(1, 1), None), "it may have been edited before: {what}");
    }
}

#[test]
fn what_is_agreed_on_in_a_place_is_nothing_that_we_moved() {
    // The place belongs to another pair by now, whatever its stamp says.
    let (mut state, _, x) = linked();
    tell(&mut state, vec![file("/y", "y", 1)]);
    let y = add(&mut state, LocalId::ROOT, "y", seen_file(1, 1));
    link(&mut state, "y", y);
    state.observe(&[LocalChange::Remove { id: x }]).unwrap();
    state.moved_local(x, &place(LocalId::ROOT, "y"), Some(&stamp(1, 1)), true).unwrap();
    assert_eq!(state.synced_local(y).unwrap().unwrap().remote, rid("y"));
    assert_eq!(state.synced(&rid("x")).unwrap().unwrap().local, x);
}

#[test]
fn trash_and_deletions_are_forgotten() {
    // What is put into the trash is gone here and agreed on no more; what is deleted on the server, with all below.
    let (mut state, d, x) = linked();
    tell(&mut state, vec![gone("/d/x")]);
    state.trashed(x).unwrap();
    assert_eq!((state.local(x).unwrap(), state.synced_local(x).unwrap()), (None, None));
    assert!(!drain(&mut state).contains(&remote("x")));

    let y = add(&mut state, d, "y", seen_file(1, 1));
    tell(&mut state, vec![file("/d/y", "y", 1)]);
    link(&mut state, "y", y);
    drain(&mut state);
    state.observe(&[LocalChange::Remove { id: d }]).unwrap();
    assert_eq!(state.missing_counts().unwrap(), MassCounts { synced: 2, gone_locally: 2, gone_remotely: 0 });
    state.deleted_remote(&rid("d")).unwrap();
    assert_eq!(state.missing_counts().unwrap(), MassCounts::default());
    assert_eq!(state.synced(&rid("y")).unwrap(), None);
    // Until the server tells of it, both are there, and to be looked at.
    assert_eq!(dirty(&state, 9), [remote("d"), remote("y")]);
    tell(&mut state, vec![gone("/d")]);
    assert_eq!(dirty(&state, 9), []);
}

#[test]
fn what_is_missing_is_counted_by_side() {
    // Gone from both, it would be deleted nowhere; what comes back is missing no more.
    let (mut state, _, x) = linked();
    tell(&mut state, vec![gone("/d")]);
    assert_eq!(state.missing_counts().unwrap().gone_remotely, 2);
    state.observe(&[LocalChange::Remove { id: x }]).unwrap();
    assert_eq!(state.missing_counts().unwrap(), MassCounts { synced: 2, gone_locally: 0, gone_remotely: 1 });
    tell(&mut state, vec![folder("/d", "d"), file("/d/x", "x", 1)]);
    assert_eq!(state.missing_counts().unwrap(), MassCounts { synced: 2, gone_locally: 1, gone_remotely: 0 });
    assert_eq!(drain(&mut state), [remote("x")]);
}

#[test]
fn several_changes_are_one() {
    // If one of them fails, none is there; an inner failure that is handled takes back only itself.
    let (mut state, d, _) = linked();
    let failed = state.together(|state| {
        add(state, d, "new", seen_file(3, 1));
        state.observe(&[LocalChange::Set { id: LocalId(99), seen: seen_file(1, 1) }])
    });
    failed.unwrap_err();
    assert_eq!(state.counts().unwrap().local.files, 1);
    state
        .together(|state| {
            add(state, d, "new", seen_file(3, 1));
            state.observe(&[LocalChange::Set { id: LocalId(99), seen: seen_file(1, 1) }]).unwrap_err();
            Ok(())
        })
        .unwrap();
    assert_eq!(state.counts().unwrap().local.files, 2);
}
