//! Entries as the protocol names them: by numbers, of which two mean the same to everybody.

use tidemark_core::model::{EntryId, Seq};

/// The folder that a caller's reach begins at, whichever it is.
pub(super) const ROOT: u64 = 0;
/// The trash, which is no folder of ours.
pub(super) const TRASH: u64 = 1;

/// An entry's number, for whoever's reach begins at `root`. The first entry of a namespace comes behind the trash.
pub(super) fn number(entry: EntryId, root: EntryId) -> u64 {
    if entry == root { ROOT } else { entry.0 + TRASH }
}

/// The entry that a number means.
pub(super) fn entry(number: u64, root: EntryId) -> Option<EntryId> {
    match number {
        ROOT => Some(root),
        TRASH => None,
        number => Some(EntryId(number - TRASH)),
    }
}

/// No number of ours is as large: stores need not be able to look for larger ones.
pub(super) const NOBODY: u64 = Seq::MAX.0 + 1;

/// A number as requests write it.
pub(super) fn parse(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(NOBODY).min(NOBODY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_entries() {
        for root in [EntryId::ROOT, EntryId(7)] {
            for id in [0, 1, 2, 7, 1 << 52] {
                let id = EntryId(id);
                // What lies around a root is not named by whoever begins there.
                if id == EntryId::ROOT && root != id {
                    continue;
                }
                assert_eq!(entry(number(id, root), root), Some(id));
            }
            assert_eq!((number(root, root), entry(TRASH, root)), (ROOT, None));
        }
    }

    #[test]
    fn only_digits_are_numbers() {
        assert_eq!((parse("77"), parse("0")), (Some(77), Some(0)));
        for text in
            ["9007199254740992", "9223372036854775808", "18446744073709551615", "99999999999999999999"]
        {
            assert_eq!(parse(text), Some(NOBODY), "{text}");
        }
        for text in ["", "-1", "+1", "1.0", "a", " 1"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
