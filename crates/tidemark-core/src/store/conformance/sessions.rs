//! What [`SessionStore`](crate::store::SessionStore) and [`UseStore`](crate::store::UseStore) promise.

#![allow(clippy::unwrap_used, reason = "these are tests, whoever compiles them")]

use super::accounts::{added, allowed, code_of, left, linked, secret};
use crate::model::{
    AccountId, AppKey, Given, GrantId, Proof, RequestState, Session, SessionId, Ticket, TicketKind, Timestamp,
};
use crate::store::{AccountStore, GrantStore, LastUses, NewGrant, NewSession};
use futures_util::future::join_all;
use std::collections::HashSet;
use std::future::Future;

/// Puts a store through every promise; `open` yields a new, empty one.
pub async fn suite<S, F>(open: impl Fn() -> F)
where
    S: AccountStore + GrantStore,
    F: Future<Output = S>,
{
    sessions_are_kept_as_they_came(&open().await).await;
    a_session_is_ended_once_and_by_whose_it_is(&open().await).await;
    sessions_end_by_account(&open().await).await;
    expired_sessions_are_swept(&open().await).await;
    the_last_use_is_told(&open().await).await;
    an_accounts_last_use_outlives_what_was_used(&open().await).await;
}

fn new(account: AccountId, n: u8) -> NewSession {
    NewSession {
        secret: secret(n),
        account,
        created: Timestamp(i64::from(n)),
        expires: Timestamp(1_700_000_000_000 + i64::from(n)),
        browser: format!("Füchschen {n}"),
        address: "2001:db8::/64".into(),
    }
}

async fn opened(store: &impl GrantStore, account: AccountId, n: u8) -> Session {
    store.add_session(new(account, n)).await.unwrap()
}

async fn sessions_are_kept_as_they_came(store: &(impl AccountStore + GrantStore)) {
    let [ann, bob] = [added(store, "ann@example.org").await.id, added(store, "bob@example.org").await.id];
    let first = opened(store, ann, 1).await;
    let expected = Session {
        id: first.id,
        secret: secret(1),
        account: ann,
        created: Timestamp(1),
        expires: Timestamp(1_700_000_000_001),
        seen: Timestamp(1),
        browser: "Füchschen 1".into(),
        address: "2001:db8::/64".into(),
    };
    assert_eq!(first, expected);
    let of_bob = opened(store, bob, 2).await;
    let second = opened(store, ann, 3).await;
    assert_eq!(store.session(secret(1)).await.unwrap().as_ref(), Some(&first));
    assert_eq!(store.session(secret(9)).await.unwrap(), None);
    assert_eq!(store.ticket(secret(1)).await.unwrap(), None, "a session is no ticket");
    assert_eq!(store.sessions(ann).await.unwrap(), [second.clone(), first]);
    assert_eq!(store.sessions(bob).await.unwrap(), [of_bob]);
    assert_eq!(store.sessions(AccountId(99)).await.unwrap(), []);
    store.end_session(ann, second.id).await.unwrap();
    assert!(opened(store, ann, 4).await.id > second.id, "numbers are not used twice");
}

async fn a_session_is_ended_once_and_by_whose_it_is(store: &(impl AccountStore + GrantStore)) {
    let [ann, bob] = [added(store, "ann@example.org").await.id, added(store, "bob@example.org").await.id];
    let (one, other) = (opened(store, ann, 1).await, opened(store, ann, 2).await);
    assert_eq!(store.end_session(bob, one.id).await.unwrap(), None, "not theirs");
    assert_eq!(store.end_session(ann, SessionId(99)).await.unwrap(), None);
    let tries = join_all((0..8).map(|_| store.end_session(ann, one.id))).await;
    assert_eq!(tries.into_iter().filter_map(Result::unwrap).collect::<Vec<_>>(), [one]);
    assert_eq!(store.session(secret(1)).await.unwrap(), None);
    assert_eq!(store.sessions(ann).await.unwrap(), [other]);
}

async fn sessions_end_by_account(store: &(impl AccountStore + GrantStore)) {
    let [ann, bob] = [added(store, "ann@example.org").await.id, added(store, "bob@example.org").await.id];
    let begin = async || {
        for (n, kind) in [
            (
                4,
                TicketKind::SpentCode {
                    gave: Given::Grant(GrantId(ann.0)),
                    app: AppKey("key1".into()),
                    challenge: None,
                },
            ),
            (5, code_of(ann, "key1")),
            (6, code_of(bob, "key1")),
            (7, allowed(ann, "key1")),
            (8, allowed(bob, "key1")),
            (9, TicketKind::Request(RequestState::Denied)),
        ] {
            store.save_ticket(&Ticket { secret: secret(n), expires: Timestamp(9), kind }).await.unwrap();
        }
    };
    let (first, of_bob) = (opened(store, ann, 11).await, opened(store, bob, 12).await);
    opened(store, ann, 13).await;
    begin().await;
    let but_first = store.end_sessions(ann, Some(first.id)).await.unwrap();
    assert_eq!(but_first, 3, "a session, and what was made in one");
    assert_eq!(left(store).await, HashSet::from([4, 6, 8, 9]));
    assert_eq!(store.sessions(ann).await.unwrap(), [first]);
    begin().await;
    assert_eq!(store.end_sessions(ann, Some(of_bob.id)).await.unwrap(), 3, "that one is somebody else's");
    assert_eq!(store.sessions(ann).await.unwrap(), []);
    assert_eq!(store.sessions(bob).await.unwrap(), [of_bob]);
    assert_eq!(store.end_sessions(ann, None).await.unwrap(), 0);
    assert_eq!(store.end_sessions(bob, None).await.unwrap(), 3);
}

async fn expired_sessions_are_swept(store: &(impl AccountStore + GrantStore)) {
    let ann = added(store, "ann@example.org").await.id;
    for n in 1..5 {
        store.add_session(NewSession { expires: Timestamp(n.into()), ..new(ann, n) }).await.unwrap();
    }
    assert_eq!(store.sessions(ann).await.unwrap().len(), 4, "expired or not");
    let swept = store.sweep_sessions(Timestamp(2)).await.unwrap();
    assert_eq!(swept, 2, "an expiry is the first worthless instant");
    let left: Vec<_> = store.sessions(ann).await.unwrap().into_iter().map(|session| session.secret).collect();
    assert_eq!(left, [secret(4), secret(3)]);
}

async fn the_last_use_is_told(store: &(impl AccountStore + GrantStore)) {
    let (ann, app, grant) = linked(store, 1).await;
    let lasting = |n| NewGrant::lasting(ann.id, &app.key, Proof::OAuth1, secret(n), Timestamp(5));
    let other = store.add_grant(lasting(2)).await.unwrap();
    let session = opened(store, ann.id, 3).await;
    assert_eq!(store.grant_uses(ann.id).await.unwrap(), []);
    let at = |n: i64| Timestamp(1_700_000_000_000 + n);
    for (grant_at, session_at) in [(7, 5), (6, 9)] {
        let grants = vec![(grant.id, at(grant_at)), (GrantId(99), at(99))];
        let sessions = vec![(session.id, at(session_at)), (SessionId(99), at(99))];
        store.note_uses(LastUses { sessions, grants }).await.unwrap();
    }
    assert_eq!(store.grant_uses(ann.id).await.unwrap(), [(grant.id, at(7))], "the later one counts");
    assert_eq!(store.session(secret(3)).await.unwrap(), Some(Session { seen: at(9), ..session.clone() }));
    assert_eq!(
        store.grant(secret(1)).await.unwrap().map(|found| found.0),
        Some(grant.clone()),
        "else as it was"
    );
    let grants = vec![(other.id, at(8))];
    store.note_uses(LastUses { grants, ..LastUses::default() }).await.unwrap();
    assert_eq!(store.grant_uses(ann.id).await.unwrap(), [(grant.id, at(7)), (other.id, at(8))]);
    assert_eq!(store.grant_uses(AccountId(99)).await.unwrap(), []);
    store.revoke_grant(grant.id).await.unwrap();
    assert_eq!(store.grant_uses(ann.id).await.unwrap(), [(other.id, at(8))]);
}

async fn an_accounts_last_use_outlives_what_was_used(store: &(impl AccountStore + GrantStore)) {
    let (ann, _, grant) = linked(store, 1).await;
    let bob = added(store, "bob@example.org").await.id;
    assert_eq!(store.account_uses().await.unwrap(), [], "nobody came yet");
    let session = opened(store, bob, 3).await;
    assert_eq!(store.account_uses().await.unwrap(), [(bob, Timestamp(3))], "signing in is a use");
    let (grants, sessions) = (vec![(grant.id, Timestamp(20))], vec![(session.id, Timestamp(10))]);
    store.note_uses(LastUses { grants, sessions }).await.unwrap();
    let grants = vec![(grant.id, Timestamp(15))];
    store.note_uses(LastUses { grants, ..LastUses::default() }).await.unwrap();
    store.revoke_grant(grant.id).await.unwrap();
    store.end_sessions(bob, None).await.unwrap();
    let kept = [(ann.id, Timestamp(20)), (bob, Timestamp(10))];
    assert_eq!(store.account_uses().await.unwrap(), kept);
    for (account, at) in kept {
        assert_eq!(store.account_use(account).await.unwrap(), Some(at));
    }
    assert_eq!(store.account_use(AccountId(99)).await.unwrap(), None);
}
