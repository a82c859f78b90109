//! What [`LinkStore`] promises.

#![allow(clippy::unwrap_used, reason = "these are tests, whoever compiles them")]

use crate::model::{
    Access, AccountId, App, AppKey, EntryId, Link, LinkId, LinkKey, NamespaceId, Referent, Timestamp,
};
use crate::store::{AccountStore, AddAccount, AddLink, LinkStore, NewAccount, NewLink};
use futures_util::future::join_all;
use std::collections::HashSet;
use std::future::Future;

/// Puts a store through every promise; `open` yields a new, empty one.
pub async fn suite<S, F>(open: impl Fn() -> F)
where
    S: LinkStore + AccountStore,
    F: Future<Output = S>,
{
    a_link_is_kept_as_it_came(&open().await).await;
    the_same_entry_has_the_same_link(&open().await).await;
    those_who_try_at_once_get_the_same(&open().await).await;
    what_has_expired_gives_way(&open().await).await;
    an_entry_that_had_the_number_before_is_another(&open().await).await;
    an_account_has_so_many_links_and_no_more(&open().await).await;
    expired_links_make_room(&open().await).await;
    links_are_listed_newest_first_and_page_by_page(&open().await).await;
    a_link_is_changed_and_ended_by_whose_it_is(&open().await).await;
    numbers_are_not_used_twice(&open().await).await;
}

const MANY: u64 = 1_000;

/// Two people and an app, whose links they are.
async fn people(store: &impl AccountStore) -> [AccountId; 2] {
    let app = App {
        key: AppKey("app".into()),
        secret: "s".into(),
        name: "App".into(),
        access: Access::Full,
        redirect_uris: vec![],
        webhook_uris: vec![],
        disabled: false,
        created: Timestamp(1),
    };
    store.add_app(&app).await.unwrap();
    let mut ids = [AccountId(0); 2];
    for (n, id) in ids.iter_mut().enumerate() {
        let new = NewAccount {
            email: format!("{n}@example.org"),
            name: "N".into(),
            password: None,
            quota: None,
            admin: false,
            created: Timestamp(1),
            first_only: false,
        };
        let AddAccount::Added(account) = store.add_account(new).await.unwrap() else { panic!("is new") };
        *id = account.id;
    }
    ids
}

fn new(account: AccountId, entry: u64, key: u64) -> NewLink {
    NewLink {
        key: LinkKey(format!("{key:015}")),
        account,
        referent: Referent { namespace: NamespaceId(u32::MAX), entry: EntryId(entry), born: Timestamp(-5) },
        app: AppKey("app".into()),
        created: Timestamp(1_700_000_000_123),
    }
}

async fn add(store: &impl LinkStore, link: NewLink) -> Link {
    match store.add_link(link, MANY).await.unwrap() {
        AddLink::Is(link) => link,
        AddLink::TooMany => panic!("there are few"),
    }
}

async fn a_link_is_kept_as_it_came(store: &(impl LinkStore + AccountStore)) {
    let [ann, _] = people(store).await;
    let asked = new(ann, (1 << 53) - 1, 7);
    assert_eq!(store.link(&asked.key).await.unwrap(), None);
    let link = add(store, asked.clone()).await;
    assert_eq!(link, asked.clone().numbered(link.id));
    assert_eq!(link.expires, None);
    assert_eq!(store.link(&asked.key).await.unwrap(), Some(link));
    assert_eq!(store.link(&LinkKey("000000000000008".into())).await.unwrap(), None);
}

async fn the_same_entry_has_the_same_link(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let link = add(store, new(ann, 1, 1)).await;
    assert_eq!(add(store, new(ann, 1, 2)).await, link);
    assert_eq!(store.link(&LinkKey("000000000000002".into())).await.unwrap(), None);
    let others = add(store, new(bob, 1, 3)).await;
    assert_ne!((others.id, &others.key), (link.id, &link.key), "another's link to it is another");
    let elsewhere = Referent { namespace: NamespaceId(3), ..link.referent };
    assert_ne!(add(store, NewLink { referent: elsewhere, ..new(ann, 1, 4) }).await.id, link.id);
}

async fn those_who_try_at_once_get_the_same(store: &(impl LinkStore + AccountStore)) {
    let [ann, _] = people(store).await;
    let links = join_all((0..16).map(|n| add(store, new(ann, 1, n)))).await;
    assert_eq!(links.iter().map(|link| link.id).collect::<HashSet<_>>().len(), 1);
    assert_eq!(store.links(ann, None, 100).await.unwrap(), links[..1]);
}

async fn what_has_expired_gives_way(store: &(impl LinkStore + AccountStore)) {
    let [ann, _] = people(store).await;
    let first = new(ann, 1, 1);
    let link = add(store, first.clone()).await;
    let expires = Timestamp(first.created.0 + 10);
    assert!(store.set_link_expiry(ann, link.id, Some(expires)).await.unwrap());
    let before = NewLink { created: Timestamp(expires.0 - 1), ..new(ann, 1, 2) };
    assert_eq!(add(store, before).await, Link { expires: Some(expires), ..link.clone() });
    let after = add(store, NewLink { created: expires, ..new(ann, 1, 3) }).await;
    assert_ne!(after.key, link.key, "who had the old one does not come in by the new one");
    assert_eq!(after.expires, None);
    assert_eq!(store.link(&link.key).await.unwrap(), None);
}

async fn an_entry_that_had_the_number_before_is_another(store: &(impl LinkStore + AccountStore)) {
    let [ann, _] = people(store).await;
    let link = add(store, new(ann, 1, 1)).await;
    let reborn = Referent { born: Timestamp(6), ..link.referent };
    let other = add(store, NewLink { referent: reborn, ..new(ann, 1, 2) }).await;
    assert_eq!((other.referent, other.key), (reborn, LinkKey("000000000000002".into())));
    assert_eq!(store.link(&link.key).await.unwrap(), None);
}

async fn an_account_has_so_many_links_and_no_more(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let tries = join_all((0..8).map(|n| store.add_link(new(ann, n, n), 5))).await;
    let added = tries.into_iter().filter(|tried| matches!(tried, Ok(AddLink::Is(_)))).count();
    assert_eq!(added, 5);
    assert_eq!(store.add_link(new(ann, 9, 9), 5).await.unwrap(), AddLink::TooMany);
    let there = store.links(ann, None, 1).await.unwrap().remove(0);
    let again = NewLink { referent: there.referent, ..new(ann, 0, 10) };
    assert_eq!(store.add_link(again, 5).await.unwrap(), AddLink::Is(there.clone()), "it is there already");
    assert!(matches!(store.add_link(new(bob, 1, 11), 5).await.unwrap(), AddLink::Is(_)));
    assert!(store.remove_link(ann, there.id).await.unwrap());
    assert!(matches!(store.add_link(new(ann, 9, 12), 5).await.unwrap(), AddLink::Is(_)));
}

async fn expired_links_make_room(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let now = new(ann, 1, 1).created;
    let mut links = Vec::new();
    for (n, expires) in [(0, None), (1, Some(0)), (2, Some(-1)), (3, Some(-2)), (4, Some(1))] {
        let link = add(store, new(ann, n, n)).await;
        let expires = expires.map(|millis| Timestamp(now.0 + millis));
        assert!(store.set_link_expiry(ann, link.id, expires).await.unwrap());
        links.push(link);
    }
    let bobs = add(store, new(bob, 1, 99)).await;
    store.set_link_expiry(bob, bobs.id, Some(Timestamp(0))).await.unwrap();
    let is_kept = async |n: usize| store.link(&links[n].key).await.unwrap().is_some();
    for (n, gone) in [(10, 3), (11, 2), (12, 1)] {
        assert!(is_kept(gone).await, "nothing is forgotten before there is need of its place");
        assert!(matches!(store.add_link(new(ann, n, n), 5).await.unwrap(), AddLink::Is(_)));
        assert!(!is_kept(gone).await, "{gone} expired first");
    }
    assert_eq!(store.add_link(new(ann, 13, 13), 5).await.unwrap(), AddLink::TooMany);
    assert!(is_kept(0).await && is_kept(4).await);
    assert!(store.link(&bobs.key).await.unwrap().is_some(), "another's take no place of hers");
}

async fn links_are_listed_newest_first_and_page_by_page(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let mut made = Vec::new();
    for n in 0..5 {
        made.insert(0, add(store, new(ann, n, n)).await);
        add(store, new(bob, n, 100 + n)).await;
    }
    assert_eq!(store.links(ann, None, 100).await.unwrap(), made);
    assert_eq!(store.links(ann, None, 2).await.unwrap(), made[..2]);
    assert_eq!(store.links(ann, Some(made[1].id), 2).await.unwrap(), made[2..4]);
    assert_eq!(store.links(ann, Some(made[4].id), 2).await.unwrap(), []);
    store.remove_link(ann, made[1].id).await.unwrap();
    assert_eq!(store.links(ann, Some(made[1].id), 1).await.unwrap(), made[2..3], "that one may be gone");
}

async fn a_link_is_changed_and_ended_by_whose_it_is(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let link = add(store, new(ann, 1, 1)).await;
    assert!(!store.set_link_expiry(bob, link.id, Some(Timestamp(0))).await.unwrap());
    assert!(!store.remove_link(bob, link.id).await.unwrap());
    assert_eq!(store.link(&link.key).await.unwrap(), Some(link.clone()));
    for expires in [Some(Timestamp(-1)), Some(Timestamp(i64::MAX)), None] {
        assert!(store.set_link_expiry(ann, link.id, expires).await.unwrap());
        assert_eq!(store.link(&link.key).await.unwrap().unwrap().expires, expires);
    }
    assert!(store.remove_link(ann, link.id).await.unwrap());
    assert_eq!(store.link(&link.key).await.unwrap(), None);
    assert!(!store.remove_link(ann, link.id).await.unwrap());
    assert!(!store.set_link_expiry(ann, link.id, None).await.unwrap());
    assert!(!store.remove_link(ann, LinkId(u64::MAX)).await.unwrap());
}

async fn numbers_are_not_used_twice(store: &(impl LinkStore + AccountStore)) {
    let [ann, _] = people(store).await;
    let first = add(store, new(ann, 1, 1)).await;
    store.remove_link(ann, first.id).await.unwrap();
    assert!(add(store, new(ann, 1, 2)).await.id > first.id);
}
