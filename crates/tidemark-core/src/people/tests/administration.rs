//! What administrators may do, and what nobody may.

use super::{BROWSER, PASSWORD, World, peer, person};
use crate::model::AccountId;
use crate::people::{AccountError, AdministrationError, NewPerson};

#[tokio::test]
async fn only_administrators_administer() {
    let world = World::new();
    let ann = world.people.add_account(NewPerson { admin: true, ..person("ann@example.org") }).await.unwrap();
    let bob = world.account("bob@example.org").await;
    assert!(world.people.administration(bob.id).await.unwrap().is_none());
    assert!(world.people.administration(AccountId(99)).await.unwrap().is_none());
    let admin = world.people.administration(ann.id).await.unwrap().unwrap();
    assert!(admin.is_self(ann.id) && !admin.is_self(bob.id));
    let cy = admin.add(person("cy@example.org")).await.unwrap();
    let taken = admin.add(person("CY@example.org")).await;
    assert!(matches!(taken, Err(AdministrationError::Account(AccountError::EmailTaken(_)))));
    admin.set_admin(cy.id, true).await.unwrap();
    let other = world.people.administration(cy.id).await.unwrap().unwrap();
    other.set_disabled(ann.id, true).await.unwrap();
    assert!(world.people.administration(ann.id).await.unwrap().is_none(), "whoever is shut out is");
    let unknown = AccountId(99);
    assert!(matches!(other.set_disabled(unknown, true).await, Err(AdministrationError::Unknown)));
    assert!(matches!(other.set_admin(unknown, true).await, Err(AdministrationError::Unknown)));
    assert!(matches!(other.set_quota(unknown, None).await, Err(AdministrationError::Unknown)));
    assert!(matches!(other.reset_password(unknown, PASSWORD).await, Err(AdministrationError::Unknown)));
    assert!(matches!(other.sign_out(unknown).await, Err(AdministrationError::Unknown)));
}

#[tokio::test]
async fn somebody_is_always_left_to_administer() {
    let world = World::new();
    let new = |email| NewPerson { admin: true, ..person(email) };
    let ann = world.people.add_account(new("ann@example.org")).await.unwrap();
    let admin = world.people.administration(ann.id).await.unwrap().unwrap();
    assert!(matches!(admin.set_disabled(ann.id, true).await, Err(AdministrationError::Yourself)));
    assert!(matches!(admin.reset_password(ann.id, "another one").await, Err(AdministrationError::Yourself)));
    assert!(matches!(admin.set_admin(ann.id, false).await, Err(AdministrationError::LastAdmin)));
    let bob = admin.add(new("bob@example.org")).await.unwrap();
    let other = world.people.administration(bob.id).await.unwrap().unwrap();
    let both = tokio::join!(admin.set_admin(bob.id, false), other.set_admin(ann.id, false));
    assert!(matches!(both, (Ok(()), Err(AdministrationError::LastAdmin))), "{both:?}");
    admin.set_admin(bob.id, true).await.unwrap();
    admin.set_disabled(bob.id, true).await.unwrap();
    assert!(
        matches!(admin.set_admin(ann.id, false).await, Err(AdministrationError::LastAdmin)),
        "bob is shut out"
    );
    admin.set_admin(bob.id, false).await.unwrap();
    admin.set_disabled(bob.id, false).await.unwrap();
    let members = admin.members().await.unwrap();
    assert_eq!(members.iter().map(|one| one.account.admin).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn an_account_is_helped_and_signed_out() {
    let world = World::new();
    let ann = world.people.add_account(NewPerson { admin: true, ..person("ann@example.org") }).await.unwrap();
    let bob = world.account("bob@example.org").await;
    let admin = world.people.administration(ann.id).await.unwrap().unwrap();
    let seen = async || admin.member(bob.id).await.unwrap().unwrap().seen;
    assert_eq!(seen().await, None);
    let sign_in = async |password| world.people.sign_in("bob@example.org", password, peer(1), BROWSER).await;
    let (session, _) = sign_in(PASSWORD).await.unwrap();
    assert!(seen().await.is_some());
    admin.set_quota(bob.id, Some(10)).await.unwrap();
    assert_eq!(admin.member(bob.id).await.unwrap().unwrap().account.quota, Some(10));
    assert_eq!(admin.sign_out(bob.id).await.unwrap(), 1);
    assert_eq!(world.people.session(session.reveal()).await.unwrap(), None);
    let (session, _) = sign_in(PASSWORD).await.unwrap();
    let short = admin.reset_password(bob.id, "short").await;
    assert!(matches!(short, Err(AdministrationError::Account(AccountError::Password(_)))));
    admin.reset_password(bob.id, "another one").await.unwrap();
    assert_eq!(world.people.session(session.reveal()).await.unwrap(), None);
    sign_in("another one").await.unwrap();
    assert!(admin.member(AccountId(99)).await.unwrap().is_none());
}

/// And nobody has a share in two accounts: whoever had the e-mail before does not sign in with it.
#[tokio::test]
async fn an_administrator_changes_others_emails() {
    let world = World::new();
    let ann = world.people.add_account(NewPerson { admin: true, ..person("ann@example.org") }).await.unwrap();
    let bob = world.account("bob@example.org").await;
    let admin = world.people.administration(ann.id).await.unwrap().unwrap();
    assert!(matches!(admin.set_email(ann.id, "x@example.org").await, Err(AdministrationError::Yourself)));
    assert!(matches!(admin.set_email(AccountId(99), "x@y").await, Err(AdministrationError::Unknown)));
    let refused = admin.set_email(bob.id, "ANN@example.org").await;
    assert!(matches!(refused, Err(AdministrationError::Account(AccountError::EmailTaken(_)))));
    let refused = admin.set_email(bob.id, "bob\u{202e}@example.org").await;
    assert!(matches!(refused, Err(AdministrationError::Account(AccountError::Email(_)))));
    admin.set_email(bob.id, "robert@example.org").await.unwrap();
    assert!(world.people.sign_in("bob@example.org", PASSWORD, peer(1), BROWSER).await.is_err());
    let (_, account) = world.people.sign_in("robert@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
    assert_eq!(account.id, bob.id);
}
