//! What is being made right now, so that whoever asks for the same waits for it instead of making it again.
//!
//! Each account has its own: one that joined another's flight would wait in the other's lane, behind all that stands there.

use super::RenderError;
use crate::model::{AccountId, RenditionKey};
use crate::store::StoreError;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What came of making a rendition.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Made(Bytes),
    Undecodable,
    /// For reasons that stand in the log.
    Unavailable,
    /// What is stored contradicts itself.
    Corrupt(String),
}

impl Outcome {
    /// As it is told to whoever asked.
    pub(super) fn into_result(self) -> Result<Bytes, RenderError> {
        match self {
            Outcome::Made(body) => Ok(body),
            Outcome::Undecodable => Err(RenderError::Undecodable),
            Outcome::Unavailable => {
                Err(StoreError::Unavailable { what: "make a rendition", source: None }.into())
            }
            Outcome::Corrupt(what) => Err(StoreError::Corrupt(what).into()),
        }
    }
}

/// For whom, and what.
type Key = (AccountId, RenditionKey);

type Landing = watch::Sender<Option<Outcome>>;

/// Everything under way.
#[derive(Clone, Default)]
pub(super) struct Flights(Arc<Mutex<HashMap<Key, Landing>>>);

/// One thing under way. When it is dropped, whatever happened, it is not under way any more.
pub(super) struct Flight {
    flights: Flights,
    key: Key,
    landing: Landing,
}

impl Flights {
    /// Waits for what is made under this key; has `begin` make it if it is not under way.
    pub(super) async fn join(&self, key: Key, begin: impl FnOnce(Flight)) -> Outcome {
        let mut waiting = {
            let mut flights = self.flights();
            match flights.get(&key) {
                Some(landing) => landing.subscribe(),
                None => {
                    let (landing, waiting) = watch::channel(None);
                    flights.insert(key, landing.clone());
                    drop(flights);
                    begin(Flight { flights: self.clone(), key, landing });
                    waiting
                }
            }
        };
        // A flight that was lost, because its task panicked, tells nothing.
        match waiting.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Outcome::Unavailable),
            Err(_) => Outcome::Unavailable,
        }
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<Key, Landing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Completes when nobody waits for it; then nobody can begin to, either.
    pub(super) async fn abandoned(&self) {
        loop {
            self.landing.closed().await;
            if self.is_abandoned() {
                return;
            }
        }
    }

    /// Somebody may have begun to wait since it was seen that nobody does.
    fn is_abandoned(&self) -> bool {
        let mut flights = self.flights.flights();
        let abandoned = self.landing.is_closed();
        if abandoned {
            flights.remove(&self.key);
        }
        abandoned
    }

    /// Tells those who wait. What was made must be kept by now, for who asks next.
    pub(super) fn land(self, outcome: Outcome) {
        self.landing.send_replace(Some(outcome));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut flights = self.flights.flights();
        // Under this key, another one may be under way since it was abandoned.
        if flights.get(&self.key).is_some_and(|landing| landing.same_channel(&self.landing)) {
            flights.remove(&self.key);
        }
    }
}
