//! What the store tells about itself.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};

pub(crate) const COMMITS: &str = "tidemark_commits_total";
pub(crate) const BATCH_JOBS: &str = "tidemark_commit_batch_size";
pub(crate) const COMMIT_SECONDS: &str = "tidemark_commit_seconds";
pub(crate) const BLOCK_BYTES: &str = "tidemark_block_bytes_written_total";
pub(crate) const WAL_BYTES: &str = "tidemark_wal_bytes";
pub(crate) const READ_ONLY: &str = "tidemark_store_read_only";
pub(crate) const NAMES_INDEXED: &str = "tidemark_search_indexed_total";
pub(crate) const NAMES_REBUILT: &str = "tidemark_search_rebuilds_total";

/// Gives every metric its unit and meaning. Called when a store is opened, which makes it writable.
pub(crate) fn describe() {
    describe_counter!(COMMITS, Unit::Count, "Transactions that the local store has made durable.");
    describe_histogram!(BATCH_JOBS, Unit::Count, "Writes that shared one transaction.");
    describe_histogram!(
        COMMIT_SECONDS,
        Unit::Seconds,
        "From the beginning of a transaction until it was durable."
    );
    describe_counter!(BLOCK_BYTES, Unit::Bytes, "Bytes of blocks taken in, by where they are kept.");
    describe_gauge!(WAL_BYTES, Unit::Bytes, "Extent of the write-ahead log in use.");
    describe_gauge!(READ_ONLY, Unit::Count, "1 after a failed write, until the store is opened again.");
    describe_counter!(NAMES_INDEXED, Unit::Count, "Changes that the index of names has taken in.");
    describe_counter!(
        NAMES_REBUILT,
        Unit::Count,
        "How often the index of names was thrown away to be made again."
    );
    // Told from the start, so that whoever watches it can tell a healthy store from none.
    gauge!(READ_ONLY).set(0.0);
}
