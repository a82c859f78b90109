//! What can be chosen when a store is opened.

/// Sizes and limits of a local store. The defaults were measured; tests choose small ones.
#[derive(Clone, Debug)]
pub struct Options {
    /// Blocks of up to this many bytes are kept in the database: they ride in the transaction that mentions them, so a
    /// small upload costs one sync of the disk and not two.
    pub inline_bytes_max: usize,
    /// Larger blocks of up to this many bytes are appended to segments, many to one sync; the largest are files.
    pub packed_bytes_max: usize,
    /// A segment that has reached this many bytes is followed by a new one.
    pub segment_bytes_max: u64,
    /// How many drafts and other writes may share one transaction.
    pub batch_jobs_max: usize,
    /// How many writes may wait for a transaction; more are refused.
    pub queue_jobs_max: usize,
    /// How many bytes of blocks may wait for a transaction; more have to wait themselves.
    pub pending_bytes_max: usize,
    /// How many snapshots can be held at once; who wants one more waits.
    pub readers_max: usize,
    /// How many block files are written at once.
    pub file_writers_max: usize,
    /// The write-ahead log is folded into the database before it grows beyond this many bytes, unless a reader holds on
    /// to an old snapshot.
    pub wal_bytes_max: u64,
    /// So many bytes of the device stay free: uploads are refused before, so that deleting always finds room.
    pub reserve_bytes: u64,
    /// How many names a piece of the index of names has at most.
    pub index_names_max: usize,
    /// The largest the database may become, if that is to be limited.
    pub database_bytes_max: Option<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            inline_bytes_max: 16 << 10,
            packed_bytes_max: 256 << 10,
            segment_bytes_max: 512 << 20,
            batch_jobs_max: 512,
            queue_jobs_max: 16 << 10,
            pending_bytes_max: 16 << 20,
            readers_max: 8,
            file_writers_max: 4,
            wal_bytes_max: 32 << 20,
            reserve_bytes: 64 << 20,
            index_names_max: 4096,
            database_bytes_max: None,
        }
    }
}
