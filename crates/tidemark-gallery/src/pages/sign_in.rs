//! Signing in and out: the way to the server's page of consent, back from it, and the end of a session.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use tidemark_client::{AccessToken, Authorization};

use super::is_from_here;
use super::page::{broken, problem, redirect};
use super::ways::Peer;
use crate::gallery::{Inner, Signing};
use crate::oauth1::{self, Pair};
use crate::store::{Session, StoreError};

/// How long somebody may take on the server's pages, in seconds.
const PATIENCE: i64 = 15 * 60;
/// How many people may be on their way at once; beyond that, of the site with most of them whoever began first begins
/// again: whoever fills the room pushes out nobody but themselves.
const FLOWS_MAX: usize = 10_000;
/// Which way a browser is on. It ends with the browser or after the patience; a second tab begins anew.
const COOKIE: &str = "tidemark-gallery-way";

/// Everybody who is on their way through the server's pages, by the digest-like secret in their browser.
#[derive(Default)]
pub(crate) struct Flows(Mutex<HashMap<String, Flow>>);

struct Flow {
    begun: i64,
    /// From where: a phone may be elsewhere when it comes back.
    peer: Peer,
    asked: Asked,
    /// Where they were before: a path of ours.
    to: String,
}

/// With what they were sent.
enum Asked {
    Code(Box<Authorization>),
    OAuth1(Pair),
}

impl Flows {
    fn begin(&self, secret: String, flow: Flow) {
        let mut flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if flows.len() >= FLOWS_MAX {
            flows.retain(|_, known| flow.begun - known.begun < PATIENCE);
        }
        if flows.len() >= FLOWS_MAX
            && let Some(first) = first_of_most(&flows)
        {
            flows.remove(&first);
        }
        flows.insert(secret, flow);
    }

    /// What a browser was sent with: for once.
    fn take(&self, secret: &str, now: i64) -> Option<Flow> {
        let flow = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(secret)?;
        (now - flow.begun < PATIENCE).then_some(flow)
    }
}

/// Who began first of the site from which most are on their way.
fn first_of_most(flows: &HashMap<String, Flow>) -> Option<String> {
    let mut sites = HashMap::new();
    for (secret, flow) in flows {
        let (count, begun, first) = sites.entry(flow.peer.site()).or_insert((0_usize, flow.begun, secret));
        *count += 1;
        if flow.begun < *begun {
            (*begun, *first) = (flow.begun, secret);
        }
    }
    let most = sites.into_values().max_by_key(|(count, begun, _)| (*count, Reverse(*begun)));
    most.map(|(_, _, first)| first.clone())
}

/// `GET /sign-in`: sends the browser to the server's page of consent.
pub(super) async fn begin(
    State(inner): State<Arc<Inner>>,
    extensions: Extensions,
    RawQuery(query): RawQuery,
) -> Response {
    let peer = Peer::of(&extensions);
    if let Err(seconds) = inner.ways.begin(peer, inner.now()) {
        return too_many(&inner, seconds);
    }
    let options = &inner.options;
    let (url, asked) = match &options.app.signing {
        Signing::Code => {
            let server = options.server.clone();
            let authorization =
                Authorization::new(server, &options.app.key, Some(&inner.redirect_uri), &*options.entropy);
            (authorization.url(), Asked::Code(Box::new(authorization)))
        }
        Signing::OAuth1 { secret } => match oauth1::request_token(&inner, secret).await {
            Ok(pair) => (oauth1::page(&options.server, &pair, &inner.redirect_uri), Asked::OAuth1(pair)),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "nobody can be asked by OAuth 1");
                return unreachable(&inner);
            }
        },
    };
    let to = field(query.as_deref(), "to").filter(|to| is_page(to)).unwrap_or_else(|| "/".to_owned());
    let secret = inner.fresh_secret();
    let mut response = redirect(&url);
    response.headers_mut().insert(SET_COOKIE, inner.set_cookie(COOKIE, &secret, PATIENCE));
    inner.flows.begin(secret, Flow { begun: inner.now(), peer, asked, to });
    response
}

/// `GET /callback`: the browser comes back, with a permission or without.
pub(super) async fn come_back(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.as_deref();
    let flow = inner.cookie(&headers, COOKIE).and_then(|secret| inner.flows.take(secret, inner.now()));
    let Some(Flow { peer, asked, to, .. }) = flow else { return begin_again(&inner) };
    let answer = match &asked {
        Asked::Code(authorization) => {
            if !field(query, "state").is_some_and(|state| authorization.is_ours(&state)) {
                return begin_again(&inner);
            }
            match field(query, "code") {
                None => return denied(&inner),
                Some(code) => {
                    let finished = authorization.finish(&code, &*inner.options.transport).await;
                    finished.map(|authorized| authorized.token).map_err(|error| error.to_string())
                }
            }
        }
        Asked::OAuth1(pair) => {
            let Signing::OAuth1 { secret } = &inner.options.app.signing else { return begin_again(&inner) };
            // Another token is somebody else's permission.
            if field(query, "oauth_token").as_deref() != Some(&pair.token) {
                return begin_again(&inner);
            }
            if field(query, "not_approved").is_some() {
                return denied(&inner);
            }
            oauth1::finish(&inner, secret, pair).await.map_err(|error| error.to_string())
        }
    };
    let token = match answer {
        Ok(token) => token,
        Err(error) => {
            tracing::warn!(error, "a permission was not given after all");
            return unreachable(&inner);
        }
    };
    match welcome(&inner, &headers, token).await {
        Ok(session) => {
            inner.ways.arrived(peer);
            let mut response = redirect(&inner.path(&to));
            response.headers_mut().append(SET_COOKIE, session);
            response.headers_mut().append(SET_COOKIE, inner.set_cookie(COOKIE, "", 0));
            response
        }
        Err(Unwelcome::Client(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "nobody knows whose token it is");
            unreachable(&inner)
        }
        Err(Unwelcome::Store(error)) => broken(&inner, &error),
    }
}

/// Why somebody with a token is not signed in.
enum Unwelcome {
    Client(tidemark_client::Error),
    Store(StoreError),
}

/// Signs somebody in, in place of who was before in this browser.
async fn welcome(
    inner: &Arc<Inner>,
    headers: &HeaderMap,
    token: AccessToken,
) -> Result<HeaderValue, Unwelcome> {
    let client = inner.client(token.clone());
    let account = client.account().await.map_err(Unwelcome::Client)?;
    let kept = match leave(inner, headers).await {
        Ok(_) => inner.begin(&account, &token).await,
        Err(error) => Err(error),
    };
    if kept.is_err() {
        // Nobody knows it any more: it had better open nothing.
        let _ = client.disable_access_token().await;
    }
    kept.map_err(Unwelcome::Store)
}

/// Ends the session of a browser, if it has one, and gives back its permission. Tells whether it had one.
async fn leave(inner: &Arc<Inner>, headers: &HeaderMap) -> Result<bool, StoreError> {
    let Some(member) = inner.member(headers).await? else { return Ok(false) };
    let session = inner.store.blocking(move |store| store.session(&member.digest)).await?;
    inner.end(member.digest).await?;
    if let Some(session) = session {
        // Whoever hangs up meanwhile wanted it, too.
        let revoking = tokio::spawn(revoke(inner.clone(), session));
        // A panic is told where it happens.
        let _ = revoking.await;
    }
    Ok(true)
}

/// Gives back the permission of a session that has ended: it is of no use to anybody here from now on.
pub(crate) async fn revoke(inner: Arc<Inner>, session: Session) {
    let Some(client) = inner.client_of(&session) else { return };
    if let Err(error) = client.disable_access_token().await {
        // The server's own pages can revoke it.
        tracing::warn!(error = &error as &dyn std::error::Error, "a token was not revoked");
    }
}

/// `POST /sign-out`: a form of our page.
pub(super) async fn sign_out(State(inner): State<Arc<Inner>>, headers: HeaderMap, form: Bytes) -> Response {
    let proof = form_urlencoded::parse(&form).find(|(name, _)| name == "form_token").map(|(_, proof)| proof);
    let is_ours = match inner.member(&headers).await {
        Ok(Some(member)) => {
            is_from_here(&headers) && proof.is_some_and(|proof| inner.is_form_token(&member, &proof))
        }
        // There is nothing to end.
        Ok(None) => true,
        Err(error) => return broken(&inner, &error),
    };
    if !is_ours {
        let text = "This form was not shown to you by this gallery, or it is too old. Go back, load the page again, and \
                    sign out once more.";
        return problem(&inner, StatusCode::FORBIDDEN, "Please try again", text);
    }
    if let Err(error) = leave(&inner, &headers).await {
        return broken(&inner, &error);
    }
    let mut response = redirect(&inner.path("/"));
    let headers = response.headers_mut();
    headers.insert(SET_COOKIE, inner.clear_session());
    // Who uses this browser next has no business with what it keeps.
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    response
}

/// A page of ours, to come back to: nobody is led elsewhere.
fn is_page(to: &str) -> bool {
    let album = |rest: &str| rest.len() < 20 && !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    matches!(to, "/" | "/albums") || to.strip_prefix("/albums/").is_some_and(album)
}

fn field(query: Option<&str>, wanted: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(query?.as_bytes());
    fields.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

fn begin_again(inner: &Inner) -> Response {
    let text = "This sign-in was begun elsewhere, or too long ago. Please begin again.";
    problem(inner, StatusCode::BAD_REQUEST, "Please try again", text)
}

fn too_many(inner: &Inner, seconds: i64) -> Response {
    let text = "Too many sign-ins were begun where you are. Please try again in a moment.";
    let mut response = problem(inner, StatusCode::TOO_MANY_REQUESTS, "One moment, please", text);
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

fn denied(inner: &Inner) -> Response {
    let text = "You did not allow the gallery to see your pictures, so there is nothing to show.";
    problem(inner, StatusCode::FORBIDDEN, "Not allowed", text)
}

fn unreachable(inner: &Inner) -> Response {
    let text =
        "The server where your pictures are cannot be asked at present, or refused. Please try again later.";
    problem(inner, StatusCode::BAD_GATEWAY, "That did not work", text)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        assert!(["/", "/albums", "/albums/12"].into_iter().all(is_page));
        for elsewhere in [
            "",
            "//evil.example",
            "/\\evil",
            "https://evil.example",
            "/albums/",
            "/albums/1/../x",
            "/sign-out",
        ] {
            assert!(!is_page(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn a_way_is_gone_once() {
        let flows = Flows::default();
        let peer = Peer::of(&Extensions::new());
        let flow =
            |begun| Flow { begun, peer, asked: Asked::OAuth1(oauth1::tests::pair()), to: "/".to_owned() };
        flows.begin("a".to_owned(), flow(100));
        assert!(flows.take("b", 100).is_none());
        assert!(flows.take("a", 101).is_some() && flows.take("a", 101).is_none());
        flows.begin("a".to_owned(), flow(100));
        assert!(flows.take("a", 100 + PATIENCE).is_none(), "too late");
        for number in 0..=FLOWS_MAX {
            flows.begin(number.to_string(), flow(i64::try_from(number).unwrap() / 100));
        }
        assert_eq!(flows.0.lock().unwrap().len(), FLOWS_MAX);
    }

    #[test]
    fn whoever_fills_the_room_pushes_out_themselves_only() {
        let flows = Flows::default();
        let begin = |secret: String, peer: &str, begun| {
            let peer = Peer::from(peer.parse::<IpAddr>().unwrap());
            let asked = Asked::OAuth1(oauth1::tests::pair());
            flows.begin(secret, Flow { begun, peer, asked, to: "/".to_owned() });
        };
        begin("ada".to_owned(), "192.0.2.1", 100);
        begin("bob".to_owned(), "2001:db8:1::1", 100);
        // From another network each time, all of them one customer's.
        for number in 0..=FLOWS_MAX {
            begin(number.to_string(), &format!("2001:db8:0:{number:x}::1"), 101 + i64::from(number > 0));
        }
        assert_eq!(flows.0.lock().unwrap().len(), FLOWS_MAX);
        assert!(flows.take("0", 102).is_none(), "who began first of them");
        assert!(flows.take("ada", 102).is_some() && flows.take("bob", 102).is_some());
    }
}
