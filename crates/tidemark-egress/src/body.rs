//! A body on its way in.

use crate::exchange::Driver;
use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use std::time::Duration;
use tidemark_core::store::{EgressError, IncomingBody};

/// The body of a response. The connection lives as long as this does.
pub(crate) struct ResponseBody {
    /// Nothing after the end, or after an error.
    state: Option<(Incoming, Driver)>,
    patience: Duration,
}

impl ResponseBody {
    pub(crate) fn new(body: Incoming, driver: Driver, patience: Duration) -> ResponseBody {
        ResponseBody { state: Some((body, driver)), patience }
    }
}

#[async_trait]
impl IncomingBody for ResponseBody {
    async fn next(&mut self) -> Option<Result<Bytes, EgressError>> {
        // One deadline for everything until the next piece: frames of another kind do not put it off.
        let piece = tokio::time::timeout(self.patience, self.piece()).await;
        let piece = piece.unwrap_or(Some(Err(EgressError::TimedOut)));
        if !matches!(piece, Some(Ok(_))) {
            self.state = None;
        }
        piece
    }
}

impl ResponseBody {
    async fn piece(&mut self) -> Option<Result<Bytes, EgressError>> {
        let (body, _) = self.state.as_mut()?;
        loop {
            match body.frame().await? {
                Ok(frame) => match frame.into_data() {
                    Ok(bytes) if !bytes.is_empty() => return Some(Ok(bytes)),
                    // Trailers, which nobody asked for.
                    Ok(_) | Err(_) => {}
                },
                Err(error) => {
                    tracing::debug!(%error, "a response broke off");
                    return Some(Err(EgressError::Broken));
                }
            }
        }
    }
}
