//! Entries as the protocol names them: by numbers, of which two mean the same to everybody.

use tidemark_core::model::{EntryId, NamespaceId, Seq};

pub(super) use crate::numbers::{ROOT, TRASH, number};

/// The entry that a number means, if it can be one's.
pub(super) fn entry(number: u64, root: EntryId) -> Option<EntryId> {
    match number {
        ROOT => Some(root),
        TRASH | NOBODY.. => None,
        number => Some(EntryId(number - TRASH)),
    }
}

/// Numbers from here on are of entries in others' trees: the tree's number stands above that of the entry. They are beyond
/// all of the caller's own, so that neither passes for the other.
const FOREIGN: u64 = 1 << 63;
/// How many bits the entry's number has there: as many as four billion changes a day need for three years.
const ENTRY_BITS: u32 = 42;

/// The number of an entry in another's tree, which was shared.
pub(super) fn foreign(namespace: NamespaceId, entry: EntryId) -> u64 {
    // (Of two million trees; those beyond have no numbers that lead back.)
    let tree = (u64::from(namespace.0) << ENTRY_BITS) & !FOREIGN;
    FOREIGN | tree | (entry.0 & ((1 << ENTRY_BITS) - 1))
}

/// The tree and the entry in it that such a number means; nothing for a number of the caller's own.
pub(super) fn parse_foreign(text: &str) -> Option<(NamespaceId, EntryId)> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let rest = text.parse::<u64>().ok().filter(|_| is_number)?.checked_sub(FOREIGN)?;
    let namespace = u32::try_from(rest >> ENTRY_BITS).ok()?;
    Some((NamespaceId(namespace), EntryId(rest & ((1 << ENTRY_BITS) - 1))))
}

/// No number of the caller's own is as large: stores need not be able to look for larger ones.
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
            assert_eq!((entry(NOBODY, root), entry(u64::MAX, root)), (None, None));
        }
    }

    #[test]
    fn what_is_anothers_has_numbers_of_its_own() {
        for namespace in [1, 7, (1 << 21) - 1] {
            for id in [0, 1, 77, (1 << ENTRY_BITS) - 1] {
                let number = foreign(NamespaceId(namespace), EntryId(id));
                assert_eq!(parse_foreign(&number.to_string()), Some((NamespaceId(namespace), EntryId(id))));
                assert_eq!(parse(&number.to_string()), Some(NOBODY), "it is none of the caller's own");
            }
        }
        for none in
            ["0", "77", "9223372036854775807", "18446744073709551616", "", "+9223372036854775809", "x"]
        {
            assert_eq!(parse_foreign(none), None, "{none}");
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
