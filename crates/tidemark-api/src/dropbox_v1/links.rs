//! `/shares`, `/media`, `/copy_ref`, and `/view`, where the links of `/media` lead: what stands for a file elsewhere.

use axum::response::Response;
use std::time::Duration;
use tidemark_core::cloud::{Item, RelocateError};
use tidemark_core::model::{Audience, LinkChange, LinkRules, Path, Reference};

use super::error::ApiError;
use super::json;
use super::request::Call;
use super::wire::{CopyRef, Date, DirectLink, SharedLink};
use crate::content::{Download, Extension, anonymous_etag};
use crate::tokens::ReferenceKind;
use crate::web::shared::address::{encoded, page_path, short_path};

/// How long a direct link is good for.
const VIEW_LIFE: Duration = Duration::from_secs(4 * 60 * 60);
/// How long a copy reference is: thirty years.
const COPY_LIFE: Duration = Duration::from_secs(10_957 * 24 * 60 * 60);

/// GET or POST `/shares/<root>/<path>`: a link for everybody, the same one again for the same entry.
pub(super) async fn shares(call: &Call<'_>) -> Result<Response, ApiError> {
    let (path, short) = (call.path()?, call.params.boolean("short_url")?.unwrap_or(true));
    let scope = call.scope().await?;
    let shared = call.cloud().share(&scope, &path, &call.caller()?.app.key, &LinkChange::default()).await;
    let (link, item) = shared.map_err(|error| ApiError::of_share(error, &path))?;
    let address = if short { short_path(&link.key) } else { page_path(&link.key, &item.entry.name) };
    Ok(json(&SharedLink {
        url: call.api.origin.url(call.parts, &address),
        expires: Date(link.rules.expires.unwrap_or(SharedLink::NO_END)),
        visibility: visibility(&link.rules),
    }))
}

/// For whom a link is, in this protocol's words. A program that asks for a link gets the one that there is, and its rules stay
/// those that were laid down elsewhere.
fn visibility(rules: &LinkRules) -> &'static str {
    match (rules.audience, &rules.password) {
        (Audience::Everybody, None) => "PUBLIC",
        (Audience::Everybody, Some(_)) => "PASSWORD",
        (Audience::Members, _) => "TEAM_ONLY",
        (Audience::Owner, _) => "SHARED_FOLDER_ONLY",
    }
}

/// GET or POST `/media/<root>/<path>`: a link to the bytes of a file, for everybody and for a while.
pub(super) async fn media(call: &Call<'_>) -> Result<Response, ApiError> {
    let path = call.path()?;
    let (reference, item) = refer(call, &path, VIEW_LIFE).await?.ok_or_else(ApiError::no_file)?;
    if item.entry.is_folder() {
        return Err(ApiError::no_file());
    }
    let token = call.api.sealer.seal_reference(ReferenceKind::View, &reference);
    let address = format!("/1/view/{token}/{}", encoded(item.entry.name.as_str()));
    Ok(json(&DirectLink { url: call.api.origin.url(call.parts, &address), expires: Date(reference.expires) }))
}

/// GET or POST `/copy_ref/<root>/<path>`: what any program of the same app may copy, whoever it acts for.
pub(super) async fn copy_ref(call: &Call<'_>) -> Result<Response, ApiError> {
    let path = call.path()?;
    let found = refer(call, &path, COPY_LIFE).await?;
    let (reference, _) = found.ok_or_else(|| match path.is_root() {
        true => ApiError::of_relocate(RelocateError::RootNotAllowed, &path),
        false => ApiError::not_found(&path),
    })?;
    Ok(json(&CopyRef {
        copy_ref: call.api.sealer.seal_reference(ReferenceKind::Copy, &reference),
        expires: Date(reference.expires),
    }))
}

async fn refer(call: &Call<'_>, path: &Path, life: Duration) -> Result<Option<(Reference, Item)>, ApiError> {
    let scope = call.scope().await?;
    Ok(call.cloud().refer(&scope, &call.caller()?.app.key, path, life).await?)
}

/// GET or HEAD `/view/<token>/<name>`: the bytes that a link of `/media` stands for. Whatever is wrong with a link, it is
/// answered as if there had never been one.
pub(super) async fn view(call: &Call<'_>) -> Result<Response, ApiError> {
    let reference = call.api.sealer.open_reference(ReferenceKind::View, call.token());
    let reference = reference.map_err(|_| ApiError::no_file())?;
    let entry = call.cloud().referred(&reference).await?.ok_or_else(ApiError::no_file)?;
    let content = entry.file().ok_or_else(ApiError::no_file)?.content;
    // By the name that the file has: the one in the URL is whoever's made the URL.
    let mime_type = Extension::of(entry.name.as_str()).mime_type();
    let download = Download { content, etag: anonymous_etag(&content), mime_type };
    Ok(download.respond(call.cloud(), call.parts).await?)
}
