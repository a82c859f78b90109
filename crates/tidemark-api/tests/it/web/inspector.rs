//! The request inspector: what the owner of an app is shown of its requests, and what nobody is.

use crate::browser::{Browser, EMAIL, PASSWORD, Reply};
use crate::hooks::Hooks;
use crate::server::telemetry::exposition;
use crate::world::World;
use axum::extract::Request;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{Method, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tidemark_api::server::Drain;
use tidemark_api::telemetry::{Inspector, Telemetry, observe, os_entropy};
use tidemark_api::{dropbox_v1, web};
use tidemark_core::media::{self, Media};
use tidemark_core::model::{Access, Account, App};
use tidemark_core::people::NewPerson;
use tidemark_core::store::memory::MemoryRenditions;
use tidemark_core::webhooks::Registry;

/// A whole server, in front of which an inspector stands; Ann, and an app of hers.
struct Server {
    world: World,
    ann: Account,
    app: App,
    browser: Browser,
}

impl Server {
    async fn new() -> Server {
        let world = World::new().await;
        let media = Media::new(media::Parts {
            blocks: world.store.clone(),
            imaging: world.imaging.clone(),
            renditions: Arc::new(MemoryRenditions::new(10)),
            clock: world.clock.clone(),
            limits: media::Limits::default(),
        });
        let hooks = Arc::new(Hooks::default());
        let registry =
            Registry::new(world.people.clone(), world.accounts.clone(), hooks, world.clock.clone());
        let inspector = Arc::new(Inspector::new(world.clock.clone()));
        let console = web::Console { registry: Arc::new(registry), inspector: inspector.clone() };
        let site = web::Site::new(world.people.clone(), world.cloud.clone(), Arc::new(media), console);
        let (api, box_events) = (world.api.clone(), world.box_events.clone());
        let router = web::router(site).fallback(async move |request: Request| {
            match dropbox_v1::routes::is_ours(request.uri().path()) {
                true => api.handle(request).await,
                false => box_events.handle(request).await,
            }
        });
        let telemetry = Telemetry {
            exposition: exposition(),
            drain: Drain::new(),
            ready: Arc::new(|| Ok(())),
            metrics_public: false,
            entropy: os_entropy,
            inspector: Some(inspector),
        };
        let router = observe(router, telemetry);
        let mut browser = Browser { router, cookies: BTreeMap::new(), peer: "192.0.2.1:4711", tls: false };
        let ann = person(&world, EMAIL).await;
        let app = world.people.register_owned_app(&ann, "Ann's app", Access::Full).await.unwrap();
        browser.sign_in(EMAIL, PASSWORD).await;
        Server { world, ann, app, browser }
    }

    async fn token(&self, account: &Account) -> String {
        self.world.people.issue_token(account, &self.app).await.unwrap().0.reveal().to_owned()
    }

    async fn ask(&self, token: &str, method: Method, path: &str, body: &str) -> Reply {
        let mut program = Browser { cookies: BTreeMap::new(), ..self.browser.clone() };
        let (bearer, length) = (format!("Bearer {token}"), body.len().to_string());
        let mut headers = vec![(AUTHORIZATION.as_str(), bearer.as_str()), (USER_AGENT.as_str(), "tide/1.0")];
        if method != Method::GET {
            headers.push((CONTENT_LENGTH.as_str(), &length));
            headers.push((CONTENT_TYPE.as_str(), "application/octet-stream"));
        }
        program.send(method, path, &headers, body).await
    }

    async fn seen(&mut self, after: u64) -> Vec<Value> {
        let reply = self.browser.get(&format!("/apps/{}/requests.json?after={after}", self.app.key)).await;
        assert_eq!((reply.status, reply.header(CACHE_CONTROL)), (StatusCode::OK, "no-store"));
        serde_json::from_str(&reply.body).unwrap()
    }
}

async fn person(world: &World, email: &str) -> Account {
    let person =
        NewPerson { email: email.into(), name: None, password: PASSWORD.into(), quota: None, admin: false };
    world.people.add_account(person).await.unwrap()
}

#[tokio::test]
async fn the_owner_sees_the_apps_requests_of_both_protocols() {
    let mut server = Server::new().await;
    assert!(server.seen(0).await.is_empty());
    let token = server.token(&server.ann).await;
    let put = server.ask(&token, Method::PUT, "/1/files_put/auto/Tides/a.txt", "high tide").await;
    assert_eq!(put.status, StatusCode::OK);
    server.world.clock.advance(Duration::from_secs(61));
    let missing = server.ask(&token, Method::GET, "/1/metadata/auto/none.txt?locale=de", "").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND, "{}", missing.body);
    let folder = server.ask(&token, Method::GET, "/2.0/folders/0", "").await;
    assert_eq!(folder.status, StatusCode::OK);
    let gone = server.ask(&token, Method::GET, "/2.0/files/77", "").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);

    let seen = server.seen(0).await;
    let told = |n: usize| {
        let row = &seen[n];
        let facts = row["facts"].as_str().unwrap().split(" · ").skip(1).collect::<Vec<_>>().join(" · ");
        format!(
            "{} {} | {} | {facts}",
            row["status"],
            row["asked"].as_str().unwrap(),
            row["at"].as_str().unwrap()
        )
    };
    assert_eq!(seen.len(), 4);
    assert_eq!(told(0).split(" | ").next().unwrap(), "404 GET /2.0/files/77");
    assert_eq!(told(1).split(" | ").next().unwrap(), "200 GET /2.0/folders/0");
    let out = missing.body.len();
    let line =
        format!("404 GET /1/metadata/auto/none.txt | 5 Feb 2014, 09:08:04 UTC | {out} B out · tide/1.0");
    assert_eq!(told(2), line);
    let out = put.body.len();
    let line = format!(
        "200 PUT /1/files_put/auto/Tides/a.txt | 5 Feb 2014, 09:07:03 UTC | 9 B in · {out} B out · tide/1.0"
    );
    assert_eq!(told(3), line);
    assert!(seen[2]["refusal"].as_str().unwrap().contains("not found"), "{}", seen[2]);
    assert!(!seen[0]["refusal"].as_str().unwrap().is_empty());
    assert_eq!(
        (&seen[1]["refusal"], &seen[1]["is_bad"], &seen[2]["is_bad"]),
        (&Value::Null, &false.into(), &true.into())
    );

    let newest = seen[0]["number"].as_u64().unwrap();
    assert!(server.seen(newest).await.is_empty());
    assert_eq!(server.seen(seen[2]["number"].as_u64().unwrap()).await.len(), 2);
    let page = server.browser.get(&format!("/apps/{}/requests", server.app.key)).await;
    for part in ["/1/files_put/auto/Tides/a.txt", "tide/1.0", &format!("data-newest=\"{newest}\"")] {
        assert!(page.body.contains(part), "{part}");
    }
}

/// What somebody's files are called is not for whoever made a program that they use; nor are the words of a refusal.
#[tokio::test]
async fn of_other_peoples_requests_the_owner_sees_the_endpoint_alone() {
    let mut server = Server::new().await;
    let bob = person(&server.world, "bob@example.org").await;
    let token = server.token(&bob).await;
    server.ask(&token, Method::PUT, "/1/files_put/auto/Secret/diary.txt", "x").await;
    server.ask(&token, Method::GET, "/1/metadata/auto/Secret/none.txt", "").await;
    server.ask(&token, Method::GET, "/2.0/files/4711", "").await;
    let seen = server.seen(0).await;
    let asked: Vec<&str> = seen.iter().map(|row| row["asked"].as_str().unwrap()).collect();
    assert_eq!(asked.len(), 3);
    assert!(
        asked[1] == "GET metadata (for somebody else)" && asked[2].starts_with("PUT files_put"),
        "{asked:?}"
    );
    assert!(seen.iter().all(|row| row["refusal"].is_null()));
    let page = server.browser.get(&format!("/apps/{}/requests", server.app.key)).await.body;
    for secret in ["Secret", "diary", "none.txt", "4711\"", "bob@"] {
        assert!(!page.contains(secret), "{secret}");
    }
}

/// Neither tokens nor other parameters, wherever they travel, nor what stands in links.
#[tokio::test]
async fn secrets_are_not_kept() {
    let mut server = Server::new().await;
    let token = server.token(&server.ann).await;
    server.ask(&token, Method::GET, "/1/account/info?locale=PARAMETER", "").await;
    let mut program = Browser { cookies: BTreeMap::new(), ..server.browser.clone() };
    program.get(&format!("/1/account/info?access_token={token}")).await;
    let agent = format!("x{}\u{202e}", "y".repeat(5_000));
    let path = format!("/1/metadata/auto/{}", "z".repeat(3_000));
    let headers = [(AUTHORIZATION.as_str(), format!("Bearer {token}")), (USER_AGENT.as_str(), agent)];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    program.send(Method::GET, &path, &headers, "").await;
    let seen = server.seen(0).await;
    assert_eq!(seen.len(), 3, "{seen:?}");
    let text = serde_json::to_string(&seen).unwrap();
    assert!(!text.contains(&token) && !text.contains("PARAMETER") && !text.contains('\u{202e}'), "{text}");
    assert!(text.len() < 2_500, "what is kept is bounded: {}", text.len());
}

/// Nothing is kept of apps that nobody owns, nor of requests that prove nothing.
#[tokio::test]
async fn other_requests_are_not_kept() {
    let mut server = Server::new().await;
    server.ask(&server.world.token, Method::GET, "/1/account/info", "").await;
    server.ask("nonsense", Method::GET, "/1/account/info", "").await;
    server.browser.get("/apps").await;
    assert!(server.seen(0).await.is_empty());
}
