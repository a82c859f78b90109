//! What the promises are written with: a hand that writes into one namespace.

use crate::model::{
    AccountId, ClientTimes, Content, Digest, Draft, Entry, EntryId, EntryRef, FolderState, Name, NameKey,
    NamespaceId, NewNode, Premise, Seq, Step, Timestamp,
};
use crate::store::{Appended, JournalStore, Snapshot};

/// Writes into one namespace of a store; every draft is one second later than the one before.
pub(super) struct Hand<'s> {
    pub(super) store: &'s dyn JournalStore,
    pub(super) namespace: NamespaceId,
    seconds: i64,
}

pub(super) const ROOT: EntryId = EntryId::ROOT;
pub(super) const AUTHOR: AccountId = AccountId(77);

pub(super) fn name(text: &str) -> Name {
    Name::new(text).expect("tests use good names")
}

pub(super) fn key(text: &str) -> NameKey {
    name(text).key()
}

/// Contents that can be told apart by their size.
pub(super) fn content(size: u64) -> Content {
    let mut address = [0; 32];
    address[..8].copy_from_slice(&size.to_be_bytes());
    Content { size, address: Digest(address) }
}

pub(super) fn create_file(parent: EntryId, called: &str, size: u64) -> Step {
    let node = NewNode::File { content: content(size), times: ClientTimes::modified(Some(Timestamp(-5))) };
    Step::Create { parent: EntryRef::Existing(parent), name: name(called), node, copied: false }
}

pub(super) fn create_folder(parent: EntryId, called: &str) -> Step {
    Step::Create {
        parent: EntryRef::Existing(parent),
        name: name(called),
        node: NewNode::Folder,
        copied: false,
    }
}

pub(super) fn edit(file: EntryId, size: u64) -> Step {
    Step::Edit { file, content: content(size), times: ClientTimes::default(), reverted: false }
}

pub(super) fn relocate(entry: EntryId, to: EntryId, called: &str) -> Step {
    Step::Move { entry, to: EntryRef::Existing(to), name: name(called) }
}

pub(super) fn restore(entry: EntryId, to: EntryId, called: &str) -> Step {
    Step::Restore { entry, to: EntryRef::Existing(to), name: name(called), content: None }
}

impl<'s> Hand<'s> {
    pub(super) fn new(store: &'s dyn JournalStore, namespace: u32) -> Hand<'s> {
        Hand { store, namespace: NamespaceId(namespace), seconds: 0 }
    }

    pub(super) fn draft(&mut self, steps: Vec<Step>) -> Draft {
        self.seconds += 1;
        Draft {
            namespace: self.namespace,
            author: AUTHOR,
            time: Timestamp(self.seconds * 1000),
            premises: Vec::new(),
            steps,
            quota: None,
            closes: None,
        }
    }

    /// Appends a draft and says what became of it.
    pub(super) async fn append(&self, draft: Draft) -> Appended {
        self.store.append(draft).await.expect("the store can append")
    }

    /// Appends steps that must be good; answers the position of the first.
    pub(super) async fn commit(&mut self, steps: Vec<Step>) -> Seq {
        let draft = self.draft(steps);
        match self.append(draft).await {
            Appended::Committed { first } => first,
            refused => panic!("the draft should have been committed, and was {refused:?}"),
        }
    }

    /// Appends steps under premises.
    pub(super) async fn try_commit(&mut self, premises: Vec<Premise>, steps: Vec<Step>) -> Appended {
        let draft = self.draft(steps);
        self.append(Draft { premises, ..draft }).await
    }

    /// Appends a step that must not be possible, and checks that it has changed nothing.
    pub(super) async fn refuse(&mut self, steps: Vec<Step>) {
        let before = self.head().await;
        assert_eq!(self.try_commit(Vec::new(), steps.clone()).await, Appended::Stale, "{steps:?}");
        assert_eq!(self.head().await, before, "a stale draft takes no number");
    }

    pub(super) async fn file(&mut self, parent: EntryId, called: &str, size: u64) -> EntryId {
        self.commit(vec![create_file(parent, called, size)]).await.into()
    }

    pub(super) async fn folder(&mut self, parent: EntryId, called: &str) -> EntryId {
        self.commit(vec![create_folder(parent, called)]).await.into()
    }

    pub(super) async fn delete(&mut self, entry: EntryId) -> Seq {
        self.commit(vec![Step::Delete { entry }]).await
    }

    pub(super) async fn head(&self) -> Seq {
        self.store.head(self.namespace).await.expect("the store can tell the head").seq
    }

    pub(super) async fn look(&self) -> Box<dyn Snapshot> {
        self.store.read(self.namespace).await.expect("the store can be read")
    }

    /// The entry with this id, which must be there.
    pub(super) async fn entry(&self, id: EntryId) -> Entry {
        let found = self.look().await.entry(id).await.expect("the store can be read");
        found.expect("the entry is there")
    }

    /// What the folder with this id has besides its place.
    pub(super) async fn sums(&self, id: EntryId) -> FolderState {
        *self.entry(id).await.folder().expect("the entry is a folder")
    }
}
