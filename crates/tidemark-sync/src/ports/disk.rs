//! The local file system, as far as one sync folder reaches.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

/// Where something is, below the sync folder: names with `/` between them; the sync folder itself is empty. Only what
/// can be a path comes in: no empty name, no `.` or `..`, no NUL.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalPath(Arc<str>);

impl LocalPath {
    /// The sync folder itself.
    pub fn root() -> LocalPath {
        LocalPath(Arc::from(""))
    }

    /// What has this name in this folder; none if no file system can have it.
    pub fn join(&self, name: &str) -> Option<LocalPath> {
        let possible = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\0']);
        let path = if self.0.is_empty() { name.to_owned() } else { format!("{}/{name}", self.0) };
        possible.then(|| LocalPath(path.into()))
    }

    /// Names with `/` between them; none if no file system can have it.
    pub fn parse(text: &str) -> Option<LocalPath> {
        if text.is_empty() {
            return Some(LocalPath::root());
        }
        let possible = |name: &str| !name.is_empty() && name != "." && name != ".." && !name.contains('\0');
        text.split('/').all(possible).then(|| LocalPath(text.into()))
    }

    /// Whether it is the other, or lies somewhere below it.
    pub fn is_within(&self, other: &LocalPath) -> bool {
        match self.0.strip_prefix(&*other.0) {
            Some(rest) => other.is_root() || rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }

    /// With `/` between names.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the sync folder itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The names on the way.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// The folder, and the name in it; none for the sync folder itself.
    pub fn split(&self) -> Option<(LocalPath, &str)> {
        match self.0.rsplit_once('/') {
            Some((parent, name)) => Some((LocalPath(parent.into()), name)),
            None if self.0.is_empty() => None,
            None => Some((LocalPath::root(), &self.0)),
        }
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// By what the file system knows a file or folder, whatever its name. The number of something that is gone may be given
/// again, but not with the same time of birth, where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// On which device: 0 is the one that the sync folder itself is on, whatever number the system has for it today
    /// (many devices get another whenever the machine starts).
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// When it was made, in nanoseconds since 1970, if the file system says so.
    pub born_ns: Option<i64>,
}

/// By what a file's bytes are known to be those that were read. Renaming may change [`Stamp::changed_ns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Which file it is.
    pub identity: Identity,
    /// In bytes.
    pub size: u64,
    /// When its bytes were changed, in nanoseconds since 1970. Anybody may set it.
    pub modified_ns: i64,
    /// When anything about it was changed, in nanoseconds since 1970. Nobody may set it.
    pub changed_ns: i64,
}

/// What is in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it is.
    pub kind: SeenKind,
    /// By what it is known again.
    pub stamp: Stamp,
    /// Whether its owner may run it.
    pub executable: bool,
    /// How many names it has.
    pub links: u64,
}

/// What something on a disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenKind {
    /// Bytes.
    File,
    /// Others.
    Folder,
    /// A link to elsewhere; it is never followed.
    Symlink,
    /// A socket, a pipe, a device.
    Special,
}

/// One of a folder's names.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The name, or what can be shown of one that is no text.
    pub name: Result<Box<str>, Box<str>>,
    /// What has it; none if it is there and could not be looked at.
    pub seen: Option<Seen>,
}

/// How a file system behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskTraits {
    /// Whether names that differ only by case are one.
    pub case_insensitive: bool,
    /// Whether all changes are told by [`Disk::watch`]; otherwise (as on most network file systems) the folder must be
    /// looked through again and again.
    pub watches: bool,
}

/// Which file system a sync folder is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The number that the system has for it; it may be another whenever the machine starts.
    pub device: u64,
    /// What it calls itself, if it does: that stays.
    pub id: Option<u64>,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
#[error("could not {attempted} {path}")]
pub struct DiskError {
    /// What was attempted, as a verb.
    pub attempted: &'static str,
    /// On what.
    pub path: LocalPath,
    /// What stood in the way.
    pub fault: DiskFault,
    /// What the system said.
    #[source]
    pub source: Option<std::io::Error>,
}

/// What stood in the way, by what can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// It is not there (any more): look again.
    Missing,
    /// Something else is there: look again.
    Taken,
    /// A folder that should be removed holds something: look again.
    NotEmpty,
    /// Not what it was (a file where a folder was, a link on the way): look again.
    Different,
    /// It may not be done: somebody must change permissions.
    Denied,
    /// There is no room.
    Full,
    /// The file system cannot have such a name.
    BadName,
    /// The sync folder itself is not there, or another stands in its place.
    Unmounted,
    /// The system will not watch so many folders: somebody must raise its limit; until then, look again and again.
    TooMany,
    /// The disk failed.
    Broken,
}

/// A sync folder on a file system. Paths never lead through a symbolic link, into another file system, or out of the
/// folder: [`DiskFault::Different`] if one would. Every call is [`DiskFault::Unmounted`] while the folder that was opened is
/// not in its place.
///
/// Everything is on the way to the disk when a call answers, and durable only after [`Writing::finish`],
/// [`Reading::sync`] and [`Disk::sync_folder`]. A call that is given up (its future dropped) may be carried out all the same.
#[async_trait]
pub trait Disk: Send + Sync {
    /// How it compares names, and whether it watches.
    fn traits(&self) -> DiskTraits;

    /// Which file system this is.
    async fn volume(&self) -> Result<Volume, DiskError>;

    /// What is in this place, if anything.
    async fn look(&self, path: &LocalPath) -> Result<Option<Seen>, DiskError>;

    /// What is in this folder, in any order. What comes and goes meanwhile may be in it or not; what stays is in it.
    async fn list(&self, folder: &LocalPath) -> Result<Vec<Listed>, DiskError>;

    /// Opens a file to be read. It goes on reading what it opened, whatever happens to the name.
    async fn open(&self, path: &LocalPath) -> Result<Box<dyn Reading>, DiskError>;

    /// Makes a file that is not there yet ([`DiskFault::Taken`] if anything is), to be written. Whoever may read and write
    /// the file at `like`, and nobody else, may do so with this one; without one, it is as every program makes files.
    async fn create(&self, path: &LocalPath, like: Option<&LocalPath>)
    -> Result<Box<dyn Writing>, DiskError>;

    /// Opens a file that was not finished, to be written on from its end, and tells how many bytes it has.
    /// [`DiskFault::Different`] if this disk cannot do that: whoever asks begins anew.
    async fn append(&self, path: &LocalPath) -> Result<(Box<dyn Writing>, u64), DiskError> {
        Err(DiskError {
            attempted: "append to",
            path: path.clone(),
            fault: DiskFault::Different,
            source: None,
        })
    }

    /// Makes a folder that is not there yet; [`DiskFault::Taken`] if anything is.
    async fn make_folder(&self, path: &LocalPath) -> Result<Seen, DiskError>;

    /// Gives something another name, atomically; [`DiskFault::Taken`] if anything else is there (another name of the same
    /// file is something else). Only the letters of a name may change, too.
    async fn rename(&self, from: &LocalPath, to: &LocalPath) -> Result<(), DiskError>;

    /// Lets two swap their names, atomically where the file system can. Where it cannot, the other is for an instant in
    /// neither place, but beside `one`, under a name that says so.
    async fn exchange(&self, one: &LocalPath, other: &LocalPath) -> Result<(), DiskError>;

    /// Removes the name of a file, or of anything else that is no folder.
    async fn remove_file(&self, path: &LocalPath) -> Result<(), DiskError>;

    /// Removes an empty folder.
    async fn remove_folder(&self, path: &LocalPath) -> Result<(), DiskError>;

    /// Whether its owner may run a file.
    async fn set_executable(&self, path: &LocalPath, executable: bool) -> Result<(), DiskError>;

    /// Makes the names in a folder durable.
    async fn sync_folder(&self, folder: &LocalPath) -> Result<(), DiskError>;

    /// How many bytes are free, as far as it is known.
    async fn room(&self) -> Result<Option<u64>, DiskError>;

    /// Begins to watch for changes; whoever looks through the folder after this call misses nothing. What lies in the
    /// [state area](crate::area) is not watched.
    async fn watch(&self) -> Result<Box<dyn Watch>, DiskError>;

    /// Lets work go on that makes many calls here: where it best does so. It ends with the future, and makes no further call if
    /// that is dropped.
    async fn host(&self, work: Work) {
        work.await;
    }
}

/// Something that is being done.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An open file.
#[async_trait]
pub trait Reading: Send {
    /// What it is now.
    async fn look(&mut self) -> Result<Seen, DiskError>;

    /// Up to so many bytes from there on; none at its end.
    async fn read_at(&mut self, offset: u64, limit: usize) -> Result<Bytes, DiskError>;

    /// Makes its bytes durable.
    async fn sync(&mut self) -> Result<(), DiskError>;
}

/// A file that is being made. Dropped before it is finished, it stays as it is.
#[async_trait]
pub trait Writing: Send {
    /// Adds bytes.
    async fn write(&mut self, bytes: Bytes) -> Result<(), DiskError>;

    /// Sets when its bytes were changed (in seconds since 1970; none: now) and whether its owner may run it, makes it all
    /// durable, and tells what it is now.
    async fn finish(self: Box<Self>, modified_s: Option<i64>, executable: bool) -> Result<Seen, DiskError>;
}

/// What somebody who watches is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// Something may have changed about this, or directly in it.
    Changed(LocalPath),
    /// Something may have changed about this, or anywhere below.
    ChangedBelow(LocalPath),
    /// Something may have changed anywhere: too much happened to tell it all.
    Overflow,
    /// Nothing will be told any more: the folder went away, or the watch failed. Why, [`Disk::watch`] tells whoever asks again.
    Ended,
}

/// A watch over the sync folder, as deep as it goes.
#[async_trait]
pub trait Watch: Send {
    /// Waits until something is noticed. A caller that stops waiting misses nothing.
    async fn next(&mut self) -> Noticed;
}
