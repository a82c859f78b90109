//! Grants and tickets.

use super::rows::{self, GRANT, TICKET};
use super::{LocalAccounts, families};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use tidemark_core::model::{
    Account, AccountId, App, AppKey, FamilyId, Grant, GrantId, Proof, SecretHash, Ticket, Timestamp,
};
use tidemark_core::store::{GrantStore, NONCES_MAX, NewGrant, StoreError};

#[async_trait]
impl GrantStore for LocalAccounts {
    async fn add_grant(&self, new: NewGrant) -> Result<Grant, StoreError> {
        self.write("add a grant", move |db| give(db, new)).await
    }

    async fn add_grant_beside(
        &self,
        beside: GrantId,
        proof: Proof,
        token: SecretHash,
        created: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        self.write("add a grant", move |db| {
            let sql = format!("SELECT {GRANT} FROM permission WHERE id = ?1");
            let found = db.query_row(&sql, [beside.0.cast_signed()], rows::grant).optional()?;
            let new = |Grant { account, app, .. }| NewGrant::lasting(account, &app, proof, token, created);
            found.map(|found| give(db, new(found))).transpose()
        })
        .await
    }

    async fn grant(&self, token: SecretHash) -> Result<Option<(Grant, Account, App)>, StoreError> {
        self.0.grants.look_up(token).map_err(|error| super::failure("look up a grant", error))
    }

    async fn spend_code(
        &self,
        code: SecretHash,
        account: AccountId,
        app: &AppKey,
        token: SecretHash,
        created: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        let app = app.clone();
        self.write("exchange a code", move |db| {
            if db.execute(SPEND_CODE, [code.0])? == 0 {
                return Ok(None);
            }
            let grant = give(db, NewGrant::lasting(account, &app, Proof::Bearer, token, created))?;
            let id = grant.id.0.cast_signed();
            db.execute("UPDATE ticket SET permission = ?2 WHERE secret = ?1", params![code.0, id])?;
            Ok(Some(grant))
        })
        .await
    }

    async fn spend_request(
        &self,
        request: SecretHash,
        account: AccountId,
        app: &AppKey,
        token: SecretHash,
        created: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        let app = app.clone();
        self.write("exchange a request token", move |db| {
            let spent = db.execute(
                "UPDATE ticket SET kind = 'spent-request', account = NULL, app = NULL
                 WHERE secret = ?1 AND kind = 'allowed-request'",
                [request.0],
            )?;
            if spent == 0 {
                return Ok(None);
            }
            give(db, NewGrant::lasting(account, &app, Proof::OAuth1, token, created)).map(Some)
        })
        .await
    }

    async fn grants(&self, account: AccountId) -> Result<Vec<Grant>, StoreError> {
        self.read("list an account's grants", move |db| {
            let sql = format!("SELECT {GRANT} FROM permission WHERE account = ?1 ORDER BY id DESC");
            db.prepare_cached(&sql)?.query_map([account.0.cast_signed()], rows::grant)?.collect()
        })
        .await
    }

    async fn has_grant(&self, account: AccountId, app: &AppKey) -> Result<bool, StoreError> {
        let app = app.clone();
        self.read("look for a grant", move |db| {
            let sql = "SELECT EXISTS (SELECT 1 FROM permission WHERE app = ?1 AND account = ?2)";
            db.prepare_cached(sql)?.query_row(params![app.0, account.0.cast_signed()], |row| row.get(0))
        })
        .await
    }

    async fn revoke_grant(&self, id: GrantId) -> Result<bool, StoreError> {
        self.write("revoke a grant", move |db| {
            let sql = "DELETE FROM permission WHERE id = ?1 RETURNING family";
            let ended =
                db.query_row(sql, [id.0.cast_signed()], |row| row.get::<_, Option<i64>>(0)).optional()?;
            if let Some(Some(family)) = ended {
                families::end(db, FamilyId(family.cast_unsigned()))?;
            }
            Ok(ended.is_some())
        })
        .await
    }

    async fn save_ticket(&self, ticket: &Ticket) -> Result<(), StoreError> {
        let ticket = ticket.clone();
        self.write("keep a ticket", move |db| insert(db, "INSERT OR REPLACE", &ticket).map(|_| ())).await
    }

    async fn add_ticket(&self, ticket: &Ticket) -> Result<bool, StoreError> {
        let ticket = ticket.clone();
        self.write("add a ticket", move |db| insert(db, "INSERT OR IGNORE", &ticket)).await
    }

    async fn ticket(&self, secret: SecretHash) -> Result<Option<Ticket>, StoreError> {
        self.read("look up a ticket", move |db| {
            let mut query = db.prepare_cached(&format!("SELECT {TICKET} FROM ticket WHERE secret = ?1"))?;
            query.query_row([secret.0], rows::ticket).optional()
        })
        .await
    }

    async fn take_ticket(&self, secret: SecretHash) -> Result<Option<Ticket>, StoreError> {
        self.write("take a ticket", move |db| {
            let sql = format!("DELETE FROM ticket WHERE secret = ?1 RETURNING {TICKET}");
            db.query_row(&sql, [secret.0], rows::ticket).optional()
        })
        .await
    }

    async fn unlink(&self, account: AccountId, app: &AppKey) -> Result<usize, StoreError> {
        let app = app.clone();
        self.write("unlink an app", move |db| {
            let whose = params![account.0.cast_signed(), app.0];
            db.execute(DELETE_PROMISES, whose)?;
            let ended = db.execute("DELETE FROM permission WHERE account = ?1 AND app = ?2", whose)?;
            db.execute(DELETE_FAMILIES, whose)?;
            Ok(ended)
        })
        .await
    }

    async fn sweep_tickets(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.write("sweep the tickets", move |db| {
            let words = db.execute("DELETE FROM nonce WHERE expires <= ?1", [now.0])?;
            Ok(words + db.execute("DELETE FROM ticket WHERE expires <= ?1", [now.0])?)
        })
        .await
    }

    async fn remember_once(
        &self,
        word: SecretHash,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        const WHAT: &str = "remember a nonce";
        let heard = self.write(WHAT, move |db| {
            if db.prepare_cached(WORD_IS_KNOWN)?.query_row([word.0], |row| row.get(0))? {
                return Ok(Some(false));
            }
            db.prepare_cached(SWEEP_SOME_WORDS)?.execute([now.0])?;
            let number = |sql| db.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
            if number(WORDS_AT_MOST)? >= NONCES_MAX.into() && number(WORDS)? >= NONCES_MAX.into() {
                return Ok(None);
            }
            let sql = "INSERT INTO nonce (word, expires) VALUES (?1, ?2)";
            db.prepare_cached(sql)?.execute(params![word.0, expires.0])?;
            Ok(Some(true))
        });
        heard.await?.ok_or(StoreError::Unavailable { what: WHAT, source: None })
    }
}

/// The place of a code is kept for what it gave.
pub(super) const SPEND_CODE: &str =
    "UPDATE ticket SET kind = 'spent-code', account = NULL, redirect_uri = NULL
     WHERE secret = ?1 AND kind = 'code'";

const DELETE_FAMILIES: &str = "DELETE FROM family WHERE account = ?1 AND app = ?2";

/// The codes and allowed request tokens of an account and an app.
const DELETE_PROMISES: &str =
    "DELETE FROM ticket WHERE kind IN ('code', 'allowed-request') AND account = ?1 AND app = ?2";

const WORD_IS_KNOWN: &str = "SELECT EXISTS (SELECT 1 FROM nonce WHERE word = ?1)";

/// A few at a time: more than are added, and never a long wait.
const SWEEP_SOME_WORDS: &str = "DELETE FROM nonce WHERE number IN
     (SELECT number FROM nonce WHERE expires <= ?1 ORDER BY expires LIMIT 100)";

/// Never less than there are, and much more only after the clock was set back, when old words outlive new ones. (Asked for
/// both ends at once, SQLite would look at every row.)
const WORDS_AT_MOST: &str =
    "SELECT ifnull((SELECT max(number) FROM nonce) - (SELECT min(number) FROM nonce) + 1, 0)";

/// By looking at them all.
const WORDS: &str = "SELECT count(*) FROM nonce";

/// Whether the ticket was put there.
fn insert(db: &Connection, verb: &str, ticket: &Ticket) -> rusqlite::Result<bool> {
    let sql = format!("{verb} INTO ticket ({TICKET}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    let rows = db.execute(&sql, rows::ticket_values(ticket).each_ref().map(AsRef::as_ref))?;
    Ok(rows == 1)
}

/// Adds a grant of no family.
pub(super) fn give(db: &Connection, new: NewGrant) -> rusqlite::Result<Grant> {
    let NewGrant { account, app, proof, token, created, expires } = new;
    let sql = "INSERT INTO permission (account, app, proof, token, created, expires)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let kind = rows::proof_text(proof);
    let until = expires.map(|at| at.0);
    db.execute(sql, params![account.0.cast_signed(), app.0, kind, token.0, created.0, until])?;
    let id = GrantId(db.last_insert_rowid().cast_unsigned());
    Ok(Grant { id, account, app, token, proof, created, expires, family: None, unsettled: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{schema, sessions};
    use tempfile::TempDir;

    /// What is said on the way of a request, or while others wait for the writer, finds its rows by an index.
    #[test]
    fn no_table_is_read_as_a_whole() {
        let folder = TempDir::new().unwrap();
        let db = schema::open(folder.path()).unwrap();
        let of_families = [DELETE_FAMILIES, families::SETTLE, families::SWEEP_MEMBERS];
        let of_expired = [families::SWEEP_FAMILIES, families::SWEEP_SINGLES];
        let others = [DELETE_PROMISES, WORD_IS_KNOWN, SWEEP_SOME_WORDS, WORDS_AT_MOST];
        let of_sessions = sessions::STATEMENTS;
        for sql in of_families.into_iter().chain(of_expired).chain(others).chain(of_sessions) {
            let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let count = plan.parameter_count();
            let steps = plan.query_map(rusqlite::params_from_iter(vec![1; count]), |row| row.get(3)).unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            let scans = |step: &&String| step.starts_with("SCAN") && *step != "SCAN CONSTANT ROW";
            assert_eq!(steps.iter().find(scans), None, "{sql}: {steps:?}");
        }
    }
}
