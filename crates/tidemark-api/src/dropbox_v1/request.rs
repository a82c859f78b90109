//! What every request has: parameters, a caller, a root and paths.

use axum::body::Body;
use http::request::Parts;
use http::{Method, StatusCode};
use std::sync::Arc;
use tidemark_core::cloud::{Cloud, Reach, Scope};
use tidemark_core::model::{Access, Path, Rev};
use tidemark_core::people::Caller;

use super::DropboxV1;
use super::error::ApiError;
use super::routes::{ParamPlace, Route};
use super::wire::View;
use crate::Place;
use crate::http::params::BYTES_MAX;
use crate::http::{ParamError, Params, body, params, path};
use crate::oauth::caller::{NoCaller, by_header, caller};

/// The longest form of which it is not known yet who sent it, because the token stands in it (or nowhere).
const STRANGERS_FORM_MAX: usize = 64 << 10;

/// A request for an endpoint, understood as far as all endpoints have it in common.
pub(super) struct Call<'a> {
    pub(super) api: &'a DropboxV1,
    pub(super) parts: &'a Parts,
    pub(super) params: Params,
    route: Route<'a>,
    caller: Option<Caller>,
    /// See [`wants_identity`].
    identity: bool,
}

impl<'a> Call<'a> {
    /// Reads the parameters, and proves who calls. Hands the body back if it is not a form.
    pub(super) async fn read(
        api: &'a DropboxV1,
        parts: &'a Parts,
        route: Route<'a>,
        body: Body,
    ) -> Result<(Call<'a>, Body), ApiError> {
        let takes_form = route.endpoint.params == ParamPlace::QueryAndForm
            && parts.method == Method::POST
            && params::is_form(&parts.headers);
        let needs_caller = route.endpoint.needs_caller;
        if !takes_form {
            let params = Params::parse(parts.uri.query(), None)?;
            let caller = match needs_caller {
                true => Some(caller(&api.people, &api.origin, parts, &params).await?),
                false => None,
            };
            let identity = wants_identity(&params)?;
            return Ok((Call { api, parts, params, route, caller, identity }, body));
        }
        // Whoever says who they are before the form is looked at before it, and a stranger's form may not take much room.
        let known = match needs_caller {
            true => by_header(&api.people, &api.origin, parts).await?,
            false => None,
        };
        let form_max = if known.is_some() { BYTES_MAX } else { STRANGERS_FORM_MAX };
        let form = body::read(body, form_max as u64).await?;
        let params = Params::parse(parts.uri.query(), Some(&form))?;
        let caller = match known {
            None if needs_caller => Some(caller(&api.people, &api.origin, parts, &params).await?),
            known => known,
        };
        let identity = wants_identity(&params)?;
        Ok((Call { api, parts, params, route, caller, identity }, Body::empty()))
    }

    pub(super) fn cloud(&self) -> &'a Arc<Cloud> {
        &self.api.cloud
    }

    /// Who calls.
    pub(super) fn caller(&self) -> Result<&Caller, ApiError> {
        self.caller.as_ref().ok_or_else(|| NoCaller::Nobody.into())
    }

    /// A place among the caller's uploads, for as long as this body is taken in.
    pub(super) fn place(&self, body: &Body) -> Result<Place, ApiError> {
        self.api.intakes.begin(self.caller()?.account.id, body).ok_or_else(ApiError::too_many_uploads)
    }

    /// What the root in the URL stands for.
    pub(super) async fn scope(&self) -> Result<Scope, ApiError> {
        self.scope_of(self.route.root).await
    }

    /// What a root's word stands for to this caller.
    pub(super) async fn scope_of(&self, root: &str) -> Result<Scope, ApiError> {
        let Caller { account, app, .. } = self.caller()?;
        let reach = match (root, app.access) {
            ("auto", _) => Reach::of(app),
            ("sandbox", _) => Reach::AppFolder(app),
            ("dropbox", Access::Full) => Reach::Whole,
            ("dropbox", Access::AppFolder) => {
                return Err(ApiError::new(StatusCode::FORBIDDEN, "The app may use its own folder only"));
            }
            ("", _) => return Err(ParamError::Missing { name: "root" }.into()),
            (other, _) => {
                return Err(ParamError::invalid("root", "one of auto, sandbox, dropbox", other).into());
            }
        };
        Ok(self.api.cloud.scope(account, reach).await?)
    }

    /// How entries are told, seen from there.
    pub(super) fn view(&self, scope: &Scope) -> View {
        View::of(scope, self.identity)
    }

    /// Whether the client asked which entries, and which server, it is told of.
    pub(super) fn tells_identity(&self) -> bool {
        self.identity
    }

    /// The word behind the endpoint's name, as it was sent; empty if there is none.
    pub(super) fn id(&self) -> &'a str {
        self.route.path
    }

    /// The token in the URL that stands for a file.
    pub(super) fn token(&self) -> &str {
        self.route.root
    }

    /// The path in the URL, to look up.
    pub(super) fn path(&self) -> Result<Path, ApiError> {
        read_path("path", &self.decoded_path()?, Path::parse)
    }

    /// The path in the URL, at which something is to be created.
    pub(super) fn new_path(&self) -> Result<Path, ApiError> {
        read_path("path", &self.decoded_path()?, Path::parse_new)
    }

    fn decoded_path(&self) -> Result<String, ApiError> {
        match path::decode(self.route.path) {
            Ok(path) => Ok(path.into_owned()),
            Err(error) => Err(ApiError::of_param("path", format!("The path cannot be used: {error}"))),
        }
    }

    /// A path in a parameter, to look up.
    pub(super) fn path_param(&self, name: &'static str) -> Result<Path, ApiError> {
        read_path(name, self.params.required(name)?, Path::parse)
    }

    /// A path in a parameter, at which something is to be created.
    pub(super) fn new_path_param(&self, name: &'static str) -> Result<Path, ApiError> {
        read_path(name, self.params.required(name)?, Path::parse_new)
    }

    /// A rev, if there is one.
    pub(super) fn rev_param(&self, name: &'static str) -> Result<Option<Rev>, ApiError> {
        read_rev(&self.params, name)
    }
}

/// Our own clients ask for what the protocol never told.
pub(super) fn wants_identity(params: &Params) -> Result<bool, ParamError> {
    Ok(params.boolean("include_identity")?.unwrap_or(false))
}

pub(super) fn read_path(
    param: &str,
    text: &str,
    read: impl Fn(&str) -> Result<Path, tidemark_core::model::PathError>,
) -> Result<Path, ApiError> {
    read(text).map_err(|error| ApiError::of_path(param, &error))
}

pub(super) fn read_rev(params: &Params, name: &'static str) -> Result<Option<Rev>, ApiError> {
    let Some(text) = params.get(name) else { return Ok(None) };
    match text.parse() {
        Ok(rev) => Ok(Some(rev)),
        Err(_) => Err(ParamError::invalid(name, "a rev", text).into()),
    }
}
