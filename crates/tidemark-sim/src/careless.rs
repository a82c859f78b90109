//! A folder sync as one writes it in an afternoon: it compares paths and bytes, and takes the newest side's word for it. It works
//! as long as one person does one thing at a time and nothing fails. The checkers must find out about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tidemark_client::{Client, DownloadOptions, Error, Kind, RemotePath, Rev, UploadOptions, WriteMode};
use tidemark_sync::area;
use tidemark_sync::ports::{Disk, DiskError, LocalPath, SeenKind};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::device::{Keeper, Order, Process, Report, Trouble};
use crate::disk::Listing;
use crate::mutations::Mutation;

/// What was the same on both sides; files with their bytes and revision.
type Memory = BTreeMap<LocalPath, Option<(Bytes, Rev)>>;

/// The careless one.
#[derive(Default)]
pub(crate) struct Careless(Mutex<Memory>);

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Server(#[from] Error),
}

#[async_trait(?Send)]
impl Keeper for Careless {
    async fn run(&self, mut process: Process) {
        let mut memory = self.0.lock().await;
        let mut rounds = 0;
        loop {
            let done = round(&process.client, &process.disk, &mut memory).await;
            let quiet = matches!(done, Ok(false));
            rounds = if quiet { 0 } else { rounds + 1 };
            let phase = format!("{done:?}");
            process.report.send_replace(Report { phase, quiet, rounds, ..Report::default() });
            match timeout(Duration::from_secs(1), process.orders.recv()).await {
                Ok(Some(Order::Stop) | None) => return,
                Ok(Some(Order::Rescan | Order::Release)) | Err(_) => {}
            }
        }
    }

    fn mutation(&self) -> Option<Mutation> {
        None
    }

    async fn problems(&self) -> Vec<Trouble> {
        Vec::new()
    }

    async fn drift(&self, _: &Listing, _: &Listing) -> Result<(), String> {
        Ok(())
    }
}

/// Whether anything was done.
async fn round(client: &Client, disk: &Arc<dyn Disk>, memory: &mut Memory) -> Result<bool, Failure> {
    let remote = list_remote(client).await?;
    let local = list_local(&**disk).await?;
    let places: BTreeSet<LocalPath> =
        remote.keys().chain(local.keys()).chain(memory.keys()).cloned().collect();
    let mut done = false;
    for at in places {
        done |= settle(client, &**disk, &at, local.get(&at), remote.get(&at), memory).await?;
    }
    Ok(done)
}

async fn settle(
    client: &Client,
    disk: &dyn Disk,
    at: &LocalPath,
    here: Option<&Option<Bytes>>,
    there: Option<&Option<Rev>>,
    memory: &mut Memory,
) -> Result<bool, Failure> {
    let known = memory.get(at);
    let path = RemotePath::new(&format!("/{at}")).expect("people here give good names");
    match (here, there) {
        (None, None) => return Ok(memory.remove(at).is_some()),
        (Some(_), None) | (None, Some(_)) if known.is_some() => {
            memory.remove(at);
            match here {
                Some(_) => put_away(disk, at).await?,
                None => drop(client.delete(&path, None).await?),
            }
        }
        (Some(None), None) => {
            client.create_folder(&path).await?;
            memory.insert(at.clone(), None);
        }
        (None, Some(None)) => {
            disk.make_folder(at).await?;
            memory.insert(at.clone(), None);
        }
        (Some(None), Some(None)) => {
            if known.is_some() {
                return Ok(false);
            }
            memory.insert(at.clone(), None);
        }
        (Some(Some(bytes)), there) => {
            let same = known.and_then(Option::as_ref);
            let edited = same.is_none_or(|(had, _)| had != bytes);
            let newer = match there {
                Some(Some(rev)) => same.is_none_or(|(_, had)| had != rev),
                Some(None) | None => false,
            };
            match (edited, newer) {
                (false, false) => return Ok(false),
                (false, true) => fetch(client, disk, at, &path, memory).await?,
                (true, _) => {
                    let options = UploadOptions { mode: WriteMode::Overwrite, ..UploadOptions::default() };
                    let sent = client.upload(&path, &mut bytes.clone(), options).await?;
                    if let Kind::File(file) = sent.metadata.kind {
                        memory.insert(at.clone(), Some((bytes.clone(), file.rev)));
                    }
                }
            }
        }
        (_, Some(Some(_))) => fetch(client, disk, at, &path, memory).await?,
    }
    Ok(true)
}

async fn fetch(
    client: &Client,
    disk: &dyn Disk,
    at: &LocalPath,
    path: &RemotePath,
    memory: &mut Memory,
) -> Result<(), Failure> {
    let mut download = client.download(path, &DownloadOptions::default()).await?;
    let Kind::File(file) = download.metadata.kind.clone() else { return Ok(()) };
    let mut bytes = Vec::new();
    while let Some(piece) = download.chunk().await? {
        bytes.extend_from_slice(&piece);
    }
    let bytes = Bytes::from(bytes);
    let part = own(disk, "staging").await?;
    let mut writing = disk.create(&part, None).await?;
    writing.write(bytes.clone()).await?;
    writing.finish(None, false).await?;
    if disk.look(at).await?.is_some() {
        put_away(disk, at).await?;
    }
    disk.rename(&part, at).await?;
    memory.insert(at.clone(), Some((bytes, file.rev)));
    Ok(())
}

async fn put_away(disk: &dyn Disk, at: &LocalPath) -> Result<(), Failure> {
    let place = own(disk, "trash").await?;
    Ok(disk.rename(at, &place).await?)
}

/// A free place in one of the own folders.
async fn own(disk: &dyn Disk, name: &str) -> Result<LocalPath, DiskError> {
    let folder = area::within(name);
    for folder in [&area::path(), &folder] {
        if disk.look(folder).await?.is_none() {
            disk.make_folder(folder).await?;
        }
    }
    let mut number = disk.list(&folder).await?.len();
    loop {
        let place = folder.join(&number.to_string()).expect("a number is a name");
        if disk.look(&place).await?.is_none() {
            return Ok(place);
        }
        number += 1;
    }
}

/// All that is on the server: files with their revision.
async fn list_remote(client: &Client) -> Result<BTreeMap<LocalPath, Option<Rev>>, Error> {
    let (mut all, mut cursor) = (BTreeMap::new(), None);
    loop {
        let page = client.delta(cursor.as_ref(), None).await?;
        for (_, metadata) in page.entries {
            let Some(metadata) = metadata else { continue };
            let at = LocalPath::parse(&metadata.path.as_str()[1..]).expect("the client checks paths");
            let rev = match metadata.kind {
                Kind::File(file) => Some(file.rev),
                Kind::Folder => None,
            };
            all.insert(at, rev);
        }
        if !page.has_more {
            return Ok(all);
        }
        cursor = Some(page.cursor);
    }
}

/// All that is on the disk: files with their bytes.
async fn list_local(disk: &dyn Disk) -> Result<BTreeMap<LocalPath, Option<Bytes>>, DiskError> {
    let (mut all, mut open) = (BTreeMap::new(), vec![LocalPath::root()]);
    while let Some(folder) = open.pop() {
        for listed in disk.list(&folder).await? {
            let (Ok(name), Some(seen)) = (listed.name, listed.seen) else { continue };
            let Some(at) = folder.join(&name).filter(|_| !area::is_ours(&name)) else { continue };
            match seen.kind {
                SeenKind::Folder => {
                    open.push(at.clone());
                    all.insert(at, None);
                }
                SeenKind::File => {
                    all.insert(at.clone(), Some(read(disk, &at, seen.stamp.size).await?));
                }
                SeenKind::Symlink | SeenKind::Special => {}
            }
        }
    }
    Ok(all)
}

async fn read(disk: &dyn Disk, at: &LocalPath, size: u64) -> Result<Bytes, DiskError> {
    let mut reading = disk.open(at).await?;
    let mut bytes = Vec::new();
    loop {
        let some = reading.read_at(bytes.len() as u64, size as usize + 1).await?;
        if some.is_empty() {
            return Ok(bytes.into());
        }
        bytes.extend_from_slice(&some);
    }
}
