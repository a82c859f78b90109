//! `[media]`: what looking into pictures may cost.

use super::{Count, Size};
use anyhow::bail;
use clap::Args;
use serde::Deserialize;
use tidemark_core::media::Limits;

/// As flags and file say it.
#[derive(Clone, Copy, Args, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct MediaFlags {
    /// How many pictures are looked into at once, each by a process of its own [default: 2]
    #[arg(long = "media-workers", value_name = "NUMBER", env = "TIDEMARK_MEDIA_WORKERS")]
    workers: Option<Count>,
    /// How much memory each of these processes may take [default: 768MiB]
    #[arg(long = "media-worker-memory", value_name = "SIZE", env = "TIDEMARK_MEDIA_WORKER_MEMORY")]
    worker_memory: Option<Size>,
    /// How much of the disk thumbnails may take that are kept to save time [default: 1GiB]
    #[arg(long = "media-cache", value_name = "SIZE", env = "TIDEMARK_MEDIA_CACHE")]
    cache: Option<Size>,
}

/// What looking into pictures may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Media {
    workers: usize,
    /// In bytes.
    pub(crate) worker_memory: u64,
    /// In bytes.
    pub(crate) cache: u64,
}

/// A process that starts at all takes some 30 MiB of addresses.
const WORKER_MEMORY_MIN: Size = Size(128 << 20);

impl Media {
    /// Flags first, then the file, then the defaults.
    pub(crate) fn resolve(flags: MediaFlags, file: MediaFlags) -> anyhow::Result<Media> {
        let workers = flags.workers.or(file.workers).map_or(2, Count::as_usize);
        let worker_memory = flags.worker_memory.or(file.worker_memory).unwrap_or(Size(768 << 20));
        let cache = flags.cache.or(file.cache).unwrap_or(Size(1 << 30));
        if worker_memory.0 < WORKER_MEMORY_MIN.0 {
            bail!("--media-worker-memory takes at least {WORKER_MEMORY_MIN}, and not {worker_memory}");
        }
        Ok(Media { workers, worker_memory: worker_memory.0, cache: cache.0 })
    }

    /// One worker is left for everybody else, if there are several.
    pub(crate) fn limits(&self) -> Limits {
        let at_once_per_account = (self.workers - 1).max(1);
        Limits { at_once: self.workers, at_once_per_account, ..Limits::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_before_the_file_and_nonsense_is_refused() {
        let resolve = |flags: &str, file: &str| {
            Media::resolve(toml::from_str(flags).unwrap(), toml::from_str(file).unwrap())
        };
        let media = resolve("workers = 4", "workers = 3\ncache = '2GB'").unwrap();
        assert_eq!(media, Media { workers: 4, worker_memory: 768 << 20, cache: 2_000_000_000 });
        assert_eq!((media.limits().at_once, media.limits().at_once_per_account), (4, 3));
        let limits = resolve("workers = 1", "").unwrap().limits();
        assert_eq!((limits.at_once, limits.at_once_per_account), (1, 1));
        assert!(toml::from_str::<MediaFlags>("workers = 0").is_err());
        assert!(resolve("worker-memory = '127MiB'", "").is_err());
        assert!(toml::from_str::<MediaFlags>("cache = 'much'").is_err());
    }
}
