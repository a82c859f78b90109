//! Folders: where changes are noted, which are to be asked for, and the documents that come.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use tidemark_client::{DeltaPage, FolderHash, RemotePath};

use super::pictures::TOLD;
use super::{Database, PersonId, StoreError};
use crate::document::{Document, Picture, is_picture, month};

/// A folder that the server is to be asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Due {
    pub(crate) id: i64,
    pub(crate) path: String,
    /// What its content was known by.
    pub(crate) hash: Option<FolderHash>,
    /// How often it was asked for since it was whole.
    pub(crate) tries: u32,
}

/// What a page of changes led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Noted {
    /// So many pictures are gone already.
    pub(crate) left: usize,
}

/// What a document changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refreshed {
    /// So many pictures are new, or others than before.
    pub(crate) came: usize,
    /// So many are gone.
    pub(crate) left: usize,
    /// So many stand elsewhere: it turned out when they were taken.
    pub(crate) moved: usize,
}

impl Database {
    /// How far somebody's changes were read.
    pub(crate) fn cursor(&self, person: PersonId) -> Result<Option<String>, StoreError> {
        let db = self.read();
        let cursor = db.query_row("SELECT cursor FROM person WHERE id = ?", [person.0], |row| row.get(0));
        Ok(cursor.optional()?.flatten())
    }

    /// Begins anew with somebody's changes: what is known stays until the walk is over.
    pub(crate) fn forget_cursor(&self, person: PersonId) -> Result<(), StoreError> {
        self.write(|db| {
            db.execute("UPDATE person SET cursor = NULL WHERE id = ?", [person.0])?;
            Ok(())
        })
    }

    /// Notes a page of changes: which folders are to be asked for, which are gone, and how far it goes.
    pub(crate) fn note(&self, person: PersonId, page: &DeltaPage, now: i64) -> Result<Noted, StoreError> {
        self.write(|db| {
            let mut noted = Noted::default();
            if page.reset {
                db.execute("UPDATE person SET walk = walk + 1 WHERE id = ?", [person.0])?;
            }
            let walk: i64 =
                db.query_row("SELECT walk FROM person WHERE id = ?", [person.0], |row| row.get(0))?;
            for (key, entry) in &page.entries {
                let Some(parent) = key.parent() else { continue };
                match entry {
                    None => noted.left += forget(db, person, key)?,
                    Some(entry) if entry.is_folder() => {
                        // It may be written in another way than before.
                        db.prepare_cached("UPDATE folder SET path = ?1, due = ?2, walk = ?3 WHERE person = ?4 AND key = ?5")?
                            .execute(params![entry.path.as_str(), now, walk, person.0, key.as_str()])?;
                        continue;
                    }
                    Some(entry) => {
                        noted.left += forget(db, person, key)?;
                        if entry.file().is_some_and(is_picture)
                            && let Some(folder) = entry.path.parent()
                        {
                            db.prepare_cached(
                                "INSERT INTO folder (person, key, path, walk, due) VALUES (?, ?, ?, ?, ?)
                                 ON CONFLICT DO UPDATE SET path = excluded.path, walk = excluded.walk, due = excluded.due, tries = 0",
                            )?
                            .execute(params![person.0, parent.as_str(), folder.as_str(), walk, now])?;
                            continue;
                        }
                    }
                }
                // What was there may have been a picture.
                db.prepare_cached("UPDATE folder SET due = ?, tries = 0 WHERE person = ? AND key = ?")?.execute(
                    params![now, person.0, parent.as_str()],
                )?;
            }
            if !page.has_more {
                let stale = "folder IN (SELECT id FROM folder WHERE person = ?1 AND walk < ?2)";
                noted.left +=
                    db.execute(&format!("DELETE FROM picture WHERE {stale}"), params![person.0, walk])?;
                db.execute("DELETE FROM folder WHERE person = ? AND walk < ?", params![person.0, walk])?;
            }
            db.execute(
                "UPDATE person SET cursor = ? WHERE id = ?",
                params![page.cursor.as_str(), person.0],
            )?;
            Ok(noted)
        })
    }

    /// The folders that are to be asked for by now, the earliest first.
    pub(crate) fn due(&self, person: PersonId, now: i64, most: u32) -> Result<Vec<Due>, StoreError> {
        let db = self.read();
        let mut query = db.prepare_cached(
            "SELECT id, path, iif(json_valid(document), document ->> '$.hash', NULL), tries FROM folder
             WHERE person = ? AND due <= ? ORDER BY due LIMIT ?",
        )?;
        let due = query.query_map(params![person.0, now, most], |row| {
            let hash: Option<String> = row.get(2)?;
            Ok(Due {
                id: row.get(0)?,
                path: row.get(1)?,
                hash: hash.and_then(|hash| FolderHash::new(hash).ok()),
                tries: row.get(3)?,
            })
        })?;
        Ok(due.collect::<Result<_, _>>()?)
    }

    /// When the next folder is to be asked for.
    pub(crate) fn next_due(&self, person: PersonId) -> Result<Option<i64>, StoreError> {
        let db = self.read();
        let mut query =
            db.prepare_cached("SELECT min(due) FROM folder WHERE person = ? AND due IS NOT NULL")?;
        Ok(query.query_row([person.0], |row| row.get(0))?)
    }

    /// A folder is to be asked for at another time, or (without one) not before something changes in it. It must not have been
    /// noted again meanwhile.
    pub(crate) fn put_off(&self, folder: i64, asked: i64, until: Option<i64>) -> Result<(), StoreError> {
        self.write(|db| {
            db.execute(
                "UPDATE folder SET due = ?, tries = iif(?1 IS NULL, 0, tries + 1) WHERE id = ? AND due <= ?",
                params![until, folder, asked],
            )?;
            Ok(())
        })
    }

    /// Forgets a folder, as it is none any more.
    pub(crate) fn drop_folder(&self, folder: i64) -> Result<Refreshed, StoreError> {
        self.write(|db| {
            let left = db.execute("DELETE FROM picture WHERE folder = ?", [folder])?;
            db.execute("DELETE FROM folder WHERE id = ?", [folder])?;
            Ok(Refreshed { left, ..Refreshed::default() })
        })
    }

    /// Keeps a folder's document in place of the one before, and makes the rows of its pictures what it says.
    pub(crate) fn keep(
        &self,
        person: PersonId,
        folder: i64,
        document: &Document,
    ) -> Result<Refreshed, StoreError> {
        self.write(|db| {
            let text = serde_json::to_string(document).expect("a document is texts and numbers");
            if db.execute("UPDATE folder SET document = ? WHERE id = ?", params![text, folder])? == 0 {
                return Ok(Refreshed::default());
            }
            let changed: i64 = db.query_row(
                "UPDATE person SET changed = changed + 1 WHERE id = ? RETURNING changed",
                [person.0],
                |row| row.get(0),
            )?;
            let mut before = db.prepare_cached(&format!("SELECT {TOLD}, id FROM picture WHERE folder = ?"))?;
            let before = before.query_map([folder], |row| {
                let picture = Picture::of_row(row)?;
                Ok((picture.name.clone(), (picture, row.get::<_, i64>(9)?)))
            })?;
            let mut before: HashMap<_, _> = before.collect::<Result<_, _>>()?;
            let mut refreshed = Refreshed::default();
            for picture in &document.pictures {
                let (taken, in_month, place) = (picture.taken, month(picture.taken), picture.place.unzip());
                let (latitude, longitude) = place;
                match before.remove(&picture.name) {
                    // Whether there is a thumbnail is known better from asking for it.
                    Some((known, _)) if Picture { has_thumbnail: known.has_thumbnail, ..picture.clone() } == known => {}
                    Some((known, id)) => {
                        // Of another version, the shape is not known.
                        let is_same = known.rev == picture.rev;
                        let is_shown_the_same =
                            is_same && known.taken == taken && known.is_film() == picture.is_film();
                        db.prepare_cached(
                            "UPDATE picture SET rev = ?1, taken = ?2, month = ?3, is_film = ?4, bytes = ?5, kind = ?6,
                             latitude = ?7, longitude = ?8, duration = ?9, changed = iif(?10, changed, ?11),
                             width = iif(?12, width, NULL), height = iif(?12, height, NULL) WHERE id = ?13",
                        )?
                        .execute(params![
                            picture.rev,
                            taken,
                            in_month,
                            picture.is_film(),
                            picture.bytes.cast_signed(),
                            picture.mime_type,
                            latitude,
                            longitude,
                            picture.duration.map(u64::cast_signed),
                            // Pages that have it need not ask for it again.
                            is_shown_the_same,
                            changed,
                            is_same,
                            id
                        ])?;
                        refreshed.came += usize::from(!is_same);
                        refreshed.moved += usize::from(is_same && known.taken != taken);
                    }
                    None => {
                        let unseen: Option<i64> = (!picture.has_thumbnail).then_some(0);
                        db.prepare_cached(
                            "INSERT INTO picture (person, folder, name, rev, taken, month, is_film, bytes, kind, latitude,
                             longitude, duration, width, height, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        )?
                        .execute(params![
                            person.0,
                            folder,
                            picture.name,
                            picture.rev,
                            taken,
                            in_month,
                            picture.is_film(),
                            picture.bytes.cast_signed(),
                            picture.mime_type,
                            latitude,
                            longitude,
                            picture.duration.map(u64::cast_signed),
                            unseen,
                            unseen,
                            changed
                        ])?;
                        refreshed.came += 1;
                    }
                }
            }
            refreshed.left = before.len();
            for (_, id) in before.into_values() {
                db.prepare_cached("DELETE FROM picture WHERE id = ?")?.execute([id])?;
            }
            Ok(refreshed)
        })
    }
}

/// Forgets a folder and all below it. Tells how many pictures were there.
fn forget(db: &Connection, person: PersonId, key: &RemotePath) -> Result<usize, StoreError> {
    // Behind the slash, and before what comes after it in ASCII.
    let (first, end) = (format!("{key}/"), format!("{key}0"));
    let within = "person = ?1 AND (key = ?2 OR (key >= ?3 AND key < ?4))";
    let parameters = params![person.0, key.as_str(), first, end];
    let left = db
        .prepare_cached(&format!(
            "DELETE FROM picture WHERE folder IN (SELECT id FROM folder WHERE {within})"
        ))?
        .execute(parameters)?;
    db.prepare_cached(&format!("DELETE FROM folder WHERE {within}"))?.execute(parameters)?;
    Ok(left)
}
