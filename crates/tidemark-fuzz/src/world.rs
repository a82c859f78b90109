//! A cloud in memory with one account, for targets that need a whole adapter.

use async_trait::async_trait;
use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use std::cell::OnceCell;
use std::sync::Arc;

use tidemark_api::Intakes;
use tidemark_api::box_events::{self, BoxEvents};
use tidemark_api::dropbox_v1::{DropboxV1, Parts, Settings};
use tidemark_api::http::Origin;
use tidemark_api::tokens::Sealer;
use tidemark_core::cloud::{self, Cloud, Reach, SearchLimits};
use tidemark_core::fetches::{self, Fetches};
use tidemark_core::hub::{Hub, Limits};
use tidemark_core::journal::Journal;
use tidemark_core::media::{self, Media};
use tidemark_core::model::{Access, Account, Epoch, Path, Timestamp};
use tidemark_core::people::{NewApp, People};
use tidemark_core::store::memory::{
    ManualClock, MemoryAccounts, MemoryRenditions, MemoryStore, PretendImaging, SeededEntropy,
};
use tidemark_core::store::{
    AccountStore, AddAccount, Egress, EgressError, Entropy, Incoming, Loopback, NewAccount, Outgoing,
};
use tokio::runtime::Runtime;

pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) api: DropboxV1,
    pub(crate) box_events: BoxEvents,
    pub(crate) token: String,
    cloud: Arc<Cloud>,
    account: Account,
}

thread_local! {
    static WORLD: OnceCell<World> = const { OnceCell::new() };
}

impl World {
    /// Does something in this thread's world.
    pub(crate) fn with<T>(act: impl FnOnce(&World) -> T) -> T {
        WORLD.with(|world| act(world.get_or_init(World::new)))
    }

    fn new() -> World {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (api, box_events, token, cloud, account) = runtime.block_on(build());
        World { runtime, api, box_events, token, cloud, account }
    }

    /// A form whose boundary is `X`, in pieces of `step` bytes, without a length.
    pub(crate) fn form(&self, uri: &str, step: usize, body: &[u8]) -> Request<Body> {
        let pieces: Vec<_> = body.chunks(step).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(CONTENT_TYPE, "multipart/form-data; boundary=X")
            .body(Body::from_stream(futures_util::stream::iter(pieces)))
            .expect("a good request")
    }

    /// How many files the account has.
    pub(crate) async fn files(&self) -> u64 {
        let scope = self.cloud.scope(&self.account, Reach::Whole).await.expect("a scope");
        let listing = self.cloud.list(&scope, &Path::root(), usize::MAX, false).await.expect("a listing");
        let mut files = 0;
        for child in listing.children {
            let inside = self.cloud.list(&scope, &child.path, usize::MAX, false).await;
            files += inside.map_or(1, |listing| listing.children.len() as u64);
        }
        files
    }

    /// Takes every file away.
    pub(crate) async fn clear(&self) {
        let scope = self.cloud.scope(&self.account, Reach::Whole).await.expect("a scope");
        let listing = self.cloud.list(&scope, &Path::root(), usize::MAX, false).await.expect("a listing");
        for child in listing.children {
            self.cloud.delete(&scope, &child.path).await.expect("it was just there");
        }
    }
}

/// No target may reach the network.
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

async fn build() -> (DropboxV1, BoxEvents, String, Arc<Cloud>, Account) {
    let now = Timestamp(1_391_591_223_000);
    let clock = Arc::new(ManualClock::new(now));
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
    let hub = Arc::new(Hub::new(Limits::default()));
    let store = Arc::new(MemoryStore::new(Epoch(1)));
    let accounts = Arc::new(MemoryAccounts::default());
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
    let people = Arc::new(People::new(accounts.clone(), accounts.clone(), clock.clone(), entropy.clone()));
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
        renditions: Arc::new(MemoryRenditions::new(1000)),
        clock,
        limits: media::Limits::default(),
    }));
    let person = NewAccount {
        email: "ada@example.org".to_owned(),
        name: "Ada".to_owned(),
        password: None,
        quota: None,
        admin: false,
        created: now,
        first_only: false,
    };
    let Ok(AddAccount::Added(account)) = accounts.add_account(person).await else {
        panic!("the first account is added");
    };
    let app = NewApp {
        name: "Fuzz".to_owned(),
        access: Access::Full,
        redirect_uris: Vec::new(),
        same_name: true,
        owner: None,
        webhook_uris: Vec::new(),
    };
    let app = people.register_app(app).await.expect("the app is registered");
    let (token, _) = people.issue_token(&account, &app).await.expect("the token is given");
    let intakes = Arc::new(Intakes::new(Settings::default().uploads_per_account_max));
    let sealer = Sealer::new(&[7; 32], entropy.clone());
    let api = DropboxV1::new(Parts {
        cloud: cloud.clone(),
        people: people.clone(),
        fetches,
        media: media.clone(),
        sealer: sealer.clone(),
        entropy: entropy.clone(),
        origin: Origin::default(),
        intakes: intakes.clone(),
        settings: Settings::default(),
    });
    let box_events = BoxEvents::new(box_events::Parts {
        cloud: cloud.clone(),
        people,
        media,
        sealer,
        entropy,
        origin: Origin::default(),
        intakes,
        settings: box_events::Settings::default(),
    });
    (api, box_events, token.reveal().to_owned(), cloud, account)
}
