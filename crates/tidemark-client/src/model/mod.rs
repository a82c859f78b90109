//! The nouns.

mod account;
mod changes;
mod entry;
mod hash;
mod links;
mod path;
mod time;
mod words;

pub(crate) use account::NO_LIMIT;
pub use account::{Account, Quota};
pub use changes::{DeltaPage, Longpoll};
pub use entry::{FileMetadata, Kind, Listing, Media, MediaInfo, Metadata};
pub use hash::{BLOCK_SIZE, ContentHash, ContentHasher};
pub use links::{CopySource, Link, SaveJob, SaveStatus};
pub use path::{PathError, RemotePath};
pub use time::Timestamp;
pub use words::{CopyRef, Cursor, EntryId, FolderHash, JobId, Rev, ServerId, UploadId, WordError};
