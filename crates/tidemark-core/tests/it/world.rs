//! A cloud in memory, with one person in it.

use std::sync::Arc;
use tidemark_core::cloud::{Cloud, Parts, Reach, Scope, SearchLimits};
use tidemark_core::hub::{Hub, Limits};
use tidemark_core::journal::Journal;
use tidemark_core::model::{Access, Account, App, AppKey, Content, Epoch, Timestamp, digest_of};
use tidemark_core::store::memory::{ManualClock, MemoryAccounts, MemoryStore, SeededEntropy};
use tidemark_core::store::{AccountStore, AddAccount, BlockStore, JournalStore, Loopback, NewAccount};

pub(crate) struct World {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) accounts: Arc<MemoryAccounts>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) account: Account,
    pub(crate) app: App,
}

impl World {
    pub(crate) async fn new() -> World {
        World::with_quota(None).await
    }

    pub(crate) async fn with_quota(quota: Option<u64>) -> World {
        World::with(quota, SearchLimits::default()).await
    }

    /// One in which searches may cost so much.
    pub(crate) async fn searching(limits: SearchLimits) -> World {
        World::with(None, limits).await
    }

    async fn with(quota: Option<u64>, limits: SearchLimits) -> World {
        let store = Arc::new(MemoryStore::new(Epoch(7)));
        let accounts = Arc::new(MemoryAccounts::default());
        let hub = Arc::new(Hub::new(Limits::default()));
        let clock = Arc::new(ManualClock::new(Timestamp(1_400_000_000_000)));
        let added = accounts
            .add_account(NewAccount {
                email: "ada@example.org".into(),
                name: "Ada King".into(),
                password: None,
                quota,
                admin: false,
                created: Timestamp(0),
                first_only: false,
            })
            .await;
        let Ok(AddAccount::Added(account)) = added else { panic!("{added:?}") };
        let app = App {
            key: AppKey("app".into()),
            secret: "secret".into(),
            name: "Notes".into(),
            access: Access::AppFolder,
            redirect_uris: Vec::new(),
            webhook_uris: Vec::new(),
            disabled: false,
            paused: false,
            created: Timestamp(0),
            owner: None,
        };
        accounts.add_app(&app).await.expect("memory does not fail");
        let cloud = Arc::new(node(&store, Arc::clone(&store) as _, &accounts, &hub, &clock, limits));
        World { cloud, store, accounts, hub, clock, account, app }
    }

    /// Another node over the same stores, that nobody on this one hears of.
    pub(crate) fn on_another_node(&self) -> Cloud {
        self.over(Arc::clone(&self.store) as _)
    }

    /// Another person, with an empty tree.
    pub(crate) async fn person(&self, email: &str, quota: Option<u64>) -> Account {
        let new = NewAccount {
            email: email.into(),
            name: "Bo".into(),
            password: None,
            quota,
            admin: false,
            created: Timestamp(0),
            first_only: false,
        };
        match self.accounts.add_account(new).await {
            Ok(AddAccount::Added(account)) => account,
            other => panic!("{email} was not added: {other:?}"),
        }
    }

    /// Another node, which comes to the journals by way of this store.
    pub(crate) fn over(&self, journals: Arc<dyn JournalStore>) -> Cloud {
        let hub = Arc::new(Hub::new(Limits::default()));
        node(&self.store, journals, &self.accounts, &hub, &self.clock, SearchLimits::default())
    }

    /// Another node, which keeps its bytes by way of this store.
    pub(crate) fn keeping(&self, blocks: Arc<dyn BlockStore>) -> Cloud {
        let hub = Arc::new(Hub::new(Limits::default()));
        let limits = SearchLimits::default();
        Cloud::new(Parts {
            blocks,
            ..parts(&self.store, Arc::clone(&self.store) as _, &self.accounts, &hub, &self.clock, limits)
        })
    }

    /// Another node over the same stores, on which searches may cost so much.
    pub(crate) fn searching_by(&self, limits: SearchLimits) -> Cloud {
        let (hub, journals) = (Arc::new(Hub::new(Limits::default())), Arc::clone(&self.store) as _);
        node(&self.store, journals, &self.accounts, &hub, &self.clock, limits)
    }

    pub(crate) async fn whole(&self) -> Scope {
        self.cloud.scope(&self.account, Reach::Whole).await.expect("memory does not fail")
    }

    pub(crate) async fn app_folder(&self) -> Scope {
        self.cloud.scope(&self.account, Reach::AppFolder(&self.app)).await.expect("memory does not fail")
    }
}

/// Some bytes that nobody stored; good for trees that are never read.
pub(crate) fn content(text: &str) -> Content {
    Content { size: text.len() as u64, address: digest_of(text.as_bytes()) }
}

fn node(
    store: &Arc<MemoryStore>,
    journals: Arc<dyn JournalStore>,
    accounts: &Arc<MemoryAccounts>,
    hub: &Arc<Hub>,
    clock: &Arc<ManualClock>,
    search_limits: SearchLimits,
) -> Cloud {
    Cloud::new(parts(store, journals, accounts, hub, clock, search_limits))
}

fn parts(
    store: &Arc<MemoryStore>,
    journals: Arc<dyn JournalStore>,
    accounts: &Arc<MemoryAccounts>,
    hub: &Arc<Hub>,
    clock: &Arc<ManualClock>,
    search_limits: SearchLimits,
) -> Parts {
    Parts {
        journal: Journal::new(journals, Arc::new(Loopback(Arc::clone(hub)))),
        blocks: Arc::clone(store) as _,
        uploads: Arc::clone(store) as _,
        accounts: Arc::clone(accounts) as _,
        grants: Arc::clone(accounts) as _,
        links: Arc::clone(accounts) as _,
        names: Arc::clone(store) as _,
        search_limits,
        hub: Arc::clone(hub),
        clock: Arc::clone(clock) as _,
        entropy: Arc::new(SeededEntropy::new(1)),
    }
}
