//! Who gets an account, and what becomes of it.

use super::{BROWSER, PASSWORD, World, peer, person};
use crate::people::{AccountError, AppError, NewApp, NewPerson, PasswordError, SETUP_LINK_LIFE, SignInError};
use std::time::Duration;

#[tokio::test]
async fn an_account_needs_an_address_a_name_and_a_password() {
    let world = World::new();
    let refused = async |person: NewPerson| world.people.add_account(person).await.unwrap_err();
    assert!(matches!(refused(person("nobody")).await, AccountError::Email(e) if e == "nobody"));
    let long = NewPerson { name: Some("x".repeat(101)), ..person("a@example.org") };
    assert!(matches!(refused(long).await, AccountError::Name));
    let lines = NewPerson { name: Some("a\nb".into()), ..person("a@example.org") };
    assert!(matches!(refused(lines).await, AccountError::Name));
    for (password, why) in [
        ("1234567".into(), PasswordError::TooShort),
        ("größer!".into(), PasswordError::TooShort),
        ("x".repeat(1025), PasswordError::TooLong),
    ] {
        let error = refused(NewPerson { password, ..person("a@example.org") }).await;
        assert!(matches!(error, AccountError::Password(e) if e == why));
    }
    assert!(world.people.accounts().await.unwrap().is_empty(), "a refusal leaves nothing behind");

    let ann = world.account(" Ann.Lee@example.org ").await;
    assert_eq!((ann.email.as_str(), ann.name.as_str()), ("Ann.Lee@example.org", "Ann.Lee"));
    assert!(matches!(refused(person("ann.lee@EXAMPLE.org")).await, AccountError::EmailTaken(_)));
    for (n, password) in ["12345678".into(), "x".repeat(1024)].into_iter().enumerate() {
        let fits = NewPerson { password, ..person(&format!("{n}@example.org")) };
        world.people.add_account(fits).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_kept_of_a_password_is_argon2id_and_shows_nowhere() {
    let world = World::new();
    let ann = world.account("ann@example.org").await;
    let bob = world.account("bob@example.org").await;
    let hash = ann.password.clone().unwrap().0;
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert_ne!(hash, bob.password.unwrap().0, "the same password, salted otherwise");
    assert!(!format!("{ann:?}").contains("argon2"));
}

#[tokio::test]
async fn the_setup_link_makes_the_first_account_once() {
    let world = World::new();
    let people = &world.people;
    let (link, other) =
        (people.setup_link().await.unwrap().unwrap(), people.setup_link().await.unwrap().unwrap());
    assert!(people.is_setup_link(link.reveal()).await.unwrap());
    assert!(!people.is_setup_link("").await.unwrap());
    assert!(!people.is_setup_link("guess").await.unwrap());
    let guessed = people.set_up("guess", person("ann@example.org")).await;
    assert!(matches!(guessed, Err(AccountError::SetupLink)));
    let slip = people.set_up(link.reveal(), person("ann")).await;
    assert!(matches!(slip, Err(AccountError::Email(_))), "a slip does not use the link up");

    let ann = people.set_up(link.reveal(), person("ann@example.org")).await.unwrap();
    assert!(ann.admin);
    for used in [&link, &other] {
        assert!(!people.is_setup_link(used.reveal()).await.unwrap());
        let again = people.set_up(used.reveal(), person("eve@example.org")).await;
        assert!(matches!(again, Err(AccountError::SetupLink)));
    }
    assert!(people.setup_link().await.unwrap().is_none());
    assert_eq!(people.accounts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn two_browsers_with_the_setup_link_make_one_account() {
    let world = World::new();
    let link = world.people.setup_link().await.unwrap().unwrap();
    let (a, b) = tokio::join!(
        world.people.set_up(link.reveal(), person("a@example.org")),
        world.people.set_up(link.reveal(), person("b@example.org"))
    );
    assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1);
    assert_eq!(world.people.accounts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_setup_link_expires() {
    let world = World::new();
    let link = world.people.setup_link().await.unwrap().unwrap();
    world.clock.advance(SETUP_LINK_LIFE - Duration::from_millis(1));
    assert!(world.people.is_setup_link(link.reveal()).await.unwrap());
    world.clock.advance(Duration::from_millis(1));
    let late = world.people.set_up(link.reveal(), person("ann@example.org")).await;
    assert!(matches!(late, Err(AccountError::SetupLink)));
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_replaces_the_old_one() {
    let world = World::new();
    world.account("ann@example.org").await;
    let (session, _) = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await.unwrap();
    world.people.set_password("ANN@example.org", "another one").await.unwrap();
    assert_eq!(world.people.session(session.reveal()).await.unwrap(), None);
    let old = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER).await;
    assert!(matches!(old, Err(SignInError::Refused)));
    world.people.sign_in("ann@example.org", "another one", peer(1), BROWSER).await.unwrap();
    let unknown = world.people.set_password("bob@example.org", "another one").await;
    assert!(matches!(unknown, Err(AccountError::Unknown(e)) if e == "bob@example.org"));
}

#[tokio::test]
async fn apps_are_named_like_folders_and_send_codes_to_safe_places_only() {
    let world = World::new();
    let app = world.app().await;
    for word in [&app.key.0, &app.secret] {
        assert!(
            word.len() == 15 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
            "{word}"
        );
    }
    assert_ne!(app.key.0, app.secret);
    let new = |name: &str, redirect: &str, webhook: &str| NewApp {
        name: name.into(),
        same_name: false,
        owner: None,
        access: app.access,
        redirect_uris: vec![redirect.into()],
        webhook_uris: vec![webhook.into()],
    };
    let register = async |new: NewApp| world.people.register_app(new).await;
    let (good, hook) = ("https://a.example/", "http://10.0.0.7:9000/hook");
    assert!(register(new("Ünïcode app", good, hook)).await.is_ok());
    for name in ["", "  ", "a/b", "..", "a\u{7}", "a\u{202e}b", &"x".repeat(101)] {
        assert!(matches!(register(new(name, good, hook)).await, Err(AppError::Name(_))), "{name:?}");
    }
    assert!(matches!(register(new("A", "http://a.example", hook)).await, Err(AppError::RedirectUri(_))));
    assert!(matches!(register(new("A", good, "ftp://a.example")).await, Err(AppError::WebhookUri(_))));
    let many = NewApp { redirect_uris: vec![good.into(); 101], ..new("A", good, hook) };
    assert!(matches!(register(many).await, Err(AppError::TooManyUris)));
    assert!(matches!(world.people.app("nosuchkey").await, Err(AppError::Unknown(_))));
}
