//! Upload sessions: one row each, and one for each full block, so that adding to a long upload costs what is added.

use crate::LocalStore;
use crate::error::Failure;
use crate::journal::{Batch, int, natural};
use async_trait::async_trait;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tidemark_core::model::{
    AccountId, AppKey, Digest, EntryId, HashedParts, Name, Part, Seq, Sha1, Sha1State, Timestamp, UploadId,
    UploadPart, UploadPiece, UploadPlan, UploadSession, UploadTarget,
};
use tidemark_core::store::{Advanced, OpenUploads, PartAdded, StoreError, UploadStore};

#[async_trait]
impl UploadStore for LocalStore {
    async fn open(&self, session: UploadSession) -> Result<(), StoreError> {
        self.check_room()?;
        self.write("open an upload session", move |batch| insert(batch.db, &session)).await
    }

    async fn upload(&self, id: UploadId) -> Result<Option<UploadSession>, StoreError> {
        let db = self.lookups.lend().await?;
        read(&db, id).map_err(|failure| failure.during("look an upload session up"))
    }

    async fn advance(
        &self,
        id: UploadId,
        piece: UploadPiece,
        now: Timestamp,
    ) -> Result<Advanced, StoreError> {
        self.check_room()?;
        let advance = move |batch: &mut Batch<'_>| match is_open(batch.db, id, now)? {
            true => advance(batch.db, id, &piece),
            false => Ok(Advanced::Closed),
        };
        self.write("add to an upload session", advance).await
    }

    async fn add_part(
        &self,
        id: UploadId,
        part: UploadPart,
        hashed: Option<HashedParts>,
        now: Timestamp,
    ) -> Result<PartAdded, StoreError> {
        self.check_room()?;
        let add = move |batch: &mut Batch<'_>| match is_open(batch.db, id, now)? {
            true => add_part(batch.db, id, &part, hashed.as_ref()),
            false => Ok(PartAdded::Closed),
        };
        self.write("add a part to an upload session", add).await
    }

    async fn parts(&self, id: UploadId, from: u32, limit: usize) -> Result<Vec<UploadPart>, StoreError> {
        let db = self.lookups.lend().await?;
        list_parts(&db, id, from, limit)
            .map_err(|failure| failure.during("list the parts of an upload session"))
    }

    async fn note_hashed(&self, id: UploadId, hashed: HashedParts) -> Result<(), StoreError> {
        let note = move |batch: &mut Batch<'_>| note_hashed(batch.db, id, &hashed);
        self.write("note the SHA-1 of an upload session", note).await
    }

    async fn close_upload(&self, id: UploadId, committed: Option<Seq>) -> Result<(), StoreError> {
        self.write("close an upload session", move |batch| close(batch.db, id, committed)).await
    }

    async fn open_uploads(&self, account: AccountId) -> Result<OpenUploads, StoreError> {
        let db = self.lookups.lend().await?;
        let counted = (|| {
            let mut count = db.prepare_cached(
                "SELECT count(*), coalesce(sum(size), 0) FROM uploads LEFT JOIN upload_plans ON upload = id \
                 WHERE account = ? AND closed = 0",
            )?;
            let sums = |row: &Row<'_>| Ok((natural(row, 0), natural(row, 1)));
            let (count, declared) = count.query_row([int(account.0)?], sums)?;
            Ok(OpenUploads { count: usize::try_from(count?).unwrap_or(usize::MAX), declared: declared? })
        })();
        counted.map_err(|failure: Failure| failure.during("count upload sessions"))
    }

    async fn sweep_uploads(&self, now: Timestamp) -> Result<usize, StoreError> {
        let sweep = move |batch: &mut Batch<'_>| sweep(batch.db, now);
        self.write("forget expired upload sessions", sweep).await
    }
}

/// How a tail is spelled: 32 bytes of digest and 4 of size, little-endian, for each part.
const PART_BYTES: usize = 36;

fn tail_to_bytes(tail: &[Part]) -> Vec<u8> {
    tail.iter().flat_map(|part| part.digest.0.into_iter().chain(part.size.to_le_bytes())).collect()
}

fn sha1_to_bytes(state: &Option<Sha1State>) -> Option<&[u8]> {
    state.as_ref().map(|state| state.0.as_slice())
}

fn tail_from_bytes(bytes: &[u8]) -> Result<Vec<Part>, Failure> {
    let (parts, rest) = bytes.as_chunks::<PART_BYTES>();
    if !rest.is_empty() {
        return Err(Failure::Corrupt("an upload session's tail is cut off".into()));
    }
    Ok(parts.iter().map(part_from_bytes).collect())
}

fn part_from_bytes(bytes: &[u8; PART_BYTES]) -> Part {
    let (digest, size) = bytes.split_at(32);
    Part {
        digest: Digest(digest.try_into().expect("the first 32 of 36 bytes")),
        size: u32::from_le_bytes(size.try_into().expect("the last 4 of 36 bytes")),
    }
}

fn insert(db: &Connection, session: &UploadSession) -> Result<(), Failure> {
    let mut insert = db.prepare_cached(
        "INSERT INTO uploads (id, account, app, expires, blocks, tail, sha1, closed, committed) \
         VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?)",
    )?;
    insert.execute(params![
        session.id.0,
        int(session.account.0)?,
        session.app.0,
        session.expires.0,
        tail_to_bytes(&session.tail),
        sha1_to_bytes(&session.sha1),
        session.closed,
        session.committed.map(|seq| int(seq.0)).transpose()?,
    ])?;
    if let Some(plan) = &session.plan {
        insert_plan(db, session.id, plan)?;
    }
    add_blocks(db, session.id, 0, &session.blocks)
}

/// Adds blocks behind the `count` that are there.
fn add_blocks(db: &Connection, id: UploadId, count: u64, blocks: &[Digest]) -> Result<(), Failure> {
    let mut insert =
        db.prepare_cached("INSERT INTO upload_blocks (upload, position, digest) VALUES (?, ?, ?)")?;
    for (digest, position) in blocks.iter().zip(count..) {
        insert.execute((id.0, int(position)?, digest.0))?;
    }
    let mut update = db.prepare_cached("UPDATE uploads SET blocks = ? WHERE id = ?")?;
    update.execute((int(count + blocks.len() as u64)?, id.0))?;
    Ok(())
}

fn insert_plan(db: &Connection, id: UploadId, plan: &UploadPlan) -> Result<(), Failure> {
    let (folder, file, name) = match &plan.target {
        UploadTarget::New { folder, name } => (Some(folder), None, Some(name)),
        UploadTarget::Version { file, name } => (None, Some(file), name.as_ref()),
    };
    let number = |entry: Option<&EntryId>| entry.map(|entry| int(entry.0)).transpose();
    let mut insert = db.prepare_cached(
        "INSERT INTO upload_plans (upload, size, part_size, folder, file, name, received, hashed) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    insert.execute(params![
        id.0,
        int(plan.size)?,
        plan.part_size,
        number(folder)?,
        number(file)?,
        name.map(Name::as_str),
        plan.received,
        plan.hashed,
    ])?;
    Ok(())
}

/// The session with this name.
pub(crate) fn read(db: &Connection, id: UploadId) -> Result<Option<UploadSession>, Failure> {
    let mut look = db.prepare_cached(
        "SELECT account, app, expires, tail, closed, sha1, committed FROM uploads WHERE id = ?",
    )?;
    let session = |row: &Row<'_>| -> Result<UploadSession, Failure> {
        Ok(UploadSession {
            id,
            account: AccountId(natural(row, 0)?),
            app: AppKey(row.get(1)?),
            expires: Timestamp(row.get(2)?),
            blocks: Vec::new(),
            tail: tail_from_bytes(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?)?,
            plan: None,
            closed: row.get(4)?,
            sha1: row.get::<_, Option<Vec<u8>>>(5)?.map(Sha1State),
            committed: optional(row, 6)?.map(Seq),
        })
    };
    let Some(mut session) = look.query_row([id.0], |row| Ok(session(row))).optional()?.transpose()? else {
        return Ok(None);
    };
    session.plan = read_plan(db, id)?;
    let mut list =
        db.prepare_cached("SELECT digest FROM upload_blocks WHERE upload = ? ORDER BY position")?;
    let blocks = list.query_map([id.0], |row| Ok(Digest(row.get(0)?)))?;
    session.blocks = blocks.collect::<Result<_, _>>()?;
    Ok(Some(session))
}

fn read_plan(db: &Connection, id: UploadId) -> Result<Option<UploadPlan>, Failure> {
    let mut look = db.prepare_cached(
        "SELECT size, part_size, folder, file, name, received, hashed FROM upload_plans WHERE upload = ?",
    )?;
    let plan = |row: &Row<'_>| -> Result<UploadPlan, Failure> {
        let name = row.get::<_, Option<String>>(4)?.map(Name::trusted);
        let target = match (optional(row, 2)?, optional(row, 3)?, name) {
            (Some(folder), None, Some(name)) => UploadTarget::New { folder: EntryId(folder), name },
            (None, Some(file), name) => UploadTarget::Version { file: EntryId(file), name },
            _ => return Err(Failure::Corrupt("an upload session's plan has no target".into())),
        };
        Ok(UploadPlan {
            size: natural(row, 0)?,
            part_size: row.get(1)?,
            target,
            received: row.get(5)?,
            hashed: row.get(6)?,
        })
    };
    look.query_row([id.0], |row| Ok(plan(row))).optional()?.transpose()
}

fn optional(row: &Row<'_>, column: usize) -> Result<Option<u64>, Failure> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => natural(row, column).map(Some),
    }
}

fn add_part(
    db: &Connection,
    id: UploadId,
    part: &UploadPart,
    hashed: Option<&HashedParts>,
) -> Result<PartAdded, Failure> {
    if let Some(there) = list_parts(db, id, part.index, 1)?.pop().filter(|there| there.index == part.index) {
        return Ok(PartAdded::Taken(there));
    }
    let mut count = db.prepare_cached("UPDATE upload_plans SET received = received + 1 WHERE upload = ?")?;
    if count.execute([id.0])? == 0 {
        return Ok(PartAdded::Closed);
    }
    let mut insert =
        db.prepare_cached("INSERT INTO upload_parts (upload, position, sha1, blocks) VALUES (?, ?, ?, ?)")?;
    let blocks: Vec<u8> = part.blocks.iter().flat_map(|digest| digest.0).collect();
    insert.execute(params![id.0, part.index, part.sha1.0, blocks])?;
    if let Some(hashed) = hashed {
        note_hashed(db, id, hashed)?;
    }
    Ok(PartAdded::Done)
}

fn list_parts(db: &Connection, id: UploadId, from: u32, limit: usize) -> Result<Vec<UploadPart>, Failure> {
    let mut list = db.prepare_cached(
        "SELECT position, sha1, blocks FROM upload_parts WHERE upload = ? AND position >= ? \
         ORDER BY position LIMIT ?",
    )?;
    let part = |row: &Row<'_>| -> Result<UploadPart, Failure> {
        let blocks = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        let (digests, []) = blocks.as_chunks::<32>() else {
            return Err(Failure::Corrupt("the blocks of an upload's part are cut off".into()));
        };
        let blocks = digests.iter().copied().map(Digest).collect();
        Ok(UploadPart { index: row.get(0)?, sha1: Sha1(row.get(1)?), blocks })
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let parts = list.query_map(params![id.0, from, limit], |row| Ok(part(row)))?;
    parts.map(|part| part?).collect()
}

fn note_hashed(db: &Connection, id: UploadId, hashed: &HashedParts) -> Result<(), Failure> {
    let mut advance = db.prepare_cached(
        "UPDATE upload_plans SET hashed = ?2 WHERE upload = ?1 AND hashed < ?2 \
         AND EXISTS (SELECT 1 FROM uploads WHERE id = ?1 AND closed = 0)",
    )?;
    if advance.execute((id.0, hashed.parts))? > 0 {
        let mut update = db.prepare_cached("UPDATE uploads SET sha1 = ? WHERE id = ?")?;
        update.execute((hashed.state.0.as_slice(), id.0))?;
    }
    Ok(())
}

fn advance(db: &Connection, id: UploadId, piece: &UploadPiece) -> Result<Advanced, Failure> {
    let mut look = db.prepare_cached("SELECT blocks, tail FROM uploads WHERE id = ?")?;
    let state = |row: &Row<'_>| -> Result<(u64, Vec<Part>), Failure> {
        let tail = tail_from_bytes(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        Ok((natural(row, 0)?, tail))
    };
    let Some(found) = look.query_row([id.0], |row| Ok(state(row))).optional()? else {
        return Ok(Advanced::Closed);
    };
    let (count, before) = found?;
    let tail_bytes: u64 = before.iter().map(|part| u64::from(part.size)).sum();
    if count * tidemark_core::model::BLOCK_SIZE_MAX as u64 + tail_bytes != piece.offset {
        return Ok(Advanced::Moved);
    }
    let mut update = db.prepare_cached("UPDATE uploads SET tail = ?, sha1 = ? WHERE id = ?")?;
    update.execute((tail_to_bytes(&piece.tail), sha1_to_bytes(&piece.sha1), id.0))?;
    add_blocks(db, id, count, &piece.blocks)?;
    Ok(Advanced::Done)
}

fn sweep(db: &Connection, now: Timestamp) -> Result<usize, Failure> {
    for forget in [
        "DELETE FROM upload_blocks WHERE upload IN (SELECT id FROM uploads WHERE expires < ?)",
        "DELETE FROM upload_parts WHERE upload IN (SELECT id FROM uploads WHERE expires < ?)",
        "DELETE FROM upload_plans WHERE upload IN (SELECT id FROM uploads WHERE expires < ?)",
    ] {
        db.prepare_cached(forget)?.execute([now.0])?;
    }
    Ok(db.prepare_cached("DELETE FROM uploads WHERE expires < ?")?.execute([now.0])?)
}

/// Whether this session can be added to, or closed by a draft.
pub(crate) fn is_open(db: &Connection, id: UploadId, now: Timestamp) -> Result<bool, Failure> {
    let mut look = db.prepare_cached("SELECT 1 FROM uploads WHERE id = ? AND closed = 0 AND expires >= ?")?;
    Ok(look.exists((id.0, now.0))?)
}

/// Closes a session, unless it is closed: then nothing is written.
pub(crate) fn close(db: &Connection, id: UploadId, committed: Option<Seq>) -> Result<(), Failure> {
    let committed = committed.map(|seq| int(seq.0)).transpose()?;
    let mut close =
        db.prepare_cached("UPDATE uploads SET closed = 1, committed = ? WHERE id = ? AND closed = 0")?;
    if close.execute((committed, id.0))? > 0 {
        db.prepare_cached("DELETE FROM upload_parts WHERE upload = ?")?.execute([id.0])?;
    }
    Ok(())
}
