//! How programs come by a person's permission (OAuth 2 and 1), and how they show it with each request.
//!
//! Our own state machine over [`tidemark_core::people`]: [`authorize`] reads what a program asks for, [`consent`] asks
//! the person, [`token`] hands the token out, [`bearer`] finds it in later requests. The same for programs that sign is
//! [`oauth1`]; who sends a request of either kind, [`caller`] finds out.

mod authorize;
pub mod bearer;
pub(crate) mod caller;
mod client;
mod consent;
pub mod oauth1;
mod redirect;
mod token;

use crate::web::Site;
use axum::Router;
use axum::routing::{get, post};

/// The authorization page of Core API v1, and the later services' name for it.
const AUTHORIZE_PATHS: [&str; 3] = ["/1/oauth2/authorize", "/1/oauth2/authorize/", "/oauth2/authorize"];
/// The token endpoint, likewise.
const TOKEN_PATHS: [&str; 3] = ["/1/oauth2/token", "/1/oauth2/token/", "/oauth2/token"];

/// The authorization page and the token endpoint, under each of their names.
pub fn router(site: Site) -> Router {
    let mut router = Router::new();
    for path in AUTHORIZE_PATHS {
        router = router.route(path, get(consent::show).post(consent::decide));
    }
    for path in TOKEN_PATHS {
        let methods = post(token::exchange).options(token::preflight).fallback(token::wrong_method);
        router = router.route(path, methods);
    }
    oauth1::router(router).with_state(site)
}
