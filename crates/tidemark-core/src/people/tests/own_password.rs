//! Passwords of those who are signed in.

use super::{BROWSER, PASSWORD, World, peer};
use crate::people::{ChangePasswordError, ConfirmError, PasswordError, SignInError};
use std::time::Duration;

#[tokio::test]
async fn whoever_knows_the_password_changes_it_and_stays_signed_in_here_only() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    world.people.ensure_own_apps().await.unwrap();
    let sign_in = async |password| world.people.sign_in("ann@example.org", password, peer(1), BROWSER).await;
    let (here, other) = (sign_in(PASSWORD).await.unwrap().0, sign_in(PASSWORD).await.unwrap().0);
    let tokens = [&here, &other].map(|session| world.people.page_token(session.reveal()));
    let [here_token, other_token] = tokens.map(|token| async { token.await.unwrap().unwrap() });
    let (here_token, other_token) = (here_token.await, other_token.await);
    let app = world.app().await;
    let (linked, _) = world.people.issue_token(&ann, &app).await.unwrap();

    let change =
        async |current, new| world.people.change_password(ann.id, current, new, here.reveal(), peer(1)).await;
    let wrong = change("wrong guess", "another one").await;
    assert!(matches!(wrong, Err(ChangePasswordError::Confirm(ConfirmError::Wrong))));
    let short = change(PASSWORD, "short").await;
    assert!(matches!(short, Err(ChangePasswordError::New(PasswordError::TooShort))));
    assert!(world.people.session(other.reveal()).await.unwrap().is_some(), "nothing has happened");

    change(PASSWORD, "another one").await.unwrap();
    assert!(world.people.session(here.reveal()).await.unwrap().is_some());
    assert_eq!(world.people.session(other.reveal()).await.unwrap(), None);
    assert!(world.people.authenticate(here_token.reveal()).await.is_ok());
    assert!(world.people.authenticate(other_token.reveal()).await.is_err());
    assert!(world.people.authenticate(linked.reveal()).await.is_ok(), "what is linked stays linked");
    assert!(matches!(sign_in(PASSWORD).await, Err(SignInError::Refused)));
    sign_in("another one").await.unwrap();
}

#[tokio::test]
async fn guessing_in_an_open_browser_is_as_slow_as_at_the_door() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    let confirm = async |password| world.people.confirm_password(ann.id, password, peer(1)).await;
    for _ in 0..5 {
        assert!(matches!(confirm("wrong guess").await, Err(ConfirmError::Wrong)));
    }
    assert!(
        matches!(confirm(PASSWORD).await, Err(ConfirmError::Wait(wait)) if wait == Duration::from_secs(1))
    );
    let at_the_door = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await;
    assert!(matches!(at_the_door, Err(SignInError::Wait(_))), "one count for both");
    world.people.confirm_password(ann.id, PASSWORD, peer(2)).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    confirm(PASSWORD).await.unwrap();
    world.people.set_disabled("ann@example.org", true).await.unwrap();
    assert!(matches!(confirm(PASSWORD).await, Err(ConfirmError::Wrong)), "whoever is shut out is");
}
