//! What the planner must leave alone while steps are under way.

use tidemark_sync::plan::{Busy, Step};
use tidemark_sync::trees::{Item, Trees};

use super::world::{World, partner};

/// What a step is about.
pub(super) fn touched(step: &Step) -> Vec<Item> {
    match step {
        Step::Hash { local } | Step::MoveLocal { local, .. } | Step::TrashLocal { local } => {
            vec![Item::Local(*local)]
        }
        Step::Download { remote, replaces, .. } => {
            let mut items = vec![Item::Remote(remote.clone())];
            items.extend(replaces.map(Item::Local));
            items
        }
        Step::MakeLocal { remote, .. } | Step::MoveRemote { remote, .. } | Step::DeleteRemote { remote } => {
            vec![Item::Remote(remote.clone())]
        }
        Step::Upload { local, replaces, .. } => {
            let mut items = vec![Item::Local(*local)];
            items.extend(replaces.iter().map(|(remote, _)| Item::Remote(remote.clone())));
            items
        }
        Step::MakeRemote { local, .. } => vec![Item::Local(*local)],
    }
}

/// What must be left alone while these steps are under way.
pub(super) fn busy_with<'a>(world: &World, steps: impl Iterator<Item = &'a Step>) -> Busy {
    let mut busy = Busy::new();
    for step in steps {
        let mut folders = Vec::new();
        for item in touched(step) {
            for item in partner(world, &item).into_iter().chain([item]) {
                let parent = match &item {
                    Item::Remote(id) => {
                        world.trees.remote(id).ok().flatten().map(|node| Item::Remote(node.place.parent))
                    }
                    Item::Local(id) => {
                        world.trees.local(*id).ok().flatten().map(|node| Item::Local(node.place.parent))
                    }
                };
                folders.extend(parent);
                busy.add(item);
            }
        }
        match step {
            Step::Download { to, .. } | Step::MakeLocal { to, .. } | Step::MoveLocal { to, .. } => {
                folders.push(Item::Local(to.parent));
                folders.extend(world.remote_of(to.parent).map(Item::Remote));
            }
            Step::Upload { to, .. } | Step::MakeRemote { to, .. } | Step::MoveRemote { to, .. } => {
                folders.push(Item::Remote(to.parent.clone()));
                folders.extend(world.local_of(&to.parent).map(Item::Local));
            }
            Step::Hash { .. } | Step::TrashLocal { .. } | Step::DeleteRemote { .. } => {}
        }
        for folder in folders {
            let mut folder = Some(folder);
            while let Some(item) = folder {
                folder = match &item {
                    Item::Remote(id) => {
                        world.trees.remote(id).ok().flatten().map(|node| Item::Remote(node.place.parent))
                    }
                    Item::Local(id) => {
                        world.trees.local(*id).ok().flatten().map(|node| Item::Local(node.place.parent))
                    }
                };
                busy.add_above(item);
            }
        }
    }
    busy
}
