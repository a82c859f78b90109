//! What a power cut leaves of a disk.

use bytes::Bytes;

use super::tree::{Body, Tree};
use crate::random::Random;

/// After this long, a system has written everything down by itself.
const WRITEBACK_NS: i64 = 5_000_000_000;

/// Cuts the power. Names are kept in the order in which they were changed, up to some instant since they were last synced;
/// bytes that were not synced are kept, cut off, lost, or replaced by those that were.
///
/// Returns how many changes of names and how many files' bytes were lost.
pub(crate) fn cut(tree: &mut Tree, random: &mut Random, now_ns: i64) -> (usize, usize) {
    let settled = tree.journal.iter().take_while(|done| now_ns - done.at_ns > WRITEBACK_NS).count();
    let unsure = tree.journal.len() - settled;
    let lost_names = random.below(unsure + 1);
    for _ in 0..lost_names {
        tree.undo();
    }
    tree.journal.clear();
    tree.recount_inodes();
    let mut lost_bytes = 0;
    for id in tree.files() {
        let Body::File(file) = &tree.node(id).body else { continue };
        let Some(fresh) = file.fresh.clone().filter(|fresh| now_ns - fresh.since_ns <= WRITEBACK_NS) else {
            tree.sync(id);
            continue;
        };
        let bytes = file.bytes.clone();
        let (durable, modified_ns, changed_ns) = fresh.durable;
        let stamp = tree.seen(id).stamp;
        match random.below(4) {
            0 => tree.sync(id),
            1 => tree.set_whole(id, durable, modified_ns, changed_ns),
            2 => tree.set_whole(id, Bytes::new(), stamp.modified_ns, stamp.changed_ns),
            _ => {
                let length = random.below(bytes.len() + 1);
                tree.set_whole(id, bytes.slice(..length), stamp.modified_ns, stamp.changed_ns);
            }
        }
        lost_bytes += 1;
    }
    (lost_names, lost_bytes)
}
