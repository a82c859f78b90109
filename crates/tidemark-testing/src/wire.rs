//! The way from a client to a server, both in this process.

use axum::Router;
use futures_util::StreamExt as _;
use http::{Request, Response};
use tidemark_client::{Body, Failure, TransportError};
use tower::ServiceExt as _;

/// One exchange, as if over a connection.
///
/// # Panics
///
/// Never: a router answers whatever it is asked.
pub async fn exchange(router: Router, request: Request<Body>) -> Response<Body> {
    let request = request.map(|body| axum::body::Body::from_stream(body.into_stream()));
    let answer = router.oneshot(request).await.expect("a router answers");
    answer.map(|body| {
        let pieces = body.into_data_stream().map(|piece| {
            piece.map_err(|error| TransportError::new(Failure::Broken, error.to_string()).into())
        });
        Body::Stream { length: None, stream: pieces.boxed() }
    })
}
