//! `/search`.

use crate::world::{Answer, Choices, World};
use expect_test::expect;
use std::time::Duration;
use tidemark_core::cloud::SearchLimits;
use tidemark_core::model::{Access, Seq};
use tidemark_core::store::memory::Hold;

/// Paths as they are told; deleted ones with a minus.
fn paths(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let entries = answer.json();
    let shown = |entry: &serde_json::Value| {
        let minus = if entry["is_deleted"] == true { "-" } else { "" };
        format!("{minus}{}", entry["path"].as_str().unwrap())
    };
    entries.as_array().unwrap().iter().map(shown).collect()
}

async fn found(world: &World, tail_and_query: &str) -> Vec<String> {
    paths(&world.get(&format!("/1/search/{tail_and_query}")).await)
}

#[tokio::test]
async fn entries_are_told_as_in_listings_without_contents() {
    let world = World::new().await;
    world.folder("/Texts").await;
    world.advance(Duration::from_secs(61));
    world.file("/Texts/t%C3%A9xt.txt", "hello").await;
    let answer = world.get("/1/search/auto/?query=TEX").await;
    expect![[r#"
        [
          {
            "bytes": 5,
            "client_mtime": "Wed, 05 Feb 2014 09:08:04 +0000",
            "icon": "page_white_text",
            "is_dir": false,
            "mime_type": "text/plain",
            "modified": "Wed, 05 Feb 2014 09:08:04 +0000",
            "path": "/Texts/téxt.txt",
            "rev": "200000001",
            "revision": 2,
            "root": "dropbox",
            "size": "5 bytes",
            "thumb_exists": false
          },
          {
            "bytes": 0,
            "icon": "folder",
            "is_dir": true,
            "modified": "Wed, 05 Feb 2014 09:07:03 +0000",
            "path": "/Texts",
            "rev": "100000001",
            "revision": 1,
            "root": "dropbox",
            "size": "0 bytes",
            "thumb_exists": false
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&answer.json()).unwrap());
}

#[tokio::test]
async fn every_spelling_of_a_call_finds_the_same() {
    let world = World::new().await;
    world.file("/a/My%20CV.doc", "x").await;
    let expected = ["/a/My CV.doc"];
    for uri in [
        "auto?query=my+cv",
        "auto/?query=my%20cv",
        "dropbox/a?query=CV%09my",
        "auto/%2F?query=v.d&file_limit=99999&include_deleted=False&include_membership=true&locale=de",
        "auto/A/?query=%20my%20cv%20",
    ] {
        assert_eq!(found(&world, uri).await, expected, "{uri}");
    }
    let form = "query=my+cv&file_limit=1000&include_deleted=False";
    assert_eq!(paths(&world.post("/1/search/auto", form).await), expected);
    assert_eq!(paths(&world.post("/0/search/auto//a/", form).await), expected);
    assert_eq!(found(&world, "auto?query=my+txt").await, Vec::<String>::new());
}

#[tokio::test]
async fn only_names_below_the_folder_count() {
    let world = World::new().await;
    world.file("/reports/2014/report.txt", "x").await;
    world.file("/reports/other.txt", "x").await;
    world.file("/report", "x").await;
    assert_eq!(found(&world, "auto/reports?query=report").await, ["/reports/2014/report.txt"]);
    assert_eq!(
        found(&world, "auto?query=report").await,
        ["/report", "/reports/2014/report.txt", "/reports"],
        "what came last is first"
    );
    assert_eq!(found(&world, "auto?query=report&file_limit=2").await.len(), 2);
    let answer = world.get("/1/search/auto/Nowhere?query=report").await;
    expect![[r#"404 {"error":"Path '/nowhere' not found"}"#]].assert_eq(&answer.shown());
    world.get("/1/search/auto/report?query=report").await.refuses(404);
}

#[tokio::test]
async fn what_is_deleted_is_told_if_asked_for() {
    let world = World::new().await;
    world.file("/gone/one.txt", "x").await;
    world.file("/two.txt", "x").await;
    world.file("/three.txt", "x").await;
    for path in ["/gone", "/two.txt"] {
        world.post("/1/fileops/delete", &format!("root=auto&path={path}")).await;
    }
    assert_eq!(found(&world, "auto?query=txt").await, ["/three.txt"]);
    let answer = world.get("/1/search/auto?query=txt&include_deleted=true").await;
    assert_eq!(paths(&answer), ["-/two.txt", "/three.txt", "-/gone/one.txt"]);
    for entry in answer.json().as_array().unwrap() {
        let path = entry["path"].as_str().unwrap();
        assert_eq!(*entry, world.get(&format!("/1/metadata/auto{path}")).await.json(), "as metadata has it");
    }
    world.get("/1/search/auto/gone?query=txt&include_deleted=true").await.refuses(404);
}

/// As `metadata` tells it: of photos and videos only, only on request, and pending until it is found out.
#[tokio::test]
async fn media_info_is_told_if_asked_for() {
    let world = World::new().await;
    for name in ["tide-photo.jpg", "tide-film.mp4", "tide-notes.txt", "tide-gone.png"] {
        world.file(&format!("/m/{name}"), "picture taken=1391591223000").await;
    }
    world.post("/1/fileops/delete", "root=auto&path=/m/tide-gone.png").await;
    let ask = async |query: &str| world.get(&format!("/1/search/auto?query=tide{query}")).await;
    world.imaging.hold();
    for without in ["", "&include_media_info=False"] {
        assert!(!ask(without).await.text().contains("_info"));
    }
    assert_eq!(world.imaging.begun(), 0, "nobody asked");
    let pending = ask("&include_media_info=true").await.json();
    let entries = pending.as_array().unwrap();
    let told = |entry: &serde_json::Value| ["photo_info", "video_info"].map(|name| entry.get(name).cloned());
    let infos: Vec<_> = entries.iter().map(told).collect();
    let word = Some(serde_json::Value::from("pending"));
    assert_eq!(infos, [[None, None], [None, word.clone()], [word, None]], "{pending}");
    world.imaging.let_go(9);
    let known = loop {
        let answer = ask("&include_media_info=true&include_deleted=true").await;
        if !answer.text().contains("pending") {
            break answer.json();
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(known.as_array().unwrap().len(), 4);
    for entry in known.as_array().unwrap() {
        let path = entry["path"].as_str().unwrap();
        let alone = world.get(&format!("/1/metadata/auto{path}?include_media_info=true")).await.json();
        assert_eq!(*entry, alone, "as metadata has it");
    }
}

#[tokio::test]
async fn bad_queries_say_what_is_wrong() {
    let world = World::new().await;
    let answer = world.get("/1/search/auto?query=").await;
    expect![[r#"400 {"error":{"query":"Please enter a value"}}"#]].assert_eq(&answer.shown());
    let answer = world.get("/1/search/auto?query=ab").await;
    expect![[r#"400 {"error":{"query":"Please enter at least 3 characters"}}"#]].assert_eq(&answer.shown());
    let answer = world.post("/1/search/auto", &format!("query={}", "word ".repeat(10_000))).await;
    expect![[r#"400 {"error":{"query":"Please enter at most 1000 characters"}}"#]].assert_eq(&answer.shown());
    let answer = world.post("/1/search/auto", &format!("query={}", "a ".repeat(101))).await;
    expect![[r#"400 {"error":{"query":"Please enter at most 100 words"}}"#]].assert_eq(&answer.shown());
}

#[tokio::test]
async fn an_app_finds_only_what_is_in_its_folder() {
    let mut world = World::new().await;
    world.file("/secret-drawing.txt", "x").await;
    world.token = world.token_for(&world.account, "Pad", Access::AppFolder).await;
    world.file("/sub/drawing.txt", "mine").await;
    let answer = world.get("/1/search/sandbox?query=drawing&include_deleted=1").await;
    assert_eq!(paths(&answer), ["/sub/drawing.txt"]);
    assert_eq!(answer.json()[0]["root"], "app_folder");
    world.get("/1/search/dropbox?query=drawing").await.refuses(403);
}

/// Another account's names are nobody's business.
#[tokio::test]
async fn accounts_are_apart() {
    let mut world = World::new().await;
    world.file("/diary.txt", "x").await;
    let other = world.person("bo@example.org").await;
    world.token = world.token_for(&other, "Other", Access::Full).await;
    assert_eq!(found(&world, "auto?query=diary&include_deleted=1").await, Vec::<String>::new());
}

/// A server that has not made its index yet says so; one that would have to look at too much, too.
#[tokio::test]
async fn what_cannot_be_answered_is_refused() {
    let search_limits = SearchLimits {
        tail_max: 1,
        walk_always: 0,
        walk_max: 0,
        lookups_max: 5,
        patience: Duration::from_millis(1),
        ..SearchLimits::default()
    };
    let world = World::with(Choices { search_limits, ..Choices::default() }).await;
    for n in 0..5 {
        world.file(&format!("/{n}/name"), "x").await;
    }
    let store = world.store.inner();
    store.hold_names(world.account.namespace, Seq(1), Hold::ForEver);
    let answer = world.get("/1/search/auto?query=name").await;
    expect![[r#"503 {"error":"The index of names is being made"}"#]].assert_eq(&answer.shown());
    assert_eq!(answer.header("retry-after"), Some("5"));
    store.hold_names(world.account.namespace, Seq(1), Hold::UntilAsked);
    assert_eq!(found(&world, "auto?query=name&file_limit=2").await, ["/4/name", "/3/name"]);
    let answer = world.get("/1/search/auto/0?query=name").await;
    expect![[
        r#"406 {"error":"Too much matches elsewhere: search for more, or in a folder with less in it"}"#
    ]]
    .assert_eq(&answer.shown());
    let search_limits = SearchLimits { waiting_per_account: 0, ..SearchLimits::default() };
    let world = World::with(Choices { search_limits, ..Choices::default() }).await;
    let answer = world.get("/1/search/auto?query=name").await;
    expect![[r#"429 {"error":"Too many searches are under way"}"#]].assert_eq(&answer.shown());
    assert_eq!(answer.header("retry-after"), Some("5"));
}
