//! Small pictures: out of the cache, or from the server into it; and their shape, which is that of the picture.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tidemark_client::{Client, Error, RefusalKind, Rev, ThumbnailFormat, ThumbnailSize};

use crate::gallery::Inner;
use crate::store::{Database, PersonId, Spot, StoreError, Thumbnails};

/// What a small picture is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// To be one of many.
    Grid,
    /// To fill a screen until the picture itself is there, or in its place.
    Screen,
}

impl Size {
    /// As addresses and the cache have it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Size::Grid => "grid",
            Size::Screen => "screen",
        }
    }

    pub(crate) fn read(text: &str) -> Option<Size> {
        [Size::Grid, Size::Screen].into_iter().find(|size| size.as_str() == text)
    }
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ThumbnailError {
    #[error("there is no small picture of this file")]
    None,
    #[error(transparent)]
    Client(#[from] Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is taken for the shape of a thumbnail that cannot be read: that of most.
const USUAL: (u16, u16) = (640, 480);

/// Whoever holds it waits for a page's question: what is asked for nobody in particular stands back.
pub(crate) struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    pub(crate) fn new(waiting: &'a AtomicUsize) -> Waiting<'a> {
        waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A small picture of what is at a spot.
pub(crate) async fn thumbnail(
    inner: &Arc<Inner>,
    client: &Client,
    person: PersonId,
    spot: &Spot,
    size: Size,
) -> Result<Bytes, ThumbnailError> {
    let now = inner.now();
    let (id, is_measured, rev) = (spot.id, spot.is_measured, spot.rev.clone());
    let look = move |thumbnails: &Thumbnails| thumbnails.get(person, &rev, size.as_str(), now);
    if let Some(bytes) = inner.store.caching(look).await? {
        if !is_measured {
            // A picture that moved is another row, of the same version.
            let (rev, shape) = (spot.rev.clone(), shape_of(&bytes));
            inner.store.writing(move |store| store.measured(id, &rev, shape)).await?;
        }
        return Ok(bytes);
    }
    let rev = spot.rev.clone();
    let none = move |store: &Database| store.measured(id, &rev, (0, 0));
    let (Some(path), Ok(rev)) = (spot.path(), Rev::new(spot.rev.clone())) else {
        inner.store.writing(none).await?;
        return Err(ThumbnailError::None);
    };
    let server_size = match size {
        Size::Grid => ThumbnailSize::L,
        Size::Screen => ThumbnailSize::Xl,
    };
    let made = client.thumbnail(&path, Some(&rev), server_size, ThumbnailFormat::Jpeg).await;
    let bytes = match made {
        Ok(image) => image.bytes,
        Err(error) if is_none(&error) => {
            inner.store.writing(none).await?;
            return Err(ThumbnailError::None);
        }
        Err(error) => return Err(error.into()),
    };
    let shape = shape_of(&bytes);
    let (rev, kept) = (spot.rev.clone(), bytes.clone());
    let keep = move |thumbnails: &Thumbnails| thumbnails.put(person, &rev, size.as_str(), &kept, now);
    inner.store.caching(keep).await?;
    let rev = spot.rev.clone();
    inner.store.writing(move |store| store.measured(id, &rev, shape)).await?;
    Ok(bytes)
}

/// Whether it is known that there is none, now and later.
fn is_none(error: &Error) -> bool {
    matches!(error.kind(), Some(RefusalKind::NotFound | RefusalKind::Unsupported | RefusalKind::TooLarge))
}

/// Width and height of a thumbnail, as far as it tells.
fn shape_of(bytes: &[u8]) -> (u16, u16) {
    jpeg_shape(bytes).unwrap_or(USUAL)
}

/// Width and height of a JPEG, as its frame says.
fn jpeg_shape(bytes: &[u8]) -> Option<(u16, u16)> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let (&[mark, kind, high, low], _) = rest.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if mark != 0xff || length < 2 {
            return None;
        }
        let segment = rest.get(4..2 + length)?;
        // Every frame but those that only define tables.
        if matches!(kind, 0xc0..=0xcf) && !matches!(kind, 0xc4 | 0xc8 | 0xcc) {
            let &[_, h1, h0, w1, w0] = segment.first_chunk::<5>()?;
            let shape = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
            return (shape.0 > 0 && shape.1 > 0).then_some(shape);
        }
        rest = rest.get(2 + length..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::jpeg_shape;

    #[test]
    fn the_shape_stands_in_the_frame() {
        let start = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 2];
        let frame = [0xff, 0xc2, 0, 11, 8, 0, 48, 0, 64, 1, 0, 0, 0];
        let whole = [&start[..], &frame].concat();
        assert_eq!(jpeg_shape(&whole), Some((64, 48)));
        for length in 0..start.len() + 9 {
            assert_eq!(jpeg_shape(&whole[..length]), None, "{length}");
        }
        assert_eq!(jpeg_shape(b"\xff\xd8\xff\xe0\0\0\xff\xc0"), None);
        assert_eq!(jpeg_shape(b"GIF89a"), None);
    }
}
