//! What a sync is about: a line for people, and one for programs.

use super::folders;
use crate::words::{count, shown, size};
use serde::Serialize;
use std::path::Path;
use tidemark_sync::driver::{Hindrance, Phase, Status, Stopped};
use tidemark_sync::state::{Counts, Settings, Side};

/// What a running sync is about: a line of JSON, documented in docs/CLIENT.md, and kept.
#[derive(Serialize)]
pub(super) struct Live {
    /// In a word: `starting`, `scanning`, `syncing`, `up-to-date`, `hindered`, `paused`, `offline` or `stopped`.
    pub(super) state: &'static str,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What keeps a part from being done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hindrances: Vec<String>,
    files: u64,
    folders: u64,
    bytes: u64,
    left: u64,
    problems: u64,
    conflicts: u64,
    left_out: u64,
    downloaded: u64,
    uploaded: u64,
    watching: bool,
    transfers: Vec<Transfer>,
}

#[derive(Serialize)]
struct Transfer {
    path: String,
    to: &'static str,
    passed: u64,
    size: u64,
}

impl Live {
    pub(super) fn of(status: &Status, folder: &Path) -> Live {
        let (state, detail) = match &status.phase {
            Phase::Starting => ("starting", None),
            Phase::Scanning => ("scanning", None),
            Phase::Syncing => ("syncing", None),
            Phase::UpToDate => ("up-to-date", None),
            Phase::Hindered => ("hindered", None),
            Phase::Paused => ("paused", None),
            Phase::Offline { error, .. } => ("offline", Some(error.to_string())),
            // It ended, having done all that there was.
            Phase::Stopped(Stopped::Asked) if status.counts.dirty == 0 => ("up-to-date", None),
            Phase::Stopped(Stopped::Asked) => ("stopped", Some(unfinished(status).to_owned())),
            Phase::Stopped(stopped) => ("stopped", Some(format!("{stopped}: {}", stopped.advice()))),
        };
        // That it is paused is a state, and somebody's wish.
        let hindrances = status
            .hindrances
            .iter()
            .filter(|one| **one != Hindrance::Paused)
            .map(|one| hindrance(one, folder));
        let hindrances = hindrances.collect();
        let transfers = status.transfers.iter().map(|transfer| Transfer {
            path: transfer.path.to_string(),
            to: side(transfer.to),
            passed: transfer.passed,
            size: transfer.size,
        });
        Live {
            detail,
            hindrances,
            downloaded: status.done.downloaded,
            uploaded: status.done.uploaded,
            watching: status.watching,
            transfers: transfers.collect(),
            ..Live::new(state, &status.counts)
        }
    }

    /// What a folder is about that no process keeps.
    pub(super) fn at_rest(counts: &Counts, settings: &Settings, folder: &Path) -> Live {
        let hindrances: Vec<_> = Hindrance::held(settings).map(|one| hindrance(&one, folder)).collect();
        let state = match (counts.dirty, hindrances.is_empty()) {
            (0, _) => "up-to-date",
            (_, true) => "unfinished",
            (_, false) => "hindered",
        };
        Live { hindrances, ..Live::new(state, counts) }
    }

    /// A folder that is not there, with what to do about it.
    pub(super) fn missing(advice: &str) -> Live {
        Live { detail: Some(advice.to_owned()), ..Live::new("missing", &Counts::default()) }
    }

    fn new(state: &'static str, counts: &Counts) -> Live {
        Live {
            state,
            detail: None,
            hindrances: Vec::new(),
            files: counts.synced.files,
            folders: counts.synced.folders,
            bytes: counts.synced.bytes,
            left: counts.dirty,
            problems: counts.problems,
            conflicts: counts.conflicts,
            left_out: counts.left_out,
            downloaded: 0,
            uploaded: 0,
            watching: false,
            transfers: Vec::new(),
        }
    }

    /// For people, in one line.
    pub(super) fn line(&self) -> String {
        let mut line = match self.state {
            "up-to-date" => {
                format!("up to date: {}, {}", count(self.files, "file", "files"), size(self.bytes))
            }
            "syncing" => format!("syncing: {} left", self.left),
            "offline" => "offline".to_owned(),
            other => other.to_owned(),
        };
        if let Some(detail) = &self.detail {
            line = format!("{line}: {detail}");
        }
        if let Some(transfer) = self.transfers.first() {
            let percent = (transfer.passed * 100).checked_div(transfer.size).unwrap_or(100);
            let arrow = if transfer.to == "server" { "up" } else { "down" };
            line = format!("{line}; {arrow} {percent} % of {}", shown(&transfer.path));
        }
        for hindrance in &self.hindrances {
            line = format!("{line}; {hindrance}");
        }
        if self.problems > 0 {
            line = format!("{line}; {}", count(self.problems, "problem", "problems"));
        }
        line
    }
}

/// Why one that ended by itself, or was asked to, has left something.
fn unfinished(status: &Status) -> &'static str {
    let is_held = |one: &Hindrance| matches!(one, Hindrance::MassDeletion { .. });
    if status.hindrances.iter().any(is_held) {
        "ended with deletions held"
    } else if status.hindrances.contains(&Hindrance::Paused) {
        "ended while it is paused"
    } else if !status.hindrances.is_empty() {
        "ended for lack of room"
    } else if status.counts.problems > 0 {
        "ended with problems"
    } else {
        "it was asked to stop: start it again whenever you like"
    }
}

/// What keeps a part from being done, and what somebody can do about it.
pub(super) fn hindrance(hindrance: &Hindrance, folder: &Path) -> String {
    let folder = folder.display();
    match hindrance {
        Hindrance::MassDeletion { on, .. } => {
            let back = match on {
                Side::Remote => "put the files back where they were",
                Side::Local => "bring the files back on the server",
            };
            format!(
                "{hindrance}: `tidemark sync release {folder}` lets them be done; if they are not meant, {back}"
            )
        }
        Hindrance::Paused => format!("{hindrance}: `tidemark sync resume {folder}` goes on"),
        Hindrance::DiskFull | Hindrance::ServerFull => format!("{hindrance}: {}", hindrance.advice()),
    }
}

/// What a running sync has told of itself last.
pub(super) fn told(folder: &Path) -> Option<serde_json::Value> {
    let text = std::fs::read_to_string(folders::status_file(folder)).ok()?;
    serde_json::from_str(&text).ok()
}

/// The same in a word.
pub(super) fn state_of(folder: &Path) -> Option<String> {
    told(folder)?["state"].as_str().map(str::to_owned)
}

/// A side, for programs.
pub(super) fn side(side: Side) -> &'static str {
    match side {
        Side::Local => "here",
        Side::Remote => "server",
    }
}
