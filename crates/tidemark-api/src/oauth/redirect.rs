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
    let mut fields = fields.to_vec();
    fields.extend(to.state.as_deref().map(|state| ("state", state)));
    let target = match kind {
        ResponseKind::Token => format!("{}#{}", to.uri, query(&fields)),
        ResponseKind::Code => with_query(&to.uri, &fields),
    };
    redirect(StatusCode::FOUND, &target)
}

/// An address without a fragment, with these fields behind whatever query it has.
pub(super) fn with_query(uri: &str, fields: &[(&str, &str)]) -> String {
    let mark = match uri {
        _ if uri.ends_with(['?', '&']) => "",
        _ if uri.contains('?') => "&",
        _ => "?",
    };
    format!("{uri}{mark}{}", query(fields))
}

fn query(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
