//! `POST /oauth2/revoke` (and `/api/oauth2/revoke`): a program gives back what it was given. `docs/protocols/box.md`, RFC 7009.
//!
//! Whatever the token is, unless the client is not what it says, the answer is the same: nobody learns whether others'
//! tokens exist, and a token that is gone is what was asked for.

use super::client::{Client, Said};
use super::refusal::Refusal;
use crate::http::{Params, body, cors};
use crate::web::Site;
use crate::web::form::FORM_MAX;
use crate::web::visitor::peer;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Map, Value};
use tidemark_core::people::ClientError;

/// Box documents an answer without a body. Classic Python takes that for a failure: it wants JSON of whatever it asks. No
/// client reads what is in it.
const DONE: &str = "{}";

/// The revocation.
pub(super) async fn revoke(State(site): State<Site>, request: Request) -> Response {
    let asked = request.headers().clone();
    let mut response = match try_revoke(&site, request).await {
        Ok(()) => ([(CACHE_CONTROL, "no-store"), (CONTENT_TYPE, "application/json")], DONE).into_response(),
        Err(refusal) => refusal.into_response(),
    };
    cors::open(&asked, response.headers_mut());
    response
}

async fn try_revoke(site: &Site, request: Request) -> Result<(), Refusal> {
    let (parts, body) = request.into_parts();
    let body = body::read(body, FORM_MAX).await?;
    let params = read(&body)?;
    let client = match Client::read(&parts.headers, &params) {
        Said::Client(client) => client,
        Said::Nothing => return Err(Refusal::client(ClientError::Unproven, false)),
        Said::Nonsense => {
            return Err(Refusal::bad("invalid_request", "the Authorization header does not fit the request"));
        }
    };
    let Some(secret) = client.secret.as_deref() else {
        return Err(Refusal::client(ClientError::Unproven, client.basic));
    };
    let token = params.get("token").ok_or_else(|| Refusal::bad("invalid_request", "token is missing"))?;
    let peer = peer(&parts, site);
    match site.people.revoke_own(token, &client.key, secret, peer).await {
        Ok(revoked) => {
            tracing::info!(app = %client.key, revoked, "an app gave a token back");
            Ok(())
        }
        Err(error) => Err(Refusal::client(error, client.basic)),
    }
}

/// The parameters: a form, or the members of a JSON object. The body shows which it is: no form of these parameters begins
/// with a brace, and the type is not always told.
fn read(body: &[u8]) -> Result<Params, Refusal> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Ok(Params::parse(None, Some(body))?);
    }
    let members: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|_| Refusal::bad("invalid_request", "the body is neither a form nor a JSON object"))?;
    let texts = members.into_iter().filter_map(|(name, value)| match value {
        Value::String(text) => Some((name, text)),
        _ => None,
    });
    Ok(Params::of(texts)?)
}
