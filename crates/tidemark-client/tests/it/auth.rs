//! How an app comes to a person's token.

use std::collections::BTreeMap;
use std::time::Duration;

use tidemark_client::{
    Authorization, Client, Error, Loopback, LoopbackError, OWN_APP, RefusalKind, Server, SystemEntropy,
};
use tidemark_core::model::{Challenge, Lifetime};
use tidemark_core::people::returns_to;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::script::{Script, says};
use crate::world::{BASE, World};

fn server() -> Server {
    Server::new(BASE).unwrap()
}

/// What the page on which the person allows the app is asked with.
fn asked(authorization: &Authorization) -> BTreeMap<String, String> {
    let url = authorization.url();
    let (page, query) = url.split_once('?').unwrap();
    assert_eq!(page, format!("{BASE}/1/oauth2/authorize"));
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The person allows it.
async fn allow(world: &World, authorization: &Authorization) -> String {
    let asked = asked(authorization);
    assert_eq!(asked["response_type"], "code");
    assert_eq!((&asked["client_id"], asked["code_challenge_method"].as_str()), (&world.app.key.0, "S256"));
    let challenge = Some(Challenge::S256(asked["code_challenge"].clone()));
    let redirect_uri = asked.get("redirect_uri").cloned();
    let code = world.people.authorize(&world.account, &world.app, redirect_uri, challenge, Lifetime::Lasting);
    code.await.unwrap().reveal().to_owned()
}

/// The person copies the code; the app needs no secret, and gets a token that works.
#[tokio::test]
async fn a_copied_code_becomes_a_token() {
    let world = World::new().await;
    let authorization = Authorization::new(server(), &world.app.key.0, None, &SystemEntropy);
    assert!(!asked(&authorization).contains_key("state"));
    let code = allow(&world, &authorization).await;
    let authorized = authorization.finish(&format!(" {code}\n"), &*world.network).await.unwrap();
    assert_eq!(authorized.uid, world.account.id.0.to_string());
    let client =
        Client::new(server(), authorized.token, world.network.clone(), std::sync::Arc::new(SystemEntropy));
    assert_eq!(client.account().await.unwrap().email, "ada@example.org");
}

/// A program that nobody registered gets its code, too: copied, or brought to whatever port is free.
#[tokio::test]
async fn every_server_has_an_app() {
    let mut world = World::new().await;
    world.people.ensure_own_apps().await.unwrap();
    world.app = world.people.app(OWN_APP).await.unwrap();
    for redirect_uri in [None, Some("http://127.0.0.1:49152/")] {
        let authorization = Authorization::new(server(), OWN_APP, redirect_uri, &SystemEntropy);
        assert!(redirect_uri.is_none_or(|uri| returns_to(&world.app, uri)));
        let code = allow(&world, &authorization).await;
        authorization.finish(&code, &*world.network).await.unwrap();
    }
}

/// Whoever has seen the code gets nothing for it, and spoils nothing.
#[tokio::test]
async fn a_stolen_code_is_worthless() {
    let world = World::new().await;
    let ours = Authorization::new(server(), &world.app.key.0, None, &SystemEntropy);
    let theirs = Authorization::new(server(), &world.app.key.0, None, &SystemEntropy);
    let code = allow(&world, &ours).await;
    let error = theirs.finish(&code, &*world.network).await.unwrap_err();
    assert_eq!(error.kind(), Some(RefusalKind::BadRequest));
    ours.finish(&code, &*world.network).await.unwrap();
    assert!(!format!("{ours:?}").contains(&asked(&ours)["code_challenge"]));
    let again = ours.finish(&code, &*world.network).await.unwrap_err();
    assert!(again.to_string().contains("code"), "{again}");
}

/// Each try has secrets of its own.
#[test]
fn every_authorization_is_another() {
    let of = || Authorization::new(server(), "k", Some("http://127.0.0.1:1/"), &SystemEntropy);
    let (a, b) = (of(), of());
    let (asked_a, asked_b) = (asked(&a), asked(&b));
    assert!(asked_a["state"] != asked_b["state"] && asked_a["code_challenge"] != asked_b["code_challenge"]);
    assert!(a.is_ours(&asked_a["state"]) && !a.is_ours(&asked_b["state"]) && !a.is_ours(""));
}

/// Asks as a browser does.
async fn visit(loopback: &str, request: &str) -> String {
    let host = loopback.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = request.replace("HOST", host);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn get(query: &str) -> String {
    format!("GET /{query} HTTP/1.1\r\nHost: HOST\r\n\r\n")
}

/// The browser brings the code to a port that was free; whoever else comes is sent away and changes nothing.
#[tokio::test]
async fn the_browser_brings_the_code() {
    let world = World::new().await;
    let loopback = Loopback::open().await.unwrap();
    let uri = loopback.redirect_uri().to_owned();
    assert!(uri.starts_with("http://127.0.0.1:"));
    let authorization = Authorization::new(server(), &world.app.key.0, Some(&uri), &SystemEntropy);
    let state = asked(&authorization)["state"].clone();
    let code = allow(&world, &authorization).await;
    let browser = async {
        // Opened for nothing, and open all the time.
        let idle = TcpStream::connect(uri.trim_start_matches("http://").trim_end_matches('/')).await.unwrap();
        for stranger in [
            get("favicon.ico"),
            get("?code=evil"),
            get("?code=evil&state="),
            get("?code=evil&state=x"),
            get(&format!("other?code=evil&state={state}")),
            get("?error=access_denied&state=x"),
            format!("POST /?code=evil&state={state} HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n"),
            format!("GET /?code=evil&state={state} HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
            format!("GET /?state={state} HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ] {
            let answer = visit(&uri, &stranger).await;
            assert!(answer.starts_with("HTTP/1.1 404 "), "{stranger}: {answer}");
            assert!(!answer.contains("evil"));
        }
        visit(&uri, "nonsense\r\n\r\n").await;
        let page = visit(&uri, &get(&format!("?code={code}&state={state}"))).await;
        drop(idle);
        page
    };
    let (brought, page) = tokio::join!(loopback.code(&authorization, Duration::from_secs(60)), browser);
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("You can close this page"), "{page}");
    assert!(page.contains("default-src 'none'") && !page.contains(&code));
    let brought = brought.unwrap();
    assert_eq!(brought, code);
    // The door is closed.
    assert!(TcpStream::connect(uri.trim_start_matches("http://").trim_end_matches('/')).await.is_err());
    authorization.finish(&brought, &*world.network).await.unwrap();
}

/// The person says no; or does not come.
#[tokio::test]
async fn no_is_an_answer_too() {
    let loopback = Loopback::open().await.unwrap();
    let uri = loopback.redirect_uri().to_owned();
    let authorization = Authorization::new(server(), "k", Some(&uri), &SystemEntropy);
    let state = asked(&authorization)["state"].clone();
    let query =
        get(&format!("?error=access_denied&error_description=The+user%1B%5B2J+said+no&state={state}"));
    let (denied, page) =
        tokio::join!(loopback.code(&authorization, Duration::from_secs(60)), visit(&uri, &query));
    assert!(page.contains("Not allowed"));
    assert!(matches!(denied, Err(LoopbackError::Denied(text)) if text == "The user [2J said no"));

    let loopback = Loopback::open().await.unwrap();
    let nobody = loopback.code(&authorization, Duration::from_millis(1)).await;
    assert!(matches!(nobody, Err(LoopbackError::TimedOut)));
}

/// A code is exchanged once: an answer that is lost or makes no sense is told, and nothing is tried again.
#[tokio::test]
async fn an_exchange_is_not_repeated() {
    let authorization = Authorization::new(server(), "k", None, &SystemEntropy);
    for (status, body) in [
        (503, ""),
        (429, ""),
        (200, "{}"),
        (200, r#"{"access_token":"a b","uid":"1"}"#),
        (200, r#"{"access_token":"","uid":"1"}"#),
    ] {
        let script = Script::new([says(status, body)]);
        let error = authorization.finish("c", &*script).await.unwrap_err();
        assert!(matches!(error, Error::Refused(_) | Error::Malformed(_)), "{status} {body}");
        let asked = script.asked();
        assert_eq!((asked.len(), asked[0].line.as_str()), (1, "POST /1/oauth2/token"));
        assert_eq!(asked[0].authorization, None);
    }
}
