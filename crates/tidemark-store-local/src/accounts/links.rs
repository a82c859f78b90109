//! Links.

use super::LocalAccounts;
use super::rows::{self, LINK};
use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};
use tidemark_core::model::{AccountId, Link, LinkId, LinkKey, Timestamp};
use tidemark_core::store::{AddLink, LinkStore, NewLink, StoreError};

#[async_trait]
impl LinkStore for LocalAccounts {
    async fn add_link(&self, new: NewLink, at_most: u64) -> Result<AddLink, StoreError> {
        self.write("add a link", move |db| {
            let (account, referent) = (new.account.0.cast_signed(), new.referent);
            let entry = referent.entry.0.cast_signed();
            let sql = format!("SELECT {LINK} FROM link WHERE account = ?1 AND namespace = ?2 AND entry = ?3");
            let there =
                db.query_row(&sql, params![account, referent.namespace.0, entry], rows::link).optional()?;
            if let Some(there) = there {
                if there.referent == referent && !there.has_expired(new.created) {
                    return Ok(AddLink::Is(there));
                }
                db.execute("DELETE FROM link WHERE id = ?1", [there.id.0.cast_signed()])?;
            }
            let count: i64 =
                db.query_row("SELECT count(*) FROM link WHERE account = ?1", [account], |row| row.get(0))?;
            // How many must give way for this one.
            let excess = (count.cast_unsigned() + 1).saturating_sub(at_most);
            if excess > 0 {
                let expired =
                    "DELETE FROM link WHERE id IN (SELECT id FROM link WHERE account = ?1 AND expires <= ?2
                               ORDER BY expires, id LIMIT ?3)";
                let limit = i64::try_from(excess).unwrap_or(i64::MAX);
                if (db.execute(expired, params![account, new.created.0, limit])? as u64) < excess {
                    return Ok(AddLink::TooMany);
                }
            }
            db.execute(
                "INSERT INTO link (key, account, namespace, entry, born, app, created)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    new.key.0,
                    account,
                    referent.namespace.0,
                    entry,
                    referent.born.0,
                    new.app.0,
                    new.created.0
                ],
            )?;
            Ok(AddLink::Is(new.numbered(LinkId(db.last_insert_rowid().cast_unsigned()))))
        })
        .await
    }

    async fn link(&self, key: &LinkKey) -> Result<Option<Link>, StoreError> {
        let key = key.clone();
        self.read("look up a link", move |db| {
            let mut query = db.prepare_cached(&format!("SELECT {LINK} FROM link WHERE key = ?1"))?;
            query.query_row([key.0], rows::link).optional()
        })
        .await
    }

    async fn links(
        &self,
        account: AccountId,
        before: Option<LinkId>,
        limit: usize,
    ) -> Result<Vec<Link>, StoreError> {
        self.read("list an account's links", move |db| {
            let sql =
                format!("SELECT {LINK} FROM link WHERE account = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3");
            // Numbers count up from 1, so one beyond the signed ones is beyond all.
            let before = before.and_then(|id| i64::try_from(id.0).ok()).unwrap_or(i64::MAX);
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let whose = params![account.0.cast_signed(), before, limit];
            db.prepare_cached(&sql)?.query_map(whose, rows::link)?.collect()
        })
        .await
    }

    async fn set_link_expiry(
        &self,
        account: AccountId,
        id: LinkId,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.write("change when a link ends", move |db| {
            let sql = "UPDATE link SET expires = ?3 WHERE account = ?1 AND id = ?2";
            let expires = expires.map(|expires| expires.0);
            Ok(db.execute(sql, params![account.0.cast_signed(), id.0.cast_signed(), expires])? == 1)
        })
        .await
    }

    async fn remove_link(&self, account: AccountId, id: LinkId) -> Result<bool, StoreError> {
        self.write("end a link", move |db| {
            let sql = "DELETE FROM link WHERE account = ?1 AND id = ?2";
            Ok(db.execute(sql, params![account.0.cast_signed(), id.0.cast_signed()])? == 1)
        })
        .await
    }
}
