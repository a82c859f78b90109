//! What users do, on either side, with what they see there.

use tidemark_sync::plan::is_on_its_way;
use tidemark_sync::trees::{Item, NameKey};
use unicode_normalization::UnicodeNormalization;

use super::truth::{Bytes, Refused, Side, is_root};
use super::world::World;

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Remote,
    Local,
    /// The same on both sides, without knowing of one another.
    Both,
}

impl Who {
    pub(super) fn sides(self) -> &'static [Side] {
        match self {
            Who::Remote => &[Side::Remote],
            Who::Local => &[Side::Local],
            Who::Both => &Side::BOTH,
        }
    }
}

/// Which bytes are written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fill {
    /// Some that nobody ever wrote.
    Fresh,
    /// Some that others write, too.
    Usual(u8),
}

/// One of what a side has, the oldest first, and from the beginning again behind the last.
pub(super) type Pick = u8;

/// Something done. What cannot be done is not.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    File {
        parent: Pick,
        name: Pick,
        fill: Fill,
    },
    Folder {
        parent: Pick,
        name: Pick,
    },
    Edit {
        node: Pick,
        fill: Fill,
    },
    /// The same bytes again; nothing to see on a server.
    Touch {
        node: Pick,
    },
    /// Replaces a file, if one is in that place on a disk.
    Move {
        node: Pick,
        parent: Pick,
        name: Pick,
    },
    Rename {
        node: Pick,
        name: Pick,
    },
    Recase {
        node: Pick,
    },
    Swap {
        nodes: [Pick; 2],
    },
    Rotate {
        nodes: [Pick; 3],
    },
    /// A folder goes into what was in it: `a/b` becomes `b/a`.
    Invert {
        node: Pick,
    },
    Delete {
        node: Pick,
    },
    /// Another of the same kind in the same place; the old one, and what was in it, is gone.
    Replace {
        node: Pick,
    },
    /// A folder for a file, or a file for a folder.
    Retype {
        node: Pick,
    },
}

impl Act {
    /// Whether it leaves all bytes and folders as they are, if perhaps elsewhere.
    pub(super) fn only_moves(self) -> bool {
        match self {
            Act::Touch { .. }
            | Act::Rename { .. }
            | Act::Recase { .. }
            | Act::Swap { .. }
            | Act::Rotate { .. }
            | Act::Invert { .. }
            | Act::Move { .. }
            | Act::Delete { .. } => true,
            Act::File { .. }
            | Act::Folder { .. }
            | Act::Edit { .. }
            | Act::Replace { .. }
            | Act::Retype { .. } => false,
        }
    }
}

/// What things are called. Some differ only by case, some only by how they are composed.
pub(super) const NAMES: [&str; 7] = ["x", "y", "X", "z", "\u{e9}", "e\u{301}", "w"];

fn name(pick: Pick) -> &'static str {
    NAMES[usize::from(pick) % NAMES.len()]
}

/// The same name in other letters.
fn recased(name: &str) -> String {
    let upper: String = name.chars().map(|c| c.to_uppercase().next().unwrap_or(c)).collect();
    if upper == name { name.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect() } else { upper }
}

impl World {
    /// Lets a user do something.
    pub(super) fn act(&mut self, who: Who, act: Act) {
        let bytes = match act {
            Act::File { fill, .. } | Act::Edit { fill, .. } => self.bytes(fill),
            _ => self.bytes(Fill::Fresh),
        };
        for side in who.sides() {
            let done = self.act_on(*side, act, bytes);
            self.note(|| format!("user of {side:?}: {act:?}: {done:?}"));
        }
    }

    fn bytes(&mut self, fill: Fill) -> Bytes {
        match fill {
            Fill::Fresh => {
                self.last_bytes += 1;
                self.last_bytes
            }
            Fill::Usual(which) => Bytes::from(which % 4) + 1,
        }
    }

    fn pick(&self, side: Side, pick: Pick) -> Result<Item, Refused> {
        let all = self.truth.all(side);
        if all.is_empty() { Err(Refused) } else { Ok(all[usize::from(pick) % all.len()].clone()) }
    }

    fn pick_folder(&self, side: Side, pick: Pick) -> Item {
        let mut folders = vec![side.root()];
        folders.extend(self.truth.all(side).into_iter().filter(|item| self.truth.is_folder(item)));
        folders[usize::from(pick) % folders.len()].clone()
    }

    fn act_on(&mut self, side: Side, act: Act, bytes: Bytes) -> Result<(), Refused> {
        match act {
            Act::File { parent, name: which, .. } => {
                let parent = self.pick_folder(side, parent);
                self.truth.create(&parent, name(which), Some(bytes))?;
                self.owe(bytes);
                Ok(())
            }
            Act::Folder { parent, name: which } => {
                let parent = self.pick_folder(side, parent);
                self.truth.create(&parent, name(which), None).map(drop)
            }
            Act::Edit { node, .. } => {
                let node = self.pick(side, node)?;
                let old = self.truth.view(&node).and_then(|view| view.bytes).ok_or(Refused)?;
                self.truth.write(&node, bytes)?;
                self.release(old);
                self.owe(bytes);
                Ok(())
            }
            Act::Touch { node } => {
                let node = self.pick(side, node)?;
                let bytes = self.truth.view(&node).and_then(|view| view.bytes).ok_or(Refused)?;
                match side {
                    Side::Remote => Ok(()),
                    Side::Local => self.truth.write(&node, bytes),
                }
            }
            Act::Move { node, parent, name: which } => {
                let (node, parent) = (self.pick(side, node)?, self.pick_folder(side, parent));
                self.user_moves(&node, &parent, name(which))
            }
            Act::Rename { node, name: which } => {
                let node = self.pick(side, node)?;
                let view = self.truth.view(&node).ok_or(Refused)?;
                self.user_moves(&node, &view.parent, name(which))
            }
            Act::Recase { node } => {
                let node = self.pick(side, node)?;
                let view = self.truth.view(&node).filter(|view| !is_on_its_way(&view.name)).ok_or(Refused)?;
                self.truth.relocate(&node, &view.parent, &recased(&view.name))
            }
            Act::Swap { nodes: [one, other] } => {
                self.rotate(&[self.pick(side, one)?, self.pick(side, other)?])
            }
            Act::Rotate { nodes: [one, two, three] } => {
                self.rotate(&[self.pick(side, one)?, self.pick(side, two)?, self.pick(side, three)?])
            }
            Act::Invert { node } => {
                let inner = self.pick(side, node)?;
                let view = self.truth.view(&inner).ok_or(Refused)?;
                let outer = self.truth.view(&view.parent).ok_or(Refused)?;
                if view.bytes.is_some() {
                    return Err(Refused);
                }
                let mut truth = self.truth.clone();
                truth.relocate(&inner, &outer.parent, &view.name)?;
                truth.relocate(&view.parent, &inner, &outer.name)?;
                self.truth = truth;
                Ok(())
            }
            Act::Delete { node } => {
                let node = self.pick(side, node)?;
                self.user_deletes(&node);
                Ok(())
            }
            Act::Replace { node } | Act::Retype { node } => {
                let node = self.pick(side, node)?;
                let view = self.truth.view(&node).ok_or(Refused)?;
                self.user_deletes(&node);
                let is_file = view.bytes.is_some() == matches!(act, Act::Replace { .. });
                self.truth.create(&view.parent, &view.name, is_file.then_some(bytes))?;
                if is_file {
                    self.owe(bytes);
                }
                Ok(())
            }
        }
    }

    /// Somebody wrote these bytes. If others like them were let go before, nobody can tell which these are.
    fn owe(&mut self, bytes: Bytes) {
        if !self.released.contains(&bytes) {
            self.owed.insert(bytes);
        }
    }

    /// Somebody who saw these bytes deleted or replaced them.
    fn release(&mut self, bytes: Bytes) {
        self.owed.remove(&bytes);
        self.released.insert(bytes);
    }

    fn user_deletes(&mut self, item: &Item) {
        for bytes in self.truth.remove(item) {
            self.release(bytes);
        }
    }

    fn user_moves(&mut self, node: &Item, parent: &Item, name: &str) -> Result<(), Refused> {
        let is_file = |item: &Item| !self.truth.is_folder(item);
        if let Some(taken) = self.truth.at(parent, name).filter(|taken| taken != node) {
            let replaces = Side::of(node) == Side::Local && is_file(node) && is_file(&taken);
            if !replaces {
                return Err(Refused);
            }
            self.user_deletes(&taken);
        }
        self.truth.relocate(node, parent, name)
    }

    /// Each takes the place of the next.
    fn rotate(&mut self, nodes: &[Item]) -> Result<(), Refused> {
        let mut truth = self.truth.clone();
        let views: Vec<_> = nodes.iter().filter_map(|node| truth.view(node)).collect();
        let side = Side::of(nodes.first().ok_or(Refused)?);
        for (at, node) in nodes.iter().enumerate() {
            truth.relocate(node, &side.root(), &format!("away {at}"))?;
        }
        for (at, node) in nodes.iter().enumerate() {
            let to = &views[(at + 1) % nodes.len()];
            truth.relocate(node, &to.parent, &to.name)?;
        }
        self.truth = truth;
        Ok(())
    }

    /// Lets the user of the disk rename whatever cannot be on the server beside its sibling.
    pub(super) fn resolve_clash(&mut self, item: &Item) {
        let Some(view) = self.truth.view(item) else { return };
        let name = format!("unlike {}", self.truth.fresh());
        self.note(|| format!("user renames {} to {name}", view.name));
        self.truth.relocate(item, &view.parent, &name).expect("a name that nobody has");
    }

    /// Whether this really cannot be on the server: a sibling's name has the same key.
    pub(super) fn is_clash(&self, item: &Item) -> bool {
        let Some(view) = self.truth.view(item).filter(|_| !is_root(item)) else { return false };
        let key = NameKey::of(&view.name.nfc().collect::<String>());
        let children = self.truth.children(&view.parent);
        let alike = children
            .iter()
            .filter_map(|child| self.truth.view(child))
            .filter(|one| NameKey::of(&one.name) == key);
        alike.count() > 1
    }
}
