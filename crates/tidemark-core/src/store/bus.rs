//! How a commit becomes known: at once on this node, and on every other one if there are more.

use crate::hub::Hub;
use crate::journal::Receipt;
use crate::model::{NamespaceId, Seq};
use std::sync::Arc;

/// "The journal of this namespace has reached this position": no data, so losing one delays a client and loses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Whose journal.
    pub namespace: NamespaceId,
    /// How far it has come.
    pub seq: Seq,
    /// Whether it is known that the tree is another since the commit that is told of: not if all it did was to note
    /// something or to purge, and not if nobody knows.
    pub loud: bool,
}

/// Carries announcements to the hub of every node, this one included; best effort, at any time, in any order.
pub trait Bus: Send + Sync + 'static {
    /// Tells of a commit. Never blocks and never fails: whoever misses it looks on a slow timer.
    fn announce(&self, receipt: &Receipt);
}

/// The bus of a single machine: straight to its hub.
pub struct Loopback(pub Arc<Hub>);

impl Bus for Loopback {
    fn announce(&self, receipt: &Receipt) {
        self.0.hear(receipt.announcement());
    }
}
