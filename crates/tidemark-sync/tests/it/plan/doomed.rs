//! What must not come back: one user deleted it, and the other left it alone.

use std::collections::BTreeSet;

use tidemark_sync::trees::{Item, LocalFile, SyncedNode, Trees, same_name};

use super::truth::{Bytes, Side, bytes_of};
use super::world::{World, partner};

#[derive(Default)]
pub(super) struct Doomed {
    pub(super) items: Vec<Item>,
    pub(super) bytes: BTreeSet<Bytes>,
}

/// What one user deleted and the other left as it was.
pub(super) fn doomed(world: &World) -> Doomed {
    let mut doomed = Doomed::default();
    let mut elsewhere: Vec<Bytes> = Vec::new();
    let is_as_synced = |synced: &SyncedNode, side: Side| {
        let Ok(there) = world.truth.has.remote(&synced.remote);
        let Ok(here) = world.truth.has.local(synced.local);
        let before = synced.file.as_ref().map(|file| file.content);
        match side {
            Side::Remote => there.is_some_and(|node| {
                node.place == synced.place && node.file.map(|file| file.content) == before
            }),
            Side::Local => here.is_some_and(|node| {
                let content = node.file.as_ref().and_then(LocalFile::content);
                node.place.parent == synced.local_parent
                    && same_name(&node.place.name, &synced.place.name)
                    && content == before
            }),
        }
    };
    for synced in world.trees.synceds() {
        let sides = [Item::Remote(synced.remote.clone()), Item::Local(synced.local)];
        let gone = sides.each_ref().map(|item| world.truth.view(item).is_none());
        let (item, side) = match gone {
            [false, true] => (&sides[0], Side::Remote),
            [true, false] => (&sides[1], Side::Local),
            [true, true] | [false, false] => continue,
        };
        let untouched = world.truth.below(item).iter().all(|item| {
            let synced = match item {
                Item::Remote(id) => world.trees.synced(id),
                Item::Local(id) => world.trees.synced_local(*id),
            };
            let Ok(synced) = synced;
            synced.is_some_and(|synced| {
                let other = partner(world, item);
                is_as_synced(&synced, side) && other.is_some_and(|other| world.truth.view(&other).is_none())
            })
        });
        // A folder may be taken for another of its name that was made instead of it: what was in it goes all the same.
        let is_remade = synced.file.is_none()
            && world.truth.all(side.other()).iter().any(|item| {
                let partner = partner(world, item);
                partner.is_none() && world.truth.is_folder(item)
            });
        // A file of the same bytes that was put in its place is the same file.
        let bytes = synced.file.as_ref().map(|file| bytes_of(file.content.hash));
        let is_put_back = bytes.is_some()
            && world.truth.all(side.other()).iter().any(|item| {
                partner(world, item).is_none()
                    && world.truth.view(item).is_some_and(|view| view.bytes == bytes)
            });
        if untouched && !is_remade && !is_put_back {
            doomed.items.push(item.clone());
            doomed.bytes.extend(synced.file.iter().map(|file| bytes_of(file.content.hash)));
        }
    }
    for side in Side::BOTH {
        let items = world.truth.all(side);
        let others = items.iter().filter(|item| !doomed.items.contains(item));
        elsewhere.extend(others.filter_map(|item| world.truth.view(item)?.bytes));
    }
    doomed.bytes.retain(|bytes| !elsewhere.contains(bytes));
    doomed
}
