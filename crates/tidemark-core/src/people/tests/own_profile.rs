//! What people change about themselves.

use super::{BROWSER, PASSWORD, World, peer, person};
use crate::people::{AccountError, ChangeEmailError, ConfirmError, NewPerson};

#[tokio::test]
async fn somebody_is_called_something_else() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    world.people.change_own_name(ann.id, "  Ann Lee ").await.unwrap();
    for bad in
        ["", "  ", "A\nB", "Ann\u{202e}eeL", "Ann\u{200f}", "\u{61c}Ann", "A\u{200e}nn", &"x".repeat(101)]
    {
        let refused = world.people.change_own_name(ann.id, bad).await;
        assert!(matches!(refused, Err(AccountError::Name)), "{bad:?}");
    }
    assert_eq!(world.people.account("ann@example.org").await.unwrap().name, "Ann Lee");
}

#[tokio::test]
async fn an_administrator_signs_in_with_another_email() {
    let world = World::new();
    let ann = world.people.add_account(NewPerson { admin: true, ..person("ann@example.org") }).await.unwrap();
    let bob = world.account("bob@example.org").await;
    // Nobody else does, nor learns who has an account.
    for email in ["ann@example.org", "support@example.org", "no address"] {
        let refused = world.people.change_own_email(bob.id, email, PASSWORD, peer(1)).await;
        assert!(matches!(refused, Err(ChangeEmailError::NotYours)), "{email}");
    }
    let (session, _) = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
    let change =
        async |email, password| world.people.change_own_email(ann.id, email, password, peer(1)).await;
    let refused = change("ann.lee@example.org", "wrong password").await;
    assert!(matches!(refused, Err(ChangeEmailError::Confirm(ConfirmError::Wrong))));
    let refused = change("no address", PASSWORD).await;
    assert!(matches!(refused, Err(ChangeEmailError::Email(AccountError::Email(_)))));
    let refused = change("BOB@example.org", PASSWORD).await;
    assert!(matches!(refused, Err(ChangeEmailError::Email(AccountError::EmailTaken(_)))));
    change(" Ann.Lee@example.org ", PASSWORD).await.unwrap();
    change("ann.lee@Example.org", PASSWORD).await.unwrap();
    assert!(world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await.is_err());
    let (_, now) = world.people.sign_in("ann.lee@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
    assert_eq!((now.id, now.email.as_str()), (ann.id, "ann.lee@Example.org"));
    assert!(
        world.people.session(session.reveal()).await.unwrap().is_some(),
        "whoever changes it stays signed in"
    );
    world.account("ann@example.org").await;
}
