//! Saying what is going to be done, before it is.

use tokio::sync::oneshot;

use super::Tools;
use super::outcome::{Ended, Failure};
use crate::state::Intent;

/// What is done as soon as it is written down.
#[derive(Debug)]
pub(crate) struct Announced {
    pub(crate) intent: Intent,
    written: oneshot::Sender<()>,
}

impl Announced {
    /// It is written down.
    pub(crate) fn written(self) {
        // Whoever does not wait any more does nothing.
        let _ = self.written.send(());
    }
}

impl Tools {
    /// Waits until it is written down that this may be done: the answer may be lost, or the process may end before anybody knows
    /// that it was.
    pub(super) async fn announce(&self, intent: Intent) -> Result<(), Ended> {
        let (written, wait) = oneshot::channel();
        let ends = || Failure::Again { error: "the engine ends".to_owned() };
        self.announce.send(Announced { intent, written }).map_err(|_| ends())?;
        wait.await.map_err(|_| ends().into())
    }
}
