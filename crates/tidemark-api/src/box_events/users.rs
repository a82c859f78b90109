//! People: who calls.

use super::error::ApiError;
use super::fields::Fields;
use super::json;
use super::request::Call;
use super::wire::User;
use crate::web::assets::mark_url;
use axum::response::Response;
use tidemark_core::cloud::Reach;

/// GET `/2.0/users/me`.
pub(super) async fn me(call: &Call<'_>) -> Result<Response, ApiError> {
    let account = &call.caller().account;
    // The account's quota and use, even for an app that sees one folder of it.
    let scope = call.api.cloud.scope(account, Reach::Whole).await?;
    let used = call.cloud().usage(&scope).await?.bytes;
    let fields = Fields::read(&call.params).unwrap_or(Fields::Standard);
    // People have no pictures of their own. Ours is a drawing.
    let avatar_url = call.api.origin.url(call.parts, mark_url());
    Ok(json(&User { account, used, avatar_url: &avatar_url, fields: &fields }))
}
