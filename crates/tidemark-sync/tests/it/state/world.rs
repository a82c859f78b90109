//! Short ways to say what is told, seen and agreed on.

use tidemark_client::{
    ContentHash, Cursor, DeltaPage, EntryId, FileMetadata, Kind, Metadata, RemotePath, Rev, Timestamp,
};
use tidemark_sync::ports::{Identity, Stamp};
use tidemark_sync::state::{LocalChange, LocalSeen, State};
use tidemark_sync::trees::{Content, Item, LocalId, NameKey, Place, RemoteFile, RemoteId, Trees};

pub(crate) fn path(text: &str) -> RemotePath {
    RemotePath::new(text).unwrap()
}

pub(crate) fn entry(text: &str, id: &str, kind: Kind) -> (RemotePath, Option<Metadata>) {
    let metadata = Metadata {
        path: path(text),
        kind,
        id: Some(EntryId::new(id).unwrap()),
        rev: None,
        modified: Some(Timestamp(7)),
        is_deleted: false,
    };
    (path(&text.to_lowercase()), Some(metadata))
}

pub(crate) fn folder(text: &str, id: &str) -> (RemotePath, Option<Metadata>) {
    entry(text, id, Kind::Folder)
}

/// A file whose bytes are this number, as its revision is.
pub(crate) fn file(text: &str, id: &str, data: u8) -> (RemotePath, Option<Metadata>) {
    let told = remote_file(data);
    let kind = Kind::File(FileMetadata {
        rev: told.rev,
        bytes: told.content.size,
        content_hash: Some(told.content.hash),
        client_mtime: told.modified_s.map(Timestamp),
        mime_type: None,
        thumb_exists: false,
        media: None,
    });
    entry(text, id, kind)
}

pub(crate) fn gone(text: &str) -> (RemotePath, Option<Metadata>) {
    (path(&text.to_lowercase()), None)
}

pub(crate) fn remote_file(data: u8) -> RemoteFile {
    let content = Content { size: u64::from(data), hash: ContentHash([data; 32]) };
    RemoteFile { rev: Rev::new(format!("r{data}")).unwrap(), content, modified_s: Some(i64::from(data)) }
}

pub(crate) fn page(entries: Vec<(RemotePath, Option<Metadata>)>) -> DeltaPage {
    DeltaPage { reset: false, entries, cursor: Cursor::new("c").unwrap(), has_more: false }
}

pub(crate) fn tell(state: &mut State, entries: Vec<(RemotePath, Option<Metadata>)>) {
    state.apply_page(&page(entries)).unwrap();
}

pub(crate) fn rid(id: &str) -> RemoteId {
    RemoteId::new(id)
}

pub(crate) fn remote(id: &str) -> Item {
    Item::Remote(rid(id))
}

pub(crate) fn local(id: LocalId) -> Item {
    Item::Local(id)
}

/// A file with this inode, and this number of bytes.
pub(crate) fn stamp(inode: u64, size: u64) -> Stamp {
    Stamp { identity: identity(inode), size, modified_ns: 1, changed_ns: 2 }
}

pub(crate) fn identity(inode: u64) -> Identity {
    Identity { device: u64::MAX, inode, born_ns: Some(3) }
}

pub(crate) fn seen_file(inode: u64, size: u64) -> LocalSeen {
    LocalSeen::File { stamp: stamp(inode, size), executable: false }
}

pub(crate) fn seen_folder(inode: u64) -> LocalSeen {
    LocalSeen::Folder { identity: identity(inode) }
}

pub(crate) fn place<Id>(parent: Id, name: &str) -> Place<Id> {
    Place { parent, name: name.into() }
}

pub(crate) fn add(state: &mut State, parent: LocalId, name: &str, seen: LocalSeen) -> LocalId {
    state.observe(&[LocalChange::Add { place: place(parent, name), seen }]).unwrap()[0]
}

/// What must be looked at, the longest known first, at most so many.
pub(crate) fn dirty(state: &State, limit: usize) -> Vec<Item> {
    state.dirty(0, limit).unwrap().into_iter().map(|(_, item)| item).collect()
}

/// What must be looked at, in order; nothing is left.
pub(crate) fn drain(state: &mut State) -> Vec<Item> {
    let mut items = dirty(state, usize::MAX);
    let plan = tidemark_sync::plan::Plan { settled: items.clone(), ..Default::default() };
    state.decide(&plan).unwrap();
    assert_eq!(dirty(state, 1), []);
    items.sort();
    items
}

/// The remote tree, a line for each node: path, id, and what a file has.
pub(crate) fn remote_listing(state: &State) -> Vec<String> {
    let mut lines = Vec::new();
    let mut folders = vec![RemoteId::root()];
    while let Some(folder) = folders.pop() {
        let mut after: Option<NameKey> = None;
        loop {
            let children = state.remote_children(&folder, after.as_ref(), 3).unwrap();
            let Some(last) = children.last() else { break };
            after = Some(NameKey::of(&last.place.name));
            for child in children {
                let path = state.remote_path(&child.id).unwrap().unwrap();
                let file = child.file.as_ref().map_or("/".to_owned(), |file| format!(" {}", file.rev));
                lines.push(format!("{path} {}{file}", child.id));
                if child.file.is_none() {
                    folders.push(child.id);
                }
            }
        }
    }
    lines.sort();
    lines
}
