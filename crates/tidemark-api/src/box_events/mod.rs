//! The protocol of the Box Content API: files and folders by number, and a long poll that says that something happened.
//!
//! A request finds its endpoint in [`routes`], its parameters, caller and reach in `request`; a handler in the file named
//! after its family parses, asks [`Cloud`], and renders with `wire`; what is refused is spelled by `error`. The behaviour
//! of every endpoint, and what was decided where the documents are silent, stands in `docs/protocols/box.md`.

mod channel;
mod error;
mod events;
mod fields;
mod files;
mod folders;
mod ids;
mod items;
mod json_body;
mod links;
mod markers;
mod positions;
mod realtime;
mod request;
pub mod routes;
mod said;
mod search;
mod sessions;
mod shared;
mod thumbnails;
mod trash;
mod uploads;
mod users;
mod versions;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, Method, Request, StatusCode};
use serde::Serialize;
use tidemark_core::cloud::Cloud;
use tidemark_core::media::Media;
use tidemark_core::people::People;
use tidemark_core::store::Entropy;

use self::error::ApiError;
use self::items::Kind;
use self::request::{Call, Guest};
use self::routes::{Open, Route, Task, Unroutable, Verb};
use crate::Intakes;
use crate::http::json::answer as json_with;
use crate::http::{Origin, cors};
use crate::telemetry::{IdHeader, RouteClass};
use crate::tokens::Sealer;

/// What an operator may choose about this protocol.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a quiet long poll is held. There are clients that give up after a minute.
    pub realtime_hold: Duration,
    /// How far back events are told.
    pub event_retention: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            realtime_hold: Duration::from_secs(50),
            event_retention: Duration::from_secs(60 * 24 * 60 * 60),
        }
    }
}

/// Where the protocol's answers carry the request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("box-request-id");

/// What the protocol stands on.
pub struct Parts {
    /// What happens to files.
    pub cloud: Arc<Cloud>,
    /// Who calls.
    pub people: Arc<People>,
    /// What is made of files.
    pub media: Arc<Media>,
    /// Seals the addresses that clients are handed.
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
pub struct BoxEvents {
    cloud: Arc<Cloud>,
    people: Arc<People>,
    media: Arc<Media>,
    sealer: Sealer,
    entropy: Arc<dyn Entropy>,
    origin: Origin,
    intakes: Arc<Intakes>,
    settings: Settings,
}

impl BoxEvents {
    /// The protocol made of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> BoxEvents {
        let Parts { cloud, people, media, sealer, entropy, origin, intakes, settings } = parts;
        BoxEvents { cloud, people, media, sealer, entropy, origin, intakes, settings }
    }

    /// Answers a request for a path of which [`routes::is_ours`] is true. The path must be whole and as it was sent,
    /// so a router that takes prefixes off or decodes is in the way: mount this as its fallback.
    pub async fn handle(&self, request: Request<Body>) -> Response {
        let (parts, body) = request.into_parts();
        // `OPTIONS` is a method like any other here, unless a browser asks what it may send.
        if cors::is_preflight(&parts.method, &parts.headers) {
            return cors::preflight(&parts.headers, &routes::methods(parts.uri.path()));
        }
        let mut response = match routes::route(&parts.method, parts.uri.path()) {
            Ok(route) => {
                let class = RouteClass(route.endpoint.name);
                let answer = self.answer(&parts, route, body).await;
                let mut response = answer.unwrap_or_else(|error| error.respond(&self.origin, &parts));
                response.extensions_mut().insert(class);
                response
            }
            Err(Unroutable::Method(methods)) if parts.method == Method::OPTIONS => {
                return cors::preflight(&parts.headers, &methods);
            }
            Err(error) => ApiError::from(error).respond(&self.origin, &parts),
        };
        cors::open(&parts.headers, response.headers_mut());
        response.extensions_mut().insert(IdHeader(REQUEST_ID));
        response
    }

    async fn answer(
        &self,
        parts: &http::request::Parts,
        route: Route<'_>,
        body: Body,
    ) -> Result<Response, ApiError> {
        let (verb, place) = match route.endpoint.task {
            Task::Called(verb, place) => (verb, place),
            Task::Open(open) => {
                let guest = Guest { api: self, parts, route };
                return match open {
                    Open::Download => files::download(&guest).await,
                    Open::Subscribe => Ok(realtime::wait(&guest)),
                };
            }
        };
        let call = Call::read(self, parts, route, place).await?;
        match verb {
            Verb::AbortSession => sessions::abort(&call).await,
            Verb::BeginSession => sessions::begin_new(&call, body).await,
            Verb::BeginVersionSession => sessions::begin_version(&call, body).await,
            Verb::CommitSession => sessions::commit(&call, body).await,
            Verb::CopyFile => items::copy(&call, Kind::File, body).await,
            Verb::CopyFolder => items::copy(&call, Kind::Folder, body).await,
            Verb::CreateFolder => folders::create(&call, body).await,
            Verb::DeleteFile => items::delete(&call, Kind::File).await,
            Verb::DeleteFolder => items::delete(&call, Kind::Folder).await,
            Verb::GetAvatar => users::avatar(&call).await,
            Verb::GetCollections => users::collections(&call),
            Verb::GetContent => files::content(&call).await,
            Verb::GetEvents => events::page(&call).await,
            Verb::GetFile => files::get(&call).await,
            Verb::GetFolder => folders::get(&call).await,
            Verb::GetMe => users::me(&call).await,
            Verb::GetRealtimeServers => realtime::servers(&call).await,
            Verb::GetSession => sessions::get(&call).await,
            Verb::GetSharedItem => shared::get(&call).await,
            Verb::GetThumbnail(format) => thumbnails::get(&call, format).await,
            Verb::GetTrashedFile => trash::get(&call, Kind::File).await,
            Verb::GetTrashedFolder => trash::get(&call, Kind::Folder).await,
            Verb::GetUser => users::get(&call).await,
            Verb::GetVersion => versions::get(&call).await,
            Verb::ListFolder => folders::items(&call).await,
            Verb::ListParts => sessions::parts(&call).await,
            Verb::ListTrash => trash::items(&call).await,
            Verb::ListUsers => users::list(&call).await,
            Verb::ListVersions => versions::list(&call).await,
            Verb::PreflightNew => uploads::preflight_new(&call, body).await,
            Verb::PreflightVersion => uploads::preflight_version(&call, body).await,
            Verb::PromoteVersion => versions::promote(&call, body).await,
            Verb::PurgeFile => trash::purge(&call, Kind::File).await,
            Verb::PurgeFolder => trash::purge(&call, Kind::Folder).await,
            Verb::ReinstateVersion => versions::reinstate(&call, body).await,
            Verb::RestoreFile => trash::restore(&call, Kind::File, body).await,
            Verb::RestoreFolder => trash::restore(&call, Kind::Folder, body).await,
            Verb::UploadNew => uploads::create(&call, body).await,
            Verb::UploadPart => sessions::part(&call, body).await,
            Verb::UploadVersion => uploads::replace(&call, body).await,
            Verb::Search => search::get(&call).await,
            Verb::UpdateFile => items::update(&call, Kind::File, body).await,
            Verb::UpdateFolder => items::update(&call, Kind::Folder, body).await,
            Verb::WithdrawVersion => versions::withdraw(&call).await,
        }
    }
}

/// A 200 with a JSON body.
fn json(value: &impl Serialize) -> Response {
    json_with(StatusCode::OK, value)
}

/// A 204: it is done, and there is nothing to tell.
fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// A 304: the client has it already.
fn not_modified() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}
