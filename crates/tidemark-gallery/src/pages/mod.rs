//! What browsers ask: pages, the pictures themselves, and the answers that the pages' scripts read.
//!
//! Whoever asks is known by the session's cookie alone; whatever somebody asks for is looked up among what is theirs. Whatever
//! changes something (sharing, signing out) must come from a page of ours: it shows the proof that only such a page has.

mod albums;
mod assets;
mod live;
mod page;
mod pictures;
mod refusal;
mod sign_in;
mod thumbnails;
mod timeline;
mod ways;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION, VARY, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;
use tidemark_client::{Client, RetryPolicy};

pub(crate) use sign_in::{Flows, revoke};
pub use ways::Peer;
pub(crate) use ways::Ways;

use crate::gallery::Inner;
use crate::session::Member;
use refusal::Refusal;

/// The header in which a page of ours shows that it is one.
const PROOF: HeaderName = HeaderName::from_static("x-form-token");
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Somebody waits: two tries, within a few seconds.
const IMPATIENT: RetryPolicy = RetryPolicy {
    tries_max: 2,
    pause_first: std::time::Duration::from_millis(200),
    pause_max: std::time::Duration::from_secs(2),
    patience: std::time::Duration::from_secs(10),
};

/// Every page and picture.
pub(crate) fn router(inner: Arc<Inner>) -> Router {
    let at = |path: &str| inner.path(path);
    let mut router = Router::new()
        .route(&at("/"), get(page::top))
        .route(&at("/albums"), get(page::show))
        .route(&at("/albums/{album}"), get(page::show))
        .route(&at("/sign-in"), get(sign_in::begin))
        .route(&at("/callback"), get(sign_in::come_back))
        .route(&at("/sign-out"), post(sign_in::sign_out))
        .route(&at(assets::ROUTE), get(assets::serve))
        .route(&at("/api/timeline"), get(timeline::months))
        .route(&at("/api/timeline/{month}"), get(timeline::month))
        .route(&at("/api/albums"), get(albums::list))
        .route(&at("/api/albums/{album}"), get(albums::show))
        .route(&at("/api/albums/{album}/share"), post(albums::share))
        .route(&at("/api/pictures/{picture}"), get(pictures::told))
        .route(&at("/api/pictures/{picture}/share"), post(pictures::share))
        .route(&at("/thumbnails/{picture}/{rev}/{size}"), get(thumbnails::serve))
        .route(&at("/pictures/{picture}"), get(pictures::serve))
        .route(&at("/pictures/{picture}/original"), get(pictures::download))
        .route(&at("/events"), get(live::events));
    if !inner.options.prefix.is_empty() {
        router = router.route(&inner.options.prefix, get(page::add_slash));
    } else {
        router = router.fallback(page::nothing);
    }
    router.layer(from_fn_with_state(inner.clone(), only_here)).with_state(inner)
}

/// Whoever calls the gallery by another name is led to the one that it has: cookies are for that one, and a name that somebody
/// else has led here is none of ours.
async fn only_here(State(inner): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let named = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let authority = request.uri().authority().map(http::uri::Authority::as_str).or(named);
    if authority.is_some_and(|authority| authority.eq_ignore_ascii_case(&inner.authority)) {
        return next.run(request).await;
    }
    let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let here = format!("{}{path}", inner.options.public_url);
    match HeaderValue::try_from(here) {
        Ok(here) if *request.method() == Method::GET => {
            (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, here)]).into_response()
        }
        _ => StatusCode::MISDIRECTED_REQUEST.into_response(),
    }
}

/// Somebody who is signed in. Without a session there is nothing.
impl FromRequestParts<Arc<Inner>> for Member {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, inner: &Arc<Inner>) -> Result<Member, Refusal> {
        inner.member(&parts.headers).await?.ok_or(Refusal::SignedOut)
    }
}

/// Somebody who is signed in, and asks for a change from a page of ours.
struct Acting(Member);

impl FromRequestParts<Arc<Inner>> for Acting {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, inner: &Arc<Inner>) -> Result<Acting, Refusal> {
        let member = Member::from_request_parts(parts, inner).await?;
        let proof = parts.headers.get(PROOF).and_then(|proof| proof.to_str().ok()).unwrap_or_default();
        if !is_from_here(&parts.headers) || !inner.is_form_token(&member, proof) {
            return Err(Refusal::Forged);
        }
        Ok(Acting(member))
    }
}

/// Whether the browser, if it says anything about it, says that one of our pages sent this.
fn is_from_here(headers: &HeaderMap) -> bool {
    headers.get(SITE).is_none_or(|site| site.as_bytes() == b"same-origin")
}

impl Inner {
    /// Who asks the server for somebody who waits.
    async fn client_for(&self, member: &Member) -> Result<Client, Refusal> {
        let digest = member.digest;
        let session = self.store.blocking(move |store| store.session(&digest)).await?;
        let session = session.ok_or(Refusal::SignedOut)?;
        let client = self.client_of(&session).ok_or(Refusal::SignedOut)?;
        Ok(client.with_retries(IMPATIENT))
    }

    /// What became of a question; a token that is not valid any more ends the session that had it.
    async fn answered<T>(
        self: &Arc<Self>,
        member: &Member,
        answer: Result<T, tidemark_client::Error>,
    ) -> Result<T, Refusal> {
        match answer.map_err(Refusal::from) {
            Err(Refusal::SignedOut) => {
                let _ = self.end(member.digest).await;
                Err(Refusal::SignedOut)
            }
            other => other,
        }
    }
}

/// An answer for our scripts, which nobody keeps.
fn json(value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).expect("answers are texts and numbers");
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, body).into_response()
}

/// Who keeps this keeps it for this session only.
fn private(headers: &mut HeaderMap, how: &'static str) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(how));
    headers.insert(VARY, HeaderValue::from_static("Cookie"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        http::header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"),
    );
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
}
