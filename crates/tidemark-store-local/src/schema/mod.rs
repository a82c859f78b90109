//! The tables of `tidemark.db`. A version that was released never changes: the next one is a new file.

/// How a database of version `n` becomes one of version `n + 1`.
pub(crate) const MIGRATIONS: &[&str] = &[include_str!("1.sql"), include_str!("2.sql"), include_str!("3.sql")];

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
}
