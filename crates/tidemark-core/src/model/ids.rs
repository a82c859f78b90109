//! Numbers with a meaning: namespaces, entries, positions, revisions.

use std::fmt;
use std::str::FromStr;

/// One tree with one journal. Spelled as eight hex digits at the end of every [`Rev`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamespaceId(pub u32);

/// What survives renames and moves: the identity of a file or folder inside its namespace.
///
/// An entry is named by the change that created it, so ids need no allocator and are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub u64);

impl EntryId {
    /// The folder that every namespace begins with; no change creates it and none moves or deletes it.
    pub const ROOT: EntryId = EntryId(0);
}

impl From<Seq> for EntryId {
    fn from(created: Seq) -> Self {
        EntryId(created.0)
    }
}

/// A position in a namespace's journal: changes are numbered 1, 2, 3 ... without gaps; 0 is before the first.
///
/// Stays below 2^53, because some clients keep positions in doubles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first change.
    pub const ZERO: Seq = Seq(0);
    /// The last position that a double holds exactly.
    pub const MAX: Seq = Seq((1 << 53) - 1);

    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Seq {
        Seq(self.0 + 1)
    }
}

/// Which life of the store a position belongs to. Whoever puts a backup back begins a new one, and every older cursor is
/// reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(pub u64);

/// The name of one revision of one entry: the position of the change that made it, and the namespace.
///
/// Spelled as lower-case hex of the position followed by the namespace as eight hex digits: `362e2029684fe` is
/// change 0x362e2 of namespace 0x029684fe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rev {
    /// The change that made the revision.
    pub seq: Seq,
    /// The namespace it happened in.
    pub namespace: NamespaceId,
}

impl fmt::Display for Rev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}{:08x}", self.seq.0, self.namespace.0)
    }
}

/// The text is not a revision's name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rev is at least nine hex digits")]
pub struct RevError;

impl FromStr for Rev {
    type Err = RevError;

    fn from_str(text: &str) -> Result<Self, RevError> {
        // 14 digits hold every position below 2^53.
        if !(9..=22).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(RevError);
        }
        let (seq, namespace) = text.split_at(text.len() - 8);
        let seq = Seq(u64::from_str_radix(seq, 16).map_err(|_| RevError)?);
        let namespace = NamespaceId(u32::from_str_radix(namespace, 16).map_err(|_| RevError)?);
        if seq == Seq::ZERO || seq > Seq::MAX { Err(RevError) } else { Ok(Rev { seq, namespace }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The samples that the old service gave out.
    #[test]
    fn rev_is_spelled_as_position_then_namespace() {
        for (text, seq, namespace) in [("362e2029684fe", 221_922, 0x0296_84fe), ("803beb471", 8, 0x03be_b471)]
        {
            let rev = Rev { seq: Seq(seq), namespace: NamespaceId(namespace) };
            assert_eq!(rev.to_string(), text);
            assert_eq!(text.parse(), Ok(rev));
        }
    }

    #[test]
    fn what_is_not_a_rev_is_refused() {
        for text in [
            "",
            "1",
            "03beb471",
            "003beb471",
            "x03beb471",
            "+103beb471",
            "ffffffffffffff03beb471",
            "é03beb471",
        ] {
            assert_eq!(text.parse::<Rev>(), Err(RevError), "{text}");
        }
    }
}
