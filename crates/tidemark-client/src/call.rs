//! How a call becomes a request, and an answer a value or an error.

use std::borrow::Cow;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::error::shown;
use crate::retry::{Repeat, Tries};
use crate::{
    AccessToken, Body, BodyError, Client, Error, Failure, Patience, Refusal, RefusalKind, Transport,
    TransportError,
};

/// The largest answer that is read, unless a call knows better.
const ANSWER_MAX: usize = 64 << 20;
/// The longest that reading an answer may take, a long poll's included.
const READING_MAX: Duration = Duration::from_secs(15 * 60);
/// The largest refusal that is read.
const REFUSAL_MAX: usize = 64 << 10;

/// A request to be made.
pub(crate) struct Call {
    method: Method,
    url: String,
    fields: Vec<(&'static str, String)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    repeat: Repeat,
    patience: Option<Duration>,
    anonymous: bool,
}

impl Call {
    /// Reads something: repeating it does no harm.
    pub(crate) fn get(url: String) -> Call {
        Call::new(Method::GET, url, Repeat::Always)
    }

    /// Reads something, and is asked with a form.
    pub(crate) fn read(url: String) -> Call {
        Call::new(Method::POST, url, Repeat::Always)
    }

    /// Changes something.
    pub(crate) fn change(url: String) -> Call {
        Call::new(Method::POST, url, Repeat::IfNotHappened)
    }

    /// Sends bytes.
    pub(crate) fn put(url: String, repeat: Repeat) -> Call {
        Call::new(Method::PUT, url, repeat)
    }

    fn new(method: Method, url: String, repeat: Repeat) -> Call {
        Call {
            method,
            url,
            fields: Vec::new(),
            headers: Vec::new(),
            repeat,
            patience: None,
            anonymous: false,
        }
    }

    /// With a parameter.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Call {
        self.fields.push((name, value.into()));
        self
    }

    /// With a parameter, if there is a value for it.
    pub(crate) fn with_some(self, name: &'static str, value: Option<impl Into<String>>) -> Call {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Entries are told with their identity.
    pub(crate) fn with_identity(self) -> Call {
        self.with("include_identity", "true")
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Call {
        self.headers.push((name, value));
        self
    }

    /// The answer may take so much longer than usual.
    pub(crate) fn with_patience(self, patience: Duration) -> Call {
        Call { patience: Some(patience), ..self }
    }

    /// Without a token.
    pub(crate) fn anonymous(self) -> Call {
        Call { anonymous: true, ..self }
    }

    pub(crate) fn request(&self, body: Option<Body>, token: Option<&AccessToken>) -> Request<Body> {
        let fields = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish();
        let in_form = self.method == Method::POST;
        let url = match in_form || fields.is_empty() {
            true => Cow::Borrowed(&self.url),
            false => Cow::Owned(format!("{}?{fields}", self.url)),
        };
        let mut request = Request::builder().method(self.method.clone()).uri(&**url);
        if in_form {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        } else if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/octet-stream");
        }
        if let Some(token) = token.filter(|_| !self.anonymous) {
            request = request.header(AUTHORIZATION, token.header());
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(patience) = self.patience {
            request = request.extension(Patience(patience));
        }
        let body = if in_form { Some(Body::Bytes(fields.into())) } else { body };
        if let Some(length) = body.as_ref().and_then(Body::length) {
            request = request.header(CONTENT_LENGTH, length);
        }
        let body = body.unwrap_or_default();
        request.body(body).expect("addresses are checked, and made of encoded parts")
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// An answer that has been read.
pub(crate) struct Whole {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Client {
    /// Makes a call, and reads its answer.
    pub(crate) async fn value<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        self.value_of(call, || None).await
    }

    /// Makes a call that sends these bytes, and reads its answer.
    pub(crate) async fn value_of<T: DeserializeOwned>(
        &self,
        call: &Call,
        body: impl FnMut() -> Option<Body>,
    ) -> Result<T, Error> {
        parse(&self.whole_of(call, body, ANSWER_MAX).await?.bytes)
    }

    /// Makes a call once, and reads its answer.
    pub(crate) async fn try_value<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        parse(&self.exchange(call, None).await?.whole(ANSWER_MAX).await?.bytes)
    }

    /// Makes a call, and reads its answer, which may be so large, but not what it means.
    pub(crate) async fn whole(&self, call: &Call, max: usize) -> Result<Whole, Error> {
        self.whole_of(call, || None, max).await
    }

    async fn whole_of(
        &self,
        call: &Call,
        mut body: impl FnMut() -> Option<Body>,
        max: usize,
    ) -> Result<Whole, Error> {
        let mut tries = Tries::of(self);
        loop {
            let whole = match self.exchange(call, body()).await {
                Ok(answer) => answer.whole(max).await,
                Err(error) => Err(error),
            };
            match whole {
                Ok(whole) => return Ok(whole),
                Err(error) => tries.again(error, call.repeat).await?,
            }
        }
    }

    /// Makes a call whose answer the caller reads. It is repeated until the answer begins.
    pub(crate) async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let mut tries = Tries::of(self);
        loop {
            match self.exchange(call, None).await {
                Ok(answer) => return Ok(answer),
                Err(error) => tries.again(error, call.repeat).await?,
            }
        }
    }

    /// One exchange, which is not repeated.
    pub(crate) async fn exchange(&self, call: &Call, body: Option<Body>) -> Result<Answer, Error> {
        self.exchange_any(call, body).await?.good().await
    }

    /// The same, with whatever the server answers.
    pub(crate) async fn exchange_any(&self, call: &Call, body: Option<Body>) -> Result<Answer, Error> {
        exchange(&*self.parts.transport, call.request(body, Some(&self.parts.token))).await
    }
}

/// One exchange.
pub(crate) async fn exchange(transport: &dyn Transport, request: Request<Body>) -> Result<Answer, Error> {
    let (head, body) = Response::into_parts(transport.send(request).await?);
    Ok(Answer { status: head.status, headers: head.headers, body })
}

impl Answer {
    /// Whether it is no refusal. That something is unchanged is none.
    pub(crate) fn is_good(&self) -> bool {
        self.status.is_success() || self.status == StatusCode::NOT_MODIFIED
    }

    /// The answer, unless it is a refusal.
    pub(crate) async fn good(self) -> Result<Answer, Error> {
        if self.is_good() { Ok(self) } else { Err(self.refused().await.0.into()) }
    }

    /// All of it.
    pub(crate) async fn whole(self, max: usize) -> Result<Whole, Error> {
        Ok(Whole { status: self.status, headers: self.headers, bytes: read(self.body, max).await? })
    }

    /// The refusal that it is, and its body.
    pub(crate) async fn refused(self) -> (Refusal, Bytes) {
        // It is one even if its words are lost.
        let body = read(self.body, REFUSAL_MAX).await.unwrap_or_default();
        (refusal(self.status, retry_after(&self.headers), &body), body)
    }
}

/// Reads a body that must not be larger than this, nor come in drops for ever.
pub(crate) async fn read(body: Body, max: usize) -> Result<Bytes, Error> {
    let read = timeout(READING_MAX, read_all(body, max)).await;
    read.unwrap_or_else(|elapsed| Err(TransportError::new(Failure::TimedOut, elapsed).into()))
}

async fn read_all(body: Body, max: usize) -> Result<Bytes, Error> {
    let mut stream = body.into_stream();
    let mut bytes = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(of_body)?;
        if bytes.len() + piece.len() > max {
            return Err(Error::Malformed("it is too large".to_owned()));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

/// What an error in an answer's body means.
pub(crate) fn of_body(error: BodyError) -> Error {
    match error {
        BodyError::Transport(error) => error.into(),
        BodyError::Source(error) => Error::Body(error),
    }
}

/// Reads a value out of JSON. What is wrong with it is told by its place, because the text may be anything.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::Malformed(shown(&error.to_string())))
}

fn refusal(status: StatusCode, retry_after: Option<Duration>, body: &[u8]) -> Refusal {
    #[derive(Deserialize)]
    struct Said {
        error: serde_json::Value,
        error_description: Option<String>,
    }
    let said = serde_json::from_slice::<Said>(body).ok();
    let words = said.and_then(|said| match said.error {
        serde_json::Value::String(text) => Some(said.error_description.unwrap_or(text)),
        serde_json::Value::Object(of_params) => {
            let mut words = of_params.iter().filter_map(|(name, text)| Some((name, text.as_str()?)));
            words.next().map(|(name, text)| format!("{name}: {text}"))
        }
        _ => None,
    });
    let message = words.map(|words| shown(&words)).filter(|words| !words.is_empty());
    let message = message.unwrap_or_else(|| status.canonical_reason().unwrap_or("no reason").to_lowercase());
    Refusal { status: status.as_u16(), kind: RefusalKind::of(status.as_u16(), retry_after), message }
}

/// In seconds. (Dates need a clock, and no server that we know sends them.)
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
