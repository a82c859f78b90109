//! Files and folders.

use super::super::fields::{Fields, Set};
use super::super::ids;
use super::{Date, Object, OrderBy, Page, Text, UserMini, on_request};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use tidemark_core::cloud::{Scope, Situated};
use tidemark_core::model::{Account, Entry, EntryId, Seq, Sha1};

/// What the root is called.
const ROOT_NAME: &str = "All Files";

/// From where entries are seen: what is not in themselves.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct View<'a> {
    /// The folder that everything begins at, whatever it is called elsewhere.
    pub(in super::super) root: EntryId,
    /// Whose files they are.
    pub(in super::super) owner: &'a Account,
}

impl<'a> View<'a> {
    pub(in super::super) fn of(scope: &Scope, owner: &'a Account) -> View<'a> {
        View { root: scope.root, owner }
    }
}

/// A file or a folder, and what of it is asked for.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Told<'a> {
    pub(in super::super) view: View<'a>,
    pub(in super::super) item: &'a Situated,
    /// Of a file's bytes.
    pub(in super::super) sha1: Option<Sha1>,
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
        let &Told { view, item: Situated { entry, around }, sha1, children, fields } = self;
        let is_root = entry.id == view.root;
        let mini = Mini { view, entry, sha1 };
        let mut object = Object { map: serializer.serialize_map(None)?, fields };
        mini.tell(&mut object)?;
        let date = (!is_root).then_some(Date(entry.modified));
        let created = (!is_root).then_some(Date(entry.created));
        object.field(Set::Standard, "created_at", created)?;
        object.field(Set::Standard, "modified_at", date)?;
        let times = entry.file().map(|file| file.times).unwrap_or_default();
        object.field(Set::Standard, "content_created_at", times.created.map(Date).or(created))?;
        object.field(Set::Standard, "content_modified_at", times.modified.map(Date).or(date))?;
        object.field(Set::Standard, "description", entry.description.as_deref().unwrap_or_default())?;
        object.field(Set::Standard, "size", entry.weight().bytes)?;
        object.field_with(Set::Standard, "path_collection", || PathCollection {
            total_count: around.len() as u64,
            entries: around.iter().map(|folder| Mini { view, entry: folder, sha1: None }).collect(),
        })?;
        let owner = UserMini(view.owner);
        object.field(Set::Standard, "created_by", owner)?;
        object.field(Set::Standard, "modified_by", owner)?;
        object.field(Set::Standard, "owned_by", owner)?;
        object.field(Set::Standard, "trashed_at", date.filter(|_| !entry.live))?;
        object.field(Set::Standard, "purged_at", ())?;
        object.field(Set::Standard, "shared_link", ())?;
        object.field_with(Set::Standard, "parent", || {
            around.last().map(|folder| Mini { view, entry: folder, sha1: None })
        })?;
        object.field(Set::Standard, "item_status", if entry.live { "active" } else { "trashed" })?;
        if entry.is_folder() {
            object.field(Set::Standard, "folder_upload_email", ())?;
            if let Some(children) = children {
                object.field_with(Set::Standard, "item_collection", || children.page(view))?;
            }
        }
        on_request::tell(&mut object, view, entry)?;
        object.map.end()
    }
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
    total_count: u64,
    entries: Vec<Mini<'a>>,
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
        let is_root = entry.id == view.root;
        let seq = (!is_root).then_some(Text(entry.seq.0));
        object.field(Set::Base, "type", if entry.is_folder() { "folder" } else { "file" })?;
        object.field(Set::Base, "id", Text(ids::number(entry.id, view.root)))?;
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
