//! The request inspector: what the owner of an app is shown of the requests that it sent lately.
//!
//! The last requests of each app that somebody owns are kept in memory, and forgotten with the process. Of no other app is
//! anything kept. Of requests in another person's name the owner sees which endpoint was called and how it went, never
//! where: what somebody's files are called is not for whoever made a program that they use. Neither queries nor headers
//! nor bodies are kept, since tokens travel there; of a refusal, the words that it was given with. What is seen by
//! whom was decided in `docs/decisions/0018-request-inspector.md`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use http::header::{CONTENT_LENGTH, USER_AGENT};
use http::{Extensions, HeaderValue, Method, Request, StatusCode};
use tidemark_core::model::{AppKey, Timestamp, turns_text};
use tidemark_core::people::Caller;
use tidemark_core::store::Clock;

/// How many requests are kept of an app.
pub(crate) const REQUESTS_KEPT: usize = 200;
/// Of how many apps. With the limits below, all of it takes some 20 MB at the very most.
const APPS_KEPT: usize = 100;
/// The longest path, user agent and refusal that are kept, in characters. What is longer is cut off.
const PATH_MAX: usize = 300;
const AGENT_MAX: usize = 120;
const REFUSAL_MAX: usize = 300;
/// How much of a refusal's body is read for its words, in bytes. A longer one is none of a protocol's.
const REFUSAL_BODY_MAX: usize = 4 << 10;

/// The latest requests of apps that have an owner.
pub struct Inspector {
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    apps: HashMap<AppKey, Recent>,
    /// How many requests were ever noted: the number of the last one.
    noted: u64,
}

/// The latest requests of one app, the oldest first. There is always one.
#[derive(Default)]
struct Recent(VecDeque<Arc<Inspected>>);

impl Recent {
    fn last(&self) -> u64 {
        self.0.back().map_or(0, |request| request.number)
    }
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inspected {
    /// Later ones have greater numbers; no two have the same.
    pub(crate) number: u64,
    /// When its answer was over.
    pub(crate) at: Timestamp,
    pub(crate) method: String,
    pub(crate) place: Place,
    pub(crate) status: StatusCode,
    /// From its head to the end of its answer.
    pub(crate) took: Duration,
    /// How long its body said that it is, in bytes; nothing if it did not say.
    pub(crate) received: Option<u64>,
    /// How much of the answer's body was sent, in bytes.
    pub(crate) sent: u64,
    /// Whether the answer was sent whole.
    pub(crate) is_complete: bool,
    /// How the program calls itself.
    pub(crate) agent: String,
    /// The words that it was refused with, as far as they are the owner's business.
    pub(crate) refusal: Option<String>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the owner's own name: this path, as it was sent.
    Path(String),
    /// In another person's: this endpoint.
    Endpoint(&'static str),
}

impl Inspector {
    /// One that has seen nothing yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Inspector {
        Inspector { clock, kept: Mutex::default() }
    }

    /// The latest requests of an app, the latest first: those after this number.
    pub(crate) fn requests(&self, app: &AppKey, after: u64) -> Vec<Arc<Inspected>> {
        let kept = self.kept();
        let requests = kept.apps.get(app).into_iter().flat_map(|recent| recent.0.iter().rev());
        requests.take_while(|request| request.number > after).cloned().collect()
    }

    /// Forgets the requests of an app that was deleted. (One that is being answered meanwhile may be kept; nobody is shown it.)
    pub(crate) fn forget(&self, app: &AppKey) {
        self.kept().apps.remove(app);
    }

    fn note(&self, app: &AppKey, request: Inspected) {
        let mut kept = self.kept();
        kept.noted += 1;
        let request = Arc::new(Inspected { number: kept.noted, ..request });
        if !kept.apps.contains_key(app) && kept.apps.len() >= APPS_KEPT {
            let longest_quiet = kept.apps.iter().min_by_key(|(_, recent)| recent.last());
            if let Some(quiet) = longest_quiet.map(|(app, _)| app.clone()) {
                kept.apps.remove(&quiet);
            }
        }
        let Recent(requests) = kept.apps.entry(app.clone()).or_default();
        if requests.len() >= REQUESTS_KEPT {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    // Nothing panics while the lock is held.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An extension of every request that is answered under an inspector: who called is put here as soon as it is known.
#[derive(Clone, Default)]
struct Slot(Arc<OnceLock<Called>>);

/// Who called, as far as the inspector wants to know.
#[derive(Clone)]
struct Called {
    app: AppKey,
    by_owner: bool,
}

/// Notes who sent the request with these extensions. A protocol says so as soon as it knows, so that its refusals are seen, too.
pub(crate) fn note_caller(extensions: &Extensions, caller: &Caller) {
    if let (Some(owner), Some(Slot(slot))) = (caller.app.owner, extensions.get()) {
        // The first one counts; there is no second.
        let _ = slot.set(Called { app: caller.app.key.clone(), by_owner: caller.account.id == owner });
    }
}

/// What is known of a request before it is answered.
pub(super) struct Watched {
    inspector: Arc<Inspector>,
    slot: Slot,
    received: Option<u64>,
    agent: Option<HeaderValue>,
}

impl Watched {
    pub(super) fn begin<B>(inspector: &Arc<Inspector>, request: &mut Request<B>) -> Watched {
        let slot = Slot::default();
        request.extensions_mut().insert(slot.clone());
        let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        Watched {
            inspector: Arc::clone(inspector),
            slot,
            received: length.and_then(|length| length.parse().ok()),
            agent: request.headers().get(USER_AGENT).cloned(),
        }
    }

    /// How the request is inspected, if it turned out to be an owned app's.
    pub(super) fn inspect(self, status: StatusCode) -> Option<Inspection> {
        let Watched { inspector, slot, received, agent } = self;
        let called = slot.0.get()?.clone();
        let is_refusal = status.is_client_error() || status.is_server_error();
        // Its words may name what lies in somebody's files.
        let keeps_words = called.by_owner && is_refusal;
        Some(Inspection { inspector, called, received, agent, words: keeps_words.then(Vec::new) })
    }
}

/// The inspection of a request that is being answered.
pub(super) struct Inspection {
    inspector: Arc<Inspector>,
    called: Called,
    received: Option<u64>,
    agent: Option<HeaderValue>,
    /// The answer's body so far, if it is a refusal that its owner may read.
    words: Option<Vec<u8>>,
}

impl Inspection {
    /// Sees a piece of the answer.
    pub(super) fn see(&mut self, piece: &[u8]) {
        if let Some(words) = &mut self.words {
            let room = (REFUSAL_BODY_MAX + 1).saturating_sub(words.len());
            words.extend_from_slice(&piece[..piece.len().min(room)]);
        }
    }

    /// Notes the request, whose answer is over.
    pub(super) fn end(&self, ending: &Ending<'_>) {
        let &Ending { method, path, route, status, took, sent, is_complete } = ending;
        let agent = self.agent.as_ref().map(|agent| String::from_utf8_lossy(agent.as_bytes()));
        let place = match self.called.by_owner {
            true => Place::Path(cut(path, PATH_MAX)),
            false => Place::Endpoint(route),
        };
        let request = Inspected {
            number: 0,
            at: self.inspector.clock.now(),
            method: cut(method.as_str(), 20),
            place,
            status,
            took,
            received: self.received,
            sent,
            is_complete,
            agent: agent.map(|agent| cut(&agent, AGENT_MAX)).unwrap_or_default(),
            refusal: self.words.as_deref().and_then(words_of),
        };
        self.inspector.note(&self.called.app, request);
    }
}

/// How a request ended.
pub(super) struct Ending<'a> {
    pub(super) method: &'a Method,
    /// Without what must not be written down.
    pub(super) path: &'a str,
    pub(super) route: &'static str,
    pub(super) status: StatusCode,
    pub(super) took: Duration,
    pub(super) sent: u64,
    pub(super) is_complete: bool,
}

/// The words of a refusal, wherever a protocol of ours has them: `error` (which may be told by its field), `message`,
/// `error_description`.
fn words_of(body: &[u8]) -> Option<String> {
    if body.len() > REFUSAL_BODY_MAX {
        return None;
    }
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let words = ["error_description", "message", "error"].iter().find_map(|name| match body.get(name)? {
        serde_json::Value::String(words) => Some(words.clone()),
        serde_json::Value::Object(fields) => {
            let told = fields.iter().map(|(name, words)| match words {
                serde_json::Value::String(words) => format!("{name}: {words}"),
                words => format!("{name}: {words}"),
            });
            Some(told.collect::<Vec<_>>().join("; "))
        }
        _ => None,
    });
    words.map(|words| cut(&words, REFUSAL_MAX))
}

/// As many characters, of which none disturbs what it is shown in.
fn cut(text: &str, chars: usize) -> String {
    let mut kept: String = text
        .chars()
        .take(chars)
        .map(|c| if c.is_control() || turns_text(c) { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(chars).is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_core::store::memory::ManualClock;

    fn app(name: &str) -> AppKey {
        AppKey(name.to_owned())
    }

    fn request(agent: &str) -> Inspected {
        Inspected {
            number: 0,
            at: Timestamp(0),
            method: "GET".to_owned(),
            place: Place::Endpoint("/metadata"),
            status: StatusCode::OK,
            took: Duration::ZERO,
            received: None,
            sent: 0,
            is_complete: true,
            agent: agent.to_owned(),
            refusal: None,
        }
    }

    fn inspector() -> Inspector {
        Inspector::new(Arc::new(ManualClock::new(Timestamp(0))))
    }

    /// The latest first, so many of each app, and never those of another.
    #[test]
    fn the_latest_requests_of_each_app_are_kept() {
        let inspector = inspector();
        for n in 0..REQUESTS_KEPT + 50 {
            inspector.note(&app("a"), request(&n.to_string()));
            inspector.note(&app("b"), request("b"));
        }
        let kept = inspector.requests(&app("a"), 0);
        assert_eq!(kept.len(), REQUESTS_KEPT);
        assert_eq!((kept[0].agent.as_str(), kept[REQUESTS_KEPT - 1].agent.as_str()), ("249", "50"));
        assert!(inspector.requests(&app("b"), 0).iter().all(|request| request.agent == "b"));
        let newest = kept[0].number;
        assert!(inspector.requests(&app("a"), newest).is_empty());
        inspector.note(&app("a"), request("new"));
        let new = inspector.requests(&app("a"), newest);
        assert_eq!(new.iter().map(|request| request.agent.as_str()).collect::<Vec<_>>(), ["new"]);
        assert!(inspector.requests(&app("c"), 0).is_empty());
    }

    /// However many apps there are, the memory is bounded: that which was quiet for longest makes room.
    #[test]
    fn the_app_that_was_quiet_for_longest_makes_room() {
        let inspector = inspector();
        for n in 0..APPS_KEPT {
            inspector.note(&app(&n.to_string()), request(""));
        }
        inspector.note(&app("0"), request(""));
        inspector.note(&app("new"), request(""));
        assert_eq!(inspector.kept().apps.len(), APPS_KEPT);
        assert!(inspector.requests(&app("1"), 0).is_empty());
        assert_eq!(inspector.requests(&app("0"), 0).len(), 2);
    }

    #[test]
    fn refusals_are_told_in_their_own_words() {
        for (body, words) in [
            (r#"{"error": "Path '/x' not found"}"#, Some("Path '/x' not found")),
            (r#"{"error": {"path": "It is too long"}}"#, Some("path: It is too long")),
            (r#"{"type": "error", "status": 404, "message": "Not Found"}"#, Some("Not Found")),
            (r#"{"error": "invalid_grant", "error_description": "too old"}"#, Some("too old")),
            (r#"{"error": "a\u001bb\u202ec"}"#, Some("a\u{fffd}b\u{fffd}c")),
            ("<html>", None),
            ("", None),
            ("[1]", None),
        ] {
            assert_eq!(words_of(body.as_bytes()).as_deref(), words, "{body}");
        }
        let long = serde_json::json!({ "error": "x".repeat(1_000) }).to_string();
        assert_eq!(words_of(long.as_bytes()).unwrap().chars().count(), REFUSAL_MAX + 1);
        let longer = serde_json::json!({ "error": "x".repeat(REFUSAL_BODY_MAX) }).to_string();
        assert_eq!(words_of(longer.as_bytes()), None);
    }
}
