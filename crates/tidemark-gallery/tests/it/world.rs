//! The real server in this process, over stores in memory, with people on it; a gallery before it; and browsers. Time passes when
//! nobody has anything to do.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::to_bytes;
use axum::response::Response as Answer;
use axum::{Extension, Router};
use bytes::Bytes;
use http::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::Value;
use tidemark_client::{
    AccessToken, Body, Client, OWN_APP, RemotePath, Server, SystemEntropy, Transport, TransportError,
    UploadOptions, WriteMode,
};
use tidemark_core::model::{Access, Account, App, Challenge, Lifetime};
use tidemark_core::people::{NewApp, NewPerson, People};
use tidemark_core::store::memory::ManualClock;
use tidemark_gallery::{Gallery, Options, Peer, Signing};
use tidemark_testing::{Choices, MemoryServer, Seams, exchange};
use tokio::sync::Notify;
use tokio::time::Instant;
use tower::ServiceExt as _;

/// In seconds, as the wire has it.
pub(crate) const BEGINNING: i64 = tidemark_testing::BEGINNING.0 / 1000;
pub(crate) const SERVER: &str = "http://cloud.example";
pub(crate) const GALLERY: &str = "http://127.0.0.1:8766";

pub(crate) struct World {
    pub(crate) people: Arc<People>,
    pub(crate) network: Arc<Network>,
    pub(crate) gallery: Gallery,
    pub(crate) folder: tempfile::TempDir,
    began: Instant,
}

impl World {
    /// A gallery as people run it for themselves.
    pub(crate) async fn new() -> World {
        World::with(|_| tidemark_gallery::App { key: OWN_APP.to_owned(), signing: Signing::Code }).await
    }

    /// One that asks by OAuth 1, as an app that is registered.
    pub(crate) async fn with_oauth1() -> World {
        World::with(|app| tidemark_gallery::App {
            key: app.key.0.clone(),
            signing: Signing::OAuth1 { secret: app.secret.clone() },
        })
        .await
    }

    async fn with(app: impl FnOnce(&App) -> tidemark_gallery::App) -> World {
        let clock = Arc::new(ManualClock::new(tidemark_testing::BEGINNING));
        let server = MemoryServer::assemble(Seams::new(&clock), Choices::default());
        let (people, router) = (server.people.clone(), server.router());
        people.ensure_own_apps().await.unwrap();
        let registered = NewApp {
            name: "Gallery".to_owned(),
            access: Access::Full,
            redirect_uris: vec![format!("{GALLERY}/callback")],
            same_name: false,
            webhook_uris: Vec::new(),
            owner: None,
        };
        let registered = people.register_app(registered).await.unwrap();
        let network = Arc::new(Network {
            router,
            seen: Mutex::default(),
            mistake: Mutex::default(),
            heard: Notify::new(),
        });
        let (folder, began) = (tempfile::tempdir().unwrap(), Instant::now());
        let gallery = Gallery::open(options(&folder, network.clone(), app(&registered), began)).unwrap();
        World { people, network, gallery, folder, began }
    }

    /// The same gallery after a restart.
    pub(crate) fn restarted(self) -> World {
        self.gallery.stop();
        let app = tidemark_gallery::App { key: OWN_APP.to_owned(), signing: Signing::Code };
        let gallery = Gallery::open(options(&self.folder, self.network.clone(), app, self.began)).unwrap();
        World { gallery, ..self }
    }

    pub(crate) async fn account(&self, email: &str) -> Person {
        let person = NewPerson {
            email: email.to_owned(),
            name: Some("Ada <script> & \"Co\"".to_owned()),
            password: "correct horse".to_owned(),
            quota: None,
            admin: false,
        };
        let account = self.people.add_account(person).await.unwrap();
        let app = self.people.app(OWN_APP).await.unwrap();
        let (token, _) = self.people.issue_token(&account, &app).await.unwrap();
        let token = AccessToken::new(token.reveal()).unwrap();
        let client =
            Client::new(Server::new(SERVER).unwrap(), token, self.network.clone(), Arc::new(SystemEntropy));
        Person { account, client }
    }

    /// A browser that has seen nothing.
    pub(crate) fn browser(&self) -> Browser {
        Browser { router: self.gallery.router(), cookies: Mutex::default() }
    }

    /// One that is somewhere.
    pub(crate) fn browser_at(&self, place: &str) -> Browser {
        let peer = Peer::from(place.parse::<IpAddr>().unwrap());
        Browser { router: self.gallery.router().layer(Extension(peer)), cookies: Mutex::default() }
    }

    /// Somebody's browser, in which they are signed in, after their folders were read.
    pub(crate) async fn signed_in(&self, person: &Person) -> Browser {
        let browser = self.browser();
        self.sign_in(&browser, person).await;
        browser.until_read().await;
        browser
    }

    /// Signs somebody in.
    pub(crate) async fn sign_in(&self, browser: &Browser, person: &Person) {
        let asked = browser.begin().await;
        let back = self.allow(person, &asked).await;
        let answer = browser.get(&back).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
    }

    /// The person allows what the server's page asks: the address that the browser comes back with.
    pub(crate) async fn allow(&self, person: &Person, asked: &BTreeMap<String, String>) -> String {
        let app = self.people.app(&asked["client_id"]).await.unwrap();
        let challenge = Some(Challenge::S256(asked["code_challenge"].clone()));
        let uri = asked["redirect_uri"].clone();
        let code =
            self.people.authorize(&person.account, &app, Some(uri.clone()), challenge, Lifetime::Lasting);
        let path = uri.strip_prefix(GALLERY).unwrap();
        format!("{path}?code={}&state={}", code.await.unwrap().reveal(), asked["state"])
    }
}

fn options(
    folder: &tempfile::TempDir,
    network: Arc<Network>,
    app: tidemark_gallery::App,
    began: Instant,
) -> Options {
    Options {
        server: Server::new(SERVER).unwrap(),
        public_url: GALLERY.to_owned(),
        prefix: String::new(),
        files: None,
        app,
        folder: folder.path().join("gallery"),
        thumbnails_max: 1 << 20,
        transport: network,
        entropy: Arc::new(SystemEntropy),
        clock: Arc::new(move || BEGINNING + i64::try_from(began.elapsed().as_secs()).unwrap()),
    }
}

/// A gallery there, which nobody asks for anything.
pub(crate) fn options_at(
    folder: &tempfile::TempDir,
    public_url: &str,
    app: tidemark_gallery::App,
) -> Options {
    let network = Arc::new(Network {
        router: Router::new(),
        seen: Mutex::default(),
        mistake: Mutex::default(),
        heard: Notify::new(),
    });
    let app_folder = folder.path().join(format!("{}", public_url.len()));
    let clock: tidemark_gallery::Clock = Arc::new(|| BEGINNING);
    Options {
        server: Server::new(SERVER).unwrap(),
        public_url: public_url.to_owned(),
        prefix: String::new(),
        files: None,
        app,
        folder: app_folder,
        thumbnails_max: 1 << 20,
        transport: network,
        entropy: Arc::new(SystemEntropy),
        clock,
    }
}

/// Carries requests to the server.
pub(crate) struct Network {
    router: Router,
    seen: Mutex<Vec<String>>,
    /// Whoever asks for a path that begins so next, once, has a program with a mistake.
    mistake: Mutex<Option<&'static str>>,
    heard: Notify,
}

impl Network {
    /// Whoever asks for a path that begins with this next panics.
    pub(crate) fn plant(&self, beginning: &'static str) {
        *self.mistake.lock().unwrap() = Some(beginning);
    }

    /// Whether nobody has yet.
    pub(crate) fn is_planted(&self) -> bool {
        self.mistake.lock().unwrap().is_some()
    }

    /// Ready after so many requests that begin with this. It needs no time to pass, which none does while somebody spins.
    pub(crate) async fn hears(&self, beginning: &str, mut count: usize) {
        loop {
            count = count.saturating_sub(self.seen(beginning).len());
            if count == 0 {
                return;
            }
            self.heard.notified().await;
        }
    }

    /// Method and path of every request that began with this since this was asked last, and whatever else there was is forgotten.
    pub(crate) fn seen(&self, beginning: &str) -> Vec<String> {
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap());
        seen.retain(|request| request.starts_with(beginning));
        seen
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        self.seen.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
        self.heard.notify_one();
        let is_mistaken = {
            let mut mistake = self.mistake.lock().unwrap();
            mistake.take_if(|beginning| request.uri().path().starts_with(*beginning)).is_some()
        };
        assert!(!is_mistaken, "a planted mistake");
        Ok(exchange(self.router.clone(), request).await)
    }
}

/// Somebody with an account, and a program of theirs that puts files there.
pub(crate) struct Person {
    pub(crate) account: Account,
    pub(crate) client: Client,
}

impl Person {
    /// Puts a file, whatever is there.
    pub(crate) async fn put(&self, at: &str, text: &str) {
        let options = UploadOptions { mode: WriteMode::Overwrite, ..UploadOptions::default() };
        let mut bytes = Bytes::from(text.to_owned());
        self.client.upload(&RemotePath::new(at).unwrap(), &mut bytes, options).await.unwrap();
    }
}

/// A browser: it keeps cookies, and says where it goes.
pub(crate) struct Browser {
    router: Router,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What a browser got.
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Browser {
    /// Asks, and gives the answer before its body has come.
    pub(crate) async fn open(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let cookies = self.cookies.lock().unwrap().clone();
        let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(path).header(COOKIE, cookies.join("; "));
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(HOST, GALLERY.strip_prefix("http://").unwrap());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        for set in answer.headers().get_all(SET_COOKIE) {
            let set = set.to_str().unwrap();
            assert!(set.contains("; HttpOnly; SameSite=Lax; "), "{set}");
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
        let answer = self.open(method, path, headers, body).await;
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, 1 << 24).await.unwrap();
        Got { status: head.status, headers: head.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.ask(Method::GET, path, &[], "").await
    }

    pub(crate) async fn get_with(&self, path: &str, name: &str, value: &str) -> Got {
        self.ask(Method::GET, path, &[(name, value)], "").await
    }

    /// Begins to sign in: what the server's page is asked with.
    pub(crate) async fn begin(&self) -> BTreeMap<String, String> {
        let answer = self.get("/sign-in").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let url = answer.headers[LOCATION].to_str().unwrap();
        let (page, query) = url.split_once('?').unwrap();
        assert!(page.starts_with(SERVER), "{url}");
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// The cookie of the session.
    pub(crate) fn session(&self) -> String {
        self.cookies.lock().unwrap().get("tidemark-gallery").cloned().unwrap_or_default()
    }

    pub(crate) fn set_session(&self, value: &str) {
        self.cookies.lock().unwrap().insert("tidemark-gallery".to_owned(), value.to_owned());
    }

    /// What the page shows to prove that it is one.
    pub(crate) async fn form_token(&self) -> String {
        let page = self.get("/").await;
        let (_, rest) =
            page.text().split_once("data-form-token=\"").expect("the page of somebody who is signed in");
        rest.split('"').next().unwrap().to_owned()
    }

    /// Waits until something is so: time passes when nobody has anything to do.
    pub(crate) async fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..2000 {
            let answer = self.get(path).await;
            if answer.status == StatusCode::OK && is_so(&answer.json()) {
                return answer.json();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{path} is {}", self.get(path).await.text());
    }

    /// Waits until all folders were read.
    pub(crate) async fn until_read(&self) {
        self.until("/api/timeline", |said| said["working"] == false).await;
    }

    /// The names of all pictures, as the timeline has them, with their numbers.
    pub(crate) async fn pictures(&self) -> Vec<(String, i64)> {
        let mut pictures = Vec::new();
        for month in self.get("/api/timeline").await.json()["months"].as_array().unwrap() {
            let month = self.get(&format!("/api/timeline/{}", month["month"])).await.json();
            for picture in month["pictures"].as_array().unwrap() {
                pictures.push((picture[2].as_str().unwrap().to_owned(), picture[0].as_i64().unwrap()));
            }
        }
        pictures
    }

    /// Waits until there are exactly these pictures, in this order.
    pub(crate) async fn until_pictures(&self, names: &[&str]) -> Vec<i64> {
        for _ in 0..2000 {
            let pictures = self.pictures().await;
            if pictures.iter().map(|(name, _)| name).eq(names) {
                return pictures.into_iter().map(|(_, id)| id).collect();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("there are {:?}, and not {names:?}", self.pictures().await);
    }
}
