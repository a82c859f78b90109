//! The JSON of answers, typed as the strictest client reads it: numbers where it wants numbers, texts where it wants
//! texts, and whatever may not be null has a value. That client refuses a whole answer for one field of another type.

mod date;
mod item;
mod link;
mod list;
mod on_request;
mod upload;
mod user;
mod version;

pub(super) use self::date::Date;
pub(super) use self::item::{FolderChildren, Listed, Mini, Told, View};
pub(super) use self::link::{LinkPermissions, SharedLink};
pub(super) use self::list::{OrderBy, Page, SearchResults};
pub(super) use self::upload::{Entries, Part, TakenPart, UploadSession, UploadUrl};
pub(super) use self::user::{User, UserMini};
pub(super) use self::version::FileVersion;

use super::fields::{Fields, Set};
use crate::http::json::Text;
use serde::Serialize;
use serde::ser::SerializeMap;

/// An object on its way out, of which some fields are asked for.
struct Object<'a, M> {
    map: M,
    fields: &'a Fields,
}

impl<M: SerializeMap> Object<'_, M> {
    /// Tells a field, if it is asked for.
    fn field(&mut self, set: Set, name: &'static str, value: impl Serialize) -> Result<(), M::Error> {
        self.field_with(set, name, || value)
    }

    /// The same where the value takes some work.
    fn field_with<T: Serialize>(
        &mut self,
        set: Set,
        name: &'static str,
        value: impl FnOnce() -> T,
    ) -> Result<(), M::Error> {
        if self.fields.tells(set, name) { self.map.serialize_entry(name, &value()) } else { Ok(()) }
    }
}
