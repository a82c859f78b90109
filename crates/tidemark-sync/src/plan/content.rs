//! The bytes of a file that is on both sides.

use super::Direction;
use super::draft::{Draft, Read, Touched, Verdict};
use super::step::{Record, Step};
use crate::trees::{Content, LocalFile, LocalNode, RemoteNode, SyncedNode, Trees};

/// What is known of a file's bytes here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Here {
    /// They are these.
    Equal,
    /// They are others.
    Other,
    /// They must be read.
    Unknown,
}

/// Whether the bytes here are these; the size alone may tell that they are not.
pub(super) fn here(file: &LocalFile, content: Content) -> Here {
    match file.content() {
        Some(known) if known == content => Here::Equal,
        Some(_) => Here::Other,
        None if file.stamp.size != content.size => Here::Other,
        None => Here::Unknown,
    }
}

impl<T: Trees> Draft<'_, T> {
    /// To read a file.
    pub(super) fn hash(&mut self, local: &LocalNode) -> Read<Verdict, T> {
        let touched = Touched { local: Some(local.id), ..Touched::default() };
        self.step(Step::Hash { local: local.id }, &touched)
    }

    /// Decides about the bytes of what is on both sides.
    pub(super) fn content(
        &mut self,
        remote: &RemoteNode,
        local: &LocalNode,
        synced: &SyncedNode,
    ) -> Read<Verdict, T> {
        let (Some(there), Some(file), Some(before)) = (&remote.file, &local.file, &synced.file) else {
            // Both are folders; or what was agreed on makes no sense.
            return if synced.kind() == remote.kind() { Ok(Verdict::Settled) } else { self.forget(synced) };
        };
        let direction = self.context.direction;
        let edited_there = there.content != before.content;
        let edited_here = match here(file, before.content) {
            Here::Equal => false,
            Here::Other => true,
            Here::Unknown => return self.hash(local),
        };
        match (edited_there, edited_here) {
            (false, false) => Ok(Verdict::Settled),
            (true, false) if direction == Direction::Up => Ok(Verdict::Settled),
            (true, false) => self.download_over(remote, local),
            (false, true) if direction == Direction::Down => Ok(Verdict::Settled),
            (false, true) => self.upload_over(remote, local),
            (true, true) => match here(file, there.content) {
                // What both came to by themselves is agreed on as soon as they are at the same place.
                Here::Equal => Ok(Verdict::Settled),
                Here::Unknown => self.hash(local),
                Here::Other if direction == Direction::Up => self.upload_over(remote, local),
                Here::Other => {
                    self.record(Record::Forget { remote: remote.id.clone() }, &remote.id, local.id)
                }
            },
        }
    }

    fn download_over(&mut self, remote: &RemoteNode, local: &LocalNode) -> Read<Verdict, T> {
        let Some(file) = &remote.file else { return Ok(Verdict::Settled) };
        let step = Step::Download {
            remote: remote.id.clone(),
            rev: file.rev.clone(),
            content: file.content,
            to: local.place.clone(),
            replaces: Some(local.id),
        };
        self.step(step, &both(remote, local))
    }

    pub(super) fn upload_over(&mut self, remote: &RemoteNode, local: &LocalNode) -> Read<Verdict, T> {
        let Some(file) = &remote.file else { return Ok(Verdict::Settled) };
        let step = Step::Upload {
            local: local.id,
            to: remote.place.clone(),
            replaces: Some((remote.id.clone(), file.rev.clone())),
        };
        self.step(step, &both(remote, local))
    }
}

fn both(remote: &RemoteNode, local: &LocalNode) -> Touched {
    Touched { remote: Some(remote.id.clone()), local: Some(local.id), ..Touched::default() }
}
