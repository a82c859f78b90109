//! `GET` and `POST /setup?token=`: the first account, made by whoever can read what `serve` printed.

use super::form::Submission;
use super::page::{self, PageError, error_page, redirect, unavailable};
use super::visitor::Visitor;
use super::{SIGN_IN_PATH, Site};
use crate::http::Params;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use tidemark_core::people::{AccountError, NewPerson, PASSWORD_MAX, PASSWORD_MIN};

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage<'a> {
    token: &'a str,
    name: &'a str,
    email: &'a str,
    problem: Option<Problem>,
    password_min: usize,
    password_max: usize,
    form_token: String,
}

/// What the form says when it comes back.
struct Problem {
    text: String,
    /// The field that is to blame, if one is.
    field: &'static str,
}

/// The form, for whoever has the link.
pub(super) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let params = Params::parse(query.as_deref(), None)?;
    let token = params.get("token").unwrap_or_default();
    if !site.people.is_setup_link(token).await? {
        return Ok(invalid_link());
    }
    Ok(form_page(&site, &visitor, &Params::default(), token, StatusCode::OK, None))
}

/// Makes the account and signs it in.
pub(super) async fn submit(
    State(site): State<Site>,
    Submission { visitor, params }: Submission,
) -> Result<Response, PageError> {
    let text = |name| params.get(name).unwrap_or_default();
    let (token, email, password) = (text("token"), text("email"), text("password"));
    let person = NewPerson {
        email: email.to_owned(),
        name: params.get("name").map(str::to_owned),
        password: password.to_owned(),
        quota: None,
        admin: true,
    };
    let again = |status, field, text: &str| {
        let problem = Problem { text: text.to_owned(), field };
        Ok(form_page(&site, &visitor, &params, token, status, Some(problem)))
    };
    match site.people.set_up(token, person).await {
        Ok(account) => tracing::info!(account = account.id.0, "the server was set up"),
        Err(AccountError::Store(error)) => return Ok(unavailable(&error)),
        Err(AccountError::SetupLink) => return Ok(invalid_link()),
        Err(AccountError::Email(_)) => {
            return again(StatusCode::BAD_REQUEST, "email", "This is not an e-mail address.");
        }
        Err(AccountError::Name) => {
            let text = "This name is too long, or cannot be shown.";
            return again(StatusCode::BAD_REQUEST, "name", text);
        }
        Err(AccountError::Password(_)) => {
            let text = format!("A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.");
            return again(StatusCode::BAD_REQUEST, "password", &text);
        }
        Err(AccountError::EmailTaken(_) | AccountError::Unknown(_)) => return Ok(invalid_link()),
        Err(AccountError::Busy) => {
            return again(StatusCode::SERVICE_UNAVAILABLE, "", "The server is busy. Please try again.");
        }
    }
    let mut headers = HeaderMap::new();
    let target = match site.people.sign_in(email, password, visitor.peer, &visitor.browser).await {
        Ok((session, _)) => {
            headers.append(SET_COOKIE, visitor.sign_in(&session));
            "/"
        }
        // The account is there all the same.
        Err(_) => SIGN_IN_PATH,
    };
    Ok(page::with(redirect(StatusCode::SEE_OTHER, target)?, headers))
}

fn form_page(
    site: &Site,
    visitor: &Visitor,
    params: &Params,
    token: &str,
    status: StatusCode,
    problem: Option<Problem>,
) -> Response {
    let mut headers = HeaderMap::new();
    let page = SetupPage {
        token,
        name: params.get("name").unwrap_or_default(),
        email: params.get("email").unwrap_or_default(),
        problem,
        password_min: PASSWORD_MIN,
        password_max: PASSWORD_MAX,
        form_token: visitor.form_token(site, &mut headers),
    };
    page::with(page::page(status, &page), headers)
}

impl SetupPage<'_> {
    /// Whether what was typed into this field is to blame.
    fn is_wrong(&self, field: &str) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.field == field)
    }

    /// Whether typing begins in this field: in the one to blame; else in the first, or the one that is empty again.
    fn is_first(&self, field: &str) -> bool {
        match &self.problem {
            None => field == "name",
            Some(problem) if problem.field.is_empty() => field == "password",
            Some(problem) => field == problem.field,
        }
    }
}

fn invalid_link() -> Response {
    error_page(
        StatusCode::FORBIDDEN,
        "This link is not valid",
        "It was used already, it is too old, or it was not copied whole. While the server has no account, starting it \
         again prints a new link.",
    )
}
