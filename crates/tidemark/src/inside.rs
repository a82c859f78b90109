//! The way to this server from inside of it: what it serves besides asks it as a client does, without a connection.

use async_trait::async_trait;
use axum::Router;
use futures_util::StreamExt as _;
use tidemark_client::{Body, Failure, Transport, TransportError};
use tower::ServiceExt as _;

/// Hands requests to the router.
pub(crate) struct Inside(pub(crate) Router);

#[async_trait]
impl Transport for Inside {
    async fn send(
        &self,
        request: axum::http::Request<Body>,
    ) -> Result<axum::http::Response<Body>, TransportError> {
        let request = request.map(|body| axum::body::Body::from_stream(body.into_stream()));
        let answer = self.0.clone().oneshot(request).await;
        let answer = answer.map_err(|never| TransportError::new(Failure::Broken, never))?;
        Ok(answer.map(|body| {
            let pieces = body.into_data_stream().map(|piece| {
                piece.map_err(|error| TransportError::new(Failure::Broken, error.to_string()).into())
            });
            Body::Stream { length: None, stream: pieces.boxed() }
        }))
    }
}
