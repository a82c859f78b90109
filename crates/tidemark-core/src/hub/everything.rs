//! Hearing of every namespace at once: for the one listener on this node that follows all of them.

use crate::model::NamespaceId;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// How many namespaces are remembered for a listener that is busy. Beyond this, it is told to look at all.
const HEARD_MAX: usize = 10_000;

/// What was heard of since the listener last asked.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Of these namespaces.
    Of(HashSet<NamespaceId>),
    /// Of too many to remember.
    TooMany,
}

impl Default for Heard {
    fn default() -> Heard {
        Heard::Of(HashSet::new())
    }
}

/// Remembers which namespaces were heard of, for as long as somebody wants to know. Costs a commit one load of an atomic
/// while nobody does, and a short lock while somebody does.
#[derive(Default)]
pub struct Everything {
    wanted: AtomicBool,
    heard: Mutex<Heard>,
    bell: Notify,
}

impl Everything {
    /// Begins or ends remembering. Whoever begins looks at everything afterwards: what came before was not heard.
    pub fn want(&self, wanted: bool) {
        self.wanted.store(wanted, Ordering::SeqCst);
    }

    /// Sleeps until something was heard of, and tells what, once. For one listener; cancel-safe.
    pub async fn heard(&self) -> Heard {
        loop {
            let heard = std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
            if heard != Heard::default() {
                return heard;
            }
            self.bell.notified().await;
        }
    }

    pub(super) fn hear(&self, namespace: NamespaceId) {
        if !self.wanted.load(Ordering::SeqCst) {
            return;
        }
        {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            let Heard::Of(namespaces) = &mut *heard else { return };
            namespaces.insert(namespace);
            if namespaces.len() > HEARD_MAX {
                *heard = Heard::TooMany;
            }
        }
        self.bell.notify_one();
    }
}
