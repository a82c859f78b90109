//! `POST /download`, and `dl=1` of a shared folder: files and whole folders, as one archive that is made while it is sent.

use super::form::Submission;
use super::frame::Member;
use super::page::{PageError, error_page};
use super::{FILES_PATH, Site};
use crate::Place;
use crate::http::date::civil;
use crate::http::disposition::attachment;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_core::cloud::{Cloud, Item, Reach, Shared, Walk, Walked};
use tidemark_core::model::{Content, Name, NameKey, Path};
use tidemark_core::people::OpenLink;
use tidemark_core::store::StoreError;
use tokio::sync::mpsc;
use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter};

/// How much may be chosen at once.
const CHOSEN_MAX: usize = 1_000;
/// How many entries an archive may have, and how long their paths may be together, in bytes. Each is remembered until the archive's
/// end, where all are told once more.
const ENTRIES_MAX: u64 = 200_000;
const PATHS_BYTES_MAX: usize = 32 << 20;
/// How many archives one account has made at once, and how many of its links together.
pub(super) const PER_ACCOUNT_MAX: usize = 3;
/// From this size on a file's sizes need the wider form of the format, in bytes.
const WIDE: u64 = 0xffff_ffff;
/// How many pieces may wait for a slow reader.
const PIECES_WAITING: usize = 2;

/// What has been chosen, each under its own name. One file by itself goes into an archive, too: who wants it as it is asks for it.
pub(super) async fn send(State(site): State<Site>, form: Submission) -> Result<Response, PageError> {
    let Submission { visitor, params } = form;
    let member = Member::of(visitor, FILES_PATH)?;
    // One to a line: no name has a line's end in it, and forms may end lines as they like.
    let lines = params.get("paths").unwrap_or_default().lines().filter(|line| !line.is_empty());
    let Ok(mut paths) = lines.map(Path::parse).collect::<Result<Vec<_>, _>>() else {
        return Ok(nothing_there());
    };
    let mut known = HashSet::new();
    paths.retain(|path| known.insert(path.key()));
    if paths.is_empty() || paths.len() > CHOSEN_MAX {
        let text = format!("Choose between one and {CHOSEN_MAX} files and folders.");
        return Ok(error_page(StatusCode::BAD_REQUEST, "Nothing was downloaded", &text));
    }
    let Some(place) = site.archives.enter(member.account.id) else {
        let text = "Others are still being sent to you. Wait until they are there, and try again.";
        return Ok(error_page(StatusCode::TOO_MANY_REQUESTS, "Too many archives at once", text));
    };
    let scope = site.cloud.scope(&member.account, Reach::Whole).await?;
    let (mut chosen, mut entries) = (Vec::new(), 0);
    for path in &paths {
        let found = site.cloud.stat(&scope, path).await?.filter(|item| item.gone.is_none());
        let Some(item) = found else { return Ok(nothing_there()) };
        entries += item.entry.weight().entries;
        chosen.push(item);
    }
    if entries > ENTRIES_MAX {
        return Ok(too_much(
            "Choose fewer, or have a folder of your machine kept the same with \u{201c}tidemark sync\u{201d}.",
        ));
    }
    let mut taken = HashSet::new();
    let name = archive_name(&chosen);
    let walks = chosen.into_iter().map(|item| {
        // The whole tree has no name, and what is in it stands at the top.
        let name = item.path.name().map_or_else(String::new, |name| free_name(&name, &mut taken));
        Walk::through(scope.clone(), name, item.entry)
    });
    Ok(respond(&site.cloud, walks.collect(), &name, place))
}

/// A folder that a link shows, with all that is in it, for whoever the link lets have it.
pub(super) async fn send_shared(site: &Site, open: &OpenLink, shared: &Shared) -> Response {
    // In a room of their own: whoever has a link must not keep its owner from what is theirs.
    let Some(place) = site.shared_archives.enter(shared.account) else {
        let text = "This is being sent to others already. Please try again later.";
        return error_page(StatusCode::TOO_MANY_REQUESTS, "Too many archives at once", text);
    };
    if shared.item.entry.weight().entries > ENTRIES_MAX {
        return too_much("Open one of the folders in it, and download that.");
    }
    let name = shared.item.entry.name.as_str();
    respond(&site.cloud, vec![Cloud::walk_shared(open, shared)], name, place)
}

fn too_much(instead: &str) -> Response {
    let text = format!("This is more than {ENTRIES_MAX} files and folders. {instead}");
    error_page(StatusCode::PAYLOAD_TOO_LARGE, "Too much for one archive", &text)
}

fn respond(cloud: &Arc<Cloud>, walks: Vec<Walk>, name: &str, place: Place) -> Response {
    let mut response = Response::new(archive(cloud, walks, place));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(CONTENT_DISPOSITION, attachment(&format!("{name}.zip")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn nothing_there() -> Response {
    let text = "What you chose is not there any more. Go back and load the page again.";
    error_page(StatusCode::NOT_FOUND, "Nothing here", text)
}

/// What the one thing is called, or the folder that all of them are in.
fn archive_name(chosen: &[Item]) -> String {
    let name = match chosen {
        [item] => item.path.name(),
        several => several.first().and_then(|item| item.path.names().rev().nth(1)),
    };
    name.map_or_else(|| "Tidemark".to_owned(), |name| name.as_str().to_owned())
}

/// A body that is made in a task of its own, as fast as it is read. What cannot be read cuts it off, so that nobody takes it for
/// whole.
fn archive(cloud: &Arc<Cloud>, walks: Vec<Walk>, place: Place) -> Body {
    let (sender, receiver) = mpsc::channel(PIECES_WAITING);
    let cloud = Arc::clone(cloud);
    tokio::spawn(async move {
        let _place = place;
        let archive = Archive::new(&cloud, &sender);
        if let Err(error) = archive.write(walks).await {
            if !matches!(error, Failure::HungUp) {
                tracing::error!(error = &error as &dyn std::error::Error, "an archive was cut short");
            }
            // Whoever hung up hears nothing of it.
            let _ = sender.send(Err(io::Error::other(error))).await;
        }
    });
    let pieces = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece: Result<Bytes, io::Error>| (piece, receiver))
    });
    Body::from_stream(pieces)
}

/// Why an archive was not finished.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Zip(#[from] ZipError),
    #[error(transparent)]
    Io(#[from] io::Error),
    /// More has come into what was chosen than an archive may have.
    #[error("the archive grew too large while it was sent")]
    TooMuch,
    /// Nobody reads on.
    #[error("the reader hung up")]
    HungUp,
}

struct Archive<'a> {
    cloud: &'a Arc<Cloud>,
    sender: &'a mpsc::Sender<Result<Bytes, io::Error>>,
    zip: ZipWriter<StreamWriter<Outbox>>,
    outbox: Outbox,
    entries: u64,
    paths_bytes: usize,
}

impl<'a> Archive<'a> {
    fn new(cloud: &'a Arc<Cloud>, sender: &'a mpsc::Sender<Result<Bytes, io::Error>>) -> Archive<'a> {
        let outbox = Outbox::default();
        let zip = ZipWriter::new_stream(outbox.clone());
        Archive { cloud, sender, zip, outbox, entries: 0, paths_bytes: 0 }
    }

    async fn write(mut self, walks: Vec<Walk>) -> Result<(), Failure> {
        for mut walk in walks {
            while let Some(step) = walk.next(self.cloud).await? {
                self.add(step).await?;
            }
        }
        self.zip.finish()?;
        let rest = self.outbox.take();
        self.sender.send(Ok(rest)).await.map_err(|_| Failure::HungUp)
    }

    async fn add(&mut self, Walked { path, entry }: Walked) -> Result<(), Failure> {
        let path = path.trim_start_matches('/');
        (self.entries, self.paths_bytes) = (self.entries + 1, self.paths_bytes + path.len());
        if self.entries > ENTRIES_MAX || self.paths_bytes > PATHS_BYTES_MAX {
            return Err(Failure::TooMuch);
        }
        let Some(file) = entry.file() else {
            if !path.is_empty() {
                self.zip.add_directory(path, options(entry.modified.0, 0o755))?;
            }
            return self.pass_on().await;
        };
        let modified = file.times.modified.unwrap_or(entry.modified);
        let content: Content = file.content;
        self.zip.start_file(path, options(modified.0, 0o644).large_file(content.size >= WIDE))?;
        let mut outflow = self.cloud.open(content, 0..content.size);
        while let Some(piece) = outflow.next().await.transpose()? {
            self.zip.write_all(&piece)?;
            self.pass_on().await?;
        }
        Ok(())
    }

    async fn pass_on(&mut self) -> Result<(), Failure> {
        let piece = self.outbox.take();
        if piece.is_empty() {
            return Ok(());
        }
        self.sender.send(Ok(piece)).await.map_err(|_| Failure::HungUp)
    }
}

/// A name for what is chosen, told from others of that name which came from elsewhere.
fn free_name(name: &Name, taken: &mut HashSet<NameKey>) -> String {
    let numbered = (1_u32..).map(|number| name.tagged(&format!(" ({number})")));
    let mut free = std::iter::once(name.clone()).chain(numbered).filter(|name| taken.insert(name.key()));
    free.next().map_or_else(String::new, |name| name.as_str().to_owned())
}

/// Bytes as they are: what is large in people's folders is compressed already. The time is that of Greenwich: the format knows no
/// zones.
fn options(millisecond: i64, permissions: u32) -> SimpleFileOptions {
    let time = civil(millisecond);
    let small = |number: i8| u8::try_from(number).unwrap_or(0);
    let year = u16::try_from(time.year()).unwrap_or(0);
    let time = zip::DateTime::from_date_and_time(
        year,
        small(time.month()),
        small(time.day()),
        small(time.hour()),
        small(time.minute()),
        small(time.second()),
    );
    SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(time.unwrap_or_default())
        .unix_permissions(permissions)
}

/// What the archive's writer wrote and nobody has taken: a piece of a file and what is around it, or the list at the end.
#[derive(Clone, Default)]
struct Outbox(Arc<Mutex<Vec<u8>>>);

impl Outbox {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Outbox {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
