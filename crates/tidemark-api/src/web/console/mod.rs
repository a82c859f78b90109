//! `/apps` and below: the app console, where people register programs of their own and look after them.
//!
//! Every page and form about an app goes through a [`Steward`](tidemark_core::people::Steward), whom core makes only of its
//! owner: to everybody else there is no such app. `docs/decisions/0018-request-inspector.md` says what an owner is shown of requests.

mod app;
mod list;
mod requests;
mod token;
mod webhooks;

use super::Site;
use super::frame::Member;
use super::page::{PageError, redirect};
use crate::telemetry::Inspector;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use std::sync::Arc;
use tidemark_core::model::Timestamp;
use tidemark_core::people::Steward;
use tidemark_core::webhooks::Registry;

/// Where people see their apps.
pub(super) const APPS_PATH: &str = "/apps";

/// What the app console stands on, besides what all pages do.
#[derive(Clone)]
pub struct Console {
    /// Looks after the webhooks of apps.
    pub registry: Arc<Registry>,
    /// Has seen the latest requests of apps: the one that [`Telemetry`](crate::telemetry::Telemetry) has.
    pub inspector: Arc<Inspector>,
}

/// The pages.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route(APPS_PATH, get(list::show).post(list::create))
        .route("/apps/{key}", get(app::show))
        .route("/apps/{key}/secret", get(back).post(app::show_secret))
        .route("/apps/{key}/redirects", get(back).post(app::add_redirect))
        .route("/apps/{key}/redirects/remove", get(back).post(app::remove_redirect))
        .route("/apps/{key}/name", get(back).post(app::rename))
        .route("/apps/{key}/delete", get(back).post(app::delete))
        .route("/apps/{key}/pause", get(back).post(app::pause))
        .route("/apps/{key}/token", get(back).post(token::issue))
        .route("/apps/{key}/token/revoke", get(back).post(token::revoke))
        .route("/apps/{key}/webhooks", get(back).post(webhooks::add))
        .route("/apps/{key}/webhooks/{id}", get(webhooks::show))
        .route("/apps/{key}/webhooks/{id}/test", post(webhooks::test))
        .route("/apps/{key}/webhooks/{id}/enable", post(webhooks::enable))
        .route("/apps/{key}/webhooks/{id}/replay", post(webhooks::replay))
        .route("/apps/{key}/webhooks/{id}/remove", post(webhooks::remove))
        .route("/apps/{key}/requests", get(requests::show))
        .route("/apps/{key}/requests.json", get(requests::fresh))
}

/// Where a form was answered with a page, the address bar still leads to the app.
async fn back(Path(key): Path<String>) -> Result<Response, PageError> {
    // (A key has no other characters.)
    let is_key = key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    redirect(StatusCode::SEE_OTHER, &if is_key { app_path(&key) } else { APPS_PATH.to_owned() })
}

/// The page of an app.
fn app_path(key: &str) -> String {
    format!("{APPS_PATH}/{key}")
}

/// What somebody may do with an app of theirs.
async fn steward<'a>(site: &'a Site, member: &'a Member, key: &str) -> Result<Steward<'a>, PageError> {
    site.people.steward(&member.account, key).await?.ok_or(NO_APP)
}

/// The answer about an app that is another's, or not there.
const NO_APP: PageError = PageError::NotTheirs { text: "You have no such app." };

/// An instant as logs have it.
fn instant(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    time.strftime("%-d %b %Y, %H:%M:%S UTC").to_string()
}

/// The same as programs read it.
fn machine_time(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.0).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_told_to_the_second() {
        let time = Timestamp(1_391_591_223_456);
        assert_eq!(instant(time), "5 Feb 2014, 09:07:03 UTC");
        assert_eq!(machine_time(time), "2014-02-05T09:07:03.456Z");
    }
}
