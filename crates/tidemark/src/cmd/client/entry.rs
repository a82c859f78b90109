//! How an entry is printed.

use super::Printing;
use crate::exit::Failure;
use crate::output::{say, say_json};
use crate::words;
use serde::Serialize;
use std::borrow::Cow;
use std::io::IsTerminal;
use tidemark_client::{EntryId, Metadata, RemotePath, Rev};

/// An entry as JSON: documented in docs/CLIENT.md, and kept.
#[derive(Serialize)]
pub(super) struct Entry<'a> {
    path: &'a str,
    name: &'a str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rev: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_mtime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    deleted: bool,
}

impl<'a> Entry<'a> {
    pub(super) fn of(entry: &'a Metadata) -> Entry<'a> {
        let file = entry.file();
        Entry {
            path: entry.path.as_str(),
            name: entry.path.name().unwrap_or_default(),
            kind: kind(entry),
            bytes: file.map(|file| file.bytes),
            rev: file.map(|file| &file.rev).or(entry.rev.as_ref()).map(Rev::as_str),
            modified: entry.modified.map(words::rfc3339),
            client_mtime: file.and_then(|file| file.client_mtime).map(words::rfc3339),
            content_hash: file.and_then(|file| file.content_hash).map(|hash| hash.to_string()),
            mime_type: file.and_then(|file| file.mime_type.as_deref()),
            id: entry.id.as_ref().map(EntryId::as_str),
            deleted: entry.is_deleted,
        }
    }
}

impl Printing {
    /// Prints an entry: for programs as it is, for people in these words.
    pub(super) fn entry(
        &self,
        entry: &Metadata,
        line: impl FnOnce(&Metadata) -> String,
    ) -> Result<(), Failure> {
        if self.json { say_json(&Entry::of(entry)) } else { say(&line(entry)) }
    }

    /// The same of one that is as it was asked for: people need not be told.
    pub(super) fn as_asked(&self, entry: &Metadata) -> Result<(), Failure> {
        if self.json { say_json(&Entry::of(entry)) } else { Ok(()) }
    }
}

/// What it is, in a word.
pub(super) fn kind(entry: &Metadata) -> &'static str {
    if entry.is_folder() { "folder" } else { "file" }
}

/// A path or a name on standard output: on a terminal nothing in it does anything, in a pipe it is what it is.
pub(super) fn printed(text: &str) -> Cow<'_, str> {
    if std::io::stdout().is_terminal() { words::shown(text) } else { Cow::Borrowed(text) }
}

/// The name of an entry, with a slash behind a folder's.
pub(super) fn name(entry: &Metadata) -> String {
    let name = entry.path.name().map_or(Cow::Borrowed("/"), printed);
    let slash = if entry.is_folder() && !entry.path.is_root() { "/" } else { "" };
    format!("{name}{slash}{}", mark(entry))
}

/// The path of an entry, with a slash behind a folder's.
pub(super) fn path(entry: &Metadata) -> String {
    let slash = if entry.is_folder() && !entry.path.is_root() { "/" } else { "" };
    format!("{}{slash}{}", printed(entry.path.as_str()), mark(entry))
}

fn mark(entry: &Metadata) -> &'static str {
    if entry.is_deleted { " (deleted)" } else { "" }
}

/// The columns before the name in a long listing: size, time, version.
pub(super) fn columns(entry: &Metadata) -> [String; 3] {
    let size = entry.file().map_or_else(|| "-".to_owned(), |file| words::size(file.bytes));
    let time = entry.file().and_then(|file| file.client_mtime).or(entry.modified);
    let rev = entry.file().map_or("-", |file| file.rev.as_str());
    [size, time.map_or_else(|| "-".to_owned(), words::when), rev.to_owned()]
}

/// A path in a message.
pub(super) fn quoted(path: &RemotePath) -> String {
    format!("'{}'", words::shown(path.as_str()))
}
