//! What people do to apps of their own.

use super::{PASSWORD, World, peer};
use crate::model::{Access, App};
use crate::people::{
    AppError, ConfirmError, DeleteAppError, NewApp, OWNED_APPS_MAX, TRIAL_TOKENS_MAX, TrialTokenError,
};

/// Somebody else's app, an administrator's, ours, and none at all are the same.
#[tokio::test]
async fn only_its_owner_is_an_apps_steward() {
    let world = World::new();
    let (ann, bob) = (world.account("ann@example.org").await, world.account("bob@example.org").await);
    let app = world.people.register_owned_app(&ann, "Ann's", Access::Full).await.unwrap();
    assert_eq!(app.owner, Some(ann.id));
    let registered = world.app().await;
    world.people.ensure_own_apps().await.unwrap();
    assert!(world.people.steward(&ann, &app.key.0).await.unwrap().is_some());
    assert!(world.people.steward(&bob, &app.key.0).await.unwrap().is_none());
    for key in [registered.key.0.as_str(), App::OWN, App::PAGES, "nosuchkey", ""] {
        assert!(world.people.steward(&ann, key).await.unwrap().is_none(), "{key}");
    }
}

#[tokio::test]
async fn the_secret_is_for_who_knows_the_password() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    let app = world.people.register_owned_app(&ann, "Ann's", Access::Full).await.unwrap();
    let steward = world.people.steward(&ann, &app.key.0).await.unwrap().unwrap();
    assert_eq!(steward.secret(PASSWORD, peer(1)).await.unwrap(), app.secret);
    assert!(matches!(steward.secret("wrong password", peer(1)).await, Err(ConfirmError::Wrong)));
    for _ in 0..10 {
        let _ = steward.secret("wrong password", peer(1)).await;
    }
    let slowed = steward.secret(PASSWORD, peer(1)).await;
    assert!(matches!(slowed, Err(ConfirmError::Wait(_))), "guessing is as slow as at the sign-in page");
}

#[tokio::test]
async fn an_owner_has_so_many_apps_and_tokens() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    for n in 0..OWNED_APPS_MAX {
        world.people.register_owned_app(&ann, &format!("App {n}"), Access::AppFolder).await.unwrap();
    }
    let one_more = world.people.register_owned_app(&ann, "One more", Access::Full).await;
    assert!(matches!(one_more, Err(AppError::TooManyApps)));
    let app = world.people.apps_of(ann.id).await.unwrap().remove(0);
    let steward = world.people.steward(&ann, &app.key.0).await.unwrap().unwrap();
    for _ in 0..TRIAL_TOKENS_MAX {
        let token = steward.issue_token().await.unwrap();
        assert_eq!(world.people.authenticate(token.reveal()).await.unwrap().app.key, app.key);
    }
    assert!(matches!(steward.issue_token().await, Err(TrialTokenError::TooMany)));
    assert_eq!(steward.revoke_tokens().await.unwrap(), TRIAL_TOKENS_MAX);
    steward.issue_token().await.unwrap();
}

/// What an administrator has shut out, its owner does not let in.
#[tokio::test]
async fn an_owner_pauses_an_app() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    let app = world.people.register_owned_app(&ann, "Ann's", Access::Full).await.unwrap();
    let steward = world.people.steward(&ann, &app.key.0).await.unwrap().unwrap();
    let token = steward.issue_token().await.unwrap();
    assert!(steward.set_paused(true).await.unwrap().disabled);
    assert!(world.people.authenticate(token.reveal()).await.is_err());
    assert!(!steward.set_paused(false).await.unwrap().disabled);
    assert!(world.people.authenticate(token.reveal()).await.is_ok());
    world.people.set_app_disabled(&app.key.0, true).await.unwrap();
    assert!(steward.set_paused(false).await.unwrap().disabled);
    assert!(world.people.authenticate(token.reveal()).await.is_err());
}

#[tokio::test]
async fn an_owner_calls_an_app_something_else() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    let app = world.people.register_owned_app(&ann, "Ann's", Access::Full).await.unwrap();
    world.app().await;
    let steward = world.people.steward(&ann, &app.key.0).await.unwrap().unwrap();
    assert!(matches!(steward.rename("CAMERA").await, Err(AppError::NameTaken(name)) if name == "Camera"));
    assert!(matches!(steward.rename("a/b").await, Err(AppError::Name(_))));
    assert!(matches!(steward.rename("tide mark").await, Err(AppError::NameReserved(_))));
    assert_eq!(steward.rename("ANN's ").await.unwrap().name, "ANN's", "its own name is no other app's");
    assert_eq!(steward.rename("Tide table").await.unwrap(), App { name: "Tide table".into(), ..app });
}

/// The server's own apps are called so; an administrator's may be.
#[tokio::test]
async fn nobodys_app_is_taken_for_the_servers_own() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    for name in ["Tidemark", "tidemark Gallery", "Tide\u{200b}mark", "TIDE  MARK"] {
        let refused = world.people.register_owned_app(&ann, name, Access::Full).await;
        assert!(matches!(refused, Err(AppError::NameReserved(_))), "{name:?}");
    }
    world.people.ensure_own_apps().await.unwrap();
    world.people.ensure_gallery_app("https://photos.example/callback").await.unwrap();
    let (redirect_uris, webhook_uris) = (Vec::new(), Vec::new());
    let (name, access) = ("Tidemark sync".to_owned(), Access::Full);
    let app = NewApp { name, access, redirect_uris, same_name: false, webhook_uris, owner: None };
    world.people.register_app(app).await.unwrap();
}

/// And everybody's permissions end with it.
#[tokio::test]
async fn an_owner_deletes_an_app() {
    let world = World::new();
    let (ann, bob) = (world.account("ann@example.org").await, world.account("bob@example.org").await);
    let app = world.people.register_owned_app(&ann, "Ann's", Access::Full).await.unwrap();
    let steward = world.people.steward(&ann, &app.key.0).await.unwrap().unwrap();
    let own = steward.issue_token().await.unwrap();
    let (theirs, _) = world.people.issue_token(&bob, &app).await.unwrap();
    let refused = steward.delete("wrong password", peer(1)).await;
    assert!(matches!(refused, Err(DeleteAppError::Confirm(ConfirmError::Wrong))));
    assert!(world.people.authenticate(theirs.reveal()).await.is_ok());
    steward.delete(PASSWORD, peer(1)).await.unwrap();
    for token in [own, theirs] {
        assert!(world.people.authenticate(token.reveal()).await.is_err());
    }
    assert!(world.people.steward(&ann, &app.key.0).await.unwrap().is_none());
    assert!(world.people.linked_apps(bob.id).await.unwrap().is_empty());
    steward.delete(PASSWORD, peer(1)).await.unwrap();
    world.people.register_owned_app(&bob, "Ann's", Access::Full).await.unwrap();
}

/// Neither under another name nor registered anew, whatever its owner did before.
#[tokio::test]
async fn an_owner_does_not_get_round_an_administrators_word() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    let app = world.people.register_owned_app(&ann, "Ann's", Access::Full).await.unwrap();
    let steward = world.people.steward(&ann, &app.key.0).await.unwrap().unwrap();
    steward.set_paused(true).await.unwrap();
    world.people.set_app_disabled(&app.key.0, true).await.unwrap();
    assert!(matches!(steward.rename("Another").await, Err(AppError::ShutOut)));
    assert!(matches!(steward.delete(PASSWORD, peer(1)).await, Err(DeleteAppError::ShutOut)));
    let again = world.people.register_owned_app(&ann, "Ann's", Access::Full).await;
    assert!(matches!(again, Err(AppError::NameTaken(_))));
    world.people.set_app_disabled(&app.key.0, false).await.unwrap();
    steward.set_paused(true).await.unwrap();
    steward.rename("Another").await.unwrap();
    steward.delete(PASSWORD, peer(1)).await.unwrap();
}
