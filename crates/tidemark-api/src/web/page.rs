//! What every page has in common: how it is rendered, its headers, and what it says when something is wrong.

pub(crate) use super::assets::{console_style_url, mark_url, plain_style_url, shared_style_url, style_url};
use super::continuation;
use super::sign_in::spoken;
use crate::http::date::delay_seconds;
use crate::http::{BodyError, ParamError};
use crate::refusals::not_found;
pub(crate) use crate::words::size;
use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::time::Duration;
use tidemark_core::model::{Timestamp, turns_text};
use tidemark_core::store::StoreError;

/// No script, no plug-in, nothing from elsewhere, in nobody's frame; forms lead to this server.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
                      form-action 'self'";
/// The same without the last rule, for the consent page: browsers apply it to the redirect that answers a form, too, and
/// that one leads to the app.
const POLICY_OF_CONSENT: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The first, and sounds and films of this server.
const POLICY_OF_SHARED: &str = "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; \
                                base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// For a page that comes alive: scripts and styles are files of ours, what they fetch is of this server, and what they show of
/// uploads are pictures, sounds and films, or a document in a frame, which is a blob and no page of this server. Text never becomes
/// markup: no script of ours may ask for that.
const POLICY_OF_APP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                             media-src 'self' blob:; frame-src blob:; object-src blob:; connect-src 'self'; \
                             base-uri 'none'; frame-ancestors 'none'; form-action 'self'; \
                             require-trusted-types-for 'script'; trusted-types 'none'";

/// A page.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    respond(status, POLICY, template)
}

/// A page with scripts of ours.
pub(crate) fn app_page(status: StatusCode, template: &impl Template) -> Response {
    respond(status, POLICY_OF_APP, template)
}

/// A page whose form ends in a redirect to somewhere else.
pub(crate) fn consent_page(template: &impl Template) -> Response {
    respond(StatusCode::OK, POLICY_OF_CONSENT, template)
}

/// A page that shows a file to everybody.
pub(crate) fn shared_page(template: &impl Template) -> Response {
    respond(StatusCode::OK, POLICY_OF_SHARED, template)
}

fn respond(status: StatusCode, policy: &'static str, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let headers = [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (CONTENT_SECURITY_POLICY, policy),
                (X_FRAME_OPTIONS, "DENY"),
            ];
            let mut response = (status, headers, html).into_response();
            guard(response.headers_mut());
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A redirect, to be followed with GET: 303 after a form, 302 where OAuth's documents say so.
pub(crate) fn redirect(status: StatusCode, target: &str) -> Result<Response, PageError> {
    let target = HeaderValue::try_from(target).map_err(|_| PageError::BadTarget)?;
    let mut response = (status, [(LOCATION, target)]).into_response();
    guard(response.headers_mut());
    Ok(response)
}

/// Pages and redirects show secrets and who is signed in: nobody keeps them, and no address of ours is passed on.
fn guard(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The response with these headers, each in place of what it had under that name.
pub(crate) fn with(mut response: Response, headers: HeaderMap) -> Response {
    response.headers_mut().extend(headers);
    response
}

/// A day as people read it.
pub(crate) fn date(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    time.strftime("%-d %B %Y").to_string()
}

/// A name as it may stand on a page: nothing in it turns the text around it, so that no program looks like a picture.
pub(crate) fn plain(name: &str) -> String {
    name.chars().map(|c| if turns_text(c) { '\u{fffd}' } else { c }).collect()
}

/// A page that says what went wrong.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    text: &'a str,
}

/// What such a page says: an extension of its response, for whoever tells it [again](super::around).
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) title: String,
    pub(crate) text: String,
}

/// A page that says what went wrong, in words for the person in front of it.
pub(crate) fn error_page(status: StatusCode, title: &str, text: &str) -> Response {
    let mut response = page(status, &ErrorPage { title, text });
    response.extensions_mut().insert(Told { title: title.to_owned(), text: text.to_owned() });
    response
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// Another site sent the form, or it was shown too long ago or in another browser.
    #[error("the form was not shown to this browser")]
    Forged,
    /// The form cannot be read.
    #[error(transparent)]
    Params(#[from] ParamError),
    /// The form did not arrive.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// It is for somebody who is signed in, and nobody is.
    #[error("nobody is signed in")]
    SignedOut {
        /// Where to go on behind the sign-in page: a path of this server.
        back: String,
    },
    /// It is for administrators, and everybody else is told that there is nothing.
    #[error("only administrators find this")]
    NothingHere,
    /// It is another's, or not there: nobody learns which.
    #[error("it is none of theirs")]
    NotTheirs {
        /// What somebody is told that they do not have.
        text: &'static str,
    },
    /// The account has asked for too much.
    #[error("too much at once")]
    TooOften(Duration),
    /// There is an address that no header can hold.
    #[error("the address cannot be followed")]
    BadTarget,
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, title, text) = match &self {
            PageError::Forged => (
                StatusCode::FORBIDDEN,
                "Please try again",
                "This form was not shown to you by this server, or it is too old. Go back, load the page again and \
                 send it once more.",
            ),
            PageError::Params(_) | PageError::BadTarget => {
                (StatusCode::BAD_REQUEST, "That did not work", "The request cannot be understood.")
            }
            PageError::Body(error) => {
                let text = match error {
                    BodyError::TooLarge { .. } => "The form is too large.",
                    BodyError::Idle | BodyError::TooSlow => "The form did not arrive in time.",
                    BodyError::Malformed | BodyError::Disconnected => "The form did not arrive whole.",
                };
                (error.status(), "That did not work", text)
            }
            PageError::SignedOut { back } => {
                let target = continuation::local(back).unwrap_or("/");
                let there = redirect(StatusCode::SEE_OTHER, &continuation::sign_in_url(target));
                return there.unwrap_or_else(PageError::into_response);
            }
            PageError::NotTheirs { text } => (StatusCode::NOT_FOUND, "Nothing here", *text),
            PageError::TooOften(wait) => {
                let text = format!("That was too much at once. Please try again in {}.", spoken(*wait));
                let mut page = error_page(StatusCode::TOO_MANY_REQUESTS, "Not so fast", &text);
                page.headers_mut().insert(RETRY_AFTER, delay_seconds(*wait).into());
                return page;
            }
            PageError::NothingHere => return not_found("", &HeaderMap::new()),
            PageError::Store(error) => return unavailable(error),
        };
        error_page(status, title, text)
    }
}

/// The page for what the server could not do, which is logged here and told to nobody.
pub(crate) fn unavailable(error: &StoreError) -> Response {
    tracing::error!(error = error as &dyn std::error::Error, "a page could not be served");
    let (status, text) = match error {
        StoreError::Unavailable { .. } | StoreError::ReadOnly => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The server cannot do this at the moment. Please try again later.",
        ),
        StoreError::Full => (StatusCode::INSUFFICIENT_STORAGE, "The server's disk is full."),
        StoreError::Corrupt(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Something is wrong with the server."),
    };
    error_page(status, "That did not work", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_too_often_is_told_when_to_come_back() {
        let response = PageError::TooOften(Duration::from_millis(60_500)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[RETRY_AFTER], "61");
    }
}
