//! The versions of files.

use super::super::fields::{Fields, Set};
use super::{Date, Object, Text, UserMini, View};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use tidemark_core::cloud::Version;
use tidemark_core::model::{Entry, Sha1};

/// A version of a file, by itself.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct FileVersion<'a> {
    pub(in super::super) view: View<'a>,
    pub(in super::super) file: &'a Entry,
    pub(in super::super) version: &'a Version,
    /// The how manieth it is, from 1, if it is known how many there were before.
    pub(in super::super) number: Option<usize>,
    /// Of its bytes.
    pub(in super::super) sha1: Sha1,
    pub(in super::super) fields: &'a Fields,
}

impl Serialize for FileVersion<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let &FileVersion { view, file, version, number, sha1, fields } = self;
        let mut object = Object { map: serializer.serialize_map(None)?, fields };
        object.field(Set::Base, "type", "file_version")?;
        object.field(Set::Base, "id", Text(version.seq.0))?;
        object.field(Set::Mini, "sha1", Text(sha1))?;
        object.field(Set::Standard, "name", file.name.as_str())?;
        object.field(Set::Standard, "size", version.content.size)?;
        object.field(Set::Standard, "created_at", Date(version.time))?;
        object.field(Set::Standard, "modified_at", Date(version.time))?;
        object.field(Set::Standard, "modified_by", UserMini(view.owner))?;
        object.field(Set::Standard, "uploader_display_name", &view.owner.name)?;
        object.field(Set::Standard, "trashed_at", ())?;
        object.field(Set::Standard, "trashed_by", ())?;
        object.field(Set::Standard, "restored_at", ())?;
        object.field(Set::Standard, "restored_by", ())?;
        object.field(Set::Standard, "purged_at", ())?;
        if let Some(number) = number {
            object.field(Set::Standard, "version_number", Text(number))?;
        }
        object.map.end()
    }
}
