//! What [`FamilyStore`](crate::store::FamilyStore) promises, and what [`GrantStore`] promises about grants that end by themselves.

#![allow(clippy::unwrap_used, reason = "these are tests, whoever compiles them")]

use super::accounts::{added, app, secret};
use crate::model::{
    AccountId, App, AppKey, Challenge, Family, FamilyId, Given, Grant, GrantId, Lifetime, Pair, Proof,
    Ticket, TicketKind, Timestamp,
};
use crate::store::{AccountStore, GrantStore, NewFamily, NewGrant, NewPair};
use futures_util::future::join_all;
use std::future::Future;

/// Puts a store through every promise; `open` yields a new, empty one.
pub async fn suite<S, F>(open: impl Fn() -> F)
where
    S: AccountStore + GrantStore,
    F: Future<Output = S>,
{
    an_expiry_is_kept_and_does_nothing_by_itself(&open().await).await;
    a_code_gives_one_family_to_one_of_those_who_try(&open().await).await;
    only_a_code_gives_a_family(&open().await).await;
    renewing_puts_the_next_pair_in_and_keeps_the_former(&open().await).await;
    renewing_again_from_the_former_ends_the_pair_between(&open().await).await;
    one_of_those_who_renew_succeeds(&open().await).await;
    a_family_that_is_not_as_it_was_is_not_renewed(&open().await).await;
    the_first_use_of_the_current_token_ends_the_former_pair(&open().await).await;
    a_family_ends_with_all_its_grants(&open().await).await;
    revoking_one_grant_ends_its_family(&open().await).await;
    unlinking_ends_families(&open().await).await;
    families_end_with_their_app(&open().await).await;
    what_expired_is_swept(&open().await).await;
}

async fn linked(store: &impl AccountStore) -> (AccountId, App) {
    let (ann, app) = (added(store, "ann@example.org").await.id, app("a"));
    store.add_app(&app).await.unwrap();
    (ann, app)
}

fn code(account: AccountId, app: &AppKey) -> TicketKind {
    TicketKind::Code {
        account,
        app: app.clone(),
        redirect_uri: None,
        challenge: Some(Challenge::Plain("verifier".into())),
        lifetime: Lifetime::Renewed,
    }
}

/// The access token `n`, good for `n` ms, and the refresh token `n + 1`, good for ten times that.
fn pair(n: u8) -> NewPair {
    NewPair {
        token: secret(n),
        token_expires: Timestamp(n.into()),
        refresh: secret(n + 1),
        refresh_expires: Timestamp(i64::from(n) * 10),
    }
}

/// A family whose handle is `n` and whose first pair is `n + 1`.
fn family(n: u8, account: AccountId, app: &AppKey) -> NewFamily {
    let handle = secret(n);
    NewFamily { handle, account, app: app.clone(), created: Timestamp(7), first: pair(n + 1) }
}

/// Begins the family `n` with a code of its own.
async fn begun(store: &impl GrantStore, n: u8, account: AccountId, app: &AppKey) -> (Family, Grant) {
    let ticket = Ticket { secret: secret(n), expires: Timestamp(9), kind: code(account, app) };
    store.save_ticket(&ticket).await.unwrap();
    let grant = store.begin_family(secret(n), family(n, account, app)).await.unwrap().unwrap();
    (read(store, n).await, grant)
}

async fn read(store: &impl GrantStore, n: u8) -> Family {
    store.family(secret(n)).await.unwrap().unwrap()
}

/// What the token `n` carries.
async fn carried(store: &impl GrantStore, n: u8) -> Option<Grant> {
    store.grant(secret(n)).await.unwrap().map(|(grant, ..)| grant)
}

async fn an_expiry_is_kept_and_does_nothing_by_itself(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    let new = NewGrant {
        account: ann,
        app: app.key.clone(),
        proof: Proof::Bearer,
        token: secret(1),
        created: Timestamp(5),
        expires: Some(Timestamp(6)),
    };
    let grant = store.add_grant(new.clone()).await.unwrap();
    assert_eq!((grant.expires, grant.family, grant.unsettled), (Some(Timestamp(6)), None, false));
    assert_eq!(carried(store, 1).await.as_ref(), Some(&grant));
    assert!(store.settle(grant.id).await.unwrap(), "there is nothing to note, but the grant");
    let lasting = store.add_grant(NewGrant { token: secret(2), expires: None, ..new }).await.unwrap();
    assert_eq!(store.grants(ann).await.unwrap(), [lasting, grant]);
}

async fn a_code_gives_one_family_to_one_of_those_who_try(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    let ticket = Ticket { secret: secret(200), expires: Timestamp(9), kind: code(ann, &app.key) };
    store.save_ticket(&ticket).await.unwrap();
    let begin = |n: u8| store.begin_family(secret(200), family(n * 10, ann, &app.key));
    let tries = join_all((1..9).map(begin)).await;
    let given: Vec<Grant> = tries.into_iter().filter_map(Result::unwrap).collect();
    let [grant] = given.as_slice() else { panic!("{given:?}") };
    let mut found = Vec::new();
    for n in 1..9 {
        found.extend(store.family(secret(n * 10)).await.unwrap().map(|family| (n * 10, family)));
    }
    let [(n, family)] = found.as_slice() else { panic!("the others left something behind: {found:?}") };
    let current =
        Pair { grant: grant.id, refresh: secret(n + 2), expires: Timestamp((i64::from(*n) + 1) * 10) };
    let expected = Family {
        id: family.id,
        account: ann,
        app: app.key.clone(),
        created: Timestamp(7),
        current,
        former: None,
    };
    assert_eq!(*family, expected);
    let expected = Grant {
        id: grant.id,
        account: ann,
        app: app.key.clone(),
        token: secret(n + 1),
        proof: Proof::Bearer,
        created: Timestamp(7),
        expires: Some(Timestamp(i64::from(*n) + 1)),
        family: Some(family.id),
        unsettled: false,
    };
    assert_eq!(*grant, expected);
    assert_eq!(carried(store, n + 1).await.as_ref(), Some(grant));
    assert_eq!(store.grants(ann).await.unwrap(), std::slice::from_ref(grant));
    let challenge = Some(Challenge::Plain("verifier".into()));
    let kind = TicketKind::SpentCode { gave: Given::Family(family.id), app: app.key, challenge };
    assert_eq!(store.ticket(secret(200)).await.unwrap(), Some(Ticket { kind, ..ticket }));
}

async fn only_a_code_gives_a_family(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    let spent =
        TicketKind::SpentCode { gave: Given::Family(FamilyId(1)), app: app.key.clone(), challenge: None };
    for (n, kind) in (10..).zip([TicketKind::Setup, spent]) {
        store.save_ticket(&Ticket { secret: secret(n), expires: Timestamp(9), kind }).await.unwrap();
        assert_eq!(store.begin_family(secret(n), family(50, ann, &app.key)).await.unwrap(), None);
    }
    assert_eq!(store.begin_family(secret(77), family(50, ann, &app.key)).await.unwrap(), None);
    assert_eq!(store.family(secret(50)).await.unwrap(), None);
    assert_eq!(store.grants(ann).await.unwrap(), []);
}

async fn renewing_puts_the_next_pair_in_and_keeps_the_former(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    let (first, grant) = begun(store, 10, ann, &app.key).await;
    let other = begun(store, 100, ann, &app.key).await;
    let second = store.renew_family(&first, &first.current, pair(21)).await.unwrap().unwrap();
    assert_eq!((second.family, second.expires), (Some(first.id), Some(Timestamp(21))));
    assert_eq!((second.created, second.unsettled), (Timestamp(7), true), "as old as the permission");
    assert_eq!(carried(store, 21).await.as_ref(), Some(&second));
    assert_eq!(carried(store, 11).await.as_ref(), Some(&grant), "requests are on their way with it");
    let current = Pair { grant: second.id, refresh: secret(22), expires: Timestamp(210) };
    let renewed = Family { current, former: Some(first.current), ..first };
    assert_eq!(read(store, 10).await, renewed);

    let third = store.renew_family(&renewed, &renewed.current, pair(31)).await.unwrap().unwrap();
    assert_eq!(carried(store, 11).await, None);
    assert!(!carried(store, 21).await.unwrap().unsettled, "another one is the current now");
    assert_eq!(read(store, 10).await.former, Some(renewed.current));
    let settled = Grant { unsettled: false, ..second };
    assert_eq!(store.grants(ann).await.unwrap(), [third, settled, other.1], "the other is left alone");
}

async fn renewing_again_from_the_former_ends_the_pair_between(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    let (first, _) = begun(store, 10, ann, &app.key).await;
    let lost = store.renew_family(&first, &first.current, pair(21)).await.unwrap().unwrap();
    let then = read(store, 10).await;
    let second = store.renew_family(&then, &then.former.unwrap(), pair(31)).await.unwrap().unwrap();
    assert_eq!(carried(store, 21).await, None);
    assert!(!store.settle(lost.id).await.unwrap());
    assert!(carried(store, 11).await.is_some());
    let now = read(store, 10).await;
    assert_eq!((now.current.grant, now.former), (second.id, Some(first.current)));
    assert!(second.unsettled);
}

async fn one_of_those_who_renew_succeeds(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    let (first, _) = begun(store, 10, ann, &app.key).await;
    let renew = |n: u8| store.renew_family(&first, &first.current, pair(20 + n * 2));
    let tries = join_all((1..9).map(renew)).await;
    assert_eq!(tries.into_iter().filter(|renewed| renewed.as_ref().unwrap().is_some()).count(), 1);
    assert_eq!(store.grants(ann).await.unwrap().len(), 2, "the others left nothing behind");
}

async fn a_family_that_is_not_as_it_was_is_not_renewed(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    let (first, _) = begun(store, 10, ann, &app.key).await;
    let second = store.renew_family(&first, &first.current, pair(21)).await.unwrap().unwrap();
    assert_eq!(store.renew_family(&first, &first.current, pair(31)).await.unwrap(), None);
    let then = read(store, 10).await;
    store.settle(second.id).await.unwrap();
    assert_eq!(
        store.renew_family(&then, &then.former.unwrap(), pair(31)).await.unwrap(),
        None,
        "it was used"
    );
    store.end_family(first.id).await.unwrap();
    let now = Family { former: None, ..then };
    assert_eq!(store.renew_family(&now, &now.current, pair(31)).await.unwrap(), None, "it has ended");
    assert_eq!(store.grants(ann).await.unwrap(), []);
}

async fn the_first_use_of_the_current_token_ends_the_former_pair(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    let (first, grant) = begun(store, 10, ann, &app.key).await;
    assert!(store.settle(grant.id).await.unwrap());
    assert_eq!(read(store, 10).await, first, "there was no other");
    let second = store.renew_family(&first, &first.current, pair(21)).await.unwrap().unwrap();
    assert!(store.settle(grant.id).await.unwrap());
    assert!(read(store, 10).await.former.is_some(), "that was the former's own token");
    for _ in 0..2 {
        assert!(store.settle(second.id).await.unwrap());
        assert_eq!(read(store, 10).await.former, None);
        assert!(!carried(store, 21).await.unwrap().unsettled);
    }
    assert!(carried(store, 11).await.is_some(), "requests are on their way with it");
    assert!(!store.settle(GrantId(99)).await.unwrap());
}

async fn a_family_ends_with_all_its_grants(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    let (first, _) = begun(store, 10, ann, &app.key).await;
    let (other, left) = begun(store, 100, ann, &app.key).await;
    assert_ne!(first.id, other.id);
    store.renew_family(&first, &first.current, pair(21)).await.unwrap().unwrap();
    assert!(carried(store, 21).await.is_some());
    assert!(store.end_family(first.id).await.unwrap());
    assert!(!store.end_family(first.id).await.unwrap());
    assert_eq!((carried(store, 11).await, carried(store, 21).await), (None, None));
    assert_eq!(store.family(secret(10)).await.unwrap(), None);
    assert_eq!(store.grants(ann).await.unwrap(), [left]);
    let (next, _) = begun(store, 10, ann, &app.key).await;
    assert!(next.id != first.id && next.id != other.id, "numbers are not used twice");
}

async fn revoking_one_grant_ends_its_family(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    for which in [11, 21] {
        let (first, _) = begun(store, 10, ann, &app.key).await;
        store.renew_family(&first, &first.current, pair(21)).await.unwrap().unwrap();
        let id = carried(store, which).await.unwrap().id;
        assert!(store.revoke_grant(id).await.unwrap());
        assert!(!store.revoke_grant(id).await.unwrap());
        assert_eq!(store.family(secret(10)).await.unwrap(), None);
        assert_eq!(store.grants(ann).await.unwrap(), []);
    }
}

async fn unlinking_ends_families(store: &(impl AccountStore + GrantStore)) {
    let (ann, one) = linked(store).await;
    let (bob, two) = (added(store, "bob@example.org").await.id, app("b"));
    store.add_app(&two).await.unwrap();
    for (n, account, app) in [(10, ann, &one), (50, ann, &two), (90, bob, &one)] {
        begun(store, n, account, &app.key).await;
    }
    assert_eq!(store.unlink(ann, &one.key).await.unwrap(), 1);
    for (n, there) in [(10, false), (50, true), (90, true)] {
        assert_eq!(store.family(secret(n)).await.unwrap().is_some(), there, "{n}");
        assert_eq!(carried(store, n + 1).await.is_some(), there, "{n}");
    }
}

async fn families_end_with_their_app(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    begun(store, 10, ann, &app.key).await;
    assert!(store.delete_app(&app.key).await.unwrap());
    assert_eq!((store.family(secret(10)).await.unwrap(), carried(store, 11).await), (None, None));
    assert_eq!(store.grants(ann).await.unwrap(), []);
}

async fn what_expired_is_swept(store: &(impl AccountStore + GrantStore)) {
    let (ann, app) = linked(store).await;
    for (n, expires) in [(1, None), (2, Some(100)), (3, Some(101))] {
        let new = NewGrant {
            account: ann,
            app: app.key.clone(),
            proof: Proof::Bearer,
            token: secret(n),
            created: Timestamp(5),
            expires: expires.map(Timestamp),
        };
        store.add_grant(new).await.unwrap();
    }
    // Its refresh tokens expire at 110 and 210, its access tokens at 11 and 21.
    let (first, _) = begun(store, 10, ann, &app.key).await;
    store.renew_family(&first, &first.current, pair(21)).await.unwrap().unwrap();
    assert_eq!(
        store.sweep_grants(Timestamp(99)).await.unwrap(),
        0,
        "an expired token's family may be renewed"
    );
    assert_eq!(store.sweep_grants(Timestamp(100)).await.unwrap(), 1);
    assert_eq!((carried(store, 2).await, carried(store, 3).await.is_some()), (None, true));
    assert_eq!(store.sweep_grants(Timestamp(209)).await.unwrap(), 1);
    assert!(store.family(secret(10)).await.unwrap().is_some());
    assert_eq!(store.sweep_grants(Timestamp(210)).await.unwrap(), 2);
    assert_eq!(store.family(secret(10)).await.unwrap(), None);
    assert_eq!(store.grants(ann).await.unwrap().len(), 1, "the lasting one");
}
