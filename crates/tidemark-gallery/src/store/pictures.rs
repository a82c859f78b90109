//! Pictures, as pages ask for them: by month, or one.

use rusqlite::types::ToSql;
use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;
use tidemark_client::RemotePath;

use super::{Database, PersonId, StoreError};
use crate::document::{Document, Picture};

/// Which pictures: all of somebody's, or those in one album of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// All.
    All(PersonId),
    /// Those in this album, if it is theirs.
    Album(PersonId, i64),
}

/// A month with pictures in it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Month {
    /// Such as 202405.
    pub(crate) month: i64,
    pub(crate) count: i64,
    /// Another one, if any picture in it is.
    pub(crate) stamp: i64,
}

/// A picture among others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tile {
    pub(crate) id: i64,
    pub(crate) rev: String,
    pub(crate) name: String,
    pub(crate) taken: i64,
    pub(crate) is_film: bool,
    /// Of its thumbnail; 0 if there is none, nothing if nobody has seen it.
    pub(crate) shape: Option<(i64, i64)>,
}

/// Where a picture is, and in which version.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) id: i64,
    pub(crate) rev: String,
    pub(crate) folder: i64,
    folder_path: String,
    pub(crate) name: String,
    /// Whether it is known that there is no small picture of it.
    pub(crate) is_unseen: bool,
    /// Whether its shape is known, or that it has none.
    pub(crate) is_measured: bool,
}

impl Spot {
    /// Its path on the server; nothing if that is none, which only a damaged database has.
    pub(crate) fn path(&self) -> Option<RemotePath> {
        RemotePath::new(&self.folder_path).ok()?.join(&self.name).ok()
    }

    fn of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Spot> {
        let width: Option<i64> = row.get(5)?;
        Ok(Spot {
            id: row.get(0)?,
            rev: row.get(1)?,
            folder: row.get(2)?,
            folder_path: row.get(3)?,
            name: row.get(4)?,
            is_unseen: width == Some(0),
            is_measured: width.is_some(),
        })
    }
}

/// What a [`Spot`] is read from.
const SPOTS: &str = "SELECT picture.id, picture.rev, folder.id, folder.path, picture.name, picture.width
     FROM picture JOIN folder ON folder.id = picture.folder WHERE picture.person = ?1";

impl Whose {
    fn condition(self) -> (&'static str, [i64; 2]) {
        match self {
            Whose::All(person) => ("person = ?1 AND ?2 = 0", [person.0, 0]),
            Whose::Album(person, folder) => ("folder = ?2 AND person = ?1", [person.0, folder]),
        }
    }
}

impl Database {
    /// The months with pictures in them, the last first.
    pub(crate) fn months(&self, whose: Whose) -> Result<Vec<Month>, StoreError> {
        let (condition, [person, folder]) = whose.condition();
        let db = self.read();
        // The count tells what left, the greatest change what came; both at once change one of them, too.
        let mut query = db.prepare_cached(&format!(
            "SELECT month, count(*), max(changed) FROM picture WHERE {condition} GROUP BY month ORDER BY month DESC"
        ))?;
        let months = query.query_map([person, folder], |row| {
            Ok(Month { month: row.get(0)?, count: row.get(1)?, stamp: row.get(2)? })
        })?;
        Ok(months.collect::<Result<_, _>>()?)
    }

    /// The pictures of a month, the last first.
    pub(crate) fn tiles(&self, whose: Whose, month: i64) -> Result<Vec<Tile>, StoreError> {
        let (condition, [person, folder]) = whose.condition();
        let db = self.read();
        let mut query = db.prepare_cached(&format!(
            "SELECT id, rev, name, taken, is_film, width, height FROM picture WHERE {condition} AND month = ?3
             ORDER BY taken DESC, id DESC"
        ))?;
        let tiles = query.query_map([person, folder, month], |row| {
            let shape: (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
            Ok(Tile {
                id: row.get(0)?,
                rev: row.get(1)?,
                name: row.get(2)?,
                taken: row.get(3)?,
                is_film: row.get(4)?,
                shape: shape.0.zip(shape.1),
            })
        })?;
        Ok(tiles.collect::<Result<_, _>>()?)
    }

    /// The version that a picture of somebody's has: the one thing that must be known to tell a browser that it has it already.
    pub(crate) fn rev(&self, person: PersonId, picture: i64) -> Result<Option<String>, StoreError> {
        let db = self.read();
        let mut query = db.prepare_cached("SELECT rev FROM picture WHERE id = ? AND person = ?")?;
        Ok(query.query_row([picture, person.0], |row| row.get(0)).optional()?)
    }

    /// Where a picture of somebody's is.
    pub(crate) fn spot(&self, person: PersonId, picture: i64) -> Result<Option<Spot>, StoreError> {
        let db = self.read();
        let mut query = db.prepare_cached(&format!("{SPOTS} AND picture.id = ?2"))?;
        Ok(query.query_row([person.0, picture], Spot::of).optional()?)
    }

    /// All that the server told of a picture of somebody's, out of its folder's document.
    pub(crate) fn told(&self, person: PersonId, picture: i64) -> Result<Option<(Spot, Picture)>, StoreError> {
        let Some(spot) = self.spot(person, picture)? else { return Ok(None) };
        let db = self.read();
        let document =
            db.query_row("SELECT document FROM folder WHERE id = ?", [spot.folder], |row| row.get(0));
        let document: Option<String> = document.optional()?.flatten();
        let document: Document = serde_json::from_str(&document.unwrap_or_default()).unwrap_or_default();
        let told = document.pictures.into_iter().find(|picture| picture.name == spot.name);
        Ok(told.map(|told| (spot, told)))
    }

    /// Pictures whose thumbnails nobody has seen, the latest first.
    pub(crate) fn unmeasured(&self, person: PersonId, most: u32) -> Result<Vec<Spot>, StoreError> {
        let db = self.read();
        let mut query = db.prepare_cached(&format!(
            "{SPOTS} AND picture.width IS NULL ORDER BY picture.taken DESC LIMIT ?2"
        ))?;
        let rows = query.query_map(params![person.0, most], Spot::of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes the shape of a version's thumbnail; 0 by 0 if there is none.
    pub(crate) fn measured(
        &self,
        picture: i64,
        rev: &str,
        (width, height): (u16, u16),
    ) -> Result<(), StoreError> {
        let parameters: [&dyn ToSql; 4] = [&width, &height, &picture, &rev];
        self.write(|db| {
            db.prepare_cached(
                "UPDATE picture SET width = ?, height = ? WHERE id = ? AND rev = ? AND width IS NULL",
            )?
            .execute(parameters)?;
            Ok(())
        })
    }
}
