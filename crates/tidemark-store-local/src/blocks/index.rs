//! Where each block lies: rows of `blocks`.

use crate::error::Failure;
use crate::journal::{int, natural};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use tidemark_core::model::{Digest, Sha1};

/// A block that is durable, or will be with its row, and has no row yet.
#[derive(Clone, Debug)]
pub(crate) struct NewBlock {
    pub(crate) digest: Digest,
    pub(crate) place: Place,
}

/// What is to be written about blocks.
#[derive(Debug, Default)]
pub(crate) struct NewRows {
    pub(crate) blocks: Vec<NewBlock>,
    /// Of contents, by their address: a block that has a row, or is among these.
    pub(crate) sha1s: Vec<(Digest, Sha1)>,
}

impl NewRows {
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.sha1s.is_empty()
    }
}

/// Where a block's bytes are.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Here; they go to the database.
    Inline(Bytes),
    /// In a segment.
    Packed(Packed),
    /// In a file of their own, which has as many.
    File { size: u32 },
}

/// A part of a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packed {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
    pub(crate) size: u32,
}

impl Place {
    /// How many bytes wait in memory.
    pub(super) fn bytes_held(&self) -> usize {
        match self {
            Place::Inline(bytes) => bytes.len(),
            Place::Packed(_) | Place::File { .. } => 0,
        }
    }
}

/// The part of `range` that lies within `size` bytes.
pub(super) fn within(range: &Range<u32>, size: u32) -> Range<u32> {
    let start = range.start.min(size);
    start..range.end.min(size).max(start)
}

/// Gives every block its row, and every content its SHA-1; whichever comes first stays.
pub(crate) fn insert(db: &Connection, rows: &NewRows) -> Result<(), Failure> {
    // Most contents are new and so is their block: their SHA-1 comes with its row.
    let mut sha1s: HashMap<Digest, Sha1> = rows.sha1s.iter().copied().collect();
    let mut ends = BTreeMap::new();
    for NewBlock { digest, place } in &rows.blocks {
        if is_known(db, *digest)? {
            continue;
        }
        let mut insert = db.prepare_cached(
            "INSERT INTO blocks (digest, size, segment, offset, inline, sha1) VALUES (?, ?, ?, ?, ?, ?)",
        )?;
        let sha1 = sha1s.remove(digest).map(|sha1| sha1.0);
        match place {
            Place::Inline(bytes) => {
                db.prepare_cached("INSERT INTO inline_blocks (bytes) VALUES (?)")?.execute([&bytes[..]])?;
                let (none, row) = (None::<i64>, db.last_insert_rowid());
                insert.execute(params![digest.0, int(bytes.len() as u64)?, none, none, row, sha1])?;
            }
            Place::Packed(Packed { segment, offset, size }) => {
                insert.execute(params![digest.0, size, segment, int(*offset)?, None::<i64>, sha1])?;
                let end = ends.entry(*segment).or_insert(0);
                *end = (*end).max(offset + u64::from(*size));
            }
            Place::File { size } => {
                insert.execute(params![digest.0, size, None::<i64>, None::<i64>, None::<i64>, sha1])?;
            }
        }
    }
    let mut note = db.prepare_cached("UPDATE blocks SET sha1 = ? WHERE digest = ? AND sha1 IS NULL")?;
    for (address, sha1) in sha1s {
        note.execute((sha1.0, address.0))?;
    }
    for (segment, end) in ends {
        let mut extend = db.prepare_cached(
            "INSERT INTO segments (id, used) VALUES (?1, ?2) \
             ON CONFLICT (id) DO UPDATE SET used = max(used, ?2)",
        )?;
        extend.execute((segment, int(end)?))?;
    }
    Ok(())
}

/// Whether a block has a row.
pub(super) fn is_known(db: &Connection, digest: Digest) -> Result<bool, Failure> {
    Ok(db.prepare_cached("SELECT 1 FROM blocks WHERE digest = ?")?.exists([digest.0])?)
}

/// The SHA-1 of the content at this address, if it was noted.
pub(super) fn sha1(db: &Connection, address: Digest) -> Result<Option<Sha1>, Failure> {
    let mut look = db.prepare_cached("SELECT sha1 FROM blocks WHERE digest = ?")?;
    let found: Option<Option<[u8; 20]>> = look.query_row([address.0], |row| row.get(0)).optional()?;
    Ok(found.flatten().map(Sha1))
}

/// Where a block is, by its row; of bytes in the database, the part in `range`.
pub(super) fn find(db: &Connection, digest: Digest, range: &Range<u32>) -> Result<Option<Place>, Failure> {
    let mut look = db.prepare_cached(
        "SELECT size, segment, offset, inline, bytes FROM blocks \
         LEFT JOIN inline_blocks ON inline_blocks.id = blocks.inline WHERE digest = ?",
    )?;
    let place = |row: &Row<'_>| -> Result<Place, Failure> {
        let size: u32 = row.get(0)?;
        let (segment, inline): (Option<u32>, Option<i64>) = (row.get(1)?, row.get(3)?);
        Ok(match (segment, inline) {
            (Some(segment), _) => Place::Packed(Packed { segment, offset: natural(row, 2)?, size }),
            (None, Some(_)) => {
                let bytes = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
                let part = within(range, size);
                let part = bytes.get(part.start as usize..part.end as usize);
                let part = part.ok_or_else(|| Failure::Corrupt(format!("block {digest:?} is cut off")))?;
                Place::Inline(Bytes::copy_from_slice(part))
            }
            (None, None) => Place::File { size },
        })
    };
    look.query_row([digest.0], |row| Ok(place(row))).optional()?.transpose()
}

/// The newest segment that a row mentions, and how far it is in use.
pub(crate) fn last_segment(db: &Connection) -> Result<Option<(u32, u64)>, Failure> {
    let mut look = db.prepare_cached("SELECT id, used FROM segments ORDER BY id DESC LIMIT 1")?;
    let found = look.query_row([], |row| Ok((row.get(0)?, natural(row, 1)))).optional()?;
    found.map(|(id, used)| Ok((id, used?))).transpose()
}
