//! Refresh tokens: every way to use one, and every way to abuse one.

use super::{World, peer};
use crate::model::{Account, App, Challenge, GrantId, Lifetime};
use crate::people::{
    ACCESS_LIFE, BearerError, ClientError, Exchange, ExchangeError, Granted, REFRESH_LIFE, RENEWED_CODE_LIFE,
    RateLimits, Refresh, RefreshError, Secret,
};
use futures_util::future::join_all;
use std::num::NonZeroU32;
use std::time::Duration;

const REDIRECT: &str = "https://camera.example/cb";
const TICK: Duration = Duration::from_millis(1);

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

    async fn code_with(&self, challenge: Option<Challenge>) -> Secret {
        let uri = Some(REDIRECT.to_owned());
        let (people, lifetime) = (&self.world.people, Lifetime::Renewed);
        people.authorize(&self.ann, &self.app, uri, challenge, lifetime).await.unwrap()
    }

    async fn code(&self) -> Secret {
        self.code_with(None).await
    }

    fn presenting<'a>(&'a self, code: &'a Secret) -> Exchange<'a> {
        let (app, secret) = (self.app.key.0.as_str(), Some(self.app.secret.as_str()));
        Exchange { code: code.reveal(), app, secret, redirect_uri: None, verifier: None, only: None }
    }

    async fn exchange(&self, exchange: Exchange<'_>) -> Result<Granted, ExchangeError> {
        self.world.people.exchange(exchange, peer(1)).await
    }

    /// A family's first pair.
    async fn first(&self) -> Granted {
        self.first_from(1).await
    }

    async fn first_from(&self, place: u8) -> Granted {
        let code = self.code().await;
        self.world.people.exchange(self.presenting(&code), peer(place)).await.unwrap()
    }

    fn with<'a>(&'a self, token: &'a str) -> Refresh<'a> {
        Refresh { token, app: &self.app.key.0, secret: &self.app.secret }
    }

    async fn refresh(&self, pair: &Granted) -> Result<Granted, RefreshError> {
        self.world.people.refresh(self.with(refresh_of(pair)), peer(1)).await
    }

    /// What the token of a pair lets in.
    async fn call(&self, pair: &Granted) -> Result<GrantId, BearerError> {
        self.world.people.authenticate(pair.token.reveal()).await.map(|caller| caller.grant)
    }

    async fn works(&self, pair: &Granted) -> bool {
        self.call(pair).await.is_ok()
    }

    async fn has_ended(&self, pairs: &[&Granted]) {
        for pair in pairs {
            assert!(matches!(self.call(pair).await, Err(BearerError::Unknown)));
            assert!(matches!(self.refresh(pair).await, Err(RefreshError::Token)));
        }
        assert!(self.world.people.grants(self.ann.id).await.unwrap().is_empty());
    }
}

fn refresh_of(pair: &Granted) -> &str {
    pair.refresh.as_ref().expect("a pair has a refresh token").reveal()
}

#[tokio::test]
async fn a_code_gives_a_token_for_an_hour_and_a_refresh_token_gives_the_next() {
    let linked = Linked::new().await;
    let first = linked.first().await;
    assert_eq!(first.grant.expires, Some(first.grant.created.plus(ACCESS_LIFE)));
    assert_eq!(linked.call(&first).await.unwrap(), first.grant.id);
    assert!(!format!("{first:?}").contains(refresh_of(&first)));
    linked.world.clock.advance(ACCESS_LIFE - TICK);
    assert!(linked.works(&first).await);
    linked.world.clock.advance(TICK);
    assert!(matches!(linked.call(&first).await, Err(BearerError::Expired)));
    assert_eq!(linked.world.people.grants(linked.ann.id).await.unwrap().len(), 1, "it is still permitted");

    let second = linked.refresh(&first).await.unwrap();
    assert_eq!(second.grant.created, first.grant.created, "as old as the permission");
    assert!(linked.works(&second).await);
    let all = [first.token.reveal(), second.token.reveal(), refresh_of(&first), refresh_of(&second)];
    assert_eq!(std::collections::HashSet::from(all).len(), 4);
    assert_eq!(linked.world.people.grants(linked.ann.id).await.unwrap().len(), 1, "one permission");
}

#[tokio::test]
async fn requests_on_their_way_arrive_with_the_token_before() {
    let linked = Linked::new().await;
    let first = linked.first().await;
    let second = linked.refresh(&first).await.unwrap();
    assert!(linked.works(&first).await && linked.works(&second).await && linked.works(&first).await);
    let third = linked.refresh(&second).await.unwrap();
    assert!(matches!(linked.call(&first).await, Err(BearerError::Unknown)), "but not for ever");
    assert!(linked.works(&second).await && linked.works(&third).await);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_until_the_new_token_is_used() {
    let linked = Linked::new().await;
    let first = linked.first().await;
    let lost = linked.refresh(&first).await.unwrap();
    let lost_too = linked.refresh(&first).await.unwrap();
    let second = linked.refresh(&first).await.unwrap();
    for lost in [&lost, &lost_too] {
        assert!(
            matches!(linked.call(lost).await, Err(BearerError::Unknown)),
            "the pair that nobody used ended"
        );
    }
    assert!(linked.works(&first).await, "this is no first use of the new one");
    assert!(linked.works(&second).await);
    // Used: from here on the first refresh token is an old one.
    assert!(matches!(linked.refresh(&first).await, Err(RefreshError::Token)));
    linked.has_ended(&[&first, &second]).await;
}

#[tokio::test]
async fn an_old_refresh_token_ends_the_family() {
    let linked = Linked::new().await;
    let (first, other) = (linked.first().await, linked.first().await);
    let second = linked.refresh(&first).await.unwrap();
    assert!(linked.works(&second).await);
    let third = linked.refresh(&second).await.unwrap();
    // The second one could be presented again, the first one could not.
    assert!(matches!(linked.refresh(&first).await, Err(RefreshError::Token)));
    for pair in [&first, &second, &third] {
        assert!(matches!(linked.call(pair).await, Err(BearerError::Unknown)));
        assert!(matches!(linked.refresh(pair).await, Err(RefreshError::Token)));
    }
    assert!(linked.works(&other).await, "another permission is another family");
    linked.refresh(&other).await.unwrap();
}

/// Somebody has copied a refresh token and is faster: as soon as the program comes with the same, both are out.
#[tokio::test]
async fn a_thief_does_not_keep_what_was_stolen() {
    let linked = Linked::new().await;
    let first = linked.first().await;
    let stolen = linked.refresh(&first).await.unwrap();
    assert!(linked.works(&stolen).await);
    assert!(matches!(linked.refresh(&first).await, Err(RefreshError::Token)));
    linked.has_ended(&[&first, &stolen]).await;

    // Or the thief is slower, and the program had not used its new token yet.
    let first = linked.first().await;
    let own = linked.refresh(&first).await.unwrap();
    let stolen = linked.refresh(&first).await.unwrap();
    assert!(matches!(linked.call(&own).await, Err(BearerError::Unknown)));
    assert!(matches!(linked.refresh(&own).await, Err(RefreshError::Token)));
    linked.has_ended(&[&first, &own, &stolen]).await;
}

#[tokio::test]
async fn of_many_refreshes_at_once_one_pair_is_left() {
    let linked = Linked::new().await;
    let first = linked.first().await;
    let tries = join_all((0..8).map(|_| linked.refresh(&first))).await;
    let given: Vec<Granted> = tries.into_iter().map(Result::unwrap).collect();
    let mut good = Vec::new();
    for pair in &given {
        if linked.works(pair).await {
            good.push(pair);
        }
    }
    assert_eq!(good.len(), 1);
    linked.refresh(good[0]).await.unwrap();
}

#[tokio::test]
async fn refresh_tokens_expire_and_are_forgotten() {
    let linked = Linked::new().await;
    let (first, other) = (linked.first().await, linked.first().await);
    linked.world.clock.advance(REFRESH_LIFE - TICK);
    let second = linked.refresh(&first).await.unwrap();
    linked.world.clock.advance(TICK);
    assert!(matches!(linked.refresh(&other).await, Err(RefreshError::Expired)));
    assert!(matches!(linked.refresh(&first).await, Err(RefreshError::Expired)), "nobody used the second");
    assert!(linked.works(&second).await, "presenting an expired one ends nothing");
    linked.world.people.sweep().await.unwrap();
    assert!(matches!(linked.refresh(&other).await, Err(RefreshError::Token)));
    linked.world.clock.advance(REFRESH_LIFE - TICK * 2);
    let third = linked.refresh(&second).await.expect("each has its own sixty days");
    linked.world.clock.advance(REFRESH_LIFE);
    assert!(matches!(linked.refresh(&third).await, Err(RefreshError::Expired)));
    linked.world.people.sweep().await.unwrap();
    linked.has_ended(&[&second, &third]).await;
}

#[tokio::test]
async fn only_the_program_itself_refreshes() {
    let linked = Linked::new().await;
    let other = linked.world.app().await;
    let first = linked.first().await;
    let second = linked.refresh(&first).await.unwrap();
    assert!(linked.works(&second).await);
    let people = &linked.world.people;
    for (place, token) in (10..).zip([&second, &first].map(refresh_of)) {
        let good = linked.with(token);
        for secret in ["", "wrong", &other.secret] {
            let refused = people.refresh(Refresh { secret, ..good }, peer(place)).await;
            assert!(matches!(refused, Err(RefreshError::Client(ClientError::Unproven))), "{secret}");
        }
        let others = Refresh { app: &other.key.0, secret: &other.secret, ..good };
        assert!(matches!(people.refresh(others, peer(3)).await, Err(RefreshError::Token)));
        let unknown = Refresh { app: "nosuchkey", ..good };
        assert!(people.refresh(unknown, peer(3)).await.is_err());
        people.set_app_disabled(&linked.app.key.0, true).await.unwrap();
        assert!(matches!(people.refresh(good, peer(3)).await, Err(RefreshError::Client(_))));
        people.set_app_disabled(&linked.app.key.0, false).await.unwrap();
    }
    assert!(linked.works(&second).await, "not even with an old one do others end anything");
    linked.refresh(&second).await.expect("refusals spoil nothing");
}

#[tokio::test]
async fn guessing_is_slowed_down_and_so_is_refreshing_all_the_time() {
    let linked = Linked::new().await;
    let pair = linked.first().await;
    for _ in 0..5 {
        let wrong = Refresh { secret: "guess", ..linked.with(refresh_of(&pair)) };
        assert!(linked.world.people.refresh(wrong, peer(1)).await.is_err());
    }
    assert!(matches!(linked.refresh(&pair).await, Err(RefreshError::Client(ClientError::Wait(_)))));
    linked
        .world
        .people
        .refresh(linked.with(refresh_of(&pair)), peer(2))
        .await
        .expect("others are not held up");

    let Linked { world, ann, app } = linked;
    let limits = RateLimits { account_per_minute: NonZeroU32::new(60), ..RateLimits::default() };
    let linked = Linked { world: World { people: world.people.rate_limits(limits), ..world }, ann, app };
    let mut pair = linked.first_from(2).await;
    let refused = loop {
        match linked.world.people.refresh(linked.with(refresh_of(&pair)), peer(2)).await {
            Ok(next) => pair = next,
            Err(refused) => break refused,
        }
    };
    let RefreshError::Wait(wait) = refused else { panic!("{refused}") };
    linked.world.clock.advance(wait);
    linked.world.people.refresh(linked.with(refresh_of(&pair)), peer(2)).await.expect("it spoiled nothing");
}

#[tokio::test]
async fn who_was_shut_out_meanwhile_gets_nothing() {
    let linked = Linked::new().await;
    let pair = linked.first().await;
    linked.world.people.set_disabled("ann@example.org", true).await.unwrap();
    assert!(matches!(linked.call(&pair).await, Err(BearerError::Disabled)));
    assert!(matches!(linked.refresh(&pair).await, Err(RefreshError::Token)));
    linked.world.people.set_disabled("ann@example.org", false).await.unwrap();
    assert!(linked.works(&pair).await);
    let next = linked.refresh(&pair).await.expect("it was not used up");
    linked.world.people.unlink(linked.ann.id, &linked.app.key).await.unwrap();
    linked.has_ended(&[&pair, &next]).await;
}

#[tokio::test]
async fn one_token_revokes_all_of_its_family() {
    let linked = Linked::new().await;
    let (people, other) = (&linked.world.people, linked.world.app().await);
    for which in 0..5 {
        let first = linked.first().await;
        let second = linked.refresh(&first).await.unwrap();
        assert!(linked.works(&second).await);
        let token = match which {
            0 => first.token.reveal(),
            1 => second.token.reveal(),
            2 => refresh_of(&first),
            _ => refresh_of(&second),
        };
        if which == 4 {
            assert!(people.revoke_token(token).await.unwrap(), "whoever says it");
            assert!(!people.revoke_token(token).await.unwrap());
        } else {
            let secret = linked.app.secret.as_str();
            let own = |app, secret| people.revoke_own(token, app, secret, peer(1));
            assert!(matches!(own(&linked.app.key.0, "wrong").await, Err(ClientError::Unproven)));
            assert!(!own(&other.key.0, &other.secret).await.unwrap(), "it is not theirs");
            assert!(linked.works(&second).await);
            assert!(own(&linked.app.key.0, secret).await.unwrap());
            assert!(!own(&linked.app.key.0, secret).await.unwrap());
        }
        linked.has_ended(&[&first, &second]).await;
    }
    let first = linked.first().await;
    assert!(people.revoke(first.grant.id).await.unwrap());
    linked.has_ended(&[&first]).await;
    let (lasting, _) = people.issue_token(&linked.ann, &linked.app).await.unwrap();
    let (app, secret) = (linked.app.key.0.as_str(), linked.app.secret.as_str());
    assert!(people.revoke_own(lasting.reveal(), app, secret, peer(1)).await.unwrap());
    for unknown in ["", "x", lasting.reveal(), &"x".repeat(65), &"é".repeat(65), &"x".repeat(100_000)] {
        assert!(!people.revoke_own(unknown, app, secret, peer(1)).await.unwrap());
    }
}

#[tokio::test]
async fn other_secrets_are_no_refresh_tokens() {
    let linked = Linked::new().await;
    let (pair, code) = (linked.first().await, linked.code().await);
    let refresh = refresh_of(&pair);
    // The family's handle alone, or with the word of another, is somebody who has seen a refresh token: not here.
    let cut = &refresh[..refresh.len() - 1];
    let odd = "é".repeat(refresh.len() / 2) + "x";
    for wrong in ["", "x", cut, &format!("{refresh}x"), code.reveal(), pair.token.reveal(), &odd] {
        let refused = linked.world.people.refresh(linked.with(wrong), peer(1)).await;
        assert!(matches!(refused, Err(RefreshError::Token)), "{wrong}");
    }
    assert!(linked.works(&pair).await);
    assert!(matches!(linked.world.people.authenticate(refresh).await, Err(BearerError::Unknown)));
    assert_eq!(linked.world.people.session(refresh).await.unwrap(), None);
    let as_code = Exchange { code: refresh, ..linked.presenting(&code) };
    assert!(matches!(linked.exchange(as_code).await, Err(ExchangeError::Code)));
    linked.refresh(&pair).await.unwrap();
}

#[tokio::test]
async fn a_code_for_a_family_lives_for_seconds_and_its_replay_takes_all_back() {
    let linked = Linked::new().await;
    let (early, late) = (linked.code().await, linked.code().await);
    linked.world.clock.advance(RENEWED_CODE_LIFE - TICK);
    let first = linked.exchange(linked.presenting(&early)).await.unwrap();
    let second = linked.refresh(&first).await.unwrap();
    assert!(linked.works(&second).await);
    let third = linked.refresh(&second).await.unwrap();
    assert!(matches!(linked.exchange(linked.presenting(&early)).await, Err(ExchangeError::Code)));
    linked.has_ended(&[&first, &second, &third]).await;
    linked.world.clock.advance(TICK);
    assert!(matches!(linked.exchange(linked.presenting(&late)).await, Err(ExchangeError::Code)));
}

#[tokio::test]
async fn of_many_exchanges_at_once_at_most_one_succeeds_and_its_family_ends() {
    let linked = Linked::new().await;
    let code = linked.code().await;
    let tries = join_all((0..8).map(|_| linked.exchange(linked.presenting(&code)))).await;
    let given: Vec<Granted> = tries.into_iter().filter_map(Result::ok).collect();
    let [pair] = given.as_slice() else { panic!("{}", given.len()) };
    linked.has_ended(&[pair]).await;
}

#[tokio::test]
async fn a_code_for_one_kind_of_token_is_none_for_the_other() {
    let linked = Linked::new().await;
    let code = linked.code().await;
    let good = linked.presenting(&code);
    let only = Some(Lifetime::Lasting);
    assert!(matches!(linked.exchange(Exchange { only, ..good }).await, Err(ExchangeError::Code)));
    let only = Some(Lifetime::Renewed);
    assert!(linked.exchange(Exchange { only, ..good }).await.expect("it was not used up").refresh.is_some());
    let people = &linked.world.people;
    let code = people.authorize(&linked.ann, &linked.app, None, None, Lifetime::Lasting).await.unwrap();
    let good = linked.presenting(&code);
    assert!(matches!(linked.exchange(Exchange { only, ..good }).await, Err(ExchangeError::Code)));
    let granted = linked.exchange(good).await.unwrap();
    assert!(granted.refresh.is_none() && granted.grant.expires.is_none());
}

#[tokio::test]
async fn the_redirect_uri_may_be_left_out_but_not_be_another() {
    let linked = Linked::new().await;
    let code = linked.code().await;
    let good = linked.presenting(&code);
    for wrong in ["https://camera.example/cb/", "https://evil.example/", ""] {
        let refused = linked.exchange(Exchange { redirect_uri: Some(wrong), ..good }).await;
        assert!(matches!(refused, Err(ExchangeError::RedirectUri)), "{wrong}");
    }
    linked.exchange(good).await.unwrap();
    let code = linked.code().await;
    linked.exchange(Exchange { redirect_uri: Some(REDIRECT), ..linked.presenting(&code) }).await.unwrap();
}

#[tokio::test]
async fn a_proof_key_is_checked_beside_the_secret_and_does_not_replace_it() {
    let linked = Linked::new().await;
    let code = linked.code_with(Some(Challenge::Plain("verifier".into()))).await;
    let good = Exchange { verifier: Some("verifier"), ..linked.presenting(&code) };
    let public = linked.exchange(Exchange { secret: None, ..good }).await;
    assert!(matches!(public, Err(ExchangeError::Client(ClientError::Unproven))));
    for wrong in [None, Some("x")] {
        let refused = linked.exchange(Exchange { verifier: wrong, ..good }).await;
        assert!(matches!(refused, Err(ExchangeError::Verifier)), "{wrong:?}");
    }
    linked.exchange(good).await.unwrap();
}
