//! What a server tells of files and folders.

use super::{ContentHash, EntryId, FolderHash, RemotePath, Rev, Timestamp};

/// An entry: a file or a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// Where it is, as its owner wrote it.
    pub path: RemotePath,
    /// What it is.
    pub kind: Kind,
    /// What makes it the same one, wherever it is moved. The root has none, and a server of old tells none.
    pub id: Option<EntryId>,
    /// Of its last change. The root has none.
    pub rev: Option<Rev>,
    /// When it was changed last, by the server's clock. The root has none.
    pub modified: Option<Timestamp>,
    /// Whether it was deleted: then this tells what it was.
    pub is_deleted: bool,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File(FileMetadata),
}

/// What is told of files only.
#[derive(Clone, Debug, PartialEq)]
pub struct FileMetadata {
    /// Which version.
    pub rev: Rev,
    /// How many bytes.
    pub bytes: u64,
    /// The digest of its bytes. A deleted file has none, and a server of old tells none.
    pub content_hash: Option<ContentHash>,
    /// When it was edited, as the client that put it said.
    pub client_mtime: Option<Timestamp>,
    /// What it is, by its name.
    pub mime_type: Option<String>,
    /// Whether there can be a small picture of it.
    pub thumb_exists: bool,
    /// What a camera noted, if that was asked for and it is a picture or a film.
    pub media: Option<Media>,
}

/// What a camera noted.
#[derive(Clone, Debug, PartialEq)]
pub enum Media {
    /// The server looks into it.
    Pending,
    /// What it found.
    Known(MediaInfo),
}

/// What was found in a picture or a film.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaInfo {
    /// When it was taken, by the camera's clock.
    pub time_taken: Option<Timestamp>,
    /// Where: latitude and longitude, in degrees.
    pub lat_long: Option<(f64, f64)>,
    /// How long a film is.
    pub duration: Option<std::time::Duration>,
}

/// What there is at a path, when it is listed.
#[derive(Clone, Debug, PartialEq)]
pub enum Listing {
    /// The folder's direct content is as the hash says that was given.
    Unchanged,
    /// A file, or something deleted of which no content is told.
    Entry(Metadata),
    /// A folder, perhaps a deleted one, and what is directly in it.
    Folder {
        /// The folder.
        folder: Metadata,
        /// What its content is known by.
        hash: FolderHash,
        /// What is directly in it; or the next piece of that.
        contents: Vec<Metadata>,
        /// Whether more follows after the last of these.
        has_more: bool,
    },
}

impl Metadata {
    /// Whether it is a folder.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        matches!(self.kind, Kind::Folder)
    }

    /// What is told of files only, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&FileMetadata> {
        match &self.kind {
            Kind::Folder => None,
            Kind::File(file) => Some(file),
        }
    }
}
