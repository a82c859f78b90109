//! The OAuth flows, and every attack on them.

mod authorize;
mod logs;
mod oauth1_authorize;
mod oauth1_tokens;
mod pkce;
mod token;

use crate::browser::{Browser, Reply, World, query};
use http::Method;
use tidemark_core::model::App;

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const S256: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The address of the authorization page, asked for by `app` with these parameters besides.
fn authorize_url(app: &App, params: &[(&str, &str)]) -> String {
    format!("/1/oauth2/authorize?client_id={}&{}", app.key, query(params))
}

/// Opens the authorization page and presses Allow.
async fn allow(browser: &mut Browser, app: &App, params: &[(&str, &str)]) -> Reply {
    let page = browser.get(&authorize_url(app, params)).await;
    browser.submit(&page, &[("decision", "allow")]).await
}

/// A code that was shown to be copied.
async fn shown_code(world: &World, app: &App) -> String {
    let mut browser = world.signed_in().await;
    allow(&mut browser, app, &[("response_type", "code")]).await.auth_code().to_owned()
}

/// Presents a code with the app's secret and these parameters besides.
async fn exchange(world: &World, app: &App, code: &str, more: &[(&str, &str)]) -> Reply {
    let mut params = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", app.key.0.as_str()),
        ("client_secret", app.secret.as_str()),
    ];
    params.extend(more);
    world.browser().post("/1/oauth2/token", &params).await
}

/// Posts nothing but a query.
async fn post_query(world: &World, path: &str, params: &[(&str, &str)]) -> Reply {
    world.browser().send(Method::POST, &format!("{path}?{}", query(params)), &[], "").await
}

/// Whether a token lets anybody in.
async fn lets_in(world: &World, token: &str) -> bool {
    world.people.authenticate(token).await.is_ok()
}
