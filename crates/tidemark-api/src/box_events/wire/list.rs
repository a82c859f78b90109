//! Pages of lists, counted or marked.

use serde::Serialize;

/// One page of a list. Which mode it is in is told by what is absent: there are clients that go by it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in super::super) enum Page<T> {
    /// By numbers.
    Counted {
        /// How many there are in all.
        total_count: u64,
        /// On the page.
        entries: Vec<T>,
        /// How many there are before the page.
        offset: u64,
        /// How many the page may have, not how many it has: clients go on by adding this to the offset.
        limit: u64,
        /// How they are sorted. An array, though it be empty.
        order: Vec<OrderBy>,
    },
    /// By markers.
    Marked {
        /// On the page.
        entries: Vec<T>,
        /// How many the page may have.
        limit: u64,
        /// Where to go on. There are clients to which an empty text means the same page again: at the end, null.
        next_marker: Option<String>,
    },
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Serialize)]
pub(in super::super) struct OrderBy {
    /// A field.
    pub(in super::super) by: &'static str,
    /// `ASC` or `DESC`.
    pub(in super::super) direction: &'static str,
}

/// What was found. There is a client that goes by the type.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "search_results_items")]
pub(in super::super) struct SearchResults<T> {
    pub(in super::super) total_count: u64,
    pub(in super::super) entries: Vec<T>,
    pub(in super::super) offset: u64,
    pub(in super::super) limit: u64,
}
