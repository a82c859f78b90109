//! What [`AccountStore`] and [`GrantStore`] promise.

#![allow(clippy::unwrap_used, reason = "these are tests, whoever compiles them")]

use crate::model::{
    Access, Account, AccountId, App, AppKey, Challenge, EntryId, FamilyId, Given, Grant, Lifetime,
    PasswordHash, Proof, RequestState, SecretHash, Ticket, TicketKind, Timestamp,
};
use crate::store::{
    AccountChange, AccountStore, AddAccount, AppChange, ChangeEmail, GrantStore, NewAccount, NewGrant,
};
use futures_util::future::join_all;
use std::collections::HashSet;
use std::future::Future;

/// Puts a store through every promise; `open` yields a new, empty one.
pub async fn suite<S, F>(open: impl Fn() -> F)
where
    S: AccountStore + GrantStore,
    F: Future<Output = S>,
{
    accounts_are_kept_as_they_came(&open().await).await;
    emails_are_compared_without_case(&open().await).await;
    only_one_is_first(&open().await).await;
    changes_touch_one_thing(&open().await).await;
    a_password_is_replaced_by_one_of_those_who_know_it(&open().await).await;
    an_email_is_changed_to_one_that_is_free(&open().await).await;
    apps_are_kept_and_changed(&open().await).await;
    an_app_is_added_by_one_of_those_who_try(&open().await).await;
    apps_are_listed_by_owner(&open().await).await;
    an_owner_does_not_let_in_whom_an_administrator_shut_out(&open().await).await;
    an_apps_folder_is_set_by_one_of_those_who_try(&open().await).await;
    a_grant_is_found_by_its_token_until_it_ends(&open().await).await;
    a_grant_is_told_with_its_account_and_app_as_they_are_now(&open().await).await;
    grants_are_listed_newest_first(&open().await).await;
    a_grant_is_added_beside_one_that_is_there(&open().await).await;
    a_grant_is_seen_until_the_last_of_its_app_ends(&open().await).await;
    tickets_of_every_kind_are_kept(&open().await).await;
    a_ticket_is_taken_by_one_of_those_who_try(&open().await).await;
    a_ticket_is_added_by_one_of_those_who_try(&open().await).await;
    a_code_is_spent_by_one_of_those_who_try(&open().await).await;
    only_a_code_can_be_spent(&open().await).await;
    a_request_is_spent_by_one_of_those_who_try(&open().await).await;
    only_an_allowed_request_can_be_spent(&open().await).await;
    a_word_is_heard_first_by_one_of_those_who_say_it(&open().await).await;
    unlinking_ends_grants_and_codes(&open().await).await;
    what_depends_on_an_app_goes_with_it(&open().await).await;
    expired_tickets_are_swept(&open().await).await;
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash(text.into())
}

fn new_account(email: &str) -> NewAccount {
    NewAccount {
        email: email.into(),
        name: "Ann".into(),
        password: Some(hash("hash")),
        quota: Some(u64::MAX),
        admin: true,
        created: Timestamp(1_700_000_000_123),
        first_only: false,
    }
}

pub(super) async fn added(store: &impl AccountStore, email: &str) -> Account {
    match store.add_account(new_account(email)).await.unwrap() {
        AddAccount::Added(account) => account,
        other => panic!("{other:?}"),
    }
}

pub(super) fn app(key: &str) -> App {
    App {
        key: AppKey(key.into()),
        secret: "s3cret".into(),
        name: "Ünïcode, \"quoted\"\nlines".into(),
        access: Access::AppFolder,
        redirect_uris: vec!["https://a.example/x?y=1".into(), "http://localhost".into()],
        webhook_uris: vec!["https://a.example/hook".into()],
        disabled: false,
        paused: false,
        created: Timestamp(-1),
        owner: None,
    }
}

pub(super) fn secret(n: u8) -> SecretHash {
    SecretHash([n; 32])
}

async fn accounts_are_kept_as_they_came(store: &impl AccountStore) {
    assert_eq!(store.accounts().await.unwrap(), []);
    assert_eq!(store.account(AccountId(1)).await.unwrap(), None);
    let ann = added(store, "Ann@Example.org").await;
    assert_eq!(
        ann,
        Account {
            id: AccountId(1),
            email: "Ann@Example.org".into(),
            name: "Ann".into(),
            password: Some(hash("hash")),
            namespace: ann.namespace,
            quota: Some(u64::MAX),
            admin: true,
            disabled: false,
            created: Timestamp(1_700_000_000_123),
        }
    );
    assert_eq!(store.account(ann.id).await.unwrap().as_ref(), Some(&ann));
    let plain = NewAccount { password: None, quota: None, admin: false, ..new_account("bob@example.org") };
    let AddAccount::Added(bob) = store.add_account(plain).await.unwrap() else { panic!("bob is new") };
    assert_eq!((&bob.password, bob.quota, bob.admin), (&None, None, false));
    assert_ne!(bob.namespace, ann.namespace);
    assert_eq!(store.account(bob.id).await.unwrap().as_ref(), Some(&bob));
    assert_eq!(store.accounts().await.unwrap(), [ann, bob]);
    assert_eq!(store.count_accounts().await.unwrap(), 2);
}

async fn emails_are_compared_without_case(store: &impl AccountStore) {
    let ann = added(store, "Änn@Example.org").await;
    assert_eq!(store.account_by_email("äNN@eXAMPLE.ORG").await.unwrap(), Some(ann));
    assert_eq!(store.account_by_email("ann@example.org").await.unwrap(), None);
    let again = store.add_account(new_account("änn@example.org")).await.unwrap();
    assert_eq!(again, AddAccount::EmailTaken);
    assert_eq!(store.accounts().await.unwrap().len(), 1);
}

async fn only_one_is_first(store: &impl AccountStore) {
    let first = |n: u32| NewAccount { first_only: true, ..new_account(&format!("{n}@example.org")) };
    let tries = join_all((0..8).map(|n| store.add_account(first(n)))).await;
    let added = tries.into_iter().filter(|t| matches!(t, Ok(AddAccount::Added(_)))).count();
    assert_eq!(added, 1);
    assert_eq!(store.add_account(first(9)).await.unwrap(), AddAccount::NotFirst);
    assert_eq!(store.accounts().await.unwrap().len(), 1);
}

async fn an_app_is_added_by_one_of_those_who_try(store: &impl AccountStore) {
    let tries = join_all((0..8).map(async |n: u32| {
        let app = App { name: n.to_string(), ..app("one") };
        store.add_app(&app).await.unwrap().then_some(app)
    }));
    let added: Vec<App> = tries.await.into_iter().flatten().collect();
    assert_eq!((added.len(), store.apps().await.unwrap()), (1, added));
}

async fn apps_are_listed_by_owner(store: &impl AccountStore) {
    let [ann, bob] = [added(store, "ann@example.org").await.id, added(store, "bob@example.org").await.id];
    let of = |key, owner| App { owner, ..app(key) };
    let all = [of("d", Some(ann)), of("c", Some(bob)), of("b", None), of("a", Some(ann))];
    for app in &all {
        assert!(store.add_app(app).await.unwrap());
    }
    let [d, c, b, a] = all;
    assert_eq!(store.apps_of(ann).await.unwrap(), [d.clone(), a]);
    assert_eq!(store.apps_of(bob).await.unwrap(), [c]);
    assert_eq!(store.apps_of(AccountId(99)).await.unwrap(), []);
    assert!(store.change_app(&d.key, AppChange::Disabled(true)).await.unwrap());
    assert_eq!(
        store.app(&d.key).await.unwrap(),
        Some(App { disabled: true, ..d }),
        "a change leaves it whose it is"
    );
    assert_eq!(store.app(&b.key).await.unwrap().map(|app| app.owner), Some(None));
}

async fn an_owner_does_not_let_in_whom_an_administrator_shut_out(store: &impl AccountStore) {
    let key = app("one").key;
    assert!(store.add_app(&app("one")).await.unwrap());
    use AppChange::{Disabled, Paused};
    for (change, disabled, paused) in [
        (Paused(false), false, false),
        (Paused(true), true, true),
        (Paused(false), false, false),
        (Disabled(true), true, false),
        (Paused(true), true, false),
        (Paused(false), true, false),
        (Disabled(false), false, false),
        (Paused(true), true, true),
        (Disabled(true), true, false),
        (Paused(false), true, false),
        (Disabled(false), false, false),
        (Paused(true), true, true),
        (Disabled(false), false, false),
    ] {
        assert!(store.change_app(&key, change.clone()).await.unwrap());
        let app = store.app(&key).await.unwrap().unwrap();
        assert_eq!((app.disabled, app.paused), (disabled, paused), "{change:?}");
    }
}

async fn changes_touch_one_thing(store: &impl AccountStore) {
    let mut ann = added(store, "ann@example.org").await;
    let bob = added(store, "bob@example.org").await;
    type Expect = fn(&mut Account);
    let changes: [(AccountChange, Expect); 6] = [
        (AccountChange::Name("Anna".into()), |a| a.name = "Anna".into()),
        (AccountChange::Password(Some(hash("other"))), |a| a.password = Some(hash("other"))),
        (AccountChange::Password(None), |a| a.password = None),
        (AccountChange::Quota(Some(1 << 63)), |a| a.quota = Some(1 << 63)),
        (AccountChange::Admin(false), |a| a.admin = false),
        (AccountChange::Disabled(true), |a| a.disabled = true),
    ];
    for (change, expect) in changes {
        assert!(store.change_account(ann.id, change).await.unwrap());
        expect(&mut ann);
        assert_eq!(store.account(ann.id).await.unwrap().as_ref(), Some(&ann));
    }
    assert_eq!(store.account(bob.id).await.unwrap(), Some(bob));
    assert!(!store.change_account(AccountId(99), AccountChange::Admin(true)).await.unwrap());
}

async fn an_email_is_changed_to_one_that_is_free(store: &impl AccountStore) {
    let (ann, bob) = (added(store, "ann@example.org").await, added(store, "bob@example.org").await);
    let change = async |id, email| store.change_email(id, email).await.unwrap();
    assert_eq!(change(ann.id, "BOB@example.org").await, ChangeEmail::Taken);
    assert_eq!(store.account(ann.id).await.unwrap(), Some(ann.clone()));
    assert_eq!(change(ann.id, "Ann@example.org").await, ChangeEmail::Changed, "another spelling");
    assert_eq!(change(ann.id, "Änn@example.org").await, ChangeEmail::Changed);
    let now = Account { email: "Änn@example.org".into(), ..ann.clone() };
    assert_eq!(store.account_by_email("äNN@example.org").await.unwrap(), Some(now));
    assert_eq!(store.account_by_email("ann@example.org").await.unwrap(), None);
    assert_eq!(change(bob.id, "ann@example.org").await, ChangeEmail::Changed, "it is free again");
    assert_eq!(change(AccountId(99), "nobody@example.org").await, ChangeEmail::NoAccount);
    let tries = join_all([ann.id, bob.id].map(|id| store.change_email(id, "one@example.org"))).await;
    let changed = tries.into_iter().filter(|done| matches!(done, Ok(ChangeEmail::Changed))).count();
    assert_eq!(changed, 1, "of those who try");
}

async fn a_password_is_replaced_by_one_of_those_who_know_it(store: &impl AccountStore) {
    let ann = added(store, "ann@example.org").await;
    let (old, new) = (hash("hash"), |n: u32| hash(&n.to_string()));
    let tries = join_all((0..8).map(|n| store.replace_password(ann.id, &old, new(n)))).await;
    let winners: Vec<u32> = (0..8).zip(tries).filter_map(|(n, done)| done.unwrap().then_some(n)).collect();
    let [winner] = winners[..] else { panic!("{winners:?}") };
    let now = Account { password: Some(new(winner)), ..ann.clone() };
    assert_eq!(store.account(ann.id).await.unwrap(), Some(now));
    store.change_account(ann.id, AccountChange::Password(None)).await.unwrap();
    assert!(!store.replace_password(ann.id, &new(winner), old.clone()).await.unwrap());
    assert!(!store.replace_password(AccountId(99), &old, new(1)).await.unwrap());
}

async fn apps_are_kept_and_changed(store: &impl AccountStore) {
    let (mut b, a) = (app("b"), app("a"));
    assert!(store.add_app(&b).await.unwrap());
    assert!(store.add_app(&a).await.unwrap());
    let other = App { name: "Other".into(), webhook_uris: vec!["https://b.example/".into()], ..app("b") };
    assert!(!store.add_app(&other).await.unwrap(), "the key is taken");
    assert_eq!(store.app(&b.key).await.unwrap().as_ref(), Some(&b));
    assert_eq!(store.app(&AppKey("c".into())).await.unwrap(), None);
    for change in [
        AppChange::Disabled(true),
        AppChange::Name("\"New\"".into()),
        AppChange::AddRedirectUri("https://new/".into()),
        AppChange::AddRedirectUri("https://new/".into()),
        AppChange::AddRedirectUri("https://newer/".into()),
        AppChange::RemoveRedirectUri("https://new/".into()),
        AppChange::RemoveRedirectUri("https://never/".into()),
    ] {
        assert!(store.change_app(&b.key, change).await.unwrap());
    }
    b.redirect_uris.push("https://newer/".into());
    (b.disabled, b.name) = (true, "\"New\"".into());
    assert_eq!(store.apps().await.unwrap(), [b.clone(), a]);
    for uri in b.redirect_uris.clone() {
        assert!(store.change_app(&b.key, AppChange::RemoveRedirectUri(uri)).await.unwrap());
    }
    assert_eq!(store.app(&b.key).await.unwrap().unwrap().redirect_uris, [""; 0]);
    assert!(!store.change_app(&AppKey("c".into()), AppChange::Disabled(true)).await.unwrap());
    assert_eq!(store.app(&AppKey("c".into())).await.unwrap(), None);
}

async fn an_apps_folder_is_set_by_one_of_those_who_try(store: &impl AccountStore) {
    let (ann, app) = (added(store, "ann@example.org").await.id, app("a"));
    store.add_app(&app).await.unwrap();
    assert_eq!(store.app_folder(ann, &app.key).await.unwrap(), None);
    let tries = join_all((1..9).map(|n| store.set_app_folder(ann, &app.key, None, EntryId(n)))).await;
    let winners: Vec<u64> = (1..9).zip(tries).filter_map(|(n, set)| set.unwrap().then_some(n)).collect();
    assert_eq!(winners.len(), 1);
    let won = EntryId(winners[0]);
    assert_eq!(store.app_folder(ann, &app.key).await.unwrap(), Some(won));
    assert!(!store.set_app_folder(ann, &app.key, Some(EntryId(77)), EntryId(78)).await.unwrap());
    assert!(store.set_app_folder(ann, &app.key, Some(won), EntryId(1 << 52)).await.unwrap());
    assert_eq!(store.app_folder(ann, &app.key).await.unwrap(), Some(EntryId(1 << 52)));
}

pub(super) async fn linked(store: &(impl AccountStore + GrantStore), token: u8) -> (Account, App, Grant) {
    let (ann, app) = (added(store, "ann@example.org").await, app("a"));
    store.add_app(&app).await.unwrap();
    let grant = store
        .add_grant(NewGrant::lasting(ann.id, &app.key, Proof::Bearer, secret(token), Timestamp(5)))
        .await
        .unwrap();
    (ann, app, grant)
}

async fn a_grant_is_found_by_its_token_until_it_ends(store: &(impl AccountStore + GrantStore)) {
    let (ann, app, grant) = linked(store, 1).await;
    let expected = Grant {
        id: grant.id,
        account: ann.id,
        app: app.key.clone(),
        token: secret(1),
        proof: Proof::Bearer,
        created: Timestamp(5),
        expires: None,
        family: None,
        unsettled: false,
    };
    assert_eq!(grant, expected);
    for _ in 0..2 {
        let found = store.grant(secret(1)).await.unwrap();
        assert_eq!(found, Some((grant.clone(), ann.clone(), app.clone())));
    }
    assert_eq!(store.grant(secret(2)).await.unwrap(), None);
    assert!(store.revoke_grant(grant.id).await.unwrap());
    assert_eq!(store.grant(secret(1)).await.unwrap(), None);
    assert!(!store.revoke_grant(grant.id).await.unwrap());
    let next = store
        .add_grant(NewGrant::lasting(ann.id, &app.key, Proof::OAuth1, secret(3), Timestamp(6)))
        .await
        .unwrap();
    assert_ne!(next.id, grant.id, "numbers are not used twice");
    let found = store.grant(secret(3)).await.unwrap().map(|(grant, ..)| grant);
    assert_eq!((found.as_ref(), next.proof), (Some(&next), Proof::OAuth1));
}

async fn a_grant_is_told_with_its_account_and_app_as_they_are_now(store: &(impl AccountStore + GrantStore)) {
    let (ann, app, _) = linked(store, 1).await;
    assert!(store.grant(secret(1)).await.unwrap().is_some());
    store.change_account(ann.id, AccountChange::Disabled(true)).await.unwrap();
    store.change_app(&app.key, AppChange::Disabled(true)).await.unwrap();
    let (_, ann, app) = store.grant(secret(1)).await.unwrap().unwrap();
    assert!(ann.disabled && app.disabled);
}

async fn grants_are_listed_newest_first(store: &(impl AccountStore + GrantStore)) {
    let (ann, app, first) = linked(store, 1).await;
    let bob = added(store, "bob@example.org").await;
    store
        .add_grant(NewGrant::lasting(bob.id, &app.key, Proof::Bearer, secret(2), Timestamp(6)))
        .await
        .unwrap();
    let second = store
        .add_grant(NewGrant::lasting(ann.id, &app.key, Proof::OAuth1, secret(3), Timestamp(4)))
        .await
        .unwrap();
    assert_eq!(store.grants(ann.id).await.unwrap(), [second, first]);
    assert_eq!(store.grants(AccountId(99)).await.unwrap(), []);
}

async fn a_grant_is_added_beside_one_that_is_there(store: &(impl AccountStore + GrantStore)) {
    let (ann, app, first) = linked(store, 1).await;
    let beside = |token| store.add_grant_beside(first.id, Proof::OAuth1, secret(token), Timestamp(6));
    let second = beside(2).await.unwrap().unwrap();
    assert_eq!((second.account, &second.app, second.created), (ann.id, &app.key, Timestamp(6)));
    assert_eq!((second.token, second.proof), (secret(2), Proof::OAuth1));
    assert_eq!(store.grant(secret(2)).await.unwrap().map(|found| found.0).as_ref(), Some(&second));
    assert_eq!(store.grants(ann.id).await.unwrap(), [second.clone(), first.clone()]);
    store.revoke_grant(first.id).await.unwrap();
    assert_eq!(beside(3).await.unwrap(), None);
    assert_eq!(store.grants(ann.id).await.unwrap(), [second]);
}

async fn a_grant_is_seen_until_the_last_of_its_app_ends(store: &(impl AccountStore + GrantStore)) {
    let (ann, one, grant) = linked(store, 1).await;
    let (bob, two, none) = (added(store, "bob@example.org").await, app("b"), AppKey("none".into()));
    store.add_app(&two).await.unwrap();
    store
        .add_grant(NewGrant::lasting(bob.id, &two.key, Proof::Bearer, secret(2), Timestamp(6)))
        .await
        .unwrap();
    let has = async |account, app| store.has_grant(account, app).await.unwrap();
    assert!(has(ann.id, &one.key).await && has(bob.id, &two.key).await);
    assert!(!has(ann.id, &two.key).await && !has(bob.id, &one.key).await, "each their own");
    assert!(!has(AccountId(99), &one.key).await && !has(ann.id, &none).await);
    let other = store
        .add_grant(NewGrant::lasting(ann.id, &one.key, Proof::OAuth1, secret(3), Timestamp(7)))
        .await
        .unwrap();
    store.revoke_grant(grant.id).await.unwrap();
    assert!(has(ann.id, &one.key).await);
    store.revoke_grant(other.id).await.unwrap();
    assert!(!has(ann.id, &one.key).await);
}

fn code(app: &AppKey, challenge: Option<Challenge>) -> TicketKind {
    TicketKind::Code {
        account: AccountId(1),
        app: app.clone(),
        redirect_uri: Some("https://x/?a=b".into()),
        challenge,
        lifetime: Lifetime::Lasting,
    }
}

fn spent_code(grant: &Grant, challenge: Option<Challenge>) -> TicketKind {
    TicketKind::SpentCode { gave: Given::Grant(grant.id), app: grant.app.clone(), challenge }
}

async fn tickets_of_every_kind_are_kept(store: &(impl AccountStore + GrantStore)) {
    let (ann, app, grant) = linked(store, 1).await;
    let bare = TicketKind::Code {
        account: ann.id,
        app: app.key.clone(),
        redirect_uri: None,
        challenge: None,
        lifetime: Lifetime::Renewed,
    };
    let gave = Given::Family(FamilyId(u64::MAX));
    let kinds = [
        TicketKind::Setup,
        bare,
        code(&app.key, Some(Challenge::Plain("verifier".into()))),
        code(&app.key, Some(Challenge::S256("digest".into()))),
        spent_code(&grant, None),
        TicketKind::SpentCode { gave, app: app.key.clone(), challenge: None },
        spent_code(&grant, Some(Challenge::Plain("verifier".into()))),
        allowed(ann.id, &app.key.0),
        TicketKind::Request(RequestState::Denied),
        TicketKind::Request(RequestState::Spent),
    ];
    for (n, kind) in (10..).zip(kinds) {
        let ticket = Ticket { secret: secret(n), expires: Timestamp(1_700_000_000_123), kind };
        assert_eq!(store.ticket(ticket.secret).await.unwrap(), None);
        store.save_ticket(&ticket).await.unwrap();
        assert_eq!(store.ticket(ticket.secret).await.unwrap().as_ref(), Some(&ticket));
        let later = Ticket { expires: Timestamp(1_800_000_000_000), ..ticket.clone() };
        store.save_ticket(&later).await.unwrap();
        assert_eq!(store.take_ticket(ticket.secret).await.unwrap(), Some(later));
        assert_eq!(store.ticket(ticket.secret).await.unwrap(), None);
    }
}

async fn a_ticket_is_taken_by_one_of_those_who_try(store: &impl GrantStore) {
    let ticket = Ticket { secret: secret(1), expires: Timestamp(9), kind: TicketKind::Setup };
    store.save_ticket(&ticket).await.unwrap();
    let tries = join_all((0..8).map(|_| store.take_ticket(secret(1)))).await;
    assert_eq!(tries.into_iter().filter_map(Result::unwrap).collect::<Vec<_>>(), [ticket]);
}

async fn a_ticket_is_added_by_one_of_those_who_try(store: &impl GrantStore) {
    let ticket = |n| Ticket { secret: secret(1), expires: Timestamp(n), kind: TicketKind::Setup };
    let tickets: Vec<Ticket> = (0..8).map(ticket).collect();
    let tries = join_all(tickets.iter().map(|ticket| store.add_ticket(ticket))).await;
    let added: Vec<_> = tickets.iter().zip(tries).filter(|(_, added)| *added.as_ref().unwrap()).collect();
    assert_eq!(added.len(), 1);
    assert_eq!(
        store.ticket(secret(1)).await.unwrap().as_ref(),
        Some(added[0].0),
        "the others changed nothing"
    );
    store.take_ticket(secret(1)).await.unwrap();
    assert!(store.add_ticket(&ticket(9)).await.unwrap(), "there is room again");
}

async fn a_code_is_spent_by_one_of_those_who_try(store: &(impl AccountStore + GrantStore)) {
    let (ann, app, _) = linked(store, 1).await;
    let challenge = Some(Challenge::S256("digest".into()));
    let kind = code(&app.key, challenge.clone());
    let ticket = Ticket { secret: secret(50), expires: Timestamp(9), kind };
    store.save_ticket(&ticket).await.unwrap();
    let spend = |n| store.spend_code(secret(50), ann.id, &app.key, secret(n), Timestamp(7));
    let tries = join_all((100..108).map(spend)).await;
    let given: Vec<Grant> = tries.into_iter().filter_map(Result::unwrap).collect();
    let [grant] = given.as_slice() else { panic!("{given:?}") };
    assert_eq!(store.grant(grant.token).await.unwrap().map(|found| found.0).as_ref(), Some(grant));
    assert_eq!(store.grants(ann.id).await.unwrap().len(), 2, "the others left nothing behind");
    let spent = Ticket { kind: spent_code(grant, challenge), ..ticket };
    assert_eq!(store.ticket(secret(50)).await.unwrap(), Some(spent));
}

async fn only_a_code_can_be_spent(store: &(impl AccountStore + GrantStore)) {
    let (ann, app, grant) = linked(store, 1).await;
    let kinds = [TicketKind::Setup, spent_code(&grant, None), allowed(ann.id, &app.key.0)];
    for (n, kind) in (10..).zip(kinds) {
        store.save_ticket(&Ticket { secret: secret(n), expires: Timestamp(9), kind }).await.unwrap();
        let spent = store.spend_code(secret(n), ann.id, &app.key, secret(99), Timestamp(7)).await.unwrap();
        assert_eq!(spent, None);
    }
    assert_eq!(store.spend_code(secret(77), ann.id, &app.key, secret(99), Timestamp(7)).await.unwrap(), None);
    assert_eq!(store.grants(ann.id).await.unwrap(), [grant]);
}

pub(super) fn allowed(account: AccountId, app: &str) -> TicketKind {
    TicketKind::Request(RequestState::Allowed { account, app: AppKey(app.into()) })
}

async fn a_request_is_spent_by_one_of_those_who_try(store: &(impl AccountStore + GrantStore)) {
    let (ann, app, _) = linked(store, 1).await;
    let ticket = Ticket { secret: secret(50), expires: Timestamp(9), kind: allowed(ann.id, &app.key.0) };
    store.save_ticket(&ticket).await.unwrap();
    let spend = |n| store.spend_request(secret(50), ann.id, &app.key, secret(n), Timestamp(7));
    let tries = join_all((100..108).map(spend)).await;
    let given: Vec<Grant> = tries.into_iter().filter_map(Result::unwrap).collect();
    let [grant] = given.as_slice() else { panic!("{given:?}") };
    assert_eq!((grant.proof, grant.created), (Proof::OAuth1, Timestamp(7)));
    assert_eq!(store.grant(grant.token).await.unwrap().map(|found| found.0).as_ref(), Some(grant));
    assert_eq!(store.grants(ann.id).await.unwrap().len(), 2, "the others left nothing behind");
    let spent = Ticket { kind: TicketKind::Request(RequestState::Spent), ..ticket };
    assert_eq!(store.ticket(secret(50)).await.unwrap(), Some(spent));
}

async fn only_an_allowed_request_can_be_spent(store: &(impl AccountStore + GrantStore)) {
    let (ann, app, grant) = linked(store, 1).await;
    let kinds = [
        TicketKind::Setup,
        code(&app.key, None),
        spent_code(&grant, None),
        TicketKind::Request(RequestState::Denied),
        TicketKind::Request(RequestState::Spent),
    ];
    for (n, kind) in (10..).zip(kinds) {
        let ticket = Ticket { secret: secret(n), expires: Timestamp(9), kind };
        store.save_ticket(&ticket).await.unwrap();
        let spent = store.spend_request(secret(n), ann.id, &app.key, secret(99), Timestamp(7)).await.unwrap();
        assert_eq!(spent, None);
        assert_eq!(store.ticket(secret(n)).await.unwrap(), Some(ticket));
    }
    assert_eq!(
        store.spend_request(secret(77), ann.id, &app.key, secret(99), Timestamp(7)).await.unwrap(),
        None
    );
    assert_eq!(store.grants(ann.id).await.unwrap(), [grant]);
}

async fn a_word_is_heard_first_by_one_of_those_who_say_it(store: &impl GrantStore) {
    let tries = join_all((0..8).map(|_| store.remember_once(secret(1), Timestamp(5), Timestamp(10)))).await;
    assert_eq!(tries.into_iter().filter(|first| *first.as_ref().unwrap()).count(), 1);
    assert!(store.remember_once(secret(2), Timestamp(5), Timestamp(20)).await.unwrap(), "another word");
    assert!(
        !store.remember_once(secret(2), Timestamp(5), Timestamp(99)).await.unwrap(),
        "whatever its expiry"
    );
    assert_eq!(store.ticket(secret(1)).await.unwrap(), None, "a word is no ticket");

    assert_eq!(store.sweep_tickets(Timestamp(9)).await.unwrap(), 0);
    assert!(!store.remember_once(secret(1), Timestamp(5), Timestamp(10)).await.unwrap());
    assert_eq!(store.sweep_tickets(Timestamp(10)).await.unwrap(), 1);
    assert!(store.remember_once(secret(1), Timestamp(5), Timestamp(30)).await.unwrap(), "it was forgotten");
    assert!(!store.remember_once(secret(2), Timestamp(5), Timestamp(20)).await.unwrap(), "the other was not");
}

pub(super) fn code_of(account: AccountId, app: &str) -> TicketKind {
    let (app, lifetime) = (AppKey(app.into()), Lifetime::Lasting);
    TicketKind::Code { account, app, redirect_uri: None, challenge: None, lifetime }
}

async fn unlinking_ends_grants_and_codes(store: &(impl AccountStore + GrantStore)) {
    let (ann, one, _) = linked(store, 11).await;
    let (bob, two) = (added(store, "bob@example.org").await, app("b"));
    store.add_app(&two).await.unwrap();
    for (token, account, app) in [(12, &ann, &one), (13, &ann, &two), (14, &bob, &one)] {
        store
            .add_grant(NewGrant::lasting(account.id, &app.key, Proof::Bearer, secret(token), Timestamp(5)))
            .await
            .unwrap();
    }
    for (n, account, app) in [(1, &ann, &one), (2, &ann, &two), (3, &bob, &one)] {
        let kind = code_of(account.id, &app.key.0);
        store.save_ticket(&Ticket { secret: secret(n), expires: Timestamp(9), kind }).await.unwrap();
    }
    store
        .save_ticket(&Ticket { secret: secret(4), expires: Timestamp(9), kind: TicketKind::Setup })
        .await
        .unwrap();
    for (n, kind) in [
        (5, allowed(ann.id, "a")),
        (6, allowed(ann.id, "b")),
        (7, allowed(bob.id, "a")),
        (8, TicketKind::Request(RequestState::Spent)),
    ] {
        store.save_ticket(&Ticket { secret: secret(n), expires: Timestamp(9), kind }).await.unwrap();
    }

    assert_eq!(store.unlink(ann.id, &one.key).await.unwrap(), 2);
    for (token, there) in [(11, false), (12, false), (13, true), (14, true)] {
        assert_eq!(store.grant(secret(token)).await.unwrap().is_some(), there, "{token}");
    }
    assert_eq!(left(store).await, HashSet::from([2, 3, 4, 6, 7, 8]));
    assert_eq!(store.unlink(ann.id, &one.key).await.unwrap(), 0);
}

/// Everybody's, and nothing of another app.
async fn what_depends_on_an_app_goes_with_it(store: &(impl AccountStore + GrantStore)) {
    let (ann, one, _) = linked(store, 11).await;
    let (bob, two) = (added(store, "bob@example.org").await, app("b"));
    store.add_app(&two).await.unwrap();
    for (token, account, app) in [(12, &bob, &one), (13, &ann, &two)] {
        let grant = NewGrant::lasting(account.id, &app.key, Proof::Bearer, secret(token), Timestamp(5));
        store.add_grant(grant).await.unwrap();
    }
    for (n, kind) in [
        (1, code_of(ann.id, "a")),
        (2, code_of(ann.id, "b")),
        (3, allowed(bob.id, "a")),
        (4, allowed(bob.id, "b")),
        (5, TicketKind::Setup),
    ] {
        store.save_ticket(&Ticket { secret: secret(n), expires: Timestamp(9), kind }).await.unwrap();
    }
    for app in [&one, &two] {
        assert!(store.set_app_folder(ann.id, &app.key, None, EntryId(7)).await.unwrap());
    }

    assert!(store.delete_app(&one.key).await.unwrap());
    assert_eq!(store.app(&one.key).await.unwrap(), None);
    assert_eq!(store.apps().await.unwrap(), std::slice::from_ref(&two));
    for (token, there) in [(11, false), (12, false), (13, true)] {
        assert_eq!(store.grant(secret(token)).await.unwrap().is_some(), there, "{token}");
    }
    assert_eq!(left(store).await, HashSet::from([2, 4, 5]));
    assert_eq!(store.app_folder(ann.id, &one.key).await.unwrap(), None);
    assert_eq!(store.app_folder(ann.id, &two.key).await.unwrap(), Some(EntryId(7)));
    assert!(!store.delete_app(&one.key).await.unwrap());
    assert!(store.add_app(&one).await.unwrap(), "nothing of it is left");
    assert_eq!(store.grants(bob.id).await.unwrap(), []);
}

async fn expired_tickets_are_swept(store: &impl GrantStore) {
    for n in 1..5 {
        let ticket = Ticket { secret: secret(n), expires: Timestamp(n.into()), kind: TicketKind::Setup };
        store.save_ticket(&ticket).await.unwrap();
    }
    assert_eq!(
        store.sweep_tickets(Timestamp(2)).await.unwrap(),
        2,
        "an expiry is the first worthless instant"
    );
    assert_eq!(left(store).await, HashSet::from([3, 4]));
}

/// Which of the tickets 1 to 9 are there.
pub(super) async fn left(store: &impl GrantStore) -> HashSet<u8> {
    let mut left = HashSet::new();
    for n in 1..10 {
        left.extend(store.ticket(secret(n)).await.unwrap().map(|_| n));
    }
    left
}
