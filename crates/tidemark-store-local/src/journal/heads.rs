//! How far each namespace has come, in memory: long polls look here, and only here.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tidemark_core::model::NamespaceId;
use tidemark_core::store::Head;

/// The durable extents that somebody asked for, or that were written, since the store was opened.
#[derive(Default)]
pub(crate) struct Heads(Mutex<HashMap<NamespaceId, Head>>);

impl Heads {
    fn known(&self) -> MutexGuard<'_, HashMap<NamespaceId, Head>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a namespace.
    pub(super) fn get(&self, ns: NamespaceId) -> Option<Head> {
        self.known().get(&ns).copied()
    }

    /// Remembers what was read from the tables, unless the writer has told something newer meanwhile.
    pub(super) fn learn(&self, ns: NamespaceId, read: Head) -> Head {
        *self.known().entry(ns).or_insert(read)
    }

    /// Tells what a commit made true. Called by the writer only, after the commit and before its answers.
    pub(crate) fn advance(&self, committed: HashMap<NamespaceId, Head>) {
        self.known().extend(committed);
    }
}
