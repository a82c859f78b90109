//! What a plan depends on beside the trees.

use std::collections::BTreeSet;

use crate::trees::{Item, Kind, LocalId, RemoteId};

/// Which side follows the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Each follows the other.
    #[default]
    Both,
    /// The disk follows the server: nothing is ever written there.
    Down,
    /// The server follows the disk: nothing is ever written here, but in the folder's own state area.
    Up,
}

/// Whether something is to be kept in sync at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It is.
    Yes,
    /// Somebody's rules say that it is nobody's business: it is left alone on both sides.
    Ignored,
    /// It is on the server, and not to be on this machine.
    Excluded,
}

/// Which places are to be kept in sync.
pub trait Selection {
    /// Whether any place is not.
    fn has_rules(&self) -> bool;
    /// Whether this place is. The names below the root have `/` between them; what is in a place that is not wanted is not
    /// asked about.
    fn wanted(&self, path: &str, kind: Kind) -> Wanted;
}

/// Every place is kept in sync.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everything;

impl Selection for Everything {
    fn has_rules(&self) -> bool {
        false
    }

    fn wanted(&self, _: &str, _: Kind) -> Wanted {
        Wanted::Yes
    }
}

/// What must be left alone for now, because something about it is under way, or was answered and not observed yet.
#[derive(Clone, Debug, Default)]
pub struct Busy {
    items: BTreeSet<Item>,
    above: BTreeSet<Item>,
}

impl Busy {
    /// Nothing.
    #[must_use]
    pub fn new() -> Busy {
        Busy::default()
    }

    /// Something is under way about this.
    pub fn add(&mut self, item: Item) {
        self.items.insert(item);
    }

    /// Something is under way somewhere in this folder.
    pub fn add_above(&mut self, folder: Item) {
        self.above.insert(folder);
    }

    /// Whether something is under way about this on the server.
    #[must_use]
    pub fn has_remote(&self, id: &RemoteId) -> bool {
        !self.items.is_empty() && self.items.contains(&Item::Remote(id.clone()))
    }

    /// Whether something is under way about this on the disk.
    #[must_use]
    pub fn has_local(&self, id: LocalId) -> bool {
        self.items.contains(&Item::Local(id))
    }

    /// Whether something is under way in this folder, as the server has it.
    #[must_use]
    pub fn is_above_remote(&self, id: &RemoteId) -> bool {
        !self.above.is_empty() && self.above.contains(&Item::Remote(id.clone()))
    }

    /// Whether something is under way in this folder, as the disk has it.
    #[must_use]
    pub fn is_above_local(&self, id: LocalId) -> bool {
        self.above.contains(&Item::Local(id))
    }
}

/// What a plan depends on beside the trees.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Which side follows the other.
    pub direction: Direction,
    /// What this machine is called, in the names of conflict copies.
    pub device: &'a str,
    /// The day, in the names of conflict copies: `2026-11-21`.
    pub today: &'a str,
    /// What must be left alone for now.
    pub busy: &'a Busy,
    /// Which places are to be kept in sync.
    pub selection: &'a dyn Selection,
    /// The most steps to plan at once. (An item leads to one at most: with no fewer than there are items, all of them are looked at.)
    pub steps_max: usize,
}
