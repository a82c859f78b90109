//! A piece of the index: the names that some thousand changes gave, folded, one after another, so that looking through
//! them is one pass over plain text; beside them what is needed of the changes whose names match.
//!
//! | In a chunk | |
//! | --- | --- |
//! | head | five counts of 4 bytes: names, runs of positions, runs of folders, placed again, bytes of text |
//! | runs of positions | (name, position) wherever positions do not go on by one from name to name |
//! | runs of folders | (name, folder) wherever the folder is another than the name before has |
//! | placed again | (name, 2 x entry + live) for every name that did not come with its entry |
//! | text | the names, each ended by a line feed, which no name contains |
//!
//! A run is 4 bytes and 8, little-endian; names are counted from 0.

use tidemark_core::model::{Act, Change, EntryId, Seq, fold};
use tidemark_core::store::Named;

const HEAD: usize = 20;
const RUN: usize = 12;

/// What ends a name.
pub(super) const END: u8 = b'\n';

/// A chunk of so much text is full, however few its names: looking through one is a short step, and so is adding a name
/// to the last one, for which it is written again.
const TEXT_MAX: usize = 256 << 10;

/// A chunk that is being filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filling {
    names: u32,
    seqs: Vec<(u32, u64)>,
    parents: Vec<(u32, u64)>,
    again: Vec<(u32, u64)>,
    text: Vec<u8>,
}

impl Filling {
    /// Goes on filling a chunk; nothing if it is none.
    pub(super) fn of(bytes: &[u8]) -> Option<Filling> {
        let chunk = Chunk::read(bytes)?;
        let runs = |runs: &[[u8; RUN]]| runs.iter().map(split).collect();
        Some(Filling {
            names: chunk.names,
            seqs: runs(chunk.seqs),
            parents: runs(chunk.parents),
            again: runs(chunk.again),
            text: chunk.text.to_vec(),
        })
    }

    /// Whether the next name belongs into the next chunk; so many are the most that it has.
    pub(super) fn is_full(&self, names_max: usize) -> bool {
        self.names as usize >= names_max || self.text.len() >= TEXT_MAX
    }

    /// Adds the name that a change gave, if it gave one.
    pub(super) fn push(&mut self, change: &Change) {
        let (Some(named), Some(place)) = (Named::of(change), change.place()) else { return };
        let name = self.names;
        if self.seqs.last().is_none_or(|(from, seq)| seq + u64::from(name - from) != named.seq.0) {
            self.seqs.push((name, named.seq.0));
        }
        if self.parents.last().is_none_or(|(_, parent)| *parent != named.parent.0) {
            self.parents.push((name, named.parent.0));
        }
        if !matches!(change.act, Act::Create | Act::Copy) {
            self.again.push((name, named.entry.0 << 1 | u64::from(named.live)));
        }
        self.text.extend_from_slice(fold(place.name.as_str()).as_bytes());
        self.text.push(END);
        self.names += 1;
    }

    /// As it is kept.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let runs = [&self.seqs, &self.parents, &self.again];
        let entries: usize = runs.iter().map(|run| run.len()).sum();
        let mut bytes = Vec::with_capacity(HEAD + entries * RUN + self.text.len());
        let counts = [self.names as usize, runs[0].len(), runs[1].len(), runs[2].len(), self.text.len()];
        for count in counts {
            let count = u32::try_from(count).expect("a chunk has few names, and they are short");
            bytes.extend_from_slice(&count.to_le_bytes());
        }
        for (name, value) in runs.into_iter().flatten() {
            bytes.extend_from_slice(&name.to_le_bytes());
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        bytes.extend_from_slice(&self.text);
        bytes
    }
}

/// A chunk to look through.
pub(super) struct Chunk<'a> {
    names: u32,
    seqs: &'a [[u8; RUN]],
    parents: &'a [[u8; RUN]],
    again: &'a [[u8; RUN]],
    text: &'a [u8],
}

fn split(run: &[u8; RUN]) -> (u32, u64) {
    let (name, value) = run.split_at(4);
    let name = u32::from_le_bytes(name.try_into().expect("the first 4 of 12 bytes"));
    (name, u64::from_le_bytes(value.try_into().expect("the last 8 of 12 bytes")))
}

/// The run that a name lies in.
fn run_of(runs: &[[u8; RUN]], name: u32) -> Option<(u32, u64)> {
    let behind = runs.partition_point(|run| split(run).0 <= name);
    behind.checked_sub(1).map(|at| split(&runs[at]))
}

impl<'a> Chunk<'a> {
    /// Reads a chunk; nothing if the bytes are none.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Chunk<'a>> {
        let (counts, mut rest) = bytes.split_at_checked(HEAD)?;
        let (counts, _) = counts.as_chunks::<4>();
        let count = |at: usize| u32::from_le_bytes(counts[at]);
        let mut runs = |at: usize| -> Option<&'a [[u8; RUN]]> {
            let (runs, behind) = rest.split_at_checked((count(at) as usize).checked_mul(RUN)?)?;
            rest = behind;
            Some(runs.as_chunks().0)
        };
        let (seqs, parents, again) = (runs(1)?, runs(2)?, runs(3)?);
        let is_whole = rest.len() == count(4) as usize && (rest.is_empty() || rest.ends_with(&[END]));
        is_whole.then_some(Chunk { names: count(0), seqs, parents, again, text: rest })
    }

    /// The folded names.
    pub(super) fn text(&self) -> &'a [u8] {
        self.text
    }

    /// How many of the names came with changes up to this position.
    pub(super) fn names_upto(&self, upto: Seq) -> u32 {
        let (mut from, mut to) = (0, self.names);
        while from < to {
            let middle = from + (to - from) / 2;
            if self.seq(middle).is_some_and(|seq| seq <= upto) { from = middle + 1 } else { to = middle }
        }
        from
    }

    fn seq(&self, name: u32) -> Option<Seq> {
        run_of(self.seqs, name).map(|(from, seq)| Seq(seq + u64::from(name - from)))
    }

    /// The change that gave a name; nothing if the chunk contradicts itself.
    pub(super) fn named(&self, name: u32) -> Option<Named> {
        let (seq, (_, parent)) = (self.seq(name)?, run_of(self.parents, name)?);
        let (entry, live) = match run_of(self.again, name) {
            Some((at, again)) if at == name => (EntryId(again >> 1), again & 1 == 1),
            _ => (EntryId(seq.0), true),
        };
        Some(Named { seq, entry, parent: EntryId(parent), live })
    }

    /// The names that did not come with their entries: which, and of which entry. Last first.
    pub(super) fn placed_again(&self) -> impl Iterator<Item = (u32, EntryId)> {
        self.again.iter().rev().map(split).map(|(name, again)| (name, EntryId(again >> 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_core::model::{AccountId, Name, Place, Timestamp};

    fn change(seq: u64, entry: u64, act: Act, parent: u64, name: &str) -> Change {
        let place = Some(Place { parent: EntryId(parent), name: Name::new(name).unwrap() });
        let (left, at) = if act == Act::Delete { (place, None) } else { (None, place) };
        let (seq, entry, author) = (Seq(seq), EntryId(entry), AccountId(1));
        Change {
            seq,
            entry,
            act,
            left,
            at,
            content: None,
            replaced: None,
            withdrawn: None,
            time: Timestamp(0),
            author,
        }
    }

    fn filled() -> Filling {
        let mut filling = Filling::default();
        for change in [
            change(5, 5, Act::Create, 0, "Été"),
            change(6, 6, Act::Copy, 0, "b"),
            change(7, 6, Act::Edit, 0, "b"),
            change(8, 5, Act::Move, 2, "c"),
            change(9, 6, Act::Delete, 0, "b"),
            change(12, 6, Act::Restore, 2, "d"),
        ] {
            filling.push(&change);
        }
        filling
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let filling = filled();
        let bytes = filling.to_bytes();
        assert_eq!(Filling::of(&bytes), Some(filling));
        let chunk = Chunk::read(&bytes).unwrap();
        assert_eq!(chunk.text(), b"ete\nb\nc\nb\nd\n");
        let named: Vec<_> = (0..5)
            .map(|name| chunk.named(name).unwrap())
            .map(|Named { seq, entry, parent, live }| (seq.0, entry.0, parent.0, live))
            .collect();
        assert_eq!(
            named,
            [(5, 5, 0, true), (6, 6, 0, true), (8, 5, 2, true), (9, 6, 0, false), (12, 6, 2, true)]
        );
        let again: Vec<_> = chunk.placed_again().collect();
        assert_eq!(again, [(4, EntryId(6)), (3, EntryId(6)), (2, EntryId(5))]);
        let upto = |seq| chunk.names_upto(Seq(seq));
        assert_eq!([4, 5, 7, 8, 11, 12, 99].map(upto), [0, 1, 2, 3, 4, 5, 5]);
    }

    #[test]
    fn a_chunk_has_so_many_names_and_so_much_text() {
        let mut filling = filled();
        assert!(filling.is_full(5) && !filling.is_full(6));
        let name = "é".repeat(255);
        for seq in 13.. {
            filling.push(&change(seq, seq, Act::Create, 0, &name));
            if filling.is_full(usize::MAX) {
                break;
            }
        }
        assert!((TEXT_MAX..TEXT_MAX + 512).contains(&filling.text.len()), "{}", filling.text.len());
    }

    /// Whatever the disk gives back is a chunk or none; it never ends the process.
    #[test]
    fn what_is_no_chunk_is_noticed() {
        let bytes = filled().to_bytes();
        for len in 0..bytes.len() {
            assert!(Chunk::read(&bytes[..len]).is_none(), "cut at {len}");
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0xff;
            if let Some(chunk) = Chunk::read(&bytes) {
                let _ = (0..6).filter_map(|name| chunk.named(name)).count();
            }
        }
    }
}
