//! OAuth 1.0a (RFC 5849) on the wire: [`header`] and [`signature`] read and compute, [`presented`] finds what a request
//! presents, [`tokens`] hands tokens out, and [`authorize`] asks the person. What it means stands in
//! [`tidemark_core::people::oauth1`].

mod authorize;
mod callback;
mod header;
mod presented;
mod signature;
mod tokens;

pub use self::header::{HEADER_BYTES_MAX, HEADER_PARAMS_MAX, HeaderError, parse_header};
pub use self::signature::base_string;

pub(crate) use self::presented::{Presented, Unsigned};

use crate::web::Site;
use axum::Router;
use axum::routing::{any, get};

/// The protocol's version, and its predecessor's, which worked the same way.
const VERSIONS: [&str; 2] = ["/1", "/0"];

/// The three addresses of OAuth 1, in both versions, each with or without a slash at its end.
pub(super) fn router(mut router: Router<Site>) -> Router<Site> {
    for version in VERSIONS {
        for slash in ["", "/"] {
            router = router
                .route(&format!("{version}/oauth/request_token{slash}"), any(tokens::request))
                .route(&format!("{version}/oauth/access_token{slash}"), any(tokens::access))
                .route(
                    &format!("{version}/oauth/authorize{slash}"),
                    get(authorize::show).post(authorize::decide),
                );
        }
    }
    router
}
