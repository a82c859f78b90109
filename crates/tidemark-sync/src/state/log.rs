//! What was done, for people.

use rusqlite::params;

use super::problems::shortened;
use super::rows::capped;
use super::{Durable, State, StateError};

/// How many entries are kept.
const COUNT_MAX: i64 = 10_000;

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// When, in seconds since 1970.
    pub at_s: i64,
    /// What.
    pub did: Did,
    /// Where it is (or was).
    pub path: String,
    /// More about it: where it was before, what it is a copy of, why it failed.
    pub detail: Option<String>,
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Did {
    /// A file came here, or its new bytes.
    Downloaded,
    /// A file went to the server, or its new bytes.
    Uploaded,
    /// A folder was made here.
    MadeLocal,
    /// A folder was made on the server.
    MadeRemote,
    /// Something was renamed or moved here.
    MovedLocal,
    /// Something was renamed or moved on the server.
    MovedRemote,
    /// Something went into the trash here.
    TrashedLocal,
    /// Something was deleted on the server.
    DeletedRemote,
    /// Both sides had something for one name: one got another name.
    Conflict,
    /// Something could not be done.
    Failed,
    /// The engine itself changed: it started, stopped, began anew.
    Engine,
}

/// An entry as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Its number. Later entries have larger ones.
    pub number: i64,
    /// The entry.
    pub entry: LogEntry,
}

impl State {
    /// Notes what was done. Only the newest entries are kept.
    pub fn note(&mut self, entry: &LogEntry) -> Result<(), StateError> {
        self.write(Durable::Later, |c| {
            let add = "INSERT INTO log (at, did, path, detail) VALUES (?1, ?2, ?3, ?4)";
            let detail = entry.detail.as_deref().map(shortened);
            c.prepare_cached(add)?.execute(params![
                entry.at_s,
                entry.did.number(),
                shortened(&entry.path),
                detail
            ])?;
            let newest = c.last_insert_rowid();
            c.prepare_cached("DELETE FROM log WHERE seq <= ?1")?.execute([newest - COUNT_MAX])?;
            Ok(())
        })
    }

    /// What was done, at most so many entries, the newest first; those before a number only, if one is given.
    pub fn log(&self, limit: usize, before: Option<i64>) -> Result<Vec<Logged>, StateError> {
        let query = "SELECT seq, at, did, path, detail FROM log WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
        let mut statement = self.connection.prepare_cached(query)?;
        let mut rows = statement.query(params![before.unwrap_or(i64::MAX), capped(limit)])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let did =
                Did::of(row.get(2)?).ok_or_else(|| StateError::damaged("a log entry of no known kind"))?;
            let entry = LogEntry { at_s: row.get(1)?, did, path: row.get(3)?, detail: row.get(4)? };
            entries.push(Logged { number: row.get(0)?, entry });
        }
        Ok(entries)
    }
}

impl Did {
    const ALL: [Did; 11] = [
        Did::Downloaded,
        Did::Uploaded,
        Did::MadeLocal,
        Did::MadeRemote,
        Did::MovedLocal,
        Did::MovedRemote,
        Did::TrashedLocal,
        Did::DeletedRemote,
        Did::Conflict,
        Did::Failed,
        Did::Engine,
    ];

    fn number(self) -> i64 {
        match self {
            Did::Downloaded => 0,
            Did::Uploaded => 1,
            Did::MadeLocal => 2,
            Did::MadeRemote => 3,
            Did::MovedLocal => 4,
            Did::MovedRemote => 5,
            Did::TrashedLocal => 6,
            Did::DeletedRemote => 7,
            Did::Conflict => 8,
            Did::Failed => 9,
            Did::Engine => 10,
        }
    }

    fn of(number: i64) -> Option<Did> {
        Did::ALL.into_iter().find(|did| did.number() == number)
    }
}
