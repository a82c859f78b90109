//! The Dropbox Core API, version 1: a retired protocol whose client libraries still exist.
//!
//! A request finds its endpoint in [`routes`], its parameters, caller and paths in `request`; a handler in the file
//! named after its family parses, asks [`Cloud`], and renders with `wire`; what is refused is spelled by `error`. The
//! behaviour of every endpoint, and what was decided where the documents are silent, stands in
//! `docs/protocols/dropbox-v1.md`.

mod account;
mod apps;
mod delta;
mod error;
mod fileops;
mod files;
mod found;
mod kinds;
mod links;
mod longpoll;
mod metadata;
mod previews;
mod request;
mod revisions;
pub mod routes;
mod save_url;
mod search;
mod shared_folders;
mod thumbnails;
mod uploads;
mod webhooks;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Method, Request, StatusCode};
use serde::Serialize;
use tidemark_core::cloud::Cloud;
use tidemark_core::fetches::Fetches;
use tidemark_core::media::Media;
use tidemark_core::people::People;
use tidemark_core::store::Entropy;

use self::error::ApiError;
use self::request::Call;
use self::routes::{Route, Unroutable, Verb};
use crate::Intakes;
use crate::http::{Origin, cors, json};
use crate::telemetry::RouteClass;
use crate::tokens::Sealer;

pub use self::longpoll::POLL_TIMEOUT_MAX;
pub use self::webhooks::Webhooks;

/// What an operator may choose about this protocol.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The shortest time that a long poll may ask to wait; shorter ones are made this long, up to [`POLL_TIMEOUT_MAX`].
    /// 30 seconds by the protocol.
    pub poll_timeout_min: Duration,
    /// A quiet long poll waits up to this much longer than it asked to, so that clients which began together don't
    /// come back together.
    pub poll_jitter_max: Duration,
    /// How long a long poll that finds the server overloaded is told to stay away, in whole seconds; up to half as much
    /// is added at random.
    pub poll_backoff: Duration,
    /// The two letters that accounts are told as their country. `ZZ` means unknown; some clients fail without one.
    pub country: String,
    /// How many uploads larger than 64 KiB an account may have under way at once, by whichever protocol. Each takes 4 MiB
    /// of memory or more.
    pub uploads_per_account_max: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            poll_timeout_min: Duration::from_secs(30),
            poll_jitter_max: Duration::from_secs(2),
            poll_backoff: Duration::from_secs(60),
            country: "ZZ".to_owned(),
            uploads_per_account_max: 100,
        }
    }
}

/// What the protocol stands on.
pub struct Parts {
    /// What happens to files.
    pub cloud: Arc<Cloud>,
    /// Who calls.
    pub people: Arc<People>,
    /// What is got from elsewhere.
    pub fetches: Arc<Fetches>,
    /// What is made of files.
    pub media: Arc<Media>,
    /// Seals the cursors and references that clients keep.
    pub sealer: Sealer,
    /// Spreads clients in time.
    pub entropy: Arc<dyn Entropy>,
    /// How addresses of this server begin.
    pub origin: Origin,
    /// The uploads under way, by every protocol.
    pub intakes: Arc<Intakes>,
    /// What the operator chose.
    pub settings: Settings,
}

/// The protocol over one cloud.
pub struct DropboxV1 {
    cloud: Arc<Cloud>,
    people: Arc<People>,
    fetches: Arc<Fetches>,
    media: Arc<Media>,
    sealer: Sealer,
    entropy: Arc<dyn Entropy>,
    origin: Origin,
    settings: Settings,
    intakes: Arc<Intakes>,
}

impl DropboxV1 {
    /// The protocol made of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> DropboxV1 {
        let Parts { cloud, people, fetches, media, sealer, entropy, origin, intakes, settings } = parts;
        DropboxV1 { cloud, people, fetches, media, sealer, entropy, origin, settings, intakes }
    }

    /// Answers a request for a path of which [`routes::is_ours`] is true. The path must be whole and as it was sent,
    /// so a router that takes prefixes off or decodes is in the way: mount this as its fallback.
    pub async fn handle(&self, request: Request<Body>) -> Response {
        let (parts, body) = request.into_parts();
        let mut response = match routes::route(&parts.method, parts.uri.path()) {
            Ok(route) => {
                let class = RouteClass(route.endpoint.name);
                let answer = self.answer(&parts, route, body).await;
                let mut response = answer.unwrap_or_else(ApiError::into_response);
                response.extensions_mut().insert(class);
                response
            }
            // What a browser asks before it lets a program send more than a form could.
            Err(Unroutable::Method(methods)) if parts.method == Method::OPTIONS => {
                return cors::preflight(&parts.headers, methods);
            }
            Err(error) => ApiError::from(error).into_response(),
        };
        cors::open(&parts.headers, response.headers_mut());
        response
    }

    async fn answer(
        &self,
        parts: &http::request::Parts,
        route: Route<'_>,
        body: Body,
    ) -> Result<Response, ApiError> {
        let (call, body) = Call::read(self, parts, route, body).await?;
        if !route.endpoint.needs_caller {
            return DropboxV1::perform(&call, route.endpoint.verb, body).await;
        }
        let caller = call.caller()?;
        let done = match self.people.admit(caller) {
            Ok(()) => DropboxV1::perform(&call, route.endpoint.verb, body).await,
            Err(wait) => Err(ApiError::too_often(wait)),
        };
        done.map_err(|error| error.told_to(caller.proof))
    }

    async fn perform(call: &Call<'_>, verb: Verb, body: Body) -> Result<Response, ApiError> {
        match verb {
            Verb::AccountInfo => account::info(call).await,
            Verb::AppInfo => apps::info(call).await,
            Verb::CheckDeveloper => apps::check_developer(call).await,
            Verb::CheckRedirectUri => apps::check_redirect_uri(call).await,
            Verb::ChunkedUpload => uploads::chunk(call, body).await,
            Verb::CommitChunkedUpload => uploads::commit(call).await,
            Verb::Copy => fileops::copy(call).await,
            Verb::CopyRef => links::copy_ref(call).await,
            Verb::CreateFolder => fileops::create_folder(call).await,
            Verb::Delete => fileops::delete(call).await,
            Verb::Delta => delta::page(call).await,
            Verb::DisableToken => account::disable_token(call).await,
            Verb::Files if call.parts.method == Method::POST => files::post(call, body).await,
            Verb::Files => files::get(call).await,
            Verb::FilesPut => files::put(call, body).await,
            Verb::LatestCursor => delta::latest(call).await,
            Verb::Longpoll => longpoll::wait(call),
            Verb::Media => links::media(call).await,
            Verb::Metadata => metadata::get(call).await,
            Verb::Move => fileops::relocate(call).await,
            Verb::Previews => previews::get(call).await,
            Verb::Restore => revisions::restore(call).await,
            Verb::Revisions => revisions::list(call).await,
            Verb::SaveUrl => save_url::begin(call).await,
            Verb::SaveUrlJob => save_url::job(call).await,
            Verb::Search => search::find(call).await,
            Verb::SharedFolders => shared_folders::show(call),
            Verb::Shares => links::shares(call).await,
            Verb::Thumbnails => thumbnails::get(call).await,
            Verb::TokenFromOauth1 => account::token_from_oauth1(call).await,
            Verb::View => links::view(call).await,
        }
    }
}

/// A 200 with a JSON body.
fn json(value: &impl Serialize) -> Response {
    json::answer(StatusCode::OK, value)
}
