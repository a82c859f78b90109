//! `GET /`, `GET /help`: where people land, and how programs are connected.

use super::frame::{Frame, Member, Part};
use super::page::{self, PageError, redirect};
use super::visitor::Visitor;
use super::{FILES_PATH, Site};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode};

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    is_set_up: bool,
}

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage<'a> {
    /// The address of this server.
    server: String,
    /// Whose token it could be.
    email: &'a str,
}

/// The same for somebody who is signed in.
#[derive(Template)]
#[template(path = "member_help.html")]
struct MemberHelpPage<'a> {
    server: String,
    email: &'a str,
    frame: Frame,
}

/// On to the files of whoever is signed in; for everybody else, the way in.
pub(super) async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, PageError> {
    if visitor.account.is_some() {
        return redirect(StatusCode::SEE_OTHER, FILES_PATH);
    }
    let is_set_up = site.people.is_set_up().await?;
    Ok(page::page(StatusCode::OK, &WelcomePage { is_set_up }))
}

/// How a program is connected.
pub(super) async fn help(State(site): State<Site>, visitor: Visitor, parts: Parts) -> Response {
    let server = site.origin.url(&parts, "");
    let Some(account) = visitor.account.clone() else {
        return page::page(StatusCode::OK, &HelpPage { server, email: "YOU@EXAMPLE.ORG" });
    };
    let member = Member { visitor, account };
    let mut headers = HeaderMap::new();
    let frame = member.frame(&site, Part::Elsewhere, &mut headers);
    let page = MemberHelpPage { server, email: &member.account.email, frame };
    page::with(page::page(StatusCode::OK, &page), headers)
}
