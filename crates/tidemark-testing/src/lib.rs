//! The real server in this process, over stores in memory: what tests, fuzz targets and the simulator ask their questions of.
//!
//! [`MemoryServer::assemble`] puts the parts together as the binary does, over [`Seams`] that a test holds the other end of.

#[cfg(feature = "client")]
mod wire;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use tidemark_api::box_events::{self, BoxEvents};
use tidemark_api::dropbox_v1::{self, DropboxV1};
use tidemark_api::http::Origin;
use tidemark_api::telemetry::Inspector;
use tidemark_api::tokens::Sealer;
use tidemark_api::{Intakes, oauth, web};
use tidemark_core::cloud::{self, Cloud, SearchLimits};
use tidemark_core::fetches::{self, Fetches};
use tidemark_core::hub::{Hub, Limits};
use tidemark_core::journal::Journal;
use tidemark_core::media::{self, Media};
use tidemark_core::model::{Access, Account, App, Epoch, Timestamp};
use tidemark_core::people::{NewApp, People, RateLimits};
use tidemark_core::store::memory::{
    ManualClock, MemoryAccounts, MemoryRenditions, MemoryStore, PretendImaging, SeededEntropy,
};
use tidemark_core::store::{
    AccountStore as _, AddAccount, BlockStore, Clock, Egress, EgressError, Entropy, FetchStore, Incoming,
    JournalStore, Loopback, NameIndex, NewAccount, Outgoing, UploadStore,
};
use tidemark_core::webhooks::{Notifier, Registry};

#[cfg(feature = "client")]
pub use wire::exchange;

/// When a server's time begins, unless a test says otherwise: Wed, 05 Feb 2014 09:07:03 +0000.
pub const BEGINNING: Timestamp = Timestamp(1_391_591_223_000);

/// Keeps all that is in people's trees.
pub trait Store: JournalStore + BlockStore + UploadStore + FetchStore + NameIndex {}

impl<S: JournalStore + BlockStore + UploadStore + FetchStore + NameIndex> Store for S {}

/// What a server stands on, and a test may hold the other end of.
#[derive(Clone)]
pub struct Seams<S> {
    /// People's trees.
    pub store: Arc<S>,
    /// Who they are, and what they permit.
    pub accounts: Arc<MemoryAccounts>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Secrets and names.
    pub entropy: Arc<dyn Entropy>,
    /// The way to other servers.
    pub egress: Arc<dyn Egress>,
    /// Takes texts that begin with `picture` for pictures.
    pub imaging: Arc<PretendImaging>,
}

impl Seams<MemoryStore> {
    /// Empty stores, a clock that stands, secrets that are the same each time, and no other servers.
    #[must_use]
    pub fn new(clock: &Arc<ManualClock>) -> Self {
        Seams::over(Arc::new(MemoryStore::new(Epoch(1))), clock.clone())
    }
}

impl<S> Seams<S> {
    /// The same over a store of one's own, with a time of one's own.
    #[must_use]
    pub fn over(store: Arc<S>, clock: Arc<dyn Clock>) -> Self {
        Seams {
            store,
            accounts: Arc::default(),
            clock,
            entropy: Arc::new(SeededEntropy::new(1)),
            egress: Arc::new(Nowhere),
            imaging: Arc::default(),
        }
    }
}

/// What a server may be told otherwise.
pub struct Choices {
    /// How many may wait for changes.
    pub limits: Limits,
    /// How often somebody may try.
    pub rates: RateLimits,
    /// Of the Core API v1. Nobody's poll is answered later than it could be.
    pub settings: dropbox_v1::Settings,
    /// Of the Box Content API.
    pub box_settings: box_events::Settings,
    /// What files from URLs may cost.
    pub fetches: fetches::Limits,
    /// What looking for names may cost.
    pub search_limits: SearchLimits,
    /// What thumbnails and previews may cost. Nobody waits for a page that is being made.
    pub media: media::Limits,
    /// How many of them are kept.
    pub renditions_max: usize,
}

impl Default for Choices {
    fn default() -> Choices {
        Choices {
            limits: Limits::default(),
            rates: RateLimits::default(),
            settings: dropbox_v1::Settings { poll_jitter_max: Duration::ZERO, ..Default::default() },
            box_settings: box_events::Settings::default(),
            fetches: fetches::Limits::default(),
            search_limits: SearchLimits::default(),
            media: media::Limits { page_patience: Duration::ZERO, ..Default::default() },
            renditions_max: 1000,
        }
    }
}

/// The parts of a server.
#[derive(Clone)]
pub struct MemoryServer {
    /// Who waits for changes.
    pub hub: Arc<Hub>,
    /// What is done to people's trees.
    pub cloud: Arc<Cloud>,
    /// Who they are, and what they permit.
    pub people: Arc<People>,
    /// Files from URLs, as they can be made again after a restart.
    pub fetch_parts: fetches::Parts,
    /// Files from URLs.
    pub fetches: Arc<Fetches>,
    /// Thumbnails and previews.
    pub media: Arc<Media>,
    /// The Core API v1.
    pub dropbox_v1: Arc<DropboxV1>,
    /// The Box Content API.
    pub box_events: Arc<BoxEvents>,
    accounts: Arc<MemoryAccounts>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl MemoryServer {
    /// A server over these seams.
    #[must_use]
    pub fn assemble<S: Store>(seams: Seams<S>, choices: Choices) -> MemoryServer {
        let Seams { store, accounts, clock, entropy, egress, imaging } = seams;
        let hub = Arc::new(Hub::new(choices.limits));
        let cloud = Arc::new(Cloud::new(cloud::Parts {
            journal: Journal::new(store.clone(), Arc::new(Loopback(hub.clone()))),
            blocks: store.clone(),
            uploads: store.clone(),
            accounts: accounts.clone(),
            grants: accounts.clone(),
            links: accounts.clone(),
            names: store.clone(),
            search_limits: choices.search_limits,
            hub: hub.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        }));
        let people = People::new(accounts.clone(), accounts.clone(), clock.clone(), entropy.clone());
        let people = Arc::new(people.rate_limits(choices.rates));
        let fetch_parts = fetches::Parts {
            cloud: cloud.clone(),
            accounts: accounts.clone(),
            grants: accounts.clone(),
            uploads: store.clone(),
            fetches: store.clone(),
            egress,
            clock: clock.clone(),
            entropy: entropy.clone(),
            limits: choices.fetches,
        };
        let fetches = Arc::new(Fetches::new(fetch_parts.clone()));
        let media = Arc::new(Media::new(media::Parts {
            blocks: store,
            imaging,
            renditions: Arc::new(MemoryRenditions::new(choices.renditions_max)),
            clock: clock.clone(),
            limits: choices.media,
        }));
        // The key is the same each time: cursors outlive a process.
        let sealer = Sealer::new(&[7; 32], entropy.clone());
        let intakes = Arc::new(Intakes::new(choices.settings.uploads_per_account_max));
        let dropbox_v1 = Arc::new(DropboxV1::new(dropbox_v1::Parts {
            cloud: cloud.clone(),
            people: people.clone(),
            fetches: fetches.clone(),
            media: media.clone(),
            sealer: sealer.clone(),
            entropy: entropy.clone(),
            origin: Origin::default(),
            intakes: intakes.clone(),
            settings: choices.settings,
        }));
        let box_events = Arc::new(BoxEvents::new(box_events::Parts {
            cloud: cloud.clone(),
            people: people.clone(),
            media: media.clone(),
            sealer,
            entropy: entropy.clone(),
            origin: Origin::default(),
            intakes,
            settings: choices.box_settings,
        }));
        MemoryServer {
            hub,
            cloud,
            people,
            fetch_parts,
            fetches,
            media,
            dropbox_v1,
            box_events,
            accounts,
            clock,
            entropy,
        }
    }

    /// Its pages, with this way of telling apps of changes.
    #[must_use]
    pub fn site(&self, notifier: Arc<dyn Notifier>) -> web::Site {
        let registry =
            Registry::new(self.people.clone(), self.accounts.clone(), notifier, self.clock.clone());
        let inspector = Arc::new(Inspector::new(self.clock.clone()));
        let console = web::Console { registry: Arc::new(registry), inspector };
        web::Site::new(self.people.clone(), self.cloud.clone(), self.media.clone(), console)
    }

    /// Its pages, both OAuths and the Core API v1. No app is told of changes.
    pub fn router(&self) -> Router {
        let site = self.site(Arc::new(dropbox_v1::Webhooks::new(Arc::new(Nowhere), self.entropy.clone())));
        let api = self.dropbox_v1.clone();
        web::router(site.clone())
            .merge(oauth::router(site))
            .fallback(async move |request: axum::extract::Request| api.handle(request).await)
    }

    /// A new account that nobody can sign in to: it has no password, of which making one takes long.
    ///
    /// # Panics
    ///
    /// If somebody has this address already.
    pub async fn account(&self, email: &str, name: &str, quota: Option<u64>) -> Account {
        let account = NewAccount {
            email: email.to_owned(),
            name: name.to_owned(),
            password: None,
            quota,
            admin: false,
            created: self.clock.now(),
            first_only: false,
        };
        match self.accounts.add_account(account).await {
            Ok(AddAccount::Added(account)) => account,
            other => panic!("{email} was not added: {other:?}"),
        }
    }

    /// A new app that nobody is sent back to.
    ///
    /// # Panics
    ///
    /// If the store is broken.
    pub async fn app(&self, name: &str, access: Access) -> App {
        let app = NewApp {
            name: name.to_owned(),
            access,
            redirect_uris: Vec::new(),
            same_name: true,
            owner: None,
            webhook_uris: Vec::new(),
        };
        self.people.register_app(app).await.expect("a store in memory takes an app")
    }

    /// The token of an app that this person permits.
    ///
    /// # Panics
    ///
    /// If the store is broken.
    pub async fn token(&self, account: &Account, app: &App) -> String {
        let (token, _) =
            self.people.issue_token(account, app).await.expect("a store in memory takes a token");
        token.reveal().to_owned()
    }
}

/// No other servers.
struct Nowhere;

#[async_trait]
impl Egress for Nowhere {
    fn check(&self, _url: &str) -> Result<(), EgressError> {
        Ok(())
    }

    async fn send(&self, _request: Outgoing) -> Result<Incoming, EgressError> {
        Err(EgressError::Unknown)
    }
}
