//! What the server tells.

use tidemark_sync::state::State;

use super::world::{drain, file, folder, gone, page, remote, remote_listing, tell};

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
