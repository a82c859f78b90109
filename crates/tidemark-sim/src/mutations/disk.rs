//! Mistakes about the disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tidemark_sync::ports::{
    Disk, DiskError, DiskFault, DiskTraits, Listed, LocalPath, Noticed, Reading, Seen, Volume, Watch, Writing,
};
use tokio::time::Instant;

use super::Mutation;

/// How long what was seen is believed.
const OLD: Duration = Duration::from_secs(3);

pub(super) struct Mutated {
    inner: Arc<dyn Disk>,
    mutation: Mutation,
    looks: Mutex<Looks>,
}

#[derive(Default)]
struct Looks {
    last: BTreeMap<LocalPath, (Instant, Option<Seen>)>,
    /// What is said to have come out of an exchange.
    lies: BTreeMap<LocalPath, Option<Seen>>,
}

impl Mutated {
    pub(super) fn new(inner: Arc<dyn Disk>, mutation: Mutation) -> Mutated {
        Mutated { inner, mutation, looks: Mutex::default() }
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, mutation: Mutation) -> bool {
        self.mutation == mutation
    }
}

#[async_trait]
impl Disk for Mutated {
    fn traits(&self) -> DiskTraits {
        let traits = self.inner.traits();
        DiskTraits { case_insensitive: traits.case_insensitive && !self.is(Mutation::BlindToCase), ..traits }
    }

    async fn volume(&self) -> Result<Volume, DiskError> {
        self.inner.volume().await
    }

    async fn look(&self, path: &LocalPath) -> Result<Option<Seen>, DiskError> {
        if self.is(Mutation::BlindExchange)
            && let Some(lie) = self.looks().lies.remove(path)
        {
            return Ok(lie);
        }
        if self.is(Mutation::BelievesOldLooks)
            && let Some((at, seen)) = self.looks().last.get(path)
            && at.elapsed() < OLD
        {
            return Ok(*seen);
        }
        let seen = self.inner.look(path).await?;
        self.looks().last.insert(path.clone(), (Instant::now(), seen));
        Ok(seen)
    }

    async fn list(&self, folder: &LocalPath) -> Result<Vec<Listed>, DiskError> {
        self.inner.list(folder).await
    }

    async fn open(&self, path: &LocalPath) -> Result<Box<dyn Reading>, DiskError> {
        let inner = self.inner.open(path).await?;
        Ok(Box::new(MutatedReading { inner, mutation: self.mutation, first: None }))
    }

    async fn create(
        &self,
        path: &LocalPath,
        like: Option<&LocalPath>,
    ) -> Result<Box<dyn Writing>, DiskError> {
        self.inner.create(path, like).await
    }

    async fn append(&self, path: &LocalPath) -> Result<(Box<dyn Writing>, u64), DiskError> {
        self.inner.append(path).await
    }

    async fn make_folder(&self, path: &LocalPath) -> Result<Seen, DiskError> {
        self.inner.make_folder(path).await
    }

    async fn rename(&self, from: &LocalPath, to: &LocalPath) -> Result<(), DiskError> {
        match self.inner.rename(from, to).await {
            Err(error) if error.fault == DiskFault::Taken && self.is(Mutation::ReplacesOnRename) => {
                // In one call, as a careless program would: the simulated disk has no such call, because nobody may use it.
                self.inner.exchange(from, to).await
            }
            renamed => renamed,
        }
    }

    async fn exchange(&self, one: &LocalPath, other: &LocalPath) -> Result<(), DiskError> {
        self.inner.exchange(one, other).await?;
        let mut looks = self.looks();
        if let Some((_, seen)) = looks.last.get(other).copied() {
            looks.lies.insert(one.clone(), seen);
        }
        Ok(())
    }

    async fn remove_file(&self, path: &LocalPath) -> Result<(), DiskError> {
        self.inner.remove_file(path).await
    }

    async fn remove_folder(&self, path: &LocalPath) -> Result<(), DiskError> {
        self.inner.remove_folder(path).await
    }

    async fn set_executable(&self, path: &LocalPath, executable: bool) -> Result<(), DiskError> {
        self.inner.set_executable(path, executable).await
    }

    async fn sync_folder(&self, folder: &LocalPath) -> Result<(), DiskError> {
        self.inner.sync_folder(folder).await
    }

    async fn room(&self) -> Result<Option<u64>, DiskError> {
        self.inner.room().await
    }

    async fn watch(&self) -> Result<Box<dyn Watch>, DiskError> {
        Ok(Box::new(MutatedWatch { inner: self.inner.watch().await?, mutation: self.mutation }))
    }
}

struct MutatedReading {
    inner: Box<dyn Reading>,
    mutation: Mutation,
    first: Option<Seen>,
}

#[async_trait]
impl Reading for MutatedReading {
    async fn look(&mut self) -> Result<Seen, DiskError> {
        match self.first {
            Some(first) if self.mutation == Mutation::BlindReading => Ok(first),
            _ => {
                let seen = self.inner.look().await?;
                self.first = Some(seen);
                Ok(seen)
            }
        }
    }

    async fn read_at(&mut self, offset: u64, limit: usize) -> Result<Bytes, DiskError> {
        self.inner.read_at(offset, limit).await
    }

    async fn sync(&mut self) -> Result<(), DiskError> {
        self.inner.sync().await
    }
}

struct MutatedWatch {
    inner: Box<dyn Watch>,
    mutation: Mutation,
}

#[async_trait]
impl Watch for MutatedWatch {
    async fn next(&mut self) -> Noticed {
        loop {
            match self.inner.next().await {
                Noticed::Overflow if self.mutation == Mutation::IgnoresOverflow => {}
                Noticed::Ended if self.mutation == Mutation::IgnoresEndOfWatch => {
                    return std::future::pending().await;
                }
                noticed => return noticed,
            }
        }
    }
}
