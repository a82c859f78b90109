//! The promises of [`FetchStore`].

use crate::model::{AccountId, AppKey, Fetch, FetchEnd, FetchId, GrantId, Path, Timestamp, UploadId};
use crate::store::FetchStore;

/// Every promise, against an empty store.
pub async fn suite(store: &dyn FetchStore) {
    a_fetch_is_kept_as_it_was_added(store).await;
    the_first_end_stays_and_the_url_goes(store).await;
    open_ones_are_listed_in_order(store).await;
    an_account_has_so_many_open(store).await;
    expired_fetches_are_forgotten(store).await;
}

const LATER: Timestamp = Timestamp(1_000_000_000);

fn fetch(n: u8, account: u64) -> Fetch {
    Fetch {
        id: FetchId([n; 16]),
        account: AccountId(account),
        app: AppKey("an app".into()),
        grant: GrantId(7),
        whole: n.is_multiple_of(2),
        path: Path::parse_new("/a folder/é.txt").expect("a good path"),
        url: format!("https://example.org/{n}"),
        upload: UploadId([n + 100; 16]),
        expires: LATER,
        end: None,
    }
}

async fn add(store: &dyn FetchStore, fetch: &Fetch) {
    assert!(store.add_fetch(fetch, 100, 100).await.expect("writable"));
}

async fn found(store: &dyn FetchStore, n: u8) -> Option<Fetch> {
    store.fetch(FetchId([n; 16])).await.expect("readable")
}

async fn open(store: &dyn FetchStore, limit: usize) -> Vec<u8> {
    store.open_fetches(limit).await.expect("readable").iter().map(|fetch| fetch.id.0[0]).collect()
}

async fn end(store: &dyn FetchStore, n: u8, end: FetchEnd) {
    store.end_fetch(FetchId([n; 16]), end).await.expect("writable");
}

async fn a_fetch_is_kept_as_it_was_added(store: &dyn FetchStore) {
    assert_eq!(found(store, 1).await, None);
    for n in [1, 2] {
        add(store, &fetch(n, 1)).await;
        assert_eq!(found(store, n).await, Some(fetch(n, 1)));
    }
}

async fn the_first_end_stays_and_the_url_goes(store: &dyn FetchStore) {
    let failed = || FetchEnd::Failed("it did not work".into());
    end(store, 1, failed()).await;
    end(store, 1, FetchEnd::Complete).await;
    let ended = |n, end| Some(Fetch { url: String::new(), end: Some(end), ..fetch(n, 1) });
    assert_eq!(found(store, 1).await, ended(1, failed()));
    end(store, 2, FetchEnd::Complete).await;
    end(store, 2, failed()).await;
    assert_eq!(found(store, 2).await, ended(2, FetchEnd::Complete));
    end(store, 99, failed()).await;
    assert_eq!(found(store, 99).await, None);
}

async fn open_ones_are_listed_in_order(store: &dyn FetchStore) {
    assert_eq!(open(store, 10).await, []);
    for n in [9, 3, 6, 4] {
        add(store, &fetch(n, 1)).await;
    }
    assert_eq!(open(store, 10).await, [9, 3, 6, 4]);
    end(store, 3, FetchEnd::Complete).await;
    assert_eq!(open(store, 2).await, [9, 6]);
    assert_eq!(store.open_fetches(1).await.expect("readable"), [fetch(9, 1)]);
}

async fn an_account_has_so_many_open(store: &dyn FetchStore) {
    let count = async |account| store.open_fetches_of(AccountId(account)).await.expect("readable");
    assert_eq!((count(1).await, count(2).await), (3, 0));
    let adding = async |n, max| store.add_fetch(&fetch(n, 2), max, 100).await.expect("writable");
    assert!(adding(20, 2).await && adding(21, 2).await);
    assert!(!adding(22, 2).await);
    assert_eq!((found(store, 22).await, count(2).await), (None, 2));
    end(store, 20, FetchEnd::Complete).await;
    assert!(adding(22, 2).await, "one that has ended is not open");
    let rush =
        (30..38).map(|n| async move { store.add_fetch(&fetch(n, 3), 3, 100).await.expect("writable") });
    let added = futures_util::future::join_all(rush).await;
    assert_eq!(added.iter().filter(|added| **added).count(), 3, "however many come at once");
    let keeping = async |n, max| store.add_fetch(&fetch(n, 2), 100, max).await.expect("writable");
    assert!(!keeping(40, 3).await, "three are kept, one of which has ended");
    assert!(keeping(40, 4).await);
}

/// Open or not; those that expire at the very instant are kept.
async fn expired_fetches_are_forgotten(store: &dyn FetchStore) {
    for (n, expires) in [(50, 10), (51, 20), (52, 30)] {
        add(store, &Fetch { expires: Timestamp(expires), ..fetch(n, 5) }).await;
    }
    end(store, 50, FetchEnd::Complete).await;
    assert_eq!(store.sweep_fetches(Timestamp(20)).await.expect("writable"), 1);
    assert_eq!(store.sweep_fetches(Timestamp(25)).await.expect("writable"), 1);
    assert_eq!((found(store, 50).await, found(store, 51).await), (None, None));
    assert!(found(store, 52).await.is_some());
    assert_eq!(store.open_fetches_of(AccountId(5)).await.expect("readable"), 1);
}
