//! Files and folders.

use super::super::fields::{Fields, Set};
use super::super::ids;
use super::{Date, Object, OrderBy, Page, SharedLink, Text, UserMini, on_request};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::sync::LazyLock;
use tidemark_core::cloud::{Scope, Situated};
use tidemark_core::model::{Account, AccountId, Entry, EntryId, NamespaceId, Seq, Sha1, Timestamp};

/// What the root is called.
const ROOT_NAME: &str = "All Files";
/// What the trash is called.
const TRASH_NAME: &str = "Trash";

/// From where entries are seen: what is not in themselves.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct View<'a> {
    /// The folder that everything begins at, whatever it is called elsewhere; nothing for who sees what another has shared,
    /// which is not everything.
    pub(in super::super) root: Option<EntryId>,
    /// Whose files they are, as far as that is told.
    pub(in super::super) owner: &'a Account,
    /// The tree, if it is another's.
    foreign: Option<NamespaceId>,
}

/// Told in the place of who has shared something: a link tells nobody whose it is.
static SOMEBODY: LazyLock<Account> = LazyLock::new(|| Account {
    id: AccountId(0),
    email: String::new(),
    name: String::new(),
    password: None,
    namespace: NamespaceId(0),
    quota: None,
    admin: false,
    disabled: false,
    created: Timestamp(0),
});

impl<'a> View<'a> {
    /// What this caller sees in a scope: its own, or what another has shared.
    pub(in super::super) fn of(scope: &Scope, caller: &'a Account) -> View<'a> {
        if scope.namespace == caller.namespace {
            View { root: Some(scope.root), owner: caller, foreign: None }
        } else {
            View::shared(scope.namespace)
        }
    }

    /// What whoever has a link sees of a tree.
    pub(in super::super) fn shared(namespace: NamespaceId) -> View<'a> {
        View { root: None, owner: &SOMEBODY, foreign: Some(namespace) }
    }

    /// An entry's number here.
    pub(in super::super) fn number(&self, entry: EntryId) -> u64 {
        match self.foreign {
            Some(namespace) => ids::foreign(namespace, entry),
            None => ids::number(entry, self.root.unwrap_or(EntryId::ROOT)),
        }
    }

    /// Whether it is another's tree.
    pub(in super::super) fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }

    /// Whether it is the folder that everything begins at.
    pub(in super::super) fn is_root(&self, entry: &Entry) -> bool {
        self.root == Some(entry.id)
    }
}

/// A file or a folder, and what of it is asked for.
#[derive(Clone, Debug)]
pub(in super::super) struct Told<'a> {
    pub(in super::super) view: View<'a>,
    pub(in super::super) item: &'a Situated,
    /// Of a file's bytes.
    pub(in super::super) sha1: Option<Sha1>,
    /// Its link, if it has one and whoever asks may know it.
    pub(in super::super) link: Option<SharedLink>,
    /// Some of what a folder holds.
    pub(in super::super) children: Option<&'a FolderChildren<'a>>,
    pub(in super::super) fields: &'a Fields,
}

/// Some of what a folder holds, with the SHA-1 of each that is a file.
#[derive(Clone, Debug)]
pub(in super::super) struct FolderChildren<'a> {
    pub(in super::super) total: u64,
    pub(in super::super) entries: &'a [Entry],
    pub(in super::super) sha1s: &'a [Option<Sha1>],
    pub(in super::super) offset: u64,
    pub(in super::super) limit: u64,
    pub(in super::super) order: Vec<OrderBy>,
}

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let &Told { view, item: Situated { entry, around }, sha1, ref link, children, fields } = self;
        let mut object = Object { map: serializer.serialize_map(None)?, fields };
        tell(&mut object, Mini { view, entry, sha1 }, Around { folder: around.split_last() }, link.as_ref())?;
        if let Some(children) = children {
            object.field_with(Set::Standard, "item_collection", || children.page(view))?;
        }
        object.map.end()
    }
}

/// One of what a list has: a mini, unless more is asked for.
#[derive(Clone, Debug)]
pub(in super::super) struct Listed<'a> {
    pub(in super::super) view: View<'a>,
    pub(in super::super) entry: &'a Entry,
    /// The folder that it stands in, with those around that; nothing if that is not there.
    pub(in super::super) folder: Option<(&'a Entry, &'a [Entry])>,
    /// Of a file's bytes.
    pub(in super::super) sha1: Option<Sha1>,
    /// Its link, if it has one and whoever asks may know it.
    pub(in super::super) link: Option<SharedLink>,
    pub(in super::super) fields: &'a Fields,
}

impl Serialize for Listed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let &Listed { view, entry, folder, sha1, ref link, fields } = self;
        let mut object = Object { map: serializer.serialize_map(None)?, fields };
        tell(&mut object, Mini { view, entry, sha1 }, Around { folder }, link.as_ref())?;
        object.map.end()
    }
}

/// The folder that an entry stands in, with those around that, from the root down.
#[derive(Clone, Copy)]
struct Around<'a> {
    folder: Option<(&'a Entry, &'a [Entry])>,
}

/// Tells a file or a folder, all but what a folder holds.
fn tell<M: SerializeMap>(
    object: &mut Object<'_, M>,
    mini: Mini<'_>,
    around: Around<'_>,
    link: Option<&SharedLink>,
) -> Result<(), M::Error> {
    let Mini { view, entry, .. } = mini;
    mini.tell(object)?;
    let is_root = view.is_root(entry);
    let date = (!is_root).then_some(Date(entry.modified));
    let created = (!is_root).then_some(Date(entry.created));
    object.field(Set::Standard, "created_at", created)?;
    object.field(Set::Standard, "modified_at", date)?;
    let brought = (!is_root).then_some(Date(entry.brought()));
    let times = entry.file().map(|file| file.times).unwrap_or_default();
    object.field(Set::Standard, "content_created_at", times.created.map(Date).or(created))?;
    object.field(Set::Standard, "content_modified_at", times.modified.map(Date).or(brought))?;
    object.field(Set::Standard, "description", entry.description.as_deref().unwrap_or_default())?;
    object.field(Set::Standard, "size", entry.weight().bytes)?;
    object.field_with(Set::Standard, "path_collection", || PathCollection::of(view, entry, around))?;
    let owner = UserMini(view.owner);
    object.field(Set::Standard, "created_by", owner)?;
    object.field(Set::Standard, "modified_by", owner)?;
    object.field(Set::Standard, "owned_by", owner)?;
    object.field(Set::Standard, "trashed_at", date.filter(|_| !entry.live))?;
    object.field(Set::Standard, "purged_at", ())?;
    object.field(Set::Standard, "shared_link", link)?;
    object.field_with(Set::Standard, "parent", || {
        around.folder.map(|(folder, _)| Mini { view, entry: folder, sha1: None })
    })?;
    object.field(Set::Standard, "item_status", if entry.live { "active" } else { "trashed" })?;
    if entry.is_folder() {
        object.field(Set::Standard, "folder_upload_email", ())?;
    }
    on_request::tell(object, view, entry)
}

impl FolderChildren<'_> {
    fn page<'a>(&'a self, view: View<'a>) -> Page<Mini<'a>> {
        let pairs = self.entries.iter().zip(self.sha1s);
        Page::Counted {
            total_count: self.total,
            entries: pairs.map(|(entry, sha1)| Mini { view, entry, sha1: *sha1 }).collect(),
            offset: self.offset,
            limit: self.limit,
            order: self.order.clone(),
        }
    }
}

/// The folders around something, from the root down.
#[derive(Serialize)]
struct PathCollection<'a> {
    total_count: usize,
    entries: Vec<PathEntry<'a>>,
}

/// A folder around something.
#[derive(Serialize)]
#[serde(untagged)]
enum PathEntry<'a> {
    Folder(Mini<'a>),
    /// What was deleted stands in no other.
    Trash(Trash),
}

/// The trash as a folder, which it is not.
#[derive(Serialize)]
struct Trash {
    #[serde(rename = "type")]
    kind: &'static str,
    id: Text<u64>,
    etag: (),
    sequence_id: (),
    name: &'static str,
}

impl<'a> PathCollection<'a> {
    fn of(view: View<'a>, entry: &Entry, around: Around<'a>) -> PathCollection<'a> {
        let trash =
            || Trash { kind: "folder", id: Text(ids::TRASH), etag: (), sequence_id: (), name: TRASH_NAME };
        let folders = around.folder.into_iter().flat_map(|(folder, rest)| rest.iter().chain([folder]));
        let entries: Vec<_> = if entry.live {
            folders.map(|entry| PathEntry::Folder(Mini { view, entry, sha1: None })).collect()
        } else {
            vec![PathEntry::Trash(trash())]
        };
        PathCollection { total_count: entries.len(), entries }
    }
}

/// A file or a folder as other objects name it.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Mini<'a> {
    pub(in super::super) view: View<'a>,
    pub(in super::super) entry: &'a Entry,
    /// Of a file's bytes.
    pub(in super::super) sha1: Option<Sha1>,
}

impl Mini<'_> {
    /// The fields that it has in common with the whole object.
    fn tell<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let &Mini { view, entry, sha1 } = self;
        let is_root = view.is_root(entry);
        let seq = (!is_root).then_some(Text(entry.seq.0));
        object.field(Set::Base, "type", if entry.is_folder() { "folder" } else { "file" })?;
        object.field(Set::Base, "id", Text(view.number(entry.id)))?;
        object.field(Set::Base, "etag", &seq)?;
        object.field(Set::Mini, "sequence_id", &seq)?;
        object.field(Set::Mini, "name", if is_root { ROOT_NAME } else { entry.name.as_str() })?;
        if let Some((file, sha1)) = entry.file().zip(sha1) {
            object.field(Set::Mini, "sha1", Text(sha1))?;
            object.field(Set::Mini, "file_version", VersionMini { seq: file.version, sha1 })?;
        }
        Ok(())
    }
}

impl Serialize for Mini<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = Object { map: serializer.serialize_map(None)?, fields: &Fields::Mini };
        self.tell(&mut object)?;
        object.map.end()
    }
}

/// The version of a file that is there now.
struct VersionMini {
    seq: Seq,
    sha1: Sha1,
}

impl Serialize for VersionMini {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("type", "file_version")?;
        map.serialize_entry("id", &Text(self.seq.0))?;
        map.serialize_entry("sha1", &Text(self.sha1))?;
        map.end()
    }
}
