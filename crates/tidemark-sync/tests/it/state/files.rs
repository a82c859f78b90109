//! The file: opened, shared, damaged, and left by a process that was killed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;
use tidemark_sync::state::{LocalChange, Setting, State, StateError};
use tidemark_sync::trees::{LocalId, Trees as _};

use super::world::{add, file, place, seen_file, seen_folder, tell};

#[test]
fn it_is_there_again_when_it_is_opened_again() {
    // With everything in it, and for its owner's eyes only.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let mut state = State::open(&path).unwrap();
    tell(&mut state, vec![file("/x", "x", 1)]);
    add(&mut state, LocalId::ROOT, "y", seen_file(1, 1));
    let counts = state.counts().unwrap();
    for entry in folder.path().read_dir().unwrap() {
        let entry = entry.unwrap();
        assert!(entry.metadata().unwrap().permissions().mode() & 0o077 == 0, "{entry:?}");
    }
    drop(state);
    let state = State::open(&path).unwrap();
    assert_eq!(state.counts().unwrap(), counts);
    assert_eq!(state.cursor().unwrap().unwrap().as_str(), "c");
}

#[test]
fn there_is_one_engine() {
    // A second one is refused as long as the first one is there; who only looks is not.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    assert!(matches!(State::open_read_only(&path), Err(StateError::NotReady { .. })));
    let refused = State::set_from_outside(&path, &Setting::Paused(true));
    assert!(matches!(refused, Err(StateError::NotReady { .. })));
    assert!(!path.exists());
    let first = State::open(&path).unwrap();
    assert!(State::is_in_use(&path));
    assert!(matches!(State::open(&path), Err(StateError::InUse { .. })));
    assert!(matches!(State::set_aside(&path), Err(StateError::InUse { .. })));
    State::open_read_only(&path).unwrap();
    drop(first);
    assert!(!State::is_in_use(&path));
    State::open_read_only(&path).unwrap();
    State::open(&path).unwrap();
}

#[test]
fn a_link_in_its_place_leads_nowhere() {
    // Nothing is made where somebody else's link leads.
    let folder = tempfile::tempdir().unwrap();
    let (path, target) = (folder.path().join("state.db"), folder.path().join("target"));
    std::os::unix::fs::symlink(&target, &path).unwrap();
    assert!(matches!(State::open(&path), Err(StateError::File { attempted: "create", .. })));
    assert!(!target.exists());
}

#[test]
fn others_look_and_say_what_is_wanted() {
    // The engine notices, also while it has more to do; its own changes are none that it must notice.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let mut state = State::open(&path).unwrap();
    let before = state.generation().unwrap();
    add(&mut state, LocalId::ROOT, "x", seen_file(1, 1));
    assert_eq!(state.generation().unwrap(), before);
    let first = State::set_from_outside(&path, &Setting::Paused(true)).unwrap();
    assert_ne!(state.generation().unwrap(), before);
    let settings = state.settings().unwrap();
    assert!(settings.paused && settings.wished == first && settings.heeded < first);

    let mut looker = State::open_read_only(&path).unwrap();
    assert_eq!(looker.counts().unwrap(), state.counts().unwrap());
    assert!(looker.settings().unwrap().paused);
    looker.set(&Setting::Paused(false)).unwrap_err();
    // Each has a number, so that they know when it goes by what they have said.
    let second = State::set_from_outside(&path, &Setting::Paused(true)).unwrap();
    assert!(second > first);
    state.set(&Setting::Heeded(second)).unwrap();
    assert_eq!(looker.settings().unwrap().heeded, second);
    add(&mut state, LocalId::ROOT, "y", seen_file(1, 1));
    assert_eq!(looker.counts().unwrap().local.files, 2);
}

#[test]
fn a_newer_database_is_left_alone() {
    // Whoever opens it; nothing in it is changed.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    drop(State::open(&path).unwrap());
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let refused = State::open(&path).unwrap_err();
    let told = "state.db has schema version 99, and this program knows versions up to 1 only";
    assert!(refused.to_string().ends_with(told), "{refused}");
    assert!(matches!(State::open_read_only(&path), Err(StateError::TooNew { found: 99, .. })));
}

#[test]
fn damage_is_told_apart_and_can_be_set_aside() {
    // Another database can be begun in its place.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let mut state = State::open(&path).unwrap();
    state
        .together(|state| {
            for n in 0..500 {
                add(state, LocalId::ROOT, &format!("file {n}"), seen_file(n, 1));
            }
            Ok(())
        })
        .unwrap();
    drop(state);
    // Everything behind the first page, which has the schema.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0x55);
    std::fs::write(&path, &bytes).unwrap();
    let broken =
        State::open(&path).and_then(|state| state.local_children(LocalId::ROOT, None, 9).map(|_| ()));
    assert!(matches!(broken, Err(StateError::Damaged { .. })), "{broken:?}");
    std::fs::write(&path, "no database, and longer than the head of one would have to be".repeat(9)).unwrap();
    assert!(matches!(State::open(&path), Err(StateError::Damaged { .. })));

    State::set_aside(&path).unwrap();
    State::set_aside(&path).unwrap();
    assert!(folder.path().join("state.db.damaged").exists());
    let state = State::open(&path).unwrap();
    assert_eq!(state.counts().unwrap().local.files, 0);
}

#[test]
fn rows_that_cannot_be_are_damage() {
    // What is in a column is checked as it is read.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let mut state = State::open(&path).unwrap();
    tell(&mut state, vec![file("/x", "x", 1)]);
    let id = add(&mut state, LocalId::ROOT, "y", seen_file(1, 1));
    let meddler = Connection::open(&path).unwrap();
    meddler.execute_batch("UPDATE remote SET hash = x'00'; UPDATE local SET name = '../y'").unwrap();
    let read = state.remote(&super::world::rid("x")).unwrap_err();
    assert!(matches!(read, StateError::Damaged { .. }), "{read}");
    let read = state.local_path(id).unwrap_err();
    assert!(matches!(read, StateError::Damaged { .. }), "{read}");
    meddler.execute("UPDATE local SET name = 'y', parent = id", []).unwrap();
    let read = state.local_path(id).unwrap_err();
    assert!(matches!(read, StateError::Damaged { .. }), "{read}");
}

#[test]
fn a_killed_process_leaves_whole_transactions() {
    // A child writes until it is killed, again and again: what it said was done is there, and nothing is half there.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let mut last = 0;
    for round in 1..=4 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "--nocapture", "state::files::writes_until_it_is_killed"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut done = 0;
        while done < last + 5 * round {
            let line = lines.next().expect("it writes for ever").unwrap();
            done = line.strip_prefix("done ").map_or(done, |number| number.parse().unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let state = State::open(&path).unwrap();
        last = check(&state, done);
        drop(state);
        let database = Connection::open(&path).unwrap();
        let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
}

/// Each folder has its file, up to the last one that was begun; the sums are right. Answers how many there are.
fn check(state: &State, done: u64) -> u64 {
    let folders = state.local_children(LocalId::ROOT, None, usize::MAX).unwrap();
    let count = folders.len() as u64;
    assert!(count >= done, "{count} of {done} are there");
    for folder in &folders {
        let files = state.local_children(folder.id, None, 9).unwrap();
        assert_eq!(files.len(), 1, "{folder:?} is half done");
    }
    let counts = state.counts().unwrap();
    assert_eq!((counts.local.files, counts.local.folders, counts.dirty), (count, count, 2 * count));
    count
}

#[test]
#[ignore = "the child of the test above; by itself, it does nothing"]
fn writes_until_it_is_killed() {
    // In the working folder, if the test above has made it one.
    let path = Path::new("state.db");
    let mut state = match path.parent().map(|_| Path::new("Cargo.toml").exists()) {
        Some(false) => State::open(path).unwrap(),
        _ => return,
    };
    let mut number = state.counts().unwrap().local.folders;
    loop {
        let folder = state
            .together(|state| {
                let folder = add(state, LocalId::ROOT, &format!("{number:06}"), seen_folder(number));
                let seen = seen_file(number, 1);
                state.observe(&[LocalChange::Add { place: place(folder, "x"), seen }])?;
                Ok(folder)
            })
            .unwrap();
        state.touch(&[super::world::local(folder)]).unwrap();
        number += 1;
        writeln!(std::io::stdout(), "\ndone {number}").unwrap();
    }
}

#[test]
fn a_full_disk_is_not_damage() {
    // There is something to be done about the one, and nothing to be begun anew.
    let of = |code| StateError::from(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
    assert!(matches!(of(rusqlite::ffi::SQLITE_FULL), StateError::Full));
    assert!(matches!(of(rusqlite::ffi::SQLITE_CORRUPT), StateError::Damaged { .. }));
    assert!(matches!(of(rusqlite::ffi::SQLITE_BUSY), StateError::Database(_)));
}
