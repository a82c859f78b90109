//! Pictures, as pages ask for them: by month, or one.

use rusqlite::types::ToSql;
use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;
use tidemark_client::RemotePath;

use super::{Database, PersonId, StoreError};
use crate::document::Picture;

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

/// What a [`Picture`] is read from.
pub(super) const TOLD: &str = "name, rev, bytes, kind, width IS NOT 0, taken, latitude, longitude, duration";

impl Picture {
    pub(super) fn of_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Picture> {
        let place: (Option<f64>, Option<f64>) = (row.get(6)?, row.get(7)?);
        Ok(Picture {
            name: row.get(0)?,
            rev: row.get(1)?,
            bytes: row.get::<_, i64>(2)?.cast_unsigned(),
            mime_type: row.get(3)?,
            has_thumbnail: row.get(4)?,
            taken: row.get(5)?,
            place: place.0.zip(place.1),
            duration: row.get::<_, Option<i64>>(8)?.map(i64::cast_unsigned),
        })
    }
}

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
    pub(super) fn rev(&self, person: PersonId, picture: i64) -> Result<Option<String>, StoreError> {
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

    /// All that the server told of a picture of somebody's.
    pub(crate) fn told(&self, person: PersonId, picture: i64) -> Result<Option<(Spot, Picture)>, StoreError> {
        let Some(spot) = self.spot(person, picture)? else { return Ok(None) };
        let db = self.read();
        let mut query = db.prepare_cached(&format!("SELECT {TOLD} FROM picture WHERE id = ?"))?;
        let told = query.query_row([picture], Picture::of_row).optional()?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    fn picture(name: &str, place: Option<(f64, f64)>, duration: Option<u64>) -> Picture {
        Picture {
            name: name.to_owned(),
            rev: "1f".to_owned(),
            bytes: u64::MAX,
            mime_type: "image/jpeg".to_owned(),
            has_thumbnail: true,
            taken: -5,
            place,
            duration,
        }
    }

    fn with_folder(folder: &tempfile::TempDir) -> (Database, PersonId) {
        let store = Database::open(folder.path(), 0).unwrap();
        let person = store.sign_in(("server", 1), ("Ada", "a@b"), [1; 32], |_| vec![1], 0).unwrap().person;
        let folder = "INSERT INTO folder (id, person, key, path, walk) VALUES (1, ?, '/a', '/A', 0)";
        store.write(|db| Ok(db.execute(folder, [person.0])?)).unwrap();
        (store, person)
    }

    #[test]
    fn one_picture_is_told_without_all_others_of_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (store, person) = with_folder(&folder);
        let told = |id| store.told(person, id).unwrap().map(|(_, told)| told);
        let first = [picture("a", Some((48.65, -2.02)), Some(1500)), picture("b", None, None)];
        let changed = store.keep(person, 1, &Document { hash: None, pictures: first.to_vec() }).unwrap();
        assert_eq!(changed.came, 2);
        // Whatever the document is: it is not looked at.
        store.write(|db| Ok(db.execute("UPDATE folder SET document = '['", [])?)).unwrap();
        store.write(|db| Ok(db.execute("UPDATE folder SET due = 0", [])?)).unwrap();
        assert_eq!(store.due(person, 0, 9).unwrap()[0].hash, None, "it is asked for as a whole");
        assert_eq!([told(1), told(2), told(3)], [Some(first[0].clone()), Some(first[1].clone()), None]);

        // What the server finds out later is told, too, and pages need not fetch the month again for it.
        let later = picture("b", Some((-90.0, 180.0)), None);
        let stamp = store.months(Whose::All(person)).unwrap();
        let again = Document { hash: None, pictures: vec![first[0].clone(), later.clone()] };
        assert_eq!(store.keep(person, 1, &again).unwrap(), crate::store::Refreshed::default());
        assert_eq!(told(2), Some(later));
        assert_eq!(store.months(Whose::All(person)).unwrap(), stamp);
        // But for that it is a film: a month tells that of each.
        let film = Picture { mime_type: "video/mp4".to_owned(), ..picture("b", None, None) };
        store.keep(person, 1, &Document { hash: None, pictures: vec![first[0].clone(), film] }).unwrap();
        assert_ne!(store.months(Whose::All(person)).unwrap(), stamp);
    }

    #[test]
    fn what_the_first_version_kept_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (store, person) = with_folder(&folder);
        let pictures = vec![picture("a", Some((48.65, -2.02)), Some(1500)), picture("b", None, None)];
        let pictures: Vec<_> = pictures.into_iter().map(|picture| Picture { bytes: 3, ..picture }).collect();
        store.keep(person, 1, &Document { hash: None, pictures: pictures.clone() }).unwrap();
        make_first(&store);
        drop(store);
        let store = Database::open(folder.path(), 0).unwrap();
        let told = |id| store.told(person, id).unwrap().map(|(_, told)| told);
        assert_eq!([told(1), told(2)], [Some(pictures[0].clone()), Some(pictures[1].clone())]);
    }

    /// A document that is damaged, or has numbers that SQLite has not, keeps nobody from their pictures.
    #[test]
    fn whatever_the_first_version_kept_can_be_read() {
        let sound = r#"[{"name":"a","bytes":18446744073709551615,"mime_type":"image/png","duration":18446744073709551615}]"#;
        for (document, expected) in [
            (Some(format!(r#"{{"pictures":{sound}}}"#)), (i64::MAX.cast_unsigned(), "image/png")),
            (None, (0, "")),
            (Some("[".to_owned()), (0, "")),
            (Some("7".to_owned()), (0, "")),
            (Some(r#"{"pictures":[1,"a",null,["a"]]}"#.to_owned()), (0, "")),
            (Some(r#"{"pictures":[{"name":"a"}]}"#.to_owned()), (0, "")),
            (
                Some(r#"{"pictures":[{"name":"a","bytes":"x","mime_type":7,"place":"x"}]}"#.to_owned()),
                (0, "7"),
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let (store, person) = with_folder(&folder);
            store
                .keep(person, 1, &Document { hash: None, pictures: vec![picture("a", None, None)] })
                .unwrap();
            store.write(|db| Ok(db.execute("UPDATE folder SET document = ?", [&document])?)).unwrap();
            make_first(&store);
            drop(store);
            let store = Database::open(folder.path(), 0).unwrap();
            let (_, told) = store.told(person, 1).unwrap().unwrap();
            assert_eq!((told.bytes, &*told.mime_type), expected, "{document:?}");
        }
    }

    /// Makes a database what the first version of this program would have made.
    fn make_first(store: &Database) {
        let columns = ["bytes", "kind", "latitude", "longitude", "duration"];
        let first = columns.map(|column| format!("ALTER TABLE picture DROP COLUMN {column};")).concat();
        store.write(|db| Ok(db.execute_batch(&format!("{first} PRAGMA user_version = 1"))?)).unwrap();
    }
}
