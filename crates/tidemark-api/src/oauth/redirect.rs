//! Sending a browser back to the program that sent it.

use super::authorize::{ResponseKind, Return};
use crate::web::page::{PageError, redirect};
use axum::response::Response;
use http::StatusCode;

/// Sends the browser back with these fields and the program's `state`: in the query where a code was asked for, in the
/// fragment where a token was, which browsers show to no server.
pub(super) fn send_back(
    to: &Return,
    kind: ResponseKind,
    fields: &[(&str, &str)],
) -> Result<Response, PageError> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields);
    if let Some(state) = &to.state {
        query.append_pair("state", state);
    }
    let mark = match kind {
        ResponseKind::Token => "#",
        ResponseKind::Code if to.uri.ends_with(['?', '&']) => "",
        ResponseKind::Code if to.uri.contains('?') => "&",
        ResponseKind::Code => "?",
    };
    redirect(StatusCode::FOUND, &format!("{}{mark}{}", to.uri, query.finish()))
}
