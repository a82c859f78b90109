//! What somebody should look at.

use rusqlite::{Connection, Row, params};

use super::dirty::canonical;
use super::rows::capped;
use super::{Durable, State, StateError};
use crate::trees::{Item, RemoteId};

/// How many are kept. A server that tells a million impossible names fills no disk.
const COUNT_MAX: i64 = 100_000;

/// How long a text that is shown may be, in bytes.
const TEXT_MAX: usize = 4096;

/// Something that cannot be done, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// About what.
    pub item: Item,
    /// Where somebody can do something about it, to be shown: where it is, or where something lies in its way.
    pub path: String,
    /// Where it cannot be done.
    pub side: Side,
    /// What stands in the way.
    pub kind: ProblemKind,
    /// The same in words.
    pub text: String,
    /// Since when, in seconds since 1970.
    pub since_s: i64,
    /// When to try again, in seconds since 1970; none: when something changes.
    pub retry_at_s: Option<i64>,
}

/// A side of the sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The disk.
    Local,
    /// The server.
    Remote,
}

/// What stands in the way, by what somebody can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The side cannot have such a name: rename it on the other.
    BadName,
    /// Another name in the folder differs only by case or by how it is composed: rename one of them.
    NameTaken,
    /// It may not be read or written: change its permissions.
    Denied,
    /// There is no room.
    Full,
    /// It is nothing that can be synced: a link, a socket, a device.
    Special,
    /// It is too large.
    TooLarge,
    /// It failed, for whatever reason.
    Failed,
}

impl State {
    /// There is a problem with something, in the place of what was noted about it before; since when, is kept.
    pub fn set_problem(&mut self, problem: &Problem) -> Result<(), StateError> {
        if is_noted(&self.connection, problem)? {
            return Ok(());
        }
        self.write(Durable::Later, |c| set(c, problem))
    }

    /// There is no problem with this (any more).
    pub fn clear_problem(&mut self, item: &Item) -> Result<(), StateError> {
        if !has(&self.connection, item)? {
            return Ok(());
        }
        self.write(Durable::Later, |c| clear(c, item))
    }

    /// Whether a problem with an item is noted, or could not be because too many others are.
    pub fn is_troubled(&self, item: &Item) -> Result<bool, StateError> {
        Ok(has(&self.connection, item)? || is_full(&self.connection)?)
    }

    /// What somebody should look at, at most so many, the oldest first.
    pub fn problems(&self, limit: usize) -> Result<Vec<Problem>, StateError> {
        let query = "SELECT remote, local, path, side, kind, text, since, retry_at FROM problems
            ORDER BY seq LIMIT ?1";
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map([capped(limit)], problem)?;
        rows.map(|row| row?.ok_or_else(|| StateError::damaged("a problem of no known kind"))).collect()
    }

    /// What is to be tried again by now, at most so many, the longest due first. Nothing waits longer than `longest_s`: what is
    /// due later than that was noted by a clock that has been set back since.
    pub fn problems_due(&self, now_s: i64, longest_s: i64, limit: usize) -> Result<Vec<Problem>, StateError> {
        let query = "SELECT remote, local, path, side, kind, text, since, retry_at FROM problems
            WHERE retry_at <= ?1 OR retry_at > ?2 ORDER BY retry_at, seq LIMIT ?3";
        let mut statement = self.connection.prepare_cached(query)?;
        let rows =
            statement.query_map(params![now_s, now_s.saturating_add(longest_s), capped(limit)], problem)?;
        rows.map(|row| row?.ok_or_else(|| StateError::damaged("a problem of no known kind"))).collect()
    }

    /// When the next of them is to be tried again, in seconds since 1970.
    pub fn next_retry_s(&self) -> Result<Option<i64>, StateError> {
        let query = "SELECT min(retry_at) FROM problems WHERE retry_at IS NOT NULL";
        Ok(self.connection.prepare_cached(query)?.query_row([], |row| row.get(0))?)
    }

    /// All that has a problem and can be tried again. (What was refused when the server told of it is not there to be tried.)
    pub fn to_try_again(&self) -> Result<Vec<Item>, StateError> {
        let query = "SELECT remote, local FROM problems WHERE retry_at IS NOT NULL OR kind = ?1 ORDER BY seq";
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map([ProblemKind::NameTaken.number()], item)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// An entry of the server's cannot be written down.
pub(super) fn refuse(
    c: &Connection,
    id: &RemoteId,
    path: &str,
    why: &str,
    since_s: i64,
) -> Result<(), StateError> {
    set(
        c,
        &Problem {
            item: Item::Remote(id.clone()),
            path: path.to_owned(),
            side: Side::Remote,
            kind: ProblemKind::BadName,
            text: why.to_owned(),
            since_s,
            retry_at_s: None,
        },
    )
}

/// An entry of the server's could be written down after all.
pub(super) fn accept(c: &Connection, id: &RemoteId) -> Result<(), StateError> {
    let clear = "DELETE FROM problems WHERE remote = ?1 AND side = ?2 AND kind = ?3";
    let refused = params![id, Side::Remote.number(), ProblemKind::BadName.number()];
    c.prepare_cached(clear)?.execute(refused)?;
    Ok(())
}

fn set(c: &Connection, problem: &Problem) -> Result<(), StateError> {
    let item = canonical(c, &problem.item)?;
    if is_full(c)? && !has(c, &item)? {
        return Ok(());
    }
    let (remote, local) = halves(&item);
    let put = "INSERT INTO problems (remote, local, path, side, kind, text, since, retry_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET path = excluded.path,
        side = excluded.side, kind = excluded.kind, text = excluded.text, retry_at = excluded.retry_at";
    c.prepare_cached(put)?.execute(params![
        remote,
        local,
        shortened(&problem.path),
        problem.side.number(),
        problem.kind.number(),
        shortened(&problem.text),
        problem.since_s,
        problem.retry_at_s,
    ])?;
    Ok(())
}

fn is_full(c: &Connection) -> Result<bool, StateError> {
    let query = "SELECT count(*) >= ?1 FROM problems";
    Ok(c.prepare_cached(query)?.query_row([COUNT_MAX], |row| row.get(0))?)
}

fn has(c: &Connection, item: &Item) -> Result<bool, StateError> {
    let item = canonical(c, item)?;
    let (remote, local) = halves(&item);
    Ok(c.prepare_cached("SELECT 1 FROM problems WHERE remote = ?1 OR local = ?2")?
        .exists(params![remote, local])?)
}

/// Whether just this is noted already.
fn is_noted(c: &Connection, problem: &Problem) -> Result<bool, StateError> {
    let item = canonical(c, &problem.item)?;
    let (remote, local) = halves(&item);
    let query =
        "SELECT 1 FROM problems WHERE (remote = ?1 OR local = ?2) AND path = ?3 AND side = ?4 AND kind = ?5
        AND text = ?6 AND retry_at IS ?7";
    Ok(c.prepare_cached(query)?.exists(params![
        remote,
        local,
        shortened(&problem.path),
        problem.side.number(),
        problem.kind.number(),
        shortened(&problem.text),
        problem.retry_at_s,
    ])?)
}

fn clear(c: &Connection, item: &Item) -> Result<(), StateError> {
    let item = canonical(c, item)?;
    let (remote, local) = halves(&item);
    c.prepare_cached("DELETE FROM problems WHERE remote = ?1 OR local = ?2")?
        .execute(params![remote, local])?;
    Ok(())
}

/// The columns `remote` and `local`.
fn halves(item: &Item) -> (Option<&str>, Option<i64>) {
    match item {
        Item::Remote(id) => (Some(id.as_str()), None),
        Item::Local(id) => (None, Some(id.0)),
    }
}

/// The columns `remote` and `local`, read.
fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    let remote: Option<RemoteId> = row.get(0)?;
    Ok(match remote {
        Some(id) => Item::Remote(id),
        None => Item::Local(row.get(1)?),
    })
}

fn problem(row: &Row<'_>) -> rusqlite::Result<Option<Problem>> {
    let item = item(row)?;
    let (Some(side), Some(kind)) = (Side::of(row.get(3)?), ProblemKind::of(row.get(4)?)) else {
        return Ok(None);
    };
    let (path, text) = (row.get(2)?, row.get(5)?);
    Ok(Some(Problem { item, path, side, kind, text, since_s: row.get(6)?, retry_at_s: row.get(7)? }))
}

/// As much of a text as is kept.
pub(super) fn shortened(text: &str) -> &str {
    let end = (0..=TEXT_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.expect("0 is a boundary")]
}

impl Side {
    const ALL: [Side; 2] = [Side::Local, Side::Remote];

    fn number(self) -> i64 {
        match self {
            Side::Local => 0,
            Side::Remote => 1,
        }
    }

    fn of(number: i64) -> Option<Side> {
        Side::ALL.into_iter().find(|side| side.number() == number)
    }
}

impl ProblemKind {
    const ALL: [ProblemKind; 7] = [
        ProblemKind::BadName,
        ProblemKind::NameTaken,
        ProblemKind::Denied,
        ProblemKind::Full,
        ProblemKind::Special,
        ProblemKind::TooLarge,
        ProblemKind::Failed,
    ];

    fn number(self) -> i64 {
        match self {
            ProblemKind::BadName => 0,
            ProblemKind::NameTaken => 1,
            ProblemKind::Denied => 2,
            ProblemKind::Full => 3,
            ProblemKind::Special => 4,
            ProblemKind::TooLarge => 5,
            ProblemKind::Failed => 6,
        }
    }

    fn of(number: i64) -> Option<ProblemKind> {
        ProblemKind::ALL.into_iter().find(|kind| kind.number() == number)
    }
}
