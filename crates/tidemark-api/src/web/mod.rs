//! The pages that people see: setting the server up, signing in and out, and what they have linked.
//!
//! Plain HTML with one style sheet and no script. Every page carries the headers of [`page`], every form is read through
//! [`form::Submission`], which lets nothing through that another site could have sent. The pages of the OAuth flow stand
//! in [`crate::oauth`] and are built from the same parts.

pub(crate) mod assets;
pub(crate) mod continuation;
pub(crate) mod cookie;
pub(crate) mod form;
mod home;
pub(crate) mod page;
mod setup;
mod sign_in;
pub(crate) mod visitor;

pub use self::page::not_found;

use crate::http::Origin;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;
use tidemark_core::people::People;

/// Where people sign in.
pub const SIGN_IN_PATH: &str = "/login";
/// Where the first account is made; `?token=` and the secret of [`People::setup_link`] complete the link.
pub const SETUP_PATH: &str = "/setup";

/// What the pages and the OAuth endpoints stand on.
#[derive(Clone)]
pub struct Site {
    pub(crate) people: Arc<People>,
    /// Where browsers and programs find the server, and how they come.
    pub(crate) origin: Origin,
}

impl Site {
    /// Over these people, for browsers that connect to the server itself.
    pub fn new(people: Arc<People>) -> Site {
        Site { people, origin: Origin::default() }
    }

    /// Says how the server is called, and whether a proxy is in front of it, as [`Site::behind_proxy`] has it.
    #[must_use]
    pub fn at(self, origin: Origin) -> Site {
        Site { origin, ..self }
    }

    /// Says that a proxy in front of the server speaks TLS with the browsers, so that cookies are for TLS only, and
    /// appends their addresses to `X-Forwarded-For`, so that whoever guesses passwords is told apart from the others.
    /// Nobody else may reach the server then: they could claim any address.
    #[must_use]
    pub fn behind_proxy(self, behind_proxy: bool) -> Site {
        Site { origin: Origin { behind_proxy, ..self.origin }, ..self }
    }
}

/// The pages. The caller decides what is behind every other path; [`not_found`] is a page for it.
pub fn router(site: Site) -> Router {
    Router::new()
        .route("/", get(home::show))
        .route("/help", get(home::help))
        .route("/linked-apps/revoke", post(home::unlink))
        .route(SETUP_PATH, get(setup::show).post(setup::submit))
        .route(SIGN_IN_PATH, get(sign_in::show).post(sign_in::submit))
        .route("/logout", post(sign_in::leave))
        .route(assets::STYLE_PATH, get(assets::style))
        .route(assets::MARK_PATH, get(assets::mark))
        .with_state(site)
}
