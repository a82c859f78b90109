//! The OAuth flows, and every attack on them.

mod authorize;
mod box_authorize;
mod box_refresh;
mod box_revoke;
mod box_token;
mod logs;
mod loopback;
mod oauth1_authorize;
mod oauth1_tokens;
mod own_app;
mod pkce;
mod token;

use crate::browser::{Browser, REDIRECT, Reply, World, query};
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

/// Opens Box's authorization page and presses a button.
async fn box_decide(browser: &mut Browser, app: &App, params: &[(&str, &str)], decision: &str) -> Reply {
    let url = format!("/api/oauth2/authorize?client_id={}&{}", app.key, query(params));
    let page = browser.get(&url).await;
    browser.submit(&page, &[("decision", decision)]).await
}

/// A code of Box's, for an app with the redirect URI [`REDIRECT`] among others.
async fn box_code(world: &World, app: &App) -> String {
    let params = [("response_type", "code"), ("redirect_uri", REDIRECT), ("state", "s")];
    box_decide(&mut world.signed_in().await, app, &params, "allow").await.sent_back('?')["code"].clone()
}

/// Asks a token endpoint as the app, with these parameters besides, as classic Python does.
async fn ask_as(world: &World, app: &App, path: &str, params: &[(&str, &str)]) -> Reply {
    let own = [
        ("client_id", app.key.0.as_str()),
        ("client_secret", app.secret.as_str()),
        ("box_device_id", "0"),
        ("box_device_name", ""),
    ];
    world.browser().post(path, &[params, &own].concat()).await
}

/// What Box's token endpoint gave.
#[derive(Clone, Debug)]
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    fn of(reply: &Reply) -> Pair {
        assert_eq!(reply.status, http::StatusCode::OK, "{}", reply.body);
        let field = |name| reply.json()[name].as_str().unwrap().to_owned();
        Pair { access: field("access_token"), refresh: field("refresh_token") }
    }

    /// A first one.
    async fn first(world: &World, app: &App) -> Pair {
        let code = box_code(world, app).await;
        let params = [("grant_type", "authorization_code"), ("code", code.as_str())];
        Pair::of(&ask_as(world, app, "/oauth2/token", &params).await)
    }
}

/// Presents a refresh token.
async fn refresh(world: &World, app: &App, token: &str) -> Reply {
    let params = [("grant_type", "refresh_token"), ("refresh_token", token)];
    ask_as(world, app, "/oauth2/token", &params).await
}

/// The answer is a refusal of this kind.
fn assert_refused(reply: &Reply, status: http::StatusCode, error: &str) {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert_eq!(reply.json()["error"], error);
    assert!(reply.json()["error_description"].is_string());
    assert_eq!(reply.header(http::header::CONTENT_TYPE), "application/json");
}
