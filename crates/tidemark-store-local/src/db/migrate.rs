//! Bringing a database of any earlier version to ours.

use crate::error::OpenError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Brings the database to the newest version: the migration at index `n` leads from version `n` to `n + 1`, in a
/// transaction of its own. A database that is newer than the migrations is left alone.
pub(crate) fn migrate(
    connection: &mut Connection,
    file: &Path,
    migrations: &[&str],
) -> Result<(), OpenError> {
    let failed = |source| OpenError::Database { file: file.to_owned(), source };
    let known = i64::try_from(migrations.len()).expect("a list in the program's text is short");
    let mut fresh = false;
    loop {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let found: i64 = step.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
        if found > known || found < 0 {
            return Err(OpenError::TooNew { file: file.to_owned(), found, known });
        }
        let next = usize::try_from(found).ok().and_then(|version| migrations.get(version));
        let Some(migration) = next else { return Ok(()) };
        step.execute_batch(migration).map_err(failed)?;
        step.pragma_update(None, "user_version", found + 1).map_err(failed)?;
        step.commit().map_err(failed)?;
        fresh |= found == 0;
        if !fresh {
            tracing::info!(file = %file.display(), version = found + 1, "migrated");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE things (name TEXT)";
    const SECOND: &str = "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7";

    fn version(connection: &Connection) -> i64 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_older_database_keeps_its_rows() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Path::new("x"), &[FIRST]).unwrap();
        connection.execute("INSERT INTO things VALUES ('a')", []).unwrap();
        migrate(&mut connection, Path::new("x"), &[FIRST, SECOND]).unwrap();
        migrate(&mut connection, Path::new("x"), &[FIRST, SECOND]).unwrap();
        let size: i64 = connection.query_row("SELECT size FROM things", [], |row| row.get(0)).unwrap();
        assert_eq!((size, version(&connection)), (7, 2));
    }

    #[test]
    fn a_newer_database_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 3).unwrap();
        let refused = migrate(&mut connection, Path::new("x.db"), &[FIRST, SECOND]).unwrap_err();
        let told = "x.db has schema version 3, and this program knows versions up to 2 only";
        assert_eq!(refused.to_string(), told);
        assert_eq!(version(&connection), 3);
    }

    #[test]
    fn a_failing_step_leaves_the_version_before_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        let broken = "ALTER TABLE things ADD COLUMN size INTEGER; ALTER TABLE nothing RENAME TO something";
        assert!(migrate(&mut connection, Path::new("x"), &[FIRST, broken]).is_err());
        assert_eq!(version(&connection), 1);
        assert!(connection.prepare("SELECT size FROM things").is_err(), "the half step was undone");
    }
}
