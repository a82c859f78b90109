//! Telling how it goes: to whoever looks on, and, in a file, to `tidemark sync status`.

use super::folders;
use super::look::{Live, line_of};
use crate::output;
use crate::words::shown;
use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tidemark_sync::driver::{Phase, Status};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// How often it is told, at most.
const PAUSE: Duration = Duration::from_millis(200);
/// Entries of the log that are told at once, at most; when more happens, only the last are.
const ENTRIES: usize = 1000;

/// Tells until it is ended.
pub(super) struct Narrator {
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

struct Teller {
    folder: PathBuf,
    json: bool,
    quiet: bool,
    terminal: bool,
    /// The last entry of the log that was told.
    told: i64,
    last: Option<String>,
    drawn: bool,
}

impl Narrator {
    pub(super) fn begin(
        mut status: watch::Receiver<Status>,
        folder: &Path,
        json: bool,
        quiet: bool,
    ) -> Narrator {
        let terminal = !json && !quiet && std::io::stderr().is_terminal();
        let mut teller =
            Teller { folder: folder.to_owned(), json, quiet, terminal, told: 0, last: None, drawn: false };
        teller.skip_what_was();
        let (end, mut ended) = oneshot::channel();
        let task = tokio::spawn(async move {
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
        });
        Narrator { end, task }
    }

    /// Tells the last, and ends.
    pub(super) async fn end(self) {
        let _ = self.end.send(());
        let _ = self.task.await;
    }
}

impl Teller {
    fn skip_what_was(&mut self) {
        let last = folders::look_into(&self.folder).ok().and_then(|state| state.log(1, None).ok());
        self.told = last.and_then(|entries| entries.first().map(|entry| entry.number)).unwrap_or(0);
    }

    fn tell(&mut self, status: &Status) {
        self.entries();
        let live = Live::of(status);
        if let Ok(text) = serde_json::to_string(&live) {
            self.keep(&text);
            if self.json && self.last.as_ref() != Some(&text) {
                output::line(&text);
            }
            if !self.json && !self.quiet {
                self.phase(status, &live);
            }
            self.last = Some(text);
        }
    }

    /// What was done since the last time.
    fn entries(&mut self) {
        if self.json || self.quiet {
            return;
        }
        let Ok(state) = folders::look_into(&self.folder) else { return };
        let Ok(entries) = state.log(ENTRIES, None) else { return };
        let told = self.told;
        for entry in entries.iter().rev().filter(|entry| entry.number > told) {
            self.wipe();
            output::line(&line_of(&entry.entry));
            self.told = entry.number;
        }
    }

    /// One line that changes on a terminal; elsewhere, a line when something else begins.
    fn phase(&mut self, status: &Status, live: &Live) {
        let line = live.line();
        if self.terminal {
            self.wipe();
            let mut error = std::io::stderr().lock();
            let _ = write!(error, "{line}");
            let _ = error.flush();
            self.drawn = true;
        } else if matches!(status.phase, Phase::Offline { .. } | Phase::Hindered | Phase::Paused)
            && self.last.as_deref().is_none_or(|last| !last.contains(live.state))
        {
            output::complain(&shown(&line));
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
