//! What stands around a page that says what went wrong: for somebody who is signed in, the way to everything else.
//!
//! Such pages are made in many places, which know nobody: deep in a protocol, before a session was looked at, or where there is no
//! page at all. So they are told again on their way out.

use super::cookie::Cookie;
use super::frame::{Frame, Member, Part};
use super::page::{self, Told};
use super::visitor::Visitor;
use super::{FILES_PATH, Site};
use crate::refusals::is_below_api;
use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;

#[derive(Template)]
#[template(path = "member_error.html")]
struct MemberErrorPage<'a> {
    title: &'a str,
    text: &'a str,
    files: &'static str,
    frame: Frame,
}

/// The router, whose pages that say what went wrong have a frame for whoever is signed in. What is behind every other path must be
/// in it already.
pub fn framed(router: Router, site: Site) -> Router {
    router.layer(from_fn_with_state(site, tell_again))
}

async fn tell_again(State(site): State<Site>, request: Request, next: Next) -> Response {
    // Programs are told no pages, and what waits for changes should hold as little as it can. Whoever an app has sent here is on
    // the way back to it, and not to their files.
    if is_below_api(request.uri().path()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let session = Cookie::Session.read(&parts.headers, site.origin.is_secure(&parts));
    let asked = session.is_some().then(|| parts.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    let (Some(asked), Some(told)) = (asked, response.extensions().get::<Told>().cloned()) else {
        return response;
    };
    // Where that cannot be found out, the page stays as it is.
    let Ok(visitor) = Visitor::of(&asked, &site).await else { return response };
    let Some(account) = visitor.account.clone() else { return response };
    let member = Member { visitor, account };
    let mut headers = HeaderMap::new();
    let frame = member.frame(&site, Part::Elsewhere, &mut headers);
    let again = MemberErrorPage { title: &told.title, text: &told.text, files: FILES_PATH, frame };
    let mut again = page::with(page::page(response.status(), &again), headers);
    // Whatever else was said with it is said with this.
    for (name, value) in response.headers() {
        if name != CONTENT_LENGTH && !again.headers().contains_key(name) {
            again.headers_mut().insert(name, value.clone());
        }
    }
    again
}
