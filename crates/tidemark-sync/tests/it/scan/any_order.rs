//! Whatever is done, and whenever which of it is looked at: in the end, what is known is what is there, and who moved is known.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use tidemark_sync::observe::local::{Depth, Looks};
use tidemark_sync::ports::{Identity, LocalPath, Noticed, Stamp};
use tidemark_sync::state::{Known, LocalSeen};

use super::World;
use crate::disk::path;

/// Something that somebody does. Places are numbers; what cannot be done is not done.
#[derive(Clone, Debug)]
enum Act {
    File(usize),
    Folder(usize),
    Edit(usize),
    Save(usize),
    Remove(usize),
    Rename(usize, usize),
    Exchange(usize, usize),
    HardLink(usize, usize),
    Symlink(usize),
    Replace(usize),
    /// Looks at some of what was noticed.
    Look(u64),
    /// Looks at all that was noticed, and checks who is who.
    LookAtAll,
}

const PLACES: usize = 3 + 9 + 27;

fn place(number: usize) -> String {
    let name = |number: usize| ["a", "b", "c"][number % 3];
    match number {
        0..3 => name(number).to_owned(),
        3..12 => format!("{}/{}", name(number), name(number / 3)),
        _ => format!("{}/{}/{}", name(number), name(number / 3), name(number / 9)),
    }
}

fn act() -> impl Strategy<Value = Act> {
    let place = || prop_oneof![0..3_usize, 0..12_usize, 0..PLACES];
    prop_oneof![
        4 => place().prop_map(Act::File),
        6 => place().prop_map(Act::Folder),
        2 => place().prop_map(Act::Edit),
        3 => place().prop_map(Act::Save),
        3 => place().prop_map(Act::Remove),
        10 => (place(), place()).prop_map(|(from, to)| Act::Rename(from, to)),
        4 => (place(), place()).prop_map(|(one, other)| Act::Exchange(one, other)),
        1 => (place(), place()).prop_map(|(from, to)| Act::HardLink(from, to)),
        1 => place().prop_map(Act::Symlink),
        2 => place().prop_map(Act::Replace),
        2 => any::<u64>().prop_map(Act::Look),
        4 => Just(Act::LookAtAll),
    ]
}

impl World {
    /// Does something; tells where a watch would notice it.
    fn act(&self, act: &Act, round: usize) -> io::Result<Vec<Noticed>> {
        let at = |number: &usize| {
            let path = self.at(&place(*number));
            // What is done behind a link is done elsewhere, where it is noticed.
            let through_link =
                path.parent().is_some_and(|folder| folder.canonicalize().is_ok_and(|real| real != folder));
            if through_link { self.at("nowhere/at/all") } else { path }
        };
        let changed = |number: &usize| Noticed::Changed(path(&place(*number)));
        let below = |number: &usize| Noticed::ChangedBelow(path(&place(*number)));
        let bytes = "x".repeat(round % 7);
        Ok(match act {
            Act::File(number) => {
                fs::OpenOptions::new().write(true).create_new(true).open(at(number))?;
                vec![changed(number)]
            }
            Act::Folder(number) => {
                fs::create_dir(at(number))?;
                vec![below(number)]
            }
            Act::Edit(number) => {
                if fs::symlink_metadata(at(number))?.is_file() {
                    fs::write(at(number), bytes)?;
                }
                vec![changed(number)]
            }
            Act::Save(number) => {
                if fs::symlink_metadata(at(number))?.is_file() {
                    fs::write(self.folder.root().join("saved.crdownload"), bytes)?;
                    fs::rename(self.folder.root().join("saved.crdownload"), at(number))?;
                }
                vec![changed(number)]
            }
            Act::Remove(number) => {
                let path = at(number);
                if fs::symlink_metadata(&path)?.is_dir() {
                    fs::remove_dir_all(path)?;
                } else {
                    fs::remove_file(path)?;
                }
                vec![changed(number)]
            }
            Act::Rename(from, to) => {
                fs::rename(at(from), at(to))?;
                vec![changed(from), below(to)]
            }
            Act::Exchange(one, other) => {
                renameat_with(CWD, at(one), CWD, at(other), RenameFlags::EXCHANGE)?;
                vec![below(one), below(other)]
            }
            Act::HardLink(from, to) => {
                fs::hard_link(at(from), at(to))?;
                vec![changed(from), changed(to)]
            }
            Act::Symlink(number) => {
                std::os::unix::fs::symlink("a", at(number))?;
                vec![changed(number)]
            }
            Act::Replace(number) => {
                fs::remove_dir_all(at(number))?;
                fs::create_dir(at(number))?;
                vec![changed(number), below(number)]
            }
            Act::Look(_) | Act::LookAtAll => Vec::new(),
        })
    }
}

/// Who moved, and who was replaced, is who it was.
fn check_identities(before: &BTreeMap<String, Known>, after: &BTreeMap<String, Known>) {
    let count = |nodes: &BTreeMap<String, Known>| {
        let mut count: BTreeMap<Identity, usize> = BTreeMap::new();
        nodes.values().for_each(|known| *count.entry(known.seen.identity()).or_default() += 1);
        count
    };
    let (names_before, names_after) = (count(before), count(after));
    let ids: BTreeSet<_> = after.values().map(|known| known.id).collect();
    assert_eq!(ids.len(), after.len(), "no two are one");
    let by_identity: BTreeMap<_, _> = before.values().map(|known| (known.seen.identity(), known)).collect();
    for (path, known) in after {
        let there_before = before.get(path);
        let unique =
            names_before.get(&known.seen.identity()) == Some(&1) && names_after[&known.seen.identity()] == 1;
        match by_identity.get(&known.seen.identity()) {
            // Others were in its place: that is a matter of its own.
            Some(same) if unique && there_before.is_none_or(|there| there.id == same.id) => {
                assert_eq!(known.id, same.id, "{path} is what it was, wherever that was");
            }
            Some(_) => {}
            None => {
                let replaced = there_before.filter(|there| {
                    there.seen.kind() == known.seen.kind()
                        && !names_after.contains_key(&there.seen.identity())
                });
                if let Some(replaced) = replaced {
                    assert_eq!(known.id, replaced.id, "{path} was replaced");
                }
            }
        }
    }
}

async fn run(acts: Vec<Act>) {
    let mut world = World::new();
    let mut noticed: Vec<Noticed> = Vec::new();
    let mut before = BTreeMap::new();
    // Whether everything since then is looked at in one go.
    let mut in_one = true;
    for (round, act) in acts.iter().chain([&Act::LookAtAll]).enumerate() {
        noticed.extend(world.act(act, round).unwrap_or_default());
        let (now, later) = match act {
            Act::Look(which) => {
                let mut number = 0;
                std::mem::take(&mut noticed).into_iter().partition(|_| {
                    number += 1;
                    which >> (number % 64) & 1 == 1
                })
            }
            Act::LookAtAll => (std::mem::take(&mut noticed), Vec::new()),
            _ => continue,
        };
        noticed = later;
        let mut looks = Looks::new();
        now.into_iter().for_each(|one| looks.notice(one));
        let scanned = world.try_scan(looks).await.expect("scanned");
        assert!(scanned.again.is_empty(), "nothing changes meanwhile: {:?}", scanned.again);
        in_one &= matches!(act, Act::LookAtAll);
        if matches!(act, Act::LookAtAll) {
            world.check_seen(without_time_of_change).await;
            let after = world.known();
            if in_one {
                check_identities(&before, &after);
            }
            before = after;
            in_one = true;
        }
    }
    let mut everything = Looks::new();
    everything.add(LocalPath::root(), Depth::Everything);
    world.scan(everything).await;
    world.check().await;
    let ids = |nodes: BTreeMap<String, Known>| -> Vec<_> {
        nodes.into_iter().map(|(path, known)| (path, known.id)).collect()
    };
    assert_eq!(ids(world.known()), ids(before), "nothing new is left to see");
}

/// Whatever happens to one name of a file changes when the file was changed, and nobody notices it about its other names.
fn without_time_of_change(seen: LocalSeen) -> LocalSeen {
    match seen {
        LocalSeen::File { stamp, executable } => {
            LocalSeen::File { stamp: Stamp { changed_ns: 0, ..stamp }, executable }
        }
        folder => folder,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        // The same each time: a file that moves into a folder which took its name counts as gone and new, which others would find.
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_known_is_what_is_there(acts in proptest::collection::vec(act(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(run(acts));
    }
}
