//! `/setup`: the first account.

use crate::browser::{EMAIL, PASSWORD, World};
use http::StatusCode;

/// From the printed link to being signed in, once.
#[tokio::test]
async fn the_link_makes_one_account_and_signs_it_in() {
    let world = World::new();
    let mut browser = world.browser();
    let welcome = browser.get("/").await;
    assert!(welcome.body.contains("no account yet") && welcome.body.contains("tidemark serve"));

    let link = world.people.setup_link().await.unwrap().unwrap();
    let path = format!("/setup?token={}", link.reveal());
    let page = browser.get(&path).await;
    let fields = [("name", "Ann"), ("email", EMAIL), ("password", PASSWORD)];
    let done = browser.submit(&page, &fields).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/"));
    assert!(browser.get("/account").await.body.contains("<bdi>Ann</bdi>"));
    assert!(world.people.account(EMAIL).await.unwrap().admin);

    assert_eq!(world.browser().get(&path).await.status, StatusCode::FORBIDDEN);
    let mut late = world.browser();
    late.cookies = browser.cookies.clone();
    late.cookies.remove("tidemark-session");
    let again = late.submit(&page, &[("email", "eve@example.org"), ("password", PASSWORD)]).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);
    assert_eq!(world.people.accounts().await.unwrap().len(), 1);
}

/// A slip is told, and what was typed stays, but for the password.
#[tokio::test]
async fn a_slip_keeps_what_was_typed() {
    let world = World::new();
    let link = world.people.setup_link().await.unwrap().unwrap();
    let mut browser = world.browser();
    let page = browser.get(&format!("/setup?token={}", link.reveal())).await;
    let long = "x".repeat(101);
    for (name, email, password, told, blamed) in [
        ("\"><b>", "ann", PASSWORD, "not an e-mail", "email"),
        (&long, EMAIL, PASSWORD, "name is too long", "name"),
        ("Ann", EMAIL, "short", "8 to 1024", "password"),
    ] {
        let slip = browser.submit(&page, &[("name", name), ("email", email), ("password", password)]).await;
        assert_eq!(slip.status, StatusCode::BAD_REQUEST);
        assert!(slip.body.contains(told) && slip.body.contains("role=\"alert\""), "{told}");
        assert_eq!((slip.field("name"), slip.field("email")), (name.to_owned(), email.to_owned()));
        assert!(!slip.body.contains(password) && !slip.body.contains("<b>"));
        for field in ["name", "email", "password"] {
            let tag =
                slip.body.split("<input ").find(|tag| tag.contains(&format!("name=\"{field}\""))).unwrap();
            let is_told = ["aria-invalid=\"true\"", "aria-describedby=\"problem", " autofocus"]
                .map(|mark| tag.contains(mark));
            assert_eq!(is_told, [field == blamed; 3], "{field}");
        }
        assert!(!page.body.contains("aria-invalid"));
    }
    let fields = [("name", ""), ("email", EMAIL), ("password", PASSWORD)];
    assert_eq!(browser.submit(&page, &fields).await.status, StatusCode::SEE_OTHER);
}

/// Without the link there is no way in.
#[tokio::test]
async fn a_guessed_link_shows_nothing() {
    let world = World::new();
    world.people.setup_link().await.unwrap().unwrap();
    for path in ["/setup", "/setup?token=", "/setup?token=guess", "/setup?token=%ff"] {
        let reply = world.browser().get(path).await;
        assert!(reply.status.is_client_error(), "{path}");
        assert!(!reply.body.contains("<form"), "{path}");
    }
}
