//! Who is let in by a link, and the form that asks for its password.

use super::address::{self, base_path};
use crate::http::date::delay_seconds;
use crate::web::Site;
use crate::web::cookie::Cookie;
use crate::web::form::Submission;
use crate::web::page::{self, PageError, redirect, unavailable};
use crate::web::sign_in::spoken;
use crate::web::visitor::Visitor;
use crate::web::{SIGN_IN_PATH, continuation};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use tidemark_core::model::{Audience, Link, LinkAddress};
use tidemark_core::people::{Admission, Guest, LockedLink, OpenLink, UnlockError};
use tidemark_core::store::StoreError;

/// What became of somebody who came with a link's address.
pub(super) enum Door {
    /// They are in.
    Open(OpenLink),
    /// They are asked for the password, in this browser.
    Locked(LockedLink, Box<Visitor>),
    /// There is no such link, or it is not for them.
    Closed,
}

/// Whether a link asks nobody who they are.
pub(super) fn is_for_everybody(link: &Link) -> bool {
    link.rules.audience == Audience::Everybody && link.rules.password.is_none()
}

/// Finds the link, and judges whether whoever sent this is let in.
pub(super) async fn come_to(site: &Site, parts: &Parts, address: &LinkAddress) -> Result<Door, StoreError> {
    let Some(link) = site.cloud.link(address).await? else { return Ok(Door::Closed) };
    if is_for_everybody(&link) {
        return Ok(match site.people.admit_guest(link, Guest::default()) {
            Admission::Open(open) => Door::Open(open),
            Admission::Locked(_) | Admission::Closed => Door::Closed,
        });
    }
    let visitor = Visitor::of(parts, site).await?;
    let proof = Cookie::Link.read(&parts.headers, site.origin.is_secure(parts));
    let guest = Guest { account: visitor.account.as_ref().map(|account| account.id), proof };
    Ok(match site.people.admit_guest(link, guest) {
        Admission::Open(open) => Door::Open(open),
        Admission::Locked(locked) => Door::Locked(locked, Box::new(visitor)),
        Admission::Closed => Door::Closed,
    })
}

/// `POST` to a link's page: the password that it asked for.
pub(in crate::web) async fn unlock(State(site): State<Site>, parts: Parts, form: Submission) -> Response {
    match unlocked(&site, &parts, &form).await {
        Ok(response) => super::for_admitted(response),
        Err(error) => super::for_admitted(error.into_response()),
    }
}

async fn unlocked(site: &Site, parts: &Parts, form: &Submission) -> Result<Response, PageError> {
    let here = parts.uri.path();
    let Some((key, _)) = address::read(here) else { return Ok(dead(site, parts)) };
    let locked = match come_to(site, parts, &LinkAddress::Key(key)).await? {
        Door::Locked(locked, _) => locked,
        // It has lost its password meanwhile, or a second form was sent.
        Door::Open(_) => return redirect(StatusCode::SEE_OTHER, here),
        Door::Closed => return Ok(dead(site, parts)),
    };
    let password = form.params.get("password").unwrap_or_default();
    let again = |status, text: String, is_typed| {
        let problem = Some(Problem { text, is_typed });
        ask(site, parts, &form.visitor, status, problem)
    };
    match site.people.unlock(&locked, password, form.visitor.peer).await {
        Ok((proof, _)) => {
            let cookie = form.visitor.unlocked(&base_path(locked.key()), &proof);
            let headers = HeaderMap::from_iter([(SET_COOKIE, cookie)]);
            Ok(page::with(redirect(StatusCode::SEE_OTHER, here)?, headers))
        }
        Err(UnlockError::Refused) => {
            Ok(again(StatusCode::UNAUTHORIZED, "The password is wrong.".to_owned(), true))
        }
        Err(UnlockError::Wait(wait)) => {
            let text = format!("Too many attempts. Please try again in {}.", spoken(wait));
            let mut response = again(StatusCode::TOO_MANY_REQUESTS, text, false);
            response.headers_mut().insert(RETRY_AFTER, delay_seconds(wait).into());
            Ok(response)
        }
        Err(UnlockError::Busy) => {
            let text = "The server is busy. Please try again.".to_owned();
            let mut response = again(StatusCode::SERVICE_UNAVAILABLE, text, false);
            response.headers_mut().insert(RETRY_AFTER, 1.into());
            Ok(response)
        }
        Err(UnlockError::Store(error)) => Ok(unavailable(&error)),
    }
}

/// The form that asks for a link's password. It tells nothing of what is behind it.
pub(super) fn ask(
    site: &Site,
    parts: &Parts,
    visitor: &Visitor,
    status: StatusCode,
    problem: Option<Problem>,
) -> Response {
    let mut headers = HeaderMap::new();
    let page = PasswordPage {
        action: parts.uri.path(),
        problem,
        // Whose link it is needs none.
        sign_in: visitor.account.is_none().then(|| continuation::sign_in_url(parts.uri.path())),
        form_token: visitor.form_token(site, &mut headers),
    };
    page::with(page::page(status, &page), headers)
}

/// What the form says when it comes back.
pub(super) struct Problem {
    text: String,
    /// Whether what was typed is to blame.
    is_typed: bool,
}

#[derive(Template)]
#[template(path = "shared_password.html")]
struct PasswordPage<'a> {
    /// The page that was asked for.
    action: &'a str,
    problem: Option<Problem>,
    sign_in: Option<String>,
    form_token: String,
}

/// The same for a link that never was as for one that has ended, whose file is gone, or that is for others: somebody who
/// is not signed in learns that signing in may help, whatever is there.
pub(super) fn dead(site: &Site, parts: &Parts) -> Response {
    let is_signed_in = Cookie::Session.read(&parts.headers, site.origin.is_secure(parts)).is_some();
    let here = continuation::local(parts.uri.path());
    let sign_in = here.map_or_else(|| SIGN_IN_PATH.to_owned(), continuation::sign_in_url);
    let page = DeadPage { sign_in: (!is_signed_in).then_some(sign_in) };
    page::page(StatusCode::NOT_FOUND, &page)
}

#[derive(Template)]
#[template(path = "shared_nothing.html")]
struct DeadPage {
    sign_in: Option<String>,
}
