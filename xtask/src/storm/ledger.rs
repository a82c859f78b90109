//! Which contents people wrote, and which of them they did away with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// The number of a content.
pub(super) type Number = u64;

/// What stands before the number in a file. The last such line of a file counts.
const MARK: &str = "content ";
/// What follows, so that files differ in length, too.
const FILLING: &str = "the tide leaves a line on the sand, and takes it away\n";

#[derive(Default)]
pub(super) struct Ledger(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    next: Number,
    /// What was written and not done away with, and where.
    there: BTreeMap<Number, String>,
    /// What somebody replaced or deleted who had read it.
    done_away: u64,
    /// Every path at which a person wrote or to which one moved something.
    paths: BTreeSet<String>,
}

impl Ledger {
    /// The bytes of a new content of so many lines, behind what is kept of an older one. It does not count yet.
    pub(super) fn compose(&self, before: &str, lines: u64) -> (Number, String) {
        let mut kept = self.lock();
        kept.next += 1;
        let number = kept.next;
        let mut text = format!("{before}{MARK}{number}\n");
        (0..lines).for_each(|_| text.push_str(FILLING));
        (number, text)
    }

    /// It stands there now.
    pub(super) fn wrote(&self, number: Number, path: &str) {
        let mut kept = self.lock();
        kept.there.insert(number, path.to_owned());
        kept.paths.insert(path.to_owned());
    }

    /// Somebody who had read it replaced or deleted it. What was copied may be elsewhere, all the same.
    pub(super) fn did_away(&self, number: Number) {
        let mut kept = self.lock();
        if kept.there.remove(&number).is_some() {
            kept.done_away += 1;
        }
    }

    /// Something is called this now.
    pub(super) fn named(&self, path: &str) {
        self.lock().paths.insert(path.to_owned());
    }

    /// How many were written, and how many of them were done away with.
    pub(super) fn counts(&self) -> (u64, u64) {
        let kept = self.lock();
        (kept.there.len() as u64 + kept.done_away, kept.done_away)
    }

    /// What must be somewhere, with the place where it was written.
    pub(super) fn there(&self) -> BTreeMap<Number, String> {
        self.lock().there.clone()
    }

    /// Every path that people used.
    pub(super) fn paths(&self) -> BTreeSet<String> {
        self.lock().paths.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().expect("nobody panics with it")
    }
}

/// Which content this is: by its last mark.
pub(super) fn number_of(bytes: &[u8]) -> Option<Number> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.lines().rev().find_map(|line| line.strip_prefix(MARK)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_account_of_contents() {
        let ledger = Ledger::default();
        let (first, text) = ledger.compose("", 2);
        assert_eq!(number_of(text.as_bytes()), Some(first));
        ledger.wrote(first, "a");
        let (second, text) = ledger.compose(&text, 0);
        assert_eq!(number_of(text.as_bytes()), Some(second), "what was appended counts");
        ledger.wrote(second, "a");
        ledger.did_away(first);
        ledger.did_away(first);
        assert_eq!(ledger.counts(), (2, 1));
        assert_eq!(ledger.there().keys().copied().collect::<Vec<_>>(), [second]);
        assert_eq!(number_of(b"nothing"), None);
    }
}
