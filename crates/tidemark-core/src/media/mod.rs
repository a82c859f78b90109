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
    /// How long a page of changes waits for what cameras noted.
    pub page_patience: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            at_once: 2,
            at_once_per_account: 1,
            waiting_per_account: 256,
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
    /// Only counts: guests work in the account's own lane.
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
        Media {
            blocks,
            imaging,
            renditions,
            clock,
            limits,
            lanes: Lanes::new(Room { at_once, at_once_per_account, waiting_per_account }),
            guests: Lanes::new(Room {
                at_once,
                at_once_per_account,
                waiting_per_account: waiting_per_account.div_ceil(2),
            }),
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
        if content.size > SOURCE_SIZE_MAX {
            return Err(RenderError::TooLarge);
        }
        let key = RenditionKey { content, rendition };
        if let Some(kept) = self.kept(&[key]).await.pop().flatten() {
            count(rendition, "kept");
            return kept.body.ok_or(RenderError::Undecodable);
        }
        let _waiting = self.lanes.wait(account).ok_or(RenderError::Busy)?;
        match self.make(account, key).await {
            Outcome::Made(body) => Ok(body),
            Outcome::Undecodable => Err(RenderError::Undecodable),
            Outcome::Unavailable => {
                Err(StoreError::Unavailable { what: "make a rendition", source: None }.into())
            }
            Outcome::Corrupt(what) => Err(StoreError::Corrupt(what).into()),
        }
    }

    /// As [`Media::render`], for whom the account has shown the content: they wait in its lane, but fill at most half of it.
    pub async fn render_for_guest(
        self: &Arc<Media>,
        account: AccountId,
        content: Content,
        rendition: Rendition,
    ) -> Result<Bytes, RenderError> {
        let _guest = self.guests.wait(account).ok_or(RenderError::Busy)?;
        self.render(account, content, rendition).await
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
