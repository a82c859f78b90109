//! The pages themselves: the one that scripts fill, the one that asks somebody to sign in, and those that say what went wrong.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};

use super::{assets, sign_in};
use crate::gallery::Inner;
use crate::session::Member;
use crate::store::{Person, StoreError};

/// Scripts, styles, pictures and films of this gallery only; no script may make markup of a text; in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// The page that scripts fill.
#[derive(Template)]
#[template(path = "app.html")]
struct AppPage<'a> {
    frame: Frame,
    name: &'a str,
    initial: String,
    email: &'a str,
    server: &'a str,
    /// Its address.
    server_url: &'a str,
    files: Option<&'a str>,
    form_token: String,
    prefix: &'a str,
    script: String,
}

/// The page that asks somebody to sign in.
#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame,
    begin: String,
    server: &'a str,
}

/// A page that says what went wrong.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame,
    title: &'a str,
    text: &'a str,
    home: String,
}

/// What all pages have.
struct Frame {
    style: String,
    mark: String,
}

impl Frame {
    fn of(inner: &Inner) -> Frame {
        Frame { style: assets::url(inner, "styles/gallery.css"), mark: assets::url(inner, "gallery.svg") }
    }
}

/// `GET /`: the pictures; or where the server's own app sends a browser back to.
pub(super) async fn top(state: State<Arc<Inner>>, uri: Uri, headers: HeaderMap, query: RawQuery) -> Response {
    let is_answer = query.0.as_deref().is_some_and(|query| {
        form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "state" || name == "oauth_token")
    });
    if is_answer { sign_in::come_back(state, headers, query).await } else { show(state, uri, headers).await }
}

/// `GET /gallery`, where the gallery is below that: relative addresses need the slash.
pub(super) async fn add_slash(State(inner): State<Arc<Inner>>) -> Response {
    redirect(&inner.path("/"))
}

/// The page that scripts fill, or the way to it.
pub(super) async fn show(State(inner): State<Arc<Inner>>, uri: Uri, headers: HeaderMap) -> Response {
    match who(&inner, &headers).await {
        Ok(Some((member, person))) => page(
            StatusCode::OK,
            &AppPage {
                frame: Frame::of(&inner),
                name: &person.name,
                initial: person.name.chars().next().unwrap_or('?').to_uppercase().collect(),
                email: &person.email,
                server: server_name(&inner),
                server_url: inner.options.server.as_str(),
                files: inner.options.files.as_deref(),
                form_token: inner.form_token(&member),
                prefix: &inner.options.prefix,
                script: assets::url(&inner, "main.js"),
            },
        ),
        Ok(None) => {
            let mut fields = form_urlencoded::Serializer::new(String::new());
            fields.append_pair("to", uri.path().strip_prefix(&*inner.options.prefix).unwrap_or("/"));
            let begin = inner.path(&format!("/sign-in?{}", fields.finish()));
            page(StatusCode::OK, &SignInPage { frame: Frame::of(&inner), begin, server: server_name(&inner) })
        }
        Err(error) => broken(&inner, &error),
    }
}

/// Who asks for a page, if they are signed in.
async fn who(inner: &Arc<Inner>, headers: &HeaderMap) -> Result<Option<(Member, Person)>, StoreError> {
    let Some(member) = inner.member(headers).await? else { return Ok(None) };
    if !inner.is_allowed(&member).await? {
        return Ok(None);
    }
    let person = inner.store.blocking(move |store| store.person(member.person)).await?;
    Ok(person.map(|person| (member, person)))
}

/// Where nothing is.
pub(super) async fn nothing(State(inner): State<Arc<Inner>>) -> Response {
    problem(
        &inner,
        StatusCode::NOT_FOUND,
        "There is nothing here",
        "The address leads to no page of this gallery.",
    )
}

/// What went wrong with the gallery itself, which is logged here and told to nobody.
pub(super) fn broken(inner: &Inner, error: &StoreError) -> Response {
    if error.is_passing() {
        tracing::warn!(error = error as &dyn std::error::Error, "a page has to wait");
        let text = "The gallery has too much to do. Please try again in a moment.";
        let mut response = problem(inner, StatusCode::SERVICE_UNAVAILABLE, "One moment, please", text);
        response.headers_mut().insert(RETRY_AFTER, 5.into());
        return response;
    }
    tracing::error!(error = error as &dyn std::error::Error, "a page could not be served");
    let text = "Something is wrong with the gallery. Please try again later.";
    problem(inner, StatusCode::INTERNAL_SERVER_ERROR, "That did not work", text)
}

/// A page that says what went wrong, in words for the person in front of it.
pub(super) fn problem(inner: &Inner, status: StatusCode, title: &str, text: &str) -> Response {
    page(status, &ProblemPage { frame: Frame::of(inner), title, text, home: inner.path("/") })
}

/// A redirect, to be followed with GET.
pub(super) fn redirect(target: &str) -> Response {
    let Ok(target) = HeaderValue::try_from(target) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, target)]).into_response();
    guard(response.headers_mut());
    response
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let headers = [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (CONTENT_SECURITY_POLICY, POLICY),
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

/// Pages show whose they are: nobody keeps them, and no address of ours is passed on.
fn guard(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
}

/// The server as people know it: its host.
fn server_name(inner: &Inner) -> &str {
    inner.options.server.as_str().split_once("://").map_or("", |(_, rest)| rest)
}
