//! Signing in, staying signed in, and guessing.

use super::{BROWSER, PASSWORD, World, peer};
use crate::model::App;
use crate::people::{SESSION_LIFE, SignInError};
use crate::store::Clock as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn a_session_lasts_until_it_is_ended_or_a_month_is_over() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    let (session, who) = world.people.sign_in(" ANN@example.org ", PASSWORD, peer(1), BROWSER).await.unwrap();
    assert_eq!(who.id, ann.id);
    let (other, _) = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
    assert_eq!(world.people.session(session.reveal()).await.unwrap(), Some(ann.clone()));
    for wrong in ["", "x", &session.reveal()[1..]] {
        assert_eq!(world.people.session(wrong).await.unwrap(), None);
    }
    world.people.end_session(session.reveal()).await.unwrap();
    assert_eq!(world.people.session(session.reveal()).await.unwrap(), None);
    assert_eq!(world.people.session(other.reveal()).await.unwrap(), Some(ann));

    world.clock.advance(SESSION_LIFE - Duration::from_millis(1));
    assert!(world.people.session(other.reveal()).await.unwrap().is_some());
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.people.session(other.reveal()).await.unwrap(), None);
    assert_eq!(world.people.sweep().await.unwrap(), 1);
}

#[tokio::test]
async fn a_disabled_account_is_signed_out_and_cannot_sign_in() {
    let world = World::new();
    world.account("ann@example.org").await;
    let (session, _) = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
    world.people.set_disabled("ann@example.org", true).await.unwrap();
    assert_eq!(world.people.session(session.reveal()).await.unwrap(), None);
    let refused = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await;
    assert!(matches!(refused, Err(SignInError::Refused)));
    world.people.set_disabled("ann@example.org", false).await.unwrap();
    assert_eq!(world.people.session(session.reveal()).await.unwrap(), None, "it does not come back");
    world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
}

#[tokio::test]
async fn a_password_that_changed_while_it_was_verified_opens_nothing() {
    let world = World::new();
    let before = world.account("ann@example.org").await;
    world.people.set_password("ann@example.org", "another one").await.unwrap();
    let late = world.people.open_session(before, peer(1), BROWSER).await;
    assert!(matches!(late, Err(SignInError::Refused)));
    assert_eq!(world.people.grants.end_sessions(crate::model::AccountId(1), None).await.unwrap(), 0);
}

#[tokio::test]
async fn a_password_may_be_composed_otherwise() {
    let world = World::new();
    world.account("ann@example.org").await;
    world.people.set_password("ann@example.org", "pässwörd").await.unwrap();
    world.people.sign_in("ann@example.org", "pa\u{308}sswo\u{308}rd", peer(1), BROWSER).await.unwrap();
}

#[tokio::test]
async fn guessing_is_slowed_down_for_the_guesser_only() {
    let world = World::new();
    world.account("ann@example.org").await;
    let guess =
        async |from| world.people.sign_in("Ann@example.org", "wrong guess", peer(from), BROWSER).await;
    for _ in 0..5 {
        assert!(matches!(guess(1).await, Err(SignInError::Refused)));
    }
    assert!(matches!(guess(1).await, Err(SignInError::Wait(wait)) if wait == Duration::from_secs(1)));
    let right = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await;
    assert!(matches!(right, Err(SignInError::Wait(_))), "not even the right one is looked at");
    world.people.sign_in("ann@example.org", PASSWORD, peer(2), BROWSER).await.unwrap();

    world.clock.advance(Duration::from_secs(1));
    world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
    for _ in 0..5 {
        assert!(matches!(guess(1).await, Err(SignInError::Refused)), "the count began again");
    }
}

#[tokio::test]
async fn many_guesses_at_once_are_few_guesses() {
    let world = World::new();
    world.account("ann@example.org").await;
    let guesses = (0..60).map(|_| world.people.sign_in("ann@example.org", "wrong guess", peer(1), BROWSER));
    let outcomes = futures_util::future::join_all(guesses).await;
    let looked_at = outcomes.iter().filter(|outcome| matches!(outcome, Err(SignInError::Refused))).count();
    assert!((5..=6).contains(&looked_at), "{looked_at} were looked at");
}

#[tokio::test]
async fn only_so_many_wait_for_their_turn() {
    let world = World::new();
    world.account("ann@example.org").await;
    let tries = (0..=200).map(|n| world.people.sign_in("ann@example.org", PASSWORD, peer(n), BROWSER));
    let outcomes = futures_util::future::join_all(tries).await;
    let served = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let busy = outcomes.iter().filter(|outcome| matches!(outcome, Err(SignInError::Busy))).count();
    assert_eq!((served, busy), (34, 167));
}

#[tokio::test]
async fn an_unknown_person_costs_as_much_as_a_known_one() {
    let world = World::new();
    world.account("ann@example.org").await;
    world.account("off@example.org").await;
    world.people.set_disabled("off@example.org", true).await.unwrap();
    for (email, password, cost) in [
        ("ann@example.org", "wrong guess", 1),
        ("nobody@example.org", "wrong guess", 1),
        ("off@example.org", PASSWORD, 1),
        ("ann@example.org", "short", 0),
        ("nobody@example.org", "short", 0),
    ] {
        let before = world.people.passwords.hashes.load(Ordering::Relaxed);
        let refused = world.people.sign_in(email, password, peer(1), BROWSER).await;
        assert!(matches!(refused, Err(SignInError::Refused)));
        assert_eq!(world.people.passwords.hashes.load(Ordering::Relaxed) - before, cost, "{email}");
    }
}

#[tokio::test]
async fn people_see_their_sessions_and_end_one_or_all_others() {
    let world = World::new();
    let (ann, bob) = (world.account("ann@example.org").await, world.account("bob@example.org").await);
    let sign_in = async |email, browser| {
        world.people.sign_in(email, PASSWORD, peer(7), browser).await.unwrap().0.reveal().to_owned()
    };
    let here = sign_in("ann@example.org", "Firefox on Linux").await;
    world.clock.advance(Duration::from_secs(60));
    let hostile = sign_in("ann@example.org", "\u{202e}evil\nname").await;
    let third = sign_in("ann@example.org", "Safari on iPhone").await;
    let of_bob = sign_in("bob@example.org", "Edge on Windows").await;
    let listed = async || world.people.sessions(ann.id, &here).await.unwrap();
    let told: Vec<_> = listed().await.into_iter().map(|own| (own.session.browser, own.is_here)).collect();
    let expected = [("Safari on iPhone", false), ("", false), ("Firefox on Linux", true)];
    assert_eq!(told, expected.map(|(browser, is_here)| (browser.to_owned(), is_here)));
    assert_eq!(listed().await[0].session.address, "192.0.2.7");

    let token = world.people.page_token(&hostile).await;
    assert!(token.unwrap().is_none(), "this server has no pages yet");
    world.people.ensure_own_apps().await.unwrap();
    let mut tokens = Vec::new();
    for session in [&here, &hostile, &third] {
        tokens.push(world.people.page_token(session).await.unwrap().unwrap());
    }
    let works = async |n: usize| world.people.authenticate(tokens[n].reveal()).await.is_ok();
    let id = listed().await[1].session.id;
    assert!(!world.people.end_own_session(bob.id, id).await.unwrap(), "not theirs");
    assert!(world.people.end_own_session(ann.id, id).await.unwrap());
    assert!(!world.people.end_own_session(ann.id, id).await.unwrap());
    assert_eq!((works(0).await, works(1).await, works(2).await), (true, false, true));
    assert_eq!(world.people.session(&hostile).await.unwrap(), None);

    assert_eq!(world.people.end_other_sessions(ann.id, &here).await.unwrap(), 1);
    assert_eq!((works(0).await, works(2).await), (true, false));
    assert_eq!(listed().await.len(), 1);
    assert!(world.people.session(&of_bob).await.unwrap().is_some());
    assert_eq!(world.people.end_other_sessions(ann.id, &of_bob).await.unwrap(), 1, "not in one of their own");
    assert!(world.people.session(&of_bob).await.unwrap().is_some());
}

/// Whoever is signed out everywhere, or but here, is shut out of the server's own gallery, too, and not of other programs.
#[tokio::test]
async fn the_gallery_ends_with_other_sessions() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    world.people.ensure_own_apps().await.unwrap();
    world.people.ensure_gallery_app("http://127.0.0.1/gallery/callback").await.unwrap();
    let (here, _) = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
    for here in [here.reveal(), "nobody"] {
        let mut works = Vec::new();
        for app in [App::GALLERY, App::OWN] {
            let app = world.people.app(app).await.unwrap();
            works.push(world.people.issue_token(&ann, &app).await.unwrap().0);
        }
        world.people.end_other_sessions(ann.id, here).await.unwrap();
        let works = async |n: usize| world.people.authenticate(works[n].reveal()).await.is_ok();
        assert_eq!((works(0).await, works(1).await), (false, true));
    }
}

#[tokio::test]
async fn a_session_is_seen_when_it_or_one_of_its_pages_is_used() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    world.people.ensure_own_apps().await.unwrap();
    let (here, _) = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
    let (other, _) = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
    let start = world.clock.now();
    let seen = async || {
        let sessions = world.people.sessions(ann.id, here.reveal()).await.unwrap();
        sessions.iter().rev().map(|own| own.session.seen.since(start).as_secs()).collect::<Vec<_>>()
    };
    world.clock.advance(Duration::from_secs(299));
    world.people.session(here.reveal()).await.unwrap();
    assert_eq!(
        (seen().await, world.people.write_uses().await.unwrap()),
        (vec![0, 0], 0),
        "that was just now"
    );
    world.clock.advance(Duration::from_secs(1));
    world.people.session(here.reveal()).await.unwrap();
    assert_eq!(seen().await, [300, 0], "told before it is written");
    assert_eq!(world.people.write_uses().await.unwrap(), 1);
    assert_eq!(world.people.write_uses().await.unwrap(), 0);
    assert_eq!(seen().await, [300, 0]);

    let token = world.people.page_token(other.reveal()).await.unwrap().unwrap();
    world.clock.advance(Duration::from_secs(60));
    world.people.authenticate(token.reveal()).await.unwrap();
    assert_eq!(seen().await, [300, 360]);
    assert_eq!(world.people.write_uses().await.unwrap(), 1);
    assert_eq!(seen().await, [300, 360]);
    assert_eq!(world.people.grants.account_uses().await.unwrap(), [(ann.id, world.clock.now())]);
}
