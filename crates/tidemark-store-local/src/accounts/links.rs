//! Links.

use super::LocalAccounts;
use super::rows::{self, LINK, audience_text};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use tidemark_core::model::{
    AccountId, EntryId, Link, LinkAddress, LinkId, LinkRules, NamespaceId, Vanity, Visits,
};
use tidemark_core::store::{AddLink, LinkStore, NewLink, SetRules, StoreError};

#[async_trait]
impl LinkStore for LocalAccounts {
    async fn add_link(&self, new: NewLink, at_most: u64) -> Result<AddLink, StoreError> {
        self.write("add a link", move |db| {
            let (account, referent) = (new.account.0.cast_signed(), new.referent);
            let entry = referent.entry.0.cast_signed();
            let sql = format!("SELECT {LINK} FROM link WHERE account = ?1 AND namespace = ?2 AND entry = ?3");
            let there =
                db.query_row(&sql, params![account, referent.namespace.0, entry], rows::link).optional()?;
            if let Some(there) = &there
                && there.referent == referent
                && !there.has_expired(new.created)
            {
                return Ok(AddLink::Is(there.clone()));
            }
            // Numbers count up from 1.
            let gives_way = there.map_or(0, |there| there.id.0.cast_signed());
            if is_taken(db, new.rules.vanity.as_ref(), gives_way)? {
                return Ok(AddLink::VanityTaken);
            }
            let count = "SELECT count(*) FROM link WHERE account = ?1 AND id <> ?2";
            let count: i64 = db.query_row(count, params![account, gives_way], |row| row.get(0))?;
            // How many must give way for this one, besides the one whose place it takes.
            let excess = (count.cast_unsigned() + 1).saturating_sub(at_most);
            if excess > 0 {
                let expired = "SELECT id FROM link WHERE account = ?1 AND expires <= ?2 AND id <> ?3
                               ORDER BY expires, id LIMIT ?4";
                let limit = i64::try_from(excess).unwrap_or(i64::MAX);
                let values = params![account, new.created.0, gives_way, limit];
                let expired: Vec<i64> =
                    db.prepare(expired)?.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?;
                if (expired.len() as u64) < excess {
                    return Ok(AddLink::TooMany);
                }
                for id in expired {
                    db.execute("DELETE FROM link WHERE id = ?1", [id])?;
                }
            }
            db.execute("DELETE FROM link WHERE id = ?1", [gives_way])?;
            let LinkRules { audience, password, expires, can_download, vanity } = &new.rules;
            db.execute(
                "INSERT INTO link (key, account, namespace, entry, born, app, created, audience, password, expires,
                                   can_download, vanity)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                params![
                    new.key.0,
                    account,
                    referent.namespace.0,
                    entry,
                    referent.born.0,
                    new.app.0,
                    new.created.0,
                    audience_text(*audience),
                    password.as_ref().map(|password| &password.0),
                    expires.map(|expires| expires.0),
                    can_download,
                    vanity.as_ref().map(Vanity::as_str),
                ],
            )?;
            Ok(AddLink::Made(new.numbered(LinkId(db.last_insert_rowid().cast_unsigned()))))
        })
        .await
    }

    async fn link(&self, address: &LinkAddress) -> Result<Option<Link>, StoreError> {
        let (column, value) = match address {
            LinkAddress::Key(key) => ("key", key.0.clone()),
            LinkAddress::Vanity(vanity) => ("vanity", vanity.as_str().to_owned()),
        };
        self.look("look a link up", move |db| {
            let sql = format!("SELECT {LINK} FROM link WHERE {column} = ?1");
            db.prepare_cached(&sql)?.query_row([value], rows::link).optional()
        })
        .await
    }

    async fn links_to(
        &self,
        account: AccountId,
        namespace: NamespaceId,
        entries: &[EntryId],
    ) -> Result<Vec<Link>, StoreError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let entries: Vec<i64> = entries.iter().map(|entry| entry.0.cast_signed()).collect();
        self.look("look for links to entries", move |db| {
            let sql = format!("SELECT {LINK} FROM link WHERE account = ?1 AND namespace = ?2 AND entry = ?3");
            let mut query = db.prepare_cached(&sql)?;
            let account = account.0.cast_signed();
            let none = "SELECT 1 FROM link WHERE account = ?1 LIMIT 1";
            // Most people have shared nothing.
            if !db.prepare_cached(none)?.exists([account])? {
                return Ok(Vec::new());
            }
            let mut links = Vec::new();
            for entry in entries {
                links.extend(query.query_row(params![account, namespace.0, entry], rows::link).optional()?);
            }
            Ok(links)
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

    async fn set_link_rules(
        &self,
        account: AccountId,
        id: LinkId,
        before: &LinkRules,
        after: &LinkRules,
    ) -> Result<SetRules, StoreError> {
        let (before, after) = (before.clone(), after.clone());
        self.write("change a link's rules", move |db| {
            let id = id.0.cast_signed();
            let sql = format!("SELECT {LINK} FROM link WHERE account = ?1 AND id = ?2");
            let there = db.query_row(&sql, params![account.0.cast_signed(), id], rows::link).optional()?;
            let Some(there) = there.filter(|there| there.rules == before) else { return Ok(SetRules::Stale) };
            if is_taken(db, after.vanity.as_ref(), id)? {
                return Ok(SetRules::VanityTaken);
            }
            let LinkRules { audience, password, expires, can_download, vanity } = &after;
            db.execute(
                "UPDATE link SET audience = ?2, password = ?3, expires = ?4, can_download = ?5, vanity = ?6 WHERE id = ?1",
                params![
                    id,
                    audience_text(*audience),
                    password.as_ref().map(|password| &password.0),
                    expires.map(|expires| expires.0),
                    can_download,
                    vanity.as_ref().map(Vanity::as_str),
                ],
            )?;
            Ok(SetRules::Set(Link { rules: after, ..there }))
        })
        .await
    }

    async fn remove_link(&self, account: AccountId, id: LinkId) -> Result<Option<Link>, StoreError> {
        self.write("end a link", move |db| {
            let sql = format!("DELETE FROM link WHERE account = ?1 AND id = ?2 RETURNING {LINK}");
            let values = params![account.0.cast_signed(), id.0.cast_signed()];
            db.query_row(&sql, values, rows::link).optional()
        })
        .await
    }

    async fn add_visits(&self, visits: &[(LinkId, Visits)]) -> Result<(), StoreError> {
        let visits = visits.to_vec();
        self.write("count how often links were used", move |db| {
            let sql = "UPDATE link SET downloads = downloads + ?2, previews = previews + ?3 WHERE id = ?1";
            let mut add = db.prepare_cached(sql)?;
            for (id, Visits { downloads, previews }) in visits {
                add.execute(params![id.0.cast_signed(), downloads.cast_signed(), previews.cast_signed()])?;
            }
            Ok(())
        })
        .await
    }
}

/// Whether a link other than this one has this name.
fn is_taken(db: &Connection, vanity: Option<&Vanity>, own: i64) -> rusqlite::Result<bool> {
    let Some(vanity) = vanity else { return Ok(false) };
    db.prepare("SELECT 1 FROM link WHERE vanity = ?1 AND id <> ?2")?.exists(params![vanity.as_str(), own])
}
