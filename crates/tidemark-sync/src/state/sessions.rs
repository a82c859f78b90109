//! Uploads that can be gone on with.

use rusqlite::{OptionalExtension as _, params};

use tidemark_client::UploadSession;

use super::{Durable, State, StateError};
use crate::ports::Stamp;
use crate::trees::LocalId;

impl State {
    /// Keeps how far the upload of this file is. It counts as long as the file has this stamp.
    pub fn keep_session(
        &mut self,
        local: LocalId,
        stamp: &Stamp,
        session: &UploadSession,
    ) -> Result<(), StateError> {
        let text = serde_json::to_string(session).expect("it has nothing that JSON has not");
        // Without it, the upload begins anew.
        self.write(Durable::Later, |c| {
            let keep =
                "INSERT INTO sessions (local, stamp, session) SELECT id, ?2, ?3 FROM local WHERE id = ?1
                ON CONFLICT (local) DO UPDATE SET stamp = excluded.stamp, session = excluded.session";
            c.prepare_cached(keep)?.execute(params![local, bytes(stamp), text])?;
            Ok(())
        })
    }

    /// How far the upload of this file is, if it was begun with this stamp.
    pub fn session(&self, local: LocalId, stamp: &Stamp) -> Result<Option<UploadSession>, StateError> {
        let query = "SELECT session FROM sessions WHERE local = ?1 AND stamp = ?2";
        let mut statement = self.connection.prepare_cached(query)?;
        let kept: Option<String> =
            statement.query_row(params![local, bytes(stamp)], |row| row.get(0)).optional()?;
        // What another version of the SDK kept may be nothing to this one; then the upload begins anew.
        Ok(kept.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// There is nothing to go on with.
    pub fn drop_session(&mut self, local: LocalId) -> Result<(), StateError> {
        self.write(Durable::Later, |c| {
            c.prepare_cached("DELETE FROM sessions WHERE local = ?1")?.execute([local])?;
            Ok(())
        })
    }
}

/// A stamp as one value that equals only its own.
fn bytes(stamp: &Stamp) -> Vec<u8> {
    let identity = stamp.identity;
    let mut bytes = Vec::with_capacity(49);
    for number in [identity.device, identity.inode, stamp.size] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    for number in [stamp.modified_ns, stamp.changed_ns].into_iter().chain(identity.born_ns) {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes
}
