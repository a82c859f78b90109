//! Bodies of type `multipart/form-data` (RFC 7578), part by part as they come.
//!
//! Whoever reads one has limits around everything that is kept in memory: how many parts there are, how long their
//! headers get ([`feed`]), and how long a part is that is read as a text.

mod feed;

use super::{BodyError, LimitedBody};
use bytes::Bytes;
use feed::{Feed, Unread};
use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use multer::{Field, Multipart};

/// How much longer than its parts' contents together a form may be.
pub const OVERHEAD_BYTES_MAX: u64 = 1 << 20;

/// How many parts a form may have.
const PARTS_MAX: usize = 32;

/// Why a form cannot be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Its body ended early.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// It is no form, or breaks off.
    #[error("the multipart body is malformed or incomplete")]
    Malformed,
    /// It has too many parts.
    #[error("the form has too many parts")]
    TooManyParts,
    /// A part is longer than a text there may be.
    #[error("a part of the form is too large")]
    TooLarge,
    /// A part that should be a text is none.
    #[error("a part of the form is not UTF-8")]
    NotUtf8,
}

impl FormError {
    fn of(error: &multer::Error) -> FormError {
        if let multer::Error::StreamReadFailed(cause) = error
            && let Some(cause) = cause.downcast_ref::<BodyError>()
        {
            return (*cause).into();
        }
        FormError::Malformed
    }
}

/// What stands between the parts, if the headers say that the body is a form.
pub fn boundary(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    multer::parse_boundary(value).ok()
}

/// A form that is being read.
pub struct FormData {
    parts: Multipart<'static>,
    unread: Unread,
    count: usize,
}

/// One of its parts. It must be dropped before the next is asked for; what was not read of it is passed over.
pub struct FormPart {
    field: Field<'static>,
    unread: Unread,
}

impl FormData {
    /// Begins to read a form with this boundary.
    pub fn new(body: LimitedBody, boundary: String) -> FormData {
        let (feed, unread) = Feed::new(body);
        FormData { parts: Multipart::new(feed, boundary), unread, count: 0 }
    }

    /// The next part; nothing at the end.
    ///
    /// # Errors
    /// [`FormError`]; after that there is nothing more.
    pub async fn next(&mut self) -> Result<Option<FormPart>, FormError> {
        let next = self.parts.next_field().await.map_err(|error| FormError::of(&error))?;
        let Some(field) = next else { return Ok(None) };
        self.count += 1;
        if self.count > PARTS_MAX {
            return Err(FormError::TooManyParts);
        }
        Ok(Some(FormPart { field, unread: self.unread.clone() }))
    }
}

impl FormPart {
    /// What the field is called.
    pub fn name(&self) -> Option<&str> {
        self.field.name()
    }

    /// What the file is called, if it is said to be one.
    pub fn file_name(&self) -> Option<&str> {
        self.field.file_name()
    }

    /// Whether it is said to be a file. Old libraries say names that are not ASCII in the encoded form alone, which
    /// RFC 7578 forbids and the parser does not read.
    pub fn is_file(&self) -> bool {
        let encoded = b"filename*=";
        let disposition =
            self.field.headers().get(CONTENT_DISPOSITION).map_or(&b""[..], |value| value.as_bytes());
        self.file_name().is_some() || disposition.windows(encoded.len()).any(|window| window == encoded)
    }

    /// Some more of its content; nothing at the end.
    ///
    /// # Errors
    /// [`FormError`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FormError> {
        let chunk = self.field.chunk().await.map_err(|error| FormError::of(&error))?;
        if let Some(chunk) = &chunk {
            self.unread.came_out(chunk.len());
        }
        Ok(chunk)
    }

    /// All of its content, as a text of at most `limit` bytes.
    ///
    /// # Errors
    /// [`FormError`].
    pub async fn text(mut self, limit: usize) -> Result<String, FormError> {
        let mut value = Vec::new();
        while let Some(piece) = self.chunk().await? {
            value.extend_from_slice(&piece);
            if value.len() > limit {
                return Err(FormError::TooLarge);
            }
        }
        String::from_utf8(value).map_err(|_| FormError::NotUtf8)
    }
}
