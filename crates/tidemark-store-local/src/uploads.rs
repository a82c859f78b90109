//! Upload sessions: one row each, and one for each full block, so that adding to a long upload costs what is added.

use crate::LocalStore;
use crate::error::Failure;
use crate::journal::{Batch, int, natural};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tidemark_core::model::{
    AccountId, AppKey, Digest, Part, Sha1State, Timestamp, UploadId, UploadPiece, UploadSession,
};
use tidemark_core::store::{Advanced, StoreError, UploadStore};

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

    async fn close_upload(&self, id: UploadId) -> Result<(), StoreError> {
        self.write("close an upload session", move |batch| close(batch.db, id)).await
    }

    async fn open_uploads(&self, account: AccountId) -> Result<usize, StoreError> {
        let db = self.lookups.lend().await?;
        let counted = (|| {
            let mut count =
                db.prepare_cached("SELECT count(*) FROM uploads WHERE account = ? AND closed = 0")?;
            let open = count.query_row([int(account.0)?], |row| Ok(natural(row, 0)))??;
            Ok(usize::try_from(open).unwrap_or(usize::MAX))
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
        "INSERT INTO uploads (id, account, app, expires, blocks, tail, sha1, closed) \
         VALUES (?, ?, ?, ?, 0, ?, ?, ?)",
    )?;
    insert.execute(params![
        session.id.0,
        int(session.account.0)?,
        session.app.0,
        session.expires.0,
        tail_to_bytes(&session.tail),
        sha1_to_bytes(&session.sha1),
        session.closed,
    ])?;
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

fn read(db: &Connection, id: UploadId) -> Result<Option<UploadSession>, Failure> {
    let mut look =
        db.prepare_cached("SELECT account, app, expires, tail, closed, sha1 FROM uploads WHERE id = ?")?;
    let session = |row: &Row<'_>| -> Result<UploadSession, Failure> {
        Ok(UploadSession {
            id,
            account: AccountId(natural(row, 0)?),
            app: AppKey(row.get(1)?),
            expires: Timestamp(row.get(2)?),
            blocks: Vec::new(),
            tail: tail_from_bytes(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?)?,
            closed: row.get(4)?,
            sha1: row.get::<_, Option<Vec<u8>>>(5)?.map(Sha1State),
        })
    };
    let Some(mut session) = look.query_row([id.0], |row| Ok(session(row))).optional()?.transpose()? else {
        return Ok(None);
    };
    let mut list =
        db.prepare_cached("SELECT digest FROM upload_blocks WHERE upload = ? ORDER BY position")?;
    let blocks = list.query_map([id.0], |row| Ok(Digest(row.get(0)?)))?;
    session.blocks = blocks.collect::<Result<_, _>>()?;
    Ok(Some(session))
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
    db.prepare_cached(
        "DELETE FROM upload_blocks WHERE upload IN (SELECT id FROM uploads WHERE expires < ?)",
    )?
    .execute([now.0])?;
    Ok(db.prepare_cached("DELETE FROM uploads WHERE expires < ?")?.execute([now.0])?)
}

/// Whether this session can be added to, or closed by a draft.
pub(crate) fn is_open(db: &Connection, id: UploadId, now: Timestamp) -> Result<bool, Failure> {
    let mut look = db.prepare_cached("SELECT 1 FROM uploads WHERE id = ? AND closed = 0 AND expires >= ?")?;
    Ok(look.exists((id.0, now.0))?)
}

/// Closes a session, unless it is closed: then nothing is written.
pub(crate) fn close(db: &Connection, id: UploadId) -> Result<(), Failure> {
    db.prepare_cached("UPDATE uploads SET closed = 1 WHERE id = ? AND closed = 0")?.execute([id.0])?;
    Ok(())
}
