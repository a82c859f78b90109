//! The promises of [`Disk`](super::Disk), as tests for whoever implements it. Each works in a folder of its own below the
//! sync folder, and expects nothing else of it than that this folder is not there yet.

mod files;
mod folders;
mod hosting;
mod names;
mod watching;

use bytes::Bytes;

use super::{Disk, DiskError, DiskFault, LocalPath, Seen, SeenKind};

pub use self::watching::suite as watching;

/// Every promise but those of watching.
pub async fn suite(disk: &dyn Disk) {
    files::suite(disk).await;
    folders::suite(disk).await;
    hosting::suite(disk).await;
    names::suite(disk).await;
}

/// A fresh folder for one promise.
struct Corner<'a> {
    disk: &'a dyn Disk,
    folder: LocalPath,
}

impl<'a> Corner<'a> {
    async fn of(disk: &'a dyn Disk, name: &str) -> Corner<'a> {
        let corner = Corner { disk, folder: path(name) };
        disk.make_folder(&corner.folder).await.expect("a fresh folder");
        corner
    }

    /// A place in it.
    fn at(&self, names: &str) -> LocalPath {
        path(&format!("{}/{names}", self.folder))
    }

    async fn folder(&self, names: &str) -> Seen {
        self.disk.make_folder(&self.at(names)).await.expect("can be made")
    }

    async fn file(&self, names: &str, bytes: &str) -> Seen {
        let mut writing = self.disk.create(&self.at(names), None).await.expect("can be made");
        writing.write(Bytes::copy_from_slice(bytes.as_bytes())).await.expect("can be written");
        writing.finish(None, false).await.expect("can be finished")
    }

    async fn look(&self, names: &str) -> Option<Seen> {
        self.disk.look(&self.at(names)).await.expect("can be looked at")
    }

    async fn read(&self, names: &str) -> String {
        let mut reading = self.disk.open(&self.at(names)).await.expect("can be opened");
        let bytes = reading.read_at(0, 1 << 16).await.expect("can be read");
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    /// The names in a folder of it, sorted.
    async fn names(&self, names: &str) -> Vec<String> {
        let folder = if names.is_empty() { self.folder.clone() } else { self.at(names) };
        let listed = self.disk.list(&folder).await.expect("can be listed");
        let mut names: Vec<_> = listed.into_iter().map(|one| one.name.expect("text").into_string()).collect();
        names.sort();
        names
    }
}

fn path(text: &str) -> LocalPath {
    LocalPath::parse(text).expect("a path")
}

#[track_caller]
fn refused<T>(done: Result<T, DiskError>, fault: DiskFault, what: &str) {
    match done {
        Ok(_) => panic!("{what} was done"),
        Err(error) => assert_eq!(error.fault, fault, "{what}: {error:?}"),
    }
}
