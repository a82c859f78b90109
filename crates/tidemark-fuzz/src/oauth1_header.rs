//! `Authorization: OAuth ...`.

use crate::{escaped, text};
use tidemark_api::oauth::oauth1::{HEADER_PARAMS_MAX, HeaderError, parse_header};

/// What stands behind the word `OAuth`.
pub(crate) fn run(data: &[u8]) {
    let Some(Ok(params)) = text(data).map(parse_header) else { return };
    assert!(params.len() <= HEADER_PARAMS_MAX);
    for (at, (name, _)) in params.iter().enumerate() {
        assert!(!name.is_empty() && !name.eq_ignore_ascii_case("realm"), "{name:?} is no parameter");
        assert!(params[..at].iter().all(|(other, _)| other != name), "{name:?} is there twice");
    }
    // Whatever was read, a careful client could have written it.
    let careful: Vec<_> =
        params.iter().map(|(name, value)| format!("{}=\"{}\"", escaped(name), escaped(value))).collect();
    match parse_header(&careful.join(", ")) {
        Ok(again) => assert_eq!(again, params),
        // Escapes are longer than what they stand for.
        Err(error) => assert_eq!(error, HeaderError::TooLong, "{careful:?}"),
    }
}
