//! A client: works in a folder of its own, one request at a time, and knows what must be there afterwards.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::content::Content;
use super::tree::{Node, Tree};
use crate::rig::http::{self, Answer, Connection};
use crate::rig::random::Random;
use crate::rig::reader::Found;
use crate::rig::reader::is_at_or_below;

/// Beyond so many entries, a client deletes more than it makes.
const ENTRIES_MAX: usize = 60;
/// How many files besides the latest are read again at each check.
const SPOT_CHECKS: usize = 4;
const CHUNK: u64 = 1_500_000;
/// How many bytes a client uploads between two kills, before it turns to small files: nothing is ever given back.
const ROOM_BYTES: u64 = 6 << 20;
/// Names in several scripts; all are lower case, so that `delta`'s keys are the paths.
const WORDS: [&str; 6] = ["note", "übung", "日本語", "a b+c%", "wave 🌊", "x"];

pub(super) struct Client {
    home: String,
    token: String,
    random: Random,
    /// How many bytes of large files may still be uploaded before the next kill.
    room: u64,
    /// Names are never used twice by accident: each has a number.
    names: u64,
    tree: Tree,
    /// What the tree becomes if the request that has no answer yet is done.
    unanswered: Option<Tree>,
    upload: Option<Upload>,
    /// Files that changed since they were last read.
    unread: BTreeSet<String>,
    revision_max: u64,
    pub(super) acknowledged: u64,
    pub(super) unanswered_whole: u64,
    pub(super) unanswered_absent: u64,
}

/// An upload in chunks, which goes on over the kills.
struct Upload {
    id: String,
    path: String,
    content: Content,
    /// How much the server has said that it holds.
    held: u64,
    /// Where the chunk ends that has no answer yet.
    sent: u64,
}

/// A request that changes the tree.
enum Change {
    Put { path: String, content: Content },
    CommitUpload,
    CreateFolder { path: String },
    Delete { path: String },
    Move { from: String, to: String },
    Copy { from: String, to: String },
}

impl Client {
    pub(super) fn new(number: u32, seed: u64, token: String) -> Self {
        let home = format!("/client {number}");
        let mut random = Random::new(seed);
        for _ in 0..=number {
            random = Random::new(random.next());
        }
        Self {
            home,
            token,
            random,
            room: 0,
            names: 0,
            tree: Tree::default(),
            unanswered: None,
            upload: None,
            unread: BTreeSet::new(),
            revision_max: 0,
            acknowledged: 0,
            unanswered_whole: 0,
            unanswered_absent: 0,
        }
    }

    pub(super) fn home(&self) -> &str {
        &self.home
    }

    /// Sends one request after another until the server is killed.
    pub(super) fn work(&mut self, port: u16, killed: &AtomicBool) -> Result<()> {
        self.room = ROOM_BYTES;
        let done = self.send_requests(port);
        match done.downcast::<io::Error>() {
            // Killed, as announced. A connection that breaks before is a failure of the server.
            Ok(_) if killed.load(Ordering::SeqCst) => Ok(()),
            Ok(error) => Err(error).with_context(|| format!("{} lost its connection", self.home)),
            Err(error) => Err(error.context(self.home.clone())),
        }
    }

    fn send_requests(&mut self, port: u16) -> anyhow::Error {
        let mut work = || -> Result<()> {
            let mut connection = Connection::open(port)?;
            loop {
                if self.upload.is_none() && self.room > 0 && self.random.below(20) == 0 {
                    self.begin_upload(&mut connection)?;
                } else if self.upload.is_some() && self.random.below(4) == 0 {
                    self.continue_upload(&mut connection)?;
                } else {
                    let change = self.choose();
                    self.make(&mut connection, &change)?;
                }
            }
        };
        work().expect_err("it works until something ends it")
    }

    fn choose(&mut self) -> Change {
        let paths: Vec<String> =
            self.tree.nodes().keys().filter(|path| **path != self.home).cloned().collect();
        let crowded = paths.len() > ENTRIES_MAX;
        let Some(path) = self.random.choose(&paths).cloned() else {
            return Change::Put {
                path: self.new_path(),
                content: Content::any(&mut self.random, &mut self.room),
            };
        };
        match self.random.below(100) {
            0..45 if !crowded => {
                Change::Put { path: self.new_path(), content: Content::any(&mut self.random, &mut self.room) }
            }
            45..60 => match self.tree.nodes().get(&path) {
                Some(Node::File { content: old, .. }) => {
                    let old = *old;
                    let mut content = Content::any(&mut self.random, &mut self.room);
                    while content.length == old.length && content.bytes() == old.bytes() {
                        content = Content::any(&mut self.random, &mut self.room);
                    }
                    Change::Put { path, content }
                }
                _ => Change::CreateFolder { path: self.new_path() },
            },
            60..66 => Change::CreateFolder { path: self.new_path() },
            66..82 => {
                let to = self.new_path();
                if is_at_or_below(&to, &path) {
                    Change::Delete { path }
                } else {
                    Change::Move { from: path, to }
                }
            }
            82..86 if !crowded => {
                let to = self.new_path();
                if is_at_or_below(&to, &path) {
                    Change::Delete { path }
                } else {
                    Change::Copy { from: path, to }
                }
            }
            _ => Change::Delete { path },
        }
    }

    /// A new name in a folder that is there, or in one that has to be made.
    fn new_path(&mut self) -> String {
        let folders = self.tree.nodes().iter().filter(|(_, node)| **node == Node::Folder);
        let folders: Vec<&String> = folders.map(|(path, _)| path).chain([&self.home]).collect();
        let folder = self.random.choose(&folders).map_or(self.home.as_str(), |path| path);
        let word = self.random.choose(&WORDS).copied().unwrap_or("x");
        self.names += 1;
        let number = self.names;
        match self.random.below(8) {
            0 => format!("{folder}/{word} {number}/deep/{word}.txt"),
            _ => format!("{folder}/{word} {number}.txt"),
        }
    }

    /// Sends a change; once it is answered, the tree has it.
    fn make(&mut self, connection: &mut Connection, change: &Change) -> Result<()> {
        let mut after = self.tree.clone();
        self.apply(change, &mut after, None)?;
        self.unanswered = Some(after);
        let answer = self.send(connection, change)?;
        let told = accepted(&answer, change.name())?;
        let revision = told["revision"].as_u64().context("an answer without a revision")?;
        ensure!(
            revision > self.revision_max,
            "{}: revision {revision} is not beyond {}",
            change.name(),
            self.revision_max
        );
        self.revision_max = revision;
        let mut tree = std::mem::take(&mut self.tree);
        self.apply(change, &mut tree, Some(revision))?;
        self.take(tree);
        if matches!(change, Change::CommitUpload) {
            self.upload = None;
        }
        self.unanswered = None;
        self.acknowledged += 1;
        Ok(())
    }

    /// The tree is this from now on; its changed files are to be read.
    fn take(&mut self, tree: Tree) {
        let changed: Vec<String> = tree.differences(&self.tree).into_iter().map(str::to_owned).collect();
        self.unread.extend(changed);
        self.tree = tree;
    }

    fn send(&self, connection: &mut Connection, change: &Change) -> Result<Answer> {
        let fileop = |name: &str| format!("/1/fileops/{name}");
        let answer = match change {
            Change::Put { path, content } => {
                let target = format!("/1/files_put/auto{}?overwrite=true", http::path(path));
                connection.put(&self.token, &target, &content.bytes())
            }
            Change::CommitUpload => {
                let upload = self.upload.as_ref().context("nothing to commit")?;
                let target = format!("/1/commit_chunked_upload/auto{}", http::path(&upload.path));
                connection.post(&self.token, &target, &[("upload_id", &upload.id), ("overwrite", "true")])
            }
            Change::CreateFolder { path } | Change::Delete { path } => {
                connection.post(&self.token, &fileop(change.name()), &[("root", "auto"), ("path", path)])
            }
            Change::Move { from, to } | Change::Copy { from, to } => {
                let form = [("root", "auto"), ("from_path", from), ("to_path", to)];
                connection.post(&self.token, &fileop(change.name()), &form)
            }
        };
        Ok(answer?)
    }

    fn apply(&self, change: &Change, tree: &mut Tree, revision: Option<u64>) -> Result<()> {
        match change {
            Change::Put { path, content } => tree.put(path, *content, revision),
            Change::CommitUpload => {
                let upload = self.upload.as_ref().context("nothing to commit")?;
                tree.put(&upload.path, upload.content, revision);
            }
            Change::CreateFolder { path } => tree.create_folder(path),
            Change::Delete { path } => tree.delete(path),
            Change::Move { from, to } => tree.move_to(from, to),
            Change::Copy { from, to } => tree.copy(from, to),
        }
        Ok(())
    }

    fn begin_upload(&mut self, connection: &mut Connection) -> Result<()> {
        let content = Content::large(&mut self.random);
        self.room = self.room.saturating_sub(content.length);
        let answer = connection.put(&self.token, "/1/chunked_upload", &content.part(0, CHUNK))?;
        let told = accepted(&answer, "chunked_upload")?;
        ensure!(told["offset"] == CHUNK, "a first chunk is answered by {told}");
        let id = told["upload_id"].as_str().context("a chunk's answer without upload_id")?.to_owned();
        let path = self.new_path();
        self.upload = Some(Upload { id, path, content, held: CHUNK, sent: CHUNK });
        Ok(())
    }

    /// Sends the next chunk, or commits after the last. A chunk that was cut off by a kill is sent again: the
    /// server has it whole, and says so, or not at all.
    fn continue_upload(&mut self, connection: &mut Connection) -> Result<()> {
        let upload = self.upload.as_mut().context("nothing to continue")?;
        let length = upload.content.length;
        if upload.held == length {
            return self.make(connection, &Change::CommitUpload);
        }
        let unanswered = upload.sent;
        upload.sent = length.min(upload.held + CHUNK);
        let offset = upload.held.to_string();
        let target =
            format!("/1/chunked_upload?{}", http::query(&[("upload_id", &upload.id), ("offset", &offset)]));
        let answer = connection.put(&self.token, &target, &upload.content.part(upload.held, upload.sent))?;
        let told = answer.json();
        let held = told["offset"].as_u64();
        let resumed = answer.status == 400 && unanswered > upload.held && held == Some(unanswered);
        ensure!(
            resumed || (answer.status == 200 && held == Some(upload.sent)),
            "a chunk from {offset} to {} is answered by {} {told}",
            upload.sent,
            answer.status
        );
        upload.held = upload.sent;
        Ok(())
    }

    /// After a kill: finds out whether the unanswered request was done, and checks that all else is there.
    pub(super) fn settle(
        &mut self,
        connection: &mut Connection,
        found: &Found,
        thoroughly: bool,
    ) -> Result<()> {
        self.settle_tree(connection, found).with_context(|| self.home.clone())?;
        let others: Vec<String> = self.tree.nodes().keys().cloned().collect();
        let mut to_read = std::mem::take(&mut self.unread);
        if thoroughly {
            to_read.extend(others);
        } else {
            to_read.extend((0..SPOT_CHECKS).filter_map(|_| self.random.choose(&others).cloned()));
        }
        for path in to_read {
            if let Some(Node::File { content, .. }) = self.tree.nodes().get(&path) {
                ensure!(
                    self.reads(connection, &path, *content)?,
                    "{path} has other content than was put there"
                );
            }
        }
        Ok(())
    }

    fn settle_tree(&mut self, connection: &mut Connection, found: &Found) -> Result<()> {
        let complaint = self.complaint(found, &self.tree);
        let Some(after) = self.unanswered.take() else {
            return complaint
                .map_or(Ok(()), |complaint| bail!("what was acknowledged is not there: {complaint}"));
        };
        let absent = complaint.is_none() && self.reads_as(connection, &self.tree, &after)?;
        let whole = !absent
            && self.complaint(found, &after).is_none()
            && self.reads_as(connection, &after, &self.tree)?;
        if absent {
            self.unanswered_absent += 1;
        } else if whole {
            self.unanswered_whole += 1;
            if self.upload.as_ref().is_some_and(|upload| after.contains(&upload.path)) {
                self.upload = None;
            }
            self.take(after);
        } else {
            let unless = self.complaint(found, &after).unwrap_or_else(|| "other content".to_owned());
            let complaint = complaint.unwrap_or_else(|| "other content".to_owned());
            bail!("the unanswered request is half there: {complaint}; if it had been done: {unless}");
        }
        Ok(())
    }

    /// What speaks against the account having this tree, by names, kinds, sizes and revisions.
    fn complaint(&self, found: &Found, tree: &Tree) -> Option<String> {
        for (path, node) in tree.nodes() {
            let Some(entry) = found.get(path) else { return Some(format!("{path} is missing")) };
            let fits = match node {
                Node::Folder => entry.is_dir,
                Node::File { content, revision } => {
                    let same = revision.is_none_or(|revision| revision == entry.revision);
                    !entry.is_dir && entry.bytes == content.length && same
                }
            };
            if !fits || entry.path != *path {
                return Some(format!("at {path} should be {node:?}, and is {entry:?}"));
            }
        }
        let mut mine = found.keys().filter(|path| is_at_or_below(path, &self.home));
        mine.find(|path| !tree.contains(path)).map(|path| format!("{path} should not be there"))
    }

    /// Whether files that differ between two trees have the content that the first says.
    fn reads_as(&self, connection: &mut Connection, tree: &Tree, other: &Tree) -> Result<bool> {
        for path in tree.differences(other) {
            if let Some(Node::File { content, .. }) = tree.nodes().get(path)
                && !self.reads(connection, path, *content)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn reads(&self, connection: &mut Connection, path: &str, content: Content) -> Result<bool> {
        let answer = connection.get(&self.token, &format!("/1/files/auto{}", http::path(path)))?;
        ensure!(answer.status == 200, "reading {path} answers {}: {}", answer.status, answer.json());
        Ok(answer.body == content.bytes())
    }
}

impl Change {
    fn name(&self) -> &'static str {
        match self {
            Self::Put { .. } => "files_put",
            Self::CommitUpload => "commit_chunked_upload",
            Self::CreateFolder { .. } => "create_folder",
            Self::Delete { .. } => "delete",
            Self::Move { .. } => "move",
            Self::Copy { .. } => "copy",
        }
    }
}

fn accepted(answer: &Answer, what: &str) -> Result<Value> {
    let told = answer.json();
    ensure!(answer.status == 200, "{what} answers {}: {told}", answer.status);
    Ok(told)
}
