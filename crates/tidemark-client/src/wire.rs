//! How the nouns are spelled in JSON.

use std::time::Duration;

use serde::Deserialize;

use crate::error::shown;
use crate::model::{
    Account, ContentHash, CopyRef, CopySource, Cursor, DeltaPage, EntryId, FileMetadata, FolderHash, JobId,
    Kind, Link, Listing, Longpoll, Media, MediaInfo, Metadata, NO_LIMIT, Quota, RemotePath, Rev, SaveJob,
    SaveStatus, ServerId, Timestamp, UploadId,
};
use crate::{Error, PathError, WordError};

impl From<PathError> for Error {
    fn from(error: PathError) -> Error {
        Error::Malformed(error.to_string())
    }
}

impl From<WordError> for Error {
    fn from(error: WordError) -> Error {
        Error::Malformed(error.to_string())
    }
}

/// An entry.
#[derive(Deserialize)]
pub(crate) struct Entry {
    path: String,
    is_dir: bool,
    #[serde(default)]
    bytes: u64,
    rev: Option<String>,
    modified: Option<String>,
    client_mtime: Option<String>,
    mime_type: Option<String>,
    #[serde(default)]
    thumb_exists: bool,
    #[serde(default)]
    is_deleted: bool,
    id: Option<String>,
    content_hash: Option<String>,
    photo_info: Option<Info>,
    video_info: Option<Info>,
    hash: Option<String>,
    contents: Option<Vec<Entry>>,
    #[serde(default)]
    has_more: bool,
}

/// What is told of a photo or a video: a word, or an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Info {
    Known {
        time_taken: Option<String>,
        lat_long: Option<(f64, f64)>,
        duration: Option<f64>,
    },
    /// `pending`, or a word of times to come.
    Word(#[expect(dead_code, reason = "there is one word")] String),
}

impl Entry {
    pub(crate) fn metadata(self) -> Result<Metadata, Error> {
        let rev = self.rev.map(Rev::new).transpose()?;
        let kind = if self.is_dir {
            Kind::Folder
        } else {
            let media = self.photo_info.or(self.video_info).map(|info| match info {
                Info::Word(_) => Media::Pending,
                Info::Known { time_taken, lat_long, duration } => Media::Known(MediaInfo {
                    time_taken: date(time_taken.as_deref()),
                    lat_long,
                    duration: duration.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok()),
                }),
            });
            let content_hash = self.content_hash.map(|text| {
                let hash = ContentHash::from_hex(&text);
                hash.ok_or_else(|| Error::Malformed("a content hash is no hash".to_owned()))
            });
            Kind::File(FileMetadata {
                rev: rev.clone().ok_or_else(|| Error::Malformed("a file has no rev".to_owned()))?,
                bytes: self.bytes,
                content_hash: content_hash.transpose()?,
                client_mtime: date(self.client_mtime.as_deref()),
                mime_type: self.mime_type.map(|text| shown(&text)),
                thumb_exists: self.thumb_exists,
                media,
            })
        };
        Ok(Metadata {
            path: RemotePath::new(&self.path)?,
            kind,
            id: self.id.map(EntryId::new).transpose()?,
            rev,
            modified: date(self.modified.as_deref()),
            is_deleted: self.is_deleted,
        })
    }

    pub(crate) fn listing(mut self) -> Result<Listing, Error> {
        match (self.hash.take(), self.contents.take()) {
            (Some(hash), Some(contents)) => Ok(Listing::Folder {
                has_more: self.has_more,
                folder: self.metadata()?,
                hash: FolderHash::new(hash)?,
                contents: all(contents)?,
            }),
            _ => Ok(Listing::Entry(self.metadata()?)),
        }
    }
}

/// Several entries.
pub(crate) fn all(entries: Vec<Entry>) -> Result<Vec<Metadata>, Error> {
    entries.into_iter().map(Entry::metadata).collect()
}

/// A date that cannot be read is none: nothing depends on it.
fn date(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(Timestamp::parse)
}

/// The answer of `delta`.
#[derive(Deserialize)]
pub(crate) struct Page {
    reset: bool,
    entries: Vec<(String, Option<Entry>)>,
    cursor: String,
    has_more: bool,
}

impl Page {
    pub(crate) fn page(self) -> Result<DeltaPage, Error> {
        let entries = self
            .entries
            .into_iter()
            .map(|(key, entry)| Ok((RemotePath::new(&key)?, entry.map(Entry::metadata).transpose()?)));
        Ok(DeltaPage {
            reset: self.reset,
            entries: entries.collect::<Result<_, Error>>()?,
            cursor: Cursor::new(self.cursor)?,
            has_more: self.has_more,
        })
    }
}

/// The answer of `delta/latest_cursor`.
#[derive(Deserialize)]
pub(crate) struct Latest {
    cursor: String,
}

impl Latest {
    pub(crate) fn cursor(self) -> Result<Cursor, Error> {
        Ok(Cursor::new(self.cursor)?)
    }
}

/// The answer of `longpoll_delta`.
#[derive(Deserialize)]
pub(crate) struct Poll {
    changes: bool,
    backoff: Option<f64>,
}

impl Poll {
    pub(crate) fn longpoll(self) -> Longpoll {
        let backoff = self.backoff.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Longpoll { changes: self.changes, backoff }
    }
}

/// The state of a chunked upload.
#[derive(Deserialize)]
pub(crate) struct Upload {
    upload_id: String,
    offset: u64,
}

impl Upload {
    pub(crate) fn state(self) -> Result<(UploadId, u64), Error> {
        Ok((UploadId::new(self.upload_id)?, self.offset))
    }
}

/// The answer of `account/info`.
#[derive(Deserialize)]
pub(crate) struct AccountInfo {
    uid: u64,
    display_name: String,
    email: String,
    quota_info: QuotaInfo,
    server_id: Option<String>,
}

#[derive(Deserialize)]
struct QuotaInfo {
    quota: u64,
    normal: u64,
    #[serde(default)]
    shared: u64,
}

impl AccountInfo {
    pub(crate) fn account(self) -> Result<Account, Error> {
        let QuotaInfo { quota, normal, shared } = self.quota_info;
        Ok(Account {
            uid: self.uid,
            display_name: shown(&self.display_name),
            email: shown(&self.email),
            quota: Quota { limit: (quota < NO_LIMIT).then_some(quota), used: normal.saturating_add(shared) },
            server_id: self.server_id.map(ServerId::new).transpose()?,
        })
    }
}

/// The answer of `shares` and `media`.
#[derive(Deserialize)]
pub(crate) struct Address {
    url: String,
    expires: Option<String>,
}

impl Address {
    pub(crate) fn link(self) -> Result<Link, Error> {
        let web = self.url.starts_with("https://") || self.url.starts_with("http://");
        if !web || self.url.len() > 32 * 1024 || !self.url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Malformed("a link is none".to_owned()));
        }
        Ok(Link { url: self.url, expires: date(self.expires.as_deref()) })
    }
}

/// The answer of `copy_ref`.
#[derive(Deserialize)]
pub(crate) struct Reference {
    copy_ref: String,
    expires: Option<String>,
}

impl Reference {
    pub(crate) fn source(self) -> Result<CopySource, Error> {
        Ok(CopySource { copy_ref: CopyRef::new(self.copy_ref)?, expires: date(self.expires.as_deref()) })
    }
}

/// The answers of `save_url` and `save_url_job`.
#[derive(Deserialize)]
pub(crate) struct Job {
    status: String,
    job: Option<String>,
    error: Option<String>,
}

impl Job {
    pub(crate) fn begun(self) -> Result<SaveJob, Error> {
        let id = self.job.clone().ok_or_else(|| Error::Malformed("a job has no id".to_owned()))?;
        Ok(SaveJob { id: JobId::new(id)?, status: self.status()? })
    }

    pub(crate) fn status(self) -> Result<SaveStatus, Error> {
        match self.status.as_str() {
            "PENDING" => Ok(SaveStatus::Pending),
            "DOWNLOADING" => Ok(SaveStatus::Downloading),
            "COMPLETE" => Ok(SaveStatus::Complete),
            "FAILED" => Ok(SaveStatus::Failed(shown(&self.error.unwrap_or_default()))),
            other => Err(Error::Malformed(shown(&format!("a job is {other}")))),
        }
    }
}
