//! The calls, by what they are about.

mod account;
mod delta;
mod entries;
mod fileops;
mod links;
mod previews;
mod revisions;
mod save_url;
mod search;

pub use entries::ListOptions;
pub use previews::{Image, ThumbnailFormat, ThumbnailSize};
pub use search::SearchOptions;

/// The most that a listing, or a search, tells at once.
const LIST_MAX: u32 = 25_000;
/// The largest answer that tells many entries: their paths may be long.
const PAGE_MAX: usize = 256 << 20;
