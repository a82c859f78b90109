//! `GET /files` and below: the page of somebody's files; `POST /session/token`: what its scripts call the API with.

use super::form::Submission;
use super::frame::{Frame, Member, Part};
use super::page::{self, PageError};
use super::{Site, assets};
use crate::http::json;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

/// The page. What is behind its path names the folder that it shows; its scripts read that.
#[derive(Template)]
#[template(path = "files.html")]
struct FilesPage {
    frame: Frame,
    script: String,
    style: String,
}

/// The token, as its page reads it.
#[derive(Serialize)]
struct PageToken<'a> {
    /// For `Authorization: Bearer`. It ends with the session.
    access_token: &'a str,
}

/// The page of the files of whoever is signed in.
pub(super) async fn show(State(site): State<Site>, member: Member) -> Response {
    let mut headers = HeaderMap::new();
    let frame = member.frame(&site, Part::Files, &mut headers);
    let page =
        FilesPage { frame, script: assets::url("files/main.js"), style: assets::url("styles/files.css") };
    page::with(page::app_page(StatusCode::OK, &page), headers)
}

/// A token for the pages of a session: the form proves that one of them asks, the cookie whose it is.
pub(super) async fn token(State(site): State<Site>, form: Submission) -> Result<Response, PageError> {
    let token = match form.visitor.session() {
        Some(session) => site.people.page_token(session).await?,
        None => None,
    };
    let status = if token.is_some() { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    let body = token.as_ref().map(|token| PageToken { access_token: token.reveal() });
    let mut response = json::answer(status, &body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
