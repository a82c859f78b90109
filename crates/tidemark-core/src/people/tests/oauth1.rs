//! OAuth 1: every way to get and use a token, and every way to abuse one. What a signature is stands elsewhere: here it
//! is the two secrets themselves.

use super::{World, peer};
use crate::model::{Account, App, Proof, Timestamp};
use crate::people::oauth1::{
    IssuedToken, REQUEST_TOKEN_LIFE, RequestError, Signed, SignedError, Stamp, TIMESTAMP_SKEW_MAX,
};
use crate::people::{BearerError, Caller, Exchange, RateLimits};
use crate::store::{Clock, NONCES_MAX};
use std::num::NonZeroU32;
use std::time::Duration;

struct Linked {
    world: World,
    ann: Account,
    app: App,
}

/// Who signs, with what.
#[derive(Clone, Copy)]
struct With<'a> {
    app: &'a App,
    secret: &'a str,
    token: Option<&'a str>,
    token_secret: &'a str,
    stamp: Option<Stamp<'a>>,
}

impl<'a> With<'a> {
    fn app(app: &'a App) -> With<'a> {
        With { app, secret: &app.secret, token: None, token_secret: "", stamp: None }
    }

    fn token(self, issued: &'a IssuedToken) -> With<'a> {
        With { token: Some(issued.token.reveal()), token_secret: issued.secret.reveal(), ..self }
    }
}

/// Calls `$method` with what `$with` signs, from the place `$peer`.
macro_rules! signed {
    ($people:expr, $method:ident, $with:expr, $peer:expr) => {{
        let with: With<'_> = $with;
        let (app, token) = (with.secret.to_owned(), with.token_secret.to_owned());
        let check =
            move |app_secret: &str, token_secret: &str| (app_secret, token_secret) == (&*app, &*token);
        let signed = Signed { app: &with.app.key.0, token: with.token, stamp: with.stamp, check: &check };
        $people.$method(signed, peer($peer)).await
    }};
}

impl Linked {
    async fn new() -> Linked {
        let world = World::new();
        let (ann, app) = (world.account("ann@example.org").await, world.app().await);
        Linked { world, ann, app }
    }

    async fn request(&self) -> IssuedToken {
        signed!(self.world.people, request_token, With::app(&self.app), 1).unwrap()
    }

    async fn allowed(&self) -> IssuedToken {
        let request = self.request().await;
        self.world.people.decide(request.token.reveal(), &self.ann, true).await.unwrap();
        request
    }

    async fn exchange(&self, with: With<'_>) -> Result<IssuedToken, SignedError> {
        signed!(self.world.people, access_token, with, 1).map(|(token, _)| token)
    }

    async fn access(&self) -> IssuedToken {
        let request = self.allowed().await;
        self.exchange(With::app(&self.app).token(&request)).await.unwrap()
    }

    async fn call(&self, with: With<'_>) -> Result<Caller, SignedError> {
        signed!(self.world.people, authenticate_signed, with, 1)
    }

    fn seconds(&self) -> u64 {
        1_700_000_000
    }
}

#[tokio::test]
async fn an_allowed_request_becomes_a_token_that_signs() {
    let linked = Linked::new().await;
    let request = linked.request().await;
    let text = request.token.reveal();
    assert_eq!(linked.world.people.requesting_app(text).await.unwrap(), Some(linked.app.clone()));
    let app = linked.world.people.decide(text, &linked.ann, true).await.unwrap();
    assert_eq!(app, linked.app);
    let access = linked.exchange(With::app(&linked.app).token(&request)).await.unwrap();
    for word in [&request.token, &request.secret, &access.token, &access.secret] {
        assert!(word.reveal().bytes().all(|b| b.is_ascii_alphanumeric()), "some programs do not decode");
    }
    let caller = linked.call(With::app(&linked.app).token(&access)).await.unwrap();
    assert_eq!(
        (caller.account, caller.app, caller.proof),
        (linked.ann.clone(), linked.app.clone(), Proof::OAuth1)
    );
}

#[tokio::test]
async fn a_request_token_is_good_for_one_exchange() {
    let linked = Linked::new().await;
    let request = linked.allowed().await;
    let with = With::app(&linked.app).token(&request);
    let tries = futures_util::future::join_all((0..8).map(|_| linked.exchange(with))).await;
    let given: Vec<IssuedToken> = tries.into_iter().filter_map(Result::ok).collect();
    assert_eq!(given.len(), 1);
    assert!(matches!(linked.exchange(with).await, Err(SignedError::Token)));
    linked.call(With::app(&linked.app).token(&given[0])).await.expect("a second try takes nothing back");
    assert_eq!(linked.world.people.requesting_app(request.token.reveal()).await.unwrap(), None);
    let again = linked.world.people.decide(request.token.reveal(), &linked.ann, true).await;
    assert!(matches!(again, Err(RequestError::Unknown)), "and cannot be allowed again");
}

#[tokio::test]
async fn what_nobody_allowed_is_not_exchanged() {
    let linked = Linked::new().await;
    let (pending, denied) = (linked.request().await, linked.request().await);
    linked.world.people.decide(denied.token.reveal(), &linked.ann, false).await.unwrap();
    for request in [&pending, &denied] {
        let refused = linked.exchange(With::app(&linked.app).token(request)).await;
        assert!(matches!(refused, Err(SignedError::Token)));
    }
    let other = linked.world.people.decide(denied.token.reveal(), &linked.ann, true).await;
    assert!(matches!(other, Err(RequestError::Unknown)), "no is no");
    linked.world.people.decide(pending.token.reveal(), &linked.ann, true).await.unwrap();
    linked.world.people.decide(pending.token.reveal(), &linked.ann, true).await.expect("pressed twice");
    let bob = linked.world.account("bob@example.org").await;
    for (account, allow) in [(&bob, true), (&bob, false), (&linked.ann, false)] {
        let late = linked.world.people.decide(pending.token.reveal(), account, allow).await;
        assert!(matches!(late, Err(RequestError::Unknown)));
    }
    linked.exchange(With::app(&linked.app).token(&pending)).await.unwrap();
}

#[tokio::test]
async fn a_request_token_expires_before_and_after_the_decision() {
    let linked = Linked::new().await;
    let (request, late) = (linked.request().await, linked.request().await);
    linked.world.clock.advance(REQUEST_TOKEN_LIFE - Duration::from_millis(1));
    linked.world.people.decide(request.token.reveal(), &linked.ann, true).await.unwrap();
    linked.world.clock.advance(Duration::from_millis(1));
    assert_eq!(linked.world.people.requesting_app(late.token.reveal()).await.unwrap(), None);
    let refused = linked.world.people.decide(late.token.reveal(), &linked.ann, true).await;
    assert!(matches!(refused, Err(RequestError::Unknown)));
    linked.exchange(With::app(&linked.app).token(&request)).await.expect("the program has its time, too");

    let forgotten = linked.allowed().await;
    linked.world.clock.advance(REQUEST_TOKEN_LIFE);
    let refused = linked.exchange(With::app(&linked.app).token(&forgotten)).await;
    assert!(matches!(refused, Err(SignedError::Token)));
    linked.world.people.sweep().await.unwrap();
    let refused = linked.world.people.decide(forgotten.token.reveal(), &linked.ann, true).await;
    assert!(matches!(refused, Err(RequestError::Unknown)), "nothing comes back to life when it is swept");
}

#[tokio::test]
async fn a_clock_that_is_set_back_undoes_no_decision() {
    let linked = Linked::new().await;
    let (denied, used) = (linked.request().await, linked.request().await);
    let asked = linked.world.clock.now();
    linked.world.clock.set(Timestamp(asked.0 - 3_600_000));
    linked.world.people.decide(denied.token.reveal(), &linked.ann, false).await.unwrap();
    linked.world.people.decide(used.token.reveal(), &linked.ann, true).await.unwrap();
    linked.exchange(With::app(&linked.app).token(&used)).await.unwrap();
    linked.world.clock.set(asked);
    linked.world.people.sweep().await.unwrap();
    for token in [denied, used] {
        let again = linked.world.people.decide(token.token.reveal(), &linked.ann, true).await;
        assert!(matches!(again, Err(RequestError::Unknown)));
    }
}

#[tokio::test]
async fn tokens_belong_to_their_app() {
    let linked = Linked::new().await;
    let other = linked.world.app().await;
    let request = linked.allowed().await;
    let refused = linked.exchange(With::app(&other).token(&request)).await;
    assert!(matches!(refused, Err(SignedError::Token)));
    let access = linked.exchange(With::app(&linked.app).token(&request)).await.unwrap();
    assert!(matches!(linked.call(With::app(&other).token(&access)).await, Err(SignedError::Token)));
    linked.call(With::app(&linked.app).token(&access)).await.unwrap();
}

#[tokio::test]
async fn both_secrets_are_needed() {
    let linked = Linked::new().await;
    let (other, request) = (linked.world.app().await, linked.allowed().await);
    let good = With::app(&linked.app).token(&request);
    for wrong in [
        With { secret: &other.secret, ..good },
        With { token_secret: "", ..good },
        With { token_secret: "x", ..good },
    ] {
        assert!(matches!(linked.exchange(wrong).await, Err(SignedError::Signature)));
    }
    let access = linked.exchange(good).await.unwrap();
    let good = With::app(&linked.app).token(&access);
    for wrong in [
        With { secret: &other.secret, ..good },
        With { token_secret: request.secret.reveal(), ..good },
        With { token_secret: "", ..good },
    ] {
        assert!(matches!(linked.call(wrong).await, Err(SignedError::Signature)));
    }
    let wrong = With { secret: &other.secret, ..With::app(&linked.app) };
    let refused = signed!(linked.world.people, request_token, wrong, 1);
    assert!(matches!(refused, Err(SignedError::Signature)));
}

#[tokio::test]
async fn one_kind_of_token_is_not_another() {
    let linked = Linked::new().await;
    let people = &linked.world.people;
    let (request, access) = (linked.allowed().await, linked.access().await);
    let (bearer, _) = people.issue_token(&linked.ann, &linked.app).await.unwrap();
    for not_bearer in [&request.token, &request.secret, &access.token, &access.secret] {
        assert!(matches!(people.authenticate(not_bearer.reveal()).await, Err(BearerError::Unknown)));
        assert_eq!(people.session(not_bearer.reveal()).await.unwrap(), None);
        people.end_session(not_bearer.reveal()).await.unwrap();
    }
    let good = With::app(&linked.app);
    let (long, own) = ("x".repeat(9_000), good.token(&access));
    for text in [bearer.reveal(), request.token.reveal(), "", "x", "é", &long] {
        // Even with the secret that we would work out for it.
        let secret = people.token_keys().access_secret(text);
        let with = With { token: Some(text), token_secret: secret.reveal(), ..good };
        assert!(matches!(linked.call(with).await, Err(SignedError::Token)), "{text}");
        let secret = people.token_keys().request_secret(text);
        let with = With { token: Some(text), token_secret: secret.reveal(), ..good };
        if text != request.token.reveal() {
            assert!(matches!(linked.exchange(with).await, Err(SignedError::Token)), "{text}");
        }
    }
    assert!(matches!(linked.call(good).await, Err(SignedError::Token)), "none at all");
    assert!(matches!(linked.exchange(good).await, Err(SignedError::Token)), "none at all");
    let code = Exchange {
        code: request.token.reveal(),
        app: &linked.app.key.0,
        secret: Some(&linked.app.secret),
        redirect_uri: None,
        verifier: None,
        only: None,
    };
    assert!(people.exchange(code, peer(1)).await.is_err());
    linked.exchange(good.token(&request)).await.unwrap();
    assert!(people.exchange(code, peer(1)).await.is_err(), "a spent one is no code either");
    linked.call(own).await.expect("and nothing was revoked by trying");
}

#[tokio::test]
async fn who_was_shut_out_gets_nothing() {
    let linked = Linked::new().await;
    let people = &linked.world.people;
    let (request, access) = (linked.allowed().await, linked.access().await);
    let (pending, good) = (linked.request().await, With::app(&linked.app));

    people.set_app_disabled(&linked.app.key.0, true).await.unwrap();
    assert!(matches!(linked.call(good.token(&access)).await, Err(SignedError::App)));
    assert!(matches!(linked.exchange(good.token(&request)).await, Err(SignedError::App)));
    assert!(matches!(signed!(people, request_token, good, 1), Err(SignedError::App)));
    assert_eq!(people.requesting_app(pending.token.reveal()).await.unwrap(), None);
    let refused = people.decide(pending.token.reveal(), &linked.ann, true).await;
    assert!(matches!(refused, Err(RequestError::Unknown)));
    people.set_app_disabled(&linked.app.key.0, false).await.unwrap();

    people.set_disabled("ann@example.org", true).await.unwrap();
    assert!(matches!(linked.call(good.token(&access)).await, Err(SignedError::Token)));
    let refused = people.decide(pending.token.reveal(), &linked.ann, true).await;
    assert!(matches!(refused, Err(RequestError::AccountDisabled)));
    people.set_disabled("ann@example.org", false).await.unwrap();
    linked.call(good.token(&access)).await.unwrap();
    let ended = linked.exchange(good.token(&request)).await;
    assert!(matches!(ended, Err(SignedError::Token)), "what was begun in a session ended with it");

    let unknown = App { key: crate::model::AppKey("nosuchkey".into()), ..linked.app.clone() };
    assert!(matches!(linked.call(With::app(&unknown).token(&access)).await, Err(SignedError::App)));
}

#[tokio::test]
async fn unlinking_ends_tokens_and_what_would_become_one() {
    let linked = Linked::new().await;
    let (request, access) = (linked.allowed().await, linked.access().await);
    assert_eq!(linked.world.people.unlink(linked.ann.id, &linked.app.key).await.unwrap(), 1);
    let good = With::app(&linked.app);
    assert!(matches!(linked.call(good.token(&access)).await, Err(SignedError::Token)));
    assert!(matches!(linked.exchange(good.token(&request)).await, Err(SignedError::Token)));
}

/// Whoever finds a token where it should not be ends it, without knowing what kind it is.
#[tokio::test]
async fn a_token_that_became_known_is_ended_by_itself() {
    let linked = Linked::new().await;
    let people = &linked.world.people;
    let (access, other) = (linked.access().await, linked.access().await);
    let (bearer, _) = people.issue_token(&linked.ann, &linked.app).await.unwrap();
    people.set_disabled("ann@example.org", true).await.unwrap();
    people.set_app_disabled(&linked.app.key.0, true).await.unwrap();
    for token in [access.token.reveal(), bearer.reveal()] {
        assert!(people.revoke_token(token).await.unwrap());
        assert!(!people.revoke_token(token).await.unwrap());
    }
    assert!(!people.revoke_token("").await.unwrap());
    people.set_disabled("ann@example.org", false).await.unwrap();
    people.set_app_disabled(&linked.app.key.0, false).await.unwrap();
    assert!(matches!(people.authenticate(bearer.reveal()).await, Err(BearerError::Unknown)));
    let good = With::app(&linked.app);
    assert!(matches!(linked.call(good.token(&access)).await, Err(SignedError::Token)));
    linked.call(good.token(&other)).await.expect("the other goes on");
}

#[tokio::test]
async fn a_stamp_is_timely_and_counts_once() {
    let linked = Linked::new().await;
    let access = linked.access().await;
    let good = With::app(&linked.app).token(&access);
    let now = linked.seconds();
    let stamped = |seconds, nonce| With { stamp: Some(Stamp { seconds, nonce }), ..good };
    for seconds in [0, now - TIMESTAMP_SKEW_MAX - 1, now + TIMESTAMP_SKEW_MAX + 1, u64::MAX] {
        assert!(matches!(linked.call(stamped(seconds, "n")).await, Err(SignedError::Timestamp)), "{seconds}");
    }
    let (past, future) = (now - TIMESTAMP_SKEW_MAX, now + TIMESTAMP_SKEW_MAX);
    for seconds in [past, now, future] {
        linked.call(stamped(seconds, "n")).await.unwrap();
        assert!(matches!(linked.call(stamped(seconds, "n")).await, Err(SignedError::Nonce)), "{seconds}");
        linked.call(stamped(seconds, "m")).await.expect("another word");
    }
    let other = linked.access().await;
    let of_other =
        With { stamp: Some(Stamp { seconds: now, nonce: "n" }), ..With::app(&linked.app).token(&other) };
    linked.call(of_other).await.expect("another token's");

    // At the last moment of the latest stamp it is still remembered; afterwards its time does not count any more.
    linked.world.clock.advance(Duration::from_millis(TIMESTAMP_SKEW_MAX * 2_000 + 999));
    linked.world.people.sweep().await.unwrap();
    assert!(matches!(linked.call(stamped(future, "n")).await, Err(SignedError::Nonce)));
    linked.world.clock.advance(Duration::from_millis(1));
    linked.world.people.sweep().await.unwrap();
    assert!(matches!(linked.call(stamped(future, "n")).await, Err(SignedError::Timestamp)));
}

#[tokio::test]
async fn a_wrong_signature_uses_no_word_up() {
    let linked = Linked::new().await;
    let access = linked.access().await;
    let stamp = Some(Stamp { seconds: linked.seconds(), nonce: "n" });
    let good = With { stamp, ..With::app(&linked.app).token(&access) };
    let wrong = With { token_secret: "guess", ..good };
    assert!(matches!(linked.call(wrong).await, Err(SignedError::Signature)));
    linked.call(good).await.unwrap();
}

#[tokio::test]
async fn guessing_is_slowed_down_and_holds_up_nobody_else() {
    let linked = Linked::new().await;
    let (access, other) = (linked.access().await, linked.access().await);
    let good = With::app(&linked.app).token(&access);
    for _ in 0..5 {
        let wrong = With { secret: "guess", ..good };
        assert!(matches!(linked.call(wrong).await, Err(SignedError::Signature)));
    }
    assert!(matches!(linked.call(good).await, Err(SignedError::Wait(_))));
    linked.call(With::app(&linked.app).token(&other)).await.expect("the app's other people go on");
    signed!(linked.world.people, authenticate_signed, good, 2).expect("and so does the token, elsewhere");
    linked.request().await;

    for _ in 0..5 {
        let wrong = With { secret: "guess", ..With::app(&linked.app) };
        let refused = signed!(linked.world.people, request_token, wrong, 3);
        assert!(matches!(refused, Err(SignedError::Signature)));
    }
    let waits = signed!(linked.world.people, request_token, With::app(&linked.app), 3);
    assert!(matches!(waits, Err(SignedError::Wait(_))));
    linked.request().await;
}

#[tokio::test]
async fn tokens_are_worth_nothing_to_a_server_with_another_secret() {
    let linked = Linked::new().await;
    let (request, access) = (linked.allowed().await, linked.access().await);
    let Linked { world, ann, app } = linked;
    let people = world.people.with_secret(&[9; 32]);
    let good = With::app(&app);
    let refused = signed!(people, authenticate_signed, good.token(&access), 1);
    assert!(matches!(refused, Err(SignedError::Signature)));
    let refused = signed!(people, access_token, good.token(&request), 1);
    assert!(matches!(refused, Err(SignedError::Token)));
    assert!(matches!(people.decide(request.token.reveal(), &ann, true).await, Err(RequestError::Unknown)));
}

/// Whoever has the secret of one program (of many, everybody who has the program) cannot use up what is remembered of all.
#[tokio::test]
async fn a_program_that_signs_without_end_shuts_out_no_other() {
    let linked = Linked::new().await;
    let (busy, other) = (&linked.app, linked.world.app().await);
    let sign = async |app, n: u32| {
        let nonce = n.to_string();
        let stamp = Some(Stamp { seconds: linked.seconds() + TIMESTAMP_SKEW_MAX, nonce: &nonce });
        signed!(linked.world.people, request_token, With { stamp, ..With::app(app) }, 1)
    };
    let mut taken = 0;
    while taken < NONCES_MAX && sign(busy, taken).await.is_ok() {
        taken += 1;
    }
    assert_eq!(taken, NONCES_MAX / 20, "a minute's worth at once");
    assert!(matches!(sign(busy, taken).await, Err(SignedError::Wait(wait)) if wait < Duration::from_secs(1)));
    sign(&other, 0).await.expect("the others have room");
    linked.world.clock.advance(Duration::from_millis(6));
    sign(busy, taken).await.expect("and so has the busy one, in a while");
}

/// What an app may ask in a minute includes asking for tokens, with which nobody's requests begin.
#[tokio::test]
async fn asking_for_tokens_counts_for_the_app() {
    let mut linked = Linked::new().await;
    let limits = RateLimits { app_per_minute: NonZeroU32::new(3), ..RateLimits::default() };
    linked.world.people = linked.world.people.rate_limits(limits);
    let request = linked.allowed().await;
    for _ in 0..2 {
        linked.request().await;
    }
    let refused = signed!(linked.world.people, request_token, With::app(&linked.app), 1);
    assert!(matches!(refused, Err(SignedError::Wait(_))), "{refused:?}");
    let refused = linked.exchange(With::app(&linked.app).token(&request)).await;
    assert!(matches!(refused, Err(SignedError::Wait(_))), "{refused:?}");
    linked.world.clock.advance(Duration::from_secs(20));
    linked.exchange(With::app(&linked.app).token(&request)).await.expect("it was not used up");
}
