//! What is on the disk and not kept in sync, and why.

use std::fmt;

use rusqlite::{Connection, params};

use super::{Durable, LocalChange, State, StateError};
use crate::ports::{DiskFault, LocalPath};
use crate::rules::RulesFault;
use crate::trees::{LocalId, NameFault};

/// How much of it is kept: the rest is counted.
pub const LEFT_OUT_MAX: usize = 1000;

/// Something that is not kept in sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// In which folder.
    pub folder: LocalPath,
    /// Its name, or what can be shown of it; none: the folder itself.
    pub name: Option<Box<str>>,
    /// Why it is not.
    pub why: WhyLeftOut,
}

impl LeftOut {
    /// Where it is, to be shown.
    pub fn path(&self) -> String {
        match &self.name {
            None => self.folder.to_string(),
            Some(name) if self.folder.is_root() => name.to_string(),
            Some(name) => format!("{}/{name}", self.folder),
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path(), self.why)
    }
}

/// Why something is not kept in sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyLeftOut {
    /// It leads elsewhere.
    #[error("symbolic links are not synced")]
    Symlink,
    /// It has no bytes of its own.
    #[error("sockets, pipes and devices are not synced")]
    Special,
    /// It cannot be looked at or into.
    #[error("it could not be read")]
    Unreadable(DiskFault),
    /// Its name is none.
    #[error("its name is not valid Unicode (UTF-8)")]
    NotText,
    /// The server does not take its name.
    #[error("the server does not take such a name: {0}")]
    Name(NameFault),
    /// Another file system begins here.
    #[error("it is on another file system")]
    OtherFileSystem,
    /// Another sync folder begins here: what is in it is that one's business.
    #[error("it is a sync folder of its own")]
    SyncFolder,
    /// It is a file of rules that is not followed.
    #[error("these rules are not followed: {0}")]
    Rules(RulesFault),
}

/// All that is left out of a sync folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllLeftOut {
    /// The first of it, at most [`LEFT_OUT_MAX`].
    pub first: Vec<LeftOut>,
    /// How much more there is, as it was counted when everything was last looked through.
    pub more: u64,
}

impl State {
    /// Writes down what a scan has sorted out: what changed, and (if it is different from before) what is left out.
    pub fn observe_all(
        &mut self,
        changes: &[LocalChange],
        left_out: Option<&AllLeftOut>,
    ) -> Result<Vec<LocalId>, StateError> {
        // What was seen can be seen again.
        self.begin(Durable::Later)?;
        let mut observed = self.observe(changes);
        if observed.is_ok()
            && let Some(left_out) = left_out
            && let Err(error) = keep(&self.connection, left_out)
        {
            observed = Err(error);
        }
        self.end(observed)
    }

    /// What is on the disk and not kept in sync.
    pub fn left_out(&self) -> Result<AllLeftOut, StateError> {
        let query = "SELECT folder, name, why, detail FROM left_out ORDER BY seq";
        let mut statement = self.connection.prepare_cached(query)?;
        let mut rows = statement.query([])?;
        let mut first = Vec::new();
        while let Some(row) = rows.next()? {
            let damaged = || StateError::damaged("something is left out for no known reason");
            let folder: String = row.get(0)?;
            let folder = LocalPath::parse(&folder).ok_or_else(damaged)?;
            let why = WhyLeftOut::of(row.get(2)?, row.get(3)?).ok_or_else(damaged)?;
            first.push(LeftOut { folder, name: row.get(1)?, why });
        }
        let more: i64 = self
            .connection
            .prepare_cached("SELECT left_out_more FROM observed")?
            .query_row([], |row| row.get(0))?;
        Ok(AllLeftOut { first, more: more.cast_unsigned() })
    }
}

fn keep(c: &Connection, left_out: &AllLeftOut) -> Result<(), StateError> {
    c.prepare_cached("DELETE FROM left_out")?.execute([])?;
    let mut add =
        c.prepare_cached("INSERT INTO left_out (folder, name, why, detail) VALUES (?1, ?2, ?3, ?4)")?;
    for one in left_out.first.iter().take(LEFT_OUT_MAX) {
        let (why, detail) = one.why.numbers();
        add.execute(params![one.folder.as_str(), one.name.as_deref(), why, detail])?;
    }
    c.prepare_cached("UPDATE observed SET left_out_more = ?1")?.execute([left_out.more.cast_signed()])?;
    Ok(())
}

impl WhyLeftOut {
    /// As it is kept: which it is, and what it says besides.
    fn numbers(self) -> (i64, i64) {
        match self {
            WhyLeftOut::Symlink => (0, 0),
            WhyLeftOut::Special => (1, 0),
            WhyLeftOut::Unreadable(fault) => (2, place_in(&FAULTS, &fault)),
            WhyLeftOut::NotText => (3, 0),
            WhyLeftOut::Name(fault) => (4, place_in(&NAME_FAULTS, &fault)),
            WhyLeftOut::OtherFileSystem => (5, 0),
            WhyLeftOut::Rules(RulesFault::Pattern(line)) => (6, i64::try_from(line).unwrap_or(i64::MAX)),
            WhyLeftOut::Rules(fault) => (7, place_in(&RULES_FAULTS, &fault)),
            WhyLeftOut::SyncFolder => (8, 0),
        }
    }

    fn of(why: i64, detail: i64) -> Option<WhyLeftOut> {
        let detail = usize::try_from(detail).ok()?;
        Some(match why {
            0 => WhyLeftOut::Symlink,
            1 => WhyLeftOut::Special,
            2 => WhyLeftOut::Unreadable(*FAULTS.get(detail)?),
            3 => WhyLeftOut::NotText,
            4 => WhyLeftOut::Name(*NAME_FAULTS.get(detail)?),
            5 => WhyLeftOut::OtherFileSystem,
            6 => WhyLeftOut::Rules(RulesFault::Pattern(detail)),
            7 => WhyLeftOut::Rules(*RULES_FAULTS.get(detail)?),
            8 => WhyLeftOut::SyncFolder,
            _ => return None,
        })
    }
}

/// A fault is kept as its place in one of these, so new ones come last.
const FAULTS: [DiskFault; 10] = [
    DiskFault::Missing,
    DiskFault::Taken,
    DiskFault::NotEmpty,
    DiskFault::Different,
    DiskFault::Denied,
    DiskFault::Full,
    DiskFault::BadName,
    DiskFault::Unmounted,
    DiskFault::TooMany,
    DiskFault::Broken,
];
const NAME_FAULTS: [NameFault; 3] = [NameFault::TooLong, NameFault::Character, NameFault::TrailingSpace];
const RULES_FAULTS: [RulesFault; 3] = [RulesFault::TooLong, RulesFault::TooMany, RulesFault::Unreadable];

fn place_in<T: PartialEq>(all: &[T], one: &T) -> i64 {
    let place = all.iter().position(|known| known == one);
    place.and_then(|place| i64::try_from(place).ok()).expect("all of them are listed, and they are few")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reason comes back as it was kept, and a number of none is none.
    #[test]
    fn reasons_are_kept_as_they_are() {
        let mut all = vec![
            WhyLeftOut::Symlink,
            WhyLeftOut::Special,
            WhyLeftOut::NotText,
            WhyLeftOut::OtherFileSystem,
            WhyLeftOut::SyncFolder,
            WhyLeftOut::Rules(RulesFault::Pattern(7)),
        ];
        all.extend(FAULTS.map(WhyLeftOut::Unreadable));
        all.extend(NAME_FAULTS.map(WhyLeftOut::Name));
        all.extend(RULES_FAULTS.map(WhyLeftOut::Rules));
        for why in all {
            let (number, detail) = why.numbers();
            assert_eq!(WhyLeftOut::of(number, detail), Some(why));
        }
        for (number, detail) in [(9, 0), (-1, 0), (2, 10), (4, 3), (7, -1)] {
            assert_eq!(WhyLeftOut::of(number, detail), None, "{number} {detail}");
        }
    }
}
