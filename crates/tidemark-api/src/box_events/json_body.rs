//! Bodies that are JSON objects, whatever they say they are: the oldest client says nothing.

use super::error::ApiError;
use crate::http::{Body, body};
use http::StatusCode;
use serde::de::DeserializeOwned;

/// The longest body of an endpoint that takes a few fields.
pub(super) const BODY_MAX: u64 = 64 << 10;

/// Reads a body as an object. One that is empty is an object without fields; fields that are not known don't matter, and
/// null is as good as nothing wherever a field is an `Option`.
pub(super) async fn read<T: DeserializeOwned>(body: Body, limit: u64) -> Result<T, ApiError> {
    parse(&body::read(body, limit).await?)
}

/// The same of bytes that came some other way.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let text = bytes.trim_ascii();
    let text = if text.is_empty() { b"{}" } else { text };
    if text.first() != Some(&b'{') {
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_request", "The body is not a JSON object"));
    }
    serde_json::from_slice(text).map_err(|error| {
        ApiError::new(StatusCode::BAD_REQUEST, "bad_request", format!("The body cannot be used: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Asked {
        name: Option<String>,
    }

    async fn read_text(text: &str) -> Result<Asked, u16> {
        let asked = read(Body::from(text.to_owned()), 4_096).await;
        asked.map_err(|error: ApiError| error.status().as_u16())
    }

    #[tokio::test]
    async fn null_is_nothing_and_so_is_no_body() {
        for text in ["", "  ", "{}", r#"{"name":null}"#, r#"{"other":{"name":1},"name":null}"#] {
            assert_eq!(read_text(text).await, Ok(Asked::default()), "{text}");
        }
        assert_eq!(read_text("\n {\"name\": \"a\"} ").await, Ok(Asked { name: Some("a".into()) }));
    }

    /// However deep: what is skipped takes no stack.
    #[tokio::test]
    async fn what_nobody_asked_for_is_skipped() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(2_000), "]".repeat(2_000));
        assert_eq!(read_text(&deep).await, Ok(Asked::default()));
    }

    #[tokio::test]
    async fn what_is_no_object_is_refused() {
        for text in ["[]", r#"["a"]"#, "1", "{", r#"{"name":1}"#, "{}{}", "\u{feff}{}"] {
            assert_eq!(read_text(text).await, Err(400), "{text}");
        }
        assert_eq!(read_text(&format!("{{\"a\":\"{}\"}}", "x".repeat(4_096))).await, Err(413));
    }
}
