//! A server's process: it answers exchanges until it crashes, and is started again over what it kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::response::Response;
use http::{Method, Request};
use tidemark_core::model::{Account, Epoch};
use tidemark_core::store::JournalStore as _;
use tidemark_core::store::memory::{MemoryAccounts, MemoryStore, SeededEntropy};
use tidemark_testing::MemoryServer;
use tokio::sync::Notify;

use super::assembly::Kept;
use crate::clock::SimClock;
use crate::disk::Laid;
use crate::history::History;
use crate::random::Random;
use crate::trace::{Trace, note};

/// A server. Clones are the same one.
#[derive(Clone)]
pub(crate) struct SimServer(Arc<Shared>);

struct Shared {
    trace: Trace,
    history: History,
    account: Account,
    token: String,
    state: Mutex<State>,
    /// Told to everybody who is connected when a process crashes. (A `watch` wakes them in an order of chance.)
    crashed: Notify,
}

struct State {
    kept: Kept,
    running: Option<MemoryServer>,
    started: u64,
    backup: Option<MemoryStore>,
}

/// What came of an exchange.
pub(crate) enum Exchange {
    /// There is no process.
    Refused,
    /// The process crashed before it answered.
    Cut,
    /// It answered. The answer's body is cut when the process crashes.
    Answered(Response, Life),
}

/// Ends when a process crashes.
#[derive(Clone)]
pub(crate) struct Life {
    server: SimServer,
    number: u64,
}

impl Life {
    /// Waits until the process has crashed.
    pub(crate) async fn ended(&self) {
        let mut crashed = std::pin::pin!(self.server.0.crashed.notified());
        crashed.as_mut().enable();
        let goes_on = {
            let state = self.server.state();
            state.running.is_some() && state.started == self.number
        };
        if goes_on {
            crashed.await;
        }
    }
}

impl SimServer {
    /// A new server with one account, running.
    pub(crate) async fn new(random: &Random, clock: SimClock, trace: Trace, history: History) -> SimServer {
        let kept = Kept {
            store: Arc::new(MemoryStore::new(Epoch(1))),
            accounts: Arc::new(MemoryAccounts::default()),
            clock,
            entropy: Arc::new(SeededEntropy::new(random.fork("server").next())),
        };
        let running = kept.start();
        let (account, token) = kept.settle(&running).await;
        let state = State { kept, running: Some(running), started: 1, backup: None };
        let crashed = Notify::new();
        SimServer(Arc::new(Shared { trace, history, account, token, state: Mutex::new(state), crashed }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every device shows to be let in.
    pub(crate) fn token(&self) -> &str {
        &self.0.token
    }

    pub(super) fn account(&self) -> &Account {
        &self.0.account
    }

    /// Where it keeps blocks and journals.
    pub(super) fn store(&self) -> Arc<MemoryStore> {
        self.state().kept.store.clone()
    }

    /// It stops at once. Whatever its memory held is gone, and all its connections.
    pub(crate) fn crash(&self) {
        note!(self.0.trace, "server crashes");
        self.0.trace.count("server: crash");
        self.state().running = None;
        self.0.crashed.notify_waiters();
    }

    /// It starts again, over what it kept.
    pub(crate) fn start(&self) {
        let mut state = self.state();
        if state.running.is_some() {
            return;
        }
        note!(self.0.trace, "server starts");
        state.running = Some(state.kept.start());
        state.started += 1;
    }

    /// A backup of all that it keeps is made.
    pub(crate) fn back_up(&self) {
        note!(self.0.trace, "server is backed up");
        let mut state = self.state();
        let Epoch(epoch) = state.kept.store.epoch();
        state.backup = Some(state.kept.store.backup(Epoch(epoch + 1)));
    }

    /// The backup is put back, if there is one: everything since then is lost, and the next process begins another life.
    /// Only while there is no process.
    pub(crate) fn restore(&self) -> bool {
        let mut state = self.state();
        assert!(state.running.is_none(), "nobody puts a backup under a running process");
        let Some(backup) = state.backup.take() else { return false };
        note!(self.0.trace, "server is restored from its backup");
        self.0.trace.count("server: restored");
        state.kept.store = Arc::new(backup);
        true
    }

    /// One exchange. A client that stops waiting hangs up.
    pub(crate) async fn exchange(&self, request: Request<axum::body::Body>) -> Exchange {
        let (api, life) = {
            let state = self.state();
            let Some(running) = &state.running else { return Exchange::Refused };
            (running.dropbox_v1.clone(), Life { server: self.clone(), number: state.started })
        };
        let lasts = life.clone();
        let is_asking = request.method() == Method::GET;
        let exchange = tokio::select! {
            biased;
            () = life.ended() => Exchange::Cut,
            response = api.handle(request) => Exchange::Answered(response, lasts),
        };
        if !is_asking {
            self.note_sent();
        }
        exchange
    }

    /// Remembers what is here: from now on, no machine's power can take it away.
    fn note_sent(&self) {
        for laid in self.listing().values() {
            if let Laid::File(bytes) = laid {
                self.0.history.sent(bytes);
            }
        }
    }
}
