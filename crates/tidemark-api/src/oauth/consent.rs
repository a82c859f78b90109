//! `GET` and `POST /1/oauth2/authorize` (and `/oauth2/authorize`): the person decides.

use super::authorize::{Back, Request, ResponseKind, Unfit};
use super::redirect::send_back;
use crate::http::Params;
use crate::web::form::Submission;
use crate::web::page::{PageError, consent_page, error_page, page, redirect, unavailable, with};
use crate::web::visitor::Visitor;
use crate::web::{Site, continuation};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri};
use tidemark_core::model::{Access, Account, App};
use tidemark_core::people::{GrantError, Secret};

#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct ConsentPage<'a> {
    pub(super) app: &'a App,
    pub(super) full: bool,
    pub(super) account: &'a Account,
    pub(super) after: After<'a>,
    pub(super) action: &'a str,
    pub(super) fields: Vec<(&'static str, &'a str)>,
    pub(super) switch_url: String,
    pub(super) form_token: String,
}

/// What happens afterwards.
pub(super) enum After<'a> {
    /// The browser goes to this host.
    Leave(&'a str),
    /// The person copies a code.
    Copy,
    /// The person goes back to the app by themselves.
    Return,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage<'a> {
    app_name: &'a str,
    code: &'a str,
}

/// Asks the person, after they have signed in.
pub(super) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    uri: Uri,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let params = Params::parse(query.as_deref(), None)?;
    let request = match Request::read(&params, &site).await {
        Ok(request) => request,
        Err(unfit) => return refuse(unfit),
    };
    let here = here(&uri, &request);
    let Some(account) = &visitor.account else {
        return redirect(StatusCode::SEE_OTHER, &continuation::sign_in_url(&here));
    };
    let mut headers = HeaderMap::new();
    let template = ConsentPage {
        app: &request.app,
        full: request.app.access == Access::Full,
        account,
        after: request.back.uri().map(host).map_or(After::Copy, After::Leave),
        action: uri.path(),
        fields: request.fields(),
        switch_url: format!("{}&again=1", continuation::sign_in_url(&here)),
        form_token: visitor.form_token(&site, &mut headers),
    };
    Ok(with(consent_page(&template), headers))
}

/// Does what the person decided. The request is read and checked anew: nothing hangs on what the page said.
pub(super) async fn decide(
    State(site): State<Site>,
    uri: Uri,
    form: Submission,
) -> Result<Response, PageError> {
    let request = match Request::read(&form.params, &site).await {
        Ok(request) => request,
        Err(unfit) => return refuse(unfit),
    };
    let Some(account) = &form.visitor.account else {
        return redirect(StatusCode::SEE_OTHER, &continuation::sign_in_url(&here(&uri, &request)));
    };
    if form.params.get("decision") != Some("allow") {
        return deny(&request);
    }
    let secret = match request.kind {
        ResponseKind::Code => {
            let redirect_uri = request.back.uri().map(str::to_owned);
            site.people.authorize(account, &request.app, redirect_uri, request.challenge.clone()).await
        }
        ResponseKind::Token => site.people.issue_token(account, &request.app).await.map(|(token, _)| token),
    };
    match secret {
        Ok(secret) => {
            tracing::info!(account = account.id.0, app = %request.app.key, "an app was allowed");
            hand_over(&request, account, &secret)
        }
        // Shut out since the page was shown.
        Err(GrantError::AccountDisabled | GrantError::AppDisabled) => deny(&request),
        Err(GrantError::Store(error)) => Ok(unavailable(&error)),
    }
}

/// Tells the app the code or token, or shows the code to the person.
fn hand_over(request: &Request, account: &Account, secret: &Secret) -> Result<Response, PageError> {
    let (uid, secret) = (account.id.0.to_string(), secret.reveal());
    match (&request.back, request.kind) {
        (Back::Redirect(back), ResponseKind::Code) => send_back(back, request.kind, &[("code", secret)]),
        (Back::Redirect(back), ResponseKind::Token) => {
            let fields = [("access_token", secret), ("token_type", "bearer"), ("uid", &uid)];
            send_back(back, request.kind, &fields)
        }
        (Back::Copy, _) => Ok(page(StatusCode::OK, &CodePage { app_name: &request.app.name, code: secret })),
    }
}

/// Never with a code beside the error: the old SDK refuses that.
fn deny(request: &Request) -> Result<Response, PageError> {
    let fields = [("error", "access_denied"), ("error_description", "The user did not allow it")];
    match &request.back {
        Back::Redirect(back) => send_back(back, request.kind, &fields),
        Back::Copy => Ok(error_page(
            StatusCode::OK,
            "Not allowed",
            "The app got no permission. You can close this page.",
        )),
    }
}

fn refuse(unfit: Unfit) -> Result<Response, PageError> {
    match unfit {
        Unfit::Page(response) => Ok(*response),
        Unfit::Tell { back, kind, error, description } => {
            send_back(&back, kind, &[("error", error), ("error_description", description)])
        }
    }
}

/// The address of this request, in our own spelling.
fn here(uri: &Uri, request: &Request) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(request.fields());
    format!("{}?{}", uri.path(), query.finish())
}

/// The host of a registered redirect URI, with its port.
fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    &rest[..rest.find(['/', '?']).unwrap_or(rest.len())]
}
