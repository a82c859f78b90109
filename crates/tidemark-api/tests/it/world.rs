//! A small world to ask questions of: one account, an app, a token, a cloud in memory.

use crate::faults::Faulty;
use crate::internet::Internet;
use crate::signer::Signer;
use axum::body::Body;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tidemark_api::Intakes;
use tidemark_api::box_events::{self, BoxEvents};
use tidemark_api::dropbox_v1::{self, DropboxV1, Settings};
use tidemark_api::http::Origin;
use tidemark_api::tokens::Sealer;
use tidemark_core::cloud::{Cloud, Parts, SearchLimits};
use tidemark_core::fetches::{self, Fetches};
use tidemark_core::hub::{Hub, Limits};
use tidemark_core::journal::Journal;
use tidemark_core::media::{self, Media};
use tidemark_core::model::{Access, Account, Epoch, Timestamp};
use tidemark_core::people::oauth1::Signed;
use tidemark_core::people::{NewApp, People, RateLimits};
use tidemark_core::store::memory::{
    ManualClock, MemoryAccounts, MemoryRenditions, PretendImaging, SeededEntropy,
};
use tidemark_core::store::{
    AccountStore, AddAccount, Entropy, FetchStore as _, GrantStore, JournalStore as _, Loopback, NewAccount,
    UploadStore as _,
};

/// Wed, 05 Feb 2014 09:07:03 +0000
pub(crate) const BEGINNING: Timestamp = Timestamp(1_391_591_223_000);

pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) people: Arc<People>,
    pub(crate) api: Arc<DropboxV1>,
    pub(crate) box_events: Arc<BoxEvents>,
    pub(crate) store: Arc<Faulty>,
    pub(crate) internet: Arc<Internet>,
    pub(crate) accounts: Arc<MemoryAccounts>,
    fetch_parts: fetches::Parts,
    pub(crate) fetches: Arc<Fetches>,
    /// Takes texts that begin with `picture` for pictures.
    pub(crate) imaging: Arc<PretendImaging>,
    pub(crate) account: Account,
    /// Of an app that may see everything.
    pub(crate) token: String,
}

/// What a world may be made of otherwise.
pub(crate) struct Choices {
    pub(crate) quota: Option<u64>,
    pub(crate) limits: Limits,
    pub(crate) rates: RateLimits,
    pub(crate) settings: Settings,
    pub(crate) box_settings: box_events::Settings,
    pub(crate) fetches: fetches::Limits,
    pub(crate) search_limits: SearchLimits,
    pub(crate) media: media::Limits,
}

impl Default for Choices {
    fn default() -> Choices {
        let settings = Settings { poll_jitter_max: Duration::ZERO, ..Settings::default() };
        let media = media::Limits { page_patience: Duration::ZERO, ..media::Limits::default() };
        Choices {
            quota: None,
            limits: Limits::default(),
            rates: RateLimits::default(),
            fetches: fetches::Limits::default(),
            search_limits: SearchLimits::default(),
            media,
            settings,
            box_settings: box_events::Settings::default(),
        }
    }
}

impl World {
    pub(crate) async fn new() -> World {
        World::with(Choices::default()).await
    }

    pub(crate) async fn with(choices: Choices) -> World {
        let Choices {
            quota,
            limits,
            rates,
            fetches: fetch_limits,
            search_limits,
            media,
            settings,
            box_settings,
        } = choices;
        let clock = Arc::new(ManualClock::new(BEGINNING));
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
        let hub = Arc::new(Hub::new(limits));
        let store = Arc::new(Faulty::new(Epoch(1)));
        let accounts = Arc::new(MemoryAccounts::default());
        let cloud = Arc::new(Cloud::new(Parts {
            journal: Journal::new(store.clone(), Arc::new(Loopback(hub.clone()))),
            blocks: store.clone(),
            uploads: store.clone(),
            accounts: accounts.clone(),
            grants: accounts.clone(),
            links: accounts.clone(),
            names: store.clone(),
            search_limits,
            hub: hub.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        }));
        let grants = accounts.clone() as Arc<dyn GrantStore>;
        let people = People::new(accounts.clone(), grants, clock.clone(), entropy.clone());
        let people = Arc::new(people.rate_limits(rates));
        let internet = Arc::new(Internet::default());
        let fetch_parts = fetches::Parts {
            cloud: cloud.clone(),
            accounts: accounts.clone(),
            grants: accounts.clone(),
            uploads: store.clone(),
            fetches: store.clone(),
            egress: internet.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            limits: fetch_limits,
        };
        let fetches = Arc::new(Fetches::new(fetch_parts.clone()));
        let imaging = Arc::new(PretendImaging::default());
        let media = Arc::new(Media::new(media::Parts {
            blocks: store.clone(),
            imaging: imaging.clone(),
            renditions: Arc::new(MemoryRenditions::new(1000)),
            clock: clock.clone(),
            limits: media,
        }));
        let sealer = Sealer::new(&[7; 32], entropy.clone());
        let origin = Origin::default();
        let intakes = Arc::new(Intakes::new(settings.uploads_per_account_max));
        let api = Arc::new(DropboxV1::new(dropbox_v1::Parts {
            cloud: cloud.clone(),
            people: people.clone(),
            fetches: fetches.clone(),
            media: media.clone(),
            sealer: sealer.clone(),
            entropy: entropy.clone(),
            origin: origin.clone(),
            intakes: intakes.clone(),
            settings,
        }));
        let box_events = Arc::new(BoxEvents::new(box_events::Parts {
            cloud: cloud.clone(),
            people: people.clone(),
            media,
            sealer,
            entropy,
            origin,
            intakes,
            settings: box_settings,
        }));
        let account = add_account(&accounts, "ada@example.org", "Ada King", quota).await;
        let mut world = World {
            clock,
            hub,
            cloud,
            people,
            api,
            box_events,
            store,
            internet,
            imaging,
            accounts,
            fetch_parts,
            fetches,
            account,
            token: String::new(),
        };
        world.token = world.token_for(&world.account, "Watcher", Access::Full).await;
        world
    }

    /// The fetches of a server that is started again over what this one left.
    pub(crate) fn fetches_again(&self) -> Arc<Fetches> {
        Arc::new(Fetches::new(self.fetch_parts.clone()))
    }

    /// How many fetches of the account are open, whoever may ask.
    pub(crate) async fn open_fetches(&self) -> usize {
        self.store.open_fetches_of(self.account.id).await.expect("readable")
    }

    /// How many upload sessions of the account are open.
    pub(crate) async fn open_uploads(&self) -> usize {
        self.store.open_uploads(self.account.id).await.expect("readable").count
    }

    /// How many changes the account's journal has, whoever may ask.
    pub(crate) async fn head(&self) -> u64 {
        self.store.head(self.account.namespace).await.expect("readable").seq.0
    }

    /// Another person.
    pub(crate) async fn person(&self, email: &str) -> Account {
        add_account(&self.accounts, email, "Bo", None).await
    }

    /// The token of a new app that this person permits.
    pub(crate) async fn token_for(&self, account: &Account, name: &str, access: Access) -> String {
        let app = NewApp {
            name: name.to_owned(),
            access,
            redirect_uris: Vec::new(),
            same_name: true,
            owner: None,
            webhook_uris: Vec::new(),
        };
        let app = self.people.register_app(app).await.expect("the app is registered");
        let (token, _) = self.people.issue_token(account, &app).await.expect("the token is given");
        token.reveal().to_owned()
    }

    /// A new app that this person permits, which signs with OAuth 1.
    pub(crate) async fn signer_for(&self, account: &Account, name: &str, access: Access) -> Signer {
        let app = NewApp {
            name: name.to_owned(),
            access,
            redirect_uris: Vec::new(),
            same_name: true,
            owner: None,
            webhook_uris: Vec::new(),
        };
        let app = self.people.register_app(app).await.expect("the app is registered");
        let check = |_: &str, _: &str| true;
        let peer = IpAddr::from(Ipv4Addr::LOCALHOST).into();
        let signed = |token| Signed { app: &app.key.0, token, stamp: None, check: &check };
        let request = self.people.request_token(signed(None), peer).await.expect("it may ask");
        let request = request.token.reveal();
        self.people.decide(request, account, true).await.expect("it is allowed");
        let (issued, _) = self.people.access_token(signed(Some(request)), peer).await.expect("it is given");
        let token = (issued.token.reveal().to_owned(), issued.secret.reveal().to_owned());
        Signer { token: Some(token), ..Signer::new(&app) }
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.api.handle(request).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("the body is whole");
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Begins a request that carries the token.
    pub(crate) fn ask(&self, method: Method, uri: &str) -> http::request::Builder {
        Request::builder().method(method).uri(uri).header(AUTHORIZATION, format!("Bearer {}", self.token))
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.send(self.ask(Method::GET, uri).body(Body::empty()).expect("a good request")).await
    }

    pub(crate) async fn get_with(&self, uri: &str, name: &str, value: &str) -> Answer {
        let request = self.ask(Method::GET, uri).header(name, value);
        self.send(request.body(Body::empty()).expect("a good request")).await
    }

    /// A POST with a form.
    pub(crate) async fn post(&self, uri: &str, form: &str) -> Answer {
        let request = self.ask(Method::POST, uri).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).expect("a good request")).await
    }

    pub(crate) async fn put(&self, uri: &str, body: impl Into<Bytes>) -> Answer {
        let body = body.into();
        let request = self.ask(Method::PUT, uri).header(CONTENT_LENGTH, body.len());
        self.send(request.body(Body::from(body)).expect("a good request")).await
    }

    /// Puts a file and answers its rev.
    pub(crate) async fn file(&self, path: &str, body: &'static str) -> String {
        let answer = self.put(&format!("/1/files_put/auto{path}"), body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.field("rev")
    }

    /// Makes a folder.
    pub(crate) async fn folder(&self, path: &str) {
        let answer = self.post("/1/fileops/create_folder", &format!("root=auto&path={path}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

async fn add_account(accounts: &MemoryAccounts, email: &str, name: &str, quota: Option<u64>) -> Account {
    let account = NewAccount {
        email: email.to_owned(),
        name: name.to_owned(),
        password: None,
        quota,
        admin: false,
        created: BEGINNING,
        first_only: false,
    };
    match accounts.add_account(account).await {
        Ok(AddAccount::Added(account)) => account,
        other => panic!("{email} was not added: {other:?}"),
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, which must be JSON and say so.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{}", self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// A text of the JSON body.
    pub(crate) fn field(&self, name: &str) -> String {
        let json = self.json();
        json[name].as_str().unwrap_or_else(|| panic!("no text {name} in {json}")).to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are ASCII"))
    }

    /// Status and body, for snapshots.
    pub(crate) fn shown(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.text())
    }

    /// Status, headers (sorted) and body, for snapshots.
    pub(crate) fn shown_whole(&self) -> String {
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
            .collect();
        headers.sort();
        format!("{}\n{}\n\n{}", self.status.as_u16(), headers.join("\n"), self.text())
    }

    /// Fails unless it is a refusal with this status: a JSON object with an `error`, being a text or an object of texts.
    pub(crate) fn refuses(&self, status: u16) -> &Answer {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        let json = self.json();
        let error = json.get("error").unwrap_or_else(|| panic!("no error in {json}"));
        let of_params =
            error.as_object().is_some_and(|map| map.len() == 1 && map.values().all(Value::is_string));
        assert!(error.is_string() || of_params, "{json}");
        self
    }
}
