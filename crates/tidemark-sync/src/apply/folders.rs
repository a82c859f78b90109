//! Making the names in a folder durable, once for many who want it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use tokio::sync::Mutex;

use crate::ports::{Disk, DiskError, LocalPath};

/// Who wants which folder synced. Ten thousand files that come into one folder need not sync it ten thousand times: one sync
/// that begins after several were renamed into it serves them all.
#[derive(Default)]
pub(super) struct FolderSyncs {
    folders: std::sync::Mutex<BTreeMap<LocalPath, Arc<Turns>>>,
}

#[derive(Default)]
struct Turns {
    /// How many have asked.
    asked: AtomicU64,
    /// How many of them had asked when the last sync that succeeded began. Whoever holds this syncs.
    served: Mutex<u64>,
}

impl FolderSyncs {
    /// Makes the names in a folder durable that are in it now.
    pub(super) async fn sync(&self, disk: &dyn Disk, folder: &LocalPath) -> Result<(), DiskError> {
        let turns = self.folders().entry(folder.clone()).or_default().clone();
        let mine = turns.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let synced = turns.sync(disk, folder, mine).await;
        let mut folders = self.folders();
        drop(turns);
        // Only the map holds it: nobody waits any more, and the next one counts anew.
        if folders.get(folder).is_some_and(|turns| Arc::strong_count(turns) == 1) {
            folders.remove(folder);
        }
        synced
    }

    fn folders(&self) -> std::sync::MutexGuard<'_, BTreeMap<LocalPath, Arc<Turns>>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turns {
    async fn sync(&self, disk: &dyn Disk, folder: &LocalPath, mine: u64) -> Result<(), DiskError> {
        let mut served = self.served.lock().await;
        if *served >= mine {
            return Ok(());
        }
        let asked = self.asked.load(Ordering::Relaxed);
        disk.sync_folder(folder).await?;
        *served = asked;
        Ok(())
    }
}
