//! The real server in this process, over stores in memory; folders on the real disk; and a network that can be cut.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::meddled::{Gate, Meddled, Meddling};
use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Request, Response, StatusCode};
use tempfile::TempDir;
use tidemark_client::{
    AccessToken, Body, BodyError, Client, Entropy, Failure, Metadata, RemotePath, Server, Transport,
    TransportError, UploadOptions, WriteMode,
};
use tidemark_core::model::Access;
use tidemark_core::people::{NewApp, NewPerson};
use tidemark_core::store::memory::ManualClock;
use tidemark_sync::disk::{Calls, RealDisk};
use tidemark_sync::driver::{BeginError, Command, Engine, Options, Phase, Seams, Status, Stopped, Summary};
use tidemark_sync::marker::Ties;
use tidemark_sync::ports::Clock;
use tidemark_sync::state::State;
use tidemark_testing::{BEGINNING, Choices, MemoryServer, Seams as Parts};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

/// How long a test waits for anything at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with one account, and one app that sees all of it.
pub(crate) struct Cloudy {
    token: AccessToken,
    router: Router,
}

impl Cloudy {
    pub(crate) async fn new() -> Cloudy {
        Cloudy::with_quota(100 << 20).await
    }

    pub(crate) async fn with_quota(quota: u64) -> Cloudy {
        let clock = Arc::new(ManualClock::new(BEGINNING));
        let server = MemoryServer::assemble(Parts::new(&clock), Choices::default());
        let (people, api) = (server.people, server.dropbox_v1);
        let router =
            Router::new().fallback(async move |request: axum::extract::Request| api.handle(request).await);
        let person = NewPerson {
            email: "ada@example.org".to_owned(),
            name: None,
            password: "correct horse".to_owned(),
            quota: Some(quota),
            admin: false,
        };
        let account = people.add_account(person).await.unwrap();
        let app = NewApp {
            name: "Tidemark for Ada".to_owned(),
            access: Access::Full,
            redirect_uris: vec!["http://127.0.0.1/".to_owned()],
            same_name: true,
            owner: None,
            webhook_uris: Vec::new(),
        };
        let app = people.register_app(app).await.unwrap();
        let (token, _) = people.issue_token(&account, &app).await.unwrap();
        let token = AccessToken::new(token.reveal()).unwrap();
        Cloudy { token, router }
    }

    /// Somebody who changes things on the server by hand.
    pub(crate) fn hand(&self) -> Client {
        self.client(&Arc::default(), &Arc::default(), &Arc::default())
    }

    /// What a folder is in sync with that this device keeps.
    pub(crate) async fn ties(&self, device: &str) -> Ties {
        let account = self.hand().account().await.unwrap();
        let server = account.server_id.unwrap();
        Ties {
            server: server.as_str().into(),
            account: account.uid.to_string().into(),
            device: device.into(),
        }
    }

    fn client(&self, cut: &Arc<AtomicBool>, reset: &Arc<AtomicBool>, traffic: &Arc<Traffic>) -> Client {
        let (router, traffic) = (self.router.clone(), traffic.clone());
        let network = Network { router, cut: cut.clone(), reset: reset.clone(), traffic };
        let network = Arc::new(network);
        Client::new(Server::new("http://cloud.example").unwrap(), self.token.clone(), network, Arc::new(Dice))
    }

    pub(crate) async fn put(&self, at: &str, text: &str) -> Metadata {
        let options = UploadOptions { mode: WriteMode::Overwrite, ..UploadOptions::default() };
        let mut bytes = Bytes::from(text.to_owned());
        self.hand().upload(&path(at), &mut bytes, options).await.unwrap().metadata
    }

    pub(crate) async fn delete(&self, at: &str) {
        self.hand().delete(&path(at), None).await.unwrap();
    }

    /// Everything that is on the server: folders end in a slash, files have their bytes.
    pub(crate) async fn tree(&self) -> BTreeMap<String, String> {
        let hand = self.hand();
        let (mut tree, mut cursor) = (BTreeMap::new(), None);
        loop {
            let page = hand.delta(cursor.as_ref(), None).await.unwrap();
            for (_, entry) in page.entries {
                let entry = entry.unwrap();
                let name = entry.path.as_str().trim_start_matches('/').to_owned();
                if entry.is_folder() {
                    tree.insert(format!("{name}/"), String::new());
                    continue;
                }
                let mut download = hand.download(&entry.path, &Default::default()).await.unwrap();
                let mut text = Vec::new();
                while let Some(bytes) = download.chunk().await.unwrap() {
                    text.extend_from_slice(&bytes);
                }
                tree.insert(name, String::from_utf8(text).unwrap());
            }
            cursor = Some(page.cursor);
            if !page.has_more {
                return tree;
            }
        }
    }
}

/// A sync folder, and what is kept about it.
pub(crate) struct Device {
    pub(crate) dir: TempDir,
    pub(crate) state: State,
    pub(crate) options: Options,
    /// Whether nothing gets through.
    pub(crate) cut: Arc<AtomicBool>,
    /// Whether the server is to begin anew, once.
    pub(crate) reset: Arc<AtomicBool>,
    pub(crate) traffic: Arc<Traffic>,
    /// What is done to what the engine does to its disk.
    pub(crate) meddling: Arc<Meddling>,
    pub(crate) seams: Seams,
    client: Client,
}

impl Device {
    pub(crate) fn new(cloud: &Cloudy, name: &str) -> Device {
        let dir = tempfile::tempdir().unwrap();
        let cut = Arc::<AtomicBool>::default();
        let reset = Arc::<AtomicBool>::default();
        let traffic = Arc::<Traffic>::default();
        let client = cloud.client(&cut, &reset, &traffic);
        let options = Options { device: name.into(), ..Options::default() };
        let meddling = Arc::default();
        let state = State::in_memory().unwrap();
        Device { dir, state, options, cut, reset, traffic, meddling, seams: seams(), client }
    }

    pub(crate) fn disk(&self) -> RealDisk {
        RealDisk::open(self.dir.path(), Calls::Best).unwrap()
    }

    pub(crate) fn at(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.at(name)).ok()
    }

    /// Everything in the folder: folders end in a slash, files have their bytes.
    pub(crate) fn tree(&self) -> BTreeMap<String, String> {
        let mut tree = BTreeMap::new();
        collect(self.dir.path(), "", &mut tree);
        tree
    }

    /// An engine, begun.
    pub(crate) async fn engine(&mut self) -> Engine<'_> {
        self.begin().await.unwrap()
    }

    pub(crate) async fn begin(&mut self) -> Result<Engine<'_>, BeginError> {
        let disk = Arc::new(Meddled { disk: self.disk(), meddling: self.meddling.clone() });
        let (client, seams) = (self.client.clone(), self.seams.clone());
        Engine::begin(client, disk, &mut self.state, seams, self.options.clone()).await
    }

    /// Brings both sides together once.
    pub(crate) async fn sync(&mut self) -> Summary {
        let engine = self.engine().await;
        let status = engine.status();
        let ended = tokio::time::timeout(PATIENCE, engine.run_once()).await;
        ended.unwrap_or_else(|_| panic!("still {:?}, {:?}", status.borrow(), self.state.dirty(0, 10)))
    }

    /// The same, and nothing was in the way.
    pub(crate) async fn sync_all(&mut self) -> Summary {
        let summary = self.sync().await;
        assert!(summary.is_complete(), "{summary:?} {:?}", self.state.problems(10));
        summary
    }

    /// Lets it run until it is stopped.
    pub(crate) async fn start(mut self) -> Running {
        let (commands, receiver) = mpsc::channel(8);
        let (told, status) = tokio::sync::oneshot::channel();
        let (dir, cut) = (self.dir.path().to_owned(), self.cut.clone());
        let task = tokio::spawn(async move {
            let engine = self.engine().await;
            told.send(engine.status()).unwrap();
            let stopped = engine.run(receiver).await;
            (stopped, self)
        });
        Running { task, commands, status: status.await.unwrap(), dir, cut }
    }
}

/// An engine that runs.
pub(crate) struct Running {
    task: JoinHandle<(Stopped, Device)>,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) status: watch::Receiver<Status>,
    dir: std::path::PathBuf,
    pub(crate) cut: Arc<AtomicBool>,
}

impl Running {
    pub(crate) fn at(&self, name: &str) -> std::path::PathBuf {
        self.dir.join(name)
    }

    /// Waits for a status.
    pub(crate) async fn until(&mut self, wanted: impl FnMut(&Status) -> bool) -> Status {
        let mut status = self.status.clone();
        let waited = tokio::time::timeout(PATIENCE, status.wait_for(wanted)).await;
        match waited {
            Ok(status) => status.expect("it runs").clone(),
            Err(_) => panic!("still {:?}", self.status.borrow()),
        }
    }

    pub(crate) async fn until_up_to_date(&mut self) -> Status {
        self.until(|status| status.phase == Phase::UpToDate).await
    }

    pub(crate) fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::Relaxed);
    }

    pub(crate) async fn stop(self) -> Device {
        self.commands.send(Command::Stop).await.unwrap();
        let (stopped, device) = tokio::time::timeout(PATIENCE, self.task).await.expect("it ends").unwrap();
        assert_eq!(stopped, Stopped::Asked);
        device
    }

    pub(crate) async fn ended(self) -> (Stopped, Device) {
        tokio::time::timeout(PATIENCE, self.task).await.expect("it ends").unwrap()
    }
}

/// Waits until something is so that nobody tells.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waited = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.unwrap_or_else(|_| panic!("never: {what}"));
}

pub(crate) fn path(text: &str) -> RemotePath {
    RemotePath::new(text).unwrap()
}

/// A tree, as [`Cloudy::tree`] and [`Device::tree`] tell it.
pub(crate) fn tree(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn collect(folder: &Path, prefix: &str, tree: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if name == ".tidemark" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            tree.insert(format!("{name}/"), String::new());
            collect(&entry.path(), &format!("{name}/"), tree);
        } else {
            tree.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

pub(crate) fn seams() -> Seams {
    Seams { clock: Arc::new(WallClock), entropy: Arc::new(Dice) }
}

struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "a test on the real disk lives in real time")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Always the same throw.
struct Dice;

impl Entropy for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

struct Network {
    router: Router,
    cut: Arc<AtomicBool>,
    reset: Arc<AtomicBool>,
    traffic: Arc<Traffic>,
}

/// What comes and goes of files.
#[derive(Default)]
pub(crate) struct Traffic {
    /// Uploads, between here and the server.
    pub(crate) uploads: Gate,
    /// How many bytes came.
    pub(crate) bytes: AtomicU64,
    /// After how many of one file nothing comes any more; 0 for never.
    pub(crate) stalls_after: AtomicU64,
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        if self.cut.load(Ordering::Relaxed) {
            return Err(TransportError::new(Failure::NotSent, "by the test's will"));
        }
        let is_file = request.uri().path().starts_with("/1/files/");
        let (mut parts, body) = request.into_parts();
        if let Some(length) = body.length() {
            parts.headers.insert(http::header::CONTENT_LENGTH, length.into());
        }
        let mut body = axum::body::Body::from_stream(body.into_stream());
        if parts.uri.path() == "/1/delta" && self.reset.swap(false, Ordering::Relaxed) {
            // Without a cursor it is asked from the beginning.
            body = axum::body::Body::from("include_identity=true");
            parts.headers.remove(http::header::CONTENT_LENGTH);
        }
        if parts.uri.path().starts_with("/1/files_put/") {
            let whole = axum::body::to_bytes(body, usize::MAX).await;
            body = whole.map_err(|error| TransportError::new(Failure::Broken, error))?.into();
            self.traffic.uploads.pass().await;
        }
        let answer = match self.router.clone().oneshot(Request::from_parts(parts, body)).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        let (parts, body) = answer.into_parts();
        if parts.status == StatusCode::NO_CONTENT {
            return Ok(Response::from_parts(parts, Body::Empty));
        }
        let length = parts.headers.get(http::header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let stream = body.into_data_stream().map(|piece| {
            piece.map_err(|error| BodyError::Transport(TransportError::new(Failure::Broken, error)))
        });
        if !is_file {
            return Ok(Response::from_parts(parts, Body::Stream { length, stream: stream.boxed() }));
        }
        let traffic = self.traffic.clone();
        let stalls_after = Some(traffic.stalls_after.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0);
        let mut of_this = 0;
        let stream = stream.then(move |piece: Result<Bytes, BodyError>| {
            let length = piece.as_ref().map_or(0, Bytes::len) as u64;
            traffic.bytes.fetch_add(length, Ordering::Relaxed);
            of_this += length;
            let stalls = stalls_after.is_some_and(|most| of_this > most);
            async move { if stalls { std::future::pending().await } else { piece } }
        });
        Ok(Response::from_parts(parts, Body::Stream { length, stream: stream.boxed() }))
    }
}
