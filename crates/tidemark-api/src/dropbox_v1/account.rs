//! `/account/info`, giving an access token back, and exchanging one for another.

use crate::http::json::INTEGER_MAX;
use axum::response::Response;
use data_encoding::HEXLOWER;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use serde_json::json;
use tidemark_core::cloud::Reach;
use tidemark_core::model::Proof;
use tidemark_core::people::oauth1::SignedError;

use super::error::ApiError;
use super::json as answer;
use super::request::Call;
use super::wire::{AccountInfo, NameDetails, QuotaInfo};

/// GET or POST `/account/info`.
pub(super) async fn info(call: &Call<'_>) -> Result<Response, ApiError> {
    let account = &call.caller()?.account;
    // The account's quota and use, even for an app that sees one folder of it.
    let scope = call.api.cloud.scope(account, Reach::Whole).await?;
    let used = call.cloud().usage(&scope).await?;
    Ok(answer(&AccountInfo {
        uid: account.id.0,
        display_name: &account.name,
        email: &account.email,
        // Whoever runs the server vouches for it.
        email_verified: true,
        name_details: NameDetails::of(&account.name),
        country: &call.api.settings.country,
        locale: "en",
        is_paired: false,
        team: None,
        referral_link: call.api.origin.url(call.parts, "/"),
        quota_info: QuotaInfo {
            // Where there is no quota, clients want a number all the same.
            quota: account.quota.unwrap_or(INTEGER_MAX),
            normal: used.bytes,
            shared: 0,
            datastores: 0,
        },
        server_id: call.tells_identity().then(|| HEXLOWER.encode(&call.api.sealer.server_id())),
    }))
}

/// POST `/disable_access_token` and `/unlink_access_token`.
pub(super) async fn disable_token(call: &Call<'_>) -> Result<Response, ApiError> {
    call.api.people.revoke(call.caller()?.grant).await?;
    Ok(answer(&json!({})))
}

/// POST `/oauth2/token_from_oauth1`: a bearer token with the same permission. The one that signed stays valid, so that a
/// program can be sure of the new one before it gives the old one back.
pub(super) async fn token_from_oauth1(call: &Call<'_>) -> Result<Response, ApiError> {
    let caller = call.caller()?;
    match caller.proof {
        Proof::OAuth1 => {}
        Proof::Bearer => {
            return Err(ApiError::new(StatusCode::FORBIDDEN, "The request is not signed with OAuth 1"));
        }
    }
    let token = call.api.people.token_beside(caller).await?;
    // Taken back since the signature was checked.
    let token = token.ok_or(SignedError::Token)?;
    let mut response = answer(&json!({ "access_token": token.reveal(), "token_type": "bearer" }));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
