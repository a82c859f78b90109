//! One request and the head of its response, over a connection of its own.

use crate::connect::Stream;
use crate::target::Target;
use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tidemark_core::store::{EgressError, OutMethod};
use tokio::task::JoinHandle;

/// How much of a response is held at once, in bytes. A head that is not complete by then is too long; up to as much again
/// may have been read with it.
const HEAD_MAX: usize = 64 << 10;

/// How many headers it may have.
const HEADERS_MAX: usize = 128;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("Tidemark/", env!("CARGO_PKG_VERSION")));

/// The task that drives a connection; it ends with whoever holds this.
pub(crate) struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The headers of a request, but for those that its target decides.
pub(crate) fn headers(said: &[(&'static str, String)]) -> Result<HeaderMap, EgressError> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, AGENT);
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    // What arrives is what is kept, and a small body stays one.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    for (name, value) in said {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| EgressError::Header)?;
        let value = HeaderValue::try_from(value).map_err(|_| EgressError::Header)?;
        headers.insert(name, value);
    }
    // How the message is framed and whom it is for is not up to whoever sends it.
    for framing in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
        headers.remove(framing);
    }
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(headers)
}

/// Sends a request, and waits for the head of the response.
pub(crate) async fn exchange(
    stream: Stream,
    target: &Target,
    method: OutMethod,
    mut headers: HeaderMap,
    body: Bytes,
) -> Result<(Response<Incoming>, Driver), EgressError> {
    let (name, value) = target.host_header()?;
    headers.insert(name, value);
    let mut request = Request::new(Full::new(body));
    *request.uri_mut() = target.uri()?;
    *request.method_mut() = match method {
        OutMethod::Get => Method::GET,
        OutMethod::Post => Method::POST,
    };
    *request.headers_mut() = headers;
    let shaken = http1::Builder::new()
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .handshake(TokioIo::new(stream))
        .await;
    let (mut sender, connection) = shaken.map_err(|error| unreachable(&error))?;
    let driver = Driver(tokio::spawn(async move {
        // What goes wrong is told to whoever waits for the response or reads its body.
        let _told = connection.await;
    }));
    let response = sender.send_request(request).await.map_err(|error| unreachable(&error))?;
    Ok((response, driver))
}

fn unreachable(error: &hyper::Error) -> EgressError {
    tracing::debug!(%error, "a host does not speak HTTP");
    EgressError::Unreachable
}
