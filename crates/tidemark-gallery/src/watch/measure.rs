//! Looking at pictures before anybody does: their thumbnails come into the cache, and with them their shapes, so that rows of
//! pictures are right when they are first seen. It stands back behind whatever somebody waits for.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tidemark_client::Client;
use tokio::time::sleep;

use crate::gallery::Inner;
use crate::store::PersonId;
use crate::thumbnail::{Size, ThumbnailError, thumbnail};

const BATCH: u32 = 32;
/// How long to wait when there is nothing to look at.
const REST: Duration = Duration::from_secs(5);
/// How long to stand back, each time.
const STAND_BACK: Duration = Duration::from_millis(50);

/// Looks at whatever nobody has seen, for ever.
pub(super) async fn measure(inner: &Arc<Inner>, person: PersonId, client: &Client) -> Infallible {
    let mut before = Vec::new();
    loop {
        let spots =
            inner.store.blocking(move |store| store.unmeasured(person, BATCH)).await.unwrap_or_default();
        // Whatever keeps them from being measured, trying faster does not help.
        let mut is_stuck = spots.is_empty() || spots == before;
        for spot in &spots {
            while inner.waiting.load(Ordering::Relaxed) > 0 {
                sleep(STAND_BACK).await;
            }
            match thumbnail(inner, client, person, spot, Size::Grid).await {
                Ok(_) | Err(ThumbnailError::None) => {}
                // What it is about shows elsewhere, too: whoever follows the changes deals with it.
                Err(_) => {
                    is_stuck = true;
                    break;
                }
            }
        }
        before = spots;
        if is_stuck {
            sleep(REST).await;
        }
    }
}
