//! Turns at a database. Whoever waits for a disk, or for another process, takes one of the threads that all of this process shares, a
//! server beside the gallery included; so there are no more than can do something, and everybody else waits without one, for a while.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{BUSY, StoreError};

/// So many wait for a turn at most.
const WAITING_MAX: usize = 512;

/// Where turns are waited for.
pub(super) struct Gate {
    turns: Arc<Semaphore>,
    room: Semaphore,
}

impl Gate {
    /// One for so many at once.
    pub(super) fn new(turns: usize) -> Gate {
        Gate { turns: Arc::new(Semaphore::new(turns)), room: Semaphore::new(WAITING_MAX) }
    }

    /// Waits for a turn, which lasts until it is dropped: those who came first have theirs first. [`StoreError::Busy`] if too many
    /// wait already, or for too long.
    pub(super) async fn pass(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let Ok(_room) = self.room.try_acquire() else { return Err(StoreError::Busy) };
        match timeout(BUSY, self.turns.clone().acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            // Nobody closes it.
            Ok(Err(_)) | Err(_) => Err(StoreError::Busy),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever_and_not_everybody_waits() {
        let gate = Gate::new(2);
        let (first, second) = (gate.pass().await.unwrap(), gate.pass().await.unwrap());
        let mut waiting = Box::pin(join_all((0..WAITING_MAX).map(|_| gate.pass())));
        assert!((&mut waiting).now_or_never().is_none());
        assert!(matches!(gate.pass().await, Err(StoreError::Busy)), "there is no room");
        drop(first);
        let (mut came, mut left) = (0, 0);
        for turn in waiting.await {
            // The one that came keeps its turn here.
            match turn {
                Ok(turn) => {
                    turn.forget();
                    came += 1;
                }
                Err(error) => {
                    assert!(error.is_passing());
                    left += 1;
                }
            }
        }
        assert_eq!((came, left), (1, WAITING_MAX - 1));
        drop(second);
        assert!(gate.pass().await.is_ok(), "it is nobody's turn");
    }
}
