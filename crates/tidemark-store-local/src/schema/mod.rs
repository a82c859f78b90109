//! The tables of `tidemark.db`. A version that was released never changes: the next one is a new file.

/// How a database of version `n` becomes one of version `n + 1`.
pub(crate) const MIGRATIONS: &[&str] =
    &[include_str!("1.sql"), include_str!("2.sql"), include_str!("3.sql"), include_str!("4.sql")];

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;
    use crate::db::migrate;
    use rusqlite::Connection;
    use std::path::Path;

    /// A database of version 1 gets the tables of later versions, and keeps what is in its own.
    #[test]
    fn the_first_version_is_brought_to_the_last() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, Path::new("tidemark.db"), &MIGRATIONS[..1]).unwrap();
        db.execute("INSERT INTO namespaces (ns, seq, horizon) VALUES (7, 42, 0)", []).unwrap();
        migrate(&mut db, Path::new("tidemark.db"), MIGRATIONS).unwrap();
        let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT seq FROM namespaces WHERE ns = 7"), 42);
        assert_eq!(count("SELECT count(*) FROM fetches"), 0);
    }

    /// What happened before versions were kept is told as versions that lead to each other, without moves and notes.
    #[test]
    fn the_versions_of_old_files_are_found() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, Path::new("tidemark.db"), &MIGRATIONS[..3]).unwrap();
        db.execute_batch(
            "INSERT INTO entries (ns, live, parent, key, id, seq, appeared, modified, size, address) \
             VALUES (7, 1, 0, 'a', 1, 4, 3, 400, 9, x'00'), (7, 1, 0, 'f', 5, 5, 0, 500, NULL, NULL);
             INSERT INTO changes (ns, seq, entry, act, size, address, time, author) VALUES \
             (7, 1, 1, 0, 8, x'01', 100, 1), (7, 2, 1, 2, 8, x'02', 200, 1), (7, 3, 1, 3, 8, x'02', 300, 1), \
             (7, 4, 1, 2, 9, x'00', 400, 1), (7, 5, 5, 0, NULL, NULL, 500, 1);",
        )
        .unwrap();
        migrate(&mut db, Path::new("tidemark.db"), MIGRATIONS).unwrap();
        let rows = |sql: &str| {
            let mut query = db.prepare(sql).unwrap();
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            query.query_map([], row).unwrap().map(Result::unwrap).collect::<Vec<(i64, Option<i64>)>>()
        };
        assert_eq!(rows("SELECT created, version FROM entries ORDER BY id"), [(100, Some(4)), (500, None)]);
        let replaced = [(1, None), (2, Some(1)), (3, None), (4, Some(2)), (5, None)];
        assert_eq!(rows("SELECT seq, replaced FROM changes ORDER BY seq"), replaced);
    }

    /// Sessions that the former version began go on as they were: without a plan, and with no commit that is known.
    #[test]
    fn open_uploads_of_version_3_are_kept() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, Path::new("tidemark.db"), &MIGRATIONS[..3]).unwrap();
        db.execute(
            "INSERT INTO uploads (id, account, app, expires, blocks, tail, sha1, closed) \
             VALUES (?, 1, 'app', 99, 0, x'', NULL, 0)",
            [[7u8; 16]],
        )
        .unwrap();
        migrate(&mut db, Path::new("tidemark.db"), MIGRATIONS).unwrap();
        let id = tidemark_core::model::UploadId([7; 16]);
        let session = crate::uploads::read(&db, id).unwrap().unwrap();
        assert_eq!((session.expires.0, session.closed), (99, false));
        assert_eq!((session.plan, session.committed), (None, None));
    }
}
