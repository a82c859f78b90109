//! Where a request carries its access token.

use crate::http::Params;
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// The access token that a request presents, for [`tidemark_core::people::People::authenticate`]: in `Authorization:
/// Bearer` (the word in any case, with any spaces), or else as the parameter `access_token`, from query or form. Both
/// at once is no mistake (an old SDK does it); the header counts.
#[must_use]
pub fn token<'a>(headers: &'a HeaderMap, params: &'a Params) -> Option<&'a str> {
    from_header(headers).or_else(|| params.get("access_token"))
}

/// The same for requests whose parameters are not read.
#[must_use]
pub fn from_header(headers: &HeaderMap) -> Option<&str> {
    credentials(headers, "bearer")
}

/// What follows a scheme's name in an `Authorization` header.
pub(super) fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    headers.get_all(AUTHORIZATION).into_iter().find_map(|value| {
        let (word, rest) = value.to_str().ok()?.trim().split_once([' ', '\t'])?;
        word.eq_ignore_ascii_case(scheme).then(|| rest.trim()).filter(|rest| !rest.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presented(headers: &[&'static str], query: &str) -> Option<String> {
        let headers = headers.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect();
        token(&headers, &Params::parse(Some(query), None).unwrap()).map(str::to_owned)
    }

    #[test]
    fn is_found_wherever_clients_put_it() {
        for header in ["Bearer abc", "bearer abc", "BEARER   abc", "  Bearer \tabc  "] {
            assert_eq!(presented(&[header], "").as_deref(), Some("abc"), "{header:?}");
        }
        assert_eq!(presented(&[], "access_token=abc").as_deref(), Some("abc"));
        assert_eq!(presented(&["Bearer abc"], "access_token=def").as_deref(), Some("abc"));
        assert_eq!(presented(&["Basic xyz"], "access_token=def").as_deref(), Some("def"));
        assert_eq!(presented(&["Basic xyz", "Bearer abc"], "").as_deref(), Some("abc"));
        for nothing in ["", "Bearer", "Bearer ", "Bearerabc", "Basic abc", "abc"] {
            assert_eq!(presented(&[nothing], "access_token="), None, "{nothing:?}");
        }
    }
}
