//! A path as it stands in a URL, and as core takes it.

use crate::text;
use tidemark_api::dropbox_v1::routes;
use tidemark_api::http::path::decode;
use tidemark_core::model::{DEPTH_MAX, Path};

pub(crate) fn run(data: &[u8]) {
    let Some(raw) = text(data) else { return };
    let _ = routes::route(&http::Method::GET, raw);
    let Ok(decoded) = decode(raw) else { return };
    assert!(!decoded.contains('\0'));
    // What was decoded is what was meant: written in escapes, it decodes to the same.
    let escaped =
        percent_encoding::utf8_percent_encode(&decoded, percent_encoding::NON_ALPHANUMERIC).to_string();
    assert_eq!(decode(&escaped).expect("escapes that were just written"), decoded);
    let looked_up = Path::parse(&decoded);
    if let Ok(path) = Path::parse_new(&decoded) {
        assert_eq!(looked_up.as_ref(), Ok(&path), "what can be made can be looked up");
    }
    let Ok(path) = looked_up else { return };
    // It has one spelling, which is stable, and nothing that could lead elsewhere.
    assert_eq!(Path::parse(path.as_str()).as_ref(), Ok(&path));
    assert_eq!(path.is_root(), path.names().next().is_none());
    let names: Vec<_> = path.names().collect();
    assert!(names.len() <= DEPTH_MAX);
    for name in &names {
        let name = name.as_str();
        assert!(
            !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0']),
            "{name:?}"
        );
    }
    // Keys are compared by: looking up what they spell finds the same place.
    assert_eq!(path.key().keys().count(), names.len());
    if let Ok(again) = Path::parse(path.key().as_str()) {
        assert_eq!(again.key(), path.key());
    }
}
