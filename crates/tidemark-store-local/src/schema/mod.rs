//! The tables of `tidemark.db`. A version that was released never changes: the next one is a new file.

/// How a database of version `n` becomes one of version `n + 1`.
pub(crate) const MIGRATIONS: &[&str] = &[include_str!("1.sql")];
