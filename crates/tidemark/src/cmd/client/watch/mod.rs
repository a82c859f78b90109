//! `tidemark watch`.
//!
//! There is no queue: what has happened and was not told yet is in the server's journal, and the next change is asked for when
//! the one before it is done with. So nothing is lost, and nothing grows, however slow a command is.

mod exec;
mod place;

use super::entry::{self, Entry, printed};
use super::{Printing, Whose, block_on};
use crate::exit::Failure;
use crate::output::{complain, flush, say, say_json, unread};
use crate::remote_glob::plain;
use crate::told::Told;
use crate::words;
use anyhow::{Context, anyhow};
use clap::Args;
use exec::Commands;
use futures_util::StreamExt;
use place::CursorFile;
use serde::Serialize;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use tidemark_client::{ChangeEvent, Client, Cursor, Error, Metadata, RefusalKind, RemotePath};

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark watch                                      a line for each change, as it happens
  tidemark watch --path /inbox --exec ./import        runs ./import once for each, one after another
  tidemark watch --shell --exec 'echo \"$TIDEMARK_KIND $TIDEMARK_PATH\" >> log'
  tidemark watch --json --since beginning --once      all that there is, one JSON object a line, and that is it
  tidemark watch --cursor-file state --once           all that has changed since the last run

A command is given the change in the environment (TIDEMARK_KIND: file, folder, gone or reset; TIDEMARK_PATH, TIDEMARK_REV,
TIDEMARK_BYTES, TIDEMARK_MODIFIED, TIDEMARK_ID, TIDEMARK_CONTENT_HASH) and as JSON on its standard input. `reset` says that all
that was known must be forgotten: what there is follows.")]
pub(crate) struct Flags {
    /// Only what happens there and below
    #[arg(long, value_name = "PATH", default_value = "/", hide_default_value = true)]
    path: String,
    /// From where on: `now`, `beginning`, or a cursor that --json told
    #[arg(long, value_name = "SINCE", default_value = "now")]
    since: Since,
    /// Keep in this file how far it is, and go on from there the next time; --since counts only the first time
    #[arg(long, value_name = "FILE")]
    cursor_file: Option<PathBuf>,
    /// End when all that has happened so far is told, or when the server cannot be asked after a few tries
    #[arg(long)]
    once: bool,
    /// Run this program, with the rest of the line as its arguments, for each change
    #[arg(long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true)]
    exec: Vec<OsString>,
    /// Let the shell run the command, which is one text
    #[arg(long, requires = "exec")]
    shell: bool,
    /// So many commands at a time: they begin in order, and never two for one path
    #[arg(long, value_name = "N", requires = "exec", default_value = "1")]
    jobs: NonZeroUsize,
    /// End when a command fails, with the cursor before it
    #[arg(long, requires = "exec")]
    stop_on_failure: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

/// With `--once` the server is asked so often, in some ten seconds, before it counts as away.
const WAITS_MAX: u32 = 5;

/// From where on.
#[derive(Clone)]
enum Since {
    Now,
    Beginning,
    Cursor(Cursor),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Since, String> {
        match text {
            "now" => Ok(Since::Now),
            "beginning" => Ok(Since::Beginning),
            cursor => Cursor::new(cursor).map(Since::Cursor).map_err(|error| error.to_string()),
        }
    }
}

/// A line of JSON: documented in docs/CLIENT.md, and kept.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    /// This is there now.
    Entry(Entry<'a>),
    /// Nothing is there any more, nor below.
    Gone { path: &'a str },
    /// All that was known must be forgotten: what there is follows.
    Reset,
    /// That is all so far; with this cursor it goes on from here.
    CaughtUp { cursor: &'a str },
    /// The server cannot be asked for the moment.
    Waiting { error: String, pause_ms: u64 },
}

/// Something that happened, as it is told to people, programs and commands.
enum Change {
    Entry(Box<Metadata>),
    Gone(RemotePath),
    Reset,
}

pub(super) fn run(flags: Flags) -> Result<(), Failure> {
    block_on(watch(flags))
}

async fn watch(flags: Flags) -> Result<(), Failure> {
    let mut told = Told::listen().context("cannot listen to signals")?;
    let mut commands = match flags.exec.is_empty() {
        true => None,
        false => Some(Commands::new(&flags.exec, flags.shell, flags.jobs)?),
    };
    let result = {
        let watching = follow(&flags, commands.as_mut());
        tokio::select! {
            biased;
            signal = told.signalled() => Err(Failure::Interrupted(signal, None)),
            // Nothing may happen for days: whoever is not read any more had better not wait for it.
            () = unread(), if prints(&flags) => Err(Failure::Unread),
            result = watching => result,
        }
    };
    // What was begun comes to its end, unless somebody is in a hurry.
    if let Some(commands) = &mut commands {
        tokio::select! {
            biased;
            signal = told.signalled() => return Err(Failure::Interrupted(signal, Some("commands are still running"))),
            () = commands.idle() => {}
        }
    }
    flush()?;
    result?;
    match commands.map_or(0, |commands| commands.failed()) {
        0 => Ok(()),
        number => {
            let what = words::count(number, "command failed", "commands failed");
            Err(Failure::Broken(anyhow!("{what}")))
        }
    }
}

async fn follow(flags: &Flags, mut commands: Option<&mut Commands>) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let path = plain(&flags.path).map_err(Failure::Misunderstood)?;
    let prefix = (!path.is_root()).then_some(path);
    let place = match &flags.cursor_file {
        Some(file) => Some(CursorFile::open(file, session.client.server(), prefix.as_ref())?),
        None => None,
    };
    let kept = match &place {
        Some(place) => place.load()?,
        None => None,
    };
    let tells_nothing = flags.once && place.is_none() && matches!(flags.since, Since::Now);
    // As JSON it tells the cursor to go on from.
    if tells_nothing && !flags.printing.json {
        complain("--once from now on has nothing to tell: say --since beginning, or keep a --cursor-file");
    }
    let from = match kept.map_or_else(|| flags.since.clone(), Since::Cursor) {
        Since::Now => Some(now(&session.client, prefix.as_ref(), place.as_ref()).await?),
        Since::Beginning => None,
        Since::Cursor(cursor) => Some(cursor),
    };
    // Who begins knows nothing that could be forgotten.
    let mut knows_something = from.is_some();
    let mut waits = 0_u32;
    let mut changes = session.client.changes(from, prefix);
    while let Some(event) = changes.next().await {
        let event = event.map_err(|error| match error.kind() {
            Some(RefusalKind::BadRequest) => Failure::Refused(
                anyhow::Error::new(error).context("the cursor is not one of this account, app and --path"),
            ),
            _ => Failure::from(error),
        })?;
        if !matches!(event, ChangeEvent::Waiting { .. }) {
            waits = 0;
        }
        let change = match event {
            ChangeEvent::Entry(entry) => Change::Entry(Box::new(entry)),
            ChangeEvent::Gone(path) => Change::Gone(path),
            ChangeEvent::Reset if !knows_something => continue,
            ChangeEvent::Reset => Change::Reset,
            ChangeEvent::Checkpoint(cursor) => {
                reached(flags, commands.as_deref_mut(), place.as_ref(), &cursor).await?;
                continue;
            }
            ChangeEvent::CaughtUp(cursor) => {
                reached(flags, commands.as_deref_mut(), place.as_ref(), &cursor).await?;
                if flags.printing.json {
                    say_json(&Line::CaughtUp { cursor: cursor.as_str() })?;
                }
                if flags.once {
                    return Ok(());
                }
                continue;
            }
            ChangeEvent::Waiting { error, pause } => {
                waits += 1;
                // A job that waited for ever would meet the next one.
                if flags.once && waits >= WAITS_MAX {
                    return Err(error.into());
                }
                waiting(flags, error, pause)?;
                continue;
            }
        };
        knows_something = true;
        tell(flags, &change)?;
        if let Some(commands) = commands.as_deref_mut() {
            commands.run(&change).await?;
            check(flags, commands)?;
        }
    }
    Ok(())
}

/// What a watch that begins now begins with.
async fn now(
    client: &Client,
    prefix: Option<&RemotePath>,
    place: Option<&CursorFile>,
) -> Result<Cursor, Failure> {
    let cursor = client.latest_cursor(prefix).await?;
    if let Some(place) = place {
        place.store(&cursor)?;
    }
    Ok(cursor)
}

/// All before the cursor has been told: when the commands for it have ended, it is done with.
async fn reached(
    flags: &Flags,
    commands: Option<&mut Commands>,
    place: Option<&CursorFile>,
    cursor: &Cursor,
) -> Result<(), Failure> {
    if let Some(commands) = commands
        && (place.is_some() || flags.once || flags.stop_on_failure)
    {
        commands.idle().await;
        check(flags, commands)?;
    }
    place.map_or(Ok(()), |place| place.store(cursor))
}

fn check(flags: &Flags, commands: &Commands) -> Result<(), Failure> {
    match flags.stop_on_failure && commands.failed() > 0 {
        true => Err(Failure::Broken(anyhow!("a command failed: the watch ends before what it was about"))),
        false => Ok(()),
    }
}

/// With a command, its output is what counts.
fn prints(flags: &Flags) -> bool {
    flags.exec.is_empty() || flags.printing.json
}

fn tell(flags: &Flags, change: &Change) -> Result<(), Failure> {
    if !prints(flags) {
        return Ok(());
    }
    if flags.printing.json {
        say_json(&change.line())?;
        return flush();
    }
    let line = match change {
        Change::Entry(entry) => {
            let size = entry.file().map_or_else(String::new, |file| words::size(file.bytes));
            format!("{:6}  {size:>8}  {}", entry::kind(entry), entry::path(entry))
        }
        Change::Gone(path) => format!("gone              {}", printed(path.as_str())),
        Change::Reset => "reset             all that was known is void; what there is follows".to_owned(),
    };
    say(&line)?;
    flush()
}

fn waiting(flags: &Flags, error: Error, pause: std::time::Duration) -> Result<(), Failure> {
    let error = format!("{:#}", anyhow::Error::new(error));
    if flags.printing.json {
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        say_json(&Line::Waiting { error, pause_ms })?;
        return flush();
    }
    complain(&format!("{error}; trying again in {} s", pause.as_secs().max(1)));
    Ok(())
}

impl Change {
    fn line(&self) -> Line<'_> {
        match self {
            Change::Entry(entry) => Line::Entry(Entry::of(entry)),
            Change::Gone(path) => Line::Gone { path: path.as_str() },
            Change::Reset => Line::Reset,
        }
    }
}
