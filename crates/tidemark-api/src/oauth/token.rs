//! The token endpoints: a code, or a refresh token, becomes an access token.
//!
//! Core API v1's gives tokens that last; `docs/protocols/box.md` says what Box's gives. `/oauth2/token` is a name of both:
//! what comes there is served by what the code was made for.
//!
//! Parameters stand in the form, in the query of an empty POST, or in both; every refusal is RFC 6749 section 5.2's JSON.
//! Programs in browsers call it too, with nothing that a browser would add by itself, so any origin may.

use super::client::{Client, Said};
use super::refusal::{Refusal, json};
use crate::http::{Params, body, cors, params};
use crate::web::Site;
use crate::web::form::FORM_MAX;
use crate::web::visitor::peer;
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use serde::Serialize;
use tidemark_core::model::Lifetime;
use tidemark_core::people::{
    ACCESS_LIFE, ClientError, Exchange, ExchangeError, Granted, Refresh, RefreshError,
};

/// What a token endpoint's name says about who calls it: those whose tokens live so long, or everybody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Serves(pub(super) Option<Lifetime>);

/// A lasting token.
#[derive(Serialize)]
struct Lasting<'a> {
    access_token: &'a str,
    token_type: &'static str,
    /// A string here, though a number elsewhere: Java, Ruby and PHP insist.
    uid: String,
}

/// A token that expires, and what renews it.
#[derive(Serialize)]
struct Renewed<'a> {
    access_token: &'a str,
    /// A number: Node's SDK computes with it.
    expires_in: u64,
    token_type: &'static str,
    refresh_token: &'a str,
    /// Which items the token is good for, if not for all.
    restricted_to: [&'static str; 0],
}

/// The exchange.
pub(super) async fn exchange(
    State(site): State<Site>,
    Extension(serves): Extension<Serves>,
    request: Request,
) -> Response {
    let asked = request.headers().clone();
    let mut response = try_exchange(&site, serves, request).await.unwrap_or_else(Refusal::into_response);
    cors::open(&asked, response.headers_mut());
    response
}

async fn try_exchange(site: &Site, serves: Serves, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let form = body::read(body, FORM_MAX).await?;
    // A body of another type carries no parameters: its reader would find rubbish.
    let form = params::is_form(&parts.headers).then_some(&*form);
    let params = Params::parse(parts.uri.query(), form)?;
    let renews = serves.0 != Some(Lifetime::Lasting);
    let granted = match params.get("grant_type") {
        Some("authorization_code") => by_code(site, serves, &parts, &params).await?,
        Some("refresh_token") if renews => by_refresh_token(site, &parts, &params).await?,
        Some(_) => {
            let known = if renews { "authorization_code or refresh_token" } else { "authorization_code" };
            return Err(Refusal::bad("unsupported_grant_type", format!("grant_type must be {known}")));
        }
        None => return Err(Refusal::bad("invalid_request", "grant_type is missing")),
    };
    Ok(answer(&granted))
}

async fn by_code(
    site: &Site,
    Serves(only): Serves,
    parts: &Parts,
    params: &Params,
) -> Result<Granted, Refusal> {
    let client = client(parts, params)?;
    let code = params.get("code").ok_or_else(|| Refusal::bad("invalid_request", "code is missing"))?;
    let exchange = Exchange {
        code,
        app: &client.key,
        secret: client.secret.as_deref(),
        redirect_uri: params.get("redirect_uri"),
        verifier: params.get("code_verifier"),
        only,
    };
    site.people.exchange(exchange, peer(parts, site)).await.map_err(|error| {
        let text = error.to_string();
        match error {
            ExchangeError::NoProof => Refusal::bad("invalid_request", text),
            ExchangeError::Client(error) => Refusal::client(error, client.basic),
            ExchangeError::Code | ExchangeError::RedirectUri | ExchangeError::Verifier => {
                Refusal::bad("invalid_grant", text)
            }
            ExchangeError::Store(error) => error.into(),
        }
    })
}

async fn by_refresh_token(site: &Site, parts: &Parts, params: &Params) -> Result<Granted, Refusal> {
    let client = client(parts, params)?;
    let token = params.get("refresh_token");
    let token = token.ok_or_else(|| Refusal::bad("invalid_request", "refresh_token is missing"))?;
    let Some(secret) = client.secret.as_deref() else {
        return Err(Refusal::client(ClientError::Unproven, client.basic));
    };
    let refresh = Refresh { token, app: &client.key, secret };
    site.people.refresh(refresh, peer(parts, site)).await.map_err(|error| {
        let text = error.to_string();
        match error {
            RefreshError::Client(error) => Refusal::client(error, client.basic),
            // In the words of the service that programs know.
            RefreshError::Token => Refusal::bad("invalid_grant", "Invalid refresh token"),
            RefreshError::Expired => Refusal::bad("invalid_grant", "Refresh token has expired"),
            RefreshError::Wait(wait) => Refusal::wait(wait, text),
            RefreshError::Store(error) => error.into(),
        }
    })
}

/// Who a request says it is from.
fn client<'a>(parts: &'a Parts, params: &'a Params) -> Result<Client<'a>, Refusal> {
    match Client::read(&parts.headers, params) {
        Said::Client(client) => Ok(client),
        Said::Nothing => Err(Refusal::bad("invalid_request", "no auth method found: client_id is missing")),
        Said::Nonsense => {
            Err(Refusal::bad("invalid_request", "the Authorization header does not fit the request"))
        }
    }
}

fn answer(granted: &Granted) -> Response {
    let (access_token, token_type) = (granted.token.reveal(), "bearer");
    match &granted.refresh {
        None => {
            let uid = granted.grant.account.0.to_string();
            json(StatusCode::OK, &Lasting { access_token, token_type, uid })
        }
        Some(refresh) => {
            let (refresh_token, expires_in) = (refresh.reveal(), ACCESS_LIFE.as_secs());
            let restricted_to = [];
            json(
                StatusCode::OK,
                &Renewed { access_token, expires_in, token_type, refresh_token, restricted_to },
            )
        }
    }
}
