//! `tidemark put`.

mod input;
mod state;

use super::cat::rev_of;
use super::entry::{Entry, path as printed_path, quoted};
use super::session::Session;
use super::tree::{entry_if_any, look};
use super::{Printing, Tally, Whose};
use crate::exit::Failure;
use crate::output::{complain, say, say_json};
use crate::progress::{Bar, Bars};
use crate::remote_glob::{plain, wants_folder};
use crate::words;
use anyhow::{Context, anyhow};
use clap::Args;
use input::Input;
use serde::Serialize;
use state::Kept;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_client::{
    Client, Error, Metadata, Progress, RefusalKind, RemotePath, Source, UploadOptions, UploadSession,
    WriteMode,
};

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark put notes.txt                        into the root
  tidemark put *.jpg /Photos/                   into a folder, which is made if need be
  tidemark put -r photos /Photos                a folder, with all that is in it
  tar c . | tidemark put - /backup.tar          from standard input
  tidemark put --if-rev 362e2029684fe notes.txt /notes.txt      only if it is still that version
What was interrupted goes on where it was when the same command runs again. A file that is there already gets a new version;
one that is the same is not sent.")]
pub(crate) struct Flags {
    /// Files and folders, or - for standard input; and, last, where to: a folder, or a file's new name [default: /]
    #[arg(value_name = "LOCAL... PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Folders, too, with all that is in them
    #[arg(short, long)]
    recursive: bool,
    /// Only if this is the file's present version
    #[arg(long, value_name = "REV", conflicts_with_all = ["recursive", "no_clobber"])]
    if_rev: Option<String>,
    /// Only if nothing is there yet
    #[arg(short, long)]
    no_clobber: bool,
    /// Show neither names nor bars
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

/// A file or folder that was put: documented in docs/CLIENT.md, and kept.
#[derive(Serialize)]
struct Put<'a> {
    #[serde(flatten)]
    entry: Entry<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<&'a str>,
    /// `put`, or `same` if it was there.
    state: &'static str,
}

/// What became of a file or folder.
enum Sent {
    Put(Metadata),
    Same(Metadata),
}

impl Flags {
    fn is_from_stdin(&self) -> bool {
        self.paths.iter().any(|path| path == Path::new("-"))
    }

    /// Whether the same command goes on after it was interrupted.
    pub(super) fn can_go_on(&self) -> bool {
        !self.is_from_stdin()
    }
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let (sources, to) = match &flags.paths[..] {
        [one] => (std::slice::from_ref(one), "/"),
        [sources @ .., to] => {
            let to = to.to_str().context("a path on the server is UTF-8").map_err(Failure::Misunderstood)?;
            (sources, to)
        }
        [] => return Ok(()),
    };
    let mode = match (&flags.if_rev, flags.no_clobber) {
        (Some(_), _) if sources.len() > 1 => {
            return Err(Failure::Misunderstood(anyhow!("--if-rev is a version of one file")));
        }
        (Some(rev), _) => WriteMode::Replace(rev_of(rev)?),
        (None, true) => WriteMode::Create,
        (None, false) => WriteMode::Overwrite,
    };
    let client = session.patient();
    let path = plain(to).map_err(Failure::Misunderstood)?;
    let is_folder =
        async || Ok::<_, Failure>(entry_if_any(&client, &path).await?.is_some_and(|there| there.is_folder()));
    let into = wants_folder(to) || sources.len() > 1 || is_folder().await?;
    let putter = Putter {
        session: &session,
        client: client.clone(),
        flags: &flags,
        mode,
        bars: Bars::new(flags.quiet),
    };
    let mut tally = Tally::default();
    for source in sources {
        let done = match putter.place(source, &path, into) {
            Ok(to) => putter.any(source, to).await,
            Err(failure) => Err(failure),
        };
        tally.note(done)?;
    }
    tally.end()
}

struct Putter<'a> {
    session: &'a Session,
    client: Client,
    flags: &'a Flags,
    mode: WriteMode,
    bars: Bars,
}

impl Putter<'_> {
    /// Where a source goes.
    fn place(&self, source: &Path, to: &RemotePath, into: bool) -> Result<RemotePath, Failure> {
        if !into {
            return Ok(to.clone());
        }
        if source == Path::new("-") {
            let failure = anyhow!("standard input has no name: say the file's whole path on the server");
            return Err(Failure::Misunderstood(failure));
        }
        // `.` and `..` stand for a folder that has a name.
        let named = match source.file_name() {
            Some(_) => source.to_owned(),
            None => source.canonicalize().with_context(|| format!("cannot put {}", shown(source)))?,
        };
        let name = named.file_name().with_context(|| format!("{} has no name", shown(source)));
        let there = joined(to, name.map_err(Failure::Refused)?);
        there.map_err(|failure| failure.during(format!("cannot put {}", shown(source))))
    }

    async fn any(&self, source: &Path, to: RemotePath) -> Result<(), Failure> {
        if source == Path::new("-") {
            let input = Input::of_stdin().await?;
            return self.told(self.send(input, None, &to).await, None, &to);
        }
        let found = fs::metadata(source).map_err(|error| {
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            let error = anyhow::Error::new(error).context(format!("cannot put {}", shown(source)));
            if missing { Failure::Unknown(error) } else { Failure::Broken(error) }
        })?;
        match found.is_dir() {
            true if self.flags.recursive => self.folder(source.to_owned(), to).await,
            true => Err(Failure::Refused(anyhow!("{} is a folder: -r puts it", shown(source)))),
            false => self.file(source, &to).await,
        }
    }

    /// A folder, and those in it, one after another, in order of the names.
    async fn folder(&self, folder: PathBuf, to: RemotePath) -> Result<(), Failure> {
        let (mut tally, mut open) = (Tally::default(), vec![(folder, to)]);
        while let Some((folder, to)) = open.pop() {
            let listed = match list(&folder) {
                Ok(listed) => listed,
                Err(failure) => {
                    tally.note(Err(failure))?;
                    continue;
                }
            };
            // A folder that cannot be made takes nothing.
            if let Err(failure) = self.make(&folder, &to).await {
                tally.note(Err(failure))?;
                continue;
            }
            let mut deeper = Vec::new();
            for (name, kind) in listed {
                let path = folder.join(&name);
                let done = match joined(&to, &name) {
                    Err(failure) => Err(failure.during(format!("cannot put {}", shown(&path)))),
                    Ok(to) if kind.is_dir() => {
                        deeper.push((path, to));
                        Ok(())
                    }
                    Ok(to) if kind.is_file() => self.file(&path, &to).await,
                    Ok(_) => {
                        let what = match kind.is_symlink() {
                            true => "a symbolic link (named on the command line, it is followed)",
                            false => "neither a file nor a folder",
                        };
                        complain(&format!("left out: {} is {what}", shown(&path)));
                        Ok(())
                    }
                };
                tally.note(done)?;
            }
            open.extend(deeper.into_iter().rev());
        }
        tally.end()
    }

    async fn make(&self, folder: &Path, to: &RemotePath) -> Result<(), Failure> {
        let sent = match look(&self.client, to).await {
            Ok(Some(there)) if there.is_folder() => Ok(Sent::Same(there)),
            Ok(Some(_)) => Err(Failure::Conflict(anyhow!("there is a file already"))),
            Ok(None) => self.client.create_folder(to).await.map(Sent::Put).map_err(Failure::from),
            Err(error) => Err(error.into()),
        };
        self.told(sent, Some(folder), to)
    }

    async fn file(&self, source: &Path, to: &RemotePath) -> Result<(), Failure> {
        let input = Input::open(source).with_context(|| format!("cannot put {}", shown(source)))?;
        self.told(self.send(input, Some(source), to).await, Some(source), to)
    }

    /// Sends a file, unless it is there.
    async fn send(&self, mut input: Input, source: Option<&Path>, to: &RemotePath) -> Result<Sent, Failure> {
        let there = look(&self.client, to).await?;
        if let (WriteMode::Overwrite, Some(there)) = (&self.mode, &there)
            && let Some(file) = there.file()
            && file.bytes == input.size()
            && let Some(hash) = file.content_hash
            && input.hash().await.context("cannot read it")? == hash
        {
            return Ok(Sent::Same(there.clone()));
        }
        // The server would find another name beside it.
        if there.as_ref().is_some_and(Metadata::is_folder) {
            return Err(Failure::Conflict(anyhow!("there is a folder already")));
        }
        let kept = source.and_then(|source| Kept::of(self.session, source, &input, to));
        let name = to.name().unwrap_or_default();
        let progress = Watched { bar: self.bars.begin(name, input.size()), kept: kept.clone() };
        let options = UploadOptions {
            mode: self.mode.clone(),
            client_mtime: input.modified(),
            resume: kept.as_ref().and_then(Kept::load),
            progress: Some(Arc::new(progress)),
        };
        let uploaded = self.client.upload(to, &mut input, options).await;
        // What was refused will not be taken later either, and what is done is done.
        let is_over =
            uploaded.as_ref().map_or_else(|error| error.refusal().is_some() && !error.is_passing(), |_| true);
        if let (true, Some(kept)) = (is_over, &kept) {
            kept.forget();
        }
        match uploaded {
            Ok(uploaded) => Ok(Sent::Put(uploaded.metadata)),
            Err(Error::Body(_)) if input.changed => Err(Failure::Conflict(anyhow!(
                "it changed while it was sent: try again, or put what is there at the moment from standard input"
            ))),
            Err(error) if error.kind() == Some(RefusalKind::Conflict) => Err(self.conflict()),
            // The server's words for a parameter that the person never saw.
            Err(error) if error.kind() == Some(RefusalKind::BadRequest) && self.flags.if_rev.is_some() => {
                Err(self.bad_request(error))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn bad_request(&self, error: Error) -> Failure {
        match (&self.mode, error.refusal()) {
            (WriteMode::Replace(rev), Some(refusal)) if refusal.message.starts_with("parent_rev") => {
                Failure::Refused(anyhow!("'{rev}' is no version (`tidemark revs` lists them)"))
            }
            _ => error.into(),
        }
    }

    fn conflict(&self) -> Failure {
        Failure::Conflict(match &self.mode {
            WriteMode::Replace(rev) => anyhow!("what is there is not the version {rev} any more"),
            WriteMode::Create | WriteMode::Overwrite | WriteMode::Rename => {
                anyhow!("there is something already")
            }
        })
    }

    fn told(
        &self,
        sent: Result<Sent, Failure>,
        source: Option<&Path>,
        to: &RemotePath,
    ) -> Result<(), Failure> {
        let (entry, state) = match sent {
            Ok(Sent::Put(entry)) => (entry, "put"),
            Ok(Sent::Same(entry)) => (entry, "same"),
            Err(failure) => return Err(failure.during(format!("cannot put {}", quoted(to)))),
        };
        if self.flags.printing.json {
            let local = source.map(Path::to_string_lossy);
            return say_json(&Put { entry: Entry::of(&entry), local: local.as_deref(), state });
        }
        let what = match (entry.file(), state) {
            (_, "same") => "is there already".to_owned(),
            (Some(file), _) => words::size(file.bytes),
            (None, _) => "made".to_owned(),
        };
        // Folders that were there are no news.
        match self.flags.quiet || (entry.is_folder() && state == "same") {
            true => Ok(()),
            false => say(&format!("{} ({what})", printed_path(&entry))),
        }
    }
}

/// Shows how far an upload is, and keeps it.
struct Watched {
    bar: Bar,
    kept: Option<Kept>,
}

impl Progress for Watched {
    fn passed(&self, bytes: u64, _total: u64) {
        self.bar.at(bytes);
    }

    fn reached(&self, session: &UploadSession) {
        if let Some(kept) = &self.kept {
            kept.store(session);
        }
    }
}

/// The place of a name here in a folder there.
fn joined(folder: &RemotePath, name: &std::ffi::OsStr) -> Result<RemotePath, Failure> {
    let name = name.to_str().context("its name is not UTF-8").map_err(Failure::Refused)?;
    folder.join(name).map_err(|error| Failure::Refused(error.into()))
}

/// What is in a folder here, in order.
fn list(folder: &Path) -> Result<Vec<(std::ffi::OsString, fs::FileType)>, Failure> {
    let what = || format!("cannot read the folder {}", shown(folder));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(what)? {
        let entry = entry.with_context(what)?;
        found.push((entry.file_name(), entry.file_type().with_context(what)?));
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// A local path in a message.
fn shown(path: &Path) -> String {
    format!("'{}'", words::shown(&path.to_string_lossy()))
}
