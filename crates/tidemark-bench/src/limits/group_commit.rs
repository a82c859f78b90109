//! Appends that share an fsync: the least that a durable small upload costs.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::scripts::noise;

/// Records on their way to the disk.
struct Group {
    pending: Vec<u8>,
    /// Number of the last record that was handed in.
    submitted: u64,
    /// Number of the last record that is durable.
    durable: u64,
    /// Whether a thread is writing for everyone who came before it began.
    flushing: bool,
    failure: Option<std::io::ErrorKind>,
}

struct Log {
    file: File,
    group: Mutex<Group>,
    flushed: Condvar,
}

impl Log {
    /// Returns once the record is durable. Whoever finds nobody flushing does it, for all who wait.
    fn append(&self, record: &[u8]) -> Result<()> {
        let mut group = self.group.lock().unwrap_or_else(PoisonError::into_inner);
        group.pending.extend_from_slice(record);
        group.submitted += 1;
        let mine = group.submitted;
        while group.durable < mine {
            if let Some(kind) = group.failure {
                return Err(std::io::Error::from(kind)).context("could not append");
            }
            if group.flushing {
                group = self.flushed.wait(group).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            group.flushing = true;
            let upto = group.submitted;
            let mut batch = std::mem::take(&mut group.pending);
            drop(group);
            let written = (&self.file).write_all(&batch).and_then(|()| self.file.sync_data());
            group = self.group.lock().unwrap_or_else(PoisonError::into_inner);
            match written {
                Ok(()) => group.durable = upto,
                Err(error) => group.failure = Some(error.kind()),
            }
            group.flushing = false;
            if group.pending.is_empty() {
                // The buffer is used again.
                batch.clear();
                group.pending = batch;
            }
            self.flushed.notify_all();
        }
        Ok(())
    }
}

/// Durable records per second, of `size` bytes each, from so many threads.
pub(crate) fn rate(folder: &Path, threads: usize, size: usize, duration: Duration) -> Result<f64> {
    let path = folder.join("group-commit");
    let file = File::create(&path)?;
    let group = Group { pending: Vec::new(), submitted: 0, durable: 0, flushing: false, failure: None };
    let log = Log { file, group: Mutex::new(group), flushed: Condvar::new() };
    let begin = Instant::now();
    let appended = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let record = noise(size);
                    let mut count = 0_u64;
                    while begin.elapsed() < duration {
                        log.append(&record)?;
                        count += 1;
                    }
                    Ok::<_, anyhow::Error>(count)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).sum::<Result<u64>>()
    })?;
    let taken = begin.elapsed();
    std::fs::remove_file(path)?;
    Ok(appended as f64 / taken.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let file = File::create(&path).unwrap();
        let group = Group { pending: Vec::new(), submitted: 0, durable: 0, flushing: false, failure: None };
        let log = Log { file, group: Mutex::new(group), flushed: Condvar::new() };
        std::thread::scope(|scope| {
            for thread in 0..8_u8 {
                let log = &log;
                scope.spawn(move || (0..50).for_each(|_| log.append(&[thread; 10]).unwrap()));
            }
        });
        let written = std::fs::read(path).unwrap();
        assert_eq!(written.len(), 8 * 50 * 10);
        for thread in 0..8_u8 {
            assert_eq!(written.iter().filter(|byte| **byte == thread).count(), 500);
        }
    }
}
