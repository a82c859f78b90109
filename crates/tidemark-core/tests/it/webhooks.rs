//! Telling apps: who is told of what, in which order, and what happens when they do not answer.
#![allow(clippy::unwrap_used, reason = "a test's helpers panic as its tests do")]

use crate::world::{World, content};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidemark_core::cloud::{Cloud, Condition, Put, Reach, Scope};
use tidemark_core::hub::Heard;
use tidemark_core::model::{
    Access, Account, AccountId, App, AppKey, ClientTimes, Draft, EntryId, Epoch, Health, NamespaceId, Path,
    Progress, Proof, SecretHash, Seq, Timestamp, Watermark, Webhook,
};
use tidemark_core::store::memory::{MemoryStore, SeededEntropy};
use tidemark_core::store::{
    AccountChange, AccountStore, AddAccount, Announcement, AppChange, Appended, Clock, GrantStore, Head,
    JournalStore, NewAccount, NewGrant, Snapshot, StoreError, Watched, WebhookChange, WebhookStore, Whereto,
};
use tidemark_core::webhooks::{ChallengeError, Dispatcher, Notifier, NotifyError, Parts, Rules};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// An app's server: writes down what it is told and answers as it was prepared to.
struct Receiver {
    told: mpsc::UnboundedSender<(Instant, String, Vec<AccountId>)>,
    answers: Mutex<VecDeque<Answer>>,
    go: Notify,
}

#[derive(Clone, Copy)]
enum Answer {
    Status(u16),
    /// As soon as the test says go.
    Wait,
    Never,
}

#[async_trait]
impl Notifier for Receiver {
    async fn challenge(&self, _: &str, _: Whereto) -> Result<(), ChallengeError> {
        Ok(())
    }

    async fn notify(&self, _: &App, uri: &str, accounts: &[AccountId]) -> Result<u16, NotifyError> {
        self.told.send((Instant::now(), uri.to_owned(), accounts.to_vec())).expect("the test listens");
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Status(200));
        match answer {
            Answer::Status(status @ 200..300) => Ok(status),
            Answer::Status(status) => Err(NotifyError::Status(status)),
            Answer::Wait => {
                self.go.notified().await;
                Ok(200)
            }
            Answer::Never => std::future::pending().await,
        }
    }
}

/// Journals, one of which contradicts itself.
struct Torn(Arc<MemoryStore>, NamespaceId);

#[async_trait]
impl JournalStore for Torn {
    async fn append(&self, draft: Draft) -> Result<Appended, StoreError> {
        self.0.append(draft).await
    }

    async fn read(&self, namespace: NamespaceId) -> Result<Box<dyn Snapshot>, StoreError> {
        self.0.read(namespace).await
    }

    async fn head(&self, namespace: NamespaceId) -> Result<Head, StoreError> {
        if namespace == self.1 {
            Err(StoreError::Corrupt("torn".into()))
        } else {
            self.0.head(namespace).await
        }
    }

    async fn kept(&self) -> Result<u64, StoreError> {
        self.0.kept().await
    }

    fn epoch(&self) -> Epoch {
        self.0.epoch()
    }
}

/// A world with apps that want to be told.
struct Hooked {
    world: World,
    /// What the dispatcher looks with.
    cloud: Arc<Cloud>,
    receiver: Arc<Receiver>,
    told: mpsc::UnboundedReceiver<(Instant, String, Vec<AccountId>)>,
    rules: Rules,
    running: Option<JoinHandle<()>>,
    grants: u8,
}

const HOOK: &str = "https://app.example/hook";

impl Hooked {
    /// One app that sees everything, with a webhook, that nobody has permitted; and nothing runs.
    async fn new() -> Hooked {
        let (sender, told) = mpsc::unbounded_channel();
        let receiver = Receiver { told: sender, answers: Mutex::default(), go: Notify::new() };
        let world = World::new().await;
        let mut hooked = Hooked {
            cloud: world.cloud.clone(),
            world,
            receiver: Arc::new(receiver),
            told,
            rules: Rules::default(),
            running: None,
            grants: 0,
        };
        hooked.app("full", Access::Full).await;
        hooked
    }

    /// With the one account having permitted the one app, and told of all that it did before.
    async fn running() -> Hooked {
        let mut hooked = Hooked::new().await;
        let ada = hooked.world.account.clone();
        hooked.permit(&ada, "full").await;
        hooked.start().await;
        hooked
    }

    async fn app(&mut self, key: &str, access: Access) {
        let webhook_uris = vec![HOOK.to_owned()];
        let app = App {
            key: AppKey(key.into()),
            name: key.into(),
            access,
            webhook_uris,
            created: self.world.clock.now(),
            ..self.world.app.clone()
        };
        self.world.accounts.add_app(&app).await.unwrap();
    }

    async fn permit(&mut self, account: &Account, app: &str) {
        self.grants += 1;
        let (token, now) = (SecretHash([self.grants; 32]), self.world.clock.now());
        self.world
            .accounts
            .add_grant(NewGrant::lasting(account.id, &AppKey(app.into()), Proof::Bearer, token, now))
            .await
            .unwrap();
    }

    async fn person(&self, email: &str) -> Account {
        let new = NewAccount {
            email: email.into(),
            name: "Bo".into(),
            password: None,
            quota: None,
            admin: false,
            created: Timestamp(0),
            first_only: false,
        };
        let AddAccount::Added(account) = self.world.accounts.add_account(new).await.unwrap() else {
            panic!("{email} is new")
        };
        account
    }

    /// Starts a dispatcher, and lets it look.
    async fn start(&mut self) {
        let World { hub, accounts, clock, .. } = &self.world;
        let dispatcher = Dispatcher::new(Parts {
            cloud: self.cloud.clone(),
            hub: hub.clone(),
            accounts: accounts.clone(),
            webhooks: accounts.clone(),
            notifier: self.receiver.clone(),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(3)),
            rules: self.rules,
        });
        self.running = Some(tokio::spawn(Arc::new(dispatcher).run()));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    /// As if the power went.
    async fn stop(&mut self) {
        let running = self.running.take().expect("it runs");
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
    }

    fn answer(&self, answers: &[Answer]) {
        self.receiver.answers.lock().unwrap().extend(answers);
    }

    async fn put(&self, account: &Account, at: &str) {
        let scope = self.world.cloud.scope(account, Reach::Whole).await.unwrap();
        self.put_as(&scope, at).await;
    }

    async fn put_as(&self, scope: &Scope, at: &str) {
        self.world.clock.advance(Duration::from_millis(1));
        let content = content(&format!("{:?}", self.world.clock.now()));
        let path = Path::parse(at).unwrap();
        let put = Put {
            at: path.into(),
            content,
            condition: Condition::Overwrite,
            autorename: true,
            times: ClientTimes::default(),
        };
        self.world.cloud.put_file(scope, &put).await.unwrap();
    }

    /// The next notification.
    async fn next(&mut self) -> Vec<u64> {
        self.next_in(Duration::from_secs(3_600)).await.expect("a notification comes").1
    }

    async fn next_in(&mut self, within: Duration) -> Option<(Instant, Vec<u64>)> {
        let (at, uri, accounts) = timeout(within, self.told.recv()).await.ok()?.expect("it is open");
        assert_eq!(uri, HOOK);
        Some((at, accounts.into_iter().map(|account| account.0).collect()))
    }

    /// Fails if anything is told within many slow looks.
    async fn nothing_more(&mut self) {
        if let Some(told) = self.next_in(Duration::from_secs(100)).await {
            panic!("it was told of {:?}", told.1);
        }
    }

    async fn hook(&self) -> Webhook {
        self.world.accounts.webhooks().await.unwrap().remove(0)
    }
}

/// At once after quiet, once, and not again.
#[tokio::test(start_paused = true)]
async fn a_change_is_told_at_once_and_once() {
    let mut hooked = Hooked::running().await;
    let ada = hooked.world.account.clone();
    for path in ["/a", "/b"] {
        let began = Instant::now();
        hooked.put(&ada, path).await;
        let (at, told) = hooked.next_in(Duration::from_secs(1)).await.expect("it is told");
        assert_eq!(told, [ada.id.0]);
        assert!(at - began <= Duration::from_millis(20), "{:?}", at - began);
        hooked.nothing_more().await;
    }
    let attempts = hooked.world.accounts.attempts(hooked.hook().await.id).await.unwrap();
    assert_eq!(attempts.len(), 2);
    assert_eq!((attempts[0].status, attempts[0].accounts, &attempts[0].failure), (Some(200), 1, &None));
}

/// Neither the past of whoever links an app is told, nor anything before a webhook was registered.
#[tokio::test(start_paused = true)]
async fn what_was_before_is_not_told() {
    let mut hooked = Hooked::new().await;
    let ada = hooked.world.account.clone();
    hooked.put(&ada, "/old").await;
    hooked.start().await;
    hooked.world.clock.advance(Duration::from_secs(6));
    hooked.permit(&ada, "full").await;
    hooked.nothing_more().await;
    hooked.put(&ada, "/new").await;
    assert_eq!(hooked.next().await, [ada.id.0]);
    let uri = "https://other.example/";
    hooked.world.clock.advance(Duration::from_secs(6));
    hooked.world.accounts.add_webhook(&AppKey("full".into()), uri, hooked.world.clock.now()).await.unwrap();
    hooked.nothing_more().await;
}

/// A change between the permission and the first look at it, by a server that was not even running.
#[tokio::test(start_paused = true)]
async fn nothing_after_the_permission_is_lost() {
    let mut hooked = Hooked::new().await;
    let ada = hooked.world.account.clone();
    for path in ["/a", "/b", "/c", "/d"] {
        hooked.put(&ada, path).await;
    }
    hooked.world.clock.advance(Duration::from_millis(1));
    hooked.permit(&ada, "full").await;
    hooked.put(&ada, "/e").await;
    hooked.start().await;
    assert_eq!(hooked.next().await, [ada.id.0]);
    hooked.nothing_more().await;
}

/// A change has the time of its plan, and is committed later: here, after a permission that is younger than the plan.
#[tokio::test(start_paused = true)]
async fn a_change_that_was_under_way_at_the_permission_is_told() {
    let mut hooked = Hooked::new().await;
    let ada = hooked.world.account.clone();
    hooked.permit(&ada, "full").await;
    let planned = hooked.world.clock.now().0 - 1_000;
    hooked.world.clock.set(Timestamp(planned));
    hooked.put(&ada, "/a").await;
    hooked.start().await;
    assert_eq!(hooked.next().await, [ada.id.0]);
    hooked.nothing_more().await;
}

/// An app with a folder of its own hears of that folder alone, from its making to its loss.
#[tokio::test(start_paused = true)]
async fn an_app_with_a_folder_is_told_of_its_folder_only() {
    let mut hooked = Hooked::new().await;
    let ada = hooked.world.account.clone();
    hooked.app("notes", Access::AppFolder).await;
    hooked.permit(&ada, "notes").await;
    hooked.start().await;
    let notes = hooked.world.accounts.app(&AppKey("notes".into())).await.unwrap().unwrap();
    for n in 0..3 {
        hooked.put(&ada, &format!("/elsewhere {n}")).await;
    }
    hooked.nothing_more().await;
    let reach = Reach::of(&notes);
    let scope = hooked.world.cloud.scope(&ada, reach).await.unwrap();
    hooked.nothing_more().await;
    hooked.put_as(&scope, "/note").await;
    assert_eq!(hooked.next().await, [ada.id.0]);
    for n in 0..1_500 {
        hooked.put(&ada, &format!("/elsewhere {}", n % 7)).await;
    }
    hooked.nothing_more().await;
    let hook = hooked.world.accounts.webhooks().await.unwrap()[1].id;
    let watch = hooked.world.accounts.watches(Watched::Accounts(hook, &[ada.id])).await;
    let kept = watch.unwrap()[0].told.unwrap().seq.0;
    assert!(kept > 1_000, "not all of it is looked through again after a restart: {kept}");
    let whole = hooked.world.whole().await;
    hooked
        .world
        .cloud
        .move_to(&whole, &Path::parse("/Apps").unwrap(), &Path::parse("/B").unwrap(), false)
        .await
        .unwrap();
    hooked.nothing_more().await;
    hooked.put_as(&scope, "/note").await;
    assert_eq!(hooked.next().await, [ada.id.0]);
    hooked.world.cloud.delete(&whole, &Path::parse("/B").unwrap()).await.unwrap();
    assert_eq!(hooked.next().await, [ada.id.0], "it lost its folder");
    hooked.put(&ada, "/elsewhere").await;
    hooked.nothing_more().await;
    let scope = hooked.world.cloud.scope(&ada, reach).await.unwrap();
    hooked.put_as(&scope, "/note").await;
    assert_eq!(hooked.next().await, [ada.id.0], "and has another");
    hooked.nothing_more().await;
}

/// A folder is there before it is known for the app's. A look that falls between does not take it for news.
#[tokio::test(start_paused = true)]
async fn making_the_apps_folder_is_no_news() {
    let mut hooked = Hooked::new().await;
    let ada = hooked.world.account.clone();
    hooked.app("notes", Access::AppFolder).await;
    hooked.permit(&ada, "notes").await;
    let notes = hooked.world.accounts.app(&AppKey("notes".into())).await.unwrap().unwrap();
    let scope = hooked.world.cloud.scope(&ada, Reach::of(&notes)).await.unwrap();
    let seq = hooked.world.store.head(ada.namespace).await.unwrap().seq;
    let told = Watermark { epoch: hooked.world.store.epoch(), root: None, seq };
    let hook = hooked.world.accounts.webhooks().await.unwrap()[1].id;
    hooked.world.accounts.set_told(hook, &[Progress { account: ada.id, told, again: 0 }]).await.unwrap();
    hooked.start().await;
    hooked.nothing_more().await;
    hooked.put_as(&scope, "/note").await;
    assert_eq!(hooked.next().await, [ada.id.0]);
    hooked.nothing_more().await;
}

/// Of a store that was put back from a copy everything is news: its readers are to begin again.
#[tokio::test(start_paused = true)]
async fn another_life_of_the_store_is_news() {
    let mut hooked = Hooked::new().await;
    let ada = hooked.world.account.clone();
    hooked.permit(&ada, "full").await;
    let hook = hooked.hook().await.id;
    let here = Watermark { epoch: hooked.world.store.epoch(), root: Some(EntryId::ROOT), seq: Seq(0) };
    for told in [Watermark { epoch: Epoch(99), ..here }, Watermark { seq: Seq(99), ..here }] {
        hooked.world.accounts.set_told(hook, &[Progress { account: ada.id, told, again: 0 }]).await.unwrap();
        hooked.start().await;
        assert_eq!(hooked.next().await, [ada.id.0]);
        hooked.nothing_more().await;
        hooked.stop().await;
    }
}

/// However much changes while the app thinks: it is one further notification. And then there is a pause.
#[tokio::test(start_paused = true)]
async fn changes_meanwhile_are_told_together() {
    let mut hooked = Hooked::running().await;
    let (ada, bo) = (hooked.world.account.clone(), hooked.person("bo@example.org").await);
    hooked.permit(&bo, "full").await;
    hooked.answer(&[Answer::Wait]);
    hooked.put(&ada, "/a").await;
    assert_eq!(hooked.next().await, [ada.id.0]);
    for n in 0..50 {
        hooked.put(&bo, &format!("/{n}")).await;
        hooked.put(&ada, &format!("/{n}")).await;
    }
    assert!(hooked.next_in(Duration::from_secs(5)).await.is_none(), "one is under way");
    let answered = Instant::now();
    hooked.receiver.go.notify_one();
    let (at, mut told) = hooked.next_in(Duration::from_secs(1)).await.expect("there is more");
    told.sort_unstable();
    assert_eq!(told, [ada.id.0, bo.id.0]);
    assert_eq!(at - answered, hooked.rules.pause);
    hooked.nothing_more().await;
}

/// What changes while a notification is under way is told by another, because the app may have asked too early.
#[tokio::test(start_paused = true)]
async fn a_change_during_a_delivery_is_not_swallowed() {
    let mut hooked = Hooked::running().await;
    let ada = hooked.world.account.clone();
    hooked.answer(&[Answer::Wait]);
    hooked.put(&ada, "/a").await;
    assert_eq!(hooked.next().await, [ada.id.0]);
    hooked.put(&ada, "/b").await;
    hooked.receiver.go.notify_one();
    assert_eq!(hooked.next().await, [ada.id.0]);
    hooked.nothing_more().await;
}

/// One body tells of so many accounts; the others come with the next.
#[tokio::test(start_paused = true)]
async fn a_notification_has_a_limit() {
    let mut hooked = Hooked::new().await;
    hooked.rules.accounts_max = 2;
    let mut people = Vec::new();
    for n in 0..5 {
        let person = hooked.person(&format!("{n}@example.org")).await;
        hooked.permit(&person, "full").await;
        people.push(person);
    }
    for person in &people {
        hooked.put(person, "/a").await;
    }
    hooked.start().await;
    let mut told = Vec::new();
    for size in [2, 2, 1] {
        let some = hooked.next().await;
        assert_eq!(some.len(), size);
        told.extend(some);
    }
    told.sort_unstable();
    assert_eq!(told, people.iter().map(|person| person.id.0).collect::<Vec<_>>());
    hooked.nothing_more().await;
}

/// Failures of every kind are tried again, each time later; then it goes on as if nothing had been.
#[tokio::test(start_paused = true)]
async fn what_fails_is_tried_again_later_and_later() {
    let mut hooked = Hooked::running().await;
    let ada = hooked.world.account.clone();
    let failures =
        [Answer::Status(500), Answer::Status(404), Answer::Status(302), Answer::Never, Answer::Status(503)];
    hooked.answer(&failures);
    hooked.put(&ada, "/a").await;
    let mut last = None;
    for n in 0..=failures.len() {
        let (at, told) = hooked.next_in(Duration::from_secs(60)).await.expect("it is tried again");
        assert_eq!(told, [ada.id.0]);
        if let Some(last) = last {
            let waited = at.duration_since(last);
            let longest = Duration::from_secs(1 << (n - 1))
                + if n == 4 { Duration::from_secs(10) } else { Duration::ZERO };
            assert!(waited <= longest && waited >= Duration::from_millis(500 << (n - 1)), "{n}: {waited:?}");
        }
        last = Some(at);
    }
    hooked.nothing_more().await;
    assert_eq!(hooked.hook().await.health, Health::default());
    let attempts = hooked.world.accounts.attempts(hooked.hook().await.id).await.unwrap();
    let said: Vec<_> = attempts.iter().rev().map(|a| (a.status, a.failure.as_deref())).collect();
    assert_eq!(said[0], (Some(500), Some("it answered with status 500")));
    assert_eq!(said[3], (None, Some("the host took too long")));
    assert_eq!(said[5], (Some(200), None));
}

/// The process dies while a notification is under way, or before: the next one sends it.
#[tokio::test(start_paused = true)]
async fn what_was_not_answered_is_told_after_a_restart() {
    let mut hooked = Hooked::running().await;
    let ada = hooked.world.account.clone();
    hooked.answer(&[Answer::Never]);
    hooked.put(&ada, "/a").await;
    assert_eq!(hooked.next().await, [ada.id.0]);
    hooked.stop().await;
    hooked.start().await;
    assert_eq!(hooked.next().await, [ada.id.0]);
    hooked.nothing_more().await;
    hooked.stop().await;
    hooked.put(&ada, "/b").await;
    hooked.start().await;
    assert_eq!(hooked.next().await, [ada.id.0]);
    hooked.nothing_more().await;
    hooked.stop().await;
    hooked.start().await;
    hooked.nothing_more().await;
}

/// The plan to try again later survives, too; one made by a clock that was wrong waits no longer than the longest wait.
#[tokio::test(start_paused = true)]
async fn a_restart_keeps_to_the_wait() {
    let mut hooked = Hooked::running().await;
    let ada = hooked.world.account.clone();
    hooked.answer(&[Answer::Status(500); 4]);
    hooked.put(&ada, "/a").await;
    for _ in 0..4 {
        hooked.next().await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    hooked.stop().await;
    let began = Instant::now();
    hooked.start().await;
    let (at, _) = hooked.next_in(Duration::from_secs(60)).await.expect("it is tried again");
    assert!((4..=9).contains(&(at - began).as_secs()), "{:?}", at - began);

    hooked.answer(&[Answer::Status(500)]);
    hooked.put(&ada, "/b").await;
    hooked.next().await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    hooked.stop().await;
    hooked.world.clock.set(Timestamp(0));
    let began = Instant::now();
    hooked.start().await;
    let (at, _) = hooked.next_in(Duration::from_secs(3_600)).await.expect("it is tried again");
    assert!(at - began <= hooked.rules.retry_max + Duration::from_secs(1), "{:?}", at - began);
}

/// Given up after days of failure, or when the address is gone; nothing is lost when it is taken up again.
#[tokio::test(start_paused = true)]
async fn a_webhook_is_given_up_and_taken_up_again() {
    let mut hooked = Hooked::running().await;
    let ada = hooked.world.account.clone();
    for (failures, last) in [(20, 500), (2, 410)] {
        hooked.answer(&[Answer::Status(500)].repeat(failures - 1));
        hooked.answer(&[Answer::Status(last)]);
        hooked.put(&ada, "/a").await;
        hooked.next().await;
        if last == 500 {
            hooked.world.clock.advance(hooked.rules.disable_after);
        }
        for _ in 1..failures {
            hooked.next().await;
        }
        hooked.put(&ada, "/b").await;
        hooked.nothing_more().await;
        let hook = hooked.hook().await;
        assert!(hook.health.disabled.is_some());
        hooked.stop().await;
        hooked.start().await;
        hooked.nothing_more().await;
        hooked.world.accounts.change_webhook(hook.id, WebhookChange::Enable).await.unwrap();
        let (_, told) = hooked.next_in(Duration::from_secs(2)).await.expect("soon");
        assert_eq!(told, [ada.id.0]);
        hooked.nothing_more().await;
    }
}

/// Somebody else's process asks for it; the server takes notice within a second or so, even while it waits to try again.
#[tokio::test(start_paused = true)]
async fn asked_to_it_tells_again() {
    let mut hooked = Hooked::running().await;
    let (ada, bo) = (hooked.world.account.clone(), hooked.person("bo@example.org").await);
    hooked.permit(&bo, "full").await;
    let hook = hooked.hook().await.id;
    let soon = Duration::from_secs(2);
    for (account, told) in [(None, vec![ada.id.0, bo.id.0]), (Some(bo.id), vec![bo.id.0])] {
        hooked.world.accounts.ask_again(hook, account).await.unwrap();
        assert_eq!(hooked.next_in(soon).await.expect("soon").1, told);
        hooked.nothing_more().await;
    }
    hooked.answer(&[Answer::Status(500); 8]);
    hooked.put(&ada, "/a").await;
    for _ in 0..8 {
        hooked.next().await;
    }
    hooked.world.accounts.ask_again(hook, Some(bo.id)).await.unwrap();
    assert!(hooked.next_in(soon).await.is_none(), "it waits a minute or two");
    hooked.world.accounts.change_webhook(hook, WebhookChange::TryNow).await.unwrap();
    let mut told = hooked.next_in(soon).await.expect("soon").1;
    told.sort_unstable();
    assert_eq!(told, [ada.id.0, bo.id.0]);
    hooked.nothing_more().await;
}

/// Nobody who is shut out is told, or told of; when they are let in again, nothing was lost.
#[tokio::test(start_paused = true)]
async fn what_is_shut_out_is_not_told() {
    let mut hooked = Hooked::running().await;
    let ada = hooked.world.account.clone();
    let app = hooked.world.accounts.app(&AppKey("full".into())).await.unwrap().unwrap();
    for disabled in [true, false] {
        hooked.world.accounts.change_app(&app.key, AppChange::Disabled(disabled)).await.unwrap();
        if disabled {
            hooked.put(&ada, "/a").await;
            hooked.nothing_more().await;
        }
    }
    assert_eq!(hooked.next().await, [ada.id.0]);
    for disabled in [true, false] {
        hooked.world.accounts.change_account(ada.id, AccountChange::Disabled(disabled)).await.unwrap();
        if disabled {
            hooked.put(&ada, "/b").await;
            hooked.nothing_more().await;
        }
    }
    assert_eq!(hooked.next().await, [ada.id.0]);
    // A permission that ends while a notification waits to be tried again takes it along.
    hooked.answer(&[Answer::Status(500)]);
    hooked.put(&ada, "/c").await;
    hooked.next().await;
    hooked.world.accounts.unlink(ada.id, &app.key).await.unwrap();
    hooked.put(&ada, "/d").await;
    hooked.nothing_more().await;
}

/// What of one account cannot be read is no reason to leave the others out, neither at once nor at the slow look.
#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_be_read_is_left_out_alone() {
    let mut hooked = Hooked::new().await;
    let (ada, bo) = (hooked.world.account.clone(), hooked.person("bo@example.org").await);
    hooked.cloud = Arc::new(hooked.world.over(Arc::new(Torn(hooked.world.store.clone(), ada.namespace))));
    for person in [&ada, &bo] {
        hooked.permit(person, "full").await;
    }
    hooked.start().await;
    for person in [&ada, &bo] {
        hooked.put(person, "/a").await;
    }
    assert_eq!(hooked.next_in(Duration::from_secs(5)).await.expect("it is told").1, [bo.id.0]);
    hooked.nothing_more().await;
    let scope = hooked.world.cloud.scope(&bo, Reach::Whole).await.unwrap();
    put_unheard(&hooked, &scope, "/b").await;
    assert_eq!(hooked.next_in(Duration::from_secs(16)).await.expect("found by looking").1, [bo.id.0]);
}

/// Puts a file on another node, so that nobody here hears of it.
async fn put_unheard(hooked: &Hooked, scope: &Scope, at: &str) {
    let put = Put {
        at: (Path::parse(at).unwrap()).into(),
        content: content("x"),
        condition: Condition::Overwrite,
        autorename: true,
        times: ClientTimes::default(),
    };
    hooked.world.on_another_node().put_file(scope, &put).await.unwrap();
}

/// An announcement that gets lost costs the time until the next look.
#[tokio::test(start_paused = true)]
async fn a_lost_wake_up_costs_time_only() {
    let mut hooked = Hooked::running().await;
    let ada = hooked.world.account.clone();
    let scope = hooked.world.whole().await;
    put_unheard(&hooked, &scope, "/a").await;
    let (_, told) = hooked.next_in(Duration::from_secs(16)).await.expect("found by looking");
    assert_eq!(told, [ada.id.0]);
    // And one that tells nothing new wakes nobody.
    hooked.world.hub.hear(Announcement { namespace: ada.namespace, seq: Seq(99), loud: true });
    hooked.nothing_more().await;
}

/// Deliveries under way are counted over all apps, and one that is slow keeps no other waiting but for its place.
#[tokio::test(start_paused = true)]
async fn so_many_are_under_way_at_once() {
    let mut hooked = Hooked::new().await;
    hooked.rules.deliveries_max = 2;
    let ada = hooked.world.account.clone();
    for key in ["one", "two", "three"] {
        hooked.app(key, Access::Full).await;
        hooked.permit(&ada, key).await;
    }
    hooked.start().await;
    hooked.answer(&[Answer::Wait; 3]);
    hooked.put(&ada, "/a").await;
    let short = Duration::from_secs(5);
    for there in [true, true, false] {
        assert_eq!(hooked.next_in(short).await.is_some(), there);
    }
    hooked.receiver.go.notify_one();
    assert!(hooked.next_in(short).await.is_some());
}

/// While no app has a webhook, commits are not even remembered.
#[tokio::test(start_paused = true)]
async fn without_webhooks_nothing_is_remembered() {
    let mut hooked = Hooked::running().await;
    let ada = hooked.world.account.clone();
    let hook = hooked.hook().await.id;
    hooked.world.accounts.remove_webhook(hook).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    hooked.stop().await;
    hooked.put(&ada, "/a").await;
    let heard = timeout(Duration::from_secs(1), hooked.world.hub.everything().heard()).await;
    assert!(heard.is_err(), "{heard:?}");
    hooked.world.hub.everything().want(true);
    hooked.put(&ada, "/b").await;
    let heard = timeout(Duration::from_secs(1), hooked.world.hub.everything().heard()).await.unwrap();
    assert_eq!(heard, Heard::Of([ada.namespace].into()));
}
