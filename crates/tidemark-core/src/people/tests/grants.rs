//! Tokens: whom they let in, and until when.

use super::{BROWSER, PASSWORD, World, peer};
use crate::model::Lifetime;
use crate::people::{BearerError, GrantError};
use crate::store::Clock as _;
use std::time::Duration;

#[tokio::test]
async fn a_token_says_who_calls_until_it_is_revoked() {
    let world = World::new();
    let (ann, app) = (world.account("ann@example.org").await, world.app().await);
    let (token, grant) = world.people.issue_token(&ann, &app).await.unwrap();
    let text = token.reveal();
    assert!(
        text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
        "{text}"
    );
    assert!(!format!("{token:?}").contains(text));

    let caller = world.people.authenticate(text).await.unwrap();
    assert_eq!((caller.account.id, caller.app.key, caller.grant), (ann.id, app.key, grant.id));
    let swapped = text.to_ascii_lowercase();
    for wrong in ["", "x", &text[1..], &format!("{text} "), &swapped, &"x".repeat(100_000)] {
        assert!(matches!(world.people.authenticate(wrong).await, Err(BearerError::Unknown)));
    }
    assert!(world.people.revoke(grant.id).await.unwrap());
    assert!(matches!(world.people.authenticate(text).await, Err(BearerError::Unknown)));
    assert!(!world.people.revoke(grant.id).await.unwrap());
}

#[tokio::test]
async fn who_is_shut_out_is_shut_out_at_once_and_can_come_back() {
    let world = World::new();
    let (ann, app) = (world.account("ann@example.org").await, world.app().await);
    let (token, _) = world.people.issue_token(&ann, &app).await.unwrap();
    let lets_in = async || match world.people.authenticate(token.reveal()).await {
        Ok(_) => true,
        Err(BearerError::Disabled) => false,
        Err(other) => panic!("{other}"),
    };

    let disabled = world.people.set_disabled("ann@example.org", true).await.unwrap();
    assert!(!lets_in().await);
    let refused = world.people.issue_token(&disabled, &app).await;
    assert!(matches!(refused, Err(GrantError::AccountDisabled)));
    world.people.set_disabled("ann@example.org", false).await.unwrap();
    assert!(lets_in().await);

    let disabled = world.people.set_app_disabled(&app.key.0, true).await.unwrap();
    assert!(!lets_in().await);
    assert!(matches!(world.people.issue_token(&ann, &disabled).await, Err(GrantError::AppDisabled)));
    assert!(matches!(
        world.people.authorize(&ann, &disabled, None, None, Lifetime::Lasting).await,
        Err(GrantError::AppDisabled)
    ));
    world.people.set_app_disabled(&app.key.0, false).await.unwrap();
    assert!(lets_in().await);
}

#[tokio::test]
async fn unlinking_ends_all_that_one_app_has_and_nothing_else() {
    let world = World::new();
    let (ann, bob) = (world.account("ann@example.org").await, world.account("bob@example.org").await);
    let (app, other) = (world.app().await, world.app().await);
    let mut kept = Vec::new();
    for (account, app) in [(&ann, &other), (&bob, &app)] {
        kept.push(world.people.issue_token(account, app).await.unwrap().0);
    }
    let gone = [
        world.people.issue_token(&ann, &app).await.unwrap().0,
        world.people.issue_token(&ann, &app).await.unwrap().0,
    ];
    assert_eq!(world.people.grants(ann.id).await.unwrap().len(), 3);
    assert_eq!(world.people.unlink(ann.id, &app.key).await.unwrap(), 2);
    for token in gone {
        assert!(matches!(world.people.authenticate(token.reveal()).await, Err(BearerError::Unknown)));
    }
    for token in kept {
        assert!(world.people.authenticate(token.reveal()).await.is_ok());
    }
    let left = world.people.grants(ann.id).await.unwrap();
    assert_eq!(left.into_iter().map(|(_, app)| app.key).collect::<Vec<_>>(), [other.key]);
}

#[tokio::test]
async fn a_token_for_a_while_expires_and_is_forgotten() {
    let world = World::new();
    let (ann, app) = (world.account("ann@example.org").await, world.app().await);
    let (lasting, kept) = world.people.issue_token(&ann, &app).await.unwrap();
    let (token, grant) = world.people.issue_token_for(&ann, &app, Duration::from_secs(60)).await.unwrap();
    world.clock.advance(Duration::from_millis(59_999));
    assert_eq!(world.people.authenticate(token.reveal()).await.unwrap().grant, grant.id);
    let listed = async || {
        let grants = world.people.grants(ann.id).await.unwrap();
        grants.into_iter().map(|(grant, _)| grant.id).collect::<Vec<_>>()
    };
    assert_eq!((world.people.sweep().await.unwrap(), listed().await), (0, vec![grant.id, kept.id]));

    world.clock.advance(Duration::from_millis(1));
    assert!(matches!(world.people.authenticate(token.reveal()).await, Err(BearerError::Expired)));
    assert_eq!((listed().await, world.people.sweep().await.unwrap()), (vec![kept.id], 1));
    assert!(matches!(world.people.authenticate(token.reveal()).await, Err(BearerError::Unknown)));
    assert!(world.people.authenticate(lasting.reveal()).await.is_ok());
}

#[tokio::test]
async fn a_linked_program_is_told_once_with_its_last_use() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    world.people.ensure_own_apps().await.unwrap();
    let (app, own) = (world.app().await, world.people.app(crate::model::App::OWN).await.unwrap());
    let (first, _) = world.people.issue_token(&ann, &app).await.unwrap();
    let start = world.clock.now();
    world.clock.advance(Duration::from_secs(600));
    world.people.issue_token(&ann, &own).await.unwrap();
    world.people.issue_token(&ann, &app).await.unwrap();
    let (session, _) = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
    world.people.page_token(session.reveal()).await.unwrap().unwrap();
    let told = async || {
        let linked = world.people.linked_apps(ann.id).await.unwrap();
        let since = |at: crate::model::Timestamp| at.since(start).as_secs();
        let told =
            linked.into_iter().map(|one| (one.app.key, one.links, since(one.since), one.used.map(since)));
        told.collect::<Vec<_>>()
    };
    let expected = |used| vec![(app.key.clone(), 2, 0, used), (own.key.clone(), 1, 600, None)];
    assert_eq!(told().await, expected(None), "the pages are no program");
    world.clock.advance(Duration::from_secs(60));
    world.people.authenticate(first.reveal()).await.unwrap();
    assert_eq!(told().await, expected(Some(660)), "before it is written");
    assert_eq!(world.people.write_uses().await.unwrap(), 1);
    assert_eq!(told().await, expected(Some(660)));
    assert_eq!(world.people.grants.grant_uses(ann.id).await.unwrap().len(), 1);
}
