//! What a realtime address stands for. It is a credential of its own: clients show no token where it leads.

use crate::tokens::{Sealer, TokenError};
use std::time::Duration;
use tidemark_core::cloud::Scope;
use tidemark_core::model::{AccountId, AppKey, EntryId, NamespaceId, Timestamp};

/// What is sealed together with a channel. A change of the layout below needs a new number here.
const LABEL: &[u8] = b"tidemark realtime channel 1";

/// How long a channel is listened to. Clients that never ask for another one are told to.
const LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// Longer texts are no channels of ours.
const CHARS_MAX: usize = 512;

/// Where somebody listens: what of which tree they see. Good for any number of polls, and for several at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Channel {
    pub(super) account: AccountId,
    pub(super) namespace: NamespaceId,
    pub(super) root: EntryId,
    /// Whether they are told also what changes no tree.
    pub(super) notes: bool,
    /// When it was handed out.
    pub(super) made: Timestamp,
    pub(super) app: AppKey,
}

impl Channel {
    /// What it lets its holder follow.
    pub(super) fn scope(&self) -> Scope {
        let Channel { account, namespace, root, .. } = *self;
        Scope { account, quota: None, namespace, root, app: None }
    }

    /// Whether its time is over, or has not come: the clock was put back.
    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        !(self.made..self.made.plus(LIFE)).contains(&now)
    }

    /// As it stands in an address: URL-safe ASCII.
    pub(super) fn seal(&self, sealer: &Sealer) -> String {
        let mut plain = Vec::with_capacity(64);
        plain.extend(self.account.0.to_le_bytes());
        plain.extend(self.namespace.0.to_le_bytes());
        plain.extend(self.root.0.to_le_bytes());
        plain.push(u8::from(self.notes));
        plain.extend(self.made.0.to_le_bytes());
        plain.extend(self.app.0.as_bytes());
        sealer.seal(LABEL, &plain)
    }

    /// Reads a channel back.
    ///
    /// # Errors
    /// [`TokenError`].
    pub(super) fn open(sealer: &Sealer, text: &str) -> Result<Channel, TokenError> {
        if text.len() > CHARS_MAX {
            return Err(TokenError);
        }
        let plain = sealer.open(LABEL, text)?;
        read(&plain).ok_or(TokenError)
    }
}

fn read(plain: &[u8]) -> Option<Channel> {
    let (account, rest) = plain.split_first_chunk()?;
    let (namespace, rest) = rest.split_first_chunk()?;
    let (root, rest) = rest.split_first_chunk()?;
    let (notes, rest) = rest.split_first()?;
    let (made, app) = rest.split_first_chunk()?;
    Some(Channel {
        account: AccountId(u64::from_le_bytes(*account)),
        namespace: NamespaceId(u32::from_le_bytes(*namespace)),
        root: EntryId(u64::from_le_bytes(*root)),
        notes: *notes != 0,
        app: AppKey(std::str::from_utf8(app).ok()?.into()),
        made: Timestamp(i64::from_le_bytes(*made)),
    })
}
