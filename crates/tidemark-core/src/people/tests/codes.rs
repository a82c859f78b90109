//! Codes: every way to exchange one, and every way to abuse one.

use super::{BROWSER, World, peer};
use crate::model::{Account, App, Challenge, Lifetime};
use crate::people::{CODE_LIFE, ClientError, Exchange, ExchangeError, Secret};
use std::time::Duration;

const REDIRECT: &str = "https://camera.example/cb";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const S256: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Linked {
    world: World,
    ann: Account,
    app: App,
}

impl Linked {
    async fn new() -> Linked {
        let world = World::new();
        let (ann, app) = (world.account("ann@example.org").await, world.app().await);
        Linked { world, ann, app }
    }

    async fn code(&self, redirect_uri: Option<&str>, challenge: Option<Challenge>) -> Secret {
        let redirect_uri = redirect_uri.map(str::to_owned);
        let people = &self.world.people;
        people.authorize(&self.ann, &self.app, redirect_uri, challenge, Lifetime::Lasting).await.unwrap()
    }

    fn with_secret<'a>(&'a self, code: &'a Secret) -> Exchange<'a> {
        let secret = Some(self.app.secret.as_str());
        let (redirect_uri, verifier, only) = (None, None, None);
        Exchange { code: code.reveal(), app: &self.app.key.0, secret, redirect_uri, verifier, only }
    }

    async fn exchange(&self, exchange: Exchange<'_>) -> Result<Secret, ExchangeError> {
        self.world.people.exchange(exchange, peer(1)).await.map(|granted| granted.token)
    }

    async fn lets_in(&self, token: &Secret) -> bool {
        self.world.people.authenticate(token.reveal()).await.is_ok()
    }
}

#[tokio::test]
async fn a_code_gives_one_token_and_a_replay_takes_it_back() {
    let linked = Linked::new().await;
    let code = linked.code(None, None).await;
    let token = linked.exchange(linked.with_secret(&code)).await.unwrap();
    let caller = linked.world.people.authenticate(token.reveal()).await.unwrap();
    assert_eq!((caller.account.id, &caller.app.key), (linked.ann.id, &linked.app.key));
    let (another, _) = linked.world.people.issue_token(&linked.ann, &linked.app).await.unwrap();

    let replay = linked.exchange(linked.with_secret(&code)).await;
    assert!(matches!(replay, Err(ExchangeError::Code)));
    assert!(!linked.lets_in(&token).await);
    assert!(linked.lets_in(&another).await, "only what the code gave");
}

/// Codes stand in browsers' histories: to know one is no permission to end what it gave.
#[tokio::test]
async fn a_replay_without_proof_takes_nothing_back() {
    let linked = Linked::new().await;
    let other = linked.world.app().await;
    let code = linked.code(None, None).await;
    let good = linked.with_secret(&code);
    let token = linked.exchange(good).await.unwrap();
    let others = Exchange { app: &other.key.0, secret: Some(&other.secret), ..good };
    let made_up = Exchange { secret: None, verifier: Some("x"), ..good };
    for (stranger, told) in [
        (others, "Code"),
        (Exchange { app: &other.key.0, ..made_up }, "Code"),
        (Exchange { secret: Some("x"), ..good }, "Client(Unproven)"),
        (made_up, "Verifier"),
    ] {
        assert_eq!(format!("{:?}", linked.exchange(stranger).await.err().unwrap()), told);
        assert!(linked.lets_in(&token).await, "{told}");
    }
    assert!(matches!(linked.exchange(good).await, Err(ExchangeError::Code)));
    assert!(!linked.lets_in(&token).await);

    let code = linked.code(None, Some(Challenge::S256(S256.into()))).await;
    let good = Exchange { secret: None, verifier: Some(VERIFIER), ..linked.with_secret(&code) };
    let token = linked.exchange(good).await.unwrap();
    assert!(linked.exchange(Exchange { verifier: Some("x"), ..good }).await.is_err());
    assert!(linked.lets_in(&token).await);
    assert!(matches!(linked.exchange(good).await, Err(ExchangeError::Code)));
    assert!(!linked.lets_in(&token).await, "by its own program, the code has leaked");
}

#[tokio::test]
async fn of_many_exchanges_at_once_at_most_one_succeeds_and_its_token_is_revoked() {
    let linked = Linked::new().await;
    let code = linked.code(None, None).await;
    let tries = (0..8).map(|_| linked.exchange(linked.with_secret(&code)));
    let tokens: Vec<Secret> =
        futures_util::future::join_all(tries).await.into_iter().filter_map(Result::ok).collect();
    assert_eq!(tokens.len(), 1);
    assert!(!linked.lets_in(&tokens[0]).await);
}

#[tokio::test]
async fn a_code_expires() {
    let linked = Linked::new().await;
    let (early, late) = (linked.code(None, None).await, linked.code(None, None).await);
    linked.world.clock.advance(CODE_LIFE - Duration::from_millis(1));
    linked.exchange(linked.with_secret(&early)).await.unwrap();
    linked.world.clock.advance(Duration::from_millis(1));
    assert!(matches!(linked.exchange(linked.with_secret(&late)).await, Err(ExchangeError::Code)));
}

#[tokio::test]
async fn the_client_must_be_the_one_and_prove_it() {
    let linked = Linked::new().await;
    let other = linked.world.app().await;
    let code = linked.code(None, None).await;
    let good = linked.with_secret(&code);
    let others = Exchange { app: &other.key.0, secret: Some(&other.secret), ..good };
    assert!(matches!(linked.exchange(others).await, Err(ExchangeError::Code)), "another's code is none");
    for secret in ["", "wrong", &other.secret, &linked.app.secret[1..]] {
        let wrong = Exchange { secret: Some(secret), ..good };
        assert!(
            matches!(linked.exchange(wrong).await, Err(ExchangeError::Client(ClientError::Unproven))),
            "{secret}"
        );
    }
    let unknown = Exchange { app: "nosuchkey", ..good };
    assert!(matches!(linked.exchange(unknown).await, Err(ExchangeError::Client(ClientError::Unproven))));
    let unproven = Exchange { secret: None, ..good };
    assert!(matches!(linked.exchange(unproven).await, Err(ExchangeError::NoProof)));
    let made_up = Exchange { secret: None, verifier: Some(VERIFIER), ..good };
    assert!(matches!(linked.exchange(made_up).await, Err(ExchangeError::Verifier)), "there was no challenge");
    linked.exchange(good).await.expect("refusals spoil nothing");
}

#[tokio::test]
async fn the_redirect_uri_must_be_said_again_exactly() {
    let linked = Linked::new().await;
    let code = linked.code(Some(REDIRECT), None).await;
    let good = Exchange { redirect_uri: Some(REDIRECT), ..linked.with_secret(&code) };
    for wrong in [None, Some(""), Some("https://camera.example/cb/"), Some("https://evil.example/")] {
        let refused = linked.exchange(Exchange { redirect_uri: wrong, ..good }).await;
        assert!(matches!(refused, Err(ExchangeError::RedirectUri)), "{wrong:?}");
    }
    linked.exchange(good).await.unwrap();
    let shown = linked.code(None, None).await;
    let unchecked = Exchange { redirect_uri: Some(REDIRECT), ..linked.with_secret(&shown) };
    linked.exchange(unchecked).await.unwrap();
}

#[tokio::test]
async fn a_proof_key_replaces_the_secret_and_cannot_be_left_out() {
    let linked = Linked::new().await;
    for challenge in [Challenge::S256(S256.into()), Challenge::Plain(VERIFIER.into())] {
        let code = linked.code(None, Some(challenge.clone())).await;
        let public = Exchange { secret: None, verifier: Some(VERIFIER), ..linked.with_secret(&code) };
        for wrong in ["", "x", S256, &VERIFIER[1..]] {
            let refused = linked.exchange(Exchange { verifier: Some(wrong), ..public }).await;
            assert!(matches!(refused, Err(ExchangeError::Verifier)), "{challenge:?} {wrong}");
        }
        let without = linked.exchange(linked.with_secret(&code)).await;
        assert!(matches!(without, Err(ExchangeError::Verifier)), "a secret does not replace the proof");
        linked.exchange(public).await.unwrap();

        let code = linked.code(None, Some(challenge)).await;
        let both = Exchange { verifier: Some(VERIFIER), ..linked.with_secret(&code) };
        linked.exchange(both).await.unwrap();
    }
    let code = linked.code(None, None).await;
    let uncalled = Exchange { verifier: Some(VERIFIER), ..linked.with_secret(&code) };
    assert!(matches!(linked.exchange(uncalled).await, Err(ExchangeError::Verifier)));
}

#[tokio::test]
async fn who_was_shut_out_meanwhile_gets_nothing() {
    let linked = Linked::new().await;
    let code = linked.code(None, None).await;
    linked.world.people.set_disabled("ann@example.org", true).await.unwrap();
    assert!(matches!(linked.exchange(linked.with_secret(&code)).await, Err(ExchangeError::Code)));
    linked.world.people.set_disabled("ann@example.org", false).await.unwrap();
    assert!(matches!(linked.exchange(linked.with_secret(&code)).await, Err(ExchangeError::Code)));

    let code = linked.code(None, None).await;
    linked.world.people.set_app_disabled(&linked.app.key.0, true).await.unwrap();
    assert!(matches!(
        linked.exchange(linked.with_secret(&code)).await,
        Err(ExchangeError::Client(ClientError::Unproven))
    ));
    linked.world.people.set_app_disabled(&linked.app.key.0, false).await.unwrap();
    linked.exchange(linked.with_secret(&code)).await.unwrap();
}

#[tokio::test]
async fn other_secrets_are_no_codes() {
    let linked = Linked::new().await;
    let (session, _) =
        linked.world.people.sign_in("ann@example.org", super::PASSWORD, peer(1), BROWSER).await.unwrap();
    let (token, _) = linked.world.people.issue_token(&linked.ann, &linked.app).await.unwrap();
    for other in [&session, &token, &linked.world.people.fresh_secret()] {
        assert!(matches!(linked.exchange(linked.with_secret(other)).await, Err(ExchangeError::Code)));
    }
    let code = linked.code(None, None).await;
    assert_eq!(linked.world.people.session(code.reveal()).await.unwrap(), None);
    assert!(!linked.lets_in(&code).await);
    linked.world.people.end_session(code.reveal()).await.unwrap();
    linked.exchange(linked.with_secret(&code)).await.expect("a code cannot be signed out");
}

#[tokio::test]
async fn guessing_an_apps_secret_is_slowed_down() {
    let linked = Linked::new().await;
    let code = linked.code(None, None).await;
    let good = linked.with_secret(&code);
    for _ in 0..5 {
        let wrong = linked.exchange(Exchange { secret: Some("guess"), ..good }).await;
        assert!(matches!(wrong, Err(ExchangeError::Client(ClientError::Unproven))));
    }
    assert!(matches!(linked.exchange(good).await, Err(ExchangeError::Client(ClientError::Wait(_)))));
    linked.world.people.exchange(good, peer(2)).await.expect("others are not held up");
}

/// Whoever takes a permission back means what the program has not fetched yet, too.
#[tokio::test]
async fn a_code_ends_with_the_permission_and_with_the_password() {
    let linked = Linked::new().await;
    let code = linked.code(None, None).await;
    linked.world.people.unlink(linked.ann.id, &linked.app.key).await.unwrap();
    assert!(matches!(linked.exchange(linked.with_secret(&code)).await, Err(ExchangeError::Code)));

    let code = linked.code(None, None).await;
    linked.world.people.set_password("ann@example.org", "another one").await.unwrap();
    assert!(matches!(linked.exchange(linked.with_secret(&code)).await, Err(ExchangeError::Code)));
}
