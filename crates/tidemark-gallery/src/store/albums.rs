//! Albums: folders, as pages ask for them.

use rusqlite::{OptionalExtension as _, params};

use super::{Database, PersonId, StoreError};

/// A folder with pictures in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Album {
    pub(crate) id: i64,
    pub(crate) path: String,
    pub(crate) count: i64,
    /// When its last picture was taken.
    pub(crate) latest: i64,
    /// The picture that stands for it.
    pub(crate) cover: Option<Cover>,
}

/// A picture that stands for an album: its last one that there is a small picture of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cover {
    pub(crate) id: i64,
    pub(crate) rev: String,
}

impl Database {
    /// Somebody's albums, that with the last picture first.
    pub(crate) fn albums(&self, person: PersonId) -> Result<Vec<Album>, StoreError> {
        let db = self.read();
        let mut albums = db.prepare_cached(
            "SELECT folder.id, folder.path, count(*), max(picture.taken) AS latest
             FROM folder JOIN picture ON picture.folder = folder.id
             WHERE folder.person = ? GROUP BY folder.id ORDER BY latest DESC, folder.path",
        )?;
        // The width is 0 where there is no thumbnail.
        let mut cover = db.prepare_cached(
            "SELECT id, rev FROM picture WHERE folder = ? AND width IS NOT 0 ORDER BY month DESC, taken DESC, id DESC LIMIT 1",
        )?;
        let albums = albums.query_map([person.0], |row| {
            let id = row.get(0)?;
            let of_row = |row: &rusqlite::Row<'_>| Ok(Cover { id: row.get(0)?, rev: row.get(1)? });
            let cover = cover.query_row([id], of_row).optional()?;
            Ok(Album { id, path: row.get(1)?, count: row.get(2)?, latest: row.get(3)?, cover })
        })?;
        Ok(albums.collect::<Result<_, _>>()?)
    }

    /// The path of an album of somebody's.
    pub(crate) fn album_path(&self, person: PersonId, album: i64) -> Result<Option<String>, StoreError> {
        let db = self.read();
        let path = db.query_row(
            "SELECT path FROM folder WHERE id = ? AND person = ?",
            params![album, person.0],
            |row| row.get(0),
        );
        Ok(path.optional()?)
    }
}
