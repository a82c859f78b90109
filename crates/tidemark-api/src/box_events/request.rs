//! What every request has: parameters, a caller, a reach.

use super::BoxEvents;
use super::error::ApiError;
use super::fields::Fields;
use super::ids;
use super::routes::{Route, TokenPlace};
use super::shared;
use crate::Place;
use crate::http::conditional::Tags;
use crate::http::{ETag, Params, Preconditions, Verdict};
use crate::oauth::bearer;
use crate::telemetry::inspector::note_caller;
use axum::body::Body;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method};
use std::sync::Arc;
use tidemark_core::cloud::{Cloud, Reach, Scope};
use tidemark_core::model::{Entry, EntryId, Seq};
use tidemark_core::people::{Caller, OpenLink};

/// Whom an administrator's program acts as.
const AS_USER: HeaderName = HeaderName::from_static("as-user");

/// How many entries a page has if the client doesn't say, and at most.
pub(super) const LIMIT_DEFAULT: usize = 100;
pub(super) const LIMIT_MAX: usize = 1_000;
/// How many entries may be left out before a page.
pub(super) const OFFSET_MAX: usize = 10_000;

/// A request for an address that is its own credential.
pub(super) struct Guest<'a> {
    pub(super) api: &'a BoxEvents,
    pub(super) parts: &'a Parts,
    pub(super) route: Route<'a>,
}

impl<'a> Guest<'a> {
    /// The word in the path.
    pub(super) fn word(&self) -> &'a str {
        self.route.values.get(0)
    }
}

/// A request for an endpoint, understood as far as all endpoints have it in common.
pub(super) struct Call<'a> {
    pub(super) api: &'a BoxEvents,
    pub(super) parts: &'a Parts,
    pub(super) params: Params,
    route: Route<'a>,
    caller: Caller,
    /// The link by which it reads what another has shared, and the entry there that the path names.
    visit: Option<(OpenLink, EntryId)>,
}

impl<'a> Call<'a> {
    /// Reads the parameters, and finds out who calls, and whether now.
    pub(super) async fn read(
        api: &'a BoxEvents,
        parts: &'a Parts,
        route: Route<'a>,
        place: TokenPlace,
    ) -> Result<Call<'a>, ApiError> {
        let params = Params::parse(parts.uri.query(), None)?;
        let token = match place {
            TokenPlace::Header => bearer::from_header(&parts.headers),
            TokenPlace::HeaderOrQuery => bearer::token(&parts.headers, &params),
        };
        let token = token.ok_or_else(ApiError::no_token)?;
        let caller = api.people.authenticate(token).await?;
        note_caller(&parts.extensions, &caller);
        // Before anything is looked at, and before a link's password is.
        api.people.admit(&caller).map_err(ApiError::too_often)?;
        acts_for_itself(parts, &caller)?;
        let visit = visit(api, parts, route, &caller).await?;
        Ok(Call { api, parts, params, route, caller, visit })
    }

    pub(super) fn cloud(&self) -> &'a Arc<Cloud> {
        &self.api.cloud
    }

    /// Who calls.
    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// How far the caller reaches: in its own tree, unless it reads what another has shared.
    pub(super) async fn scope(&self) -> Result<Scope, ApiError> {
        match &self.visit {
            Some((open, _)) => Ok(shared::scope_of(open)),
            None => self.own_scope().await,
        }
    }

    /// How far the caller reaches in its own tree.
    pub(super) async fn own_scope(&self) -> Result<Scope, ApiError> {
        let Caller { account, app, .. } = &self.caller;
        Ok(self.api.cloud.scope(account, Reach::of(app)).await?)
    }

    /// The word in the path.
    pub(super) fn word(&self) -> &'a str {
        self.route.values.get(0)
    }

    /// Whether the links of items may be told.
    pub(super) fn tells_links(&self) -> bool {
        self.route.endpoint.tells_links()
    }

    /// A place among the caller's uploads, for as long as this body is taken in.
    pub(super) fn place(&self, body: &Body) -> Result<Place, ApiError> {
        let place = self.api.intakes.begin(self.caller.account.id, body);
        place.ok_or_else(|| ApiError::busy("Too many uploads are under way"))
    }

    /// The link by which the caller reads what another has shared.
    pub(super) fn visit(&self) -> Option<&OpenLink> {
        self.visit.as_ref().map(|(open, _)| open)
    }

    /// The number in the path.
    pub(super) fn number(&self) -> u64 {
        ids::parse(self.route.values.get(0)).unwrap_or(ids::NOBODY)
    }

    /// The number of a version in the path.
    pub(super) fn version(&self) -> Seq {
        Seq(ids::parse(self.route.values.get(1)).unwrap_or(ids::NOBODY))
    }

    /// The entry that the path names, if it can be one.
    pub(super) fn entry(&self, scope: &Scope) -> Option<EntryId> {
        match &self.visit {
            Some((_, entry)) => Some(*entry),
            None => ids::entry(self.number(), scope.root),
        }
    }

    /// Which fields are asked for; those of this set if none are named.
    pub(super) fn fields(&self, otherwise: Fields) -> Fields {
        Fields::read(&self.params).unwrap_or(otherwise)
    }

    /// The last change that an entry must have for the request to be done, if it is asked for on that condition; a
    /// refusal if that is another already.
    pub(super) fn supposed(&self, entry: &Entry) -> Result<Option<Seq>, ApiError> {
        let if_match = Preconditions::from_headers(&self.parts.headers).if_match;
        let asked = Preconditions { if_match, if_none_match: None };
        if asked.judge(&self.parts.method, Some(&etag(entry))) == Verdict::Failed {
            return Err(ApiError::changed());
        }
        Ok(asked.if_match.filter(|tags| *tags != Tags::Any).map(|_| entry.seq))
    }

    /// Whether the request is asked for on the condition that there is something.
    pub(super) fn supposes_something(&self) -> bool {
        let if_match = Preconditions::from_headers(&self.parts.headers).if_match;
        let asked = Preconditions { if_match, if_none_match: None };
        asked.judge(&self.parts.method, None) == Verdict::Failed
    }

    /// How many entries are left out before a page.
    pub(super) fn offset(&self) -> Result<usize, ApiError> {
        match self.params.integer("offset") {
            Ok(offset) if offset.unwrap_or(0) <= OFFSET_MAX => Ok(offset.unwrap_or(0)),
            Ok(_) | Err(_) => Err(ApiError::bad_paging("offset", OFFSET_MAX)),
        }
    }

    /// How many entries a page may have.
    pub(super) fn limit(&self) -> Result<usize, ApiError> {
        match self.params.integer("limit") {
            Ok(limit) => Ok(limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX)),
            Err(_) => Err(ApiError::bad_paging("limit", LIMIT_MAX)),
        }
    }

    /// Whether the client says that it has this state of an entry already. The root has no state that could be said.
    pub(super) fn has_already(&self, entry: &Entry, root: EntryId) -> bool {
        let etag = (self.visit.is_some() || entry.id != root).then(|| etag(entry));
        let if_none_match = Preconditions::from_headers(&self.parts.headers).if_none_match;
        let asked = Preconditions { if_match: None, if_none_match };
        etag.is_some() && asked.judge(&Method::GET, etag.as_ref()) == Verdict::NotModified
    }
}

/// Refuses to act as somebody else: nobody may, and to do it in the caller's own tree is what nobody meant.
fn acts_for_itself(parts: &Parts, caller: &Caller) -> Result<(), ApiError> {
    let is_caller = |id: &HeaderValue| id.as_bytes() == caller.account.id.0.to_string().as_bytes();
    match parts.headers.get_all(AS_USER).into_iter().all(is_caller) {
        true => Ok(()),
        false => Err(ApiError::not_as_another()),
    }
}

/// The tag of an entry's present state, as its object tells it.
fn etag(entry: &Entry) -> ETag {
    ETag::strong(entry.seq.0.to_string())
}

/// The link by which a request reads what another has shared. Nothing else is done with what is another's.
async fn visit(
    api: &BoxEvents,
    parts: &Parts,
    route: Route<'_>,
    caller: &Caller,
) -> Result<Option<(OpenLink, EntryId)>, ApiError> {
    if !route.endpoint.takes_guests() {
        return Ok(None);
    }
    let Some((namespace, entry)) = ids::parse_foreign(route.values.get(0)) else { return Ok(None) };
    let Some(open) = shared::opened(api, parts, caller).await? else { return Ok(None) };
    let is_there = open.link().referent.namespace == namespace && namespace != caller.account.namespace;
    if is_there && shared::shows(api, &open, entry).await? { Ok(Some((open, entry))) } else { Ok(None) }
}
