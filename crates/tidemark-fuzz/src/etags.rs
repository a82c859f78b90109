//! `If-Match` and `If-None-Match`: lists of tags.

use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method};
use tidemark_api::http::conditional::Tags;
use tidemark_api::http::{ETag, Preconditions, Verdict};

/// Headers, divided by zero bytes, in turn of either name.
pub(crate) fn run(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for (at, value) in data.split(|byte| *byte == 0).take(8).enumerate() {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            if let Some(tag) = ETag::parse(&value) {
                assert_eq!(ETag::parse(&tag.to_header()), Some(tag), "a tag is read as it is written");
            }
            headers.append(if at % 2 == 0 { IF_NONE_MATCH } else { IF_MATCH }, value);
        }
    }
    let current = ETag::strong("200000001");
    let verdict = Preconditions::from_headers(&headers).judge(&Method::GET, Some(&current));
    match verdict {
        Verdict::NotModified => {
            let named = match Tags::from_headers(&headers, &IF_NONE_MATCH) {
                Some(Tags::Any) => true,
                Some(Tags::Of(tags)) => tags.iter().any(|tag| tag.opaque() == current.opaque()),
                None => false,
            };
            assert!(named, "not modified, though the client did not name what it has");
        }
        Verdict::Failed => assert!(headers.contains_key(IF_MATCH)),
        Verdict::Proceed => {}
    }
    // Of what is not there, a client can have no copy.
    assert_ne!(Preconditions::from_headers(&headers).judge(&Method::GET, None), Verdict::NotModified);
}
