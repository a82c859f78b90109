//! `/admin` and below, for administrators: everybody's accounts, and how the server is.
//!
//! For everybody else there is nothing here. What an administrator may do is decided in the core
//! ([`Administration`]); these pages ask.

pub(super) mod accounts;
mod chart;
mod quota;
pub(super) mod server;

use super::Site;
use super::frame::Member;
use super::page::PageError;
use super::visitor::Visitor;
use axum::extract::FromRequestParts;
use http::request::Parts;
use tidemark_core::people::Administration;

/// Somebody who is signed in and administers the server. Whoever does not is told that there is nothing here, and whoever is
/// not signed in is led there first, as everywhere.
pub(super) struct Admin(pub(super) Member);

impl Admin {
    /// Whoever sent a form, if they administer the server.
    fn of(visitor: Visitor) -> Result<Admin, PageError> {
        Admin::check(Member::of(visitor, super::ADMIN_PATH)?)
    }

    fn check(member: Member) -> Result<Admin, PageError> {
        if member.account.admin { Ok(Admin(member)) } else { Err(PageError::NothingHere) }
    }

    /// What they may do.
    async fn verbs<'a>(&self, site: &'a Site) -> Result<Administration<'a>, PageError> {
        // They may have been made an ordinary account a moment ago.
        site.people.administration(self.0.account.id).await?.ok_or(PageError::NothingHere)
    }
}

impl FromRequestParts<Site> for Admin {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Admin, PageError> {
        Admin::check(Member::from_request_parts(parts, site).await?)
    }
}
