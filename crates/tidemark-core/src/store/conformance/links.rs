//! What [`LinkStore`] promises.

#![allow(clippy::unwrap_used, reason = "these are tests, whoever compiles them")]

use crate::model::{
    Access, AccountId, App, AppKey, Audience, EntryId, Link, LinkAddress, LinkId, LinkKey, LinkRules,
    NamespaceId, PasswordHash, Referent, Timestamp, Vanity, Visits,
};
use crate::store::{AccountStore, AddAccount, AddLink, LinkStore, NewAccount, NewLink, SetRules};
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
    rules_give_way_to_those_who_know_them(&open().await).await;
    a_chosen_name_is_one_links(&open().await).await;
    a_taken_name_makes_nothing_give_way(&open().await).await;
    links_are_found_by_what_they_show(&open().await).await;
    visits_are_added_up(&open().await).await;
    numbers_are_not_used_twice(&open().await).await;
    a_link_outlives_the_app_that_made_it(&open().await).await;
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
        paused: false,
        created: Timestamp(1),
        owner: None,
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
        rules: LinkRules::default(),
    }
}

/// The link to be had for this one, made now or before.
async fn add(store: &impl LinkStore, link: NewLink) -> Link {
    match store.add_link(link, MANY).await.unwrap() {
        AddLink::Made(link) | AddLink::Is(link) => link,
        AddLink::TooMany | AddLink::VanityTaken => panic!("there are few, without names"),
    }
}

async fn by_key(store: &impl LinkStore, key: &LinkKey) -> Option<Link> {
    store.link(&LinkAddress::Key(key.clone())).await.unwrap()
}

async fn by_name(store: &impl LinkStore, name: &str) -> Option<Link> {
    store.link(&LinkAddress::Vanity(Vanity::parse(name).unwrap())).await.unwrap()
}

/// Changes when a link ends; answers whether there is such a link.
async fn expire(store: &impl LinkStore, link: &Link, expires: Option<Timestamp>) {
    let now = by_key(store, &link.key).await.unwrap();
    let after = LinkRules { expires, ..now.rules.clone() };
    let set = store.set_link_rules(now.account, now.id, &now.rules, &after).await.unwrap();
    assert_eq!(set, SetRules::Set(Link { rules: after, ..now }));
}

fn named(name: &str) -> LinkRules {
    LinkRules { vanity: Some(Vanity::parse(name).unwrap()), ..LinkRules::default() }
}

async fn a_link_is_kept_as_it_came(store: &(impl LinkStore + AccountStore)) {
    let [ann, _] = people(store).await;
    let asked = new(ann, (1 << 53) - 1, 7);
    assert_eq!(by_key(store, &asked.key).await, None);
    let link = add(store, asked.clone()).await;
    assert_eq!(link, asked.clone().numbered(link.id));
    assert_eq!((&link.rules, link.visits), (&LinkRules::default(), Visits::default()));
    assert_eq!(by_key(store, &asked.key).await, Some(link));
    assert_eq!(by_key(store, &LinkKey("000000000000008".into())).await, None);
}

async fn the_same_entry_has_the_same_link(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let link = add(store, new(ann, 1, 1)).await;
    assert_eq!(add(store, new(ann, 1, 2)).await, link);
    assert_eq!(by_key(store, &LinkKey("000000000000002".into())).await, None);
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
    expire(store, &link, Some(expires)).await;
    let before = NewLink { created: Timestamp(expires.0 - 1), ..new(ann, 1, 2) };
    let rules = LinkRules { expires: Some(expires), ..LinkRules::default() };
    assert_eq!(add(store, before).await, Link { rules, ..link.clone() });
    let after = add(store, NewLink { created: expires, ..new(ann, 1, 3) }).await;
    assert_ne!(after.key, link.key, "who had the old one does not come in by the new one");
    assert_eq!(after.rules.expires, None);
    assert_eq!(by_key(store, &link.key).await, None);
}

async fn an_entry_that_had_the_number_before_is_another(store: &(impl LinkStore + AccountStore)) {
    let [ann, _] = people(store).await;
    let link = add(store, new(ann, 1, 1)).await;
    let reborn = Referent { born: Timestamp(6), ..link.referent };
    let other = add(store, NewLink { referent: reborn, ..new(ann, 1, 2) }).await;
    assert_eq!((other.referent, other.key), (reborn, LinkKey("000000000000002".into())));
    assert_eq!(by_key(store, &link.key).await, None);
}

async fn an_account_has_so_many_links_and_no_more(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let tries = join_all((0..8).map(|n| store.add_link(new(ann, n, n), 5))).await;
    let added = tries.into_iter().filter(|tried| matches!(tried, Ok(AddLink::Made(_)))).count();
    assert_eq!(added, 5);
    assert_eq!(store.add_link(new(ann, 9, 9), 5).await.unwrap(), AddLink::TooMany);
    let there = store.links(ann, None, 1).await.unwrap().remove(0);
    let again = NewLink { referent: there.referent, ..new(ann, 0, 10) };
    assert_eq!(store.add_link(again, 5).await.unwrap(), AddLink::Is(there.clone()), "it is there already");
    assert!(matches!(store.add_link(new(bob, 1, 11), 5).await.unwrap(), AddLink::Made(_)));
    assert_eq!(store.remove_link(ann, there.id).await.unwrap(), Some(there));
    assert!(matches!(store.add_link(new(ann, 9, 12), 5).await.unwrap(), AddLink::Made(_)));
}

async fn expired_links_make_room(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let now = new(ann, 1, 1).created;
    let mut links = Vec::new();
    for (n, expires) in [(0, None), (1, Some(0)), (2, Some(-1)), (3, Some(-2)), (4, Some(1))] {
        let link = add(store, new(ann, n, n)).await;
        let expires = expires.map(|millis| Timestamp(now.0 + millis));
        expire(store, &link, expires).await;
        links.push(link);
    }
    let bobs = add(store, new(bob, 1, 99)).await;
    expire(store, &bobs, Some(Timestamp(0))).await;
    let is_kept = async |n: usize| by_key(store, &links[n].key).await.is_some();
    for (n, gone) in [(10, 3), (11, 2), (12, 1)] {
        assert!(is_kept(gone).await, "nothing is forgotten before there is need of its place");
        assert!(matches!(store.add_link(new(ann, n, n), 5).await.unwrap(), AddLink::Made(_)));
        assert!(!is_kept(gone).await, "{gone} expired first");
    }
    assert_eq!(store.add_link(new(ann, 13, 13), 5).await.unwrap(), AddLink::TooMany);
    assert!(is_kept(0).await && is_kept(4).await);
    assert!(by_key(store, &bobs.key).await.is_some(), "another's take no place of hers");
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
    let ended = LinkRules { expires: Some(Timestamp(0)), ..link.rules.clone() };
    assert_eq!(store.set_link_rules(bob, link.id, &link.rules, &ended).await.unwrap(), SetRules::Stale);
    assert_eq!(store.remove_link(bob, link.id).await.unwrap(), None);
    assert_eq!(by_key(store, &link.key).await, Some(link.clone()));
    for expires in [Some(Timestamp(-1)), Some(Timestamp(i64::MAX)), None] {
        expire(store, &link, expires).await;
        assert_eq!(by_key(store, &link.key).await.unwrap().rules.expires, expires);
    }
    assert_eq!(store.remove_link(ann, link.id).await.unwrap(), Some(link.clone()));
    assert_eq!(by_key(store, &link.key).await, None);
    assert_eq!(store.remove_link(ann, link.id).await.unwrap(), None);
    assert_eq!(store.set_link_rules(ann, link.id, &link.rules, &ended).await.unwrap(), SetRules::Stale);
    assert_eq!(store.remove_link(ann, LinkId(u64::MAX)).await.unwrap(), None);
}

async fn rules_give_way_to_those_who_know_them(store: &(impl LinkStore + AccountStore)) {
    let [ann, _] = people(store).await;
    let password = |text: &str| Some(PasswordHash(text.to_owned()));
    let first = LinkRules {
        audience: Audience::Everybody,
        password: password("$argon2id$1"),
        expires: Some(Timestamp(1_800_000_000_000)),
        can_download: false,
        vanity: Vanity::parse("Summer_2024"),
    };
    let link = add(store, NewLink { rules: first.clone(), ..new(ann, 1, 1) }).await;
    assert_eq!(by_key(store, &link.key).await.unwrap().rules, first);
    assert_eq!(add(store, new(ann, 1, 2)).await, link, "it is there, under rules of its own");
    let others = [
        LinkRules { password: password("$argon2id$2"), ..first.clone() },
        LinkRules { password: None, audience: Audience::Members, ..first.clone() },
        LinkRules { password: None, audience: Audience::Owner, ..first.clone() },
        LinkRules { expires: None, ..first.clone() },
        LinkRules { can_download: true, ..first.clone() },
        LinkRules { vanity: None, ..first.clone() },
        LinkRules::default(),
    ];
    let mut now = first;
    for next in others {
        let stale = store.set_link_rules(ann, link.id, &next, &LinkRules::default()).await.unwrap();
        assert_eq!(stale, SetRules::Stale, "{next:?}");
        let set = store.set_link_rules(ann, link.id, &now, &next).await.unwrap();
        assert_eq!(set, SetRules::Set(Link { rules: next.clone(), ..link.clone() }));
        assert_eq!(by_key(store, &link.key).await.unwrap().rules, next);
        now = next;
    }
    let of = |n: u64| LinkRules { expires: Some(Timestamp(n.cast_signed())), ..LinkRules::default() };
    let rules: Vec<LinkRules> = (1..9).map(of).collect();
    let tries = rules.iter().map(|after| store.set_link_rules(ann, link.id, &now, after));
    let tried = join_all(tries).await;
    let set = tried.into_iter().filter(|tried| matches!(tried, Ok(SetRules::Set(_)))).count();
    assert_eq!(set, 1, "of all who knew the same rules");
}

async fn a_chosen_name_is_one_links(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let link = add(store, NewLink { rules: named("Summer"), ..new(ann, 1, 1) }).await;
    assert_eq!(by_name(store, "sUMMER").await, Some(link.clone()));
    assert_eq!(
        by_name(store, "sUMMER").await.unwrap().rules.vanity.unwrap().as_str(),
        "Summer",
        "as it was chosen"
    );
    assert_eq!(by_name(store, "summer-").await, None);
    for whose in [ann, bob] {
        let taken = NewLink { rules: named("summer"), ..new(whose, 2, 2) };
        assert_eq!(store.add_link(taken, MANY).await.unwrap(), AddLink::VanityTaken);
    }
    let other = add(store, new(bob, 2, 2)).await;
    let set = async |link: &Link, name: &str| {
        let now = by_key(store, &link.key).await.unwrap().rules;
        store.set_link_rules(link.account, link.id, &now, &named(name)).await.unwrap()
    };
    assert_eq!(set(&other, "SUMMER").await, SetRules::VanityTaken);
    assert_eq!(by_key(store, &other.key).await, Some(other.clone()));
    assert!(matches!(set(&link, "SUMMER").await, SetRules::Set(_)), "its own, spelled otherwise");
    assert_eq!(by_name(store, "summer").await.unwrap().rules.vanity.unwrap().as_str(), "SUMMER");
    assert!(matches!(set(&link, "winter").await, SetRules::Set(_)));
    assert!(matches!(set(&other, "summer").await, SetRules::Set(_)), "it is free again");
    assert_eq!(by_name(store, "summer").await.unwrap().id, other.id);
    store.remove_link(bob, other.id).await.unwrap();
    assert_eq!(by_name(store, "summer").await, None);
    assert!(matches!(set(&link, "summer").await, SetRules::Set(_)));
    let key = LinkKey("000000000000001".into());
    assert_eq!(by_name(store, &key.0).await, None, "a key is no name");
}

async fn a_taken_name_makes_nothing_give_way(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let expired = add(store, NewLink { rules: named("mine"), ..new(ann, 1, 1) }).await;
    add(store, NewLink { rules: named("bobs"), ..new(bob, 1, 2) }).await;
    expire(store, &expired, Some(Timestamp(0))).await;
    let again = |entry, name| NewLink { rules: named(name), ..new(ann, entry, 3) };
    assert_eq!(store.add_link(again(1, "bobs"), 1).await.unwrap(), AddLink::VanityTaken);
    assert_eq!(store.add_link(again(2, "mine"), 1).await.unwrap(), AddLink::VanityTaken, "while it is kept");
    assert!(by_key(store, &expired.key).await.is_some());
    assert!(
        matches!(store.add_link(again(1, "mine"), 1).await.unwrap(), AddLink::Made(_)),
        "it gave way to this one"
    );
    assert_eq!(by_key(store, &expired.key).await, None);
}

async fn links_are_found_by_what_they_show(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let here = NamespaceId(u32::MAX);
    let found = async |whose, namespace, entries: &[u64]| {
        let entries: Vec<EntryId> = entries.iter().copied().map(EntryId).collect();
        let mut links = store.links_to(whose, namespace, &entries).await.unwrap();
        links.sort_by_key(|link| link.id);
        links
    };
    assert_eq!(found(ann, here, &[1, 2, 3]).await, []);
    let mut links = Vec::new();
    for entry in [1, 2, 4, (1 << 53) - 1] {
        links.push(add(store, new(ann, entry, entry)).await);
    }
    let bobs = add(store, new(bob, 3, 33)).await;
    expire(store, &links[1], Some(Timestamp(0))).await;
    links[1].rules.expires = Some(Timestamp(0));
    let many: Vec<u64> = (2..2_000).chain([(1 << 53) - 1]).collect();
    assert_eq!(found(ann, here, &many).await, links[1..]);
    assert_eq!(found(ann, here, &[]).await, []);
    assert_eq!(found(ann, here, &[3, 5]).await, []);
    assert_eq!(found(ann, NamespaceId(1), &[1, 2, 3, 4]).await, []);
    assert_eq!(found(bob, here, &[1, 2, 3, 4]).await, [bobs]);
}

async fn visits_are_added_up(store: &(impl LinkStore + AccountStore)) {
    let [ann, bob] = people(store).await;
    let (one, two) = (add(store, new(ann, 1, 1)).await, add(store, new(bob, 1, 2)).await);
    let visits = |downloads, previews| Visits { downloads, previews };
    store
        .add_visits(&[(one.id, visits(3, 0)), (LinkId(999), visits(7, 7)), (two.id, visits(0, 5))])
        .await
        .unwrap();
    store.add_visits(&[(one.id, visits(1, 2))]).await.unwrap();
    store.add_visits(&[]).await.unwrap();
    assert_eq!(by_key(store, &one.key).await.unwrap().visits, visits(4, 2));
    expire(store, &two, Some(Timestamp(5))).await;
    assert_eq!(by_key(store, &two.key).await.unwrap().visits, visits(0, 5), "rules do not change it");
    assert_eq!(store.remove_link(ann, one.id).await.unwrap().unwrap().visits, visits(4, 2));
}

async fn numbers_are_not_used_twice(store: &(impl LinkStore + AccountStore)) {
    let [ann, _] = people(store).await;
    let first = add(store, new(ann, 1, 1)).await;
    store.remove_link(ann, first.id).await.unwrap();
    assert!(add(store, new(ann, 1, 2)).await.id > first.id);
}

async fn a_link_outlives_the_app_that_made_it(store: &(impl LinkStore + AccountStore)) {
    let [ann, _] = people(store).await;
    let link = add(store, new(ann, 1, 1)).await;
    assert!(store.delete_app(&link.app).await.unwrap());
    assert_eq!(by_key(store, &link.key).await, Some(link));
}
