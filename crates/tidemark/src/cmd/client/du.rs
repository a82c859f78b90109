//! `tidemark du`.

use super::entry::printed;
use super::tree::{children, find};
use super::{Printing, Tally, Whose};
use crate::exit::Failure;
use crate::output::{say, say_json};
use crate::words;
use clap::Args;
use serde::Serialize;
use tidemark_client::{Client, Metadata};

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark du                  all of it
  tidemark du --depth 1 /      and each folder in the root
  tidemark du --json '/20*'    in bytes, for programs")]
pub(crate) struct Flags {
    /// Paths or patterns [default: /]
    #[arg(value_name = "PATH", default_value = "/", hide_default_value = true)]
    paths: Vec<String>,
    /// Also tell of each folder inside, down to this depth
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    depth: usize,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

/// How much is in a folder: documented in docs/CLIENT.md, and kept.
#[derive(Serialize)]
struct Sum<'a> {
    path: &'a str,
    bytes: u64,
    files: u64,
    folders: u64,
}

#[derive(Clone, Copy, Default)]
struct Totals {
    bytes: u64,
    files: u64,
    folders: u64,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let mut tally = Tally::default();
    for path in &flags.paths {
        match find(&session.client, path).await {
            Ok(found) => {
                for entry in found {
                    tally.note(sum(&session.client, &flags, entry).await)?;
                }
            }
            Err(failure) => tally.note(Err(failure))?,
        }
    }
    tally.end()
}

/// One that is being added up: what is in it so far, and what is still to be looked into.
struct Open {
    entry: Metadata,
    totals: Totals,
    inside: Vec<Metadata>,
}

/// Adds up a folder, from the innermost outwards.
async fn sum(client: &Client, flags: &Flags, entry: Metadata) -> Result<(), Failure> {
    let mut open = vec![opened(client, entry).await?];
    while let Some(last) = open.last_mut() {
        if let Some(next) = last.inside.pop() {
            open.push(opened(client, next).await?);
            continue;
        }
        let depth = open.len() - 1;
        let Some(done) = open.pop() else { break };
        if depth <= flags.depth {
            print(flags, &done)?;
        }
        if let Some(around) = open.last_mut() {
            around.totals.bytes = around.totals.bytes.saturating_add(done.totals.bytes);
            around.totals.files += done.totals.files;
            around.totals.folders += done.totals.folders + 1;
        }
    }
    Ok(())
}

async fn opened(client: &Client, entry: Metadata) -> Result<Open, Failure> {
    let mut totals = Totals::default();
    let count = |totals: &mut Totals, entry: &Metadata| {
        totals.bytes = totals.bytes.saturating_add(entry.file().map_or(0, |file| file.bytes));
        totals.files += 1;
    };
    if !entry.is_folder() {
        count(&mut totals, &entry);
        return Ok(Open { entry, totals, inside: Vec::new() });
    }
    let (mut inside, files): (Vec<_>, Vec<_>) =
        children(client, &entry.path).await?.into_iter().partition(Metadata::is_folder);
    files.iter().for_each(|file| count(&mut totals, file));
    // The last is looked into first.
    inside.reverse();
    Ok(Open { entry, totals, inside })
}

fn print(flags: &Flags, done: &Open) -> Result<(), Failure> {
    let Totals { bytes, files, folders } = done.totals;
    let path = done.entry.path.as_str();
    if flags.printing.json {
        return say_json(&Sum { path, bytes, files, folders });
    }
    say(&format!(
        "{:>10}  {:>12}  {}",
        words::size(bytes),
        words::count(files, "file", "files"),
        printed(path)
    ))
}
