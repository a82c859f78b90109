//! Programs in browsers that come from another origin (the Fetch standard, section 3.2).
//!
//! For endpoints that know their callers by what a request itself says (a token, a signature, a cursor) and by nothing
//! that a browser adds on its own accord: any origin may call those. Pages, which know people by a cookie, stay closed.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ALLOW, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// How long a browser may remember what it was told it may send, in seconds. Browsers take two hours at most.
const REMEMBERED: HeaderValue = HeaderValue::from_static("7200");

/// What a browser shows its programs of any answer: without this, the status, the body, and little else.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "x-dropbox-metadata, x-dropbox-request-id, box-request-id, accept-ranges, cache-control, content-disposition, content-language, \
     content-length, content-range, content-type, etag, expires, last-modified, original-content-length, pragma, \
     retry-after, www-authenticate",
);

/// Lets a program of any origin read this answer to a request that had the headers `asked`. What it may read of the
/// headers is a long list, and of no use to whoever names no origin.
pub fn open(asked: &HeaderMap, headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if asked.contains_key(ORIGIN) {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

/// Whether a browser asks what a program of another origin may send. Where `OPTIONS` is a method like any other, this tells
/// the question from the call.
#[must_use]
pub fn is_preflight(method: &Method, asked: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && asked.contains_key(ORIGIN)
        && asked.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to `OPTIONS` for something that takes these methods, whatever headers the program wants to send with
/// them: since the browser adds no credential, there is none that could do harm.
#[must_use]
pub fn preflight(asked: &HeaderMap, methods: &[Method]) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    open(asked, headers);
    let methods = method_list(methods);
    headers.insert(ALLOW, methods.clone());
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(ACCESS_CONTROL_MAX_AGE, REMEMBERED);
    headers.insert(VARY, HeaderValue::from_static("access-control-request-headers"));
    if let Some(wanted) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).filter(|wanted| is_name_list(wanted)) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    response
}

/// These methods and `OPTIONS`, as `Allow` has them.
#[must_use]
pub fn method_list(methods: &[Method]) -> HeaderValue {
    let others = methods.iter().filter(|method| **method != Method::OPTIONS);
    let names: Vec<_> = others.chain([&Method::OPTIONS]).map(Method::as_str).collect();
    HeaderValue::try_from(names.join(", ")).expect("methods are tokens")
}

/// Whether it is a list of header names, as browsers send it, and not something that should not be said back.
fn is_name_list(value: &HeaderValue) -> bool {
    let is_fit = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_, ".contains(byte);
    value.len() <= 1_000 && value.as_bytes().iter().all(is_fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(wanted: &str) -> Option<String> {
        let asked = HeaderMap::from_iter([(ACCESS_CONTROL_REQUEST_HEADERS, wanted.parse().unwrap())]);
        let answer = preflight(&asked, &[Method::GET]);
        answer.headers().get(ACCESS_CONTROL_ALLOW_HEADERS).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_headers_that_are_asked_for_are_allowed() {
        for wanted in ["authorization", "authorization,content-type,x-app_v2", "Range, If-None-Match"] {
            assert_eq!(asked(wanted).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn nonsense_is_not_said_back() {
        for wanted in ["<script>", "a:b", "a;b", "\"a\"", &"a,".repeat(501)] {
            assert_eq!(asked(wanted), None, "{wanted}");
        }
    }

    #[test]
    fn a_plain_question_is_told_the_methods() {
        let answer = preflight(&HeaderMap::new(), &[Method::PUT, Method::POST]);
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(answer.headers()[ALLOW], "PUT, POST, OPTIONS");
        assert!(!answer.headers().contains_key(ACCESS_CONTROL_ALLOW_HEADERS));
        assert_eq!(method_list(&[Method::OPTIONS, Method::GET]), "GET, OPTIONS");
    }

    #[test]
    fn a_call_with_options_is_no_preflight() {
        let (origin, wanted) =
            ((ORIGIN, "https://a".parse().unwrap()), (ACCESS_CONTROL_REQUEST_METHOD, "PUT".parse().unwrap()));
        let headers = |all: &[&(http::HeaderName, HeaderValue)]| {
            all.iter().map(|&pair| pair.clone()).collect::<HeaderMap>()
        };
        assert!(is_preflight(&Method::OPTIONS, &headers(&[&origin, &wanted])));
        assert!(!is_preflight(&Method::OPTIONS, &headers(&[&origin])));
        assert!(!is_preflight(&Method::OPTIONS, &headers(&[&wanted])));
        assert!(!is_preflight(&Method::GET, &headers(&[&origin, &wanted])));
    }
}
