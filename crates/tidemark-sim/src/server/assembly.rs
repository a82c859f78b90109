//! The parts of a server, put together.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tidemark_api::Intakes;
use tidemark_api::dropbox_v1::{DropboxV1, Parts, Settings};
use tidemark_api::http::Origin;
use tidemark_api::tokens::Sealer;
use tidemark_core::cloud::{self, Cloud, SearchLimits};
use tidemark_core::fetches::{self, Fetches};
use tidemark_core::hub::{Hub, Limits};
use tidemark_core::journal::Journal;
use tidemark_core::media::{self, Media};
use tidemark_core::model::{Access, Account, Timestamp};
use tidemark_core::people::{NewApp, People};
use tidemark_core::store::memory::{
    MemoryAccounts, MemoryRenditions, MemoryStore, PretendImaging, SeededEntropy,
};
use tidemark_core::store::{
    AccountStore, AddAccount, Egress, EgressError, Entropy, Incoming, Loopback, NewAccount, Outgoing,
};

use crate::clock::SimClock;

/// What outlives a process: its stores, and what tells the time and makes secrets.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) store: Arc<MemoryStore>,
    pub(super) accounts: Arc<MemoryAccounts>,
    pub(super) clock: SimClock,
    pub(super) entropy: Arc<SeededEntropy>,
}

/// What a process is while it runs.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) api: Arc<DropboxV1>,
    pub(super) people: Arc<People>,
}

/// Nothing in a simulation reaches a network.
struct Nowhere;

#[async_trait]
impl Egress for Nowhere {
    fn check(&self, _: &str) -> Result<(), EgressError> {
        Err(EgressError::Forbidden)
    }

    async fn send(&self, _: Outgoing) -> Result<Incoming, EgressError> {
        Err(EgressError::Forbidden)
    }
}

impl Kept {
    /// A process over these stores.
    pub(super) fn start(&self) -> Running {
        let Kept { store, accounts, .. } = self;
        let clock = Arc::new(self.clock.clone());
        let entropy: Arc<dyn Entropy> = self.entropy.clone();
        let hub = Arc::new(Hub::new(Limits::default()));
        let cloud = Arc::new(Cloud::new(cloud::Parts {
            journal: Journal::new(store.clone(), Arc::new(Loopback(hub.clone()))),
            blocks: store.clone(),
            uploads: store.clone(),
            accounts: accounts.clone(),
            grants: accounts.clone(),
            links: accounts.clone(),
            names: store.clone(),
            search_limits: SearchLimits::default(),
            hub,
            clock: clock.clone(),
            entropy: entropy.clone(),
        }));
        let people = People::new(accounts.clone(), accounts.clone(), clock.clone(), entropy.clone());
        let people = Arc::new(people);
        let fetches = Arc::new(Fetches::new(fetches::Parts {
            cloud: cloud.clone(),
            accounts: accounts.clone(),
            grants: accounts.clone(),
            uploads: store.clone(),
            fetches: store.clone(),
            egress: Arc::new(Nowhere),
            clock: clock.clone(),
            entropy: entropy.clone(),
            limits: fetches::Limits::default(),
        }));
        let media = Arc::new(Media::new(media::Parts {
            blocks: store.clone(),
            imaging: Arc::new(PretendImaging::default()),
            renditions: Arc::new(MemoryRenditions::new(10)),
            clock,
            limits: media::Limits::default(),
        }));
        let settings = Settings { poll_jitter_max: Duration::from_millis(200), ..Settings::default() };
        let api = Arc::new(DropboxV1::new(Parts {
            cloud,
            people: people.clone(),
            fetches,
            media,
            // The key is kept with the stores: cursors outlive a process.
            sealer: Sealer::new(&[7; 32], entropy.clone()),
            entropy,
            origin: Origin::default(),
            intakes: Arc::new(Intakes::new(settings.uploads_per_account_max)),
            settings,
        }));
        Running { api, people }
    }

    /// An account, and the token of an app that sees all of it.
    pub(super) async fn settle(&self, running: &Running) -> (Account, String) {
        let person = NewAccount {
            email: "ada@example.org".to_owned(),
            name: "Ada".to_owned(),
            password: None,
            quota: None,
            admin: false,
            created: Timestamp(0),
            first_only: false,
        };
        let Ok(AddAccount::Added(account)) = self.accounts.add_account(person).await else {
            unreachable!("the first account of a store is added");
        };
        let app = NewApp {
            name: "Tidemark".to_owned(),
            access: Access::Full,
            redirect_uris: Vec::new(),
            same_name: true,
            owner: None,
            webhook_uris: Vec::new(),
        };
        let app = running.people.register_app(app).await.expect("a store in memory takes an app");
        let (token, _) = running.people.issue_token(&account, &app).await.expect("and a token");
        (account, token.reveal().to_owned())
    }
}
