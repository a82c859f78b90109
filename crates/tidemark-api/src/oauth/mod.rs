//! How programs come by a person's permission (OAuth 2 and 1), and how they show it with each request.
//!
//! Our own state machine over [`tidemark_core::people`]: [`authorize`] reads what a program asks for, [`consent`] asks
//! the person, [`token`] hands the token out, [`bearer`] finds it in later requests, [`revoke`] takes it back. The same for
//! programs that sign is [`oauth1`]; who sends a request of either kind, [`caller`] finds out.
//!
//! Two services' programs come here with OAuth 2. Core API v1's get tokens that last, Box's get tokens that expire and are
//! renewed: a code carries which, from the authorization page on.

mod authorize;
pub mod bearer;
pub(crate) mod caller;
mod client;
mod consent;
pub mod oauth1;
mod redirect;
mod refusal;
mod revoke;
mod token;

use crate::web::Site;
use axum::Router;
use axum::extract::Extension;
use axum::routing::{get, post};
use tidemark_core::model::Lifetime;
use token::Serves;

/// The authorization pages: of Core API v1 (and the later services' name for it), and of Box.
const AUTHORIZE_PATHS: [(&str, Lifetime); 5] = [
    ("/1/oauth2/authorize", Lifetime::Lasting),
    ("/1/oauth2/authorize/", Lifetime::Lasting),
    ("/oauth2/authorize", Lifetime::Lasting),
    ("/api/oauth2/authorize", Lifetime::Renewed),
    ("/api/oauth2/authorize/", Lifetime::Renewed),
];
/// The token endpoints, likewise. One name is of both.
const TOKEN_PATHS: [(&str, Option<Lifetime>); 6] = [
    ("/1/oauth2/token", Some(Lifetime::Lasting)),
    ("/1/oauth2/token/", Some(Lifetime::Lasting)),
    ("/oauth2/token", None),
    ("/oauth2/token/", None),
    ("/api/oauth2/token", Some(Lifetime::Renewed)),
    ("/api/oauth2/token/", Some(Lifetime::Renewed)),
];
/// Box's revocation endpoint; Core API v1 has a call for it.
const REVOKE_PATHS: [&str; 4] =
    ["/oauth2/revoke", "/oauth2/revoke/", "/api/oauth2/revoke", "/api/oauth2/revoke/"];

/// The authorization pages, the token endpoints and the revocation endpoint, under each of their names.
pub fn router(site: Site) -> Router {
    let mut router = Router::new();
    for (path, lifetime) in AUTHORIZE_PATHS {
        router = router.route(path, get(consent::show).post(consent::decide).layer(Extension(lifetime)));
    }
    for (path, lifetime) in TOKEN_PATHS {
        let methods = post(token::exchange).layer(Extension(Serves(lifetime)));
        router = router.route(path, methods.options(refusal::preflight).fallback(refusal::wrong_method));
    }
    for path in REVOKE_PATHS {
        let methods = post(revoke::revoke).options(refusal::preflight).fallback(refusal::wrong_method);
        router = router.route(path, methods);
    }
    oauth1::router(router).with_state(site)
}
