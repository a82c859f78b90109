//! Who calls: a bearer token or an OAuth 1 signature, from header, query or form.

use super::bearer;
use super::oauth1::{Presented, Unsigned};
use crate::http::{Origin, Params};
use crate::telemetry::inspector::note_caller;
use http::request::Parts;
use tidemark_core::people::{BearerError, Caller, People};

/// Why nobody is known to be calling.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoCaller {
    /// The request does not say who it is from.
    #[error("the request carries no credentials")]
    Nobody,
    /// The bearer token lets nobody in.
    #[error(transparent)]
    Bearer(#[from] BearerError),
    /// The OAuth 1 signature proves nothing.
    #[error(transparent)]
    OAuth1(#[from] Unsigned),
}

/// Who sends a request, by its header alone; nothing if that does not say, or if what it signs includes a form that has not
/// been read yet.
pub(crate) async fn by_header(
    people: &People,
    origin: &Origin,
    parts: &Parts,
) -> Result<Option<Caller>, NoCaller> {
    if let Some(token) = bearer::from_header(&parts.headers) {
        return by_bearer(people, parts, token).await.map(Some);
    }
    if !Presented::is_in_header(&parts.headers) {
        return Ok(None);
    }
    let presented = Presented::read(parts, &Params::default(), origin)?;
    match presented.stands_alone() {
        true => by_signature(people, origin, parts, &presented).await.map(Some),
        false => Ok(None),
    }
}

/// Who sends a request. Of several credentials those in the header count, and of those in the parameters a bearer token.
pub(crate) async fn caller(
    people: &People,
    origin: &Origin,
    parts: &Parts,
    params: &Params,
) -> Result<Caller, NoCaller> {
    let bearer = match Presented::is_in_header(&parts.headers) {
        true => bearer::from_header(&parts.headers),
        false => bearer::token(&parts.headers, params),
    };
    if let Some(token) = bearer {
        return by_bearer(people, parts, token).await;
    }
    if !Presented::is_there(&parts.headers, params) {
        return Err(NoCaller::Nobody);
    }
    let presented = Presented::read(parts, params, origin)?;
    by_signature(people, origin, parts, &presented).await
}

async fn by_bearer(people: &People, parts: &Parts, token: &str) -> Result<Caller, NoCaller> {
    let caller = people.authenticate(token).await?;
    note_caller(&parts.extensions, &caller);
    Ok(caller)
}

async fn by_signature(
    people: &People,
    origin: &Origin,
    parts: &Parts,
    presented: &Presented,
) -> Result<Caller, NoCaller> {
    let check = |app: &str, token: &str| presented.fits(app, token);
    let caller = people.authenticate_signed(presented.signed(&check), origin.peer(parts).into()).await;
    let caller = caller.map_err(|error| NoCaller::OAuth1(error.into()))?;
    note_caller(&parts.extensions, &caller);
    Ok(caller)
}
