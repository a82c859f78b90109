//! `GET` and `POST /1/oauth2/authorize` (and `/oauth2/authorize`), and the same below `/api` for Box: the person decides.

use super::authorize::{Back, Request, ResponseKind, Unfit};
use super::redirect::send_back;
use crate::http::Params;
use crate::web::form::Submission;
use crate::web::page::{PageError, consent_page, date, error_page, page, plain, redirect, unavailable, with};
use crate::web::visitor::Visitor;
use crate::web::{Site, continuation};
use askama::Template;
use axum::extract::{Extension, RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri};
use tidemark_core::model::{Access, Account, App, Lifetime};
use tidemark_core::people::{GrantError, Secret};

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    app: String,
    full: bool,
    /// Who registered the app for themselves; nobody if an administrator did.
    owner: Option<Owner>,
    account: &'a Account,
    after: After<'a>,
    action: &'a str,
    fields: Vec<(&'static str, &'a str)>,
    switch_url: String,
    form_token: String,
}

/// Whom to trust, if anybody: by what an administrator gave them, and not by the name that they chose.
struct Owner {
    email: String,
    since: String,
}

/// What a person is asked, of either version of OAuth.
pub(super) struct Question<'a> {
    pub(super) app: &'a App,
    pub(super) after: After<'a>,
    /// What the form brings back.
    pub(super) fields: Vec<(&'static str, &'a str)>,
    /// The address of this request, in our own spelling.
    pub(super) here: &'a str,
    /// Where the form goes.
    pub(super) action: &'a str,
}

/// Asks the person, after they have signed in.
pub(super) async fn ask(
    site: &Site,
    visitor: &Visitor,
    question: Question<'_>,
) -> Result<Response, PageError> {
    let Question { app, after, fields, here, action } = question;
    let sign_in_url = continuation::sign_in_url(here);
    let Some(account) = &visitor.account else {
        return redirect(StatusCode::SEE_OTHER, &sign_in_url);
    };
    let mut headers = HeaderMap::new();
    let owner = match app.owner {
        Some(owner) => site.people.account_by_id(owner).await?,
        None => None,
    };
    let template = ConsentPage {
        app: plain(&app.name),
        full: app.access == Access::Full,
        owner: owner.map(|owner| Owner { email: plain(&owner.email), since: date(owner.created) }),
        account,
        after,
        action,
        fields,
        switch_url: format!("{sign_in_url}&again=1"),
        form_token: visitor.form_token(site, &mut headers),
    };
    Ok(with(consent_page(&template), headers))
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
    app: String,
    code: &'a str,
}

/// Shows what is asked.
pub(super) async fn show(
    State(site): State<Site>,
    Extension(lifetime): Extension<Lifetime>,
    visitor: Visitor,
    uri: Uri,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let params = Params::parse(query.as_deref(), None)?;
    let request = match Request::read(&params, lifetime, &site).await {
        Ok(request) => request,
        Err(unfit) => return refuse(unfit),
    };
    let question = Question {
        app: &request.app,
        after: request.back.uri().map(host).map_or(After::Copy, After::Leave),
        fields: request.fields(),
        here: &here(&uri, &request),
        action: uri.path(),
    };
    ask(&site, &visitor, question).await
}

/// Does what the person decided. The request is read and checked anew: nothing hangs on what the page said.
pub(super) async fn decide(
    State(site): State<Site>,
    Extension(lifetime): Extension<Lifetime>,
    uri: Uri,
    form: Submission,
) -> Result<Response, PageError> {
    let request = match Request::read(&form.params, lifetime, &site).await {
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
            let (app, challenge) = (&request.app, request.challenge.clone());
            site.people.authorize(account, app, redirect_uri, challenge, request.lifetime).await
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
        (Back::Copy, _) => {
            Ok(page(StatusCode::OK, &CodePage { app: plain(&request.app.name), code: secret }))
        }
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
