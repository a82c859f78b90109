//! Following what happens, for ever: `delta` until there is no more, then `longpoll_delta` until there is.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::time::{Instant, sleep_until};

use crate::model::{Cursor, DeltaPage, Metadata, RemotePath};
use crate::retry::pause;
use crate::{Client, Error, RefusalKind, RetryPolicy};

/// What happened.
#[derive(Debug)]
pub enum ChangeEvent {
    /// All that was known must be forgotten: what there is follows.
    Reset,
    /// This is there now. If it is a file, whatever else was at its path is gone, and everything below; if it is a folder, what
    /// is below it stays.
    Entry(Metadata),
    /// Nothing is at this path any more, nor below it. The path is in the form in which paths are compared.
    Gone(RemotePath),
    /// There is more to come at once; from this cursor on, should it be interrupted.
    Checkpoint(Cursor),
    /// That is all, so far: whoever begins with this cursor misses nothing, and is told nothing twice.
    CaughtUp(Cursor),
    /// The server cannot be asked at present: it will be again, after a pause.
    Waiting {
        /// Why.
        error: Error,
        /// How long.
        pause: Duration,
    },
}

/// How long a poll waits. What stands between often closes connections that are quiet for a minute.
const POLL: Duration = Duration::from_secs(50);
/// After so many polls without news `delta` is asked all the same: polls show no token, so they do not tell that it has ended.
const POLLS_MAX: u32 = 10;
/// A round that tells nothing and is shorter than this is one too many.
const ROUND_MIN: Duration = Duration::from_secs(5);
/// So many pages without news may come at once.
const HOLLOW_PAGES: u32 = 100;
/// How long to wait after failures: there is no last try.
const PAUSES: RetryPolicy = RetryPolicy {
    tries_max: u32::MAX,
    pause_first: Duration::from_secs(1),
    pause_max: Duration::from_secs(60),
    patience: Duration::MAX,
};

impl Client {
    /// What happens after a cursor, or what there is and then happens. With a prefix, there and below; it must be the one that
    /// the cursor was made with.
    ///
    /// The stream has no end but an error that a person must mend, such as a token that is not valid any more. It waits while
    /// nobody asks for its next event.
    pub fn changes(
        &self,
        from: Option<Cursor>,
        path_prefix: Option<RemotePath>,
    ) -> BoxStream<'static, Result<ChangeEvent, Error>> {
        let follower = Follower {
            // It has its own way to wait, of which it tells.
            client: self.with_retries(RetryPolicy::NEVER),
            path_prefix,
            cursor: from,
            told: VecDeque::new(),
            told_cursor: None,
            next: Next::Ask,
            rest: None,
            failures: 0,
            hollow: 0,
        };
        stream::unfold(Some(follower), |follower| async move {
            let mut follower = follower?;
            match follower.event().await {
                Ok(event) => Some((Ok(event), Some(follower))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }
}

struct Follower {
    client: Client,
    path_prefix: Option<RemotePath>,
    /// All before it has been told, or waits to be.
    cursor: Option<Cursor>,
    told: VecDeque<ChangeEvent>,
    /// The last that was told as the end.
    told_cursor: Option<Cursor>,
    next: Next,
    /// Until when nothing is asked, or nothing but what is there already.
    rest: Option<(Instant, Rest)>,
    /// In a row.
    failures: u32,
    /// Short rounds without news, in a row.
    hollow: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Whole,
    FromPolls,
}

#[derive(Clone, Copy)]
enum Next {
    /// `delta`.
    Ask,
    /// `longpoll_delta`, after so many polls without news.
    Poll(u32),
}

impl Follower {
    async fn event(&mut self) -> Result<ChangeEvent, Error> {
        loop {
            if let Some(event) = self.told.pop_front() {
                return Ok(event);
            }
            let rests =
                |(_, rest): &mut (Instant, Rest)| *rest == Rest::Whole || matches!(self.next, Next::Poll(_));
            if let Some((until, _)) = self.rest.take_if(rests) {
                sleep_until(until).await;
            }
            let done = match (self.next, self.cursor.clone()) {
                (Next::Poll(quiet), Some(cursor)) => self.poll(&cursor, quiet).await,
                (Next::Ask | Next::Poll(_), _) => self.ask().await,
            };
            match done {
                Ok(()) => self.failures = 0,
                Err(error) if is_final(&error) => return Err(error),
                Err(error) => {
                    let pause =
                        pause(&PAUSES, self.failures, error.retry_after(), &*self.client.parts.entropy);
                    self.failures = self.failures.saturating_add(1);
                    let pause = self.rest(pause, Rest::Whole);
                    // Whatever it was: whether the token is valid is known only so.
                    self.next = Next::Ask;
                    self.told.push_back(ChangeEvent::Waiting { error, pause });
                }
            }
        }
    }

    async fn ask(&mut self) -> Result<(), Error> {
        let page = self.client.delta(self.cursor.as_ref(), self.path_prefix.as_ref()).await?;
        let DeltaPage { reset, entries, cursor, has_more } = page;
        if reset || !entries.is_empty() {
            self.hollow = 0;
        }
        if reset {
            self.told.push_back(ChangeEvent::Reset);
        }
        self.told.extend(entries.into_iter().map(|(key, entry)| match entry {
            Some(entry) => ChangeEvent::Entry(entry),
            None => ChangeEvent::Gone(key),
        }));
        if has_more {
            self.next = Next::Ask;
            // A walk may have nothing to tell for a while. One that never has is not asked as fast as it answers.
            if self.told.is_empty() {
                self.hollow = self.hollow.saturating_add(1);
                if self.hollow > HOLLOW_PAGES {
                    self.rest(self.spread(self.hollow - HOLLOW_PAGES), Rest::Whole);
                }
            }
            self.told.push_back(ChangeEvent::Checkpoint(cursor.clone()));
        } else {
            self.next = Next::Poll(0);
            if reset || self.told_cursor.as_ref() != Some(&cursor) {
                self.told_cursor = Some(cursor.clone());
                self.told.push_back(ChangeEvent::CaughtUp(cursor.clone()));
            }
        }
        self.cursor = Some(cursor);
        Ok(())
    }

    async fn poll(&mut self, cursor: &Cursor, quiet: u32) -> Result<(), Error> {
        let began = Instant::now();
        let polled = self.client.longpoll(cursor, POLL).await?;
        self.next = match polled.changes {
            false if quiet + 1 < POLLS_MAX => Next::Poll(quiet + 1),
            _ => Next::Ask,
        };
        // Should the server promise news and have none, or not wait, it is not asked as fast as it answers.
        self.hollow = if began.elapsed() < ROUND_MIN { self.hollow.saturating_add(1) } else { 0 };
        match polled.backoff {
            Some(backoff) => {
                self.rest(backoff.saturating_add(self.spread(0)), Rest::FromPolls);
            }
            None if self.hollow > 1 => {
                self.rest(self.spread(self.hollow - 2), Rest::Whole);
            }
            None => {}
        }
        Ok(())
    }

    fn spread(&self, failures: u32) -> Duration {
        pause(&PAUSES, failures, None, &*self.client.parts.entropy)
    }

    /// Tells how long it will be.
    fn rest(&mut self, pause: Duration, rest: Rest) -> Duration {
        // A pause beyond the end of time is as good as a day.
        let pause = pause.min(Duration::from_secs(24 * 60 * 60));
        self.rest = Some((Instant::now() + pause, rest));
        pause
    }
}

/// Whether a person must mend it. Everything else may pass: even an answer that makes no sense may be from a hotel's page
/// that wants to be clicked away, and one that there is no such thing from a proxy whose server is being replaced.
fn is_final(error: &Error) -> bool {
    matches!(error.kind(), Some(RefusalKind::BadRequest | RefusalKind::Unauthorized | RefusalKind::Forbidden))
}
