//! What a client sends as a cursor, and what stands behind its seal.

use crate::text;
use std::sync::{Arc, LazyLock};
use tidemark_api::tokens::{Sealer, read_cursor, write_cursor};
use tidemark_core::store::memory::SeededEntropy;

static SEALER: LazyLock<Sealer> = LazyLock::new(|| Sealer::new(&[7; 32], Arc::new(SeededEntropy::new(1))));

pub(crate) fn run(data: &[u8]) {
    if let Some(text) = text(data) {
        assert!(SEALER.open_cursor(text).is_err(), "a seal was guessed");
    }
    // An older server may have written anything: it is read or it is not, and what is read is what would be written.
    if let Some(cursor) = read_cursor(data) {
        assert_eq!(read_cursor(&write_cursor(&cursor)).as_ref(), Some(&cursor));
        assert_eq!(SEALER.open_cursor(&SEALER.seal_cursor(&cursor)), Ok(cursor));
    }
}
