//! What cameras noted, for whole listings at a time: what is known is told, what is not is found out behind.

use super::{Media, info_of};
use crate::cloud::Fingerprint;
use crate::model::{AccountId, Content, MediaInfo, Rendition, RenditionKey, digest_of};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// How many contents of one account may stand in line to be looked into: as many as a listing can have.
const BACKLOG_PER_ACCOUNT_MAX: usize = 25_000;

/// How many infos are kept at hand, in each of two generations. An entry takes some 150 bytes.
const KNOWN_MAX: usize = 50_000;

/// The media infos of some contents.
#[derive(Clone, Debug, Default)]
pub struct Infos(HashMap<Content, MediaInfo>);

impl Infos {
    /// That of a content; nothing while it is not known.
    #[must_use]
    pub fn get(&self, content: Content) -> Option<MediaInfo> {
        self.0.get(&content).copied()
    }

    /// Takes in what is not in it.
    pub(super) fn add(&mut self, others: &Infos) {
        for (content, info) in &others.0 {
            self.0.entry(*content).or_insert(*info);
        }
    }

    pub(super) fn of(content: Content, info: MediaInfo) -> Infos {
        Infos(HashMap::from([(content, info)]))
    }
}

/// The fingerprint of a listing that is told with media infos. While some are pending it is one that no complete listing
/// has, so that who asks with it is told again.
#[must_use]
pub fn fingerprint_with_infos(listing: Fingerprint, is_complete: bool) -> Fingerprint {
    let mut text = [0; 17];
    text[..16].copy_from_slice(&listing);
    text[16] = u8::from(is_complete);
    let digest = digest_of(&text).0;
    std::array::from_fn(|at| digest[at])
}

impl Media {
    /// What is known of these contents. What is not known yet is found out from now on, so that asking again soon tells it.
    pub async fn infos(self: &Arc<Media>, account: AccountId, contents: &[Content]) -> Infos {
        let infos = self.known_infos(contents).await;
        self.find_out(account, contents.iter().copied().filter(|content| infos.get(*content).is_none()));
        infos
    }

    /// What is known of these contents.
    pub(super) async fn known_infos(&self, contents: &[Content]) -> Infos {
        let mut infos = HashMap::with_capacity(contents.len());
        let mut asked = Vec::new();
        for content in contents {
            match self.known.get(*content) {
                Some(info) => drop(infos.insert(*content, info)),
                None => asked.push(RenditionKey { content: *content, rendition: Rendition::MediaInfo }),
            }
        }
        if !asked.is_empty() {
            let kept = self.kept(&asked).await;
            for (key, kept) in asked.into_iter().zip(kept) {
                if let Some(kept) = kept {
                    let info = info_of(&kept);
                    self.known.insert(key.content, info);
                    infos.insert(key.content, info);
                }
            }
        }
        Infos(infos)
    }

    /// The info of one content, made if need be. What cannot be had at present is taken for saying nothing, but not kept.
    pub(super) async fn info(self: &Arc<Media>, account: AccountId, content: Content) -> MediaInfo {
        let key = RenditionKey { content, rendition: Rendition::MediaInfo };
        if self.known.get(content).is_none() {
            self.make(account, key).await;
        }
        self.known.get(content).unwrap_or_default()
    }

    /// Has these contents looked into, one after another, behind everything else of the account.
    pub(super) fn find_out(self: &Arc<Media>, account: AccountId, contents: impl Iterator<Item = Content>) {
        if !self.backlog.add(account, contents) {
            return;
        }
        let media = Arc::clone(self);
        tokio::spawn(async move {
            let at_once = media.limits.at_once_per_account.max(1);
            loop {
                let batch: Vec<_> = (0..at_once).map_while(|_| media.backlog.next(account)).collect();
                if batch.is_empty() {
                    break;
                }
                futures_util::future::join_all(batch.iter().map(|content| media.info(account, *content)))
                    .await;
                for content in batch {
                    media.backlog.done(account, content);
                }
            }
        });
    }
}

/// Infos at hand, by content. When there are too many, those that were not asked for lately are forgotten: each insertion
/// and each question puts an entry among the young, and when the young are many they become the old, and the old go.
#[derive(Default)]
pub(super) struct Known(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<Content, MediaInfo>,
    old: HashMap<Content, MediaInfo>,
}

impl Known {
    pub(super) fn get(&self, content: Content) -> Option<MediaInfo> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(info) = generations.young.get(&content) {
            return Some(*info);
        }
        let info = generations.old.remove(&content)?;
        generations.insert(content, info);
        Some(info)
    }

    pub(super) fn insert(&self, content: Content, info: MediaInfo) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(content, info);
    }
}

impl Generations {
    fn insert(&mut self, content: Content, info: MediaInfo) {
        self.young.insert(content, info);
        if self.young.len() >= KNOWN_MAX {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

/// What stands in line, by account. An account that is in it has a task which works it off.
#[derive(Default)]
pub(super) struct Backlog(Mutex<HashMap<AccountId, Line>>);

#[derive(Default)]
struct Line {
    next: VecDeque<Content>,
    /// What stands in it or is being looked into.
    members: HashSet<Content>,
}

impl Backlog {
    /// Puts contents at the end of the line, as many as there is room for; answers whether a task must begin with it.
    fn add(&self, account: AccountId, contents: impl Iterator<Item = Content>) -> bool {
        let mut contents = contents.peekable();
        if contents.peek().is_none() {
            return false;
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !lines.contains_key(&account);
        let line = lines.entry(account).or_default();
        for content in contents {
            if line.next.len() >= BACKLOG_PER_ACCOUNT_MAX {
                break;
            }
            if line.members.insert(content) {
                line.next.push_back(content);
            }
        }
        is_new
    }

    /// The next of a line; when there is none, the account has no line any more.
    fn next(&self, account: AccountId) -> Option<Content> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.get_mut(&account)?;
        let next = line.next.pop_front();
        if next.is_none() && line.members.is_empty() {
            lines.remove(&account);
        }
        next
    }

    fn done(&self, account: AccountId, content: Content) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get_mut(&account) {
            line.members.remove(&content);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn content(number: usize) -> Content {
        Content { size: 1, address: digest_of(&number.to_be_bytes()) }
    }

    #[test]
    fn a_line_is_bounded_and_holds_nothing_twice() {
        let backlog = Backlog::default();
        let ann = AccountId(1);
        assert!(!backlog.add(ann, std::iter::empty()), "nothing to do");
        assert!(backlog.add(ann, (0..10).map(content)), "a task must begin");
        assert!(!backlog.add(ann, (5..100_000).map(content)), "it has begun");
        assert!(backlog.add(AccountId(2), (0..1).map(content)), "others have their own");
        for number in 0..BACKLOG_PER_ACCOUNT_MAX {
            assert_eq!(backlog.next(ann), Some(content(number)));
            backlog.done(ann, content(number));
        }
        assert_eq!(backlog.next(ann), None);
        assert!(backlog.add(ann, (0..1).map(content)), "it has ended");
    }

    #[test]
    fn so_many_infos_are_at_hand_and_those_asked_for_stay() {
        let known = Known::default();
        let info = MediaInfo { time_taken: Some(Timestamp(1)), ..MediaInfo::default() };
        for number in 0..5 * KNOWN_MAX {
            known.insert(content(number), info);
            assert_eq!(known.get(content(0)), Some(info), "{number}");
        }
        assert_eq!(known.get(content(1)), None);
        let generations = known.0.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 2 * KNOWN_MAX);
    }
}
