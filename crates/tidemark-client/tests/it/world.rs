//! The real server in this process, over stores in memory, with an account and an app; and a network that can be broken.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Request, Response, StatusCode};
use tidemark_client::{
    AccessToken, Body, BodyError, Client, Entropy, Error, Failure, Metadata, RemotePath, Server, Transport,
    TransportError, UploadOptions, WriteMode,
};
use tidemark_core::model::{Access, Account, App};
use tidemark_core::people::{NewApp, NewPerson, People};
use tidemark_core::store::memory::ManualClock;
use tidemark_testing::{Choices, MemoryServer, Seams};

pub(crate) use tidemark_testing::exchange;

/// In seconds, as the wire has it.
pub(crate) const BEGINNING: i64 = tidemark_testing::BEGINNING.0 / 1000;
pub(crate) const BASE: &str = "http://cloud.example";

pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) people: Arc<People>,
    pub(crate) account: Account,
    pub(crate) app: App,
    pub(crate) token: AccessToken,
    pub(crate) network: Arc<Network>,
}

impl World {
    pub(crate) async fn new() -> World {
        let clock = Arc::new(ManualClock::new(tidemark_testing::BEGINNING));
        let server = MemoryServer::assemble(Seams::new(&clock), Choices::default());
        let (people, router) = (server.people.clone(), server.router());
        let person = NewPerson {
            email: "ada@example.org".to_owned(),
            name: Some("Ada King".to_owned()),
            password: "correct horse".to_owned(),
            quota: Some(100 << 20),
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
        World { clock, people, account, app, token, network: Network::new(router) }
    }

    pub(crate) fn client(&self) -> Client {
        let server = Server::new(BASE).unwrap();
        Client::new(server, self.token.clone(), self.network.clone(), Arc::new(Dice))
    }

    /// Puts a file, if nothing is in the way.
    pub(crate) async fn put_if_possible(&self, at: RemotePath, text: String) -> Result<(), Error> {
        let options = UploadOptions { mode: WriteMode::Overwrite, ..UploadOptions::default() };
        self.client().upload(&at, &mut Bytes::from(text), options).await.map(|_| ())
    }

    /// Whom no fault befalls.
    pub(crate) fn clean_client(&self) -> Client {
        let network = Network::new(self.router());
        Client::new(Server::new(BASE).unwrap(), self.token.clone(), network, Arc::new(Dice))
    }

    /// The same server, over a network that works.
    pub(crate) fn reconnected(self) -> World {
        World { network: Network::new(self.router()), ..self }
    }

    pub(crate) fn router(&self) -> Router {
        self.network.router.clone()
    }

    /// Puts a file, whatever is there.
    pub(crate) async fn put(&self, at: &str, bytes: impl Into<Bytes>) -> Metadata {
        let options = UploadOptions { mode: WriteMode::Overwrite, ..UploadOptions::default() };
        self.client().upload(&path(at), &mut bytes.into(), options).await.unwrap().metadata
    }
}

pub(crate) fn path(text: &str) -> RemotePath {
    RemotePath::new(text).unwrap()
}

/// Bytes of which no two blocks are equal.
pub(crate) fn noise(length: usize, seed: u64) -> Bytes {
    let mut state = seed;
    let words = std::iter::repeat_with(move || {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes()
    });
    words.flatten().take(length).collect()
}

/// Always the same throw: the longest pause that there can be.
pub(crate) struct Dice;

impl Entropy for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x5a);
    }
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It does not reach the server.
    NotSent,
    /// The server acts on it, and nobody hears of it.
    AnswerLost,
    /// The same, by the clock.
    AnswerLate,
    /// The answer's body breaks off after so many bytes.
    Cut(usize),
    /// It is answered so by somebody else, without reaching the server.
    Status(u16),
    /// The server acts on it, and somebody else answers so.
    StatusAfter(u16),
}

/// Carries requests to the server, and does to each what is next in the queue.
pub(crate) struct Network {
    router: Router,
    faults: Mutex<VecDeque<Fault>>,
    seen: Mutex<Vec<String>>,
    carried: AtomicU64,
}

impl Network {
    fn new(router: Router) -> Arc<Network> {
        let (faults, seen, carried) = Default::default();
        Arc::new(Network { router, faults, seen, carried })
    }

    /// How many bytes of bodies it was given, arrived or not.
    pub(crate) fn carried(&self) -> u64 {
        self.carried.load(Ordering::Relaxed)
    }

    /// This happens to the next requests; whatever is after them arrives.
    pub(crate) fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// Method and path of every request since this was asked last.
    pub(crate) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// The network works again.
    pub(crate) fn forget_faults(&self) {
        self.faults.lock().unwrap().clear();
    }

    pub(crate) fn faults_left(&self) -> usize {
        self.faults.lock().unwrap().len()
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        self.seen.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
        self.carried.fetch_add(request.body().length().unwrap_or(0), Ordering::Relaxed);
        let fault = self.faults.lock().unwrap().pop_front().unwrap_or(Fault::None);
        let failed = |failure| Err(TransportError::new(failure, "by the test's will"));
        match fault {
            Fault::NotSent => return failed(Failure::NotSent),
            Fault::Status(status) => return Ok(somebody_else(status)),
            Fault::None | Fault::AnswerLost | Fault::AnswerLate | Fault::Cut(_) | Fault::StatusAfter(_) => {}
        }
        let answer = exchange(self.router.clone(), request).await;
        match fault {
            Fault::AnswerLost => failed(Failure::Broken),
            Fault::AnswerLate => failed(Failure::TimedOut),
            Fault::StatusAfter(status) => Ok(somebody_else(status)),
            Fault::Cut(length) => Ok(answer.map(|body| cut(body, length))),
            Fault::None | Fault::NotSent | Fault::Status(_) => Ok(answer),
        }
    }
}

fn somebody_else(status: u16) -> Response<Body> {
    let mut answer = Response::new(Body::Bytes(Bytes::from_static(b"<html>\x1b[2J\x07proxy</html>")));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

fn cut(body: Body, length: usize) -> Body {
    let mut left = length;
    let broken = || Err(BodyError::from(TransportError::new(Failure::Broken, "by the test's will")));
    let pieces = body.into_stream().map(move |piece| {
        let mut piece = piece?;
        if left == 0 {
            return broken();
        }
        piece.truncate(left);
        left -= piece.len();
        Ok(piece)
    });
    let pieces = pieces.chain(futures_util::stream::once(async move { broken() }));
    Body::Stream { length: None, stream: pieces.boxed() }
}
