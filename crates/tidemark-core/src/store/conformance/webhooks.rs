//! What [`WebhookStore`] promises.

#![allow(clippy::unwrap_used, reason = "these are tests, whoever compiles them")]

use super::accounts::{added, app, secret};
use crate::model::{
    Account, AccountId, App, Attempt, EntryId, Epoch, Health, Progress, Proof, Seq, Timestamp, Watch,
    Watermark, Webhook, WebhookId,
};
use crate::store::{
    ATTEMPTS_KEPT, AccountChange, AccountStore, AddWebhook, AppChange, GrantStore, NewGrant, Watched,
    WebhookChange, WebhookStore,
};
use std::future::Future;
use std::time::Duration;

/// Puts a store through every promise; `open` yields a new, empty one.
pub async fn suite<S, F>(open: impl Fn() -> F)
where
    S: AccountStore + GrantStore + WebhookStore,
    F: Future<Output = S>,
{
    an_apps_webhooks_are_its_uris(&open().await).await;
    webhooks_are_changed_and_removed(&open().await).await;
    watches_are_of_permissions(&open().await).await;
    watches_are_found_in_every_way(&open().await).await;
    what_is_shut_out_is_not_watched(&open().await).await;
    what_was_told_is_kept(&open().await).await;
    asking_again_is_answered_by_what_was_read_after_it(&open().await).await;
    attempts_are_kept_up_to_a_limit(&open().await).await;
    webhooks_go_with_their_app(&open().await).await;
}

const HOOK: &str = "https://a.example/hook";

/// An app with one webhook, at [`HOOK`], from the time -1.
async fn hooked(store: &(impl AccountStore + WebhookStore), key: &str) -> (App, Webhook) {
    let app = App { webhook_uris: vec![HOOK.into()], ..app(key) };
    store.add_app(&app).await.unwrap();
    let webhook = store.webhooks().await.unwrap().pop().unwrap();
    (app, webhook)
}

/// The same, with an account that has permitted it at the time 5.
async fn watched(store: &(impl AccountStore + GrantStore + WebhookStore)) -> (App, Webhook, Account) {
    let (app, webhook) = hooked(store, "a").await;
    let ann = added(store, "ann@example.org").await;
    store
        .add_grant(NewGrant::lasting(ann.id, &app.key, Proof::Bearer, secret(1), Timestamp(5)))
        .await
        .unwrap();
    (app, webhook, ann)
}

fn told(seq: u64) -> Watermark {
    Watermark { epoch: Epoch(u64::MAX), root: Some(EntryId(3)), seq: Seq(seq) }
}

fn attempt(n: i64) -> Attempt {
    Attempt {
        at: Timestamp(n),
        took: Duration::from_millis(12),
        accounts: 3,
        status: Some(503),
        failure: Some("ünavailable".into()),
    }
}

async fn an_apps_webhooks_are_its_uris(store: &(impl AccountStore + WebhookStore)) {
    assert_eq!(store.webhooks().await.unwrap(), []);
    let (a, first) = hooked(store, "a").await;
    assert_eq!((&first.app, first.uri.as_str(), first.created), (&a.key, HOOK, a.created));
    assert_eq!(first.health, Health::default());
    let uri = "http://b.example/?x=%20y";
    let AddWebhook::Added(second) = store.add_webhook(&a.key, uri, Timestamp(7)).await.unwrap() else {
        panic!("it is new")
    };
    assert_eq!((&second.app, second.uri.as_str(), second.created), (&a.key, uri, Timestamp(7)));
    assert_ne!(first.id, second.id);
    assert_eq!(store.add_webhook(&a.key, uri, Timestamp(8)).await.unwrap(), AddWebhook::Exists);
    let (b, third) = hooked(store, "b").await;
    assert_eq!(store.add_webhook(&app("c").key, uri, Timestamp(8)).await.unwrap(), AddWebhook::NoApp);
    assert_eq!(store.webhooks().await.unwrap(), [first.clone(), second.clone(), third]);
    assert_eq!(store.webhook(second.id).await.unwrap(), Some(second));
    assert_eq!(store.webhook(WebhookId(99)).await.unwrap(), None);
    // Changing an app leaves its webhooks as they are.
    assert!(store.change_app(&b.key, AppChange::Disabled(b.disabled)).await.unwrap());
    assert_eq!(store.app(&a.key).await.unwrap().unwrap().webhook_uris, [HOOK, uri]);
    assert_eq!(store.apps().await.unwrap()[1], b);
}

async fn webhooks_are_changed_and_removed(store: &(impl AccountStore + WebhookStore)) {
    let (app, webhook) = hooked(store, "a").await;
    let ill = Health {
        failures: 7,
        failing_since: Some(Timestamp(1)),
        next_try: Some(Timestamp(i64::MAX)),
        disabled: Some(Timestamp(3)),
    };
    store.record(webhook.id, &attempt(1), ill, &[]).await.unwrap();
    let health = async || store.webhook(webhook.id).await.unwrap().unwrap().health;
    assert_eq!(health().await, ill);
    assert!(store.change_webhook(webhook.id, WebhookChange::TryNow).await.unwrap());
    assert_eq!(health().await, Health { next_try: None, ..ill });
    assert!(store.change_webhook(webhook.id, WebhookChange::Enable).await.unwrap());
    assert_eq!(health().await, Health::default());

    assert!(store.remove_webhook(webhook.id).await.unwrap());
    assert!(!store.remove_webhook(webhook.id).await.unwrap());
    assert!(!store.change_webhook(webhook.id, WebhookChange::Enable).await.unwrap());
    assert_eq!(store.app(&app.key).await.unwrap().unwrap().webhook_uris, [""; 0]);
    assert_eq!(store.attempts(webhook.id).await.unwrap(), []);
    // Somebody may have been delivering meanwhile.
    store.record(webhook.id, &attempt(2), ill, &[]).await.unwrap();
    assert_eq!(store.attempts(webhook.id).await.unwrap(), []);
    let AddWebhook::Added(next) = store.add_webhook(&app.key, HOOK, Timestamp(9)).await.unwrap() else {
        panic!("the address is free")
    };
    assert!(next.id > webhook.id, "numbers are not used twice");
}

/// One for each account, however many tokens it has, from the first of them on or from when the webhook came.
async fn watches_are_of_permissions(store: &(impl AccountStore + GrantStore + WebhookStore)) {
    let (app, webhook, ann) = watched(store).await;
    let watches = async || store.watches(Watched::Namespaces(&[ann.namespace])).await.unwrap();
    let expected = Watch {
        webhook: webhook.id,
        account: ann.id,
        namespace: ann.namespace,
        since: Timestamp(5),
        told: None,
        again: 0,
    };
    assert_eq!(watches().await, [expected]);
    let second = store
        .add_grant(NewGrant::lasting(ann.id, &app.key, Proof::Bearer, secret(2), Timestamp(9)))
        .await
        .unwrap();
    assert_eq!(watches().await, [expected]);
    let AddWebhook::Added(later) = store.add_webhook(&app.key, "http://b", Timestamp(7)).await.unwrap()
    else {
        panic!("it is new")
    };
    assert_eq!(watches().await, [expected, Watch { webhook: later.id, since: Timestamp(7), ..expected }]);
    store.remove_webhook(later.id).await.unwrap();
    store.unlink(ann.id, &app.key).await.unwrap();
    assert_eq!(watches().await, []);
    store
        .add_grant(NewGrant::lasting(ann.id, &app.key, Proof::Bearer, secret(3), Timestamp(11)))
        .await
        .unwrap();
    assert_eq!(watches().await, [Watch { since: Timestamp(11), ..expected }]);
    assert!(!store.revoke_grant(second.id).await.unwrap());
}

async fn watches_are_found_in_every_way(store: &(impl AccountStore + GrantStore + WebhookStore)) {
    let (a, hook, ann) = watched(store).await;
    let (b, other) = hooked(store, "b").await;
    let (bob, cy) = (added(store, "bob@example.org").await, added(store, "cy@example.org").await);
    for (n, account, app) in [(11, &bob, &a), (12, &bob, &b), (13, &cy, &a)] {
        store
            .add_grant(NewGrant::lasting(account.id, &app.key, Proof::Bearer, secret(n), Timestamp(5)))
            .await
            .unwrap();
    }
    let found = async |which: Watched<'_>| -> Vec<(WebhookId, AccountId)> {
        let watches = store.watches(which).await.unwrap();
        watches.into_iter().map(|watch| (watch.webhook, watch.account)).collect()
    };
    let both = [bob.namespace, cy.namespace];
    assert_eq!(found(Watched::Namespaces(&[])).await, []);
    assert_eq!(
        found(Watched::Namespaces(&both)).await,
        [(hook.id, bob.id), (hook.id, cy.id), (other.id, bob.id)]
    );
    let these = [ann.id, cy.id, AccountId(99)];
    assert_eq!(found(Watched::Accounts(hook.id, &these)).await, [(hook.id, ann.id), (hook.id, cy.id)]);
    assert_eq!(found(Watched::Accounts(other.id, &these)).await, []);
    let page = async |after| found(Watched::After(hook.id, after, 2)).await;
    assert_eq!(page(AccountId(0)).await, [(hook.id, ann.id), (hook.id, bob.id)]);
    assert_eq!(page(bob.id).await, [(hook.id, cy.id)]);
    assert_eq!(page(cy.id).await, []);
    assert_eq!(found(Watched::Again(9)).await, []);
    assert_eq!(store.ask_again(hook.id, None).await.unwrap(), 3);
    assert_eq!(store.ask_again(other.id, Some(bob.id)).await.unwrap(), 1);
    assert_eq!(store.ask_again(other.id, Some(ann.id)).await.unwrap(), 0, "it has permitted nothing");
    assert_eq!(found(Watched::Again(9)).await.len(), 4);
    assert_eq!(found(Watched::Again(3)).await.len(), 3);
}

async fn what_is_shut_out_is_not_watched(store: &(impl AccountStore + GrantStore + WebhookStore)) {
    let (app, hook, ann) = watched(store).await;
    let watches = async || store.watches(Watched::Accounts(hook.id, &[ann.id])).await.unwrap().len();
    assert_eq!(watches().await, 1);
    for disabled in [true, false] {
        store.change_app(&app.key, AppChange::Disabled(disabled)).await.unwrap();
        assert_eq!(watches().await, usize::from(!disabled));
    }
    for disabled in [true, false] {
        store.change_account(ann.id, AccountChange::Disabled(disabled)).await.unwrap();
        assert_eq!(watches().await, usize::from(!disabled));
    }
    let given_up = Health { disabled: Some(Timestamp(3)), ..Health::default() };
    store.record(hook.id, &attempt(1), given_up, &[]).await.unwrap();
    assert_eq!(watches().await, 0);
    store.change_webhook(hook.id, WebhookChange::Enable).await.unwrap();
    assert_eq!(watches().await, 1);
}

async fn what_was_told_is_kept(store: &(impl AccountStore + GrantStore + WebhookStore)) {
    let (_, hook, ann) = watched(store).await;
    let kept = async || store.watches(Watched::Accounts(hook.id, &[ann.id])).await.unwrap()[0].told;
    for told in [told(1), told(1 << 52), Watermark { epoch: Epoch(0), root: None, seq: Seq(0) }] {
        store.set_told(hook.id, &[Progress { account: ann.id, told, again: 0 }]).await.unwrap();
        assert_eq!(kept().await, Some(told));
    }
    let delivered = Progress { account: ann.id, told: told(9), again: 0 };
    store.record(hook.id, &attempt(1), Health::default(), &[delivered]).await.unwrap();
    assert_eq!(kept().await, Some(told(9)));
    store.set_told(WebhookId(99), &[delivered]).await.unwrap();
    assert_eq!(kept().await, Some(told(9)));
}

async fn asking_again_is_answered_by_what_was_read_after_it(
    store: &(impl AccountStore + GrantStore + WebhookStore),
) {
    let (_, hook, ann) = watched(store).await;
    let watch = async || store.watches(Watched::Accounts(hook.id, &[ann.id])).await.unwrap()[0];
    store.ask_again(hook.id, Some(ann.id)).await.unwrap();
    let read = watch().await;
    assert_eq!((read.told, read.again), (None, 1), "asked before anything was told");
    let progress = |again| Progress { account: ann.id, told: told(9), again };
    store.set_told(hook.id, &[progress(0)]).await.unwrap();
    assert_eq!(watch().await.again, 1, "that answered nothing");
    // Somebody asks once more while it is being told.
    store.ask_again(hook.id, None).await.unwrap();
    store.record(hook.id, &attempt(1), Health::default(), &[progress(read.again)]).await.unwrap();
    let read = watch().await;
    assert_eq!((read.told, read.again > 0), (Some(told(9)), true), "that came before");
    store.record(hook.id, &attempt(2), Health::default(), &[progress(read.again)]).await.unwrap();
    assert_eq!(watch().await.again, 0);
    assert_eq!(store.ask_again(WebhookId(99), None).await.unwrap(), 0);
}

async fn attempts_are_kept_up_to_a_limit(store: &(impl AccountStore + WebhookStore)) {
    let (_, hook) = hooked(store, "a").await;
    let (_, other) = hooked(store, "b").await;
    let good = Attempt { status: Some(200), failure: None, ..attempt(-1) };
    let silent = Attempt { status: None, ..attempt(0) };
    for attempt in [&good, &silent] {
        store.record(other.id, attempt, Health::default(), &[]).await.unwrap();
    }
    let many = i64::from(ATTEMPTS_KEPT) + 5;
    for n in 0..many {
        store.record(hook.id, &attempt(n), Health::default(), &[]).await.unwrap();
    }
    let kept = store.attempts(hook.id).await.unwrap();
    assert_eq!(kept.len(), ATTEMPTS_KEPT as usize);
    assert_eq!((&kept[0], &kept[1]), (&attempt(many - 1), &attempt(many - 2)));
    assert_eq!(store.attempts(other.id).await.unwrap(), [silent, good]);
}

async fn webhooks_go_with_their_app(store: &(impl AccountStore + GrantStore + WebhookStore)) {
    let (app, webhook, ann) = watched(store).await;
    let progress = Progress { account: ann.id, told: told(3), again: 0 };
    store.record(webhook.id, &attempt(1), Health::default(), &[progress]).await.unwrap();
    let (_, other) = hooked(store, "b").await;
    assert!(store.delete_app(&app.key).await.unwrap());
    assert_eq!(store.webhooks().await.unwrap(), [other]);
    assert_eq!(store.attempts(webhook.id).await.unwrap(), []);
    assert_eq!(store.watches(Watched::Again(9)).await.unwrap(), []);
}
