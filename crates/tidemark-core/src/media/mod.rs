//! What is made of files' bytes: thumbnails, what cameras noted, pages; whichever protocol asks.
//!
//! Decoding what strangers chose is dear and dangerous, so each thing is made at most once at a time for an account
//! (`flights`), kept once it was made, and made only when its turn comes (`crate::lanes`). That the decoder itself holds
//! whatever it is given is the promise of [`Imaging`].

mod flights;
mod infos;
mod page;
mod source;

pub use infos::{Infos, fingerprint_with_infos};
pub use page::MediaPage;

use crate::lanes::{Lanes, Room};
use crate::model::{AccountId, Content, MediaInfo, Rendition, RenditionKey, Timestamp};
use crate::store::{BlockStore, Clock, Imaging, ImagingError, Kept, RenditionStore, StoreError};
use bytes::Bytes;
use flights::{Flights, Outcome};
use infos::{Backlog, Known};
use metrics::counter;
use source::ContentSource;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The largest picture of which a thumbnail is made, and the largest spreadsheet that becomes a page, in bytes.
pub const SOURCE_SIZE_MAX: u64 = 20 << 20;

/// For how long something that would not be decoded is not tried again. It may have been for want of time.
const FAILURE_LIFE: Duration = Duration::from_secs(60 * 60);

const RENDITIONS: &str = "tidemark_renditions_total";

/// How much may be asked for at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many renditions are made at once.
    pub at_once: usize,
    /// How many of them for one account. With fewer than `at_once`, nobody's pictures keep another's waiting.
    pub at_once_per_account: usize,
    /// How many requests of one account may wait for their turn; more are refused.
    pub waiting_per_account: usize,
    /// How many of its guests' may wait for theirs besides. Further ones wait for a place among those.
    pub guests_per_account: usize,
    /// How many of its guests' may wait in all; more are refused. Each takes no more than a request does that waits, so there
    /// is room for some guests who open an album at once of which nothing is made yet.
    pub guests_waiting_per_account: usize,
    /// How long a guest's request waits for a place; then it is refused.
    pub guest_patience: Duration,
    /// How long a page of changes waits for what cameras noted.
    pub page_patience: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            at_once: 2,
            at_once_per_account: 1,
            waiting_per_account: 256,
            guests_per_account: 128,
            guests_waiting_per_account: 1024,
            guest_patience: Duration::from_secs(120),
            page_patience: Duration::from_secs(10),
        }
    }
}

/// What renditions are made with.
pub struct Parts {
    /// Where bytes are kept.
    pub blocks: Arc<dyn BlockStore>,
    /// Makes them.
    pub imaging: Arc<dyn Imaging>,
    /// Keeps them.
    pub renditions: Arc<dyn RenditionStore>,
    /// Tells when something was tried.
    pub clock: Arc<dyn Clock>,
    /// How many at once.
    pub limits: Limits,
}

/// Makes renditions for whoever asks.
pub struct Media {
    blocks: Arc<dyn BlockStore>,
    imaging: Arc<dyn Imaging>,
    renditions: Arc<dyn RenditionStore>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    lanes: Lanes,
    /// Whose turn it is to stand in the account's own lane, among its guests.
    guests: Lanes,
    flights: Flights,
    known: Known,
    backlog: Backlog,
}

/// Why there is no rendition.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The content is larger than [`SOURCE_SIZE_MAX`].
    #[error("the content is larger than {SOURCE_SIZE_MAX} bytes")]
    TooLarge,
    /// It would not be decoded.
    #[error("the content cannot be decoded")]
    Undecodable,
    /// Too many requests of the account wait already.
    #[error("too many renditions of the account are being made")]
    Busy,
    /// The store, or the decoder, could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Media {
    /// Made of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Media {
        metrics::describe_counter!(
            RENDITIONS,
            metrics::Unit::Count,
            "Thumbnails, media infos and pages that were asked for, by what came of it."
        );
        let Parts { blocks, imaging, renditions, clock, limits } = parts;
        let Limits { at_once, at_once_per_account, waiting_per_account, .. } = limits;
        let lanes = Lanes::new(Room { at_once, at_once_per_account, waiting_per_account });
        let guests = Lanes::new(Room {
            at_once: Semaphore::MAX_PERMITS,
            at_once_per_account: limits.guests_per_account,
            waiting_per_account: limits.guests_waiting_per_account,
        });
        Media {
            blocks,
            imaging,
            renditions,
            clock,
            limits,
            lanes,
            guests,
            flights: Flights::default(),
            known: Known::default(),
            backlog: Backlog::default(),
        }
    }

    /// A thumbnail or a page of a content: as it was made before, or made now, in the account's turn.
    pub async fn render(
        self: &Arc<Media>,
        account: AccountId,
        content: Content,
        rendition: Rendition,
    ) -> Result<Bytes, RenderError> {
        let key = RenditionKey { content, rendition };
        if let Some(made) = self.made(key).await? {
            return Ok(made);
        }
        let _waiting = self.lanes.wait(account).ok_or(RenderError::Busy)?;
        self.make(account, key).await.into_result()
    }

    /// As [`Media::render`], for whom the account has shown the content. What they ask for is made in its lane, in which so
    /// many of them stand at once; the others wait for a place there, for as long as [`Limits`] say.
    pub async fn render_for_guest(
        self: &Arc<Media>,
        account: AccountId,
        content: Content,
        rendition: Rendition,
    ) -> Result<Bytes, RenderError> {
        let key = RenditionKey { content, rendition };
        if let Some(made) = self.made(key).await? {
            return Ok(made);
        }
        let _waiting = self.guests.wait(account).ok_or(RenderError::Busy)?;
        let place = tokio::time::timeout(self.limits.guest_patience, self.guests.turn(account)).await;
        let _place = place.map_err(|_| RenderError::Busy)?;
        // While this one waited, another guest may have had it made: often they look at the same.
        if let Some(made) = self.made(key).await? {
            return Ok(made);
        }
        self.make(account, key).await.into_result()
    }

    /// What was made before, if it was.
    async fn made(&self, key: RenditionKey) -> Result<Option<Bytes>, RenderError> {
        if key.content.size > SOURCE_SIZE_MAX {
            return Err(RenderError::TooLarge);
        }
        let Some(kept) = self.kept(&[key]).await.pop().flatten() else { return Ok(None) };
        count(key.rendition, "kept");
        kept.body.map(Some).ok_or(RenderError::Undecodable)
    }

    /// What is kept and still counts. A cache that fails is a cache that is empty.
    async fn kept(&self, keys: &[RenditionKey]) -> Vec<Option<Kept>> {
        let now = self.clock.now();
        // A clock that was wrong may have been ahead by any time.
        let is_recent = |at: Timestamp| at.plus(FAILURE_LIFE) > now && now.plus(FAILURE_LIFE) > at;
        let counts = |kept: &Kept| kept.body.is_some() || is_recent(kept.at);
        match self.renditions.kept(keys).await {
            Ok(found) => found.into_iter().map(|kept| kept.filter(counts)).collect(),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the renditions that were kept cannot be read"
                );
                vec![None; keys.len()]
            }
        }
    }

    /// Makes a rendition, or waits for it if it is being made. The work goes on when nobody waits for it any more, once it
    /// has begun: it is bounded, and somebody may ask again. Until then it leaves the line with the last who waits.
    async fn make(self: &Arc<Media>, account: AccountId, key: RenditionKey) -> Outcome {
        self.flights
            .join((account, key), |flight| {
                let media = Arc::clone(self);
                tokio::spawn(async move {
                    let _turn = tokio::select! {
                        biased;
                        () = flight.abandoned() => return,
                        turn = media.lanes.turn(account) => turn,
                    };
                    // While it stood in line, it may have been made for another account.
                    let outcome = match media.kept(&[key]).await.pop().flatten() {
                        Some(kept) => media.outcome_of(key, &kept),
                        None => media.make_now(key).await,
                    };
                    flight.land(outcome);
                });
            })
            .await
    }

    async fn make_now(&self, key: RenditionKey) -> Outcome {
        let source = ContentSource::new(Arc::clone(&self.blocks), key.content);
        let (outcome, word) = match self.imaging.render(&source, key.rendition).await {
            Ok(body) => (Outcome::Made(body), "made"),
            Err(ImagingError::Undecodable) => (Outcome::Undecodable, "undecodable"),
            Err(ImagingError::Store(StoreError::Corrupt(what))) => (Outcome::Corrupt(what), "failed"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a rendition was not made");
                (Outcome::Unavailable, "failed")
            }
        };
        count(key.rendition, word);
        let body = match &outcome {
            Outcome::Made(body) => Some(body.clone()),
            Outcome::Undecodable => None,
            Outcome::Unavailable | Outcome::Corrupt(_) => return outcome,
        };
        let kept = Kept { body, at: self.clock.now() };
        let outcome = self.outcome_of(key, &kept);
        if let Err(error) = self.renditions.keep(key, kept).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a rendition was not kept");
        }
        outcome
    }

    /// What is told of what is kept. A media info is at hand from now on.
    fn outcome_of(&self, key: RenditionKey, kept: &Kept) -> Outcome {
        if key.rendition == Rendition::MediaInfo {
            self.known.insert(key.content, info_of(kept));
        }
        kept.body.clone().map_or(Outcome::Undecodable, Outcome::Made)
    }
}

/// What a kept media info says; nothing where nothing could be read.
fn info_of(kept: &Kept) -> MediaInfo {
    kept.body.as_deref().and_then(MediaInfo::from_bytes).unwrap_or_default()
}

fn count(rendition: Rendition, outcome: &'static str) {
    let kind = match rendition {
        Rendition::Thumbnail(_) => "thumbnail",
        Rendition::MediaInfo => "media_info",
        Rendition::SheetPage => "sheet_page",
    };
    counter!(RENDITIONS, "kind" => kind, "outcome" => outcome).increment(1);
}
