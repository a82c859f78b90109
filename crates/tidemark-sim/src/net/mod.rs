//! The network between a machine and the server: the real client's requests go to the real dialect's handler, and what a
//! network does to them happens on the way.
//!
//! A request comes to one of these ends: it is never sent; it is lost before the server acts; the server acts, and the
//! answer is lost (or comes too late, or is cut off, or another one comes in its place); it is delivered twice; it is
//! delivered although its sender is dead; or all goes well, which takes time, too. What HTTP rules out does not happen:
//! no body that is cut off ends as if it were whole, and only what is sent with GET or PUT is delivered twice, because
//! proxies repeat by themselves what may be repeated, and nothing else.

mod answers;
mod faults;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body as AxumBody;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Method, Request, Response, StatusCode};
use tidemark_client::{Body, Failure, Patience, Transport, TransportError};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use self::faults::Fate;
pub(crate) use self::faults::NetFaults;
use crate::history::History;
use crate::random::Random;
use crate::server::{Exchange, SimServer};
use crate::trace::{Trace, note};

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long after its sender's end a request may arrive so that whoever was started since is still asked to account for it.
/// What comes later may make anew what was renamed or deleted meanwhile, and nobody can tell.
const LATE: Duration = Duration::from_secs(1);

/// One machine's way to the server. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Link(Arc<Shared>);

struct Shared {
    name: &'static str,
    server: SimServer,
    history: History,
    trace: Trace,
    state: Mutex<State>,
}

struct State {
    random: Random,
    faults: NetFaults,
    up: bool,
    asked: u64,
    /// Exchanges that were more than asking what is new.
    work: u64,
}

/// A request whose body is at hand, so that it can be sent more than once.
#[derive(Clone)]
struct Message {
    head: http::request::Parts,
    body: Bytes,
    /// Since when nobody waits for the answer any more.
    deserted: Arc<OnceLock<Instant>>,
}

impl Link {
    /// A way for this machine, over which all goes well.
    pub(crate) fn new(
        name: &'static str,
        server: SimServer,
        history: History,
        random: Random,
        trace: Trace,
    ) -> Link {
        let state = State { random, faults: NetFaults::default(), up: true, asked: 0, work: 0 };
        Link(Arc::new(Shared { name, server, history, trace, state: Mutex::new(state) }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes wrong from now on.
    pub(crate) fn set_faults(&self, faults: NetFaults) {
        self.state().faults = faults;
    }

    /// Whether there is a way at all.
    pub(crate) fn set_up(&self, up: bool) {
        note!(self.0.trace, "{}'s network is {}", self.0.name, if up { "up" } else { "down" });
        self.state().up = up;
    }

    /// How many exchanges there were that were more than asking what is new.
    pub(crate) fn work(&self) -> u64 {
        self.state().work
    }

    fn happened(&self, number: u64, kind: &'static str) {
        self.0.trace.count(kind);
        note!(self.0.trace, "{} #{number} {kind}", self.0.name);
    }

    /// What becomes of a request, and how long it and its answer travel.
    fn draw(&self, method: &Method) -> (u64, Fate, Duration, Duration) {
        let mut state = self.state();
        state.asked += 1;
        let number = state.asked;
        if !state.up {
            return (number, Fate::NotSent, Duration::ZERO, Duration::ZERO);
        }
        let State { random, faults, .. } = &mut *state;
        let fate = faults.draw(random, method);
        let there = faults.delay(random);
        let back = faults.delay(random);
        (number, fate, there, back)
    }

    async fn exchange(
        self,
        message: Message,
        number: u64,
        fate: Fate,
        there: Duration,
        back: Duration,
    ) -> Result<Response<Body>, TransportError> {
        let broken = |kind| {
            self.happened(number, kind);
            Err(failed(Failure::Broken, "the connection was reset"))
        };
        if let Fate::NotSent = fate {
            self.happened(number, "net: not sent");
            return Err(failed(Failure::NotSent, "nobody answers"));
        }
        sleep(there).await;
        match fate {
            Fate::LostBefore => return broken("net: lost before"),
            Fate::RefusedBefore => {
                self.happened(number, "net: refused before");
                return Ok(answers::unavailable(self.retry_after()));
            }
            Fate::TooMany => {
                self.happened(number, "net: too many");
                return Ok(answers::too_many(self.retry_after()));
            }
            Fate::Swallowed => {
                // It is never delivered: what arrives after hours makes anew what was deleted meanwhile, and nobody can tell.
                self.happened(number, "net: swallowed");
                sleep(PATIENCE * 10).await;
                return broken("net: given up");
            }
            Fate::SentHalf => {
                let half = message.body.slice(..message.body.len() / 2);
                let cut = futures_util::stream::iter([Ok(half), Err(std::io::Error::other("cut off"))]);
                let request = Request::from_parts(message.head, AxumBody::from_stream(cut));
                let _ = self.0.server.exchange(request).await;
                return broken("net: sent half");
            }
            Fate::Twice => {
                self.happened(number, "net: sent twice");
                let _ = self.0.server.exchange(message.clone().request()).await;
                sleep(there).await;
            }
            Fate::Well
            | Fate::NotSent
            | Fate::LostAfter
            | Fate::LateAnswer
            | Fate::RefusedAfter
            | Fate::CutAnswer
            | Fate::SlowAnswer
            | Fate::FlippedAnswer => {}
        }
        if message.deserted.get().is_some_and(|since| since.elapsed() > LATE) {
            self.0.history.came_late(&message.body);
        }
        let is_download = message.head.uri.path().starts_with("/1/files/");
        let (response, life) = match self.0.server.exchange(message.request()).await {
            Exchange::Refused => return Err(failed(Failure::NotSent, "there is no server")),
            Exchange::Cut => return broken("net: server gone"),
            Exchange::Answered(response, life) => (response, life),
        };
        let (head, body) = response.into_parts();
        // A long poll waits here, because its head and body leave together.
        let body = tokio::select! {
            biased;
            () = life.ended() => return broken("net: server gone"),
            body = axum::body::to_bytes(body, usize::MAX) => body,
        };
        let Ok(body) = body else { return broken("net: server broke off") };
        sleep(back).await;
        note!(self.0.trace, "{} #{number} {} {} bytes", self.0.name, head.status.as_u16(), body.len());
        let ok = head.status.is_success();
        let head = Response::from_parts(head, ());
        match fate {
            Fate::LostAfter => broken("net: lost after"),
            Fate::LateAnswer => {
                self.happened(number, "net: late answer");
                sleep(PATIENCE * 10).await;
                broken("net: lost after")
            }
            Fate::RefusedAfter => {
                self.happened(number, "net: refused after");
                Ok(answers::unavailable(self.retry_after()))
            }
            Fate::CutAnswer if !body.is_empty() => {
                self.happened(number, "net: cut answer");
                let at = self.state().random.below(body.len());
                Ok(answers::cut(head, &body, at))
            }
            Fate::SlowAnswer => {
                self.happened(number, "net: slow answer");
                Ok(answers::slow(head, body))
            }
            Fate::FlippedAnswer if is_download && ok && !body.is_empty() => {
                self.happened(number, "net: flipped answer");
                let at = self.state().random.below(body.len());
                Ok(answers::flipped(head, body, at))
            }
            _ => Ok(answers::whole(head, body)),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        let mut state = self.state();
        state.random.chance(300).then(|| state.random.within(1..20))
    }
}

impl Message {
    fn request(self) -> Request<AxumBody> {
        Request::from_parts(self.head, AxumBody::from(self.body))
    }
}

#[async_trait]
impl Transport for Link {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        let (head, body) = request.into_parts();
        let patience = head.extensions.get::<Patience>().map_or(PATIENCE, |patience| PATIENCE + patience.0);
        let (number, fate, there, back) = self.draw(&head.method);
        let name = self.0.name;
        let Ok(body) = collect(body).await else {
            note!(self.0.trace, "{name} #{number} its body could not be read");
            return Err(failed(Failure::Broken, "the body to be sent broke off"));
        };
        note!(self.0.trace, "{name} #{number} {} {}", head.method, shown(&head, &body));
        if !is_question(head.uri.path()) {
            self.state().work += 1;
        }
        let deserted = Arc::new(OnceLock::new());
        let message = Message { head, body, deserted: Arc::clone(&deserted) };
        // In a task of its own: what is on its way arrives, even if whoever sent it is gone by then.
        let arrives = self.state().random.chance(500);
        let task = tokio::spawn(self.clone().exchange(message, number, fate, there, back));
        let mut sent = Sent { task, arrives, deserted };
        match tokio::time::timeout(patience, &mut sent.task).await {
            Ok(done) => done.unwrap_or_else(|lost| Err(TransportError::new(Failure::Broken, lost))),
            Err(elapsed) => {
                self.happened(number, "net: timed out");
                Err(TransportError::new(Failure::TimedOut, elapsed))
            }
        }
    }
}

/// A request on its way.
struct Sent {
    task: JoinHandle<Result<Response<Body>, TransportError>>,
    /// Whether it arrives although nobody waits for the answer any more.
    arrives: bool,
    deserted: Arc<OnceLock<Instant>>,
}

impl Drop for Sent {
    fn drop(&mut self) {
        // If the answer is there, this comes too late to mean anything.
        let _ = self.deserted.set(Instant::now());
        if !self.arrives {
            self.task.abort();
        }
    }
}

async fn collect(body: Body) -> Result<Bytes, tidemark_client::BodyError> {
    let mut stream = match body {
        Body::Empty => return Ok(Bytes::new()),
        Body::Bytes(bytes) => return Ok(bytes),
        body @ Body::Stream { .. } => body.into_stream(),
    };
    let mut all = Vec::new();
    while let Some(piece) = stream.next().await {
        all.extend_from_slice(&piece?);
    }
    Ok(all.into())
}

fn failed(failure: Failure, why: &'static str) -> TransportError {
    TransportError::new(failure, why)
}

/// Whether it only asks what is new.
fn is_question(path: &str) -> bool {
    ["/1/delta", "/1/longpoll_delta", "/1/account/info"].iter().any(|known| path.starts_with(known))
}

/// A request for the trace: without the long words that only the server understands.
fn shown(head: &http::request::Parts, body: &Bytes) -> String {
    let form = if head.method == Method::POST { String::from_utf8_lossy(body) } else { "".into() };
    let query = head.uri.query().unwrap_or_default();
    let fields = query.split('&').chain(form.split('&')).filter(|field| {
        !field.is_empty() && !field.starts_with("cursor=") && !field.starts_with("include_identity")
    });
    let fields: Vec<&str> = fields.map(|field| &field[..field.len().min(80)]).collect();
    format!("{} {} ({} bytes)", head.uri.path(), fields.join(" "), body.len())
}

/// The status that a proxy answers when the server behind it does not.
const BAD_GATEWAY: StatusCode = StatusCode::BAD_GATEWAY;
