//! `/account/info`, and giving an access token back.

use axum::response::Response;
use serde_json::json;
use tidemark_core::cloud::Reach;

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
            quota: account.quota.unwrap_or(QuotaInfo::UNLIMITED),
            normal: used.bytes,
            shared: 0,
            datastores: 0,
        },
    }))
}

/// POST `/disable_access_token` and `/unlink_access_token`.
pub(super) async fn disable_token(call: &Call<'_>) -> Result<Response, ApiError> {
    call.api.people.revoke(call.caller()?.grant).await?;
    Ok(answer(&json!({})))
}
