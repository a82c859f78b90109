//! `/2.0/shared_items`, and what the `BoxApi` header gives access to.

use crate::world::{Answer, Choices, World};
use axum::body::Body;
use http::Method;
use serde_json::{Value, json};
use tidemark_core::model::{Access, Account};
use tidemark_core::people::RateLimits;

/// A world in which Ada has shared a folder with a file and a folder in it, and Bo has a token.
struct Sharing {
    world: World,
    ada: String,
    bo: String,
    bo_account: Account,
    /// Of the folder.
    link: String,
}

impl World {
    /// The same, for whoever has this token.
    pub(crate) fn using(mut self, token: &str) -> World {
        token.clone_into(&mut self.token);
        self
    }
}

impl Sharing {
    async fn new(rules: Value) -> Sharing {
        let world = World::new().await;
        world.file("/Shared/a.txt", "hello").await;
        world.file("/Shared/deep/b.txt", "below").await;
        world.file("/secret.txt", "secret").await;
        let link = world.box_share("/2.0/folders/2", rules).await.json()["shared_link"]["url"].take();
        let bo_account = world.person("bo@example.org").await;
        let bo = world.token_for(&bo_account, "Reader", Access::Full).await;
        let ada = world.token.clone();
        let link = link.as_str().expect("a link").to_owned();
        Sharing { world: world.using(&bo.clone()), ada, bo, bo_account, link }
    }

    /// Bo's GET under a header.
    async fn get(&self, uri: &str, header: &str) -> Answer {
        self.world.box_get_with(uri, "BoxApi", header).await
    }

    fn header(&self) -> String {
        format!("shared_link={}", self.link)
    }

    /// What the folder holds, as Bo sees it: by name.
    async fn ids(&self) -> Vec<(String, String)> {
        let shared = self.get("/2.0/shared_items", &self.header()).await.json();
        let id = shared["id"].as_str().expect("an id");
        let list = self.get(&format!("/2.0/folders/{id}/items"), &self.header()).await.json();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let pair = |entry: &Value| (text(&entry["name"]), text(&entry["id"]));
        let below = list["entries"].as_array().expect("a list").iter().map(pair);
        [("Shared".to_owned(), id.to_owned())].into_iter().chain(below).collect()
    }
}

#[tokio::test]
async fn a_link_shows_its_item_and_not_whose_it_is() {
    let sharing = Sharing::new(json!({})).await;
    let answer = sharing.get("/2.0/shared_items", &sharing.header()).await;
    let item = answer.json();
    assert_eq!(
        (&item["type"], &item["name"], &item["parent"]),
        (&json!("folder"), &json!("Shared"), &Value::Null)
    );
    assert_eq!(item["path_collection"], json!({ "total_count": 0, "entries": [] }));
    assert_eq!(item["shared_link"]["url"], *sharing.link);
    assert!(item.get("item_collection").is_none(), "no children");
    let anonymous = json!({ "type": "user", "id": "0", "name": "", "login": "" });
    for who in ["created_by", "modified_by", "owned_by"] {
        assert_eq!(item[who], anonymous);
    }
    assert!(!answer.text().contains("ada@") && !answer.text().contains("Ada"));
    let etag = item["etag"].as_str().unwrap();
    for (tag, status) in [(etag, 304), ("999", 200)] {
        let request = sharing.world.ask(Method::GET, "/2.0/shared_items");
        let request = request.header("boxapi", sharing.header()).header("if-none-match", tag);
        let answer = sharing.world.box_send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status);
    }
    let page = sharing.link.clone();
    let encoded: String = form_urlencoded::byte_serialize(page.as_bytes()).collect();
    assert_eq!(sharing.get("/2.0/shared_items", &format!("shared_link={encoded}")).await.json(), item);
    for (suffix, name) in [("/Shared", "Shared"), ("/?x=1", "Shared"), ("/Shared#x", "Shared")] {
        let same = sharing.get("/2.0/shared_items", &format!("shared_link={page}{suffix}")).await;
        assert_eq!(same.json()["name"], name);
    }
}

#[tokio::test]
async fn what_is_below_is_reached_with_the_header_and_by_nothing_else() {
    let sharing = Sharing::new(json!({})).await;
    let ids = sharing.ids().await;
    assert_eq!(ids.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Shared", "deep", "a.txt"]);
    let [(_, top), (_, deep), (_, file)] = &ids[..] else { panic!("three") };
    let under = sharing.get(&format!("/2.0/folders/{deep}"), &sharing.header()).await.json();
    assert_eq!(under["item_collection"]["entries"][0]["name"], "b.txt");
    assert_eq!(under["parent"]["id"], **top);
    assert_eq!(under["path_collection"]["total_count"], 1);
    assert_eq!((&under["shared_link"], &under["owned_by"]["login"]), (&Value::Null, &json!("")));
    let told = sharing
        .get(&format!("/2.0/files/{file}?fields=name,size,permissions"), &sharing.header())
        .await
        .json();
    assert_eq!((&told["size"], &told["permissions"]["can_delete"]), (&json!(5), &json!(false)));
    for uri in [
        format!("/2.0/files/{file}"),
        format!("/2.0/files/{file}/content"),
        format!("/2.0/folders/{top}/items"),
    ] {
        sharing.world.box_get(&uri).await.box_refuses(404, "not_found");
    }
}

/// The numbers of Ada's entries are none of Bo's, or a program that forgets the header would touch something of his.
#[tokio::test]
async fn numbers_of_anothers_entries_are_nobody_elses() {
    let sharing = Sharing::new(json!({})).await;
    sharing.world.file("/mine/own.txt", "bo").await;
    for (_, id) in sharing.ids().await {
        for (method, uri) in [
            (Method::DELETE, format!("/2.0/files/{id}")),
            (Method::DELETE, format!("/2.0/folders/{id}?recursive=true")),
            (Method::PUT, format!("/2.0/files/{id}")),
            (Method::PUT, format!("/2.0/folders/{id}")),
            (Method::POST, format!("/2.0/files/{id}/copy")),
            (Method::POST, format!("/2.0/folders/{id}")),
            (Method::DELETE, format!("/2.0/files/{id}/trash")),
        ] {
            for header in ["boxapi", "x-none"] {
                let body = json!({ "name": "taken", "parent": { "id": "0" }, "shared_link": {} });
                let request = sharing.world.ask(method.clone(), &uri).header(header, sharing.header());
                let answer =
                    sharing.world.box_send(request.body(Body::from(body.to_string())).unwrap()).await;
                assert_eq!(answer.status, 404, "{method} {uri}: {}", answer.text());
            }
        }
        let into = json!({ "name": "new", "parent": { "id": id } });
        let request = sharing.world.ask(Method::POST, "/2.0/folders").header("boxapi", sharing.header());
        let answer = sharing.world.box_send(request.body(Body::from(into.to_string())).unwrap()).await;
        answer.box_refuses(404, "not_found");
    }
    let ada = sharing.world.using(&sharing.ada.clone());
    assert_eq!(ada.box_get("/2.0/folders/2/items").await.json()["total_count"], 2, "all is as it was");
}

#[tokio::test]
async fn bytes_come_by_the_link() {
    let sharing = Sharing::new(json!({})).await;
    let (_, file) = sharing.ids().await.pop().expect("a file");
    let uri = format!("/2.0/files/{file}/content");
    let answer = sharing.get(&uri, &sharing.header()).await;
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("location"), Some(&*format!("{}/Shared/a.txt?dl=1", sharing.link)));
    // Of what was there before, a link shows nothing.
    let present = sharing.get(&format!("/2.0/files/{file}"), &sharing.header()).await.json();
    let present = present["file_version"]["id"].as_str().expect("a version");
    let version = async |id: &str| sharing.get(&format!("{uri}?version={id}"), &sharing.header()).await;
    assert_eq!(version(present).await.status, 302);
    version("99").await.box_refuses(404, "not_found");
    let request =
        sharing.world.ask(Method::GET, &uri).header("boxapi", sharing.header()).header("range", "bytes=1-2");
    let part = sharing.world.box_send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((part.status.as_u16(), part.text().as_str()), (206, "el"));

    let guarded = Sharing::new(json!({ "access": "company" })).await;
    let (_, file) = guarded.ids().await.pop().expect("a file");
    let whole = guarded.get(&format!("/2.0/files/{file}/content"), &guarded.header()).await;
    assert_eq!((whole.status.as_u16(), whole.text().as_str()), (200, "hello"));
    let looked = Sharing::new(json!({ "permissions": { "can_download": false } })).await;
    let (_, file) = looked.ids().await.pop().expect("a file");
    let refused = looked.get(&format!("/2.0/files/{file}/content"), &looked.header()).await;
    refused.box_refuses(403, "access_denied_insufficient_permissions");
    assert_eq!(looked.get(&format!("/2.0/files/{file}"), &looked.header()).await.status, 200);
}

#[tokio::test]
async fn a_password_must_be_the_right_one() {
    let sharing = Sharing::new(json!({ "password": "open & sesame" })).await;
    let header = sharing.header();
    for password in ["", "&shared_link_password=", "&shared_link_password=open sesame"] {
        let answer = sharing.get("/2.0/shared_items", &format!("{header}{password}")).await;
        answer.box_refuses(403, "incorrect_shared_item_password");
    }
    let encoded: String = form_urlencoded::byte_serialize(sharing.link.as_bytes()).collect();
    for good in [
        format!("{header}&shared_link_password=open & sesame"),
        format!("shared_link={encoded}&shared_link_password=open%20%26%20sesame"),
    ] {
        let item = sharing.get("/2.0/shared_items", &good).await.json();
        assert_eq!(
            (&item["name"], &item["shared_link"]["is_password_enabled"]),
            (&json!("Shared"), &json!(true))
        );
        let id = item["id"].as_str().unwrap();
        assert_eq!(sharing.get(&format!("/2.0/folders/{id}"), &good).await.status, 200);
        sharing
            .get(&format!("/2.0/folders/{id}"), &header)
            .await
            .box_refuses(403, "incorrect_shared_item_password");
    }
    for _ in 0..5 {
        sharing.get("/2.0/shared_items", &format!("{header}&shared_link_password=guesses")).await;
    }
    let held = sharing.get("/2.0/shared_items", &format!("{header}&shared_link_password=guesses")).await;
    held.box_refuses(429, "rate_limit_exceeded");
    assert!(held.header("retry-after").is_some());
    let ada = sharing.world.using(&sharing.ada.clone());
    let own = ada.box_get_with("/2.0/shared_items", "boxapi", &header).await.json();
    assert_eq!(
        (&own["id"], &own["owned_by"]["name"]),
        (&json!("2"), &json!("Ada King")),
        "whose it is needs none"
    );
}

#[tokio::test]
async fn a_link_is_for_whom_it_is() {
    let members = Sharing::new(json!({ "access": "company" })).await;
    assert_eq!(members.get("/2.0/shared_items", &members.header()).await.status, 200);
    let small = members.world.token_for(&members.bo_account, "Small", Access::AppFolder).await;
    let small = members.world.using(&small);
    let refused =
        small.box_get_with("/2.0/shared_items", "boxapi", &format!("shared_link={}", members.link)).await;
    refused.box_refuses(404, "not_found");

    let own = Sharing::new(json!({ "access": "collaborators" })).await;
    own.get("/2.0/shared_items", &own.header()).await.box_refuses(404, "not_found");
    // An app of Ada's that sees one folder of hers is not let at the rest by an address.
    let header = own.header();
    let small = own.world.token_for(&own.world.account, "Small", Access::AppFolder).await;
    let small = own.world.using(&small);
    small.box_get_with("/2.0/shared_items", "boxapi", &header).await.box_refuses(404, "not_found");
    let ada = small.using(&own.ada);
    assert_eq!(ada.box_get_with("/2.0/shared_items", "boxapi", &header).await.status, 200);
    assert_ne!(own.bo, ada.token);
}

#[tokio::test]
async fn dead_links_lead_nowhere() {
    let sharing = Sharing::new(json!({})).await;
    let (_, file) = sharing.ids().await.pop().expect("a file");
    sharing.world.box_get("/2.0/shared_items").await.box_refuses(400, "bad_request");
    for bad in ["", "link=x", "shared_link=%FF"] {
        sharing.get("/2.0/shared_items", bad).await.box_refuses(400, "invalid_parameter");
    }
    for nowhere in [
        "http://localhost/s/abcdefghij01234",
        "http://localhost/",
        "x",
        "ftp://x/y",
        "http://localhost/1/files",
    ] {
        let header = format!("shared_link={nowhere}");
        sharing.get("/2.0/shared_items", &header).await.box_refuses(404, "not_found");
    }
    let header = sharing.header();
    let ada = sharing.world.using(&sharing.ada.clone());
    let other = ada.box_share("/2.0/files/6", json!({})).await.json()["shared_link"]["url"].take();
    let bo = ada.using(&sharing.bo.clone());
    let another = format!("shared_link={}", other.as_str().unwrap());
    assert_eq!(bo.box_get_with("/2.0/shared_items", "boxapi", &another).await.json()["name"], "secret.txt");
    bo.box_get_with(&format!("/2.0/files/{file}"), "boxapi", &another).await.box_refuses(404, "not_found");
    let ada = bo.using(&sharing.ada.clone());
    ada.box_share("/2.0/folders/2", json!(null)).await;
    let bo = ada.using(&sharing.bo);
    bo.box_get_with("/2.0/shared_items", "boxapi", &header).await.box_refuses(404, "not_found");
    bo.box_get_with(&format!("/2.0/files/{file}"), "boxapi", &header).await.box_refuses(404, "not_found");
}

/// Whoever asks too often guesses at no passwords, either.
#[tokio::test]
async fn who_has_to_wait_opens_no_links() {
    let rates = RateLimits { account_per_minute: std::num::NonZeroU32::new(4), ..RateLimits::default() };
    let mut world = World::with(Choices { rates, ..Choices::default() }).await;
    let file = world.box_file("/a", "a").await;
    let item = world.box_share(&format!("/2.0/files/{file}"), json!({ "password": "correct horse" })).await;
    let link = item.json()["shared_link"]["url"].as_str().expect("a link").to_owned();
    let bo = world.person("bo@example.org").await;
    world.token = world.token_for(&bo, "Reader", Access::Full).await;
    let named = |password: &str| format!("shared_link={link}&shared_link_password={password}");
    let right = world.box_get_with("/2.0/shared_items", "boxapi", &named("correct horse")).await;
    let uri = format!("/2.0/files/{}", right.field("id"));
    for _ in 0..3 {
        let wrong = world.box_get_with(&uri, "boxapi", &named("wrong")).await;
        wrong.box_refuses(403, "incorrect_shared_item_password");
    }
    let wrong = world.box_get_with(&uri, "boxapi", &named("wrong")).await;
    wrong.box_refuses(429, "rate_limit_exceeded");
    assert_eq!(wrong.header("retry-after"), Some("15"), "as the rate of requests has it");
}
