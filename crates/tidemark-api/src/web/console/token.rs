//! `POST /apps/<key>/token`: a token for trying an app out with one's own files, and how to use it.

use super::app::{self, Form, Head, Shown, Slip, to_app};
use super::{app_path, steward};
use crate::web::form::Submission;
use crate::web::frame::{Frame, Member, Part};
use crate::web::page::{self, PageError};
use crate::web::{Site, assets};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use tidemark_core::model::App;
use tidemark_core::people::{GrantError, TRIAL_TOKENS_MAX, TrialTokenError};

#[derive(Template)]
#[template(path = "app_token.html")]
struct TokenPage<'a> {
    frame: Frame,
    app: Head,
    /// Told this once.
    token: &'a str,
    snippets: Snippets,
    script: String,
}

/// What the snippets are filled in with.
pub(super) struct Snippets {
    /// The address of this server.
    pub(super) server: String,
    pub(super) key: String,
    /// A token, or a word that stands for one.
    pub(super) token: String,
}

impl Snippets {
    pub(super) fn of(site: &Site, parts: &Parts, app: &App, token: Option<&str>) -> Snippets {
        Snippets {
            server: site.origin.url(parts, ""),
            key: app.key.0.clone(),
            token: token.unwrap_or("TOKEN").to_owned(),
        }
    }
}

/// Makes a token, and tells it.
pub(super) async fn issue(
    State(site): State<Site>,
    Path(key): Path<String>,
    parts: Parts,
    form: Submission,
) -> Result<Response, PageError> {
    let member = Member::of(form.visitor, &app_path(&key))?;
    let steward = steward(&site, &member, &key).await?;
    let problem = match steward.issue_token().await {
        Ok(token) => {
            tracing::info!(account = member.account.id.0, app = key, "a token for trying was issued");
            let mut headers = HeaderMap::new();
            let page = TokenPage {
                frame: member.frame(&site, Part::Apps, &mut headers),
                app: Head::of(steward.app()),
                token: token.reveal(),
                snippets: Snippets::of(&site, &parts, steward.app(), Some(token.reveal())),
                script: assets::url("console/copy.js"),
            };
            return Ok(page::with(page::app_page(StatusCode::OK, &page), headers));
        }
        Err(TrialTokenError::Store(error) | TrialTokenError::Grant(GrantError::Store(error))) => {
            return Err(error.into());
        }
        Err(TrialTokenError::TooMany) => {
            format!(
                "You have {TRIAL_TOKENS_MAX} tokens for this app. Revoke them before you make another one."
            )
        }
        Err(TrialTokenError::Grant(GrantError::AppDisabled)) => {
            "The app lets nobody in at present.".to_owned()
        }
        Err(TrialTokenError::Grant(GrantError::AccountDisabled)) => "Your account is disabled.".to_owned(),
    };
    let slip = Slip { form: Form::Token, status: StatusCode::BAD_REQUEST, typed: "", problem };
    app::page(&site, &member, &parts, &steward, Shown { slip: Some(slip), ..Shown::default() }).await
}

/// Ends all that the owner has permitted to the app.
pub(super) async fn revoke(
    State(site): State<Site>,
    Path(key): Path<String>,
    form: Submission,
) -> Result<Response, PageError> {
    let member = Member::of(form.visitor, &app_path(&key))?;
    let steward = steward(&site, &member, &key).await?;
    let ended = steward.revoke_tokens().await?;
    tracing::info!(account = member.account.id.0, app = key, grants = ended, "an app was unlinked");
    to_app(&key, "revoked", "token")
}
