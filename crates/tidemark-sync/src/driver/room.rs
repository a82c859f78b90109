//! Which side is full. What needs no room there goes on.

use std::time::Duration;

use tokio::time::Instant;

use super::status::Hindrance;
use crate::plan::Step;

/// When it is tried again whether there is room.
const RETRY: Duration = Duration::from_secs(30);

/// Which side is full.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    disk: Option<Instant>,
    server: Option<Instant>,
}

impl Room {
    pub(super) fn disk_is_full(&mut self) {
        self.disk = Some(Instant::now() + RETRY);
    }

    pub(super) fn server_is_full(&mut self) {
        self.server = Some(Instant::now() + RETRY);
    }

    /// Something came through.
    pub(super) fn disk_has_room(&mut self) {
        self.disk = None;
    }

    /// Something came through.
    pub(super) fn server_has_room(&mut self) {
        self.server = None;
    }

    pub(super) fn clear(&mut self) {
        *self = Room::default();
    }

    /// Whether a step may be tried: if it needs room, there must be some, as far as is known.
    pub(super) fn may_begin(&self, step: &Step) -> bool {
        match step {
            Step::Download { .. } | Step::MakeLocal { .. } => !is_full(self.disk),
            Step::Upload { .. } => !is_full(self.server),
            Step::Hash { .. }
            | Step::MoveLocal { .. }
            | Step::TrashLocal { .. }
            | Step::MakeRemote { .. }
            | Step::MoveRemote { .. }
            | Step::DeleteRemote { .. } => true,
        }
    }

    pub(super) fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        [self.disk, self.server].into_iter().flatten().filter(|retry| *retry > now).min()
    }

    pub(super) fn hindrances(&self) -> impl Iterator<Item = Hindrance> {
        let disk = is_full(self.disk).then_some(Hindrance::DiskFull);
        let server = is_full(self.server).then_some(Hindrance::ServerFull);
        [disk, server].into_iter().flatten()
    }
}

/// Until it is tried again. What needed room may be gone by then: if it is not, and there is still none, that shows.
fn is_full(retry: Option<Instant>) -> bool {
    retry.is_some_and(|retry| retry > Instant::now())
}
