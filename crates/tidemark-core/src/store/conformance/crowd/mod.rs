//! What holds when many act at once: random verbs from several tasks on overlapping paths, while readers follow.
//!
//! Afterwards, what is listed is what a replay of `delta` gives, from the start as well as followed live; all sums are
//! the sums; and every put that was acknowledged is there at its rev, with its bytes.

mod actor;
mod audit;
mod reader;

use super::dice::Dice;
use crate::cloud::{Cloud, Parts, Scope, SearchLimits};
use crate::hub::{Hub, Limits};
use crate::journal::Journal;
use crate::model::{AccountId, EntryId, NamespaceId, Path, Timestamp};
use crate::store::memory::{ManualClock, MemoryAccounts, SeededEntropy};
use crate::store::{BlockStore, JournalStore, Loopback, NameIndex, UploadStore};
use reader::Reader;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How many act at once.
const ACTORS: u64 = 8;
/// How many verbs each of them tries.
const VERBS: usize = 60;
/// What the readers look at.
const PREFIXES: [&str; 4] = ["/a", "/B/c", "/a", ""];
/// Small enough to be met.
const QUOTA: u64 = 3_000_000;
/// Much longer than it takes: whoever is still waiting by then was not woken.
const TOO_LONG: Duration = Duration::from_secs(120);

/// Lets a crowd loose on an unused namespace of a store, and audits what it leaves behind.
pub async fn suite<S: JournalStore + BlockStore + UploadStore + NameIndex>(store: &Arc<S>, seed: u32) {
    let run = crowd(store, NamespaceId(2_000_000 + seed), u64::from(seed));
    tokio::time::timeout(TOO_LONG, run)
        .await
        .expect("a reader missed its wake-up, or somebody waits for ever");
}

async fn crowd<S: JournalStore + BlockStore + UploadStore + NameIndex>(
    store: &Arc<S>,
    namespace: NamespaceId,
    seed: u64,
) {
    let hub = Arc::new(Hub::new(Limits::default()));
    let accounts = Arc::new(MemoryAccounts::default());
    let cloud = Arc::new(Cloud::new(Parts {
        journal: Journal::new(Arc::clone(store) as _, Arc::new(Loopback(Arc::clone(&hub)))),
        blocks: Arc::clone(store) as _,
        uploads: Arc::clone(store) as _,
        accounts: accounts.clone(),
        grants: accounts.clone(),
        links: accounts,
        names: Arc::clone(store) as _,
        search_limits: SearchLimits { walk_always: 0, ..SearchLimits::default() },
        hub,
        clock: Arc::new(ManualClock::new(Timestamp(1_400_000_000_000))),
        entropy: Arc::new(SeededEntropy::new(seed)),
    }));
    let scope =
        Scope { account: AccountId(1), quota: Some(QUOTA), namespace, root: EntryId::ROOT, app: None };

    let readers: Vec<_> = PREFIXES
        .iter()
        .map(|prefix| {
            tokio::spawn(Reader::new(&cloud, &scope, prefix).follow(Arc::clone(&cloud), scope.clone()))
        })
        .collect();
    let mut actors = JoinSet::new();
    for n in 0..ACTORS {
        let dice = Dice(seed * 1000 + n);
        actors.spawn(actor::act(Arc::clone(&cloud), scope.clone(), dice));
    }
    let acknowledged: Vec<_> = actors.join_all().await.into_iter().flatten().collect();
    assert!(acknowledged.len() > VERBS, "seed {seed}: most puts are refused, so this shows little");
    for prefix in PREFIXES {
        actor::mark_the_end(&cloud, &scope, prefix).await;
    }

    let mut tree = store.read(namespace).await.expect("readable");
    let expected = audit::listing(&mut *tree).await;
    audit::sums(&mut *tree).await;
    drop(tree);
    for put in &acknowledged {
        audit::acknowledged(&cloud, &scope, put).await;
    }
    for query in ["a", "b", "C", "n d", "nothing"] {
        audit::search(&cloud, &scope, query, &expected).await;
    }
    let replayed = Reader::new(&cloud, &scope, "").read_all(&cloud, &scope).await;
    assert_eq!(replayed, expected, "seed {seed}: a replay from the start");
    for (reader, prefix) in readers.into_iter().zip(PREFIXES) {
        let followed = reader.await.expect("a reader does not panic");
        let key = Path::parse(prefix).expect("good").key();
        let shown = expected.iter().filter(|(path, _)| path.is_at_or_under(&key));
        let shown = shown.map(|(path, told)| (path.clone(), *told)).collect();
        assert_eq!(followed, shown, "seed {seed}: what was followed below {prefix}/");
    }
}
