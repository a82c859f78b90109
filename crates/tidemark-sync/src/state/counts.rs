//! How much there is.

use super::{State, StateError};

/// How much is in each tree, and is left to be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// On the server.
    pub remote: Totals,
    /// On the disk.
    pub local: Totals,
    /// Agreed on.
    pub synced: Totals,
    /// Items that must be looked at.
    pub dirty: u64,
    /// Problems.
    pub problems: u64,
    /// Conflict copies.
    pub conflicts: u64,
    /// What is on the disk and not kept in sync.
    pub left_out: u64,
}

/// How much is in a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files.
    pub files: u64,
    /// Folders, without the root.
    pub folders: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

/// How much of what was agreed on is missing on one side, and would be deleted on the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MassCounts {
    /// All pairs.
    pub synced: u64,
    /// Pairs of which only the server has its node.
    pub gone_locally: u64,
    /// Pairs of which only the disk has its node.
    pub gone_remotely: u64,
}

impl State {
    /// How much is in each tree, and is left to be looked at.
    pub fn counts(&self) -> Result<Counts, StateError> {
        Ok(Counts {
            remote: self.totals("remote")?,
            local: self.totals("local")?,
            synced: self.totals("synced")?,
            dirty: self.number("SELECT count(*) FROM dirty")?,
            problems: self.number("SELECT count(*) FROM problems")?,
            conflicts: self.number("SELECT count(*) FROM conflicts")?,
            left_out: self.number("SELECT left_out_more + (SELECT count(*) FROM left_out) FROM observed")?,
        })
    }

    /// How much of what was agreed on is missing on one side. It costs as much as there is missing.
    pub fn missing_counts(&self) -> Result<MassCounts, StateError> {
        let missing = "SELECT
                coalesce(sum(r.n IS NOT NULL AND l.id IS NULL), 0), coalesce(sum(r.n IS NULL AND l.id IS NOT NULL), 0)
            FROM dirty d JOIN synced s ON s.remote = d.remote
                LEFT JOIN remote r ON r.id = s.remote LEFT JOIN local l ON l.id = s.local
            WHERE d.missing <> 0";
        let (here, there): (i64, i64) =
            self.connection.prepare_cached(missing)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let all = self.totals("synced")?;
        Ok(MassCounts {
            synced: all.files + all.folders,
            gone_locally: here.cast_unsigned(),
            gone_remotely: there.cast_unsigned(),
        })
    }

    fn totals(&self, tree: &str) -> Result<Totals, StateError> {
        // A server that tells impossible sizes makes the sum a float.
        let query = "SELECT files, folders, CAST(bytes AS INTEGER) FROM totals WHERE tree = ?1";
        let totals = self.connection.prepare_cached(query)?.query_row([tree], |row| {
            let number = |column| row.get::<_, i64>(column).map(|number| number.max(0).cast_unsigned());
            Ok(Totals { files: number(0)?, folders: number(1)?, bytes: number(2)? })
        })?;
        Ok(totals)
    }

    fn number(&self, query: &str) -> Result<u64, StateError> {
        let number: i64 = self.connection.prepare_cached(query)?.query_row([], |row| row.get(0))?;
        Ok(number.cast_unsigned())
    }
}
