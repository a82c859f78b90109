//! `POST /1/oauth2/token` (and `/oauth2/token`): a code becomes a token.
//!
//! Parameters stand in the form, in the query of an empty POST, or in both; every refusal is RFC 6749 section 5.2's JSON.
//! Programs in browsers call it too, with nothing that a browser would add by itself, so any origin may.

use super::client::{Client, Said};
use crate::http::{BodyError, ParamError, Params, body, cors, params};
use crate::web::Site;
use crate::web::form::FORM_MAX;
use crate::web::visitor::peer;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;
use std::time::Duration;
use tidemark_core::model::Lifetime;
use tidemark_core::people::{ClientError, Exchange, ExchangeError};
use tidemark_core::store::StoreError;

/// A refusal.
struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: String,
    /// How long to wait, if waiting helps.
    wait: Option<Duration>,
}

impl Refusal {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Refusal {
        Refusal { status, error, description: description.into(), wait: None }
    }

    fn bad(error: &'static str, description: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, error, description)
    }
}

#[derive(Serialize)]
struct Granted<'a> {
    access_token: &'a str,
    token_type: &'static str,
    /// A string here, though a number elsewhere: Java, Ruby and PHP insist.
    uid: String,
}

#[derive(Serialize)]
struct Refused<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// The exchange.
pub(super) async fn exchange(State(site): State<Site>, request: Request) -> Response {
    let asked = request.headers().clone();
    let mut response = try_exchange(&site, request).await.unwrap_or_else(Refusal::into_response);
    cors::open(&asked, response.headers_mut());
    response
}

async fn try_exchange(site: &Site, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let form = body::read(body, FORM_MAX).await?;
    // A body of another type carries no parameters: its reader would find rubbish.
    let form = params::is_form(&parts.headers).then_some(&*form);
    let params = Params::parse(parts.uri.query(), form)?;
    match params.get("grant_type") {
        Some("authorization_code") => {}
        Some(_) => {
            return Err(Refusal::bad("unsupported_grant_type", "grant_type must be authorization_code"));
        }
        None => return Err(Refusal::bad("invalid_request", "grant_type is missing")),
    }
    let client = match Client::read(&parts.headers, &params) {
        Said::Client(client) => client,
        Said::Nothing => {
            return Err(Refusal::bad("invalid_request", "no auth method found: client_id is missing"));
        }
        Said::Nonsense => {
            return Err(Refusal::bad("invalid_request", "the Authorization header does not fit the request"));
        }
    };
    let code = params.get("code").ok_or_else(|| Refusal::bad("invalid_request", "code is missing"))?;
    let exchange = Exchange {
        code,
        app: &client.key,
        secret: client.secret.as_deref(),
        redirect_uri: params.get("redirect_uri"),
        verifier: params.get("code_verifier"),
        only: Some(Lifetime::Lasting),
    };
    let granted = site
        .people
        .exchange(exchange, peer(&parts, site))
        .await
        .map_err(|error| refusal(error, client.basic))?;
    let (access_token, uid) = (granted.token.reveal(), granted.grant.account.0.to_string());
    let granted = Granted { access_token, token_type: "bearer", uid };
    Ok(json(StatusCode::OK, &granted))
}

fn refusal(error: ExchangeError, basic: bool) -> Refusal {
    let text = error.to_string();
    match error {
        ExchangeError::NoProof => Refusal::bad("invalid_request", text),
        // Section 5.2 asks for 401 where HTTP Basic was used; dropbox-js understands only 400 otherwise.
        ExchangeError::Client(ClientError::Unproven) if basic => {
            Refusal::new(StatusCode::UNAUTHORIZED, "invalid_client", text)
        }
        ExchangeError::Client(ClientError::Unproven) => Refusal::bad("invalid_client", text),
        ExchangeError::Code | ExchangeError::RedirectUri | ExchangeError::Verifier => {
            Refusal::bad("invalid_grant", text)
        }
        ExchangeError::Client(ClientError::Wait(wait)) => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            Refusal { wait: Some(wait), ..Refusal::new(status, "temporarily_unavailable", text) }
        }
        ExchangeError::Client(ClientError::Store(error)) | ExchangeError::Store(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a code could not be exchanged");
            match error {
                StoreError::Unavailable { .. } | StoreError::ReadOnly | StoreError::Full => {
                    let (wait, text) =
                        (Some(Duration::from_secs(5)), "the server cannot do this at the moment");
                    let status = StatusCode::SERVICE_UNAVAILABLE;
                    Refusal { wait, ..Refusal::new(status, "temporarily_unavailable", text) }
                }
                StoreError::Corrupt(_) => Refusal::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "server_error",
                    "something is wrong with the server",
                ),
            }
        }
    }
}

impl From<ParamError> for Refusal {
    fn from(error: ParamError) -> Refusal {
        Refusal::bad("invalid_request", error.to_string())
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Refusal {
        Refusal::new(error.status(), "invalid_request", error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let refused = Refused { error: self.error, error_description: &self.description };
        let mut response = json(self.status, &refused);
        let headers = response.headers_mut();
        if let Some(wait) = self.wait {
            headers.insert(RETRY_AFTER, crate::http::date::delay_seconds(wait).into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"tidemark\""));
        }
        response
    }
}

/// `OPTIONS`: what a browser asks before a program in it may send an `Authorization` header.
pub(super) async fn preflight(headers: HeaderMap) -> Response {
    cors::preflight(&headers, &[Method::POST])
}

/// Every other method.
pub(super) async fn wrong_method(asked: HeaderMap) -> Response {
    let description = "the token endpoint takes POST only";
    let mut response =
        Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", description).into_response();
    response.headers_mut().insert(ALLOW, cors::method_list(&[Method::POST]));
    cors::open(&asked, response.headers_mut());
    response
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).expect("structs of strings can be serialized");
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
    (status, headers, body).into_response()
}
