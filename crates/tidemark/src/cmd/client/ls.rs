//! `tidemark ls`.

use super::entry::{self, Entry, printed};
use super::tree::{children, find, find_deleted, with_deleted};
use super::{Printing, Tally, Whose};
use crate::exit::Failure;
use crate::output::{say, say_json};
use clap::Args;
use tidemark_client::{Client, Metadata, RemotePath};

/// `tidemark ls -l '/Photos/*.jpg'` lists pictures with sizes, times and versions.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark ls                          what is in the root
  tidemark ls -l '/Photos/*.jpg'       with size, time and version; quoted, so that the shell leaves the pattern alone
  tidemark ls -R --json /Notes         everything below, one JSON object a line
  tidemark ls -R --deleted /Old        also what `tidemark restore -r /Old` would bring back")]
pub(crate) struct Flags {
    /// Paths, or patterns with *, ?, [a-z] and ** [default: /]
    #[arg(value_name = "PATH", default_value = "/", hide_default_value = true)]
    paths: Vec<String>,
    /// With size, time and version
    #[arg(short, long)]
    long: bool,
    /// Also what is in folders, at any depth
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Folders themselves, and not what is in them
    #[arg(short, long, conflicts_with = "recursive")]
    directory: bool,
    /// Also what was deleted; of a deleted folder, what was in it
    #[arg(long)]
    deleted: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let (mut tally, mut entries) = (Tally::default(), Vec::new());
    for path in &flags.paths {
        let found = match flags.deleted {
            true => find_deleted(&session.client, path).await,
            false => find(&session.client, path).await,
        };
        tally.note(found.map(|found| entries.extend(found)))?;
    }
    let (folders, files): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| entry.is_folder() && !flags.directory);
    // Which folder a name is in must be told, unless there is one only.
    let headed = flags.recursive || flags.paths.len() > 1 || !files.is_empty() || folders.len() > 1;
    let mut lister = Lister { client: &session.client, flags: &flags, headed, began: false };
    if !files.is_empty() {
        lister.print(&files, entry::path)?;
    }
    for folder in folders {
        tally.note(lister.folder(folder.path).await)?;
    }
    tally.end()
}

struct Lister<'a> {
    client: &'a Client,
    flags: &'a Flags,
    headed: bool,
    /// Something was printed.
    began: bool,
}

impl Lister<'_> {
    /// Lists a folder and, if that is wanted, those in it, one after another.
    async fn folder(&mut self, folder: RemotePath) -> Result<(), Failure> {
        let (mut tally, mut open) = (Tally::default(), vec![folder]);
        while let Some(folder) = open.pop() {
            let inside = match self.inside(&folder).await {
                Ok(inside) => inside,
                // One that is gone by now does not hide the others.
                Err(failure) => {
                    tally.note(Err(failure))?;
                    continue;
                }
            };
            if self.headed && !self.flags.printing.json {
                let gap = if self.began { "\n" } else { "" };
                say(&format!("{gap}{}:", printed(folder.as_str())))?;
                self.began = true;
            }
            self.print(&inside, entry::name)?;
            if self.flags.recursive {
                let deeper = inside.into_iter().filter(Metadata::is_folder);
                let at = open.len();
                open.extend(deeper.map(|entry| entry.path));
                // The first of them is looked into first.
                open[at..].reverse();
            }
        }
        tally.end()
    }

    async fn inside(&self, folder: &RemotePath) -> Result<Vec<Metadata>, Failure> {
        match self.flags.deleted {
            true => {
                Ok(with_deleted(self.client, folder).await?.map(|(_, inside)| inside).unwrap_or_default())
            }
            false => children(self.client, folder).await,
        }
    }

    fn print(&mut self, entries: &[Metadata], name: fn(&Metadata) -> String) -> Result<(), Failure> {
        self.began |= !entries.is_empty();
        if self.flags.printing.json {
            return entries.iter().try_for_each(|entry| say_json(&Entry::of(entry)));
        }
        if !self.flags.long {
            return entries.iter().try_for_each(|entry| say(&name(entry)));
        }
        let rows: Vec<[String; 3]> = entries.iter().map(entry::columns).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
        let (sizes, times, revs) = (width(0), width(1), width(2));
        for ([size, time, rev], entry) in rows.iter().zip(entries) {
            say(&format!("{size:>sizes$}  {time:times$}  {rev:revs$}  {}", name(entry)))?;
        }
        Ok(())
    }
}
