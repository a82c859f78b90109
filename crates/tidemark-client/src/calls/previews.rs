//! Small pictures, and pages that show a document.

use bytes::Bytes;
use http::header::CONTENT_TYPE;

use crate::call::Call;
use crate::error::shown;
use crate::model::{RemotePath, Rev};
use crate::{Client, Error};

/// How large a small picture is at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThumbnailSize {
    /// 32 by 32.
    Xs,
    /// 64 by 64.
    S,
    /// 128 by 128.
    M,
    /// 640 by 480.
    L,
    /// 1024 by 768.
    Xl,
}

/// How a small picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThumbnailFormat {
    /// For photos.
    Jpeg,
    /// For drawings.
    Png,
}

/// A small picture, or a page.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// What the bytes are, as the server says.
    pub mime_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({}, {} bytes)", self.mime_type, self.bytes.len())
    }
}

/// The largest that is read.
const IMAGE_MAX: usize = 64 << 20;

impl Client {
    /// A small picture of a file, in this version or the present one.
    ///
    /// # Errors
    /// [`Error`]. A kind of file that has none is [`NotFound`](crate::RefusalKind::NotFound), a picture that cannot be read
    /// [`Unsupported`](crate::RefusalKind::Unsupported).
    pub async fn thumbnail(
        &self,
        path: &RemotePath,
        rev: Option<&Rev>,
        size: ThumbnailSize,
        format: ThumbnailFormat,
    ) -> Result<Image, Error> {
        let size = match size {
            ThumbnailSize::Xs => "xs",
            ThumbnailSize::S => "s",
            ThumbnailSize::M => "m",
            ThumbnailSize::L => "l",
            ThumbnailSize::Xl => "xl",
        };
        let format = match format {
            ThumbnailFormat::Jpeg => "jpeg",
            ThumbnailFormat::Png => "png",
        };
        let call = Call::get(self.parts.server.entry("thumbnails", path));
        let call = call.with("size", size).with("format", format);
        self.image(&call.with_some("rev", rev.map(Rev::as_str))).await
    }

    /// A page that shows a document.
    ///
    /// # Errors
    /// [`Error`]. A kind of file that has none is [`NotFound`](crate::RefusalKind::NotFound) or
    /// [`Conflict`](crate::RefusalKind::Conflict).
    pub async fn preview(&self, path: &RemotePath, rev: Option<&Rev>) -> Result<Image, Error> {
        let call = Call::get(self.parts.server.entry("previews", path));
        self.image(&call.with_some("rev", rev.map(Rev::as_str))).await
    }

    async fn image(&self, call: &Call) -> Result<Image, Error> {
        let whole = self.whole(call, IMAGE_MAX).await?;
        let mime_type = whole.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let mime_type = shown(mime_type.unwrap_or("application/octet-stream"));
        Ok(Image { mime_type, bytes: whole.bytes })
    }
}
