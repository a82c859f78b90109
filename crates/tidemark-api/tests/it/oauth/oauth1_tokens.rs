//! `/1/oauth/request_token` and `/1/oauth/access_token`: how they are signed, and what is answered.

use crate::browser::{Browser, EMAIL, Reply, World};
use crate::signer::{Pairs, Signer, form, header};
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use http::{Method, StatusCode};
use std::time::Duration;
use tidemark_api::http::Origin;
use tidemark_core::model::App;
use tidemark_core::people::oauth1::{REQUEST_TOKEN_LIFE, Signed, TIMESTAMP_SKEW_MAX};

const REQUEST: &str = "/1/oauth/request_token";
const ACCESS: &str = "/1/oauth/access_token";
/// What the clock of [`World`] begins at, in seconds.
const NOW: u64 = 1_700_000_000;

/// A browser that is a program: on the server's own machine, where PLAINTEXT may travel in the clear.
fn program(world: &World) -> Browser {
    Browser { peer: "127.0.0.1:4711", ..world.browser() }
}

async fn post(world: &World, path: &str, pairs: &Pairs) -> Reply {
    let kind = [(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")];
    program(world).send(Method::POST, path, &kind, &form(pairs)).await
}

async fn with_header(world: &World, method: Method, path: &str, value: &str) -> Reply {
    program(world).send(method, path, &[(AUTHORIZATION.as_str(), value)], "").await
}

/// A request token, and the program that signs with it.
async fn requested(world: &World, app: &App) -> Signer {
    let reply = post(world, REQUEST, &Signer::new(app).plaintext()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    Signer::new(app).with(&reply.body)
}

fn token(signer: &Signer) -> &str {
    &signer.token.as_ref().unwrap().0
}

async fn allowed(world: &World, app: &App) -> Signer {
    let signer = requested(world, app).await;
    let ann = world.people.account(EMAIL).await.unwrap();
    world.people.decide(token(&signer), &ann, true).await.unwrap();
    signer
}

fn assert_refused(reply: &Reply, status: u16, text: &str) {
    assert_eq!(reply.status.as_u16(), status, "{}", reply.body);
    assert_eq!(reply.header(CONTENT_TYPE), "application/json");
    let error = reply.json()["error"].as_str().unwrap().to_owned();
    assert!(error.contains(text), "{error}");
}

/// Whether this signs for anybody.
async fn lets_in(world: &World, signer: &Signer) -> bool {
    let (token, token_secret) = signer.token.clone().unwrap();
    let check = |app: &str, of_token: &str| app == signer.secret && of_token == token_secret;
    let signed = Signed { app: &signer.key, token: Some(&token), stamp: None, check: &check };
    let peer = std::net::IpAddr::from([127, 0, 0, 1]).into();
    world.people.authenticate_signed(signed, peer).await.is_ok()
}

/// The whole exchange, and both answers to the letter: nothing to decode, no line end, nothing else in them.
#[tokio::test]
async fn a_request_token_becomes_an_access_token() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let reply = post(&world, REQUEST, &Signer::new(&app).plaintext()).await;
    let signer = Signer::new(&app).with(&reply.body);
    let (token, secret) = signer.token.clone().unwrap();
    assert_eq!(reply.body, format!("oauth_token_secret={secret}&oauth_token={token}"));
    assert_eq!(reply.header(CONTENT_TYPE), "application/x-www-form-urlencoded");
    assert_eq!(reply.header(CACHE_CONTROL), "no-store");

    let ann = world.people.account(EMAIL).await.unwrap();
    world.people.decide(&token, &ann, true).await.unwrap();
    let reply = post(&world, ACCESS, &signer.plaintext()).await;
    let signer = Signer::new(&app).with(&reply.body);
    let (access, access_secret) = signer.token.clone().unwrap();
    assert_eq!(reply.body, format!("oauth_token_secret={access_secret}&oauth_token={access}&uid=1"));
    assert_eq!(reply.header(CONTENT_TYPE), "application/x-www-form-urlencoded");
    for word in [token, secret, access, access_secret] {
        assert!(word.len() >= 26 && word.bytes().all(|b| b.is_ascii_alphanumeric()), "{word}");
    }
    assert!(lets_in(&world, &signer).await);
}

/// GET and POST, query, form and header, both versions, with a slash behind: whatever the SDKs do.
#[tokio::test]
async fn every_client_finds_its_way() {
    let world = World::with_ann().await;
    let app = world.app().await;
    for path in [REQUEST, "/0/oauth/request_token", "/1/oauth/request_token/", "/0/oauth/request_token/"] {
        let pairs = Signer::new(&app).plaintext();
        let in_query = format!("{path}?{}&locale=en", form(&pairs));
        let raw =
            header(&pairs).replace("%26", "&").replace(", ", ",").replace("OAuth ", "OAuth realm=\"\",");
        for reply in [
            program(&world).send(Method::GET, &in_query, &[], "").await,
            program(&world).send(Method::POST, &in_query, &[], "").await,
            post(&world, path, &pairs).await,
            with_header(&world, Method::GET, path, &header(&pairs)).await,
            with_header(&world, Method::POST, path, &raw).await,
            with_header(&world, Method::POST, path, &header(&pairs).replace("OAuth", "oauth  ")).await,
            // An old SDK signs in header and body at once.
            program(&world)
                .send(Method::POST, path, &[(AUTHORIZATION.as_str(), &header(&pairs))], &form(&pairs))
                .await,
            // dbox sends nonce and timestamp, which PLAINTEXT does not need, and whatever else it was told before.
            post(
                &world,
                path,
                &[
                    pairs.clone(),
                    vec![("oauth_timestamp".into(), "1".into()), ("oauth_nonce".into(), "1".into())],
                ]
                .concat(),
            )
            .await,
        ] {
            assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        }
    }
    for path in [ACCESS, "/0/oauth/access_token", "/1/oauth/access_token/"] {
        let signer = allowed(&world, &app).await;
        let reply = with_header(&world, Method::GET, path, &header(&signer.plaintext())).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }
}

/// HMAC-SHA1 works for both calls, by any name of ours, and only with a new nonce and the right time.
#[tokio::test]
async fn hmac_signatures_are_taken_once_and_in_time() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let signer = Signer::new(&app);
    let url = |path: &str| format!("http://files.example:8765{path}");
    let pairs = signer.hmac("POST", &url(REQUEST), &[], (NOW, "n1"));
    let reply = post(&world, REQUEST, &pairs).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_refused(&post(&world, REQUEST, &pairs).await, 403, "nonce was used before");

    let request = signer.with(&reply.body);
    let ann = world.people.account(EMAIL).await.unwrap();
    world.people.decide(token(&request), &ann, true).await.unwrap();
    let secure = format!("https://files.example:8765{ACCESS}");
    let pairs = request.hmac("GET", &secure, &[("locale", "de")], (NOW, "n1"));
    let path = format!("{ACCESS}?locale=de");
    let reply = with_header(&world, Method::GET, &path, &header(&pairs)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);

    for seconds in [0, NOW - TIMESTAMP_SKEW_MAX - 1, NOW + TIMESTAMP_SKEW_MAX + 1] {
        let stale = signer.hmac("POST", &url(REQUEST), &[], (seconds, "n2"));
        assert_refused(&post(&world, REQUEST, &stale).await, 403, "timestamp");
    }
    let good = signer.hmac("POST", &url(REQUEST), &[], (NOW, "n3"));
    for (name, value, text) in [
        ("oauth_timestamp", "", "oauth_timestamp is missing"),
        ("oauth_timestamp", "soon", "oauth_timestamp is not valid"),
        ("oauth_timestamp", "+1700000000", "oauth_timestamp is not valid"),
        ("oauth_timestamp", "99999999999999999999", "oauth_timestamp is not valid"),
        ("oauth_timestamp", "18446744073709551615", "timestamp"),
        ("oauth_nonce", "", "oauth_nonce is missing"),
        ("oauth_nonce", &"x".repeat(257), "oauth_nonce is not valid"),
        ("oauth_nonce", "other", "the signature is wrong"),
        ("oauth_signature", "AAAA", "the signature is wrong"),
        ("oauth_signature", "not base64", "the signature is wrong"),
        ("oauth_signature_method", "RSA-SHA1", "oauth_signature_method"),
        ("oauth_version", "2.0", "oauth_version"),
    ] {
        let changed = good.iter().map(|(other, old)| {
            let new = if other == name { value } else { old };
            (other.clone(), new.to_owned())
        });
        assert_refused(&post(&world, REQUEST, &changed.collect()).await, 403, text);
        world.clock.advance(Duration::ZERO);
    }
}

/// A wrong key, signature or method is a 403; asking the person again would not help.
#[tokio::test]
async fn a_wrong_program_gets_nothing() {
    let world = World::with_ann().await;
    let (app, other) = (world.app().await, world.app().await);
    let good = Signer::new(&app);
    let signed = allowed(&world, &app).await;
    for (wrong, text) in [
        (Signer { key: "nosuchkey".into(), ..good.clone() }, "key is unknown"),
        (Signer { key: String::new(), ..good.clone() }, "oauth_consumer_key is missing"),
        (Signer { secret: other.secret.clone(), ..good.clone() }, "signature is wrong"),
        (Signer { secret: String::new(), ..good.clone() }, "signature is wrong"),
        (Signer { key: other.key.0.clone(), ..good.clone() }, "signature is wrong"),
    ] {
        assert_refused(&post(&world, REQUEST, &wrong.plaintext()).await, 403, text);
    }
    for wrong in [
        Signer { secret: other.secret.clone(), ..signed.clone() },
        Signer { token: Some((token(&signed).to_owned(), "x".into())), ..signed.clone() },
        Signer { token: Some((token(&signed).to_owned(), String::new())), ..signed.clone() },
    ] {
        assert_refused(&post(&world, ACCESS, &wrong.plaintext()).await, 403, "signature is wrong");
    }
    world.people.set_app_disabled(&app.key.0, true).await.unwrap();
    assert_refused(&post(&world, REQUEST, &good.plaintext()).await, 403, "key is unknown");
    assert_refused(&post(&world, ACCESS, &signed.plaintext()).await, 403, "key is unknown");
    world.people.set_app_disabled(&app.key.0, false).await.unwrap();
    assert_eq!(
        post(&world, ACCESS, &signed.plaintext()).await.status,
        StatusCode::OK,
        "refusals spoil nothing"
    );
}

/// Unknown, pending, denied, expired, another app's, used: a 401 that says the same each time.
#[tokio::test]
async fn only_an_allowed_request_token_is_exchanged_and_once() {
    let world = World::with_ann().await;
    let (app, other) = (world.app().await, world.app().await);
    let ann = world.people.account(EMAIL).await.unwrap();
    let (pending, denied, late) =
        (requested(&world, &app).await, requested(&world, &app).await, allowed(&world, &app).await);
    world.people.decide(token(&denied), &ann, false).await.unwrap();
    world.clock.advance(REQUEST_TOKEN_LIFE);
    let (used, others) = (allowed(&world, &app).await, allowed(&world, &app).await);
    let access = post(&world, ACCESS, &used.plaintext()).await.body;
    let stolen = Signer { token: others.token.clone(), ..Signer::new(&other) };
    let unknown = Signer { token: Some(("x".repeat(80), "y".into())), ..Signer::new(&app) };
    let again = Signer::new(&app).with(&access);
    for signer in [&pending, &denied, &late, &used, &stolen, &unknown, &Signer::new(&app), &again] {
        let reply = post(&world, ACCESS, &signer.plaintext()).await;
        assert_refused(&reply, 401, "Request token not found.");
        assert_eq!(reply.header(WWW_AUTHENTICATE), "OAuth realm=\"Tidemark\"");
    }
    assert!(lets_in(&world, &again).await, "what a request token gave once stays given");
    assert_eq!(post(&world, ACCESS, &others.plaintext()).await.status, StatusCode::OK);
}

/// The secrets stand in a PLAINTEXT signature: it must not be read on its way.
#[tokio::test]
async fn plaintext_needs_a_closed_way() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let pairs = Signer::new(&app).plaintext();
    let from = |peer, tls, world: &World| Browser { peer, tls, ..world.browser() };
    for (peer, tls, taken) in [
        ("127.0.0.1:1", false, true),
        ("[::1]:1", false, true),
        ("[::ffff:127.0.0.1]:1", false, true),
        ("192.0.2.1:1", true, true),
        ("192.0.2.1:1", false, false),
        ("10.0.0.1:1", false, false),
        ("[2001:db8::1]:1", false, false),
    ] {
        let mut browser = from(peer, tls, &world);
        let reply = browser.send(Method::POST, &format!("{REQUEST}?{}", form(&pairs)), &[], "").await;
        match taken {
            true => assert_eq!(reply.status, StatusCode::OK, "{peer}"),
            false => assert_refused(&reply, 403, "over TLS only"),
        }
        let url = format!("http://files.example:8765{REQUEST}");
        let hmac = Signer::new(&app).hmac("POST", &url, &[], (NOW, &format!("{peer} {tls}")));
        let reply = browser.send(Method::POST, &format!("{REQUEST}?{}", form(&hmac)), &[], "").await;
        assert_eq!(reply.status, StatusCode::OK, "{peer}: {}", reply.body);
    }
    // A proxy speaks TLS with everybody, wherever they are.
    let proxied = World::configured(|site| site.at(Origin { behind_proxy: true, public: None }));
    let app = proxied.app().await;
    let far = [("x-forwarded-for", "192.0.2.7")];
    let path = format!("{REQUEST}?{}", form(&Signer::new(&app).plaintext()));
    let reply = from("10.0.0.1:1", false, &proxied).send(Method::GET, &path, &far, "").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    // A forwarded address is a claim where there is no proxy.
    let near = [("x-forwarded-for", "127.0.0.1")];
    let path = format!("{REQUEST}?{}", form(&pairs));
    let reply = from("192.0.2.1:1", false, &world).send(Method::GET, &path, &near, "").await;
    assert_refused(&reply, 403, "over TLS only");
}

/// What cannot be read is refused before anything else happens.
#[tokio::test]
async fn faulty_requests_are_told_why() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let good = header(&Signer::new(&app).plaintext());
    let many: Vec<String> = (0..40).map(|n| format!("x{n}=\"\"")).collect();
    for (value, text) in [
        ("OAuth nonsense".to_owned(), "malformed"),
        (format!("{good}, oauth_consumer_key=\"x\""), "twice"),
        (format!("{good}, {}", many.join(", ")), "too many"),
        (format!("{good}, x=\"{}\"", "x".repeat(9_000)), "too long"),
        ("OAuth oauth_consumer_key=\"k\"".to_owned(), "oauth_signature_method is missing"),
        ("OAuth".to_owned(), "oauth_consumer_key is missing"),
    ] {
        for path in [REQUEST, ACCESS] {
            assert_refused(&with_header(&world, Method::POST, path, &value).await, 403, text);
        }
    }
    for path in [REQUEST, ACCESS] {
        for method in [Method::PUT, Method::DELETE, Method::PATCH] {
            let reply = with_header(&world, method, path, &good).await;
            assert_refused(&reply, 405, "method");
            assert_eq!(reply.header(ALLOW), "GET, POST, OPTIONS");
        }
        let preflight =
            program(&world).send(Method::OPTIONS, path, &[("origin", "https://a.example")], "").await;
        assert_eq!(preflight.status, StatusCode::NO_CONTENT);
        for open in [preflight, with_header(&world, Method::POST, path, "OAuth x").await] {
            assert_eq!(open.header(ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        }
        let head = with_header(&world, Method::HEAD, path, &good).await;
        assert_eq!(head.status, StatusCode::METHOD_NOT_ALLOWED, "a token that nobody reads would be lost");
        let reply = program(&world).send(Method::GET, &format!("{path}?x=%ff"), &[], "").await;
        assert_refused(&reply, 400, "UTF-8");
        let large = "x".repeat(70_000);
        let reply = program(&world).send(Method::POST, path, &[], &large).await;
        assert_refused(&reply, 413, "longer");
        // A body that is no form is none.
        let json = [(CONTENT_TYPE.as_str(), "application/json")];
        let reply =
            program(&world).send(Method::POST, path, &json, &form(&Signer::new(&app).plaintext())).await;
        assert_refused(&reply, 403, "oauth_consumer_key is missing");
    }
}

/// Guessing an app's secret has to wait, with the status that these programs know; others go on.
#[tokio::test]
async fn guessing_a_secret_has_to_wait() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let guess = Signer { secret: "guess".into(), ..Signer::new(&app) };
    for _ in 0..5 {
        assert_refused(&post(&world, REQUEST, &guess.plaintext()).await, 403, "signature is wrong");
    }
    let wait = post(&world, REQUEST, &Signer::new(&app).plaintext()).await;
    assert_refused(&wait, 503, "too many attempts");
    assert_eq!(wait.header(RETRY_AFTER), "1");
    let mut other = Browser { peer: "192.0.2.9:1", tls: true, ..world.browser() };
    let path = format!("{REQUEST}?{}", form(&Signer::new(&app).plaintext()));
    assert_eq!(other.send(Method::GET, &path, &[], "").await.status, StatusCode::OK);
    world.clock.advance(Duration::from_secs(1));
    requested(&world, &app).await;
}
