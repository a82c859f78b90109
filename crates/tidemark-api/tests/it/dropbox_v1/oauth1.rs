//! Requests that are signed with OAuth 1: wherever the signature stands, and every attack on it.

use crate::signer::{Pairs, Signer, form, header};
use crate::world::{Answer, BEGINNING, Choices, World};
use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request};
use std::net::SocketAddr;
use std::time::Duration;
use tidemark_api::dropbox_v1::Settings;
use tidemark_api::dropbox_v1::routes::{ENDPOINTS, ParamPlace, Tail};
use tidemark_api::server::ConnectionInfo;
use tidemark_core::model::Access;
use tidemark_core::people::RateLimits;

const FORM: &str = "application/x-www-form-urlencoded";
const INFO: &str = "/1/account/info";
const NOW: u64 = BEGINNING.0.unsigned_abs() / 1_000;

async fn signer(world: &World) -> Signer {
    world.signer_for(&world.account, "Old Camera", Access::Full).await
}

async fn send(world: &World, method: Method, uri: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(uri).header(HOST, "cloud.example:8765");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn by_header(world: &World, method: Method, uri: &str, pairs: &Pairs) -> Answer {
    send(world, method, uri, &[(AUTHORIZATION.as_str(), &header(pairs))], "").await
}

fn url(path: &str) -> String {
    format!("http://cloud.example:8765{path}")
}

#[tokio::test]
async fn a_signature_may_stand_in_header_query_or_form() {
    let world = World::new().await;
    let signer = signer(&world).await;
    let pairs = signer.plaintext();
    let typed = [(CONTENT_TYPE.as_str(), FORM)];
    let both = [typed[0], (AUTHORIZATION.as_str(), &*header(&pairs))];
    for answer in [
        by_header(&world, Method::GET, INFO, &pairs).await,
        by_header(&world, Method::POST, INFO, &pairs).await,
        send(&world, Method::GET, &format!("{INFO}?{}", form(&pairs)), &[], "").await,
        send(&world, Method::POST, &format!("{INFO}?{}", form(&pairs)), &[], "").await,
        send(&world, Method::POST, INFO, &typed, &form(&pairs)).await,
        send(&world, Method::POST, INFO, &[], &form(&pairs)).await,
        // An old SDK signs in both.
        send(&world, Method::POST, INFO, &both, &form(&pairs)).await,
        // Raw, as some SDKs write headers.
        send(
            &world,
            Method::GET,
            INFO,
            &[(AUTHORIZATION.as_str(), &header(&pairs).replace("%26", "&").replace(", ", ","))],
            "",
        )
        .await,
        by_header(&world, Method::GET, "/0/account/info", &pairs).await,
    ] {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["uid"], 1);
    }
}

#[tokio::test]
async fn dbox_lists_uploads_and_reads() {
    let world = World::new().await;
    let signer = signer(&world).await;
    let mut pairs = signer.plaintext();
    // It repeats whatever else it was once told, and sends stamps that PLAINTEXT does not need.
    pairs.extend(
        [("oauth_timestamp", "1"), ("oauth_nonce", "1"), ("expires", "x")].map(|(n, v)| (n.into(), v.into())),
    );
    let query = form(&pairs);
    let put =
        send(&world, Method::PUT, &format!("/1/files_put/sandbox/%2Fa%20b.txt?{query}"), &[], "hello").await;
    assert_eq!(put.status, 200, "{}", put.text());
    let listed = send(&world, Method::GET, &format!("/1/metadata/sandbox/%2F?{query}&hash="), &[], "").await;
    assert_eq!(listed.json()["contents"][0]["path"], "/a b.txt");
    let read = send(&world, Method::GET, &format!("/1/files/sandbox/a%20b.txt?{query}"), &[], "").await;
    assert_eq!((read.status.as_u16(), read.text().as_str()), (200, "hello"));
    let form = [(CONTENT_TYPE.as_str(), FORM)];
    let made = send(
        &world,
        Method::POST,
        "/1/fileops/create_folder",
        &form,
        &format!("root=sandbox&path=x&{query}"),
    )
    .await;
    assert_eq!(made.status, 200, "{}", made.text());
}

#[tokio::test]
async fn hmac_signs_query_form_and_header_and_the_address_as_it_was_sent() {
    let world = World::new().await;
    let signer = signer(&world).await;
    let typed = (CONTENT_TYPE.as_str(), FORM);

    let path = "/1/files_put/auto/%C3%A9%2B+%7e.txt";
    let params = [("overwrite", "true"), ("locale", "de DE"), ("locale", "")];
    let pairs = signer.hmac("PUT", &url(path), &params, (NOW, "1"));
    let uri = format!("{path}?overwrite=true&locale=de+DE&locale");
    let put = send(&world, Method::PUT, &uri, &[(AUTHORIZATION.as_str(), &header(&pairs))], "x").await;
    assert_eq!(put.status, 200, "{}", put.text());
    // The bytes of a file are no form, whatever is said of them.
    let pairs = signer.hmac("POST", &url(path), &params, (NOW, "2"));
    let headers = [typed, (AUTHORIZATION.as_str(), &*header(&pairs))];
    let put = send(&world, Method::POST, &uri, &headers, "a=b&c=d").await;
    assert_eq!(put.status, 200, "{}", put.text());
    assert_eq!(put.json()["bytes"], 7);

    let params = [("root", "auto"), ("path", "/Möwe & Co"), ("locale", "en")];
    let path = "/1/fileops/create_folder";
    let body = "root=auto&path=%2FM%C3%B6we+%26+Co";
    let pairs = signer.hmac("POST", &url(path), &params, (NOW, "3"));
    let headers = [typed, (AUTHORIZATION.as_str(), &*header(&pairs))];
    let made = send(&world, Method::POST, &format!("{path}?locale=en"), &headers, body).await;
    assert_eq!(made.json()["path"], "/Möwe & Co", "{}", made.text());

    // All in the form; all in the query.
    let pairs = signer.hmac("POST", &url("/1/delta"), &[], (NOW, "4"));
    assert_eq!(send(&world, Method::POST, "/1/delta", &[typed], &form(&pairs)).await.status, 200);
    let pairs = signer.hmac("GET", &url(INFO), &[], (NOW, "5"));
    assert_eq!(send(&world, Method::GET, &format!("{INFO}?{}", form(&pairs)), &[], "").await.status, 200);
    // The same in header and body, signed once.
    let pairs = signer.hmac("POST", &url("/1/delta"), &[], (NOW, "6"));
    let headers = [typed, (AUTHORIZATION.as_str(), &*header(&pairs))];
    let both = send(&world, Method::POST, "/1/delta", &headers, &form(&pairs)).await;
    assert_eq!(both.status, 200, "{}", both.text());
}

#[tokio::test]
async fn hmac_takes_the_name_that_the_client_used() {
    let world = World::new().await;
    let signer = signer(&world).await;
    for (n, base) in ["http://cloud.example:8765", "https://cloud.example:8765"].iter().enumerate() {
        let pairs = signer.hmac("GET", &format!("{base}{INFO}"), &[], (NOW, &n.to_string()));
        let answer = by_header(&world, Method::GET, INFO, &pairs).await;
        assert_eq!(answer.status, 200, "{base}: {}", answer.text());
    }
    // The old service's names are names like others, and lose their default port.
    let pairs = signer.hmac("GET", &format!("https://api.dropbox.com{INFO}"), &[], (NOW, "a"));
    let request = Request::builder().uri(INFO).header(HOST, "API.dropbox.com:443");
    let request = request.header(AUTHORIZATION, header(&pairs)).body(Body::empty()).unwrap();
    assert_eq!(world.send(request).await.status, 200);
    for base in ["http://other.example", "http://cloud.example", "ftp://cloud.example:8765"] {
        let pairs = signer.hmac("GET", &format!("{base}{INFO}"), &[], (NOW, base));
        by_header(&world, Method::GET, INFO, &pairs).await.refuses(403);
    }
}

#[tokio::test]
async fn whatever_was_signed_cannot_be_changed() {
    let world = World::new().await;
    let signer = signer(&world).await;
    world.folder("/kept").await;
    let path = "/1/fileops/delete";
    let params = [("root", "auto"), ("path", "/other")];
    let pairs = signer.hmac("POST", &url(path), &params, (NOW, "1"));
    for (uri, body) in [
        (path, "root=auto&path=/kept"),
        (path, "root=auto&path=/other&path=/kept"),
        ("/1/fileops/delete?path=/kept", "root=auto&path=/other"),
        ("/1/fileops/delete/", "root=auto&path=/other"),
        ("/0/fileops/delete", "root=auto&path=/other"),
        (path, "root=auto"),
    ] {
        let headers = [(CONTENT_TYPE.as_str(), FORM), (AUTHORIZATION.as_str(), &*header(&pairs))];
        send(&world, Method::POST, uri, &headers, body).await.refuses(403);
        world.advance(Duration::from_secs(20));
    }
    // A form that does not say so is a form all the same.
    send(&world, Method::POST, path, &[(AUTHORIZATION.as_str(), &header(&pairs))], "root=auto&path=/kept")
        .await
        .refuses(403);
    assert_eq!(world.get("/1/metadata/auto/kept").await.json()["is_dir"], true);
    assert_eq!(world.get("/1/metadata/auto/kept").await.json()["is_deleted"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_request_is_done_once_and_in_time() {
    let world = World::new().await;
    let signer = signer(&world).await;
    let at = |seconds, nonce| signer.hmac("GET", &url(INFO), &[], (seconds, nonce));
    let pairs = at(NOW, "n");
    assert_eq!(by_header(&world, Method::GET, INFO, &pairs).await.status, 200);
    let replay = by_header(&world, Method::GET, INFO, &pairs).await;
    replay.refuses(403);
    assert_eq!(replay.field("error"), "the nonce was used before");
    for stale in [NOW - 301, NOW + 301, 0] {
        let answer = by_header(&world, Method::GET, INFO, &at(stale, "m")).await;
        answer.refuses(403);
        assert!(answer.field("error").contains("timestamp"), "{}", answer.text());
    }
    for near in [NOW - 300, NOW + 300] {
        assert_eq!(by_header(&world, Method::GET, INFO, &at(near, "m")).await.status, 200);
    }
    world.advance(Duration::from_secs(301));
    by_header(&world, Method::GET, INFO, &pairs).await.refuses(403);
    // PLAINTEXT says nothing about time, so it cannot be refused for it.
    for _ in 0..2 {
        assert_eq!(by_header(&world, Method::GET, INFO, &signer.plaintext()).await.status, 200);
    }
}

#[tokio::test]
async fn a_token_problem_is_a_401_and_anything_else_a_403() {
    let world = World::new().await;
    let good = signer(&world).await;
    let other = world.signer_for(&world.account, "Other", Access::Full).await;
    let (token, token_secret) = good.token.clone().unwrap();
    let bearer = world.token.clone();
    for unknown in [
        Signer { token: None, ..good.clone() },
        Signer { token: Some((String::new(), String::new())), ..good.clone() },
        Signer { token: Some(("x".into(), token_secret.clone())), ..good.clone() },
        Signer { token: Some((bearer.clone(), token_secret.clone())), ..good.clone() },
        Signer { token: other.token.clone(), ..good.clone() },
        Signer { token: Some((token.to_lowercase(), token_secret.clone())), ..good.clone() },
    ] {
        let answer = by_header(&world, Method::GET, INFO, &unknown.plaintext()).await;
        answer.refuses(401);
        assert_eq!(answer.field("error"), "Access token not found.");
        assert_eq!(answer.header("www-authenticate"), Some("OAuth realm=\"Tidemark\""));
    }
    for wrong in [
        Signer { key: "nosuchkey".into(), ..good.clone() },
        Signer { secret: other.secret.clone(), ..good.clone() },
        Signer { token: Some((token.clone(), "x".into())), ..good.clone() },
    ] {
        by_header(&world, Method::GET, INFO, &wrong.plaintext()).await.refuses(403);
    }
    for nonsense in [
        "OAuth x",
        "OAuth oauth_token=\"\"",
        "OAuth a=\"1\",a=\"2\"",
        &format!("OAuth a=\"{}\"", "x".repeat(9_000)),
    ] {
        send(&world, Method::GET, INFO, &[(AUTHORIZATION.as_str(), nonsense)], "").await.refuses(403);
    }
    let answer = send(&world, Method::GET, INFO, &[(AUTHORIZATION.as_str(), "OAuth")], "").await;
    answer.refuses(401);
    assert_eq!(by_header(&world, Method::GET, INFO, &good.plaintext()).await.status, 200);
}

/// A token that signs is in every URL: by itself it must open nothing. A bearer token is no key to sign with.
#[tokio::test]
async fn one_kind_of_token_is_not_the_other() {
    let world = World::new().await;
    let (token, token_secret) = signer(&world).await.token.unwrap();
    for word in [token, token_secret] {
        let answer =
            send(&world, Method::GET, INFO, &[(AUTHORIZATION.as_str(), &format!("Bearer {word}"))], "").await;
        answer.refuses(401);
        send(&world, Method::GET, &format!("{INFO}?access_token={word}"), &[], "").await.refuses(401);
    }
}

#[tokio::test]
async fn of_several_credentials_the_header_counts() {
    let world = World::new().await;
    let signer = signer(&world).await;
    let bo = world.person("bo@example.org").await;
    let bos = world.signer_for(&bo, "Bo's", Access::Full).await;
    let bos_token = world.token_for(&bo, "Bo's other", Access::Full).await;
    let uid = async |uri: String, authorization: &str| {
        let answer = send(&world, Method::GET, &uri, &[(AUTHORIZATION.as_str(), authorization)], "").await;
        answer.json()["uid"].as_u64()
    };
    let (ours, bos_query) = (header(&signer.plaintext()), form(&bos.plaintext()));
    assert_eq!(uid(format!("{INFO}?{bos_query}"), &ours).await, Some(1));
    assert_eq!(uid(format!("{INFO}?access_token={bos_token}"), &ours).await, Some(1));
    assert_eq!(uid(format!("{INFO}?{bos_query}"), &format!("Bearer {}", world.token)).await, Some(1));
    let both = format!("{INFO}?{bos_query}&access_token={}", world.token);
    assert_eq!(send(&world, Method::GET, &both, &[], "").await.json()["uid"], 1, "and then the bearer token");
}

#[tokio::test]
async fn plaintext_needs_a_closed_way() {
    let world = World::new().await;
    let signer = signer(&world).await;
    let ask = async |peer: &str, tls: bool, pairs: &Pairs| {
        let connection = ConnectionInfo { peer: peer.parse::<SocketAddr>().unwrap(), tls };
        let request = Request::builder().uri(INFO).extension(connection).header(HOST, "cloud.example:8765");
        world.send(request.header(AUTHORIZATION, header(pairs)).body(Body::empty()).unwrap()).await
    };
    let plaintext = signer.plaintext();
    assert_eq!(ask("127.0.0.1:1", false, &plaintext).await.status, 200);
    assert_eq!(ask("192.0.2.1:1", true, &plaintext).await.status, 200);
    let refused = ask("192.0.2.1:1", false, &plaintext).await;
    refused.refuses(403);
    assert_eq!(refused.field("error"), "PLAINTEXT signatures are taken over TLS only");
    let hmac = signer.hmac("GET", &url(INFO), &[], (NOW, "n"));
    assert_eq!(ask("192.0.2.1:1", false, &hmac).await.status, 200);
}

#[tokio::test]
async fn an_app_with_a_folder_sees_its_folder() {
    let world = World::new().await;
    let signer = world.signer_for(&world.account, "Foldered", Access::AppFolder).await;
    let pairs = signer.plaintext();
    let uri = format!("/1/files_put/auto/x?{}", form(&pairs));
    let put = send(&world, Method::PUT, &uri, &[], "x").await;
    assert_eq!(put.json()["root"], "app_folder", "{}", put.text());
    by_header(&world, Method::GET, "/1/metadata/dropbox/", &pairs).await.refuses(403);
}

#[tokio::test]
async fn a_token_that_was_given_back_is_worth_nothing() {
    for endpoint in ["/1/disable_access_token", "/1/unlink_access_token"] {
        let world = World::new().await;
        let (signer, other) = (signer(&world).await, signer(&world).await);
        let answer = by_header(&world, Method::POST, endpoint, &signer.plaintext()).await;
        assert_eq!(answer.shown(), "200 {}");
        by_header(&world, Method::GET, INFO, &signer.plaintext()).await.refuses(401);
        assert_eq!(by_header(&world, Method::GET, INFO, &other.plaintext()).await.status, 200);
        assert_eq!(world.get(INFO).await.status, 200);
    }
}

#[tokio::test]
async fn a_shut_out_app_or_account_signs_for_nobody() {
    let world = World::new().await;
    let signer = signer(&world).await;
    let ask = async || by_header(&world, Method::GET, INFO, &signer.plaintext()).await;
    world.people.set_app_disabled(&signer.key, true).await.unwrap();
    ask().await.refuses(403);
    world.people.set_app_disabled(&signer.key, false).await.unwrap();
    world.people.set_disabled(&world.account.email, true).await.unwrap();
    ask().await.refuses(401);
    world.people.set_disabled(&world.account.email, false).await.unwrap();
    assert_eq!(ask().await.status, 200);
}

/// Every endpoint takes a signature for a caller; none takes a wrong one, or lets the same request through twice.
#[tokio::test]
async fn every_endpoint_asks_for_the_signature() {
    let world = World::new().await;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.needs_caller) {
        let good = signer(&world).await;
        let wrong = Signer { secret: "guess".into(), ..good.clone() };
        let tail = match endpoint.tail {
            Tail::None => "",
            Tail::RootAndPath => "/auto/nothing",
            Tail::Id | Tail::TokenAndName => "/x",
        };
        let uri = format!("/1/{}{tail}", endpoint.name);
        for method in endpoint.methods {
            let refused = by_header(&world, method.clone(), &uri, &wrong.plaintext()).await;
            assert_eq!(refused.status, 403, "{method} {uri}");
            let in_query = format!("{uri}?{}", form(&Signer { token: None, ..good.clone() }.plaintext()));
            let refused = send(&world, method.clone(), &in_query, &[], "").await;
            assert_eq!(refused.status, 401, "{method} {uri}");
            let pairs = good.hmac(method.as_str(), &url(&uri), &[], (NOW, method.as_str()));
            let first = by_header(&world, method.clone(), &uri, &pairs).await;
            assert!(![401, 403].contains(&first.status.as_u16()), "{method} {uri}: {}", first.shown());
            let replayed = by_header(&world, method.clone(), &uri, &pairs).await;
            let gave_it_back = endpoint.name.ends_with("_access_token");
            assert_eq!(replayed.status.as_u16(), if gave_it_back { 401 } else { 403 }, "{method} {uri}");
        }
    }
}

/// The cursor is the credential of a long poll: signatures, even bad ones, are no mistake there.
#[tokio::test]
async fn a_long_poll_tolerates_signatures() {
    let world = World::new().await;
    let cursor = world.post("/1/delta", "").await.field("cursor");
    world.file("/news", "x").await;
    let uri = format!("/1/longpoll_delta?cursor={cursor}");
    let wrong = Signer { key: "k".into(), secret: "s".into(), token: None }.plaintext();
    for answer in [
        by_header(&world, Method::GET, &uri, &wrong).await,
        send(&world, Method::GET, &format!("{uri}&{}", form(&wrong)), &[], "").await,
        send(&world, Method::GET, &uri, &[(AUTHORIZATION.as_str(), "OAuth nonsense")], "").await,
    ] {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

/// Whoever is known by the header alone may send a large form; whose form must be read first may not.
#[tokio::test]
async fn a_strangers_form_is_small() {
    let world = World::new().await;
    let signer = signer(&world).await;
    let params = ENDPOINTS.iter().find(|endpoint| endpoint.name == "delta").map(|endpoint| endpoint.params);
    assert_eq!(params, Some(ParamPlace::QueryAndForm));
    let large = format!("x={}", "x".repeat(500_000));
    let (plain, query) = (header(&signer.plaintext()), form(&signer.plaintext()));
    let typed = (CONTENT_TYPE.as_str(), FORM);
    let known =
        send(&world, Method::POST, "/1/delta", &[typed, (AUTHORIZATION.as_str(), &plain)], &large).await;
    assert_eq!(known.status, 200, "{}", known.text());
    let in_form = format!("{query}&{large}");
    send(&world, Method::POST, "/1/delta", &[typed], &in_form).await.refuses(413);
    let hmac = header(&signer.hmac("POST", &url("/1/delta"), &[("x", &large[2..])], (NOW, "n")));
    send(&world, Method::POST, "/1/delta", &[typed, (AUTHORIZATION.as_str(), &hmac)], &large)
        .await
        .refuses(413);
    let wrong = header(&Signer { secret: "guess".into(), ..signer }.plaintext());
    send(&world, Method::POST, "/1/delta", &[typed, (AUTHORIZATION.as_str(), &wrong)], &large)
        .await
        .refuses(403);
}

/// A client that signs wrongly has to wait, with the status that it knows; the app's other people go on.
#[tokio::test]
async fn wrong_signatures_hold_up_their_own_token_only() {
    let world = World::new().await;
    let good = signer(&world).await;
    let bo = world.person("bo@example.org").await;
    let bos = world.signer_for(&bo, "Bo's", Access::Full).await;
    let wrong = Signer { secret: "guess".into(), ..good.clone() };
    for _ in 0..5 {
        by_header(&world, Method::GET, INFO, &wrong.plaintext()).await.refuses(403);
    }
    let wait = by_header(&world, Method::GET, INFO, &good.plaintext()).await;
    wait.refuses(503);
    assert_eq!(wait.header("retry-after"), Some("1"));
    assert_eq!(by_header(&world, Method::GET, INFO, &bos.plaintext()).await.status, 200);
    world.advance(Duration::from_secs(1));
    assert_eq!(by_header(&world, Method::GET, INFO, &good.plaintext()).await.status, 200);
}

/// Programs that sign know 503 only, whatever there is too much of.
#[tokio::test]
async fn too_many_requests_are_a_503() {
    let per_minute = std::num::NonZeroU32::new(1);
    let rates = RateLimits { account_per_minute: per_minute, app_per_minute: None };
    let world = World::with(Choices { rates, ..Choices::default() }).await;
    let old = signer(&world).await;
    assert_eq!(by_header(&world, Method::GET, INFO, &old.plaintext()).await.status, 200);
    let refused = by_header(&world, Method::GET, INFO, &old.plaintext()).await;
    assert_eq!(refused.refuses(503).header("retry-after"), Some("60"));
    world.get(INFO).await.refuses(429);

    let settings = Settings { uploads_per_account_max: 0, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    let old = signer(&world).await;
    let large = "x".repeat(100_000);
    let uri = format!("/1/files_put/auto/a?{}", form(&old.plaintext()));
    let refused = send(&world, Method::PUT, &uri, &[], &large).await;
    assert_eq!(refused.refuses(503).header("retry-after"), Some("5"));
    let refused = world.put("/1/files_put/auto/a", large).await;
    assert_eq!(refused.refuses(429).header("retry-after"), Some("5"));
}
