//! The parts of a server, put together.

use std::sync::Arc;
use std::time::Duration;

use tidemark_api::dropbox_v1::Settings;
use tidemark_core::model::{Access, Account};
use tidemark_core::store::memory::{MemoryAccounts, MemoryStore, SeededEntropy};
use tidemark_testing::{Choices, MemoryServer, Seams};

use crate::clock::SimClock;

/// What outlives a process: its stores, and what tells the time and makes secrets.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) store: Arc<MemoryStore>,
    pub(super) accounts: Arc<MemoryAccounts>,
    pub(super) clock: SimClock,
    pub(super) entropy: Arc<SeededEntropy>,
}

impl Kept {
    /// A process over these stores.
    pub(super) fn start(&self) -> MemoryServer {
        let Kept { store, accounts, clock, entropy } = self.clone();
        let seams = Seams { accounts, entropy, ..Seams::over(store, Arc::new(clock)) };
        let settings = Settings { poll_jitter_max: Duration::from_millis(200), ..Settings::default() };
        MemoryServer::assemble(seams, Choices { settings, renditions_max: 10, ..Choices::default() })
    }

    /// An account, and the token of an app that sees all of it.
    pub(super) async fn settle(&self, running: &MemoryServer) -> (Account, String) {
        let account = running.account("ada@example.org", "Ada", None).await;
        let token = running.token(&account, &running.app("Tidemark", Access::Full).await).await;
        (account, token)
    }
}
