//! What the engine needs of the world.

#[cfg(feature = "conformance")]
pub mod conformance;
mod disk;

pub use disk::{
    Disk, DiskError, DiskFault, DiskTraits, Identity, Listed, LocalPath, Noticed, Reading, Seen, SeenKind,
    Stamp, Volume, Watch, Work, Writing,
};

use std::time::SystemTime;

/// What time it is.
pub trait Clock: Send + Sync {
    /// By the calendar.
    fn now(&self) -> SystemTime;
}

/// Where unpredictable bytes come from.
pub use tidemark_client::Entropy;
