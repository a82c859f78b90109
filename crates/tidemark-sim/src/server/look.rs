//! What the server holds, for the checkers: read from its store, past everything that could fail.

use bytes::Bytes;
use futures_util::FutureExt as _;
use tidemark_core::model::{Entry, EntryId};
use tidemark_core::store::{BlockStore as _, JournalStore as _, Snapshot};
use tidemark_sync::ports::LocalPath;

use super::SimServer;
use crate::disk::{Laid, Listing};

/// Folders larger than this are not made here.
const CHILDREN_MAX: usize = 10_000;

impl SimServer {
    /// All that is there, by its path as it is written.
    pub(crate) fn listing(&self) -> Listing {
        let namespace = self.account().namespace;
        let store = self.store();
        let look = async {
            let mut tree = store.read(namespace).await.expect("a store in memory can be read");
            let mut all = Listing::new();
            let mut open = vec![(LocalPath::root(), EntryId::ROOT)];
            while let Some((path, id)) = open.pop() {
                for entry in children(&mut *tree, id).await {
                    let path = path.join(entry.name.as_str()).expect("names of a server are possible ones");
                    let laid = match entry.file() {
                        Some(file) => Laid::File(self.bytes(file.content).await),
                        None => Laid::Folder,
                    };
                    if laid == Laid::Folder {
                        open.push((path.clone(), entry.id));
                    }
                    all.insert(path, laid);
                }
            }
            all
        };
        look.now_or_never().expect("a store in memory answers at once")
    }

    async fn bytes(&self, content: tidemark_core::model::Content) -> Bytes {
        if content.size == 0 {
            return Bytes::new();
        }
        let size = u32::try_from(content.size).expect("contents here are small");
        let bytes = self.store().get(content.address, 0..size).await;
        bytes.expect("a store in memory can be read").expect("what the journal mentions is there")
    }
}

async fn children(tree: &mut dyn Snapshot, of: EntryId) -> Vec<Entry> {
    tree.children(of, None, CHILDREN_MAX).await.expect("a store in memory can be read")
}
