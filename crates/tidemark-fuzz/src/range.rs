//! `Range` headers.

use http::header::{IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue};
use tidemark_api::http::{ETag, Ranged};

/// The first eight bytes are the size of the entity, the rest is the header; behind a zero byte, `If-Range`.
pub(crate) fn run(data: &[u8]) {
    let Some((size, rest)) = data.split_first_chunk::<8>() else { return };
    let total = u64::from_le_bytes(*size);
    let mut headers = HeaderMap::new();
    let mut values = rest.splitn(2, |byte| *byte == 0);
    for name in [RANGE, IF_RANGE] {
        if let Some(Ok(value)) = values.next().map(HeaderValue::from_bytes) {
            headers.insert(name, value);
        }
    }
    match Ranged::from_headers(&headers, total, &ETag::strong("200000001"), None) {
        Ranged::Part(range) => {
            assert!(range.first <= range.last && range.last < total, "{range:?} of {total}");
            assert_eq!(range.len(), range.last - range.first + 1);
            let _ = range.content_range(total);
        }
        Ranged::Whole => {}
        Ranged::Unsatisfiable => {
            // Only what names no byte of the entity; and never if the client holds another entity.
            assert!(headers.contains_key(RANGE));
        }
    }
}
