//! What of a file can be shown on its page without anything of it being run.

use super::made::Made;
use crate::content::{Extension, beginning};
use tidemark_core::cloud::Cloud;
use tidemark_core::model::Content;
use tidemark_core::store::StoreError;

/// How much of a text is shown, in bytes.
const TEXT_MAX: u64 = 64 << 10;
/// The largest picture that a page loads by itself, in bytes.
const PICTURE_MAX: u64 = 32 << 20;

/// How a file is shown. Pictures, sounds and films are left to the browser's decoders, which get the bytes as such
/// whatever is in them. (SVG is a document that can hold scripts; PDF needs a plug-in, which the pages' policy forbids, so
/// it has a page to itself.)
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Preview {
    None,
    /// Nothing is in it.
    Empty,
    Picture,
    /// A smaller copy of it, which is made here.
    SmallPicture,
    Sound,
    Film,
    /// On a page of its own, by the browser.
    Document,
    /// On a page of its own, which is made here.
    Sheet,
    /// The beginning of a text, and whether there is more.
    Text(String, bool),
}

impl Preview {
    pub(super) async fn of(cloud: &Cloud, name: &str, content: Content) -> Result<Preview, StoreError> {
        let extension = Extension::of(name);
        Ok(match extension.mime_type() {
            _ if content.size == 0 => Preview::Empty,
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/avif" | "image/bmp"
                if content.size <= PICTURE_MAX =>
            {
                Preview::Picture
            }
            // What browsers do not show as it is, such as TIFF.
            _ if Made::Picture.is_made_of(name, content) => Preview::SmallPicture,
            "audio/mpeg" | "audio/ogg" | "audio/wav" | "audio/flac" | "audio/aac" | "audio/mp4"
            | "audio/x-m4a" | "audio/m4a" | "audio/opus" => Preview::Sound,
            // QuickTime is what telephones record; most browsers play it.
            "video/mp4" | "video/webm" | "video/ogg" | "video/x-m4v" | "video/quicktime" => Preview::Film,
            mime if is_text(mime, extension.as_str()) => {
                let bytes = beginning(cloud, content, TEXT_MAX).await?;
                let more = content.size > TEXT_MAX;
                text(bytes, more).map_or(Preview::None, |text| Preview::Text(text, more))
            }
            "application/pdf" => Preview::Document,
            _ if Made::Page.is_made_of(name, content) => Preview::Sheet,
            _ => Preview::None,
        })
    }
}

impl Preview {
    /// The same for whom the bytes themselves are not: what is made here is left, and the beginning of a text.
    pub(super) fn without_download(self) -> Preview {
        match self {
            Preview::Picture | Preview::SmallPicture => Preview::SmallPicture,
            Preview::Sound | Preview::Film | Preview::Document => Preview::None,
            Preview::None | Preview::Empty | Preview::Sheet | Preview::Text(..) => self,
        }
    }
}

/// Whether a file of this type is read by people; one without an extension often is.
fn is_text(mime: &str, extension: &str) -> bool {
    mime.starts_with("text/")
        || extension.is_empty()
        || mime.ends_with("+xml")
        || mime.ends_with("+json")
        || matches!(
            mime,
            "application/json"
                | "application/javascript"
                | "application/xml"
                | "application/sql"
                | "application/x-sh"
                | "application/x-tex"
                | "application/x-yaml"
                | "application/toml"
        )
}

/// Bytes as text, if they are some. Where it was cut, a character may be incomplete.
fn text(mut bytes: Vec<u8>, is_cut: bool) -> Option<String> {
    if let Err(error) = std::str::from_utf8(&bytes)
        && is_cut
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_not_shown_as_one() {
        assert_eq!(text(b"a<b>\x1b".to_vec(), false).as_deref(), Some("a<b>\x1b"));
        assert_eq!(text(b"a\xff".to_vec(), true), None);
        assert_eq!(text(b"a\0".to_vec(), true), None);
        assert_eq!(text("aé".as_bytes()[..2].to_vec(), true).as_deref(), Some("a"));
        assert_eq!(text("aé".as_bytes()[..2].to_vec(), false), None);
    }
}
