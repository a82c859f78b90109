//! `GET` and `POST /login`, `POST /logout`.

use super::form::Submission;
use super::page::{self, PageError, redirect, unavailable};
use super::visitor::Visitor;
use super::{Site, continuation};
use crate::http::Params;
use crate::http::date::delay_seconds;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::header::{HeaderName, RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::time::Duration;
use tidemark_core::people::SignInError;

/// What the browser is to forget of this server.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    target: &'a str,
    email: &'a str,
    problem: Option<Problem>,
    form_token: String,
}

/// What the form says when it comes back.
struct Problem {
    text: String,
    /// Whether what was typed is to blame.
    is_typed: bool,
}

/// The form. Whoever is signed in already goes on, unless they want to be somebody else (`again=1`).
pub(super) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let params = Params::parse(query.as_deref(), None)?;
    if visitor.account.is_some() && params.get("again").is_none() {
        return redirect(StatusCode::SEE_OTHER, target(&params));
    }
    if !site.people.is_set_up().await? {
        // The start page says what to do first.
        return redirect(StatusCode::SEE_OTHER, "/");
    }
    Ok(form_page(&site, &visitor, &params, StatusCode::OK, None))
}

/// Signs in, under a new secret whatever the browser brought, and goes on.
pub(super) async fn submit(
    State(site): State<Site>,
    Submission { visitor, params }: Submission,
) -> Result<Response, PageError> {
    let (email, password) =
        (params.get("email").unwrap_or_default(), params.get("password").unwrap_or_default());
    let again = |status, text: &str| {
        let problem = Problem { text: text.to_owned(), is_typed: status == StatusCode::UNAUTHORIZED };
        Ok(form_page(&site, &visitor, &params, status, Some(problem)))
    };
    match site.people.sign_in(email, password, visitor.peer, &visitor.browser).await {
        Ok((session, account)) => {
            if let Some(before) = visitor.session() {
                site.people.end_session(before).await?;
            }
            tracing::info!(account = account.id.0, "signed in");
            let headers = HeaderMap::from_iter([(SET_COOKIE, visitor.sign_in(&session))]);
            Ok(page::with(redirect(StatusCode::SEE_OTHER, target(&params))?, headers))
        }
        Err(SignInError::Refused) => again(StatusCode::UNAUTHORIZED, "The e-mail or the password is wrong."),
        Err(SignInError::Wait(wait)) => {
            let problem = format!("Too many attempts. Please try again in {}.", spoken(wait));
            let mut response = again(StatusCode::TOO_MANY_REQUESTS, &problem)?;
            response.headers_mut().insert(RETRY_AFTER, delay_seconds(wait).into());
            Ok(response)
        }
        Err(SignInError::Busy) => {
            let mut response =
                again(StatusCode::SERVICE_UNAVAILABLE, "The server is busy. Please try again.")?;
            response.headers_mut().insert(RETRY_AFTER, 1.into());
            Ok(response)
        }
        Err(SignInError::Store(error)) => Ok(unavailable(&error)),
    }
}

/// Signs out.
pub(super) async fn leave(State(site): State<Site>, form: Submission) -> Result<Response, PageError> {
    if let Some(session) = form.visitor.session() {
        site.people.end_session(session).await?;
    }
    // What a page keeps to go on with an upload is nobody else's who sits down at this browser. Browsers follow this over TLS
    // and on their own machine; elsewhere the page of files takes it away itself.
    let headers = HeaderMap::from_iter([
        (SET_COOKIE, form.visitor.sign_out()),
        (CLEAR_SITE_DATA, HeaderValue::from_static("\"storage\"")),
    ]);
    Ok(page::with(redirect(StatusCode::SEE_OTHER, "/")?, headers))
}

fn form_page(
    site: &Site,
    visitor: &Visitor,
    params: &Params,
    status: StatusCode,
    problem: Option<Problem>,
) -> Response {
    let mut headers = HeaderMap::new();
    let page = SignInPage {
        target: target(params),
        email: params.get("email").unwrap_or_default(),
        problem,
        form_token: visitor.form_token(site, &mut headers),
    };
    page::with(page::page(status, &page), headers)
}

fn target(params: &Params) -> &str {
    params.get("continue").and_then(continuation::local).unwrap_or("/")
}

/// How long to wait, as people say it.
pub(super) fn spoken(wait: Duration) -> String {
    match delay_seconds(wait) {
        1 => "a second".to_owned(),
        seconds @ ..=90 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}
