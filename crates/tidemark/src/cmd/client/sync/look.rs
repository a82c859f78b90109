//! What is known of a folder, for people and programs.

use super::folders;
use super::live::{self, Live, side};
use crate::exit::Failure;
use crate::output::{self, complain, say, say_json};
use crate::words::{count, rfc3339, shown, size, when};
use anyhow::{Context, anyhow};
use clap::Args;
use serde::Serialize;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use tidemark_client::Timestamp;
use tidemark_sync::state::{Did, LEFT_OUT_MAX, LeftOut, LogEntry, Problem, ProblemKind, State, WhyLeftOut};

/// Problems that are told for one folder.
const PROBLEMS: usize = 1000;
/// What is left out that is told to people for one folder.
const LEFT_OUT: usize = 20;
/// Conflict copies that are told.
const CONFLICTS: usize = 100_000;

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark sync status                                     every folder of this machine
  tidemark sync status --json | jq -r .state.state         in a word: up-to-date, syncing, hindered, ...

It ends with 1 if something needs attention: a problem, held deletions, a folder that is missing.")]
pub(super) struct StatusFlags {
    /// The folder [default: all]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Print JSON, for programs: one object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(after_help = "\
Example:
  tidemark sync log ~/Tidemark -n 200      the last 200 things that were done, on either side")]
pub(super) struct LogFlags {
    /// The folder [default: the only one of this machine]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// So many entries
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
    number: u32,
    /// Print JSON, for programs: one object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(after_help = "\
Example:
  tidemark sync conflicts ~/Tidemark      a copy that you remove or rename is not told of any more")]
pub(super) struct Flags {
    /// The folder [default: the only one of this machine]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Print JSON, for programs: one object a line
    #[arg(long)]
    json: bool,
}

/// The status of one folder, as `tidemark sync status --json` tells it.
#[derive(Serialize)]
struct Told<'a> {
    folder: Cow<'a, str>,
    running: bool,
    paused: bool,
    state: serde_json::Value,
    problems: Vec<ToldProblem>,
    left_out: Vec<ToldLeftOut>,
    excluded: Vec<String>,
}

#[derive(Serialize)]
struct ToldProblem {
    path: String,
    side: &'static str,
    kind: &'static str,
    text: String,
    since: String,
}

#[derive(Serialize)]
struct ToldLeftOut {
    path: String,
    kind: &'static str,
    text: String,
}

pub(super) fn status(flags: &StatusFlags) -> Result<(), Failure> {
    let folders = match &flags.folder {
        Some(folder) => vec![folders::whole(folder).unwrap_or_else(|_| folder.clone())],
        None => folders::known()?,
    };
    if folders.is_empty() {
        return Err(Failure::Unknown(anyhow!("there is no sync folder here: `tidemark sync DIR` makes one")));
    }
    let mut healthy = true;
    for folder in &folders {
        healthy &= match status_of(folder, flags.json) {
            // One that cannot be looked into does not hide the others.
            Err(failure) if flags.folder.is_none() && !failure.is_for_all() => {
                failure.report();
                false
            }
            told => told?,
        };
    }
    if healthy { Ok(()) } else { Err(Failure::Told(1)) }
}

/// Tells of one folder; whether all is well.
fn status_of(folder: &Path, json: bool) -> Result<bool, Failure> {
    if folders::is_missing(folder)? {
        return missing(folder, json);
    }
    let state = folders::look_into(folder)?;
    let read = || -> Result<_, tidemark_sync::state::StateError> {
        Ok((state.counts()?, state.settings()?, state.problems(PROBLEMS)?, state.left_out()?))
    };
    let (counts, settings, problems, left_out) =
        read().with_context(|| format!("cannot read the state of {}", folder.display()))?;
    let running = is_running(folder);
    let live = running.then(|| live::told(folder)).flatten();
    let at_rest = Live::at_rest(&counts, &settings, folder);
    let hindrances = match &live {
        Some(live) => {
            live["hindrances"].as_array().into_iter().flatten().filter_map(|one| one.as_str()).collect()
        }
        None => at_rest.hindrances.iter().map(String::as_str).collect::<Vec<_>>(),
    };
    let well = counts.problems == 0 && hindrances.is_empty();
    if json {
        let state = live.map_or_else(|| serde_json::to_value(&at_rest), Ok).unwrap_or_default();
        let excluded = settings.excluded.iter().map(|path| path.as_str().to_owned()).collect();
        let problems = problems.iter().map(told_problem).collect();
        let left_out = left_out.first.iter().map(told_left_out).collect();
        let folder = folder.to_string_lossy();
        say_json(&Told { folder, running, paused: settings.paused, state, problems, left_out, excluded })?;
        return Ok(well);
    }
    let line = match &live {
        Some(live) => {
            let detail = live["detail"].as_str().map(|detail| format!(": {detail}")).unwrap_or_default();
            let state = live["state"].as_str().unwrap_or("starting");
            format!("{}{detail}", in_short(state, live["left"].as_u64().unwrap_or_default(), counts.problems))
        }
        None if running => "running".to_owned(),
        None => format!("not running; {}", in_short(at_rest.state, counts.dirty, counts.problems)),
    };
    say(&shown(&format!("{}: {line}", folder.display())))?;
    say(&format!(
        "    {}, {}, {}",
        count(counts.synced.files, "file", "files"),
        count(counts.synced.folders, "folder", "folders"),
        size(counts.synced.bytes)
    ))?;
    if settings.paused {
        match running && settings.heeded < settings.wished {
            true => say("    told to pause; the process that keeps it has not answered yet")?,
            false => {
                say(&shown(&format!("    paused: `tidemark sync resume {}` goes on", folder.display())))?;
            }
        }
    }
    for path in &settings.excluded {
        say(&shown(&format!("    not wanted here: {}", path.as_str())))?;
    }
    for hindrance in hindrances {
        say(&format!("    {}", shown(hindrance)))?;
    }
    for problem in &problems {
        say(&shown(&format!("    {}: {}", problem.path, problem.text)))?;
    }
    let told = left_out.first.iter().take(LEFT_OUT);
    let untold = counts.left_out.saturating_sub(told.len() as u64);
    for one in told {
        say(&shown(&format!("    not synced: {one}")))?;
    }
    if untold > 0 {
        say(&format!("    not synced: {untold} more (`--json` tells the first {LEFT_OUT_MAX})"))?;
    }
    if counts.conflicts > 0 {
        say(&format!(
            "    {}: see `tidemark sync conflicts {}`",
            count(counts.conflicts, "conflict copy", "conflict copies"),
            folder.display()
        ))?;
    }
    Ok(well)
}

/// A state for people, with how much is left where it says something: what has a problem, or is held, is told by itself.
fn in_short(state: &str, left: u64, problems: u64) -> String {
    match (state, left) {
        ("up-to-date", _) if problems > 0 => {
            format!("up to date but for {}", count(problems, "problem", "problems"))
        }
        ("up-to-date", _) => "up to date".to_owned(),
        ("hindered", _) | (_, 0) => state.to_owned(),
        _ => format!("{state}, {left} left"),
    }
}

/// Tells of a folder that is not there, of which nothing else is known.
fn missing(folder: &Path, json: bool) -> Result<bool, Failure> {
    if json {
        say_json(&Told {
            folder: folder.to_string_lossy(),
            running: false,
            paused: false,
            state: serde_json::to_value(Live::missing(folders::MISSING)).unwrap_or_default(),
            problems: Vec::new(),
            left_out: Vec::new(),
            excluded: Vec::new(),
        })?;
    } else {
        let told =
            format!("{}: missing: {}; {}", folder.display(), folders::MISSING, folders::let_go(folder));
        say(&shown(&told))?;
    }
    Ok(false)
}

/// Whether a process keeps the folder now.
fn is_running(folder: &Path) -> bool {
    State::is_in_use(&folders::database(folder))
}

pub(super) fn log(flags: &LogFlags) -> Result<(), Failure> {
    let state = folders::look_into(&folders::meant(flags.folder.as_deref())?)?;
    let entries = state.log(flags.number as usize, None).context("cannot read the log")?;
    for logged in entries {
        let entry = &logged.entry;
        if flags.json {
            #[derive(Serialize)]
            struct Line<'a> {
                at: String,
                did: &'static str,
                path: &'a str,
                #[serde(skip_serializing_if = "Option::is_none")]
                detail: Option<&'a str>,
            }
            let at = rfc3339(Timestamp(entry.at_s));
            say_json(&Line { at, did: word(entry.did), path: &entry.path, detail: entry.detail.as_deref() })?;
        } else {
            say(&format!("{}  {}", when(Timestamp(entry.at_s)), line_of(entry)))?;
        }
    }
    output::flush()
}

pub(super) fn conflicts(flags: &Flags) -> Result<(), Failure> {
    let state = folders::look_into(&folders::meant(flags.folder.as_deref())?)?;
    let conflicts = state.conflicts(CONFLICTS).context("cannot read the conflicts")?;
    if conflicts.is_empty() && !flags.json {
        complain("there are none");
    }
    for conflict in conflicts {
        let since = Timestamp(conflict.since_s);
        if flags.json {
            #[derive(Serialize)]
            struct Line<'a> {
                copy: &'a str,
                name: &'a str,
                since: String,
            }
            say_json(&Line { copy: conflict.copy.as_str(), name: &conflict.name, since: rfc3339(since) })?;
        } else {
            say(&format!("{}  {}", when(since), shown(conflict.copy.as_str())))?;
        }
    }
    output::flush()
}

/// One entry of the log, for people.
pub(super) fn line_of(entry: &LogEntry) -> String {
    let word = match entry.did {
        Did::Downloaded => "downloaded",
        Did::Uploaded => "uploaded",
        Did::MadeLocal => "made here",
        Did::MadeRemote => "made there",
        Did::MovedLocal => "moved here",
        Did::MovedRemote => "moved there",
        Did::TrashedLocal => "to the trash",
        Did::DeletedRemote => "deleted there",
        Did::Conflict => "conflict",
        Did::Failed => "failed",
        Did::Engine => "",
    };
    let detail = entry.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    shown(&format!("{word:13} {}{detail}", entry.path)).into_owned()
}

fn word(did: Did) -> &'static str {
    match did {
        Did::Downloaded => "downloaded",
        Did::Uploaded => "uploaded",
        Did::MadeLocal => "made-here",
        Did::MadeRemote => "made-there",
        Did::MovedLocal => "moved-here",
        Did::MovedRemote => "moved-there",
        Did::TrashedLocal => "trashed-here",
        Did::DeletedRemote => "deleted-there",
        Did::Conflict => "conflict",
        Did::Failed => "failed",
        Did::Engine => "engine",
    }
}

fn told_problem(problem: &Problem) -> ToldProblem {
    let kind = match problem.kind {
        ProblemKind::BadName => "bad-name",
        ProblemKind::NameTaken => "name-taken",
        ProblemKind::Denied => "denied",
        ProblemKind::Full => "full",
        ProblemKind::Special => "special",
        ProblemKind::TooLarge => "too-large",
        ProblemKind::Failed => "failed",
    };
    ToldProblem {
        path: problem.path.clone(),
        side: side(problem.side),
        kind,
        text: problem.text.clone(),
        since: rfc3339(Timestamp(problem.since_s)),
    }
}

fn told_left_out(one: &LeftOut) -> ToldLeftOut {
    let kind = match one.why {
        WhyLeftOut::Symlink => "symlink",
        WhyLeftOut::Special => "special",
        WhyLeftOut::Unreadable(_) => "unreadable",
        WhyLeftOut::NotText => "not-text",
        WhyLeftOut::Name(_) => "bad-name",
        WhyLeftOut::OtherFileSystem => "other-file-system",
        WhyLeftOut::SyncFolder => "sync-folder",
        WhyLeftOut::Rules(_) => "rules",
    };
    ToldLeftOut { path: one.path(), kind, text: one.why.to_string() }
}
