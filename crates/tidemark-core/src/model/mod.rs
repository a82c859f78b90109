//! The nouns of a file cloud, as plain data. Nothing here does I/O, and nothing here is serializable: adapters and
//! stores convert by hand, so that a wire or a table can change without the domain noticing.

mod account;
mod block;
mod change;
mod cursor;
mod draft;
mod entry;
mod family;
mod fetch;
mod ids;
mod letters;
mod link;
mod name;
mod path;
mod rendition;
mod session;
mod sha1;
mod time;
mod upload;
mod webhook;
mod words;

pub use account::{
    Access, Account, AccountId, App, AppKey, Challenge, Given, Grant, GrantId, PasswordHash, Proof,
    RequestState, SecretHash, Ticket, TicketKind, email_key,
};
pub use block::{BLOCK_SIZE_MAX, Content, ContentHash, Digest, FILE_SIZE_MAX, digest_of};
pub use change::{Act, Change, Place};
pub use cursor::{Cursor, Expansion, Position};
pub use draft::{Draft, EntryRef, NewNode, Note, Premise, Step};
pub use entry::{ClientTimes, Entry, FileState, FolderState, Node, Totals};
pub use family::{Family, FamilyId, Lifetime, Pair};
pub use fetch::{Fetch, FetchEnd, FetchId};
pub use ids::{EntryId, Epoch, NamespaceId, Rev, RevError, Seq};
pub use letters::{is_unseen, turns_text};
pub use link::{
    Audience, LINK_KEY_CHARS, Link, LinkAddress, LinkChange, LinkId, LinkKey, LinkRules, PasswordMisplaced,
    Reference, Referent, VANITY_CHARS, Vanity, VersionReference, Visits,
};
pub use name::{NAME_CHARS_MAX, Name, NameError, NameKey};
pub use path::{DEPTH_MAX, Path, PathError, PathKey};
pub use rendition::{LatLong, MediaInfo, Rendition, RenditionKey, ThumbnailFormat, ThumbnailSpec};
pub use session::{Session, SessionId};
pub use sha1::{Sha1, Sha1State, Sha1Stream};
pub use time::Timestamp;
pub use upload::{
    HashedParts, PART_SIZE, Part, UploadId, UploadPart, UploadPiece, UploadPlan, UploadSession, UploadTarget,
};
pub use webhook::{Attempt, Health, Progress, Watch, Watermark, Webhook, WebhookId};
pub use words::{QUERY_CHARS_MAX, QUERY_WORDS_MAX, QueryError, Words, fold};
