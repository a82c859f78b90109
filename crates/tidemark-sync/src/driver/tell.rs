//! Telling whoever looks what the engine is about.

use tokio::time::Instant;

use super::control::Control;
use super::status::{Phase, REFRESH, Status};

impl Control<'_> {
    /// Tells the status: at once if something about it matters, and otherwise not too often.
    pub(super) fn tell(&mut self, always: bool) {
        let now = Instant::now();
        let phase = self.phase();
        let hindrances = self.hindrances();
        if matches!(phase, Phase::UpToDate | Phase::Hindered) {
            self.planning.rounds = 0;
        }
        let is_other = {
            let told = self.status.borrow();
            std::mem::discriminant(&told.phase) != std::mem::discriminant(&phase)
                || told.hindrances != hindrances
        };
        let is_due = self.told.is_none_or(|told| told + REFRESH <= now);
        self.untold = !(always || is_other || is_due);
        if self.untold {
            return;
        }
        self.told = Some(now);
        // What cannot be counted now is counted the next time.
        let counts = self.state.counts().unwrap_or(self.status.borrow().counts);
        self.status.send_replace(Status {
            phase,
            hindrances,
            transfers: self.flights.transfers(),
            counts,
            done: self.tally,
            watching: self.looking.is_watching(),
            rounds_since_quiet: self.planning.rounds,
        });
    }

    fn phase(&self) -> Phase {
        if self.planning.is_paused {
            return Phase::Paused;
        }
        if let Some(offline) = &self.talk.offline {
            let rest = offline.retry.saturating_duration_since(Instant::now());
            let retry = self.seams.clock.now() + rest;
            return Phase::Offline { since: offline.since, retry, error: offline.error.clone() };
        }
        if !self.looking.has_scanned() {
            return Phase::Scanning;
        }
        if !self.talk.has_drained {
            return Phase::Starting;
        }
        if !self.is_quiet() {
            return Phase::Syncing;
        }
        if self.hindrances().is_empty() { Phase::UpToDate } else { Phase::Hindered }
    }
}
