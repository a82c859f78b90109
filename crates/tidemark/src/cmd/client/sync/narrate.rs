//! Telling how it goes: to whoever looks on, and, in a file, to `tidemark sync status`.

use super::folders;
use super::live::Live;
use super::look::line_of;
use crate::output;
use crate::words::shown;
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tidemark_sync::driver::{Phase, Status};
use tidemark_sync::state::{Did, Logged, State};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// How often it is told, at most.
const PAUSE: Duration = Duration::from_millis(200);
/// Entries of the log that are told at once, at most; when more happens, only the last are.
const ENTRIES: usize = 1000;
/// Problems that are told by name: `sync status` tells them all.
const PROBLEMS: usize = 20;

/// How long the last words may take: whoever does not read them does not keep the sync from ending.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Tells until it is ended, on a thread of its own: whoever reads what it prints may take their time, and the sync does not wait for
/// them.
pub(super) struct Narrator {
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

struct Teller {
    folder: PathBuf,
    json: bool,
    quiet: bool,
    terminal: bool,
    /// None if nobody wants to read of it.
    log: Option<Log>,
    /// How many problems there were, and which were told.
    problems: (u64, BTreeSet<String>),
    last: Option<String>,
    /// What it was about, in a word, when that was told last.
    state: &'static str,
    drawn: bool,
}

/// What the engine notes of its work, for people.
struct Log {
    folder: PathBuf,
    /// The folder's state, which stays open: it is opened again only once it could not be read.
    state: Option<State>,
    /// The last entry that was told.
    told: i64,
}

impl Narrator {
    pub(super) fn begin(
        mut status: watch::Receiver<Status>,
        folder: &Path,
        json: bool,
        quiet: bool,
    ) -> Narrator {
        let terminal = !json && !quiet && std::io::stderr().is_terminal();
        let log = (!json).then(|| Log::from_now(folder));
        let folder = folder.to_owned();
        let mut teller = Teller {
            folder,
            json,
            quiet,
            terminal,
            log,
            problems: (0, BTreeSet::new()),
            last: None,
            state: "starting",
            drawn: false,
        };
        let (end, mut ended) = oneshot::channel();
        let runtime = Handle::current();
        let telling = async move {
            loop {
                let latest = status.borrow_and_update().clone();
                teller.tell(&latest);
                let over = tokio::select! {
                    biased;
                    _ = &mut ended => true,
                    changed = status.changed() => changed.is_err(),
                };
                if over {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
            let latest = status.borrow().clone();
            teller.tell(&latest);
            teller.wipe();
            // Nobody is at work any more.
            let _ = std::fs::remove_file(folders::status_file(&teller.folder));
        };
        let task = tokio::task::spawn_blocking(move || runtime.block_on(telling));
        Narrator { end, task }
    }

    /// Tells the last, and ends.
    pub(super) async fn end(self) {
        let _ = self.end.send(());
        let _ = tokio::time::timeout(LAST_WORDS, self.task).await;
    }
}

impl Log {
    fn from_now(folder: &Path) -> Log {
        let mut log = Log { folder: folder.to_owned(), state: None, told: 0 };
        log.told = log.newest(1).first().map_or(0, |entry| entry.number);
        log
    }

    /// What was noted since the last time, the oldest first.
    fn news(&mut self) -> Vec<Logged> {
        let mut news = self.newest(ENTRIES);
        news.retain(|entry| entry.number > self.told);
        news.reverse();
        self.told = news.last().map_or(self.told, |entry| entry.number);
        news
    }

    /// What has a problem now, the oldest first.
    fn problems(&self) -> Option<Vec<String>> {
        let problems = self.state.as_ref()?.problems(PROBLEMS).ok()?;
        Some(problems.into_iter().map(|problem| format!("{}: {}", problem.path, problem.text)).collect())
    }

    /// The newest entries, the last first. What cannot be read now is read the next time.
    fn newest(&mut self, limit: usize) -> Vec<Logged> {
        if self.state.is_none() {
            self.state = folders::look_into(&self.folder).ok();
        }
        let entries = self.state.as_ref().and_then(|state| state.log(limit, None).ok());
        if entries.is_none() {
            self.state = None;
        }
        entries.unwrap_or_default()
    }
}

impl Teller {
    fn tell(&mut self, status: &Status) {
        self.entries();
        self.problems(status.counts.problems);
        let live = Live::of(status, &self.folder);
        if let Ok(text) = serde_json::to_string(&live) {
            self.keep(&text);
            if self.json && self.last.as_ref() != Some(&text) {
                output::line(&text);
            }
            if !self.json {
                self.phase(status, &live);
            }
            self.last = Some(text);
        }
    }

    /// What was done since the last time.
    fn entries(&mut self) {
        let Some(log) = &mut self.log else { return };
        for logged in log.news() {
            self.wipe();
            match (self.quiet, logged.entry.did) {
                (false, _) => output::line(&line_of(&logged.entry)),
                (true, Did::Failed) => output::complain(&line_of(&logged.entry)),
                (true, _) => {}
            }
        }
    }

    /// What cannot be synced, once each, when there is more or less of it than before.
    fn problems(&mut self, count: u64) {
        let Some(log) = &self.log else { return };
        if count == self.problems.0 {
            return;
        }
        let Some(now) = log.problems() else { return };
        let news: Vec<_> =
            now.iter().filter(|problem| !self.problems.1.contains(*problem)).cloned().collect();
        for problem in news {
            self.wipe();
            output::complain(&problem);
        }
        self.problems = (count, now.into_iter().collect());
    }

    /// One line that changes on a terminal; elsewhere, a line when something else begins.
    fn phase(&mut self, status: &Status, live: &Live) {
        let line = live.line();
        if self.terminal {
            self.wipe();
            let mut error = std::io::stderr().lock();
            // What does not fit is cut off: of a line that is broken only the end could be wiped.
            let line: String = line.chars().take(200).collect();
            let _ = write!(error, "\x1b[?7l{}\x1b[?7h", shown(&line));
            let _ = error.flush();
            self.drawn = true;
        } else if live.state != self.state {
            let told = match status.phase {
                Phase::Offline { .. } | Phase::Hindered => true,
                Phase::Paused => !self.quiet,
                _ => false,
            };
            if told {
                output::complain(&line);
            }
            self.state = live.state;
        }
    }

    fn wipe(&mut self) {
        if self.drawn {
            let mut error = std::io::stderr().lock();
            // To the line's beginning, and all of it away.
            let _ = write!(error, "\r\x1b[2K");
            let _ = error.flush();
            self.drawn = false;
        }
    }

    /// For `tidemark sync status`, as one piece: whoever reads it sees the old or the new.
    fn keep(&self, text: &str) {
        let file = folders::status_file(&self.folder);
        let new = file.with_extension("new");
        if std::fs::write(&new, text).is_ok() {
            let _ = std::fs::rename(&new, &file);
        }
    }
}
