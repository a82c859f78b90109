//! What must hold whatever the crowd did.

use super::QUOTA;
use super::actor::Acknowledged;
use crate::cloud::{Cloud, Scope, Search};
use crate::model::{Content, Entry, EntryId, Path, PathKey, Seq, Totals, Words, digest_of};
use crate::store::Snapshot;
use std::collections::{BTreeMap, HashMap};

/// What a reader must hold of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    id: EntryId,
    seq: Seq,
    content: Option<Content>,
}

pub(super) type Listing = BTreeMap<PathKey, Shown>;

impl Shown {
    pub(super) fn of(entry: &Entry) -> Shown {
        Shown { id: entry.id, seq: entry.seq, content: entry.file().map(|file| file.content) }
    }
}

/// Everything that is there.
pub(super) async fn listing(tree: &mut dyn Snapshot) -> Listing {
    let mut found = Listing::new();
    let mut folders = vec![(EntryId::ROOT, PathKey::default())];
    while let Some((folder, path)) = folders.pop() {
        for entry in tree.children(folder, None, usize::MAX).await.expect("readable") {
            let path = path.join(&entry.name.key());
            found.insert(path.clone(), Shown::of(&entry));
            if entry.is_folder() {
                folders.push((entry.id, path));
            }
        }
    }
    found
}

/// The sums that folders keep, also those that were deleted, are what adding up gives.
pub(super) async fn sums(tree: &mut dyn Snapshot) {
    let head = tree.head().seq;
    let mut entries: HashMap<EntryId, Entry> = HashMap::new();
    let mut children: HashMap<EntryId, Vec<EntryId>> = HashMap::new();
    for id in (0..=head.0).map(EntryId) {
        if let Some(entry) = tree.entry(id).await.expect("readable") {
            if let Some(parent) = entry.parent.filter(|_| entry.live) {
                children.entry(parent).or_default().push(id);
            }
            entries.insert(id, entry);
        }
    }
    for (id, entry) in &entries {
        let Some(folder) = entry.folder() else { continue };
        let sums = add_up(&entries, &children, *id);
        let Totals { bytes, entries, seq, height } = folder.totals;
        assert_eq!((bytes, entries), (sums.bytes, sums.entries), "the sums of {id:?}");
        assert!(height >= sums.height, "the height of {id:?}");
        assert!(seq >= sums.seq && seq <= head, "the last change in {id:?}");
    }
    let root = entries[&EntryId::ROOT].folder().expect("the root is a folder");
    assert!(root.totals.bytes <= QUOTA, "the quota is kept");
    let changes = tree.changes(Seq::ZERO, usize::MAX).await.expect("readable");
    assert!(changes.iter().map(|change| change.seq).eq((1..=head.0).map(Seq)), "positions are dense");
}

fn add_up(
    entries: &HashMap<EntryId, Entry>,
    children: &HashMap<EntryId, Vec<EntryId>>,
    folder: EntryId,
) -> Totals {
    let mut sums = Totals::default();
    for child in children.get(&folder).into_iter().flatten() {
        let below = add_up(entries, children, *child);
        let size = entries[child].file().map_or(0, |file| file.content.size);
        sums.bytes += size + below.bytes;
        sums.entries += 1 + below.entries;
        sums.height = sums.height.max(1 + below.height);
        sums.seq = sums.seq.max(entries[child].seq).max(below.seq);
    }
    sums
}

/// The put is there at its path and rev, with its bytes.
pub(super) async fn acknowledged(cloud: &Cloud, scope: &Scope, put: &Acknowledged) {
    let found = cloud.stat_rev(scope, &put.path, put.rev).await.expect("readable");
    let found = found.unwrap_or_else(|| panic!("{} at {} is lost", put.path, put.rev));
    assert_eq!(found.gone, None, "{} at {}", put.path, put.rev);
    let content = found.entry.file().expect("a file was put").content;
    assert_eq!(content, Content { size: put.bytes.len() as u64, address: digest_of(&put.bytes) });
    let mut read = Vec::new();
    let mut bytes = cloud.open(content, 0..content.size);
    while let Some(piece) = bytes.next().await {
        read.extend_from_slice(&piece.expect("readable"));
    }
    assert!(read == put.bytes, "the bytes of {} at {}", put.path, put.rev);
}

/// A search finds exactly what a listing has.
pub(super) async fn search(cloud: &Cloud, scope: &Scope, query: &str, listing: &Listing) {
    let words = Words::parse(query).expect("a good query");
    let search = Search { path: &Path::root(), words: &words, limit: usize::MAX, deleted: false };
    let found = cloud.search(scope, search).await.expect("the store can search");
    let found: Listing = found.into_iter().map(|item| (item.path.key(), Shown::of(&item.entry))).collect();
    let matches = |path: &PathKey| path.keys().last().is_some_and(|name| words.are_in(name.as_str()));
    let expected = listing.iter().filter(|(path, _)| matches(path));
    assert_eq!(found, expected.map(|(path, shown)| (path.clone(), *shown)).collect(), "{query}");
}
