//! The conversation with the server: what changed, and when there is something new.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tidemark_client::{Account, Client, DeltaPage, Longpoll};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::flight::Drain;
use super::strikes::pause;
use crate::observe::remote::Trouble;
use crate::ports::Entropy;

/// How soon a drain follows another one while there is other work: each serves all that was answered before it.
const DRAIN_GAP: Duration = Duration::from_millis(50);
/// The pauses while the server cannot be asked: the first, and the longest.
const OFFLINE_FIRST: Duration = Duration::from_secs(1);
const OFFLINE_MAX: Duration = Duration::from_secs(300);

/// What the server told, or why not.
#[derive(Debug)]
pub(super) enum Heard {
    Account(Result<Account, Trouble>),
    Page(Result<DeltaPage, Trouble>),
    Poll(Result<Longpoll, Trouble>),
}

/// Where the conversation stands.
#[derive(Debug)]
pub(super) struct Conversation {
    /// Whether the account was asked for.
    pub(super) is_known: bool,
    /// Whether a question is under way, other than a poll.
    pub(super) asking: bool,
    /// The drain that is under way, or ended last.
    drain: Drain,
    /// Whether one is under way.
    draining: bool,
    /// Whether a page of it was written down, and not the last.
    half_told: bool,
    /// Whether the server does not know any more where we are: it is asked from the beginning.
    pub(super) is_lost: bool,
    /// How often it began anew: what it answered before may not be there any more.
    pub(super) resets: u64,
    /// Whether another one is wanted, and from when on.
    wanted: Option<Instant>,
    ended: Option<Instant>,
    /// Whether one has ended since the beginning.
    pub(super) has_drained: bool,
    pub(super) poll: Option<AbortHandle>,
    /// Not before that, the server says, it wants to be polled again.
    poll_after: Option<Instant>,
    failures: u32,
    pub(super) offline: Option<Offline>,
}

/// The server cannot be asked.
#[derive(Clone, Debug)]
pub(super) struct Offline {
    pub(super) since: SystemTime,
    pub(super) retry: Instant,
    pub(super) error: Arc<str>,
}

impl Conversation {
    pub(super) fn new() -> Conversation {
        Conversation {
            is_known: false,
            asking: false,
            drain: Drain::default(),
            draining: false,
            half_told: false,
            is_lost: false,
            resets: 0,
            wanted: Some(Instant::now()),
            ended: None,
            has_drained: false,
            poll: None,
            poll_after: None,
            failures: 0,
            offline: None,
        }
    }

    /// What a drain is called that begins from now on.
    pub(super) fn next_drain(&self) -> Drain {
        Drain(self.drain.0 + 1)
    }

    /// There is, or may be, something new.
    pub(super) fn want_drain(&mut self) {
        self.wanted = Some(Instant::now());
    }

    /// Something of ours was answered. While there is other work it is not asked for each by itself.
    pub(super) fn want_echo(&mut self, is_busy: bool) {
        let now = Instant::now();
        let due = match self.ended {
            Some(ended) if is_busy => now.max(ended + DRAIN_GAP),
            Some(_) | None => now,
        };
        self.wanted = Some(self.wanted.map_or(due, |wanted| wanted.min(due)));
    }

    /// Whether all that was asked for was told.
    pub(super) fn is_told(&self) -> bool {
        !self.half_told && self.has_drained
    }

    /// Whether nothing is asked, or to be asked.
    pub(super) fn is_quiet(&self) -> bool {
        self.is_told() && !self.draining && self.wanted.is_none()
    }

    /// Whether the server may be asked now.
    pub(super) fn may_ask(&self) -> bool {
        !self.asking && self.offline.as_ref().is_none_or(|offline| offline.retry <= Instant::now())
    }

    /// Whether the next page is to be asked for; a drain begins if none is under way.
    pub(super) fn begin_page(&mut self) -> bool {
        if !self.draining {
            let now = Instant::now();
            if self.wanted.is_none_or(|wanted| wanted > now) {
                return false;
            }
            self.drain = self.next_drain();
            self.draining = true;
            self.wanted = None;
        }
        self.asking = true;
        true
    }

    /// A page was written down. If it was the last one, the drain that ended.
    pub(super) fn told(&mut self, is_last: bool) -> Option<Drain> {
        self.asking = false;
        self.online();
        self.is_lost = false;
        self.half_told = !is_last;
        // The question that waits is about an older state of things.
        self.end_poll();
        if !is_last {
            return None;
        }
        self.draining = false;
        self.has_drained = true;
        self.ended = Some(Instant::now());
        Some(self.drain)
    }

    pub(super) fn end_poll(&mut self) {
        if let Some(poll) = self.poll.take() {
            poll.abort();
        }
    }

    /// Whether to wait for news now.
    pub(super) fn may_poll(&self) -> bool {
        let now = Instant::now();
        self.poll.is_none()
            && self.offline.is_none()
            && self.is_quiet()
            && self.poll_after.is_none_or(|after| after <= now)
    }

    pub(super) fn polled(&mut self, poll: Longpoll) {
        self.poll = None;
        self.online();
        self.poll_after = poll.backoff.map(|backoff| Instant::now() + backoff);
        if poll.changes {
            self.want_drain();
        }
    }

    /// The server answered.
    pub(super) fn online(&mut self) {
        self.failures = 0;
        self.offline = None;
    }

    /// The server could not be asked, by whomever. It is asked again after a while: what it told by halves is told on from where
    /// it was, and whoever awaits an echo goes on waiting. A question for changes that is under way stays the only one: of two
    /// answers the older could come last, and take back what the newer told.
    pub(super) fn failed(
        &mut self,
        error: String,
        after: Option<Duration>,
        now: SystemTime,
        entropy: &dyn Entropy,
    ) {
        self.end_poll();
        let rest = after.unwrap_or_default() + pause(self.failures, OFFLINE_FIRST, OFFLINE_MAX, entropy);
        self.failures = self.failures.saturating_add(1);
        let since = self.offline.as_ref().map_or(now, |offline| offline.since);
        self.offline = Some(Offline { since, retry: Instant::now() + rest, error: error.into() });
        // Whatever comes next begins with a question.
        self.wanted = Some(Instant::now());
    }

    /// How often it failed in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// When something is to be done about it, if it is known and not now.
    pub(super) fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        if let Some(offline) = &self.offline {
            return Some(offline.retry).filter(|_| !self.asking);
        }
        let poll = self.poll_after.filter(|_| self.poll.is_none());
        [self.wanted.filter(|_| !self.asking), poll].into_iter().flatten().filter(|at| *at > now).min()
    }
}

/// Asks, for as long as it takes.
pub(super) async fn ask_account(client: Client) -> Heard {
    Heard::Account(crate::observe::remote::account(&client).await)
}
