//! Open files.

use async_trait::async_trait;
use bytes::Bytes;
use tidemark_sync::ports::{DiskError, LocalPath, Reading, Seen, Writing};

use super::port::{LOOK, OpenDisk, has_room};
use super::tree::NodeId;
use super::{error, is_seen};

/// A file that is being read.
pub(super) struct SimReading {
    open: OpenDisk,
    path: LocalPath,
    id: NodeId,
}

impl SimReading {
    pub(super) fn new(open: OpenDisk, path: LocalPath, id: NodeId) -> SimReading {
        SimReading { open, path, id }
    }
}

#[async_trait]
impl Reading for SimReading {
    async fn look(&mut self) -> Result<Seen, DiskError> {
        self.open.enter(LOOK, &self.path).await?;
        Ok(self.open.disk.state().tree.seen(self.id))
    }

    async fn read_at(&mut self, offset: u64, limit: usize) -> Result<Bytes, DiskError> {
        self.open.enter("read", &self.path).await?;
        let mut state = self.open.disk.state();
        let bytes = state.tree.bytes(self.id).cloned().unwrap_or_default();
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        // A read may be shorter than it was asked to be.
        let limit = if state.random.chance(100) { limit.div_ceil(3) } else { limit };
        let until = from.saturating_add(limit).min(bytes.len());
        if is_seen(&self.path) && until > from {
            state.work.reads += 1;
        }
        Ok(bytes.slice(from..until))
    }

    async fn sync(&mut self) -> Result<(), DiskError> {
        self.open.enter("sync", &self.path).await?;
        let mut state = self.open.disk.state();
        if !state.faults.lying_sync {
            state.tree.sync(self.id);
        }
        Ok(())
    }
}

/// A file that the engine makes.
pub(super) struct SimWriting {
    open: OpenDisk,
    path: LocalPath,
    id: NodeId,
}

impl SimWriting {
    pub(super) fn new(open: OpenDisk, path: LocalPath, id: NodeId) -> SimWriting {
        SimWriting { open, path, id }
    }
}

#[async_trait]
impl Writing for SimWriting {
    async fn write(&mut self, bytes: Bytes) -> Result<(), DiskError> {
        self.open.enter("write", &self.path).await?;
        let now_ns = self.open.disk.0.clock.now_ns();
        let mut state = self.open.disk.state();
        has_room(&state, bytes.len()).map_err(|fault| {
            self.open.disk.0.trace.count("disk: full");
            error("write", &self.path, fault)
        })?;
        let before = state.tree.bytes(self.id).cloned().unwrap_or_default();
        state.tree.write(self.id, [before, bytes].concat().into(), now_ns);
        Ok(())
    }

    async fn finish(self: Box<Self>, modified_s: Option<i64>, executable: bool) -> Result<Seen, DiskError> {
        self.open.enter("finish", &self.path).await?;
        let now_ns = self.open.disk.0.clock.now_ns();
        let mut state = self.open.disk.state();
        if let Some(modified_s) = modified_s {
            state.tree.set_modified(self.id, modified_s.saturating_mul(1_000_000_000), now_ns);
        }
        state.tree.set_executable(self.id, executable, now_ns);
        if !state.faults.lying_sync {
            state.tree.sync(self.id);
        }
        Ok(state.tree.seen(self.id))
    }
}
