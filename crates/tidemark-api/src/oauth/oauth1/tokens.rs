//! `/1/oauth/request_token` and `/1/oauth/access_token`: GET or POST, signed; the answer is a form.

use super::presented::{Presented, Unsigned};
use crate::http::date::delay_seconds;
use crate::http::{Body, BodyError, ParamError, Params, body, cors, params};
use crate::web::Site;
use crate::web::form::FORM_MAX;
use crate::web::visitor::peer;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, request};
use serde::Serialize;
use std::time::Duration;
use tidemark_core::people::oauth1::{IssuedToken, SignedError};
use tidemark_core::store::StoreError;

/// A refusal: `{"error": text}`.
struct Refusal {
    status: StatusCode,
    text: String,
    /// How long to wait, if waiting helps.
    wait: Option<Duration>,
}

impl Refusal {
    fn new(status: StatusCode, text: impl Into<String>) -> Refusal {
        Refusal { status, text: text.into(), wait: None }
    }
}

/// What a program gets. Values of letters and digits only: some programs split it up without decoding.
#[derive(Serialize)]
struct Refused<'a> {
    error: &'a str,
}

/// What the two endpoints take.
const METHODS: [Method; 2] = [Method::GET, Method::POST];

/// A token with which to ask a person.
pub(super) async fn request(State(site): State<Site>, request: Request) -> Response {
    let asked = request.headers().clone();
    if request.method() == Method::OPTIONS {
        return cors::preflight(&asked, &METHODS);
    }
    open(&asked, try_request(&site, request).await)
}

/// For a program of any origin: it has signed, and the browser adds nothing.
fn open(asked: &HeaderMap, answer: Result<Response, Refusal>) -> Response {
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    cors::open(asked, response.headers_mut());
    response
}

async fn try_request(site: &Site, request: Request) -> Result<Response, Refusal> {
    let (parts, presented) = read(site, request).await?;
    let check = |app: &str, token: &str| presented.fits(app, token);
    let issued = site.people.request_token(presented.signed(&check), peer(&parts, site)).await?;
    Ok(form(&issued, None))
}

/// A token with which to sign everything else.
pub(super) async fn access(State(site): State<Site>, request: Request) -> Response {
    let asked = request.headers().clone();
    if request.method() == Method::OPTIONS {
        return cors::preflight(&asked, &METHODS);
    }
    open(&asked, try_access(&site, request).await)
}

async fn try_access(site: &Site, request: Request) -> Result<Response, Refusal> {
    let (parts, presented) = read(site, request).await?;
    let check = |app: &str, token: &str| presented.fits(app, token);
    let (issued, grant) = site.people.access_token(presented.signed(&check), peer(&parts, site)).await?;
    Ok(form(&issued, Some(grant.account.0)))
}

async fn read(site: &Site, request: Request<Body>) -> Result<(request::Parts, Presented), Refusal> {
    let (parts, body) = request.into_parts();
    if !METHODS.contains(&parts.method) {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "The endpoint does not take this method"));
    }
    let form = body::read(body, FORM_MAX).await?;
    let form = (parts.method == Method::POST && params::is_form(&parts.headers)).then_some(&*form);
    let params = Params::parse(parts.uri.query(), form)?;
    let presented = Presented::read(&parts, &params, &site.origin)?;
    Ok((parts, presented))
}

/// The token as old programs want it: no line end, nothing to decode, nothing else in it.
fn form(issued: &IssuedToken, uid: Option<u64>) -> Response {
    let (secret, token) = (issued.secret.reveal(), issued.token.reveal());
    let mut body = format!("oauth_token_secret={secret}&oauth_token={token}");
    if let Some(uid) = uid {
        body.push_str(&format!("&uid={uid}"));
    }
    let headers = [
        (CONTENT_TYPE, "application/x-www-form-urlencoded"),
        (CACHE_CONTROL, "no-store"),
        (PRAGMA, "no-cache"),
    ];
    (StatusCode::OK, headers, body).into_response()
}

impl From<Unsigned> for Refusal {
    fn from(error: Unsigned) -> Refusal {
        match error {
            Unsigned::Refused(error) => error.into(),
            Unsigned::Header(_)
            | Unsigned::Missing(_)
            | Unsigned::Invalid(_)
            | Unsigned::Method
            | Unsigned::InTheClear => Refusal::new(StatusCode::FORBIDDEN, error.to_string()),
        }
    }
}

impl From<SignedError> for Refusal {
    fn from(error: SignedError) -> Refusal {
        let text = error.to_string();
        match error {
            SignedError::App | SignedError::Signature | SignedError::Timestamp | SignedError::Nonce => {
                Refusal::new(StatusCode::FORBIDDEN, text)
            }
            SignedError::Token => Refusal::new(StatusCode::UNAUTHORIZED, "Request token not found."),
            // These programs know 503 only.
            SignedError::Wait(wait) => {
                Refusal { wait: Some(wait), ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text) }
            }
            SignedError::Store(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a token could not be given");
                match error {
                    StoreError::Unavailable { .. } | StoreError::ReadOnly | StoreError::Full => {
                        let wait = Some(Duration::from_secs(5));
                        let text = "The server cannot do this at present";
                        Refusal { wait, ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text) }
                    }
                    StoreError::Corrupt(_) => {
                        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong")
                    }
                }
            }
        }
    }
}

impl From<ParamError> for Refusal {
    fn from(error: ParamError) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, error.to_string())
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Refusal {
        Refusal::new(error.status(), error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&Refused { error: &self.text }).expect("a struct of a text serializes");
        let mut response = (self.status, [(CONTENT_TYPE, "application/json")], body).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.wait {
            headers.insert(RETRY_AFTER, delay_seconds(wait).into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("OAuth realm=\"Tidemark\""));
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, cors::method_list(&METHODS));
        }
        response
    }
}
