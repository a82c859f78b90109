//! Proof keys (RFC 7636): apps without a secret that they could keep.

use super::{S256, VERIFIER, allow, exchange, shown_code};
use crate::browser::{REDIRECT, Reply, World};
use http::StatusCode;
use tidemark_core::model::App;

async fn code_for(world: &World, app: &App, challenge: &[(&str, &str)]) -> String {
    let mut browser = world.signed_in().await;
    let mut params = vec![("response_type", "code"), ("redirect_uri", REDIRECT)];
    params.extend(challenge);
    allow(&mut browser, app, &params).await.sent_back('?')["code"].clone()
}

async fn exchange_without_secret(world: &World, app: &App, code: &str, verifier: &[(&str, &str)]) -> Reply {
    let mut params = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", app.key.0.as_str()),
        ("redirect_uri", REDIRECT),
    ];
    params.extend(verifier);
    world.browser().post("/1/oauth2/token", &params).await
}

/// The verifier takes the secret's place, by either method; a wrong or missing one gets nothing.
#[tokio::test]
async fn a_verifier_takes_the_secrets_place() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let challenges: [&[(&str, &str)]; 3] = [
        &[("code_challenge", S256), ("code_challenge_method", "S256")],
        &[("code_challenge", VERIFIER), ("code_challenge_method", "plain")],
        &[("code_challenge", VERIFIER)],
    ];
    for challenge in challenges {
        let code = code_for(&world, &app, challenge).await;
        for wrong in ["x", S256, &VERIFIER.to_lowercase()] {
            let reply = exchange_without_secret(&world, &app, &code, &[("code_verifier", wrong)]).await;
            assert_eq!(reply.json()["error"], "invalid_grant", "{wrong}");
        }
        let reply = exchange_without_secret(&world, &app, &code, &[]).await;
        assert_eq!(reply.json()["error"], "invalid_request");
        let with_secret_only = exchange(&world, &app, &code, &[("redirect_uri", REDIRECT)]).await;
        assert_eq!(with_secret_only.json()["error"], "invalid_grant", "the secret is not enough");
        let reply = exchange_without_secret(&world, &app, &code, &[("code_verifier", VERIFIER)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }
}

/// Stripping the challenge from the request does not make a stolen code worth anything.
#[tokio::test]
async fn a_stripped_challenge_is_noticed() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let code = shown_code(&world, &app).await;
    let reply = exchange_without_secret(&world, &app, &code, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(reply.json()["error"], "invalid_grant");
    let reply = exchange(&world, &app, &code, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(reply.json()["error"], "invalid_grant");
}
