//! How entries and changes are spelled as rows.

use crate::error::Failure;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use tidemark_core::model::{
    AccountId, Act, Change, ClientTimes, Content, Digest, Entry, EntryId, FileState, FolderState, Name, Node,
    Place, Seq, Timestamp, Totals,
};

/// The query for rows that [`entry_of`] reads.
macro_rules! select_entries {
    ($which:literal) => {
        concat!(
            "SELECT id, parent, live, key, name, seq, appeared, created, modified, description, ",
            "size, address, version, client_created, client_modified, ",
            "touched, bytes, entries, newest, height FROM entries ",
            $which
        )
    };
}

/// The query for rows that [`change_of`] reads.
macro_rules! select_changes {
    ($which:literal) => {
        concat!(
            "SELECT seq, entry, act, left_parent, left_name, at_parent, at_name, size, address, time, author, ",
            "replaced, withdrawn FROM changes ",
            $which
        )
    };
}

pub(super) use {select_changes, select_entries};

/// What stands in `entries.parent` for the root.
pub(super) const NO_PARENT: i64 = -1;

/// What stands in `entries.live` for each state of an entry.
const DELETED: i64 = 0;
const LIVE: i64 = 1;
const PURGED: i64 = 2;

/// In which part of the table an entry's row lies.
pub(super) fn part_of(entry: &Entry) -> i64 {
    match (entry.live, entry.purged) {
        (true, _) => LIVE,
        (false, true) => PURGED,
        (false, false) => DELETED,
    }
}

/// A number as SQLite keeps it.
pub(crate) fn int(number: u64) -> Result<i64, Failure> {
    i64::try_from(number).map_err(|_| Failure::Corrupt(format!("{number} is too large to be kept")))
}

/// A number that was kept by [`int`].
pub(crate) fn natural(row: &Row<'_>, column: usize) -> Result<u64, Failure> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| Failure::Corrupt(format!("a count is {number}")))
}

fn is_null(row: &Row<'_>, column: usize) -> Result<bool, Failure> {
    Ok(row.get_ref(column)? == ValueRef::Null)
}

fn content(row: &Row<'_>, size: usize) -> Result<Option<Content>, Failure> {
    if is_null(row, size)? {
        return Ok(None);
    }
    Ok(Some(Content { size: natural(row, size)?, address: Digest(row.get(size + 1)?) }))
}

/// The entry in a row of [`select_entries`].
pub(super) fn entry_of(row: &Row<'_>) -> Result<Entry, Failure> {
    let parent: i64 = row.get(1)?;
    let name = if is_null(row, 4)? { 3 } else { 4 };
    let node = match content(row, 10)? {
        Some(content) => {
            let time = |column: usize| row.get::<_, Option<i64>>(column).map(|time| time.map(Timestamp));
            let times = ClientTimes { created: time(13)?, modified: time(14)? };
            Node::File(FileState { content, version: Seq(natural(row, 12)?), times })
        }
        None => {
            let totals = Totals {
                bytes: natural(row, 16)?,
                entries: natural(row, 17)?,
                seq: Seq(natural(row, 18)?),
                height: row.get(19)?,
            };
            Node::Folder(FolderState { touched: Seq(natural(row, 15)?), totals })
        }
    };
    Ok(Entry {
        id: EntryId(natural(row, 0)?),
        parent: if parent == NO_PARENT { None } else { Some(EntryId(natural(row, 1)?)) },
        name: Name::trusted(row.get_ref(name)?.as_str().map_err(rusqlite::Error::from)?),
        live: row.get::<_, i64>(2)? == LIVE,
        purged: row.get::<_, i64>(2)? == PURGED,
        seq: Seq(natural(row, 5)?),
        appeared: Seq(natural(row, 6)?),
        created: Timestamp(row.get(7)?),
        modified: Timestamp(row.get(8)?),
        description: row.get(9)?,
        node,
    })
}

/// The change in a row of [`select_changes`].
pub(super) fn change_of(row: &Row<'_>) -> Result<Change, Failure> {
    let place = |parent: usize| -> Result<Option<Place>, Failure> {
        if is_null(row, parent)? {
            return Ok(None);
        }
        let name = Name::trusted(row.get_ref(parent + 1)?.as_str().map_err(rusqlite::Error::from)?);
        Ok(Some(Place { parent: EntryId(natural(row, parent)?), name }))
    };
    let seq = |column: usize| -> Result<Option<Seq>, Failure> {
        if is_null(row, column)? { Ok(None) } else { Ok(Some(Seq(natural(row, column)?))) }
    };
    Ok(Change {
        seq: Seq(natural(row, 0)?),
        entry: EntryId(natural(row, 1)?),
        act: act_of(row.get(2)?)?,
        left: place(3)?,
        at: place(5)?,
        content: content(row, 7)?,
        replaced: seq(11)?,
        withdrawn: seq(12)?,
        time: Timestamp(row.get(9)?),
        author: AccountId(natural(row, 10)?),
    })
}

/// What stands in `changes.act`.
pub(super) fn act_code(act: Act) -> i64 {
    match act {
        Act::Create => 0,
        Act::Copy => 1,
        Act::Edit => 2,
        Act::Move => 3,
        Act::Delete => 4,
        Act::Restore => 5,
        Act::Purge => 6,
        Act::Revert => 7,
        Act::Modify => 8,
        Act::Share => 9,
        Act::Unshare => 10,
        Act::Withdraw => 11,
        Act::Reinstate => 12,
    }
}

fn act_of(code: i64) -> Result<Act, Failure> {
    const ACTS: [Act; 13] = [
        Act::Create,
        Act::Copy,
        Act::Edit,
        Act::Move,
        Act::Delete,
        Act::Restore,
        Act::Purge,
        Act::Revert,
        Act::Modify,
        Act::Share,
        Act::Unshare,
        Act::Withdraw,
        Act::Reinstate,
    ];
    let act = ACTS.into_iter().find(|act| act_code(*act) == code);
    act.ok_or_else(|| Failure::Corrupt(format!("there is no act {code}")))
}
