//! What really is on a server and on a disk, and what can be done to either: by users, and by whoever takes steps.

use tidemark_sync::ports::{Identity, Stamp};
use tidemark_sync::trees::{
    Content, ContentHash, Item, LocalFile, LocalId, LocalNode, MemoryTrees, NameKey, Place, RemoteFile,
    RemoteId, RemoteNode, Rev, Trees,
};
use unicode_normalization::UnicodeNormalization;

/// A file's bytes, by the number of who wrote them: the same number, the same bytes.
pub(super) type Bytes = u32;

/// What is known of such bytes. Different ones are often equally long.
pub(super) fn content(bytes: Bytes) -> Content {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&bytes.to_le_bytes());
    Content { size: u64::from(bytes % 3), hash: ContentHash(hash) }
}

/// Which bytes have this digest.
pub(super) fn bytes_of(hash: ContentHash) -> Bytes {
    Bytes::from_le_bytes([hash.0[0], hash.0[1], hash.0[2], hash.0[3]])
}

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Remote,
    Local,
}

impl Side {
    pub(super) const BOTH: [Side; 2] = [Side::Remote, Side::Local];

    pub(super) fn other(self) -> Side {
        match self {
            Side::Remote => Side::Local,
            Side::Local => Side::Remote,
        }
    }

    pub(super) fn root(self) -> Item {
        match self {
            Side::Remote => Item::Remote(RemoteId::root()),
            Side::Local => Item::Local(LocalId::ROOT),
        }
    }

    pub(super) fn of(item: &Item) -> Side {
        match item {
            Item::Remote(_) => Side::Remote,
            Item::Local(_) => Side::Local,
        }
    }
}

pub(super) fn is_root(item: &Item) -> bool {
    *item == Side::of(item).root()
}

/// It cannot be done: something is in the place already, or what it needs is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused;

/// What something is, whichever side has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct View {
    pub(super) parent: Item,
    pub(super) name: Box<str>,
    /// None for a folder.
    pub(super) bytes: Option<Bytes>,
}

/// A server and a disk.
#[derive(Clone)]
pub(super) struct Truth {
    /// All that they have; nothing is ever agreed on in here, and every hash is known.
    pub(super) has: MemoryTrees,
    /// Whether the disk takes names that differ only by case for one.
    pub(super) is_insensitive: bool,
    /// Whether a file's stamp is another when the file was renamed.
    pub(super) renames_touch: bool,
    /// What the next new identity, revision or stamp is made of.
    pub(super) next: i64,
}

impl Truth {
    pub(super) fn fresh(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    fn rev(&mut self) -> Rev {
        Rev::new(format!("{:06}", self.fresh())).expect("a word")
    }

    fn stamp(&mut self, bytes: Bytes) -> Stamp {
        let now = self.fresh();
        let identity = Identity { device: 1, inode: now.unsigned_abs(), born_ns: Some(now) };
        Stamp { identity, size: content(bytes).size, modified_ns: now, changed_ns: now }
    }

    pub(super) fn view(&self, item: &Item) -> Option<View> {
        match item {
            Item::Remote(id) => {
                let Ok(node) = self.has.remote(id);
                node.map(|node| View {
                    parent: Item::Remote(node.place.parent),
                    name: node.place.name,
                    bytes: node.file.map(|file| bytes_of(file.content.hash)),
                })
            }
            Item::Local(id) => {
                let Ok(node) = self.has.local(*id);
                node.map(|node| View {
                    parent: Item::Local(node.place.parent),
                    name: node.place.name,
                    bytes: node.file.map(|file| bytes_of(file.hash.expect("the truth is known"))),
                })
            }
        }
    }

    pub(super) fn is_folder(&self, item: &Item) -> bool {
        is_root(item) || self.view(item).is_some_and(|view| view.bytes.is_none())
    }

    /// All that a side has, the oldest first.
    pub(super) fn all(&self, side: Side) -> Vec<Item> {
        match side {
            Side::Remote => self.has.remotes().map(|node| Item::Remote(node.id.clone())).collect(),
            Side::Local => self.has.locals().map(|node| Item::Local(node.id)).collect(),
        }
    }

    pub(super) fn children(&self, folder: &Item) -> Vec<Item> {
        match folder {
            Item::Remote(id) => {
                let Ok(children) = self.has.remote_children(id, None, usize::MAX);
                children.into_iter().map(|node| Item::Remote(node.id)).collect()
            }
            Item::Local(id) => {
                let Ok(children) = self.has.local_children(*id, None, usize::MAX);
                children.into_iter().map(|node| Item::Local(node.id)).collect()
            }
        }
    }

    /// This and all below it, folders before what is in them.
    pub(super) fn below(&self, item: &Item) -> Vec<Item> {
        let mut all = vec![item.clone()];
        let mut at = 0;
        while at < all.len() {
            all.extend(self.children(&all[at]));
            at += 1;
        }
        all
    }

    /// Whether it is this or below it.
    pub(super) fn is_within(&self, item: &Item, folder: &Item) -> bool {
        let mut item = item.clone();
        loop {
            if item == *folder {
                return true;
            }
            match self.view(&item) {
                Some(view) => item = view.parent,
                None => return false,
            }
        }
    }

    /// What has this name in this folder, as this side compares names.
    pub(super) fn at(&self, folder: &Item, name: &str) -> Option<Item> {
        match folder {
            Item::Remote(id) => {
                let Ok(node) = self.has.remote_at(id, &NameKey::of(name));
                node.map(|node| Item::Remote(node.id))
            }
            Item::Local(id) => {
                let Ok(nodes) = self.has.local_at(*id, &NameKey::of(name));
                let mut nodes = nodes.into_iter();
                nodes
                    .find(|node| self.is_insensitive || *node.place.name == *name)
                    .map(|node| Item::Local(node.id))
            }
        }
    }

    /// Makes something where nothing is.
    pub(super) fn create(
        &mut self,
        folder: &Item,
        name: &str,
        bytes: Option<Bytes>,
    ) -> Result<Item, Refused> {
        if !self.is_folder(folder) || self.at(folder, name).is_some() {
            return Err(Refused);
        }
        let fresh = self.fresh();
        match folder {
            Item::Remote(parent) => {
                let id = RemoteId::new(&format!("r{fresh:06}"));
                let place = Place { parent: parent.clone(), name: name.nfc().collect::<String>().into() };
                let rev = self.rev();
                let file = bytes.map(|bytes| RemoteFile { rev, content: content(bytes), modified_s: None });
                self.has.put_remote(RemoteNode { id: id.clone(), place, file });
                Ok(Item::Remote(id))
            }
            Item::Local(parent) => {
                let id = LocalId(fresh);
                let place = Place { parent: *parent, name: name.into() };
                let file = bytes.map(|bytes| self.file(bytes));
                self.has.put_local(LocalNode { id, place, file });
                Ok(Item::Local(id))
            }
        }
    }

    fn file(&mut self, bytes: Bytes) -> LocalFile {
        LocalFile { stamp: self.stamp(bytes), hash: Some(content(bytes).hash) }
    }

    /// Gives a file other bytes. On the disk another file takes its place, or the same one is written anew: either way
    /// it keeps its identity, and has another stamp.
    pub(super) fn write(&mut self, item: &Item, bytes: Bytes) -> Result<(), Refused> {
        match item {
            Item::Remote(id) => {
                let Ok(Some(mut node)) = self.has.remote(id) else { return Err(Refused) };
                let Some(file) = &mut node.file else { return Err(Refused) };
                *file = RemoteFile { rev: self.rev(), content: content(bytes), modified_s: None };
                self.has.put_remote(node);
            }
            Item::Local(id) => {
                let Ok(Some(mut node)) = self.has.local(*id) else { return Err(Refused) };
                let Some(file) = &mut node.file else { return Err(Refused) };
                *file = self.file(bytes);
                self.has.put_local(node);
            }
        }
        Ok(())
    }

    /// Gives something another place, where nothing else is.
    pub(super) fn relocate(&mut self, item: &Item, folder: &Item, name: &str) -> Result<(), Refused> {
        let taken = self.at(folder, name);
        if self.view(item).is_none()
            || !self.is_folder(folder)
            || self.is_within(folder, item)
            || taken.is_some_and(|taken| taken != *item)
        {
            return Err(Refused);
        }
        match (item, folder) {
            (Item::Remote(id), Item::Remote(parent)) => {
                let Ok(Some(mut node)) = self.has.remote(id) else { return Err(Refused) };
                node.place = Place { parent: parent.clone(), name: name.nfc().collect::<String>().into() };
                if let Some(file) = &mut node.file {
                    file.rev = self.rev();
                }
                self.has.put_remote(node);
            }
            (Item::Local(id), Item::Local(parent)) => {
                let Ok(Some(mut node)) = self.has.local(*id) else { return Err(Refused) };
                node.place = Place { parent: *parent, name: name.into() };
                if let Some(file) = node.file.as_mut().filter(|_| self.renames_touch) {
                    self.next += 1;
                    file.stamp.changed_ns = self.next;
                }
                self.has.put_local(node);
            }
            (Item::Remote(_), Item::Local(_)) | (Item::Local(_), Item::Remote(_)) => return Err(Refused),
        }
        Ok(())
    }

    /// Removes something and all below it; tells which bytes went.
    pub(super) fn remove(&mut self, item: &Item) -> Vec<Bytes> {
        let all = self.below(item);
        let bytes = all.iter().filter_map(|item| self.view(item)?.bytes).collect();
        for item in all {
            match item {
                Item::Remote(id) => drop(self.has.remove_remote(&id)),
                Item::Local(id) => drop(self.has.remove_local(id)),
            }
        }
        bytes
    }

    /// Whether these bytes are anywhere.
    pub(super) fn has_bytes(&self, bytes: Bytes) -> bool {
        let hash = content(bytes).hash;
        self.has.remotes().any(|node| node.file.as_ref().is_some_and(|file| file.content.hash == hash))
            || self.has.locals().any(|node| node.file.as_ref().is_some_and(|file| file.hash == Some(hash)))
    }

    /// Names from the root, and bytes: what somebody who looks through a side sees.
    pub(super) fn listing(&self, side: Side) -> Vec<(String, Option<Bytes>)> {
        let mut listing: Vec<_> = self
            .all(side)
            .iter()
            .map(|item| (self.path(item), self.view(item).and_then(|view| view.bytes)))
            .collect();
        listing.sort();
        listing
    }

    /// The names from the root, composed.
    pub(super) fn path(&self, item: &Item) -> String {
        let mut names = Vec::new();
        let mut item = item.clone();
        while let Some(view) = self.view(&item) {
            names.push(view.name.nfc().collect::<String>());
            item = view.parent;
        }
        names.reverse();
        names.join("/")
    }
}
