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
use tidemark_api::box_events::BoxEvents;
use tidemark_api::dropbox_v1::DropboxV1;
use tidemark_core::cloud::Cloud;
use tidemark_core::fetches::Fetches;
use tidemark_core::hub::Hub;
use tidemark_core::model::{Access, Account, Epoch};
use tidemark_core::people::People;
use tidemark_core::people::oauth1::Signed;
use tidemark_core::store::memory::{ManualClock, MemoryAccounts, PretendImaging};
use tidemark_core::store::{FetchStore as _, JournalStore as _, UploadStore as _};
use tidemark_testing::{MemoryServer, Seams};

pub(crate) use tidemark_testing::{BEGINNING, Choices};

pub(crate) struct World {
    server: MemoryServer,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) people: Arc<People>,
    pub(crate) api: Arc<DropboxV1>,
    pub(crate) box_events: Arc<BoxEvents>,
    pub(crate) store: Arc<Faulty>,
    pub(crate) internet: Arc<Internet>,
    pub(crate) accounts: Arc<MemoryAccounts>,
    pub(crate) fetches: Arc<Fetches>,
    /// Takes texts that begin with `picture` for pictures.
    pub(crate) imaging: Arc<PretendImaging>,
    pub(crate) account: Account,
    /// Of an app that may see everything.
    pub(crate) token: String,
}

impl World {
    pub(crate) async fn new() -> World {
        World::with(Choices::default()).await
    }

    pub(crate) async fn with(choices: Choices) -> World {
        World::made_of(choices, None).await
    }

    /// One whose first account has so many bytes.
    pub(crate) async fn with_quota(bytes: u64) -> World {
        World::made_of(Choices::default(), Some(bytes)).await
    }

    pub(crate) async fn made_of(choices: Choices, quota: Option<u64>) -> World {
        let clock = Arc::new(ManualClock::new(BEGINNING));
        let store = Arc::new(Faulty::new(Epoch(1)));
        let internet = Arc::new(Internet::default());
        let seams = Seams { egress: internet.clone(), ..Seams::over(store.clone(), clock.clone()) };
        let (accounts, imaging) = (seams.accounts.clone(), seams.imaging.clone());
        let server = MemoryServer::assemble(seams, choices);
        let account = server.account("ada@example.org", "Ada King", quota).await;
        let mut world = World {
            clock,
            hub: server.hub.clone(),
            cloud: server.cloud.clone(),
            people: server.people.clone(),
            api: server.dropbox_v1.clone(),
            box_events: server.box_events.clone(),
            store,
            internet,
            accounts,
            fetches: server.fetches.clone(),
            imaging,
            account,
            token: String::new(),
            server,
        };
        world.token = world.token_for(&world.account, "Watcher", Access::Full).await;
        world
    }

    /// The fetches of a server that is started again over what this one left.
    pub(crate) fn fetches_again(&self) -> Arc<Fetches> {
        Arc::new(Fetches::new(self.server.fetch_parts.clone()))
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
        self.server.account(email, "Bo", None).await
    }

    /// The token of a new app that this person permits.
    pub(crate) async fn token_for(&self, account: &Account, name: &str, access: Access) -> String {
        self.server.token(account, &self.server.app(name, access).await).await
    }

    /// A new app that this person permits, which signs with OAuth 1.
    pub(crate) async fn signer_for(&self, account: &Account, name: &str, access: Access) -> Signer {
        let app = self.server.app(name, access).await;
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
