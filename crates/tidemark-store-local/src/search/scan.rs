//! A search under way: chunk after chunk, the newest first.

use super::chunk::{Chunk, END};
use super::file::{self, Extent};
use super::progress::Progress;
use crate::error::Failure;
use async_trait::async_trait;
use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memrchr};
use rusqlite::Connection;
use std::sync::Arc;
use tidemark_core::model::{EntryId, NamespaceId, Seq, Words};
use tidemark_core::store::{NameScan, Named, Names, StoreError};

/// After so many chunks in which nothing was found, others get their turn; after fewer, if there are several words to look
/// for in each name.
const CHUNKS: usize = 16;

pub(super) struct LocalScan {
    progress: Arc<Progress>,
    ns: NamespaceId,
    needles: Needles,
    upto: Seq,
    seq: Seq,
    /// The chunk that was read last.
    above: Option<Extent>,
    placed: Placed,
    /// Which life of the file the position is of.
    life: u64,
    connection: Option<Connection>,
}

impl LocalScan {
    pub(super) fn new(progress: Arc<Progress>, ns: NamespaceId, words: &Words, upto: Seq) -> LocalScan {
        let (life, seq) = progress.begin(ns);
        let (needles, placed) = (Needles::new(words), Placed::default());
        LocalScan { progress, ns, needles, upto, seq, above: None, placed, life, connection: None }
    }

    fn step(&mut self) -> Result<Option<Names>, Failure> {
        if self.above.is_none() && self.seq == Seq::ZERO {
            return Ok(Some(Names::End));
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => match self.progress.connection(self.life) {
                Some(made) => made?,
                None => return Ok(Some(Names::Lost)),
            },
        };
        let below = self.above.map_or_else(|| file::end_id(self.ns), |above| above.id);
        let looked = file::chunk_below(&connection, self.ns, below, |extent, bytes| {
            (extent, look(bytes, extent, self.upto, &mut self.needles, &mut self.placed))
        });
        self.connection = Some(connection);
        let Some((extent, found)) = looked? else {
            // The first chunk begins at the first change.
            let is_all = self.above.is_some_and(|above| above.first == Seq(1));
            return if is_all { Ok(Some(Names::End)) } else { Err(hole()) };
        };
        let joins = match self.above {
            Some(above) => extent.last.next() == above.first,
            None => extent.last >= self.seq,
        };
        if !joins || extent.first > extent.last {
            return Err(hole());
        }
        self.above = Some(extent);
        let found = found.ok_or_else(|| Failure::Corrupt("a chunk of names contradicts itself".into()))?;
        Ok(if found.is_empty() { None } else { Some(Names::Some(found)) })
    }
}

fn hole() -> Failure {
    Failure::Corrupt("there is a hole in the index of names".into())
}

#[async_trait]
impl NameScan for LocalScan {
    fn seq(&self) -> Seq {
        self.seq
    }

    // It takes some ten microseconds for a chunk, so it runs where it is called.
    async fn next(&mut self) -> Result<Names, StoreError> {
        for _ in 0..(CHUNKS / self.needles.finders.len().max(1)).max(1) {
            match self.step() {
                Ok(Some(names)) => return Ok(names),
                Ok(None) => {}
                Err(failure) => {
                    // Whatever it is: what can be made again is not worth an error.
                    tracing::warn!(?failure, "the index of names is broken and is made again");
                    self.connection = None;
                    self.progress.blame(self.life);
                    return Ok(Names::Lost);
                }
            }
        }
        Ok(Names::Some(Vec::new()))
    }
}

impl Drop for LocalScan {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.progress.give_back(self.life, connection);
        }
    }
}

/// The names of a chunk that match, last first, without those of which it is known that their entry has come to another
/// place since; nothing if the chunk contradicts itself.
fn look(
    bytes: &[u8],
    extent: Extent,
    upto: Seq,
    needles: &mut Needles,
    placed: &mut Placed,
) -> Option<Vec<Named>> {
    let chunk = Chunk::read(bytes)?;
    let text = chunk.text();
    let matches = needles.find(text)?;
    let names = if extent.last <= upto { u32::MAX } else { chunk.names_upto(upto) };
    let mut again = chunk.placed_again().skip_while(|(name, _)| *name >= names).peekable();
    let mut found = Vec::new();
    for name in matches.into_iter().rev().filter(|name| *name < names) {
        while let Some((_, entry)) = again.next_if(|(later, _)| *later > name) {
            placed.insert(entry);
        }
        let named = chunk.named(name)?;
        if !placed.contains(named.entry) {
            found.push(named);
        }
    }
    again.for_each(|(_, entry)| placed.insert(entry));
    Some(found)
}

/// The words, as something to look for in a text of names.
struct Needles {
    /// The first of them leads: it is looked for in the whole text, the others in the names that have it.
    finders: Vec<Finder<'static>>,
    /// Whether it is known which of them had better lead.
    sorted: bool,
}

impl Needles {
    fn new(words: &Words) -> Needles {
        let finders: Vec<_> = words.iter().map(|word| Finder::new(word.as_bytes()).into_owned()).collect();
        Needles { sorted: finders.len() <= 1, finders }
    }

    /// Which of the names match, in order; nothing if the text does not end with a name.
    fn find(&mut self, text: &[u8]) -> Option<Vec<u32>> {
        if !self.sorted {
            // The first text tells which word is rarest.
            self.finders.sort_by_cached_key(|finder| finder.find_iter(text).count());
            self.sorted = true;
        }
        let Some((lead, others)) = self.finders.split_first() else { return Some(Vec::new()) };
        let mut matches = Vec::new();
        // Names are counted from match to match.
        let (mut name, mut at) = (0_u32, 0);
        while let Some(hit) = lead.find(&text[at..]).map(|hit| at + hit) {
            let before = &text[at..hit];
            name += u32::try_from(memchr_iter(END, before).count()).ok()?;
            let end = hit + memchr(END, &text[hit..])?;
            let begin = at + memrchr(END, before).map_or(0, |last| last + 1);
            if others.iter().all(|other| other.find(&text[begin..end]).is_some()) {
                matches.push(name);
            }
            (name, at) = (name + 1, end + 1);
        }
        Some(matches)
    }
}

/// The entries of which a later placing was met: a bit for each, in pages, because ids are dense.
#[derive(Default)]
struct Placed {
    pages: Vec<Option<Box<[u64; Placed::WORDS]>>>,
}

impl Placed {
    const WORDS: usize = 1024;

    fn place(entry: EntryId) -> Option<(usize, usize, u64)> {
        let word = usize::try_from(entry.0 / 64).ok()?;
        Some((word / Placed::WORDS, word % Placed::WORDS, 1 << (entry.0 % 64)))
    }

    fn insert(&mut self, entry: EntryId) {
        // An id beyond all that there can be is not remembered, which costs a lookup at most.
        let Some((page, word, bit)) = Placed::place(entry).filter(|(page, ..)| *page < 1 << 20) else {
            return;
        };
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || None);
        }
        self.pages[page].get_or_insert_with(|| Box::new([0; Placed::WORDS]))[word] |= bit;
    }

    fn contains(&self, entry: EntryId) -> bool {
        Placed::place(entry).is_some_and(|(page, word, bit)| {
            self.pages.get(page).and_then(Option::as_ref).is_some_and(|page| page[word] & bit != 0)
        })
    }
}
