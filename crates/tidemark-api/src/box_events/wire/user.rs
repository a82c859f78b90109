//! People.

use super::super::fields::{Fields, Set};
use super::{Date, Object, Text};
use crate::http::json::INTEGER_MAX;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use tidemark_core::model::{Account, FILE_SIZE_MAX};

/// A person as other objects name them.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct UserMini<'a>(pub(in super::super) &'a Account);

impl Serialize for UserMini<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Account { id, name, email, .. } = self.0;
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("type", "user")?;
        map.serialize_entry("id", &Text(id.0))?;
        map.serialize_entry("name", name)?;
        map.serialize_entry("login", email)?;
        map.end()
    }
}

/// A person.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct User<'a> {
    /// Who.
    pub(in super::super) account: &'a Account,
    /// How many bytes their files have.
    pub(in super::super) used: u64,
    /// Where a picture of them is.
    pub(in super::super) avatar_url: &'a str,
    /// What of them is asked for.
    pub(in super::super) fields: &'a Fields,
}

impl Serialize for User<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let &User { account, used, avatar_url, fields } = self;
        let mut object = Object { map: serializer.serialize_map(None)?, fields };
        object.field(Set::Base, "type", "user")?;
        object.field(Set::Base, "id", Text(account.id.0))?;
        object.field(Set::Mini, "name", &account.name)?;
        object.field(Set::Mini, "login", &account.email)?;
        object.field(Set::Standard, "created_at", Date(account.created))?;
        object.field(Set::Standard, "modified_at", Date(account.created))?;
        object.field(Set::Standard, "language", "en")?;
        object.field(Set::Standard, "timezone", "Etc/UTC")?;
        // Where there is no quota, clients want a number all the same.
        object.field(Set::Standard, "space_amount", account.quota.unwrap_or(INTEGER_MAX))?;
        object.field(Set::Standard, "space_used", used)?;
        object.field(Set::Standard, "max_upload_size", FILE_SIZE_MAX)?;
        object.field(Set::Standard, "status", "active")?;
        // Nobody is asked for these here.
        object.field(Set::Standard, "job_title", "")?;
        object.field(Set::Standard, "phone", "")?;
        object.field(Set::Standard, "address", "")?;
        object.field(Set::Standard, "avatar_url", avatar_url)?;
        object.field(Set::Standard, "notification_email", ())?;
        object.map.end()
    }
}
