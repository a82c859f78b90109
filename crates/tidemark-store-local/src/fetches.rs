//! Files that are to be got from elsewhere: one row each.

use crate::LocalStore;
use crate::error::Failure;
use crate::journal::{int, natural};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tidemark_core::model::{AccountId, AppKey, Fetch, FetchEnd, FetchId, GrantId, Path, Timestamp, UploadId};
use tidemark_core::store::{FetchStore, StoreError};

const LIST_OPEN: &str = "SELECT id, account, app, grant_id, whole, path, url, upload, expires, ended, error
     FROM fetches WHERE ended = 0 ORDER BY number LIMIT ?";
const COUNT_OPEN: &str = "SELECT count(*) FROM fetches WHERE account = ? AND ended = 0";
const COUNT_KEPT: &str = "SELECT count(*) FROM fetches WHERE account = ?";

#[async_trait]
impl FetchStore for LocalStore {
    async fn add_fetch(&self, fetch: &Fetch, open_max: usize, kept_max: usize) -> Result<bool, StoreError> {
        self.check_room()?;
        let fetch = fetch.clone();
        self.write("keep a fetch", move |batch| {
            let has_room =
                open_of(batch.db, fetch.account)? < open_max && kept_of(batch.db, fetch.account)? < kept_max;
            if has_room {
                insert(batch.db, &fetch)?;
            }
            Ok(has_room)
        })
        .await
    }

    async fn fetch(&self, id: FetchId) -> Result<Option<Fetch>, StoreError> {
        let db = self.lookups.lend().await?;
        read(&db, id).map_err(|failure| failure.during("look a fetch up"))
    }

    async fn open_fetches(&self, limit: usize) -> Result<Vec<Fetch>, StoreError> {
        let db = self.lookups.lend().await?;
        list_open(&db, limit).map_err(|failure| failure.during("list open fetches"))
    }

    async fn open_fetches_of(&self, account: AccountId) -> Result<usize, StoreError> {
        let db = self.lookups.lend().await?;
        open_of(&db, account).map_err(|failure| failure.during("count open fetches"))
    }

    async fn end_fetch(&self, id: FetchId, end: FetchEnd) -> Result<(), StoreError> {
        self.write("end a fetch", move |batch| {
            let error = match &end {
                FetchEnd::Complete => None,
                FetchEnd::Failed(error) => Some(error),
            };
            let mut update = batch.db.prepare_cached(
                "UPDATE fetches SET ended = 1, error = ?, url = '' WHERE id = ? AND ended = 0",
            )?;
            update.execute(params![error, id.0])?;
            Ok(())
        })
        .await
    }

    async fn sweep_fetches(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.write("forget expired fetches", move |batch| {
            Ok(batch.db.prepare_cached("DELETE FROM fetches WHERE expires < ?")?.execute([now.0])?)
        })
        .await
    }
}

fn insert(db: &Connection, fetch: &Fetch) -> Result<(), Failure> {
    let (ended, error) = match &fetch.end {
        None => (false, None),
        Some(FetchEnd::Complete) => (true, None),
        Some(FetchEnd::Failed(error)) => (true, Some(error)),
    };
    let mut insert = db.prepare_cached(
        "INSERT INTO fetches (id, account, app, grant_id, whole, path, url, upload, expires, ended, error)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    insert.execute(params![
        fetch.id.0,
        int(fetch.account.0)?,
        fetch.app.0,
        int(fetch.grant.0)?,
        fetch.whole,
        fetch.path.as_str(),
        fetch.url,
        fetch.upload.0,
        fetch.expires.0,
        ended,
        error,
    ])?;
    Ok(())
}

fn read(db: &Connection, id: FetchId) -> Result<Option<Fetch>, Failure> {
    let mut look = db.prepare_cached(
        "SELECT id, account, app, grant_id, whole, path, url, upload, expires, ended, error
         FROM fetches WHERE id = ?",
    )?;
    look.query_row([id.0], |row| Ok(fetch_of(row))).optional()?.transpose()
}

fn list_open(db: &Connection, limit: usize) -> Result<Vec<Fetch>, Failure> {
    let mut list = db.prepare_cached(LIST_OPEN)?;
    let rows = list.query_map([int(limit as u64)?], |row| Ok(fetch_of(row)))?;
    rows.map(|row| row?).collect()
}

fn open_of(db: &Connection, account: AccountId) -> Result<usize, Failure> {
    let mut count = db.prepare_cached(COUNT_OPEN)?;
    let open = count.query_row([int(account.0)?], |row| Ok(natural(row, 0)))??;
    Ok(usize::try_from(open).unwrap_or(usize::MAX))
}

fn kept_of(db: &Connection, account: AccountId) -> Result<usize, Failure> {
    let mut count = db.prepare_cached(COUNT_KEPT)?;
    let kept = count.query_row([int(account.0)?], |row| Ok(natural(row, 0)))??;
    Ok(usize::try_from(kept).unwrap_or(usize::MAX))
}

fn fetch_of(row: &Row<'_>) -> Result<Fetch, Failure> {
    let path: String = row.get(5)?;
    let (ended, error): (bool, Option<String>) = (row.get(9)?, row.get(10)?);
    Ok(Fetch {
        id: FetchId(row.get(0)?),
        account: AccountId(natural(row, 1)?),
        app: AppKey(row.get(2)?),
        grant: GrantId(natural(row, 3)?),
        whole: row.get(4)?,
        path: Path::parse(&path).map_err(|_| Failure::Corrupt("a fetch has no path".into()))?,
        url: row.get(6)?,
        upload: UploadId(row.get(7)?),
        expires: Timestamp(row.get(8)?),
        end: ended.then(|| error.map_or(FetchEnd::Complete, FetchEnd::Failed)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::migrate;
    use crate::schema::MIGRATIONS;
    use std::path::Path as File;

    /// Those that have ended are many, and are kept for days: looking for the open ones must not come across them.
    #[test]
    fn open_fetches_are_found_without_looking_at_the_others() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, File::new("tidemark.db"), MIGRATIONS).unwrap();
        for (sql, index) in [
            (LIST_OPEN, "SEARCH fetches USING INDEX fetches_open (ended=?)"),
            (COUNT_OPEN, "SEARCH fetches USING COVERING INDEX fetches_by_account (account=? AND ended=?)"),
            (COUNT_KEPT, "SEARCH fetches USING COVERING INDEX fetches_by_account (account=?)"),
        ] {
            let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan = explain.query_map([1], |row| row.get::<_, String>(3)).unwrap();
            assert_eq!(plan.map(Result::unwrap).collect::<Vec<_>>(), [index], "{sql}");
        }
    }
}
