//! What a copy is made of, read in one snapshot and put down anywhere.

use super::find;
use super::perform::{Plan, Verb};
use super::write::{created, draft};
use super::{COPY_ENTRIES_MAX, Item, RelocateError, Scope, Spot};
use crate::journal::Receipt;
use crate::model::{
    ClientTimes, Content, Draft, Entry, EntryRef, Name, NamespaceId, NewNode, Node, Referent, Step, Timestamp,
};
use crate::store::Snapshot;
use async_trait::async_trait;

/// A file, or a folder with all that it held, without a place. Bytes are by reference, so it fits anywhere.
pub(super) struct Pattern {
    top: NewNode,
    /// At least as many levels as lie below the top.
    height: u32,
    /// Everything below the top, parents before their children. The number is that of the parent, 0 being the top.
    below: Vec<(usize, Name, NewNode)>,
}

impl Pattern {
    /// Of an entry as it is in this snapshot.
    pub(super) async fn of(tree: &mut dyn Snapshot, source: &Entry) -> Result<Pattern, RelocateError> {
        let weight = source.weight();
        if weight.entries > COPY_ENTRIES_MAX {
            return Err(RelocateError::TooMany);
        }
        let mut below = Vec::new();
        let mut folders = if source.is_folder() { vec![(source.id, 0)] } else { Vec::new() };
        while let Some((folder, number)) = folders.pop() {
            for child in tree.children(folder, None, usize::MAX).await? {
                below.push((number, child.name.clone(), node_of(&child)));
                if child.is_folder() {
                    folders.push((child.id, below.len()));
                }
            }
        }
        Ok(Pattern { top: node_of(source), height: weight.height, below })
    }

    /// Of a file with these bytes, of which nothing else is known.
    pub(super) fn of_bytes(content: Content) -> Pattern {
        let top = NewNode::File { content, times: ClientTimes::default() };
        Pattern { top, height: 0, below: Vec::new() }
    }

    /// How many levels lie below its top, at most.
    pub(super) fn height(&self) -> u32 {
        self.height
    }

    /// Adds the steps that put it into a folder under this name. The top's comes first.
    pub(super) fn put_down(&self, parent: EntryRef, name: Name, steps: &mut Vec<Step>) {
        let top = steps.len();
        steps.push(Step::Create { parent, name, node: self.top, copied: true });
        steps.extend(self.below.iter().map(|(parent, name, node)| Step::Create {
            parent: EntryRef::Created(top + parent),
            name: name.clone(),
            node: *node,
            copied: true,
        }));
    }

    /// What its top is. (Once it was put down, a folder's own `touched` and sums follow from the steps; nobody needs them
    /// in the answer.)
    pub(super) fn top(&self) -> NewNode {
        self.top
    }
}

fn node_of(entry: &Entry) -> NewNode {
    match &entry.node {
        Node::Folder(_) => NewNode::Folder,
        Node::File(file) => NewNode::File { content: file.content, times: file.times },
    }
}

/// Puts down what was read from a tree that may be another. It is copied as it was then: the draft relies on the place
/// that it goes to, and on nothing else.
pub(super) struct PutDown<'a> {
    pub(super) scope: &'a Scope,
    pub(super) to: &'a Spot,
    pub(super) pattern: &'a Pattern,
    /// What the pattern is of.
    pub(super) source: Referent,
}

#[async_trait]
impl Verb for PutDown<'_> {
    type Done = Item;
    type Refusal = RelocateError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Item>, RelocateError> {
        let to = find::site(tree, self.scope.root, self.to).await?.ok_or(RelocateError::NotFound)?;
        if to.is_root() {
            return Err(RelocateError::RootNotAllowed);
        }
        if to.target().is_some() {
            return Err(RelocateError::Exists(to.path()));
        }
        // As for a copy by path. (A file in the way is a file in the way, though it be the source.)
        let folder = matches!(self.pattern.top, NewNode::Folder);
        if folder && self.source.namespace == self.scope.namespace && to.passes(self.source.entry) {
            return Err(RelocateError::IntoItself);
        }
        if let Some(obstacle) = to.obstacle(self.pattern.height()) {
            return Err(obstacle.into());
        }
        let (parent, mut steps) = to.parent_steps();
        let name = to.asked().expect("the root was refused").clone();
        let top = steps.len();
        self.pattern.put_down(parent, name.clone(), &mut steps);
        let (path, node) = (to.parent_path().join(&name), self.pattern.top());
        let done = move |receipt: &Receipt| created(receipt, top, parent, path, name, node, now);
        let draft = Draft { quota: self.scope.quota, ..draft(self.scope, to.premises(), steps, now) };
        Ok(Plan::Commit(draft, Box::new(done)))
    }
}
