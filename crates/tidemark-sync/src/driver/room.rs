//! Which side is full. What needs no room there goes on.

use std::time::Duration;

use tokio::time::Instant;

use super::status::Hindrance;

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

    /// Whether something that needs room may be tried.
    pub(super) fn may_download(&self) -> bool {
        self.disk.is_none_or(|retry| retry <= Instant::now())
    }

    /// Whether something that needs room may be tried.
    pub(super) fn may_upload(&self) -> bool {
        self.server.is_none_or(|retry| retry <= Instant::now())
    }

    pub(super) fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        [self.disk, self.server].into_iter().flatten().filter(|retry| *retry > now).min()
    }

    pub(super) fn hindrances(&self) -> impl Iterator<Item = Hindrance> {
        let disk = self.disk.map(|_| Hindrance::DiskFull);
        let server = self.server.map(|_| Hindrance::ServerFull);
        [disk, server].into_iter().flatten()
    }
}
