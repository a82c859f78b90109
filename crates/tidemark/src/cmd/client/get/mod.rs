//! `tidemark get`.
//!
//! A file is written beside its place, as `.NAME.tidemark-part`, and moved there when it is whole, checked and on disk. If the
//! command ends before, the next one goes on with what is there.

mod part;
mod place;

use super::cat::{self, rev_of};
use super::entry::{Entry, printed, quoted};
use super::tree::{about, children, find};
use super::{Printing, Tally, Whose};
use crate::exit::Failure;
use crate::output::{say, say_json};
use crate::progress::Bars;
use crate::remote_glob::plain;
use crate::words;
use anyhow::anyhow;
use clap::Args;
use part::{Part, is_part_name};
use serde::Serialize;
use std::path::{Path, PathBuf};
use tidemark_client::{Client, ContentHash, Metadata, RemotePath, Rev};

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark get /notes.txt                        into this folder
  tidemark get '/Photos/*.jpg' -o pictures/      several; quoted, so that the shell leaves the pattern alone
  tidemark get -r /Photos                        a folder, with all that is in it
  tidemark get /backup.tar -o - | tar x          to standard output
What was interrupted goes on where it was when the same command runs again. A file that is here already is left alone if it
is the same, and replaced only with --force.")]
pub(crate) struct Flags {
    /// What: paths or patterns
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// Where to: a folder, a file's new name, or - for standard output [default: this folder]
    #[arg(short, long, value_name = "LOCAL")]
    output: Option<PathBuf>,
    /// Folders, too, with all that is in them
    #[arg(short, long)]
    recursive: bool,
    /// This version of a file
    #[arg(long, value_name = "REV", conflicts_with = "recursive")]
    rev: Option<String>,
    /// Replace other files that are here
    #[arg(short, long)]
    force: bool,
    /// Show neither names nor bars
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

/// A file that was got: documented in docs/CLIENT.md, and kept.
#[derive(Serialize)]
struct Got<'a> {
    #[serde(flatten)]
    entry: Entry<'a>,
    local: &'a str,
    /// `got`, or `same` if it was here.
    state: &'static str,
}

/// What became of a file.
enum Fetched {
    /// It came.
    Got,
    /// It was here.
    Same,
}

impl Flags {
    fn is_to_stdout(&self) -> bool {
        self.output.as_deref() == Some(Path::new("-"))
    }

    /// Whether the same command goes on after it was interrupted.
    pub(super) fn can_go_on(&self) -> bool {
        !self.is_to_stdout()
    }
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let client = session.patient();
    let mut tally = Tally::default();
    let mut found = Vec::new();
    if let Some(rev) = &flags.rev {
        let [path] = &flags.paths[..] else {
            return Err(Failure::Misunderstood(anyhow!("--rev is a version of one file")));
        };
        let path = plain(path).map_err(Failure::Misunderstood)?;
        found.push(version(&client, &path, &rev_of(rev)?).await?);
    } else {
        for path in &flags.paths {
            tally.note(find(&client, path).await.map(|entries| found.extend(entries)))?;
        }
    }
    let getter = Getter { client: &client, flags: &flags, bars: Bars::new(flags.quiet) };
    let into = getter.goes(&found)?;
    for entry in found {
        tally.note(getter.entry(entry, &into).await)?;
    }
    tally.end()
}

/// A version of a file, as its history has it.
async fn version(client: &Client, path: &RemotePath, rev: &Rev) -> Result<Metadata, Failure> {
    let revs = client.revisions(path, None).await.map_err(|error| about(path, error))?;
    let wanted = |entry: &Metadata| !entry.is_deleted && entry.file().is_some_and(|file| file.rev == *rev);
    let unknown = || Failure::Unknown(anyhow!("{} has no version {rev}", quoted(path)));
    revs.into_iter().find(wanted).ok_or_else(unknown)
}

/// Where what was asked for goes.
enum Goes {
    Stdout,
    /// Into this folder, under its own name.
    Folder(PathBuf),
    /// There.
    Place(PathBuf),
}

struct Getter<'a> {
    client: &'a Client,
    flags: &'a Flags,
    bars: Bars,
}

impl Getter<'_> {
    fn goes(&self, found: &[Metadata]) -> Result<Goes, Failure> {
        let Some(output) = &self.flags.output else { return Ok(Goes::Folder(PathBuf::from("."))) };
        if self.flags.is_to_stdout() {
            return Ok(Goes::Stdout);
        }
        let wants_folder = output.as_os_str().as_encoded_bytes().ends_with(b"/");
        let several = found.len() > 1 || self.flags.paths.len() > 1;
        match wants_folder || output.is_dir() {
            true => Ok(Goes::Folder(output.clone())),
            false if several => Err(Failure::Unknown(anyhow!(
                "there is no folder {} to put several files into: with / at its end, it is made",
                shown(output)
            ))),
            false => Ok(Goes::Place(output.clone())),
        }
    }

    async fn entry(&self, entry: Metadata, into: &Goes) -> Result<(), Failure> {
        if entry.is_folder() && (!self.flags.recursive || matches!(into, Goes::Stdout)) {
            let advice =
                if self.flags.recursive { "it does not fit into standard output" } else { "-r gets it" };
            return Err(Failure::Refused(anyhow!("{} is a folder: {advice}", quoted(&entry.path))));
        }
        let target = match into {
            Goes::Stdout => {
                return cat::print(self.client, &entry.path, entry.file().map(|file| file.rev.clone())).await;
            }
            Goes::Place(place) => place.clone(),
            Goes::Folder(folder) => match entry.path.name() {
                Some(name) => folder.join(place::local_name(name)?),
                // All that is in the root goes into the folder.
                None => folder.clone(),
            },
        };
        match entry.is_folder() {
            true => self.folder(entry.path, target).await,
            false => {
                place::folders_around(&target)?;
                self.file(&entry, &target).await
            }
        }
    }

    /// A folder, and those in it, one after another.
    async fn folder(&self, folder: RemotePath, target: PathBuf) -> Result<(), Failure> {
        let (mut tally, mut open) = (Tally::default(), vec![(folder, target)]);
        while let Some((folder, target)) = open.pop() {
            let inside = match place::folder(&target) {
                Ok(()) => children(self.client, &folder).await,
                Err(failure) => Err(failure),
            };
            let inside = match inside {
                Ok(inside) => inside,
                // One that is gone by now, or cannot be here, does not keep the others from coming.
                Err(failure) => {
                    tally.note(Err(failure))?;
                    continue;
                }
            };
            for entry in inside {
                let name = entry.path.name().unwrap_or_default();
                let done = match place::local_name(name).map(|name| target.join(name)) {
                    Ok(_) if is_part_name(name) => Err(Failure::Refused(anyhow!(
                        "{} is called like the unfinished part of another file, and is left out",
                        quoted(&entry.path)
                    ))),
                    Ok(place) if entry.is_folder() => {
                        open.push((entry.path, place));
                        Ok(())
                    }
                    Ok(place) => self.file(&entry, &place).await,
                    Err(failure) => Err(failure),
                };
                tally.note(done)?;
            }
        }
        tally.end()
    }

    async fn file(&self, entry: &Metadata, target: &Path) -> Result<(), Failure> {
        let fetched = self.fetch(entry, target).await;
        let fetched =
            fetched.map_err(|failure| failure.during(format!("cannot get {}", quoted(&entry.path))))?;
        if self.flags.printing.json {
            let state = match fetched {
                Fetched::Got => "got",
                Fetched::Same => "same",
            };
            return say_json(&Got { entry: Entry::of(entry), local: &target.to_string_lossy(), state });
        }
        let bytes = entry.file().map_or(0, |file| file.bytes);
        let what = match fetched {
            Fetched::Got => words::size(bytes),
            Fetched::Same => "is here already".to_owned(),
        };
        match self.flags.quiet {
            true => Ok(()),
            false => say(&format!("{} ({what})", printed(&target.to_string_lossy()))),
        }
    }

    /// Gets a file to its place, whole or not at all.
    async fn fetch(&self, entry: &Metadata, target: &Path) -> Result<Fetched, Failure> {
        let Some(file) = entry.file() else {
            return Err(Failure::Broken(anyhow!("the server says that it is no file")));
        };
        match place::look(target, file).await? {
            place::There::Nothing => {}
            place::There::Same => return Ok(Fetched::Same),
            place::There::Folder => {
                return Err(Failure::Conflict(anyhow!("{} is a folder", shown(target))));
            }
            place::There::Other if self.flags.force => {}
            place::There::Other => {
                let failure = anyhow!("there is another {} here: --force replaces it", shown(target));
                return Err(Failure::Conflict(failure));
            }
        }
        let bar = self.bars.begin(entry.path.name().unwrap_or_default(), file.bytes);
        let mut part = Part::open(target)?;
        match part.fill(self.client, &entry.path, file, &bar).await {
            Ok(()) => part.finish(target, file, self.flags.force)?,
            Err(failure) => {
                part.give_up();
                return Err(failure);
            }
        }
        Ok(Fetched::Got)
    }
}

/// The digest of a file here.
pub(super) async fn hash(file: &mut std::fs::File) -> std::io::Result<ContentHash> {
    Ok(place::digest(file).await?.finish())
}

/// A local path in a message.
fn shown(path: &Path) -> String {
    format!("'{}'", words::shown(&path.to_string_lossy()))
}
