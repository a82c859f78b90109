//! What is kept for people and restarts.

use tidemark_client::UploadSession;
use tidemark_sync::plan::Direction;
use tidemark_sync::plan::{Plan, Record};
use tidemark_sync::state::{
    Did, LocalChange, LogEntry, Problem, ProblemKind, Release, Setting, Settings, Side, State,
};
use tidemark_sync::trees::{Item, LocalId};

use super::world::{add, file, local, path, place, remote, rid, seen_file, seen_folder, stamp, tell};

fn problem(item: &Item, text: &str, retry_at_s: Option<i64>) -> Problem {
    Problem {
        item: item.clone(),
        path: "some/where".to_owned(),
        side: Side::Local,
        kind: ProblemKind::Denied,
        text: text.to_owned(),
        since_s: retry_at_s.unwrap_or(1),
        retry_at_s,
    }
}

#[test]
fn problems_are_one_for_each_item() {
    // A later one takes the place of an earlier one, and has its age; what is gone has none.
    let mut state = State::in_memory().unwrap();
    let ids = ["a", "b", "c"].map(|name| add(&mut state, LocalId::ROOT, name, seen_file(1, 1)));
    let [a, b, c] = ids.map(local);
    for (item, retry) in [(&a, Some(30)), (&b, Some(20)), (&c, None)] {
        state.set_problem(&problem(item, "first", retry)).unwrap();
    }
    state.set_problem(&problem(&a, "second", Some(10))).unwrap();
    let all = state.problems(9).unwrap();
    assert_eq!(all.iter().map(|problem| &problem.item).collect::<Vec<_>>(), [&a, &b, &c]);
    assert_eq!((all[0].text.as_str(), all[0].since_s, all[0].retry_at_s), ("second", 30, Some(10)));
    let due =
        |now| state.problems_due(now, 600, 9).unwrap().into_iter().map(|due| due.item).collect::<Vec<_>>();
    assert_eq!((due(9), due(10), due(99)), (vec![], vec![a.clone()], vec![a.clone(), b.clone()]));
    assert_eq!(
        (state.next_retry_s().unwrap(), state.to_try_again().unwrap()),
        (Some(10), vec![a.clone(), b.clone()])
    );
    // The clock was set back: nobody waits until it is as late again.
    assert_eq!((due(-580), due(-585)), (vec![], vec![b.clone()]));
    state.clear_problem(&b).unwrap();
    state.clear_problem(&b).unwrap();
    state.observe(&[LocalChange::Remove { id: ids[0] }]).unwrap();
    assert_eq!(state.problems(9).unwrap().len(), 1);
    assert_eq!(state.counts().unwrap().problems, 1);
}

#[test]
fn a_pair_has_one_problem() {
    // By whichever name it is told; what was told of one half is over when both are linked.
    let mut state = State::in_memory().unwrap();
    tell(&mut state, vec![file("/x", "x", 1)]);
    let id = add(&mut state, LocalId::ROOT, "x", seen_file(1, 1));
    state.set_problem(&problem(&local(id), "alone", None)).unwrap();
    let records = vec![Record::Link { remote: rid("x"), local: id }];
    state.decide(&Plan { records, ..Plan::default() }).unwrap();
    assert_eq!(state.problems(9).unwrap(), []);
    state.set_problem(&problem(&local(id), "one", None)).unwrap();
    state.set_problem(&problem(&remote("x"), "other", None)).unwrap();
    let problems = state.problems(9).unwrap();
    assert_eq!((problems.len(), &problems[0].item), (1, &remote("x")));
    state.clear_problem(&local(id)).unwrap();
    assert_eq!(state.problems(9).unwrap(), []);
}

#[test]
fn texts_are_shortened_between_characters() {
    // Whatever is shown has a limit, and stays text.
    let mut state = State::in_memory().unwrap();
    let id = add(&mut state, LocalId::ROOT, "x", seen_file(1, 1));
    let long = format!("x{}", "\u{e4}".repeat(5000));
    state.set_problem(&problem(&local(id), &long, None)).unwrap();
    let kept = &state.problems(1).unwrap()[0].text;
    assert_eq!(kept.len(), 4095);
    assert!(long.starts_with(kept.as_str()));
}

#[test]
fn the_log_keeps_the_newest() {
    // It is read backwards, page by page, and does not grow for ever.
    let mut state = State::in_memory().unwrap();
    let entry = |n: i64| LogEntry {
        at_s: n,
        did: Did::Downloaded,
        path: format!("file {n}"),
        detail: (n % 2 == 0).then(|| "even".to_owned()),
    };
    state.together(|state| (1..=10_005).try_for_each(|n| state.note(&entry(n)))).unwrap();
    let newest = state.log(2, None).unwrap();
    assert_eq!(
        newest.iter().map(|logged| logged.entry.clone()).collect::<Vec<_>>(),
        [entry(10_005), entry(10_004)]
    );
    let next = state.log(1, Some(newest[1].number)).unwrap();
    assert_eq!(next[0].entry, entry(10_003));
    let all = state.log(usize::MAX, None).unwrap();
    assert_eq!((all.len(), all.last().map(|logged| logged.entry.at_s)), (10_000, Some(6)));
}

#[test]
fn an_upload_is_resumed_only_as_it_began() {
    // With another stamp there is nothing to go on with, nor when the file is gone.
    let session = |id: &str| {
        let digest = "0".repeat(64);
        let text = format!(
            r#"{{"upload_id":"{id}","size":9,"had":{{"offset":0,"digest":"{digest}"}},"sent":{{"offset":0,"digest":"{digest}"}}}}"#
        );
        serde_json::from_str::<UploadSession>(&text).unwrap()
    };
    let mut state = State::in_memory().unwrap();
    let id = add(&mut state, LocalId::ROOT, "x", seen_file(1, 1));
    state.keep_session(id, &stamp(1, 1), &session("old")).unwrap();
    state.keep_session(id, &stamp(1, 1), &session("new")).unwrap();
    assert_eq!(state.session(id, &stamp(1, 1)).unwrap(), Some(session("new")));
    let mut unborn = stamp(1, 1);
    unborn.identity.born_ns = None;
    assert_eq!(state.session(id, &stamp(1, 2)).unwrap(), None);
    assert_eq!(state.session(id, &unborn).unwrap(), None);
    state.drop_session(id).unwrap();
    assert_eq!(state.session(id, &stamp(1, 1)).unwrap(), None);
    state.keep_session(id, &stamp(1, 1), &session("new")).unwrap();
    state.observe(&[LocalChange::Remove { id }]).unwrap();
    state.keep_session(id, &stamp(1, 1), &session("late")).unwrap();
    assert_eq!(state.session(id, &stamp(1, 1)).unwrap(), None);
}

#[test]
fn conflicts_last_as_long_as_the_copies() {
    // Each is told where it is now.
    let mut state = State::in_memory().unwrap();
    let folder = add(&mut state, LocalId::ROOT, "f", seen_folder(1));
    let ids = ["x (copy)", "y (copy)", "z (copy)"].map(|name| add(&mut state, folder, name, seen_file(1, 1)));
    for (n, id) in ids.into_iter().enumerate() {
        state.set_conflict(id, ["x", "y", "z"][n], 5 - n as i64).unwrap();
    }
    state
        .observe(&[LocalChange::Move { id: folder, to: place(LocalId::ROOT, "g"), seen: seen_folder(1) }])
        .unwrap();
    let shown = |state: &State| {
        let conflicts = state.conflicts(9).unwrap();
        conflicts
            .into_iter()
            .map(|conflict| format!("{} of {}", conflict.copy, conflict.name))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&state), ["g/z (copy) of z", "g/y (copy) of y", "g/x (copy) of x"]);
    state.observe(&[LocalChange::Remove { id: ids[1] }]).unwrap();
    // Elsewhere it is a copy still; under a name of somebody's own it is not.
    state.moved_local(ids[0], &place(LocalId::ROOT, "x (copy)"), None, false).unwrap();
    assert_eq!(shown(&state), ["g/z (copy) of z", "x (copy) of x"]);
    state.moved_local(ids[0], &place(LocalId::ROOT, "mine"), None, false).unwrap();
    assert_eq!(shown(&state), ["g/z (copy) of z"]);
    assert_eq!(state.counts().unwrap().conflicts, 1);
}

#[test]
fn settings_are_kept_one_by_one() {
    // Each is what it was set to last; nothing was wanted in the beginning.
    let mut state = State::in_memory().unwrap();
    assert_eq!(state.settings().unwrap(), Settings::default());
    let excluded = vec![path("/a/\u{e4} \""), path("/b")];
    let release = Release { gone_locally: 3, gone_remotely: 0 };
    state.set(&Setting::Paused(true)).unwrap();
    state.set(&Setting::Excluded(excluded.clone())).unwrap();
    state.set(&Setting::Released(Some(release))).unwrap();
    let settings = Settings {
        paused: true,
        excluded: excluded.clone(),
        excluded_before: Vec::new(),
        released: Some(release),
        direction: None,
        swept_s: None,
        ..Settings::default()
    };
    assert_eq!(state.settings().unwrap(), settings);
    for direction in [Direction::Both, Direction::Up, Direction::Down] {
        state.set(&Setting::Direction(direction)).unwrap();
        assert_eq!(state.settings().unwrap(), Settings { direction: Some(direction), ..settings.clone() });
    }
    state.set(&Setting::Paused(false)).unwrap();
    state.set(&Setting::Released(None)).unwrap();
    state.set(&Setting::Swept(-7)).unwrap();
    let (direction, swept_s) = (Some(Direction::Down), Some(-7));
    assert_eq!(state.settings().unwrap(), Settings { excluded, direction, swept_s, ..Settings::default() });
}
