//! Forms that came back: from our own pages, in the browser that they were shown to.

use super::Site;
use super::page::PageError;
use super::visitor::Visitor;
use crate::http::host::authority;
use crate::http::{Params, body};
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::header::ORIGIN;
use http::request::Parts;

/// The largest form, in bytes.
pub(crate) const FORM_MAX: u64 = 64 * 1024;
/// The same of somebody who is signed in: room for the paths of all that they chose.
const MEMBERS_FORM_MAX: u64 = 512 * 1024;

/// The field with the proof of [`Visitor::form_token`].
const TOKEN: &str = "form_token";

/// A form that is proven to be ours. To read one otherwise is a mistake: another site could have sent it.
pub(crate) struct Submission {
    pub(crate) visitor: Visitor,
    pub(crate) params: Params,
}

impl FromRequest<Site> for Submission {
    type Rejection = PageError;

    async fn from_request(request: Request, site: &Site) -> Result<Submission, PageError> {
        let (mut parts, body) = request.into_parts();
        if !is_from_here(&parts) {
            return Err(PageError::Forged);
        }
        let visitor = Visitor::from_request_parts(&mut parts, site).await?;
        let form_max = if visitor.account.is_some() { MEMBERS_FORM_MAX } else { FORM_MAX };
        let form = body::read(body, form_max).await?;
        // Fields count only in the body: a link must not be able to fill them in.
        let params = Params::parse(None, Some(&form))?;
        if !params.get(TOKEN).is_some_and(|token| visitor.is_form_token(token)) {
            return Err(PageError::Forged);
        }
        Ok(Submission { visitor, params })
    }
}

/// Whether the browser, if it says anything about it, says that one of our pages sent this.
fn is_from_here(parts: &Parts) -> bool {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        // `none` is the user's own doing: a reload of the page that a form led to.
        return matches!(site, "same-origin" | "none");
    }
    match text(ORIGIN.as_str()) {
        // Our pages say `Referrer-Policy: no-referrer`, under which browsers tell no origin. The token must do.
        None | Some("null") => true,
        Some(origin) => {
            let here = authority(parts);
            let there = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            there.zip(here).is_some_and(|(there, here)| there.eq_ignore_ascii_case(here))
        }
    }
}
