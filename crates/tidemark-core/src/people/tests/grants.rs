//! Tokens: whom they let in, and until when.

use super::World;
use crate::people::GrantError;

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

    let caller = world.people.authenticate(text).await.unwrap().unwrap();
    assert_eq!((caller.account.id, caller.app.key, caller.grant), (ann.id, app.key, grant.id));
    let swapped = text.to_ascii_lowercase();
    for wrong in ["", "x", &text[1..], &format!("{text} "), &swapped, &"x".repeat(100_000)] {
        assert_eq!(world.people.authenticate(wrong).await.unwrap(), None);
    }
    assert!(world.people.revoke(grant.id).await.unwrap());
    assert_eq!(world.people.authenticate(text).await.unwrap(), None);
    assert!(!world.people.revoke(grant.id).await.unwrap());
}

#[tokio::test]
async fn who_is_shut_out_is_shut_out_at_once_and_can_come_back() {
    let world = World::new();
    let (ann, app) = (world.account("ann@example.org").await, world.app().await);
    let (token, _) = world.people.issue_token(&ann, &app).await.unwrap();
    let lets_in = async || world.people.authenticate(token.reveal()).await.unwrap().is_some();

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
        world.people.authorize(&ann, &disabled, None, None).await,
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
        assert_eq!(world.people.authenticate(token.reveal()).await.unwrap(), None);
    }
    for token in kept {
        assert!(world.people.authenticate(token.reveal()).await.unwrap().is_some());
    }
    let left = world.people.grants(ann.id).await.unwrap();
    assert_eq!(left.into_iter().map(|(_, app)| app.key).collect::<Vec<_>>(), [other.key]);
}
