//! What a folder holds, as it is kept: a JSON document.
//!
//! It has what the server told of each picture, and of nothing else. Of it, pages only ever see the rows that are made of it; its hash
//! is what the folder is asked for by. One without a hash, or that is damaged, is none: the folder is asked for as a whole.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tidemark_client::{FileMetadata, FolderHash, Media, Metadata};

/// A folder's pictures.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    /// What the server knows this content by.
    pub(crate) hash: Option<FolderHash>,
    /// By name.
    pub(crate) pictures: Vec<Picture>,
}

/// A picture or a film.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Picture {
    pub(crate) name: String,
    pub(crate) rev: String,
    pub(crate) bytes: u64,
    /// What it is by its name, as the server says: only those of a short list are ever passed on.
    pub(crate) mime_type: String,
    /// Whether the server makes small pictures of it.
    pub(crate) has_thumbnail: bool,
    /// When it was taken, or else edited, or else put there: seconds since 1970, as a clock there showed.
    pub(crate) taken: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<(f64, f64)>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) duration: Option<u64>,
}

impl Picture {
    /// The picture that an entry is, if it is one, and whether all is known of it.
    pub(crate) fn of(entry: &Metadata) -> Option<(Picture, bool)> {
        let (name, file) = (entry.path.name()?, entry.file()?);
        if entry.is_deleted || !is_picture(file) {
            return None;
        }
        let info = match &file.media {
            Some(Media::Known(info)) => Some(info),
            Some(Media::Pending) | None => None,
        };
        let taken = info.and_then(|info| info.time_taken).or(file.client_mtime).or(entry.modified);
        let picture = Picture {
            name: name.to_owned(),
            rev: file.rev.to_string(),
            bytes: file.bytes,
            mime_type: file.mime_type.clone().unwrap_or_default(),
            has_thumbnail: file.thumb_exists,
            taken: taken.map_or(0, |time| time.0),
            place: info.and_then(|info| info.lat_long),
            duration: info
                .and_then(|info| info.duration)
                .map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
        };
        Some((picture, !matches!(file.media, Some(Media::Pending))))
    }

    /// Whether it moves.
    pub(crate) fn is_film(&self) -> bool {
        self.mime_type.starts_with("video/")
    }
}

/// Whether a file belongs into a gallery, by what the server says of its name.
pub(crate) fn is_picture(file: &FileMetadata) -> bool {
    let kind = file.mime_type.as_deref().unwrap_or_default();
    // Drawings are programs.
    file.thumb_exists
        || kind.starts_with("video/")
        || (kind.starts_with("image/") && !kind.contains("svg") && !kind.contains("icon"))
}

/// The month of a time, as a number such as 202405. Times that no calendar has are in the first month there is.
pub(crate) fn month(taken: i64) -> i64 {
    let time = jiff::Timestamp::from_second(taken).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let date = time.to_zoned(TimeZone::UTC).date();
    if date.year() < 1 { 101 } else { i64::from(date.year()) * 100 + i64::from(date.month()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_the_calendar() {
        for (taken, expected) in [
            (0, 197_001),
            (-1, 196_912),
            (1_391_591_223, 201_402),
            (951_782_400, 200_002),
            (i64::MAX, 197_001),
            (i64::MIN, 197_001),
        ] {
            assert_eq!(month(taken), expected, "{taken}");
        }
    }

    #[test]
    fn a_document_survives_its_text() {
        let picture = Picture {
            name: "a \"b\" </script>.jpg".to_owned(),
            rev: "1f".to_owned(),
            bytes: 3,
            mime_type: "image/jpeg".to_owned(),
            has_thumbnail: true,
            taken: -5,
            place: Some((52.5, 13.4)),
            duration: None,
        };
        let document = Document { hash: FolderHash::new("abc").ok(), pictures: vec![picture] };
        let text = serde_json::to_string(&document).unwrap();
        assert_eq!(serde_json::from_str::<Document>(&text).unwrap(), document);
    }
}
