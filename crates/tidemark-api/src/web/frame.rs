//! What stands around the pages of somebody who is signed in: where they can go, and the way out.

use super::Site;
use super::page::PageError;
use super::visitor::Visitor;
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, Method};
use tidemark_core::model::Account;

/// The part of the web UI that a page is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Files,
    Links,
    Account,
    Apps,
    Admin,
    /// In none: a page about the whole.
    Elsewhere,
}

/// The frame of a page, for the templates that extend `frame.html`: each of them has it as `frame`.
pub(crate) struct Frame {
    pub(crate) email: String,
    pub(crate) is_admin: bool,
    pub(crate) form_token: String,
    /// Where the server's own gallery is.
    pub(crate) gallery: Option<&'static str>,
    here: Part,
}

impl Frame {
    /// Whether a page is in this part; templates have no `==` on enums of ours.
    pub(crate) fn is_files(&self) -> bool {
        self.here == Part::Files
    }

    pub(crate) fn is_links(&self) -> bool {
        self.here == Part::Links
    }

    pub(crate) fn is_account(&self) -> bool {
        self.here == Part::Account
    }

    pub(crate) fn is_apps(&self) -> bool {
        self.here == Part::Apps
    }

    pub(crate) fn is_in_admin(&self) -> bool {
        self.here == Part::Admin
    }
}

/// Somebody who is signed in. Whoever is not is led through the sign-in page and back, or, with a form in hand, only there.
pub(crate) struct Member {
    pub(crate) visitor: Visitor,
    pub(crate) account: Account,
}

impl Member {
    /// Whoever sent a form, if they are still signed in; otherwise they are led through the sign-in page to `back`.
    pub(crate) fn of(visitor: Visitor, back: &str) -> Result<Member, PageError> {
        match visitor.account.clone() {
            Some(account) => Ok(Member { visitor, account }),
            None => Err(PageError::SignedOut { back: back.to_owned() }),
        }
    }

    /// The frame of a page for them. If their forms need a cookie first, `headers` set it.
    pub(crate) fn frame(&self, site: &Site, here: Part, headers: &mut HeaderMap) -> Frame {
        Frame {
            email: self.account.email.clone(),
            is_admin: self.account.admin,
            form_token: self.visitor.form_token(site, headers),
            gallery: site.gallery,
            here,
        }
    }
}

impl FromRequestParts<Site> for Member {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Member, PageError> {
        let visitor = Visitor::of(parts, site).await?;
        let back = match parts.method {
            Method::GET | Method::HEAD => parts.uri.path_and_query().map_or("/", |path| path.as_str()),
            _ => "/",
        };
        Member::of(visitor, back)
    }
}
