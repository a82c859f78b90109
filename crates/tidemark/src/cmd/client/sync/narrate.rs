//! Telling how it goes: to whoever looks on, and, in a file, to `tidemark sync status`.

use super::folders;
use super::live::Live;
use super::look::line_of;
use crate::output;
use crate::words::shown;
use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tidemark_sync::driver::{Phase, Status};
use tidemark_sync::state::{Did, Logged, State};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often it is told, at most.
const PAUSE: Duration = Duration::from_millis(200);
/// Entries of the log that are told at once, at most; when more happens, only the last are.
const ENTRIES: usize = 1000;
/// Problems that are told by name: `sync status` tells them all.
const PROBLEMS: usize = 20;

/// How long a line may take, of the last: whoever does not read them does not keep the sync from ending.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Tells until it is ended, on threads of its own: whoever reads what is printed may take their time, and neither the sync nor
/// `tidemark sync status` waits for them.
pub(super) struct Narrator {
    end: watch::Sender<bool>,
    keeper: JoinHandle<()>,
    printer: JoinHandle<()>,
    progress: Arc<Progress>,
}

/// How far the printing is.
#[derive(Default)]
struct Progress {
    lines: AtomicU64,
    is_over: AtomicBool,
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
    progress: Arc<Progress>,
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
    pub(super) fn begin(status: watch::Receiver<Status>, folder: &Path, json: bool, quiet: bool) -> Narrator {
        let progress = Arc::<Progress>::default();
        let mut teller = Teller {
            folder: folder.to_owned(),
            json,
            quiet,
            terminal: !json && !quiet && std::io::stderr().is_terminal(),
            log: (!json).then(|| Log::from_now(folder)),
            problems: (0, BTreeSet::new()),
            last: None,
            state: "starting",
            drawn: false,
            progress: Arc::clone(&progress),
        };
        let (end, ended) = watch::channel(false);
        let kept = folder.to_owned();
        let keeping = {
            let (status, ended) = (status.clone(), ended.clone());
            async move {
                follow(status, ended, |status| keep(&kept, status)).await;
                // Nobody is at work any more.
                let _ = std::fs::remove_file(folders::status_file(&kept));
            }
        };
        let printing = async move {
            follow(status, ended, |status| teller.tell(status)).await;
            teller.wipe();
            teller.progress.is_over.store(true, Ordering::SeqCst);
            output::hush(false);
        };
        Narrator { end, keeper: on_its_own(keeping), printer: on_its_own(printing), progress }
    }

    /// Tells the last, and ends.
    pub(super) async fn end(mut self) {
        let _ = self.end.send(true);
        let _ = self.keeper.await;
        loop {
            let before = self.progress.lines.load(Ordering::SeqCst);
            let over = tokio::time::timeout(LAST_WORDS, &mut self.printer).await.is_ok();
            if over || self.progress.lines.load(Ordering::SeqCst) == before {
                break;
            }
        }
        // Whoever prints from now on would wait for the same reader. (The printer lets them print again once it is over; if it is by
        // now, it may have done so before.)
        output::hush(true);
        if self.progress.is_over.load(Ordering::SeqCst) {
            output::hush(false);
        }
    }
}

/// Lets something go on on a thread that may block.
fn on_its_own(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work))
}

/// Tells the latest status whenever there is another, not too often, and the last one in the end.
async fn follow(
    mut status: watch::Receiver<Status>,
    mut ended: watch::Receiver<bool>,
    mut tell: impl FnMut(&Status),
) {
    loop {
        let latest = status.borrow_and_update().clone();
        tell(&latest);
        let over = tokio::select! {
            biased;
            _ = ended.wait_for(|is_over| *is_over) => true,
            changed = status.changed() => changed.is_err(),
        };
        if over {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let latest = status.borrow().clone();
    tell(&latest);
}

/// For `tidemark sync status`, as one piece: whoever reads it sees the old or the new.
fn keep(folder: &Path, status: &Status) {
    let Ok(text) = serde_json::to_string(&Live::of(status, folder)) else { return };
    let file = folders::status_file(folder);
    let new = file.with_extension("new");
    if std::fs::write(&new, text).is_ok() {
        let _ = std::fs::rename(&new, &file);
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
        if !self.json {
            return self.phase(status, &live);
        }
        if let Ok(text) = serde_json::to_string(&live)
            && self.last.as_ref() != Some(&text)
        {
            self.line(&text);
            self.last = Some(text);
        }
    }

    fn line(&self, text: &str) {
        output::line(text);
        self.progress.lines.fetch_add(1, Ordering::SeqCst);
    }

    fn complain(&self, text: &str) {
        output::complain(text);
        self.progress.lines.fetch_add(1, Ordering::SeqCst);
    }

    /// What was done since the last time.
    fn entries(&mut self) {
        let news = self.log.as_mut().map(Log::news).unwrap_or_default();
        for logged in news {
            self.wipe();
            match (self.quiet, logged.entry.did) {
                (false, _) => self.line(&line_of(&logged.entry)),
                (true, Did::Failed) => self.complain(&line_of(&logged.entry)),
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
            self.complain(&problem);
        }
        self.problems = (count, now.into_iter().collect());
    }

    /// One line that changes on a terminal; elsewhere, a line when something else begins.
    fn phase(&mut self, status: &Status, live: &Live) {
        let line = live.line();
        if self.terminal {
            self.wipe();
            // What does not fit is cut off: of a line that is broken only the end could be wiped.
            let line: String = line.chars().take(200).collect();
            output::draw(&format!("\x1b[?7l{}\x1b[?7h", shown(&line)));
            self.drawn = true;
        } else if live.state != self.state {
            let told = match status.phase {
                Phase::Offline { .. } | Phase::Hindered => true,
                Phase::Paused => !self.quiet,
                _ => false,
            };
            if told {
                self.complain(&line);
            }
            self.state = live.state;
        }
    }

    fn wipe(&mut self) {
        if self.drawn {
            // To the line's beginning, and all of it away.
            output::draw("\r\x1b[2K");
            self.drawn = false;
        }
    }
}
