//! A decoder for tests, of a format of its own that needs no decoding.

use crate::model::{LatLong, MediaInfo, Rendition, Timestamp};
use crate::store::{Imaging, ImagingError, Source};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Takes texts for pictures: `picture`, and anything behind it, is one; anything else would not be decoded. A word
/// `taken=`, `lat=`, `long=` or `ms=` behind it is what its camera noted.
pub struct PretendImaging {
    gate: Semaphore,
    is_gated: AtomicBool,
    begun: AtomicUsize,
    is_out_of_order: AtomicBool,
}

impl Default for PretendImaging {
    fn default() -> PretendImaging {
        PretendImaging {
            gate: Semaphore::new(0),
            is_gated: AtomicBool::new(false),
            begun: AtomicUsize::new(0),
            is_out_of_order: AtomicBool::new(false),
        }
    }
}

impl PretendImaging {
    /// How much it was asked to make so far.
    #[must_use]
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// From now on, it finishes only what it is let finish.
    pub fn hold(&self) {
        self.is_gated.store(true, Ordering::SeqCst);
    }

    /// Lets it finish so many.
    pub fn let_go(&self, count: usize) {
        self.gate.add_permits(count);
    }

    /// Whether it fails from now on, whatever the bytes are.
    pub fn break_down(&self, broken: bool) {
        self.is_out_of_order.store(broken, Ordering::SeqCst);
    }
}

#[async_trait]
impl Imaging for PretendImaging {
    async fn render(&self, source: &dyn Source, rendition: Rendition) -> Result<Bytes, ImagingError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        if self.is_gated.load(Ordering::SeqCst) {
            self.gate.acquire().await.expect("it is never closed").forget();
        }
        if self.is_out_of_order.load(Ordering::SeqCst) {
            return Err(ImagingError::Unavailable("it is out of order".into()));
        }
        let bytes = source.read(0..source.size()).await?;
        let text = std::str::from_utf8(&bytes).map_err(|_| ImagingError::Undecodable)?;
        let notes = text.strip_prefix("picture").ok_or(ImagingError::Undecodable)?;
        Ok(match rendition {
            Rendition::MediaInfo => info(notes).to_bytes().into(),
            Rendition::Thumbnail(spec) => {
                format!("{:?} in {}x{} of {text}", spec.format, spec.width_max, spec.height_max).into()
            }
            Rendition::SheetPage => format!("<p>{text}</p>").into(),
        })
    }
}

fn info(notes: &str) -> MediaInfo {
    let note = |name: &str| notes.split(' ').find_map(|word| word.strip_prefix(name));
    let number = |name| note(name).and_then(|value| value.parse::<f64>().ok());
    MediaInfo {
        time_taken: number("taken=").map(|time| Timestamp(time as i64)),
        lat_long: number("lat=").zip(number("long=")).and_then(|(lat, long)| LatLong::new(lat, long)),
        duration: number("ms=").map(|ms| Duration::from_millis(ms as u64)),
    }
}
