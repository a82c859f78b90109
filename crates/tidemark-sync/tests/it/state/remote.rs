//! What the server tells.

use tidemark_client::{Cursor, Kind};
use tidemark_sync::plan::{Plan, Record};
use tidemark_sync::state::{LocalChange, ProblemKind, State, StateError};
use tidemark_sync::trees::{LocalId, NameKey, RemoteId, Trees as _};

use super::world::{
    add, drain, entry, file, folder, gone, local, page, place, remote, remote_listing, rid, seen_file,
    seen_folder, tell,
};

#[test]
fn what_is_told_twice_is_marked_once() {
    // An entry is to be looked at when something about it is different, and only then.
    let mut state = State::in_memory().unwrap();
    let told = vec![folder("/A", "a"), file("/A/x", "x", 1)];
    assert!(state.apply_page(&page(told.clone())).unwrap().changed);
    assert_eq!(drain(&mut state), [remote("a"), remote("x")]);
    assert!(!state.apply_page(&page(told)).unwrap().changed);
    assert_eq!(drain(&mut state), []);
    tell(&mut state, vec![file("/A/x", "x", 2)]);
    assert_eq!(drain(&mut state), [remote("x")]);
    assert_eq!(remote_listing(&state), ["/A a/", "/A/x x r2"]);
    tell(&mut state, vec![gone("/A")]);
    assert_eq!(remote_listing(&state), [""; 0]);
}

#[test]
fn ids_change_places_in_one_page() {
    // Whatever the order in which a page tells it, an id is where it was told last, and nowhere else.
    let mut state = State::in_memory().unwrap();
    tell(&mut state, vec![file("/1", "x", 1), file("/2", "y", 2), file("/3", "z", 3)]);
    tell(&mut state, vec![file("/1", "y", 2), file("/2", "z", 3), file("/3", "x", 1)]);
    assert_eq!(remote_listing(&state), ["/1 y r2", "/2 z r3", "/3 x r1"]);
    tell(&mut state, vec![file("/4", "x", 1), file("/5", "x", 1)]);
    assert_eq!(remote_listing(&state), ["/1 y r2", "/2 z r3", "/5 x r1"]);
}

#[test]
fn files_and_folders_take_each_others_places() {
    // A file takes the place of a folder and all in it, a folder that of a file; a folder's metadata leaves what is in it.
    let mut state = State::in_memory().unwrap();
    tell(&mut state, vec![folder("/a", "a"), folder("/a/b", "b"), file("/a/b/x", "x", 1)]);
    tell(&mut state, vec![folder("/A", "a")]);
    assert_eq!(remote_listing(&state), ["/A a/", "/A/b b/", "/A/b/x x r1"]);
    tell(&mut state, vec![file("/a", "f", 2)]);
    assert_eq!(remote_listing(&state), ["/a f r2"]);
    tell(&mut state, vec![folder("/a", "g"), file("/a/x", "x", 1)]);
    assert_eq!(remote_listing(&state), ["/a g/", "/a/x x r1"]);
    // Below a file, there can only be something if it is one no longer.
    tell(&mut state, vec![file("/a/x/y", "y", 3)]);
    tell(&mut state, vec![folder("/a/x", "h")]);
    assert_eq!(remote_listing(&state), ["/a g/", "/a/x h/", "/a/x/y y r3"]);
}

#[test]
fn what_is_in_an_untold_folder_waits_for_it() {
    // A folder on the way that was not told has no identity: it is in no answer until it is told, with what is in it.
    let mut state = State::in_memory().unwrap();
    tell(&mut state, vec![file("/a/b/x", "x", 1)]);
    assert_eq!(state.remote_children(&RemoteId::root(), None, 9).unwrap(), []);
    assert_eq!(state.remote_at(&RemoteId::root(), &NameKey::of("a")).unwrap(), None);
    let untold = state.remote(&rid("x")).unwrap().unwrap().place.parent;
    assert_eq!(state.remote(&untold).unwrap(), None);
    assert_eq!(state.synced(&untold).unwrap(), None);
    drain(&mut state);
    tell(&mut state, vec![folder("/a", "a")]);
    assert_eq!(drain(&mut state), [remote("a")]);
    tell(&mut state, vec![folder("/A/B", "b")]);
    assert_eq!(drain(&mut state), [remote("b"), remote("x")]);
    assert_eq!(remote_listing(&state), ["/a a/", "/a/B b/", "/a/B/x x r1"]);
    // One that goes takes everything along, told or not.
    tell(&mut state, vec![file("/c/d/y", "y", 2), gone("/c")]);
    assert_eq!(state.remote(&rid("y")).unwrap(), None);
}

#[test]
fn a_folder_can_go_into_its_own_place() {
    // It went into a folder that has its old name now: the other is told later, and meanwhile has no identity.
    let mut state = State::in_memory().unwrap();
    tell(&mut state, vec![folder("/a", "a"), file("/a/x", "x", 1)]);
    tell(&mut state, vec![folder("/a/b", "a"), file("/a/b/x", "x", 1)]);
    tell(&mut state, vec![folder("/a", "c")]);
    assert_eq!(remote_listing(&state), ["/a c/", "/a/b a/", "/a/b/x x r1"]);
}

#[test]
fn impossible_names_are_noted_and_not_kept() {
    // A name that is beyond all measure, or a size, is no part of the tree; everything else in the page is.
    let mut state = State::in_memory().unwrap();
    let long = "n".repeat(4097);
    let mut huge = file("/huge", "h", 1);
    if let Some(Kind::File(told)) = huge.1.as_mut().map(|told| &mut told.kind) {
        told.bytes = u64::MAX;
    }
    let told = vec![folder(&format!("/{long}"), "l"), huge, file("/x", "x", 1)];
    assert_eq!(state.apply_page(&page(told)).unwrap().refused, 2);
    assert_eq!(remote_listing(&state), ["/x x r1"]);
    let problems = state.problems(9).unwrap();
    assert_eq!(problems.len(), 2);
    assert!(problems.iter().all(|problem| problem.kind == ProblemKind::BadName && problem.since_s == 7));
    assert!(problems.iter().all(|problem| problem.path.len() <= 4096));
    assert_eq!(problems[0].item, remote("l"));
    // When it is told with a name that can be, the problem is over.
    tell(&mut state, vec![folder("/short", "l")]);
    assert_eq!(state.problems(9).unwrap().len(), 1);
}

#[test]
fn a_server_that_tells_no_identity_is_refused() {
    // Nothing of such a page is kept.
    let mut state = State::in_memory().unwrap();
    let mut nameless = folder("/a", "a");
    nameless.1.as_mut().unwrap().id = None;
    let refused = state.apply_page(&page(vec![file("/x", "x", 1), nameless])).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the server does not tell the identity of \"/a\": it is too old to sync with"
    );
    let mut blind = file("/b", "b", 1);
    if let Some(Kind::File(told)) = blind.1.as_mut().map(|told| &mut told.kind) {
        told.content_hash = None;
    }
    let refused = state.apply_page(&page(vec![blind])).unwrap_err();
    assert!(matches!(refused, StateError::OldServer { what: "content hash", .. }));
    assert_eq!((state.cursor().unwrap(), remote_listing(&state)), (None, vec![]));
}

#[test]
fn a_reset_forgets_what_was_agreed_on() {
    // It is all told anew: nothing is taken for deleted, and everything here is looked at.
    let mut state = State::in_memory().unwrap();
    tell(&mut state, vec![folder("/a", "a"), file("/x", "x", 1)]);
    let here = add(&mut state, LocalId::ROOT, "a", seen_folder(1));
    let records = vec![Record::Link { remote: rid("a"), local: here }];
    state.decide(&Plan { records, ..Plan::default() }).unwrap();
    drain(&mut state);
    let mut told = page(vec![file("/y", "y", 1)]);
    (told.reset, told.has_more) = (true, true);
    state.apply_page(&told).unwrap();
    assert!(!state.remote_is_whole().unwrap());
    assert_eq!(state.synced(&rid("a")).unwrap(), None);
    assert_eq!(remote_listing(&state), ["/y y r1"]);
    assert_eq!(drain(&mut state), [remote("y"), local(here)]);
    told = page(vec![]);
    told.cursor = Cursor::new("later").unwrap();
    state.apply_page(&told).unwrap();
    assert!(state.remote_is_whole().unwrap());
    assert_eq!(state.cursor().unwrap().unwrap().as_str(), "later");
    assert_eq!(state.counts().unwrap().synced, Default::default());
}

#[test]
fn the_first_listing_is_whole_at_its_end() {
    // Also if the server does not say that it begins anew; and changes afterwards leave it whole.
    let mut state = State::in_memory().unwrap();
    let mut told = page(vec![]);
    told.has_more = true;
    state.apply_page(&told).unwrap();
    assert!(!state.remote_is_whole().unwrap());
    tell(&mut state, vec![]);
    assert!(state.remote_is_whole().unwrap());
    state.apply_page(&told).unwrap();
    assert!(state.remote_is_whole().unwrap());
}

#[test]
fn an_echo_is_no_news() {
    // What the server tells of our own upload is as agreed on already.
    let mut state = State::in_memory().unwrap();
    let here = add(&mut state, LocalId::ROOT, "x", seen_file(1, 1));
    let sent = super::results::sent(here, "x", place(RemoteId::root(), "x"), 1);
    state.sent(&sent).unwrap();
    drain(&mut state);
    assert!(state.apply_page(&page(vec![file("/x", "x", 1)])).unwrap().changed);
    assert_eq!(drain(&mut state), []);
    // Neither is it when it is told as gone, and told again, on the way of a folder that was moved.
    tell(&mut state, vec![gone("/x"), file("/x", "x", 1)]);
    assert_eq!(drain(&mut state), []);
    // But what changed here meanwhile still is.
    state.observe(&[LocalChange::Set { id: here, seen: seen_file(2, 1) }]).unwrap();
    tell(&mut state, vec![gone("/x"), file("/x", "x", 1)]);
    assert_eq!(drain(&mut state), [remote("x")]);
}

#[test]
fn the_whole_tree_can_be_told_as_gone() {
    // That is what is told when an app's folder goes.
    let mut state = State::in_memory().unwrap();
    tell(&mut state, vec![folder("/a", "a"), file("/a/x", "x", 1), file("/y", "y", 1)]);
    tell(&mut state, vec![gone("/")]);
    assert_eq!(remote_listing(&state), [""; 0]);
    assert_eq!(drain(&mut state), []);
    // What is told as deleted is gone, too; of the root's metadata, nothing is kept.
    tell(&mut state, vec![file("/y", "y", 1)]);
    let mut deleted = file("/y", "y", 1);
    deleted.1.as_mut().unwrap().is_deleted = true;
    tell(&mut state, vec![deleted, entry("/", "root", Kind::Folder)]);
    assert_eq!(remote_listing(&state), [""; 0]);
}
