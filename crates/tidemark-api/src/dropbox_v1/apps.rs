//! `/apps/...`: what a program's pages ask about it, before anybody has signed in.

use axum::response::Response;
use tidemark_core::model::{Access, AccountId, App};
use tidemark_core::people::returns_to;

use super::error::ApiError;
use super::json;
use super::request::Call;
use super::wire::{AppIcons, AppInfo, AppPermissions, HasRedirectUri, IsDeveloper};
use crate::web::assets::mark_url;

/// GET `/apps/info`: what people are shown of an app.
pub(super) async fn info(call: &Call<'_>) -> Result<Response, ApiError> {
    let app = app(call).await?;
    // Apps have no pictures of their own. Ours is a drawing: it has every size.
    let icon = call.api.origin.url(call.parts, mark_url());
    let files = match app.access {
        Access::Full => "full_dropbox",
        Access::AppFolder => "app_folder",
    };
    Ok(json(&AppInfo {
        name: &app.name,
        icons: AppIcons { small: &icon, large: &icon },
        permissions: AppPermissions { datastores: false, files },
    }))
}

/// GET `/apps/check_developer`: whether a person may administer the app. Whoever administers the server does.
pub(super) async fn check_developer(call: &Call<'_>) -> Result<Response, ApiError> {
    app(call).await?;
    let uid = call.params.required("uid")?;
    let known = match uid.parse() {
        Ok(id) => call.api.people.account_by_id(AccountId(id)).await?,
        Err(_) => None,
    };
    let is_developer = known.is_some_and(|account| account.admin && !account.disabled);
    Ok(json(&IsDeveloper { is_developer }))
}

/// GET `/apps/check_redirect_uri`: whether a browser may be sent back there.
pub(super) async fn check_redirect_uri(call: &Call<'_>) -> Result<Response, ApiError> {
    let app = app(call).await?;
    let uri = call.params.required("redirect_uri")?;
    Ok(json(&HasRedirectUri { has_redirect_uri: returns_to(&app, uri) }))
}

/// The app that is asked about. One that is shut out is as good as unknown.
async fn app(call: &Call<'_>) -> Result<App, ApiError> {
    let app = call.api.people.open_app(call.params.required("app_key")?).await?;
    app.ok_or_else(|| ApiError::of_param("app_key", "There is no such app"))
}
