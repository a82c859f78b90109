//! `tidemark sync`: a folder of this machine and an account, kept the same.
//!
//! One process keeps one folder (`run.rs`). Whoever wants to know how it goes, or has a wish, uses the folder's own state
//! (`look.rs`, `wish.rs`): no process needs to be spoken to, and it works whether one runs or not.

mod folders;
mod live;
mod look;
mod narrate;
mod run;
mod set_up;
mod wish;

use super::Whose;
use crate::exit::Failure;
use crate::words::span;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  tidemark sync ~/Tidemark                       keep a folder and the account the same, until Ctrl-C
  tidemark sync ~/Tidemark --once                bring both together, and end
  tidemark sync /srv/in --down --every 5m        what is new on the server comes here, every five minutes
  tidemark sync /srv/out --up                    what is new here goes to the server, as it happens
  tidemark sync status                           how it goes, in every folder of this machine
  tidemark sync release ~/Tidemark               yes, so many deletions were meant

The folder is made if it is not there, and whatever is on both sides is merged: nothing is deleted, and what differs is kept
twice. What is deleted or replaced here lies in .tidemark/trash in the folder for a while. A file .tidemarkignore names, as in
.gitignore, what is nobody's business. With --down nothing is ever changed on the server, with --up nothing here.
A folder uses the link to the account that it is in sync with, unless --profile or --server names another.

A folder whose name is a command's is written with ./ before it.";

/// Keep a folder and the files on a server the same
#[derive(Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Flags {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    keep: Keep,
}

/// How a folder is kept.
#[derive(Args)]
struct Keep {
    /// The folder
    #[arg(value_name = "DIR", required = true)]
    folder: Option<PathBuf>,
    /// Only bring here what is new on the server
    #[arg(long, conflicts_with = "up")]
    down: bool,
    /// Only bring to the server what is new here
    #[arg(long)]
    up: bool,
    /// End when nothing is left to do
    #[arg(long, conflicts_with = "every")]
    once: bool,
    /// Do it again and again, so long after the last beginning: 30s, 5m, 2h
    #[arg(long, value_name = "TIME", value_parser = time)]
    every: Option<Duration>,
    /// What this machine is called, in the names of conflict copies [default: its host name]
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// So many files at a time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    transfers: u8,
    /// Look through the whole folder so often, for what nobody told
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = time)]
    rescan: Duration,
    /// Do not let the system tell what changes: look through the folder every 30 seconds instead
    #[arg(long)]
    no_watch: bool,
    /// Empty the folder's trash of what has lain there for so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    trash_days: u16,
    /// Set the folder up once more, after its disk has changed, or for another account (--profile): both sides are merged, and
    /// nothing is deleted
    #[arg(long)]
    anew: bool,
    /// Print JSON, for programs: one object a line
    #[arg(long)]
    json: bool,
    /// Print only what goes wrong
    #[arg(long, conflicts_with = "json")]
    quiet: bool,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Subcommand)]
enum Command {
    /// Tell how it goes: in one folder, or in all of this machine
    Status(look::StatusFlags),
    /// Tell what was done, the last first
    Log(look::LogFlags),
    /// List the copies of files that were changed on both sides
    Conflicts(look::Flags),
    /// Change nothing for now, on either side; this outlasts restarts
    Pause(wish::Flags),
    /// Go on after `pause`
    Resume(wish::Flags),
    /// Let the deletions that are held now be done: they were meant
    Release(wish::Flags),
    /// Keep folders or files of the server off this machine; copies that are here go to the trash
    Exclude(wish::PathsFlags),
    /// Bring here again what was excluded
    Include(wish::PathsFlags),
    /// Keep a folder in sync no more; its files stay, on both sides
    Forget(wish::ForgetFlags),
}

pub(super) fn run(flags: Flags) -> Result<(), Failure> {
    match flags.command {
        None => run::run(&flags.keep),
        Some(Command::Status(flags)) => look::status(&flags),
        Some(Command::Log(flags)) => look::log(&flags),
        Some(Command::Conflicts(flags)) => look::conflicts(&flags),
        Some(Command::Pause(flags)) => wish::pause(&flags, true),
        Some(Command::Resume(flags)) => wish::pause(&flags, false),
        Some(Command::Release(flags)) => wish::release(&flags),
        Some(Command::Exclude(flags)) => wish::exclude(&flags),
        Some(Command::Include(flags)) => wish::include(&flags),
        Some(Command::Forget(flags)) => wish::forget(&flags),
    }
}

/// The longest between two beginnings, in seconds.
const YEAR: u64 = 365 * 24 * 60 * 60;

/// A time with its unit.
fn time(text: &str) -> Result<Duration, String> {
    span(text, YEAR).ok_or_else(|| "such as 30s, 5m, 2h or 1d, and a year at most".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, seconds) in [("1s", 1), ("5m", 300), ("2h", 7200), ("1d", 86_400)] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "5", "0s", "m", "-1s", "1.5h", "5 m", "9999999999999999999s", "400d", "5min"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
