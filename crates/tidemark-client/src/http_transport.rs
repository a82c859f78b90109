//! The network itself.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use http::{Request, Response};
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use tokio::time::{Instant, timeout, timeout_at};

use crate::{Body, BodyError, Failure, Patience, Transport, TransportError};

/// What can be chosen about connections.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Certificates (PEM) of authorities to be trusted besides those that the system trusts.
    pub extra_authorities: Option<Vec<u8>>,
    /// Whether the environment says which proxy to use (`HTTPS_PROXY`, `NO_PROXY` and so on). Otherwise there is none.
    pub proxy_from_environment: bool,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long nothing may move: while a request is sent, until its answer begins (unless it asked for [`Patience`]), and
    /// while the answer comes.
    pub idle_timeout: Duration,
}

/// Why there can be no connections.
#[derive(Debug, thiserror::Error)]
pub enum HttpTransportError {
    /// The certificates of authorities cannot be read.
    #[error("the certificates of further authorities cannot be read: {0}")]
    Authorities(String),
    /// The machinery does not start.
    #[error("connections cannot be prepared")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Connections over TCP, with TLS for `https`. They are kept open and used again. No redirect is followed.
///
/// They speak HTTP/1.1: a long poll that sleeps costs the server least on a connection of its own.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
    idle_timeout: Duration,
}

/// A connection that was idle for so long is not used again: servers close theirs after a minute or so.
const POOL_IDLE: Duration = Duration::from_secs(30);
/// How much is given to a connection at a time, so that one that is stuck is told from one that is slow.
const PIECE: usize = 64 << 10;

impl Default for HttpOptions {
    fn default() -> HttpOptions {
        HttpOptions {
            extra_authorities: None,
            proxy_from_environment: false,
            connect_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(60),
        }
    }
}

impl HttpTransport {
    /// Prepares connections; none is made yet.
    ///
    /// # Errors
    /// [`HttpTransportError`].
    pub fn new(options: &HttpOptions) -> Result<HttpTransport, HttpTransportError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(options.extra_authorities.as_deref())?)
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .user_agent(concat!("tidemark/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(POOL_IDLE);
        if !options.proxy_from_environment {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| HttpTransportError::Setup(error.into()))?;
        Ok(HttpTransport { client, idle_timeout: options.idle_timeout })
    }
}

/// Trusts whom the system trusts, and these. Where the system has no list, the one of browsers serves.
fn tls(extra: Option<&[u8]>) -> Result<ClientConfig, HttpTransportError> {
    let unreadable = |error: &dyn std::error::Error| HttpTransportError::Authorities(error.to_string());
    let mut extras = Vec::new();
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(extra.unwrap_or_default()) {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate.clone()).map_err(|error| unreadable(&error))?;
        extras.push(certificate);
    }
    if extra.is_some() && extras.is_empty() {
        return Err(HttpTransportError::Authorities("there is no certificate in it".to_owned()));
    }
    let provider: Arc<CryptoProvider> = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpTransportError::Setup(error.into()))?;
    let config = match Verifier::new_with_extra_roots(extras, provider) {
        Ok(verifier) => {
            let verifier: Arc<dyn ServerCertVerifier> = Arc::new(verifier);
            // Dangerous is what could be given here; this verifies as the platform does.
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        Err(_) => {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    Ok(config)
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        let patience = request.extensions().get::<Patience>().map_or(Duration::ZERO, |patience| patience.0);
        let patience = self.idle_timeout.saturating_add(patience);
        let moved = Moved::now();
        let request = outgoing(request, &moved)?;
        let answer = until_stuck(self.client.execute(request), &moved, patience).await?.map_err(failed)?;
        Ok(incoming(answer, patience))
    }
}

/// When something of a request was last taken by its connection.
#[derive(Clone)]
struct Moved(Arc<Mutex<Instant>>);

impl Moved {
    fn now() -> Moved {
        Moved(Arc::new(Mutex::new(Instant::now())))
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for an answer to begin, as long as the request moves.
async fn until_stuck<T>(
    exchange: impl Future<Output = T>,
    moved: &Moved,
    patience: Duration,
) -> Result<T, TransportError> {
    let mut exchange = std::pin::pin!(exchange);
    loop {
        let last = moved.last();
        match timeout_at(last + patience, &mut exchange).await {
            Ok(answer) => return Ok(answer),
            Err(elapsed) if moved.last() == last => {
                return Err(TransportError::new(Failure::TimedOut, elapsed));
            }
            Err(_) => {}
        }
    }
}

fn outgoing(request: Request<Body>, moved: &Moved) -> Result<reqwest::Request, TransportError> {
    let (head, body) = request.into_parts();
    let url = reqwest::Url::parse(&head.uri.to_string());
    let url = url.map_err(|error| TransportError::new(Failure::NotSent, error))?;
    let mut outgoing = reqwest::Request::new(head.method, url);
    *outgoing.headers_mut() = head.headers;
    let body = match body {
        Body::Empty => None,
        Body::Bytes(bytes) if bytes.len() <= PIECE => Some(bytes.into()),
        body => {
            let moved = moved.clone();
            let pieces = body.into_stream().flat_map(in_pieces);
            Some(reqwest::Body::wrap_stream(pieces.inspect(move |_| moved.note())))
        }
    };
    *outgoing.body_mut() = body;
    Ok(outgoing)
}

fn in_pieces(bytes: Result<Bytes, BodyError>) -> BoxStream<'static, Result<Bytes, BodyError>> {
    match bytes {
        Ok(mut bytes) if bytes.len() > PIECE => stream::iter(std::iter::from_fn(move || {
            let piece = bytes.split_to(bytes.len().min(PIECE));
            (!piece.is_empty()).then_some(Ok(piece))
        }))
        .boxed(),
        other => stream::iter([other]).boxed(),
    }
}

fn incoming(answer: reqwest::Response, patience: Duration) -> Response<Body> {
    let (status, headers, length) = (answer.status(), answer.headers().clone(), answer.content_length());
    let pieces = stream::unfold(Some(answer.bytes_stream().boxed()), move |pieces| async move {
        let mut pieces = pieces?;
        match timeout(patience, pieces.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(pieces))),
            Ok(Some(Err(error))) => Some((Err(failed(error).into()), None)),
            Err(elapsed) => Some((Err(TransportError::new(Failure::TimedOut, elapsed).into()), None)),
        }
    });
    let mut response = Response::new(Body::Stream { length, stream: pieces.boxed() });
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// How far an exchange came, and why no further. Of its address only the server is told: there may be a cursor in the rest.
fn failed(error: reqwest::Error) -> TransportError {
    let failure = if error.is_connect() || error.is_builder() {
        Failure::NotSent
    } else if error.is_timeout() {
        Failure::TimedOut
    } else {
        Failure::Broken
    };
    let server = error.url().map(|url| url.origin().ascii_serialization());
    let failed = TransportError::new(failure, root(&error.without_url()));
    match server {
        Some(server) => failed.with(server),
        None => failed,
    }
}

/// What is at the bottom of an error: each layer above it only says that the one below failed.
fn root(error: &dyn std::error::Error) -> String {
    let root = std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error);
    let text = root.to_string();
    // The system's number says the same to programs.
    let text = text.split_once(" (os error ").map_or(&*text, |(words, _)| words);
    // Words of the middle of a sentence: but `DNS` and the like stay.
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}
