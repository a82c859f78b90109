//! What the server told.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use tidemark_client::{Cursor, DeltaPage, Metadata, RemotePath};

use super::dirty::{BY_REMOTE, LACKS_REMOTE};
use super::paths::check_depth;
use super::rows::{Kept, remote_file};
use super::{Durable, State, StateError, intents, problems, synced, trees};
use crate::ports::LocalPath;
use crate::trees::{Content, NameKey, RemoteFile, RemoteId};

/// The longest name, in bytes. No file system has longer ones, and no server of ours.
const NAME_MAX: usize = 4096;

/// The largest file, in bytes: the largest number that every client of the protocol can hold.
const SIZE_MAX: u64 = 1 << 53;

/// What a page led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Whether anything is different now.
    pub changed: bool,
    /// Whether anything may be missing there now that was agreed on.
    pub lost: bool,
    /// Whether the server had no more to tell.
    pub told_all: bool,
    /// How many entries were refused, and are [problems](State::problems) now.
    pub refused: usize,
}

impl State {
    /// How far the server's changes were read; none if they never were.
    pub fn cursor(&self) -> Result<Option<Cursor>, StateError> {
        let kept: Option<String> =
            self.connection.prepare_cached("SELECT cursor FROM progress")?.query_row([], |row| row.get(0))?;
        kept.map(|text| Cursor::new(text).map_err(|_| StateError::damaged("a cursor that is none")))
            .transpose()
    }

    /// Whether all was told since the last time that the server began to tell everything. Until then, what is not in the
    /// remote tree may still be on the server.
    pub fn remote_is_whole(&self) -> Result<bool, StateError> {
        let query = "SELECT whole FROM progress";
        Ok(self.connection.prepare_cached(query)?.query_row([], |row| row.get(0))?)
    }

    /// Writes down what the server told, with the cursor to go on from. A page that tells everything anew forgets the remote
    /// tree, and everything that was agreed on.
    ///
    /// Names that could lead anywhere, or are beyond all measure, are not written down but noted as problems.
    pub fn apply_page(&mut self, page: &DeltaPage) -> Result<Applied, StateError> {
        // A page can be asked for again; what counts on it is durable when it is.
        self.write(Durable::Later, |c| {
            let first = c
                .prepare_cached("SELECT cursor IS NULL FROM progress")?
                .query_row([], |row| row.get::<_, bool>(0))?;
            if page.reset {
                synced::forget_everything(c)?;
            }
            let mut applied =
                Applied { changed: page.reset, lost: false, told_all: !page.has_more, refused: 0 };
            let mut tree = Tree { c, folder: None, lost: false };
            for (path, metadata) in &page.entries {
                match metadata.as_ref().filter(|metadata| !metadata.is_deleted) {
                    None => applied.changed |= tree.remove_path(path)?,
                    Some(metadata) => match tree.upsert(metadata)? {
                        Told::Changed => applied.changed = true,
                        Told::Same => {}
                        Told::Refused => applied.refused += 1,
                    },
                }
            }
            applied.lost = tree.lost;
            let keep = "UPDATE progress SET cursor = ?1, whole = (whole AND NOT ?2) OR NOT ?3";
            let begins = page.reset || first;
            c.prepare_cached(keep)?.execute(params![page.cursor.as_str(), begins, page.has_more])?;
            Ok(applied)
        })
    }
}

/// Selects those of the remote rows `r` where the given holds that are as they were agreed on.
macro_rules! as_agreed {
    ($where:literal) => {
        concat!(
            "SELECT r.id FROM remote r JOIN synced s ON s.remote = r.id LEFT JOIN remote p ON p.n = r.parent
             WHERE ",
            $where,
            " AND s.parent = CASE r.parent WHEN 0 THEN '' ELSE p.id END
                AND s.name = r.name AND s.rev IS r.rev AND s.size IS r.size AND s.hash IS r.hash"
        )
    };
}

/// What telling an entry led to.
enum Told {
    Changed,
    Same,
    Refused,
}

/// The remote tree while a page is written into it.
struct Tree<'c> {
    c: &'c Connection,
    /// The folder in which the entry before was, with its number: entries often have the same.
    folder: Option<(RemotePath, i64)>,
    /// Whether anything that was agreed on left its place, for another or for good.
    lost: bool,
}

/// A row.
struct Kin {
    n: i64,
    id: Option<RemoteId>,
    name: Box<str>,
    file: Option<RemoteFile>,
}

impl Kin {
    fn read(row: &Row<'_>) -> rusqlite::Result<Kin> {
        Ok(Kin { n: row.get(0)?, id: row.get(1)?, name: row.get(2)?, file: remote_file(row, 3)? })
    }
}

impl Tree<'_> {
    /// Nothing is there any more, nor below.
    fn remove_path(&mut self, path: &RemotePath) -> Result<bool, StateError> {
        let mut number = 0;
        for name in path.names() {
            let Some(next) = self.at(number, &NameKey::of(name))? else { return Ok(false) };
            number = next.n;
        }
        if number != 0 {
            self.remove(number)?;
            return Ok(true);
        }
        let mut changed = false;
        while let Some(child) = self.any_child_of_root()? {
            self.remove(child)?;
            changed = true;
        }
        Ok(changed)
    }

    fn upsert(&mut self, metadata: &Metadata) -> Result<Told, StateError> {
        let path = &metadata.path;
        let (Some(name), Some(folder)) = (path.name(), path.parent()) else {
            // Of the root, nothing is kept.
            return Ok(Told::Same);
        };
        let missing = |what| StateError::OldServer { what, path: path.as_str().to_owned() };
        let id = RemoteId::new(metadata.id.as_ref().ok_or_else(|| missing("identity"))?.as_str());
        let file = match metadata.file() {
            None => None,
            Some(file) => Some(RemoteFile {
                rev: file.rev.clone(),
                content: Content {
                    size: file.bytes,
                    hash: file.content_hash.ok_or_else(|| missing("content hash"))?,
                },
                modified_s: file.client_mtime.map(|time| time.0),
            }),
        };
        if let Some(why) = refusal(path, file.as_ref()) {
            let since = metadata.modified.map_or(0, |time| time.0);
            problems::refuse(self.c, &id, path.as_str(), why, since)?;
            return Ok(Told::Refused);
        }

        let parent = self.folder(&folder)?;
        let key = NameKey::of(name);
        let mut here = self.at(parent, &key)?;
        let replaced = here.as_ref().is_some_and(|here| {
            // A folder's new metadata leaves what is in it; anything else takes the place of what was there.
            !(here.file.is_none() && file.is_none() || here.file.is_some() && here.id.as_ref() == Some(&id))
        });
        if replaced && let Some(gone) = here.take() {
            self.remove(gone.n)?;
        }
        self.leave_elsewhere(&id, here.as_ref().map(|here| here.n), parent)?;

        let values = params![
            id,
            parent,
            key.as_str(),
            name,
            file.as_ref().map(|file| file.rev.as_str()),
            file.as_ref().map(|file| file.content.size.cast_signed()),
            file.as_ref().map(|file| Kept(file.content.hash)),
            file.as_ref().and_then(|file| file.modified_s),
        ];
        match here {
            Some(here) if here.id.as_ref() == Some(&id) && *here.name == *name && here.file == file => {
                return Ok(Told::Same);
            }
            Some(here) => {
                let update =
                    "UPDATE remote SET id = ?1, name = ?4, rev = ?5, size = ?6, hash = ?7, modified = ?8
                    WHERE parent = ?2 AND key = ?3";
                self.c.prepare_cached(update)?.execute(values)?;
                if here.id.as_ref() != Some(&id) {
                    if let Some(old) = &here.id {
                        self.mark_gone(old)?;
                    }
                    self.mark_children_told(here.n)?;
                }
            }
            None => {
                let insert = "INSERT INTO remote (id, parent, key, name, rev, size, hash, modified)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
                self.c.prepare_cached(insert)?.execute(values)?;
            }
        }
        if let Some(told) = trees::remote(self.c, &id)? {
            intents::recognize_there(self.c, &told, path)?;
        }
        self.mark_told(&id)?;
        problems::accept(self.c, &id)?;
        Ok(Told::Changed)
    }

    /// The number of this folder, which is made if it is not there. What is made was not told itself, and has no identity
    /// until it is.
    fn folder(&mut self, path: &RemotePath) -> Result<i64, StateError> {
        if let Some((known, number)) = &self.folder
            && known == path
        {
            return Ok(*number);
        }
        let mut number = 0;
        for name in path.names() {
            let key = NameKey::of(name);
            let mut here = self.at(number, &key)?;
            if let Some(file) = here.take_if(|here| here.file.is_some()) {
                self.remove(file.n)?;
            }
            number = match here {
                Some(folder) => folder.n,
                None => {
                    let insert = "INSERT INTO remote (parent, key, name) VALUES (?1, ?2, ?3)";
                    self.c.prepare_cached(insert)?.execute(params![number, key.as_str(), name])?;
                    self.c.last_insert_rowid()
                }
            };
        }
        self.folder = Some((path.clone(), number));
        Ok(number)
    }

    fn at(&self, parent: i64, key: &NameKey) -> Result<Option<Kin>, StateError> {
        let query =
            "SELECT n, id, name, rev, size, hash, modified FROM remote WHERE parent = ?1 AND key = ?2";
        let mut statement = self.c.prepare_cached(query)?;
        Ok(statement.query_row(params![parent, key.as_str()], Kin::read).optional()?)
    }

    fn any_child_of_root(&self) -> Result<Option<i64>, StateError> {
        let mut statement = self.c.prepare_cached("SELECT n FROM remote WHERE parent = 0 LIMIT 1")?;
        Ok(statement.query_row([], |row| row.get(0)).optional()?)
    }

    /// An entry that is told here is nowhere else. What was in it is told again.
    fn leave_elsewhere(&mut self, id: &RemoteId, here: Option<i64>, parent: i64) -> Result<(), StateError> {
        let mut statement = self.c.prepare_cached("SELECT n FROM remote WHERE id = ?1")?;
        let known: Option<i64> = statement.query_row([id], |row| row.get(0)).optional()?;
        let Some(elsewhere) = known.filter(|known| Some(*known) != here) else { return Ok(()) };
        if self.is_at_or_above(elsewhere, parent)? {
            // It went into a folder that is in its old place now, about which nothing is known yet.
            self.c.prepare_cached("UPDATE remote SET id = NULL WHERE n = ?1")?.execute([elsewhere])?;
            self.mark_children_told(elsewhere)
        } else {
            self.remove(elsewhere)
        }
    }

    fn is_at_or_above(&self, folder: i64, mut number: i64) -> Result<bool, StateError> {
        let mut statement = self.c.prepare_cached("SELECT parent FROM remote WHERE n = ?1")?;
        let mut steps = 0;
        while number != 0 && number != folder {
            number = statement.query_row([number], |row| row.get(0))?;
            steps += 1;
            check_depth(steps)?;
        }
        Ok(number == folder)
    }

    /// This row goes, and all below it.
    fn remove(&mut self, number: i64) -> Result<(), StateError> {
        self.folder = None;
        self.c.prepare_cached("DELETE FROM leaving")?.execute([])?;
        let collect = "WITH RECURSIVE below (n, id) AS (
                SELECT n, id FROM remote WHERE n = ?1
                UNION ALL SELECT r.n, r.id FROM below b CROSS JOIN remote r ON r.parent = b.n)
            INSERT INTO leaving SELECT n, id FROM below";
        self.c.prepare_cached(collect)?.execute([number])?;
        // (CROSS: the few rows first, whatever SQLite thinks of how many there are.)
        let lost = self
            .c
            .prepare_cached(
                "INSERT INTO dirty (remote, causes, missing)
             SELECT s.remote, ?1, ?2 FROM leaving l CROSS JOIN synced s ON s.remote = l.id WHERE true
             ON CONFLICT (remote) DO UPDATE
                SET causes = causes | excluded.causes, missing = missing | excluded.missing",
            )?
            .execute([BY_REMOTE, LACKS_REMOTE])?;
        self.lost |= lost > 0;
        for statement in [
            // About what is gone, and was never agreed on, nothing is to be done.
            "DELETE FROM dirty WHERE remote IN (SELECT id FROM leaving l
                WHERE NOT EXISTS (SELECT 1 FROM synced s WHERE s.remote = l.id))",
            "DELETE FROM problems WHERE remote IN (SELECT id FROM leaving)",
            "DELETE FROM remote WHERE n IN (SELECT n FROM leaving)",
            "DELETE FROM leaving",
        ] {
            self.c.prepare_cached(statement)?.execute([])?;
        }
        Ok(())
    }

    /// An entry has lost its place to another one.
    fn mark_gone(&mut self, id: &RemoteId) -> Result<(), StateError> {
        let pair = "INSERT INTO dirty (remote, causes, missing)
            SELECT remote, ?2, ?3 FROM synced WHERE remote = ?1
            ON CONFLICT (remote) DO UPDATE
                SET causes = causes | excluded.causes, missing = missing | excluded.missing";
        self.lost = true;
        if self.c.prepare_cached(pair)?.execute(params![id, BY_REMOTE, LACKS_REMOTE])? == 0 {
            self.c.prepare_cached("DELETE FROM dirty WHERE remote = ?1")?.execute([id])?;
        }
        self.c.prepare_cached("DELETE FROM problems WHERE remote = ?1")?.execute([id])?;
        Ok(())
    }

    /// What is in this folder is in another one than before, as far as anybody can tell.
    fn mark_children_told(&self, folder: i64) -> Result<(), StateError> {
        let unmark = concat!(
            "UPDATE dirty SET causes = causes & ~?2, missing = missing & ~?3 WHERE remote IN (",
            as_agreed!("r.parent = ?1"),
            ")"
        );
        self.c.prepare_cached(unmark)?.execute([folder, BY_REMOTE, LACKS_REMOTE])?;
        let drop =
            concat!("DELETE FROM dirty WHERE causes = 0 AND remote IN (", as_agreed!("r.parent = ?1"), ")");
        self.c.prepare_cached(drop)?.execute([folder])?;
        let mark = concat!(
            "INSERT INTO dirty (remote, causes) SELECT id, ?2 FROM remote
                WHERE parent = ?1 AND id IS NOT NULL AND id NOT IN (",
            as_agreed!("r.parent = ?1"),
            ") ON CONFLICT (remote) DO UPDATE SET causes = causes | excluded.causes"
        );
        self.c.prepare_cached(mark)?.execute([folder, BY_REMOTE])?;
        Ok(())
    }

    /// An entry is different from before. If it is as it was agreed on, that is no reason to look at it: it may be the echo of
    /// what we did, or have been told of twice on the way of a folder that was moved.
    fn mark_told(&self, id: &RemoteId) -> Result<(), StateError> {
        if self.c.prepare_cached(as_agreed!("r.id = ?1"))?.exists([id])? {
            let unmark = "UPDATE dirty SET causes = causes & ~?2, missing = missing & ~?3 WHERE remote = ?1";
            self.c.prepare_cached(unmark)?.execute(params![id, BY_REMOTE, LACKS_REMOTE])?;
            self.c.prepare_cached("DELETE FROM dirty WHERE remote = ?1 AND causes = 0")?.execute([id])?;
        } else {
            let mark = "INSERT INTO dirty (remote, causes) VALUES (?1, ?2) ON CONFLICT (remote) DO UPDATE
                SET causes = causes | excluded.causes, missing = missing & ~?3";
            self.c.prepare_cached(mark)?.execute(params![id, BY_REMOTE, LACKS_REMOTE])?;
        }
        Ok(())
    }
}

/// Why an entry cannot be written down, if it cannot.
fn refusal(path: &RemotePath, file: Option<&RemoteFile>) -> Option<&'static str> {
    let possible = |name: &str| name.len() <= NAME_MAX && LocalPath::root().join(name).is_some();
    if !path.names().all(possible) {
        return Some("no file system can have a name of this path");
    }
    if path.names().nth(super::paths::DEPTH_MAX).is_some() {
        return Some("it is in too many folders");
    }
    file.filter(|file| file.content.size > SIZE_MAX).map(|_| "no file has this size")
}
