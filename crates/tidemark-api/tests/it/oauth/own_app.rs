//! The app that every server has, for programs that nobody registered.

use super::{S256, VERIFIER, allow, assert_refused, authorize_url, lets_in};
use crate::browser::{Browser, Reply, World};
use http::StatusCode;
use tidemark_core::model::{Access, App};

const CHALLENGE: [(&str, &str); 2] = [("code_challenge", S256), ("code_challenge_method", "S256")];
const HERE: &str = "http://127.0.0.1:49152/";

async fn world() -> (World, App) {
    let world = World::with_ann().await;
    world.people.ensure_own_apps().await.unwrap();
    let app = world.people.app("tidemark").await.unwrap();
    (world, app)
}

async fn exchange(world: &World, code: &str, more: &[(&str, &str)]) -> Reply {
    let own = [("grant_type", "authorization_code"), ("code", code), ("client_id", "tidemark")];
    world.browser().post("/1/oauth2/token", &[&own, more].concat()).await
}

/// With a browser on the same machine, or with one anywhere and a code that is copied.
#[tokio::test]
async fn a_program_is_linked_without_being_registered() {
    let (world, app) = world().await;
    assert_eq!((app.access, app.is_public()), (Access::Full, true));
    let ask = async |browser: &mut Browser, back: &[(&str, &str)]| {
        allow(browser, &app, &[&[("response_type", "code")], back, &CHALLENGE].concat()).await
    };
    let mut browser = world.signed_in().await;
    for here in [HERE, "http://[::1]:50000/"] {
        let back = [("redirect_uri", here)];
        let code = ask(&mut browser, &back).await.sent_back('?')["code"].clone();
        let reply = exchange(&world, &code, &[("redirect_uri", here), ("code_verifier", VERIFIER)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert!(lets_in(&world, reply.json()["access_token"].as_str().unwrap()).await);
    }
    let code = ask(&mut browser, &[]).await.auth_code().to_owned();
    let reply = exchange(&world, &code, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

/// Everybody can say that they are it. So only who asked for a code can exchange it, and nothing but a code is handed out.
#[tokio::test]
async fn nobody_else_can_use_what_was_given_to_it() {
    let (world, app) = world().await;
    let mut browser = world.signed_in().await;
    let code = [("response_type", "code"), ("redirect_uri", HERE)];
    for (challenge, error) in [
        (&[][..], "invalid_request"),
        (&[("code_challenge", VERIFIER)], "invalid_request"),
        (&[("code_challenge", VERIFIER), ("code_challenge_method", "plain")], "invalid_request"),
    ] {
        let reply = browser.get(&authorize_url(&app, &[&code[..], challenge].concat())).await;
        assert_eq!(reply.sent_back('?')["error"], error, "{challenge:?}");
    }
    // Where the code would be copied there is only the person to be told.
    let reply = browser.get(&authorize_url(&app, &[("response_type", "code")])).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let token = [("response_type", "token"), ("redirect_uri", "http://127.0.0.1/")];
    let reply = browser.get(&authorize_url(&app, &token)).await;
    assert_eq!(reply.sent_back('#')["error"], "unauthorized_client");
    // What would have to be renewed could not be.
    let params = [&code[..], &CHALLENGE].concat();
    let url = format!("/api/oauth2/authorize?client_id=tidemark&{}", crate::browser::query(&params));
    assert_eq!(browser.get(&url).await.sent_back('?')["error"], "unauthorized_client");
    // Nor does taking the challenge out of the form help.
    let page = browser.get(&authorize_url(&app, &params)).await;
    let stripped = [("decision", "allow"), ("code_challenge", ""), ("code_challenge_method", "")];
    let reply = browser.submit(&page, &stripped).await;
    assert_eq!(reply.sent_back('?')["error"], "invalid_request");

    let code = allow(&mut browser, &app, &params).await.sent_back('?')["code"].clone();
    let back = ("redirect_uri", HERE);
    for (more, error) in [
        (&[back][..], "invalid_request"),
        (&[back, ("code_verifier", S256)], "invalid_grant"),
        (&[back, ("client_secret", "x"), ("code_verifier", VERIFIER)], "invalid_client"),
        (&[("code_verifier", VERIFIER)], "invalid_grant"),
    ] {
        assert_refused(&exchange(&world, &code, more).await, StatusCode::BAD_REQUEST, error);
    }
    assert_eq!(exchange(&world, &code, &[back, ("code_verifier", VERIFIER)]).await.status, StatusCode::OK);
}

/// An administrator may shut it out like every other, and it stays so at the next start.
#[tokio::test]
async fn it_is_shut_out_like_any_other() {
    let (world, app) = world().await;
    world.people.set_app_disabled("tidemark", true).await.unwrap();
    world.people.ensure_own_apps().await.unwrap();
    let params = [&[("response_type", "code")][..], &CHALLENGE].concat();
    let reply = world.signed_in().await.get(&authorize_url(&app, &params)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(world.people.app("tidemark").await.unwrap().disabled);
    assert_eq!(world.people.apps().await.unwrap().len(), 2, "itself, and that of the pages");
}
