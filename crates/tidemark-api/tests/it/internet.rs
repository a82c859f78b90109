//! Other people's servers, as a store of what they say.

use async_trait::async_trait;
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use tidemark_core::store::{Egress, EgressError, Incoming, IncomingBody, Outgoing};
use tokio::sync::Semaphore;

/// What a page says.
#[derive(Clone)]
pub(crate) struct Says {
    pub(crate) status: u16,
    /// What it says of its length, true or not.
    pub(crate) length: Option<u64>,
    pub(crate) pieces: Vec<Result<Bytes, EgressError>>,
    /// Before each piece, a permit of this is taken; once it is closed, whoever reads panics.
    pub(crate) gate: Option<Arc<Semaphore>>,
}

impl From<&'static str> for Says {
    fn from(text: &'static str) -> Says {
        let bytes = Bytes::from_static(text.as_bytes());
        Says { status: 200, length: Some(bytes.len() as u64), pieces: vec![Ok(bytes)], gate: None }
    }
}

/// Pages by their URLs. What is not there is not known; what begins otherwise than `http` is refused at once.
#[derive(Default)]
pub(crate) struct Internet {
    pages: Mutex<HashMap<String, Result<Says, EgressError>>>,
    asked: Mutex<Vec<String>>,
}

impl Internet {
    pub(crate) fn page(&self, url: &str, says: impl Into<Says>) {
        self.pages.lock().unwrap().insert(url.to_owned(), Ok(says.into()));
    }

    pub(crate) fn refuse(&self, url: &str, error: EgressError) {
        self.pages.lock().unwrap().insert(url.to_owned(), Err(error));
    }

    /// The URLs that were asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Egress for Internet {
    fn check(&self, url: &str) -> Result<(), EgressError> {
        if url.starts_with("http://") || url.starts_with("https://") { Ok(()) } else { Err(EgressError::Url) }
    }

    async fn send(&self, request: Outgoing) -> Result<Incoming, EgressError> {
        self.asked.lock().unwrap().push(request.url.clone());
        let says = self.pages.lock().unwrap().get(&request.url).cloned();
        let Says { status, length, pieces, gate } = says.unwrap_or(Err(EgressError::Unknown))?;
        Ok(Incoming { status, length, body: Box::new(Body { pieces: pieces.into(), gate }) })
    }
}

struct Body {
    pieces: VecDeque<Result<Bytes, EgressError>>,
    gate: Option<Arc<Semaphore>>,
}

#[async_trait]
impl IncomingBody for Body {
    async fn next(&mut self) -> Option<Result<Bytes, EgressError>> {
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        self.pieces.pop_front()
    }
}
