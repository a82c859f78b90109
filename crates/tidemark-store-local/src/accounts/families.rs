//! Families of grants.

use super::LocalAccounts;
use super::grants::give;
use super::rows::{self, FAMILY};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use tidemark_core::model::{
    AccountId, AppKey, Family, FamilyId, Grant, GrantId, Pair, Proof, SecretHash, Timestamp,
};
use tidemark_core::store::{FamilyStore, NewFamily, NewGrant, NewPair, StoreError};

#[async_trait]
impl FamilyStore for LocalAccounts {
    async fn begin_family(&self, code: SecretHash, new: NewFamily) -> Result<Option<Grant>, StoreError> {
        self.write("exchange a code", move |db| {
            if db.execute(super::grants::SPEND_CODE, [code.0])? == 0 {
                return Ok(None);
            }
            let NewFamily { handle, account, app, created, first } = new;
            let grant = give(db, new_grant(account, &app, created, first))?;
            db.execute(
                "INSERT INTO family (handle, account, app, created, permission, refresh, expires)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    handle.0,
                    account.0.cast_signed(),
                    app.0,
                    created.0,
                    grant.id.0.cast_signed(),
                    first.refresh.0,
                    first.refresh_expires.0
                ],
            )?;
            let family = FamilyId(db.last_insert_rowid().cast_unsigned());
            let id = family.0.cast_signed();
            db.execute("UPDATE ticket SET family = ?2 WHERE secret = ?1", params![code.0, id])?;
            join(db, grant, family).map(Some)
        })
        .await
    }

    async fn family(&self, handle: SecretHash) -> Result<Option<Family>, StoreError> {
        self.read("look up a family", move |db| {
            let sql = format!("SELECT {FAMILY} FROM family WHERE handle = ?1");
            db.prepare_cached(&sql)?.query_row([handle.0], rows::family).optional()
        })
        .await
    }

    async fn renew_family(
        &self,
        family: &Family,
        former: &Pair,
        next: NewPair,
    ) -> Result<Option<Grant>, StoreError> {
        let (family, former) = (family.clone(), *former);
        self.write("renew a family", move |db| {
            let id = family.id.0.cast_signed();
            let sql = format!("SELECT {FAMILY} FROM family WHERE id = ?1");
            let there = db.query_row(&sql, [id], rows::family).optional()?;
            if there.is_none_or(|there| there.current != family.current || there.former != family.former) {
                return Ok(None);
            }
            let kept = former.grant.0.cast_signed();
            db.execute("DELETE FROM permission WHERE family = ?1 AND id <> ?2", [id, kept])?;
            let grant = give(db, new_grant(family.account, &family.app, family.created, next))?;
            db.execute(
                "UPDATE family SET permission = ?2, refresh = ?3, expires = ?4, former_permission = ?5,
                 former_refresh = ?6, former_expires = ?7 WHERE id = ?1",
                params![
                    id,
                    grant.id.0.cast_signed(),
                    next.refresh.0,
                    next.refresh_expires.0,
                    kept,
                    former.refresh.0,
                    former.expires.0
                ],
            )?;
            let grant = join(db, grant, family.id)?;
            Ok(Some(Grant { unsettled: true, ..grant }))
        })
        .await
    }

    async fn settle(&self, grant: GrantId) -> Result<bool, StoreError> {
        self.write("note the use of a token", move |db| {
            let id = grant.0.cast_signed();
            db.execute(SETTLE, [id])?;
            let sql = "SELECT EXISTS (SELECT 1 FROM permission WHERE id = ?1)";
            db.query_row(sql, [id], |row| row.get(0))
        })
        .await
    }

    async fn end_family(&self, id: FamilyId) -> Result<bool, StoreError> {
        self.write("end a family", move |db| end(db, id)).await
    }

    async fn sweep_grants(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.write("sweep the grants", move |db| {
            let ended = db.execute(SWEEP_MEMBERS, [now.0])?;
            db.execute(SWEEP_FAMILIES, [now.0])?;
            Ok(ended + db.execute(SWEEP_SINGLES, [now.0])?)
        })
        .await
    }
}

/// There is nothing to write if it was noted before.
pub(super) const SETTLE: &str =
    "UPDATE family SET former_permission = NULL, former_refresh = NULL, former_expires = NULL
     WHERE permission = ?1 AND former_permission IS NOT NULL";

pub(super) const SWEEP_MEMBERS: &str =
    "DELETE FROM permission WHERE family IN (SELECT id FROM family WHERE expires <= ?1)";

pub(super) const SWEEP_FAMILIES: &str = "DELETE FROM family WHERE expires <= ?1";

pub(super) const SWEEP_SINGLES: &str =
    "DELETE FROM permission WHERE expires IS NOT NULL AND family IS NULL AND expires <= ?1";

/// Ends a family and its grants; answers whether it was there.
pub(super) fn end(db: &Connection, id: FamilyId) -> rusqlite::Result<bool> {
    let id = id.0.cast_signed();
    db.execute("DELETE FROM permission WHERE family = ?1", [id])?;
    Ok(db.execute("DELETE FROM family WHERE id = ?1", [id])? == 1)
}

fn new_grant(account: AccountId, app: &AppKey, created: Timestamp, pair: NewPair) -> NewGrant {
    let expires = Some(pair.token_expires);
    NewGrant { expires, ..NewGrant::lasting(account, app, Proof::Bearer, pair.token, created) }
}

/// Puts a grant into a family.
fn join(db: &Connection, grant: Grant, family: FamilyId) -> rusqlite::Result<Grant> {
    let (id, of) = (grant.id.0.cast_signed(), family.0.cast_signed());
    db.execute("UPDATE permission SET family = ?2 WHERE id = ?1", [id, of])?;
    Ok(Grant { family: Some(family), ..grant })
}
