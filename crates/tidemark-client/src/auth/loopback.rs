//! A door on this machine for one visit of a person's browser (RFC 8252 section 7.3).

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::Authorization;
use crate::error::shown;

/// Listens on a port of its own, to this machine only, for the browser that brings the code.
pub struct Loopback {
    listener: TcpListener,
    /// `127.0.0.1` and the port.
    host: String,
    redirect_uri: String,
}

/// Why no code came.
#[derive(Debug, thiserror::Error)]
pub enum LoopbackError {
    /// Nobody came in time.
    #[error("nobody came back from the browser in time")]
    TimedOut,
    /// The person, or the server, said no.
    #[error("the app was not allowed: {0}")]
    Denied(String),
    /// Listening failed.
    #[error("this machine's own door cannot be listened at")]
    Io(#[from] io::Error),
}

/// How many connections are open at once: browsers open some for nothing.
const VISITS_MAX: usize = 16;
/// How long one may take.
const VISIT: Duration = Duration::from_secs(20);

impl Loopback {
    /// Opens the door. Nobody answers yet.
    ///
    /// # Errors
    /// There is no port.
    pub async fn open() -> io::Result<Loopback> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let host = listener.local_addr()?.to_string();
        let redirect_uri = format!("http://{host}/");
        Ok(Loopback { listener, host, redirect_uri })
    }

    /// Where the browser should be sent. The app must have registered `http://127.0.0.1/`, which stands for every port.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the browser, shows it a page that says what came of it, and closes the door. Whoever comes without the
    /// authorization's own `state` is sent away, and does not end the waiting.
    ///
    /// # Errors
    /// [`LoopbackError`].
    pub async fn code(
        self,
        authorization: &Authorization,
        patience: Duration,
    ) -> Result<String, LoopbackError> {
        timeout(patience, self.wait(authorization)).await.unwrap_or(Err(LoopbackError::TimedOut))
    }

    async fn wait(&self, authorization: &Authorization) -> Result<String, LoopbackError> {
        let outcome = Mutex::new(None);
        let mut visits = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                // A visit ends when its page has been sent.
                Some(()) = visits.next() => {
                    if let Some(outcome) = outcome.lock().unwrap_or_else(PoisonError::into_inner).take() {
                        return outcome;
                    }
                }
                accepted = self.listener.accept(), if visits.len() < VISITS_MAX => {
                    let (stream, _) = accepted?;
                    visits.push(self.visit(stream, authorization, &outcome));
                }
            }
        }
    }

    async fn visit(
        &self,
        stream: TcpStream,
        authorization: &Authorization,
        outcome: &Mutex<Option<Outcome>>,
    ) {
        let service = service_fn(async |request: Request<Incoming>| {
            let said = self.read(&request, authorization);
            let page = page(said.as_ref());
            if let Some(said) = said {
                *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
            }
            Ok::<_, Infallible>(page)
        });
        let connection =
            http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
        // If it breaks off after the code came, there is the code all the same.
        let _ = timeout(VISIT, connection).await;
    }

    /// What a visitor brings, if it is the one that is waited for.
    fn read(&self, request: &Request<Incoming>, authorization: &Authorization) -> Option<Outcome> {
        // A page that has led its own name here is none of ours.
        let is_here = request.headers().get(HOST).is_some_and(|host| host.as_bytes() == self.host.as_bytes());
        if !is_here || request.method() != Method::GET || request.uri().path() != "/" {
            return None;
        }
        let query = request.uri().query().unwrap_or_default();
        let field = |wanted: &str| {
            let mut fields = form_urlencoded::parse(query.as_bytes());
            fields.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        if !authorization.is_ours(&field("state")?) {
            return None;
        }
        match (field("code"), field("error")) {
            (Some(code), None) => Some(Ok(code)),
            (_, Some(error)) => {
                Some(Err(LoopbackError::Denied(shown(&field("error_description").unwrap_or(error)))))
            }
            (None, None) => None,
        }
    }
}

/// What came of it.
type Outcome = Result<String, LoopbackError>;

fn page(outcome: Option<&Outcome>) -> Response<Full<&'static [u8]>> {
    let (status, text): (_, &[u8]) = match outcome {
        Some(Ok(_)) => (StatusCode::OK, include_bytes!("pages/allowed.html")),
        Some(Err(_)) => (StatusCode::OK, include_bytes!("pages/denied.html")),
        None => (StatusCode::NOT_FOUND, include_bytes!("pages/nothing.html")),
    };
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "text/html; charset=utf-8")
        .header(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'")
        .header(REFERRER_POLICY, "no-referrer")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(CACHE_CONTROL, "no-store")
        .body(Full::new(text))
        .expect("these headers are good")
}

impl fmt::Debug for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loopback").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}
