//! Whatever happens on a server, and however it is told, the remote tree ends as the server's, and what changed is marked.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tidemark_sync::plan::{Plan, Record};
use tidemark_sync::state::State;
use tidemark_sync::trees::{Item, LocalId, RemoteId, SyncedNode, Trees as _};

use super::server::{Position, Server};
use super::world::{self, add, drain, remote_file, remote_listing, rid, seen_file, seen_folder};

/// Reads until the server has no more to tell, in pages of about this size.
fn catch_up(state: &mut State, server: &Server, at: &mut Option<Position>, limit: usize) {
    loop {
        let (page, next) = server.page(at.as_ref(), limit);
        let applied = state.apply_page(&page).unwrap();
        assert_eq!((applied.told_all, applied.refused), (!page.has_more, 0));
        assert_eq!(state.cursor().unwrap().as_ref(), Some(&page.cursor));
        *at = Some(next);
        if !page.has_more {
            assert!(state.remote_is_whole().unwrap());
            return;
        }
    }
}

fn listing(server: &Server) -> Vec<String> {
    let line = |(id, (path, data)): (String, (String, Option<u8>))| {
        let file = data.map_or("/".to_owned(), |data| format!(" r{data}"));
        format!("{path} {id}{file}")
    };
    let mut lines: Vec<String> = server.listing().into_iter().map(line).collect();
    lines.sort();
    lines
}

/// Makes a node of the disk for an entry, and agrees that they are the same. Where it is does not matter here.
fn link(state: &mut State, id: &RemoteId) {
    let node = state.remote(id).unwrap().unwrap();
    let seen = if node.file.is_some() { seen_file(1, 1) } else { seen_folder(1) };
    let local = add(state, LocalId::ROOT, id.as_str(), seen);
    let records = vec![Record::Link { remote: id.clone(), local }];
    state.decide(&Plan { records, ..Plan::default() }).unwrap();
}

/// Whether the remote tree has a pair's entry as it was agreed on.
fn is_as_agreed(state: &State, pair: &SyncedNode) -> bool {
    let node = state.remote(&pair.remote).unwrap();
    node.is_some_and(|node| node.place == pair.place && node.file == pair.file)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn ends_as_the_server_is(
        rounds in prop::collection::vec((prop::collection::vec(any::<[u8; 4]>(), 0..12), 1..6usize, any::<u8>()), 1..8),
    ) {
        // Each round: changes on the server, some of them while pages are read; then everything is read and compared. What
        // was agreed on, and is different now, must be looked at; what is as it was must not.
        let (mut server, mut state) = (Server::new(), State::in_memory().unwrap());
        let mut at = None;
        let mut pairs: BTreeMap<RemoteId, SyncedNode> = BTreeMap::new();
        let mut before = BTreeMap::new();
        for (changes, limit, choice) in rounds {
            for (n, change) in changes.into_iter().enumerate() {
                server.act(change);
                if n % 3 == 2 {
                    let (page, next) = server.page(at.as_ref(), limit);
                    state.apply_page(&page).unwrap();
                    pairs.retain(|_, _| !page.reset);
                    at = Some(next);
                }
            }
            catch_up(&mut state, &server, &mut at, limit);
            prop_assert_eq!(remote_listing(&state), listing(&server));

            let dirty: BTreeSet<Item> = world::dirty(&state, usize::MAX).into_iter().collect();
            let now = server.listing();
            for (id, told) in &now {
                let item = Item::Remote(rid(id));
                let is_due = match pairs.get(&rid(id)) {
                    Some(pair) => !is_as_agreed(&state, pair),
                    None => before.get(id) != Some(told),
                };
                prop_assert!(!is_due || dirty.contains(&item), "{} is not looked at: {:?} {:?} {:?}", id, before, told, pairs.get(&rid(id)));
                // A pair that is as it was agreed on is left alone.
                let is_quiet = pairs.contains_key(&rid(id)) && !is_due;
                prop_assert!(!is_quiet || !dirty.contains(&item), "{} is looked at for nothing", id);
            }
            let gone = pairs.keys().filter(|id| !now.contains_key(id.as_str())).count();
            prop_assert_eq!(state.missing_counts().unwrap().gone_remotely, gone as u64);
            for id in &dirty {
                let Item::Remote(id) = id else { continue };
                prop_assert!(now.contains_key(id.as_str()) || pairs.contains_key(id), "nothing is left of {}", id);
            }
            let counts = state.counts().unwrap().remote;
            prop_assert_eq!(counts.files + counts.folders, now.len() as u64);

            drain(&mut state);
            let lost: Vec<RemoteId> = pairs.keys().filter(|id| !now.contains_key(id.as_str())).cloned().collect();
            let records = lost.iter().map(|remote| Record::Forget { remote: remote.clone() }).collect();
            state.decide(&Plan { records, ..Plan::default() }).unwrap();
            for (n, id) in now.keys().enumerate() {
                if n % 3 != usize::from(choice) % 3 {
                    link(&mut state, &rid(id));
                } else if pairs.contains_key(&rid(id)) {
                    let records = vec![Record::Rebase { remote: rid(id) }];
                    state.decide(&Plan { records, ..Plan::default() }).unwrap();
                }
            }
            drain(&mut state);
            let agreed = now.keys().filter_map(|id| state.synced(&rid(id)).unwrap());
            pairs = agreed.map(|pair| (pair.remote.clone(), pair)).collect();
            before = now;
        }
    }

    #[test]
    fn an_old_page_told_again_does_no_harm(
        changes in prop::collection::vec(any::<[u8; 4]>(), 1..30),
        limit in 1..6usize,
        twice in any::<bool>(),
        back in any::<usize>(),
    ) {
        // Reading on from an older cursor, or each page twice, ends with the same tree.
        let (mut server, mut state) = (Server::new(), State::in_memory().unwrap());
        let mut at = None;
        let mut positions = Vec::new();
        for change in changes {
            server.act(change);
            let (page, next) = server.page(at.as_ref(), limit);
            state.apply_page(&page).unwrap();
            if twice {
                prop_assert!(page.reset || !state.apply_page(&page).unwrap().changed || !page.entries.is_empty());
            }
            at = Some(next.clone());
            positions.push(next);
        }
        catch_up(&mut state, &server, &mut at, limit);
        prop_assert_eq!(remote_listing(&state), listing(&server));
        let mut again = Some(positions[back % positions.len()].clone());
        catch_up(&mut state, &server, &mut again, limit);
        prop_assert_eq!(remote_listing(&state), listing(&server));
    }
}

#[test]
fn the_helpers_tell_contents_apart() {
    // Otherwise the comparisons above would compare nothing.
    assert_ne!(remote_file(1), remote_file(2));
}
