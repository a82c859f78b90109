//! The disk and the file system: a long sequential write made durable, and renaming and removing a folder.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use crate::scripts::noise;

/// Bytes per second of one file of about `size` bytes, written in order and synced at the end.
pub(crate) fn write_rate(folder: &Path, size: u64) -> Result<f64> {
    let block = noise(4 << 20);
    let blocks = size.div_ceil(block.len() as u64).max(1);
    let path = folder.join("sequential");
    let begin = Instant::now();
    let mut file = File::create(&path)?;
    for _ in 0..blocks {
        file.write_all(&block)?;
    }
    file.sync_all()?;
    let taken = begin.elapsed();
    std::fs::remove_file(path)?;
    Ok((blocks * block.len() as u64) as f64 / taken.as_secs_f64())
}

/// Seconds that `rename(2)` of a folder takes, with the fsync of the folder around it that makes it durable.
pub(crate) fn rename_time(folder: &Path, from: &str, to: &str) -> Result<f64> {
    let (from, to) = (folder.join(from), folder.join(to));
    let parent = File::open(folder)?;
    let begin = Instant::now();
    std::fs::rename(from, to)?;
    parent.sync_all()?;
    Ok(begin.elapsed().as_secs_f64())
}
