//! Where a list that is read by markers goes on. A marker says behind which name, or behind what in the trash. It is no
//! secret, and clients may not make sense of it.

use super::error::ApiError;
use super::request::Call;
use data_encoding::BASE64URL_NOPAD;
use tidemark_core::cloud::TrashPosition;
use tidemark_core::model::{EntryId, NameKey, Seq};

/// Longer texts are no markers of ours: a name of 255 characters of 4 bytes fits, and two numbers.
const MARKER_CHARS_MAX: usize = 2_048;

/// What clients send that begin.
const BEGINNING: &str = "0";

/// Whether a list is asked for by markers. Some clients ask in another spelling.
pub(super) fn are_used(call: &Call<'_>) -> Result<bool, ApiError> {
    let used = call.params.boolean("usemarker")?.or(call.params.boolean("useMarker")?).unwrap_or(false);
    if !used && call.params.get("marker").is_some() {
        return Err(ApiError::of_param("marker", "A marker takes 'usemarker=true'"));
    }
    Ok(used)
}

/// A place among names, as clients keep it.
pub(super) fn write(key: &NameKey) -> String {
    BASE64URL_NOPAD.encode(key.as_str().as_bytes())
}

/// Where the client is; nothing at the beginning.
pub(super) fn read(call: &Call<'_>) -> Result<Option<NameKey>, ApiError> {
    given(call, |bytes| Some(NameKey::trusted(std::str::from_utf8(bytes).ok()?)))
}

/// The same in the trash.
pub(super) fn write_trash((folder, key, entry): &TrashPosition) -> String {
    let mut bytes = Vec::with_capacity(16 + key.as_str().len());
    bytes.extend_from_slice(&folder.0.to_be_bytes());
    bytes.extend_from_slice(&entry.0.to_be_bytes());
    bytes.extend_from_slice(key.as_str().as_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

pub(super) fn read_trash(call: &Call<'_>) -> Result<Option<TrashPosition>, ApiError> {
    given(call, |bytes| {
        let (folder, rest) = bytes.split_first_chunk()?;
        let (entry, key) = rest.split_first_chunk()?;
        let key = NameKey::trusted(std::str::from_utf8(key).ok()?);
        let entry_id = |bytes: &[u8; 8]| {
            let number = u64::from_be_bytes(*bytes);
            (number <= Seq::MAX.0).then_some(EntryId(number))
        };
        Some((entry_id(folder)?, key, entry_id(entry)?))
    })
}

fn given<T>(call: &Call<'_>, parse: impl Fn(&[u8]) -> Option<T>) -> Result<Option<T>, ApiError> {
    let text = call.params.get("marker").filter(|text| *text != BEGINNING);
    let Some(text) = text else { return Ok(None) };
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok().filter(|_| text.len() <= MARKER_CHARS_MAX);
    let parsed = bytes.as_deref().and_then(parse);
    parsed.map(Some).ok_or_else(|| ApiError::of_param("marker", "The marker is none that was given out"))
}
