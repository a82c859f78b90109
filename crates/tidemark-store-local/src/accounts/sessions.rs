//! Sessions, and when what was last used.

use super::LocalAccounts;
use super::rows::{self, SESSION};
use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};
use tidemark_core::model::{AccountId, GrantId, SecretHash, Session, SessionId, Timestamp};
use tidemark_core::store::{LastUses, NewSession, SessionStore, StoreError, UseStore};

#[async_trait]
impl SessionStore for LocalAccounts {
    async fn add_session(&self, new: NewSession) -> Result<Session, StoreError> {
        self.write("open a session", move |db| {
            let NewSession { secret, account, created, expires, browser, address } = new;
            db.execute(
                "INSERT INTO session (secret, account, created, expires, seen, browser, address)
                 VALUES (?1, ?2, ?3, ?4, ?3, ?5, ?6)",
                params![secret.0, account.0.cast_signed(), created.0, expires.0, browser, address],
            )?;
            let id = SessionId(db.last_insert_rowid().cast_unsigned());
            db.execute(NOTE_SIGN_IN, params![account.0.cast_signed(), created.0])?;
            Ok(Session { id, secret, account, created, expires, seen: created, browser, address })
        })
        .await
    }

    async fn session(&self, secret: SecretHash) -> Result<Option<Session>, StoreError> {
        // A page must not wait for somebody's write; what ended before it was asked for has ended for it.
        self.look("look up a session", move |db| {
            let mut query = db.prepare_cached(&format!("SELECT {SESSION} FROM session WHERE secret = ?1"))?;
            query.query_row([secret.0], rows::session).optional()
        })
        .await
    }

    async fn sessions(&self, account: AccountId) -> Result<Vec<Session>, StoreError> {
        self.look("list an account's sessions", move |db| {
            let sql = format!("SELECT {SESSION} FROM session WHERE account = ?1 ORDER BY id DESC");
            db.prepare_cached(&sql)?.query_map([account.0.cast_signed()], rows::session)?.collect()
        })
        .await
    }

    async fn end_session(&self, account: AccountId, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.write("end a session", move |db| {
            let sql = format!("DELETE FROM session WHERE id = ?1 AND account = ?2 RETURNING {SESSION}");
            let whose = params![id.0.cast_signed(), account.0.cast_signed()];
            db.query_row(&sql, whose, rows::session).optional()
        })
        .await
    }

    async fn end_sessions(&self, account: AccountId, but: Option<SessionId>) -> Result<usize, StoreError> {
        self.write("end an account's sessions", move |db| {
            let account = account.0.cast_signed();
            // No session has the number nought.
            let but = but.map_or(0, |id| id.0.cast_signed());
            Ok(db.execute(END_SESSIONS, params![account, but])? + db.execute(END_BEGUN, [account])?)
        })
        .await
    }

    async fn sweep_sessions(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.write("sweep the sessions", move |db| db.execute(SWEEP, [now.0])).await
    }
}

#[async_trait]
impl UseStore for LocalAccounts {
    async fn note_uses(&self, uses: LastUses) -> Result<(), StoreError> {
        self.write("note what was used", move |db| {
            let sessions = uses.sessions.iter().map(|(id, at)| (id.0.cast_signed(), at.0));
            let grants = uses.grants.iter().map(|(id, at)| (id.0.cast_signed(), at.0));
            for (id, at) in sessions {
                db.prepare_cached(SEE_SESSION)?.execute(params![id, at])?;
                db.prepare_cached(NOTE_ACCOUNT_OF_SESSION)?.execute(params![id, at])?;
            }
            for (id, at) in grants {
                db.prepare_cached(NOTE_GRANT)?.execute(params![id, at])?;
                db.prepare_cached(NOTE_ACCOUNT_OF_GRANT)?.execute(params![id, at])?;
            }
            Ok(())
        })
        .await
    }

    async fn grant_uses(&self, account: AccountId) -> Result<Vec<(GrantId, Timestamp)>, StoreError> {
        self.look("tell when grants were used", move |db| {
            let mut query = db.prepare_cached(GRANT_USES)?;
            let rows =
                query.query_map([account.0.cast_signed()], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
            rows.map(|row| row.map(|(id, at)| (GrantId(id.cast_unsigned()), Timestamp(at)))).collect()
        })
        .await
    }

    async fn account_uses(&self) -> Result<Vec<(AccountId, Timestamp)>, StoreError> {
        self.look("tell when accounts were used", move |db| {
            let mut query = db.prepare_cached("SELECT account, at FROM account_use ORDER BY account")?;
            let rows = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
            rows.map(|row| row.map(|(id, at)| (AccountId(id.cast_unsigned()), Timestamp(at)))).collect()
        })
        .await
    }

    async fn account_use(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        self.look("tell when an account was used", move |db| {
            let mut query = db.prepare_cached("SELECT at FROM account_use WHERE account = ?1")?;
            query.query_row([account.0.cast_signed()], |row| row.get(0).map(Timestamp)).optional()
        })
        .await
    }
}

const END_SESSIONS: &str = "DELETE FROM session WHERE account = ?1 AND id <> ?2";

/// The codes and allowed request tokens of an account: somebody who was signed in had them made.
const END_BEGUN: &str = "DELETE FROM ticket WHERE kind IN ('code', 'allowed-request') AND account = ?1";

const SWEEP: &str = "DELETE FROM session WHERE expires <= ?1";

const SEE_SESSION: &str = "UPDATE session SET seen = ?2 WHERE id = ?1 AND seen < ?2";

/// Nothing if the grant has ended.
const NOTE_GRANT: &str =
    "INSERT INTO permission_use (permission, at) SELECT id, ?2 FROM permission WHERE id = ?1
     ON CONFLICT (permission) DO UPDATE SET at = max(at, excluded.at)";

const NOTE_ACCOUNT_OF_SESSION: &str =
    "INSERT INTO account_use (account, at) SELECT account, ?2 FROM session WHERE id = ?1
     ON CONFLICT (account) DO UPDATE SET at = max(at, excluded.at)";

const NOTE_ACCOUNT_OF_GRANT: &str =
    "INSERT INTO account_use (account, at) SELECT account, ?2 FROM permission WHERE id = ?1
     ON CONFLICT (account) DO UPDATE SET at = max(at, excluded.at)";

const NOTE_SIGN_IN: &str = "INSERT INTO account_use (account, at) VALUES (?1, ?2)
     ON CONFLICT (account) DO UPDATE SET at = max(at, excluded.at)";

const GRANT_USES: &str = "SELECT permission.id, permission_use.at FROM permission
     JOIN permission_use ON permission_use.permission = permission.id WHERE account = ?1 ORDER BY permission.id";

/// For the test that each finds its rows by an index.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 9] = [
    END_SESSIONS,
    END_BEGUN,
    SWEEP,
    SEE_SESSION,
    NOTE_GRANT,
    NOTE_ACCOUNT_OF_SESSION,
    NOTE_ACCOUNT_OF_GRANT,
    NOTE_SIGN_IN,
    GRANT_USES,
];
